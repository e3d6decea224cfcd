"""Which backend a source needs, and what is told of the source before the backend is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.cli.options import lookup_files, parse_format
from flowtui.cli.surroundings import config_folder, now, state_folder
from flowtui.engine.cost import Limits

if TYPE_CHECKING:
    from flowtui.backends.base import Service
    from flowtui.engine.formats import Formats
    from flowtui.model.source import Source
    from flowtui.settings import Settings


def service(
    source: Source,
    settings: Settings,
    *,
    one_shot: bool,
    ask: Callable[[str], str] | None = None,
) -> Service:
    """The backend that the source asks for; its libraries are imported when it first works.

    `one_shot` says that one query is all it will be asked; `ask` puts a question to the user.
    """
    if source.is_local:
        return _on_disk(source, settings, one_shot=one_shot)
    return _in_cloudwatch(source, ask)


def _on_disk(source: Source, settings: Settings, *, one_shot: bool) -> Service:
    """With our own lookup tables and saved queries, which CloudWatch has itself."""
    from flowtui.backends.duckdb.backend import DuckDBBackend, Shelf

    config = config_folder()
    files = {name: config / Path(file).expanduser() for name, file in settings.lookups.items()}
    return DuckDBBackend(
        source.files, parse_format(source.format), demo=source.demo, now=now, one_shot=one_shot,
        shelf=Shelf(files | lookup_files(source), settings.queries), sample_end=source.sample_end,
        memory=int(settings.memory_gb * 10**9),
    )  # fmt: skip


def _in_cloudwatch(source: Source, ask: Callable[[str], str] | None) -> Service:
    from flowtui.backends.cloudwatch.backend import CloudWatchBackend
    from flowtui.query.parser import parse_tolerant
    from flowtui.query.scope import key_columns

    return CloudWatchBackend(
        profile=source.profile,
        region=source.region,
        endpoint_url=source.endpoint_url,
        keys_of=lambda text: key_columns(parse_tolerant(text).pipeline),
        ask=ask,
    )


def place(source: Source) -> str:
    """What is known of it before anything has been looked up."""
    if source.is_local:
        return "demo" if source.demo else "files"
    from flowtui.backends.cloudwatch.place import place_of

    chosen = place_of(source.profile, None, None)
    return chosen.name if chosen.profile else "CloudWatch"


def limits(settings: Settings) -> Limits:
    return Limits(settings.confirm_above_gb, settings.stop_above_gb, settings.price_per_gb)


def formats(source: Source, settings: Settings) -> Formats:
    """What the user has said of the log groups' formats, for who has no screen.

    That of the command line is for files without a header, which only who reads them knows.
    """
    from flowtui.engine.formats import Formats

    if source.is_local:
        return Formats(settings=settings.formats)
    from flowtui.memory import Memory

    memory = Memory(state_folder() / "memory.json")

    def remembered(log_group: str) -> str:
        # Finding out the region takes the half of a second.
        if not memory.knows_format(log_group):
            return ""
        from flowtui.backends.cloudwatch.accounts import place_name

        return memory.format(place_name(source.profile, source.region), log_group)

    given = parse_format(source.format)
    return Formats(given=given, remembered=remembered, settings=settings.formats)

"""Which backend a source needs, and what is said of the source before the backend is made."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from flowtui.cli.environment import cache_folder, config_folder, now, state_folder
from flowtui.cli.options import lookup_files, parse_format
from flowtui.model.errors import UsageError
from flowtui.model.source import (
    AthenaSource,
    CloudWatchSource,
    DataSource,
    DemoSource,
    FileSource,
    S3Source,
)

if TYPE_CHECKING:
    from flowtui.backends.base import RowsAtHand, Service
    from flowtui.backends.duckdb.backend import Shelf
    from flowtui.backends.duckdb.loaded_cache import LoadedCache
    from flowtui.engine.cost import Limits
    from flowtui.engine.findings.shelf import Shelf as FindingShelf
    from flowtui.engine.formats import Formats
    from flowtui.engine.pace import Delays
    from flowtui.journal.benign import BenignMarks
    from flowtui.settings import Settings


def service(
    source: DataSource,
    settings: Settings,
    *,
    one_shot: bool,
    shows_first: bool = False,
    ask: Callable[[str], str] | None = None,
) -> Service:
    """The backend that the source asks for; its libraries are imported when it first works.

    `one_shot` says that one query is all it will be asked, `shows_first` that rows are looked at
    before all are found; `ask` puts a question to the user.
    """
    match source:
        case FileSource(files, format_text):
            from flowtui.backends.duckdb.backend import DuckDBBackend

            shelf, given = _shelf(source, settings), parse_format(format_text)
            return DuckDBBackend(
                files, given, now=now, one_shot=one_shot, shows_first=shows_first, shelf=shelf,
                memory=_memory(settings), cache=loaded_cache(settings),
            )  # fmt: skip
        case DemoSource(sample_end=end):
            from flowtui.backends.duckdb.backend import DuckDBBackend

            shelf = _shelf(source, settings)
            return DuckDBBackend(
                (), demo=True, now=now, one_shot=one_shot, shelf=shelf, sample_end=end,
                memory=_memory(settings),
            )  # fmt: skip
        case CloudWatchSource():
            return _in_cloudwatch(source, ask)
        case S3Source():
            return _in_s3(source, settings, ask, one_shot=one_shot, shows_first=shows_first)
        case AthenaSource():
            return _in_athena(source, settings, ask)
        case _:
            assert_never(source)


def rows_at_hand(settings: Settings) -> RowsAtHand:
    """The local engine over rows that were found; it is imported when somebody asks them."""
    from flowtui.backends.duckdb.rows_backend import RowsBackend

    return RowsBackend(now=now, memory=_memory(settings))


def _in_s3(
    source: S3Source,
    settings: Settings,
    ask: Callable[[str], str] | None,
    *,
    one_shot: bool,
    shows_first: bool,
) -> Service:
    from flowtui.backends.s3.backend import S3Backend
    from flowtui.backends.s3.cache import Cache
    from flowtui.engine.cost import GB

    return S3Backend(
        source,
        Cache(cache_folder() / "s3", settings.s3_cache_gb * GB),
        now=now,
        one_shot=one_shot,
        shows_first=shows_first,
        given=parse_format(source.format),
        shelf=_shelf(source, settings),
        memory=_memory(settings),
        loaded=loaded_cache(settings),
        ask=ask,
    )


def loaded_cache(settings: Settings) -> LoadedCache:
    """Log groups as they were loaded from files and from S3."""
    from flowtui.backends.duckdb.loaded_cache import LoadedCache
    from flowtui.engine.cost import GB

    return LoadedCache(cache_folder() / "loaded", settings.loaded_cache_gb * GB)


def _in_athena(
    source: AthenaSource, settings: Settings, ask: Callable[[str], str] | None
) -> Service:
    from flowtui.backends.athena.backend import AthenaBackend

    return AthenaBackend(
        _with_results(source), now=now, queries=settings.queries, memory=_memory(settings), ask=ask
    )


def _with_results(source: AthenaSource) -> AthenaSource:
    """With the place for results that was said once, for this work group."""
    from flowtui.memory import Memory

    memory = Memory(state_folder() / "memory.json")
    options = (source.profile, source.region, source.endpoint_url, source.workgroup)
    named = " ".join(each or "-" for each in options)
    if source.results:
        with suppress(UsageError):  # what can't be remembered is said again the next time
            memory.keep_results(named, source.results)
        return source
    return replace(source, results=memory.results(named) or None)


def _shelf(source: FileSource | DemoSource | S3Source, settings: Settings) -> Shelf:
    """Our own lookup tables and saved queries, which CloudWatch has itself."""
    from flowtui.backends.duckdb.backend import Shelf

    config = config_folder()
    files = {name: config / Path(file).expanduser() for name, file in settings.lookups.items()}
    return Shelf(files | lookup_files(source.lookups), settings.queries)


def _memory(settings: Settings) -> int:
    """Bytes."""
    return int(settings.memory_gb * 10**9)


def _in_cloudwatch(source: CloudWatchSource, ask: Callable[[str], str] | None) -> Service:
    from flowtui.backends.cloudwatch.backend import CloudWatchBackend

    return CloudWatchBackend(
        profile=source.profile,
        region=source.region,
        endpoint_url=source.endpoint_url,
        ask=ask,
    )


def shelf() -> FindingShelf:
    """The rules of findings, the user's own among them, and what was marked as benign.

    Raises `UsageError`.
    """
    from flowtui.engine.findings.shelf import Shelf as FindingShelf
    from flowtui.flowlogs.rule import read_rules

    reasons = {id_: mark.reason for id_, mark in benign_marks().read().items()}
    return FindingShelf(read_rules(config_folder() / "rules"), reasons)


def benign_marks() -> BenignMarks:
    """The findings that the user takes for harmless."""
    from flowtui.journal.benign import BenignMarks

    return BenignMarks(state_folder() / "benign.json", now)


def place(source: DataSource) -> str:
    """The name of its place, as far as that is known before anything has been looked up."""
    match source:
        case FileSource():
            return "files"
        case DemoSource():
            return "demo"
        case S3Source():
            return "S3"
        case AthenaSource():
            return "Athena"
        case CloudWatchSource(profile=profile):
            from flowtui.backends.aws.request_context import place_of

            chosen = place_of(profile, None, None)
            return chosen.name if chosen.profile else "CloudWatch"
        case _:
            assert_never(source)


def pace(source: DataSource) -> Delays:
    """How long to wait from one look at a running query to the next."""
    from flowtui.engine.pace import LOCAL, REMOTE

    return REMOTE if isinstance(source, CloudWatchSource | AthenaSource) else LOCAL


def limits(source: DataSource, settings: Settings) -> Limits:
    """Of the settings as they were loaded for the source."""
    from flowtui.engine.cost import Limits

    named = "s3_confirm_above_gb" if isinstance(source, S3Source) else "confirm_above_gb"
    return Limits(settings.confirm_above_gb, settings.stop_above_gb, settings.price_per_gb, named)


def formats(source: DataSource, settings: Settings) -> Formats:
    """The formats that the user has given for log groups, for commands without a screen.

    That of the command line is for files without a header, which only who reads them knows.
    """
    from flowtui.engine.formats import Formats

    match source:
        case FileSource() | DemoSource() | S3Source() | AthenaSource():
            return Formats(settings=settings.formats)
        case CloudWatchSource():
            return _formats_in_aws(source, settings)
        case _:
            assert_never(source)


def _formats_in_aws(source: CloudWatchSource, settings: Settings) -> Formats:
    from flowtui.engine.formats import Formats
    from flowtui.memory import Memory

    memory = Memory(state_folder() / "memory.json")

    def remembered(log_group: str) -> str:
        # Finding out the region takes the half of a second.
        if not memory.knows_format(log_group):
            return ""
        from flowtui.backends.aws.accounts import place_name

        return memory.format(place_name(source.profile, source.region), log_group)

    given = parse_format(source.format)
    return Formats(given=given, remembered=remembered, settings=settings.formats)

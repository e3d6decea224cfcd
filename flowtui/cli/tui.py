"""The way to the TUI: what it opens with, and what must be right before it does."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from flowtui.cli.environment import load_settings, now, state_file
from flowtui.cli.options import Selection, follow_link, parse_format
from flowtui.cli.streams import take_keys_from_terminal
from flowtui.model.errors import UsageError
from flowtui.model.local_zone import LOCAL
from flowtui.model.source import (
    STDIN,
    AthenaSource,
    CloudWatchSource,
    DataSource,
    DemoSource,
    FileSource,
    S3Source,
)
from flowtui.ui.context import Opening

if TYPE_CHECKING:
    from flowtui.journal.investigations import InvestigationStore
    from flowtui.settings import Settings

FIRST_QUERY = """\
stats sum(bytes) as Data_Transferred by srcaddr, dstaddr, flow_direction
| sort Data_Transferred desc
| limit 20"""
# Files are often in the default format, which has no direction.
FIRST_QUERY_OF_FILES = FIRST_QUERY.replace(", flow_direction", "")
NO_TERMINALS = ("", "dumb", "unknown")
"""The values of TERM where the cursor can't be moved."""


def begin(source: DataSource, asked: Selection, *, body: str | None, theme: str | None) -> None:
    """Show the TUI with a new investigation; `body` may be a console link."""
    if body:
        source, asked, body = follow_link(source, asked, body)
    if isinstance(source, FileSource) and STDIN in source.files:
        take_keys_from_terminal()
    _check_terminal()
    settings = _make_ready(source, theme)
    time = asked.time(source, settings.since, LOCAL if settings.local_time else UTC)
    groups = asked.log_groups or source.groups
    opening = Opening(_first_query(source) if body is None else body, groups, time)
    _show(_of_today(source), settings, opening, _store())


def resume(source: DataSource, asked: Selection, *, body: str | None, theme: str | None) -> None:
    """Show the TUI with the latest investigation of the source."""
    if body is not None or asked != Selection():
        raise UsageError(
            "--resume brings back the query, the log groups and the time; "
            "leave out --query, --log-group, --since, --start and --end, or it"
        )
    _check_terminal()
    store = _store()
    if isinstance(source, FileSource):
        source = replace(source, folder=Path.cwd())
    resumed = store.take_up(source)
    past = resumed.investigation
    _check_comes_again(past.source)
    _go_to_files(past.source)
    settings = _make_ready(past.source, theme)
    opening = Opening(past.text, past.groups, past.time, resumed)
    _show(past.source, settings, opening, store)


def _check_comes_again(source: DataSource) -> None:
    """Raise `UsageError` for what came by a pipe, which is gone."""
    if isinstance(source, FileSource) and STDIN in source.files:
        raise UsageError(
            "the latest investigation is of what came by stdin, which is gone;"
            " begin a new one: ... | flowtui open -"
        )


def _check_terminal() -> None:
    """Raise `UsageError` where there is nothing to draw on: no terminal, or none that can."""
    # The TUI draws on stderr, so that rows may go elsewhere by stdout.
    streams = (sys.stdin, sys.stdout, sys.stderr)
    is_terminal = all(stream is not None and stream.isatty() for stream in streams)
    if not is_terminal or os.environ.get("TERM", "") in NO_TERMINALS:
        raise UsageError("the screen needs a terminal; without one, use flowtui query")


def _first_query(source: DataSource) -> str:
    has_columns = isinstance(source, FileSource | S3Source | AthenaSource)
    return FIRST_QUERY_OF_FILES if has_columns else FIRST_QUERY


def _of_today(source: DataSource) -> DataSource:
    """The source with what opens the very same one another day, in another shell."""
    match source:
        case FileSource():
            return replace(source, folder=Path.cwd())
        case DemoSource():
            return replace(source, folder=Path.cwd(), sample_end=now())
        case (
            CloudWatchSource(profile=given) | S3Source(profile=given) | AthenaSource(profile=given)
        ):
            has_own_keys = "AWS_ACCESS_KEY_ID" in os.environ
            profile = None if has_own_keys else os.environ.get("AWS_PROFILE")
            placed = replace(source, folder=Path.cwd()) if isinstance(source, S3Source) else source
            return replace(placed, profile=given or profile or None)
        case _:
            assert_never(source)


def _go_to_files(source: DataSource) -> None:
    """Relative paths of files begin where they were given first."""
    if isinstance(source, CloudWatchSource | AthenaSource):
        return
    folder = source.folder
    try:
        os.chdir(folder)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"can't go to {folder}, where the files are: {reason}") from error


def _make_ready(source: DataSource, theme: str | None) -> Settings:
    """The settings; raises what is better said before the screen opens than on it."""
    settings = load_settings(source)
    _check_files(source)
    return replace(settings, theme=theme) if theme else settings


def _check_files(source: DataSource) -> None:
    """Raise `SourceError` for files that can't be read as flow logs."""
    if isinstance(source, FileSource):
        from flowtui.backends.duckdb.ingest.discovery import check_source
        from flowtui.backends.duckdb.ingest.streams import is_stream

        given = parse_format(source.format)
        for path in source.files:
            if not is_stream(path):
                check_source(path, given)


def _store() -> InvestigationStore:
    from flowtui.journal.investigations import InvestigationStore

    return InvestigationStore(state_file(), now)


def _show(
    source: DataSource, settings: Settings, opening: Opening, store: InvestigationStore
) -> None:
    """Run the TUI to its end, and say what one should know when its screen is gone."""
    # Importing the TUI makes no garbage; it turns the collector on again after its first frame.
    gc.disable()
    from flowtui.cli.compose import run_app

    ended = run_app(source, settings, opening, store)
    from flowtui.cli.exit import leave

    leave(ended, settings.price_per_gb)

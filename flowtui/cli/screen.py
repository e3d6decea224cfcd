"""The way to the TUI: what it opens with, and what must be right before it does."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.cli.options import Asked, follow_link, parse_format
from flowtui.cli.surroundings import load_settings, now, state_file
from flowtui.model.errors import UsageError
from flowtui.model.local_zone import LOCAL
from flowtui.model.source import Source
from flowtui.ui.context import Opening

if TYPE_CHECKING:
    from flowtui.journal.records import Records
    from flowtui.settings import Settings

FIRST_QUERY = """\
stats sum(bytes) as Data_Transferred by srcaddr, dstaddr, flow_direction
| sort Data_Transferred desc
| limit 20"""
# Files are often in the default format, which has no direction.
FIRST_QUERY_OF_FILES = FIRST_QUERY.replace(", flow_direction", "")
DEMO_GROUP = "/vpc/incident"
NO_TERMINALS = ("", "dumb", "unknown")
"""What TERM says where the cursor can't be moved."""


def begin(source: Source, asked: Asked, *, body: str | None, theme: str | None) -> None:
    """Show the TUI with a new investigation; `body` may be a console link."""
    if body:
        source, asked, body = follow_link(source, asked, body)
    _check_terminal()
    settings = _make_ready(source, theme)
    time = asked.time(source, settings.since, LOCAL if settings.local_time else UTC)
    groups = asked.log_groups or _all_groups(source)
    first = FIRST_QUERY_OF_FILES if source.files else FIRST_QUERY
    opening = Opening(first if body is None else body, groups, time)
    _show(_of_today(source), settings, opening, _records())


def resume(source: Source, asked: Asked, *, body: str | None, theme: str | None) -> None:
    """Show the TUI with the latest investigation of the source."""
    if body is not None or asked != Asked():
        raise UsageError(
            "--resume brings back the query, the log groups and the time; "
            "leave out --query, --log-group, --since, --start and --end, or it"
        )
    _check_terminal()
    records = _records()
    resumed = records.take_up(replace(source, folder=Path.cwd()))
    past = resumed.investigation
    if past.source.is_local:
        _go_to(past.source.folder)
    settings = _make_ready(past.source, theme)
    opening = Opening(past.text, past.groups, past.time, resumed)
    _show(past.source, settings, opening, records)


def _check_terminal() -> None:
    """Raise `UsageError` where there is nothing to draw on: no terminal, or none that can."""
    # The TUI draws on stderr, so that rows may go elsewhere by stdout.
    streams = (sys.stdin, sys.stdout, sys.stderr)
    is_terminal = all(stream is not None and stream.isatty() for stream in streams)
    if not is_terminal or os.environ.get("TERM", "") in NO_TERMINALS:
        raise UsageError("the screen needs a terminal; without one, use flowtui query")


def _all_groups(source: Source) -> tuple[str, ...]:
    """The log groups to begin with where none is given; those of an account are to be chosen."""
    from flowtui.model.foreign import shown

    return (DEMO_GROUP,) if source.demo else tuple(map(shown, source.files))


def _of_today(source: Source) -> Source:
    """The source with what opens the very same one another day, in another shell."""
    if source.is_local:
        return replace(source, folder=Path.cwd(), sample_end=now() if source.demo else None)
    has_own_keys = "AWS_ACCESS_KEY_ID" in os.environ
    profile = None if has_own_keys else os.environ.get("AWS_PROFILE")
    return replace(source, profile=source.profile or profile or None)


def _go_to(folder: Path) -> None:
    """Relative paths of files begin where they were given first."""
    try:
        os.chdir(folder)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"can't go to {folder}, where the files are: {reason}") from error


def _make_ready(source: Source, theme: str | None) -> Settings:
    """The settings; raises what is better said before the screen opens than on it."""
    settings = load_settings(source)
    _check_files(source)
    return replace(settings, theme=theme) if theme else settings


def _check_files(source: Source) -> None:
    """Raise `SourceError` for files that can't be read as flow logs."""
    if source.files:
        from flowtui.backends.duckdb.ingest.discovery import check_source

        given = parse_format(source.format)
        for path in source.files:
            check_source(path, given)


def _records() -> Records:
    from flowtui.journal.records import Records

    return Records(state_file(), now)


def _show(source: Source, settings: Settings, opening: Opening, records: Records) -> None:
    """Run the TUI to its end, and say what one should know when its screen is gone."""
    # Importing the TUI makes no garbage; it turns the collector on again behind its first frame.
    gc.disable()
    from flowtui.cli.assembly import run_app

    ended = run_app(source, settings, opening, records)
    from flowtui.cli.leaving import leave

    leave(ended, settings.price_per_gb)

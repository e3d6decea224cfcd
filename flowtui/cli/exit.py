"""The end of the program: what it has cost, and which queries it may have left running."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from flowtui.cli.environment import now, state_folder
from flowtui.cli.report import STOPPED, say
from flowtui.cli.services import place
from flowtui.engine.cost_words import in_session
from flowtui.model.errors import UsageError

if TYPE_CHECKING:
    from flowtui.model.source import DataSource
    from flowtui.ui.app import FlowtuiApp


def leave(ended: FlowtuiApp, price_per_gb: float) -> None:
    """Say what the session has cost and left, and exit with another code if it did not end well."""
    # The terminal may be gone: a dropped link ends the program, too.
    with suppress(OSError):
        if cost := in_session(ended.session.meter, price_per_gb):
            say(cost)
        if ended.session.unsaved:
            say(ended.session.unsaved)
    left = ended.left_running
    for source, ids in left.items():
        report_orphans(source, ids)
    if ended.fault:
        with suppress(OSError):
            say(f"{ended.fault}; flowtui --resume brings the investigation back")
    if code := ended.return_code or (STOPPED if left else 0):
        sys.exit(code)


def report_orphans(source: DataSource, ids: Sequence[str]) -> None:
    """Say and log which queries may still run, and what stops them."""
    from flowtui.journal.orphans import log_orphans

    said = [_left(source, query_id) for query_id in ids]
    try:
        log_orphans(state_folder() / "left-running.log", source, place(source), ids, now())
    except UsageError as error:
        said.append(str(error))
    with suppress(OSError):
        for sentence in said:
            say(sentence)


def _left(source: DataSource, query_id: str) -> str:
    from flowtui.engine.watch import UNKNOWN_ID
    from flowtui.journal.orphans import search_command, stop_command

    if query_id == UNKNOWN_ID:
        what = f"may be running on the service, no answer to the start: {query_id}"
        command = search_command(source)
        return f"{what}; this lists those that run: {command}" if command else what
    what = f"may still be running on the service, no answer to the stop: {query_id}"
    command = stop_command(source, query_id)
    return f"{what}; this stops it: {command}" if command else what

"""The border of the results: what the rows answer, when they come again, what is new in them."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowtui.engine.changes import Changes
    from flowtui.engine.session_state import SessionState


def results_title(state: SessionState, new: Changes, zone: tzinfo) -> str:
    """`new` is what has changed since the rows before, while they are watched."""
    watch = state.watch
    if watch is None:
        return "Results" if state.is_shown_current else "Results of the query before"
    at = "" if watch.next is None else f", next at {watch.next.astimezone(zone):%H:%M:%S}"
    told = "" if watch.before is None else f": {new.describe()}"
    return f"Results, every {watch.label}{at}{told}"

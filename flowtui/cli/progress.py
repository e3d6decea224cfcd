"""What is to be seen of a query on its way: how far it is, and the first rows of what was read.

On a terminal it is written to stderr and wiped out again, before anything else is printed; where
stderr is something else, nothing is.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flowtui.cli.report import show
from flowtui.model.amounts import human_duration
from flowtui.model.cells import cut
from flowtui.model.run import RunState, Snapshot

if TYPE_CHECKING:
    from flowtui.model.run import ResultSet

_MOST_ROWS = 10
_TELLING = 0.5
"""Seconds after which there are rows to look at, and the time that is left can be told."""
_WIPED = "\r\x1b[J"
"""The line and those below it are empty."""


@dataclass
class Progress:
    is_seen: bool
    """Whether stderr is a terminal."""
    clock: Callable[[], float] = time.monotonic
    _begun: float | None = None
    """When it was followed first."""

    def say(self, text: str) -> None:
        """How far it is; nothing at all wipes out what stands there."""
        if self.is_seen:
            show(f"{_WIPED}{text}")

    def follow(self, latest: Snapshot) -> None:
        """How far the query is, and its first rows as they are by now."""
        if not self.is_seen:
            return
        now = self.clock()
        self._begun = now if self._begun is None else self._begun
        taken, done = now - self._begun, latest.statistics.progress
        is_running = latest.state is RunState.RUNNING and taken >= _TELLING
        left = taken * (1 - done) / done if is_running and done else None
        columns, lines = _size()
        rows = _lines(latest.results, min(_MOST_ROWS, lines - 3)) if is_running else []
        # A line that wraps can't be wiped out.
        shown = [cut(line, columns - 1) for line in (how_far(latest, left), *rows)]
        back = f"\r\x1b[{len(rows)}A" if rows else ""
        show(_WIPED + "\n".join(shown) + back)


def how_far(latest: Snapshot, seconds_left: float | None = None) -> str:
    """`Running 23%, 4.0s left, 20 rows so far`."""
    if not latest.has_slot:
        return "Waiting for a free slot"
    if latest.state is RunState.QUEUED and latest.notices:
        # The reason why it waits.
        return latest.notices[-1]
    done, rows = latest.statistics.progress, len(latest.results.rows)
    told = [str(latest.state) + ("" if done is None else f" {done:.0%}")]
    if seconds_left is not None:
        told.append(f"{human_duration(seconds_left)} left")
    if rows and not latest.state.is_final:
        told.append(f"{rows:,} row{'' if rows == 1 else 's'} so far")
    return ", ".join(told)


def _lines(results: ResultSet, most: int) -> list[str]:
    """Those that are shown of the rows, where the terminal can go back to a line above."""
    if most < 1 or not results.rows or os.environ.get("TERM", "dumb") == "dumb":
        return []
    from flowtui.engine.export import to_text
    from flowtui.model.foreign import encodable

    return encodable(to_text(replace(results, rows=results.rows[:most]))).splitlines()


def _size() -> os.terminal_size:
    try:
        return os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):
        return os.terminal_size((80, 24))

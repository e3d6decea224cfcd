"""How long to wait before a query is polled again."""

from __future__ import annotations

from collections.abc import Callable

from flowtui.model.frozen import frozen
from flowtui.model.run import Snapshot

Delays = Callable[[int, Snapshot], float]
"""Seconds to wait after poll number `polls`, counted from 0, that found `latest`."""


@frozen
class Pace:
    """Quick at first, then at most once in `slowest` seconds, and later still for many rows.

    Parsing 10,000 rows of 13 columns takes half a second of CPU, and they are replaced by the
    next poll: large partial results are asked for less often.
    """

    first: float = 0.1
    slowest: float = 1.0
    rows_at_full_pace: int = 1_000
    rows_a_second: int = 3_000
    """How many rows above that cost a second of waiting."""
    longest: float = 5.0
    working: float = 0.2
    """Where the backend has a progress, the next poll moves it on (it fetches a page), or costs
    little: waiting longer would only make the end late."""

    def __call__(self, polls: int, latest: Snapshot) -> float:
        if latest.statistics.progress is not None:
            return self.working
        surplus = max(0, len(latest.results.rows) - self.rows_at_full_pace)
        quick = min(self.first * 2.0 ** min(polls, 20), self.slowest)
        return min(quick + surplus / self.rows_a_second, self.longest)


REMOTE = Pace()
"""For a service that many people share: 10 requests a second for the whole account."""

LOCAL = Pace(first=0.02, slowest=0.2, rows_a_second=100_000, longest=0.5, working=0.1)
"""For an engine in this process."""

"""The cost of a scan before it begins, where it ends, and the bytes that all have read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence, Sized
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flowtui.model.frozen import frozen
from flowtui.model.run import RunState, Snapshot
from flowtui.model.timerange import TimeRange

if TYPE_CHECKING:
    from flowtui.backends.base import Objects
    from flowtui.flowlogs.log_group import LogGroup

GB = 1e9
"""Bytes that are paid as one GB."""


@frozen
class Limits:
    """In GB (10^9 bytes); 0 is no limit."""

    confirm_above_gb: float = 0.0
    """A run that may scan more needs the user's consent."""
    stop_above_gb: float = 0.0
    """A run that has scanned more is stopped."""
    price_per_gb: float = 0.0
    confirm_setting: str = "confirm_above_gb"
    """The name of the setting that the first one comes from."""


NO_LIMITS = Limits()


@frozen
class Estimate:
    """An estimate, before a scan, of the bytes that it will read."""

    size: float = 0.0
    is_partial: bool = False
    """Whether there are log groups of which nothing is known: they come on top."""
    listed: Objects | None = None
    """What it is read from, where that was listed: then the size is no guess."""
    each: tuple[float, ...] = ()
    """Of several queries the bytes of each."""

    @classmethod
    def together(cls, several: Sequence[Estimate]) -> Estimate:
        """That of queries which run at once."""
        if len(several) == 1:
            return several[0]
        sizes = tuple(each.size for each in several)
        return cls(sum(sizes), any(each.is_partial for each in several), each=sizes)

    @property
    def is_unknown(self) -> bool:
        return self.is_partial and not self.size

    def is_above(self, limit_gb: float) -> bool:
        """Whether it is more GB than that; 0 is no limit."""
        return 0 < limit_gb * GB < self.size


Scan = tuple["LogGroup | None", TimeRange]
"""A log group and the time over which it is read; None for groups that are not known."""


def estimate(scans: Iterable[Scan], now: datetime) -> Estimate:
    """The stored bytes of these groups, as far as they lie in their windows.

    That takes them to be spread evenly, and their size for the one that is paid: stored bytes are
    compressed, and some hours old.
    """
    sizes = [_stored_in(group, window, now) for group, window in scans]
    known = [size for size in sizes if size is not None]
    return Estimate(sum(known), is_partial=len(known) < len(sizes))


def _stored_in(group: LogGroup | None, window: TimeRange, now: datetime) -> float | None:
    """The share of the window in the group's stored bytes; None where its figures don't show it.

    A group reaches back to its creation, and no further than its retention: what is older can't be
    queried (LANGUAGE.md 4).
    """
    if group is None:
        return None
    starts = [] if group.created is None else [group.created]
    if group.retention_days:
        starts.append(now - timedelta(days=group.retention_days))
    if group.stored_bytes is None or not starts or max(starts) >= now:
        return None
    kept = TimeRange(max(starts), now)
    asked = kept.intersect(window)
    return group.stored_bytes * (asked.length / kept.length) if asked else 0.0


def needs_consent(estimate: Estimate, confirm_above_gb: float) -> bool:
    """Whether the user has to agree first: it may scan more GB than that, or nobody knows."""
    is_unknown = confirm_above_gb > 0 and estimate.is_unknown
    return is_unknown or estimate.is_above(confirm_above_gb)


@dataclass(eq=False, slots=True)
class Meter:
    """Sums up what the runs of a session have scanned."""

    scanned: float = 0.0
    """Bytes. Those that a stopped query reads after its last poll are not reported."""
    paid: float = 0.0
    """Bytes, where that is another amount."""
    saved: float = 0.0
    """Bytes that field indexes have kept from being read, as the service estimates it."""

    async def metered(
        self, snapshots: AsyncGenerator[Snapshot, None], counted: float = 0.0
    ) -> AsyncGenerator[Snapshot, None]:
        """The snapshots of one run, which closes them when it is closed.

        `counted` are the bytes that a session before has counted.
        """
        scanned, paid, saved = counted, counted, 0.0
        async with aclosing(snapshots):
            async for snapshot in snapshots:
                statistics = snapshot.statistics
                size = max(scanned, statistics.bytes_scanned or 0.0)
                due = max(paid, statistics.paid or 0.0)
                skipped = max(saved, snapshot.statistics.bytes_skipped or 0.0)
                self.scanned += size - scanned
                self.saved += skipped - saved
                self.paid += due - paid
                scanned, paid, saved = size, due, skipped
                yield snapshot


async def within(
    snapshots: AsyncGenerator[Snapshot, None], stop_above_gb: float, unanswered: Sized
) -> AsyncGenerator[Snapshot, None]:
    """The snapshots of a query, which is stopped when it has scanned more GB than that; 0 is none.

    Closing `snapshots` must stop the query, and have `unanswered` grow where that was not
    confirmed. What was scanned by then is paid all the same (LANGUAGE.md 4).
    """
    async with aclosing(snapshots):
        async for snapshot in snapshots:
            if not _passes(snapshot, stop_above_gb):
                yield snapshot
                continue
            before = len(unanswered)
            await snapshots.aclose()
            yield _stopped(snapshot, stop_above_gb, is_answered=len(unanswered) == before)
            return


def _passes(snapshot: Snapshot, stop_above_gb: float) -> bool:
    statistics = snapshot.statistics
    # CloudWatch has a progress only while pages are fetched: then the scan is over and paid.
    is_scanning = not snapshot.state.is_final and statistics.progress is None
    scanned = statistics.bytes_scanned or 0.0
    return is_scanning and 0 < stop_above_gb * GB < scanned


def _stopped(snapshot: Snapshot, stop_above_gb: float, *, is_answered: bool) -> Snapshot:
    scanned = (snapshot.statistics.bytes_scanned or 0.0) / GB
    amount = f"{scanned:,.2f}" if scanned >= 1 else f"{scanned:.3g}"
    why = f"it has scanned {amount} GB, more than stop_above_gb = {stop_above_gb:g} allows"
    how = f"stopped: {why}" if is_answered else f"{why}; the stop went unanswered, it may still run"
    error = f"{how}; the rows so far are kept"
    return replace(snapshot, state=RunState.CANCELLED, error=error)

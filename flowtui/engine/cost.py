"""What a scan costs, and where it ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sized
from contextlib import aclosing
from dataclasses import replace

from flowtui.model.run import RunState, Snapshot

GB = 1e9
"""Bytes that are paid as one GB."""


async def within(
    snapshots: AsyncGenerator[Snapshot, None], stop_above_gb: float, unanswered: Sized
) -> AsyncGenerator[Snapshot, None]:
    """The snapshots of a query, which is stopped when it has scanned more GB than that; 0 is none.

    Closing `snapshots` must stop the query, and have `unanswered` grow where that was not
    confirmed. What was scanned by then is paid all the same (insights-ql.md 4).
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

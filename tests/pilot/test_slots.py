"""A query that waits for its turn on the service, and what is said meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from flowtui.model.run import RunState, Snapshot
from tests.pilot.service import PAIRS_DONE, ScriptedService, Seen, make_app, using

REASON = "Account maximum query concurrency limit of [30] reached."
WAITING = Snapshot(
    RunState.QUEUED, notices=("Waiting for a free query slot", REASON), has_slot=False
)


async def waiting(seen: Seen) -> None:
    await seen.press("f5")
    await seen.until(lambda: "… waiting for a free slot" in seen.text.splitlines()[0])


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_it_is_seen_to_wait_and_starts_when_a_slot_is_free(size: tuple[int, int]) -> None:
    gate, end = asyncio.Event(), asyncio.Event()
    service = ScriptedService([WAITING, gate, Snapshot(RunState.QUEUED), end, PAIRS_DONE])
    async with using(make_app(service), size) as seen:
        await waiting(seen)
        assert seen.remark == f"Waiting for a free query slot; {REASON}"
        assert "no rows" not in seen.text
        gate.set()
        await seen.until(lambda: "… Queued" in seen.text.splitlines()[0])
        assert seen.remark == ""
        end.set()
        await seen.ended()
        assert len(seen.grid.results.rows) == 20


async def test_escape_ends_the_wait_and_its_sentence() -> None:
    service = ScriptedService([WAITING, asyncio.Event()])
    async with using(make_app(service)) as seen:
        await waiting(seen)
        await seen.press("escape")
        await seen.until(lambda: "■ Cancelled" in seen.text.splitlines()[0])
        await seen.ended()
        assert seen.remark == ""
        assert service.verbs[-1] == "stop"

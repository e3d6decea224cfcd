"""What the user sees of the cost of a scan, and of the limits that they have set for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from flowtui.model.run import Snapshot
from flowtui.settings import Settings
from tests.pilot.service import FIRST_PAIRS, ScriptedService, make_app, using


def scanned(gigabytes: float) -> Snapshot:
    statistics = replace(FIRST_PAIRS.statistics, bytes_scanned=gigabytes * 1e9)
    return replace(FIRST_PAIRS, statistics=statistics)


async def test_a_run_that_passes_the_limit_is_stopped_with_a_sentence() -> None:
    service = ScriptedService([scanned(4), scanned(12.3), asyncio.Event()])
    async with using(make_app(service, settings=Settings(stop_above_gb=10))) as seen:
        await seen.run()
        assert seen.state == "Cancelled"
        assert len(seen.grid.results.rows) == 3
        assert seen.remark == (
            "stopped: it has scanned 12.30 GB, more than stop_above_gb = 10 allows;"
            " the rows so far are kept"
        )
        assert not service.running
        assert service.verbs[-1] == "stop"

"""Findings are the same on files and over CloudWatch's wire, and come back without a scan."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flowtui.backends.base import Handle
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.findings.question import findings_text
from flowtui.engine.folding import Folding
from flowtui.engine.watch import follow, watch
from flowtui.model.run import Query, ResultSet, RunState
from flowtui.model.timerange import TimeRange
from flowtui.query.prelude import prelude
from flowtui.serve.server import Endpoint
from tests.contract.conftest import Connect
from tests.incidents.plant import a_day


async def _rows(folding: Folding, query: Query, window: TimeRange) -> tuple[Handle, ResultSet]:
    started: list[Handle] = []
    asked = watch(folding, query, window, delays=lambda *_: 0.01, started=started.append)
    *_, latest = [snapshot async for snapshot in asked]
    assert latest.state is RunState.COMPLETE, latest.error
    return started[0], latest.results


async def test_both_tell_the_same_and_three_ids_tell_it_again(
    tmp_path: Path, connect: Connect
) -> None:
    day, planted = a_day(82_000, "vertical_scan", (1,))
    assert planted is not None
    file = tmp_path / "flows.log"
    file.write_text("\n".join([*day.lines, ""]))
    first, last = (datetime.fromtimestamp(each, UTC) for each in (day.first, day.last + 1))
    window = TimeRange(first, last)
    files = DuckDBBackend([file], day.format, now=lambda: last)
    body = findings_text(day.format)
    query = Query(body, window, (str(file),), prelude(body, day.format))
    try:
        _, local = await _rows(Folding(files, keeps_rows=False), query, window)
        who = local.columns.index("who")
        assert planted.who in {row[who] for row in local.rows}
        with Endpoint(files, files, now=lambda: last) as endpoint:
            remote = connect(endpoint.url)
            folding = Folding(remote, keeps_rows=True)
            handle, told = await _rows(folding, query, window)
            assert told == local
            ids = folding.query_id(handle)
            assert len(ids.split("+")) == 3
            later = Folding(remote, keeps_rows=True)
            again = await later.attach(Handle(ids), query, window)
            *_, latest = [each async for each in follow(later, again, delays=lambda *_: 0.01)]
            assert latest.results == local
            await folding.close()
    finally:
        await files.close()

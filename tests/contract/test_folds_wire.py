"""Conversations, a comparison and a page are the same on files and over CloudWatch's wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from flowtui.backends.base import Handle
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.about import about_of
from flowtui.engine.baseline import Baseline
from flowtui.engine.compare import compare_of
from flowtui.engine.conversations import conversations_of
from flowtui.engine.folding import Folding
from flowtui.engine.watch import follow, watch
from flowtui.model.run import Query, ResultSet, RunState
from flowtui.model.timerange import TimeRange
from flowtui.query.prelude import prelude
from flowtui.serve.server import Endpoint
from tests.contract.conftest import Connect
from tests.property.test_conversation_law import WHOLE
from tests.property.true_conversations import EPOCH, write_log

HALF = timedelta(hours=2)
START = datetime.fromtimestamp(EPOCH, UTC)
WINDOW = TimeRange(START + HALF, START + 2 * HALF)


def _texts(query: Query) -> dict[str, str]:
    pairs = replace(query, body="stats sum(bytes) as size by srcaddr, dstaddr | limit 5")
    before = Baseline.read("the window before")
    return {
        "conversations": conversations_of(query, WHOLE),
        "compare": compare_of(pairs, before, WHOLE, is_free=False),
        "about": about_of(query, WINDOW, ("address", "10.0.1.9"), WHOLE),
    }


async def _rows(folding: Folding, query: Query, started: list[Handle]) -> ResultSet:
    asked = watch(folding, query, WINDOW, delays=lambda *_: 0.01, started=started.append)
    *_, latest = [snapshot async for snapshot in asked]
    assert latest.state is RunState.COMPLETE, latest.error
    return latest.results


@pytest.mark.parametrize("name", ["conversations", "compare", "about"])
async def test_both_give_the_same_and_the_ids_give_it_again(
    name: str, tmp_path: Path, connect: Connect
) -> None:
    log = write_log(Random(7), 150)  # noqa: S311
    for record in log.records[:4]:
        record["srcaddr"] = record["pkt-srcaddr"] = "10.0.1.9"
    file = tmp_path / "flows.log"
    file.write_text("\n".join([*log.lines(WHOLE), ""]))
    files = DuckDBBackend([file], now=lambda: WINDOW.end)
    (group,) = [group.name async for page in files.log_groups() for group in page]
    body = _texts(Query("", WINDOW, (group,)))[name]
    query = Query(body, WINDOW, (group,), prelude(body, WHOLE))
    try:
        started: list[Handle] = []
        local = await _rows(Folding(files, keeps_rows=False), query, started)
        assert local.rows
        with Endpoint(files, files, now=lambda: WINDOW.end) as endpoint:
            remote: CloudWatchBackend = connect(endpoint.url)
            folding = Folding(remote, keeps_rows=True)
            assert await _rows(folding, query, started) == local
            ids = folding.query_id(started[-1])
            assert len(ids.split("+")) == (2 if name == "compare" else 1)
            later = Folding(remote, keeps_rows=True)
            handle = await later.attach(Handle(ids), query, WINDOW)
            *_, again = [each async for each in follow(later, handle, delays=lambda *_: 0.01)]
            assert again.results == local
            await folding.close()
    finally:
        await files.close()

"""The page about an address: its blocks agree with each other and with the flows behind them."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.about import about_of
from flowtui.engine.conversations import conversations_of
from flowtui.engine.export import records
from flowtui.engine.folding import Folding
from flowtui.engine.pivot import ShownQuestion, Spot, derive
from flowtui.engine.watch import watch
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.run import Query, RunState
from flowtui.model.timerange import TimeRange
from tests.property.laws import searched
from tests.property.test_conversation_law import WHOLE, WITHOUT_FLAGS
from tests.property.true_conversations import Log, write_log

Record = dict[str, str]


async def _rows(folding: Folding, query: Query, window: TimeRange) -> list[Record]:
    asked = watch(folding, query, window, delays=lambda *_: 0.01)
    *_, latest = [snapshot async for snapshot in asked]
    assert latest.state is RunState.COMPLETE, latest.error
    return list(records(latest.results))


async def _check(log: Log, subject: str, flow_format: FlowFormat, folder: Path) -> None:
    file = folder / "flows.log"
    file.write_text("\n".join([*log.lines(flow_format), ""]))
    backend = DuckDBBackend([file], now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    folding = Folding(backend, keeps_rows=False)
    try:
        (group,) = [group.name async for page in backend.log_groups() for group in page]
        window = await backend.extent((group,))
        assert window is not None
        plain = Query("", None, (group,))
        body = about_of(plain, window, ("address", subject), flow_format)
        on = ShownQuestion(replace(plain, body=body), window, flow_format)
        page = await _rows(folding, on.query, window)
        _check_sums(log, subject, page)
        for row in _one_of_each(page):
            await _check_behind(folding, on, row)
    finally:
        await folding.close()


def _sum(rows: list[Record], column: str) -> int:
    return sum(int(row[column]) for row in rows)


def _check_sums(log: Log, subject: str, page: list[Record]) -> None:
    """All that went in and out, as it was, and once more in each block that divides it."""
    own = [truth for truth in log.truths.values() if subject in (truth.client[0], truth.server[0])]
    out = sum(t.sent if t.client[0] == subject else t.received for t in own)
    into = sum(t.received if t.client[0] == subject else t.sent for t in own)
    (whole,) = [row for row in page if row["block"] == "about"]
    assert (int(whole["bytes_in"]), int(whole["bytes_out"])) == (into, out)
    assert int(whole["conversations"]) == len(own)
    for blocks in (("time",), ("accepted", "rejected")):
        rows = [row for row in page if row["block"] in blocks]
        assert (_sum(rows, "bytes_in"), _sum(rows, "bytes_out")) == (into, out)


def _one_of_each(page: list[Record]) -> list[Record]:
    found: dict[str, Record] = {}
    for row in page:
        found.setdefault(row["block"], row)
    return list(found.values())


async def _check_behind(folding: Folding, on: ShownQuestion, row: Record) -> None:
    """The conversations of the flows behind a row carry what it says."""
    target = derive("drill", on, Spot(row, "what", row["what"]))
    behind = await _rows(folding, target.query, target.window)
    assert behind, row
    if "conversations" not in row:
        return
    text = conversations_of(target.query, on.format)
    found = await _rows(folding, replace(target.query, body=text), target.window)
    sizes = _sum(found, "bytes_sent") + _sum(found, "bytes_received")
    assert sizes == int(row["bytes_in"]) + int(row["bytes_out"]), row
    assert len(found) == int(row["conversations"]), row


@pytest.mark.parametrize("flow_format", [WHOLE, WITHOUT_FLAGS])
@searched(2, ci=2)
@given(seed=st.integers(0, 10**6))
def test_its_blocks_add_up_and_lead_to_their_flows(flow_format: FlowFormat, seed: int) -> None:
    log = write_log(Random(seed), 120)  # noqa: S311
    servers = Counter(truth.server[0] for truth in log.truths.values())
    with TemporaryDirectory() as folder:
        asyncio.run(_check(log, servers.most_common(1)[0][0], flow_format, Path(folder)))

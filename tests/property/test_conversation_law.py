"""Conversations against a log whose conversations are known: exact bytes, and who opened them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.conversation import REJECTED, REPLY_REJECTED
from flowtui.engine.conversations import conversations_of
from flowtui.engine.export import records
from flowtui.engine.fold import Answer, Folded
from flowtui.engine.folding import Folding
from flowtui.engine.folds import fold_of
from flowtui.engine.packed_flows import are_packed
from flowtui.engine.watch import watch
from flowtui.flowlogs.format import DEFAULT_FORMAT, FlowFormat
from flowtui.model.run import Query, RunState
from tests.property.laws import searched
from tests.property.true_conversations import (
    EPOCH,
    TCP,
    Log,
    Talk,
    Truth,
    by_name,
    share_right,
    write_log,
)

_V2 = " ".join(f"${{{info.name}}}" for info in DEFAULT_FORMAT.fields)
WHOLE = FlowFormat.parse(
    f"{_V2} ${{tcp-flags}} ${{flow-direction}} ${{pkt-srcaddr}} ${{pkt-dstaddr}}"
)
WITHOUT_FLAGS = FlowFormat.parse(f"{_V2} ${{flow-direction}} ${{pkt-srcaddr}} ${{pkt-dstaddr}}")
COUNT = 600


async def _answered(log: Log, flow_format: FlowFormat, folder: Path) -> list[dict[str, str]]:
    file = folder / "flows.log"
    file.write_text("\n".join([*log.lines(flow_format), ""]))
    backend = DuckDBBackend([file], now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    folding = Folding(backend, keeps_rows=False)
    try:
        (group,) = [group.name async for page in backend.log_groups() for group in page]
        query = Query("", None, (group,))
        text = conversations_of(query, flow_format)
        window = await backend.extent((group,))
        assert window is not None
        asked = watch(folding, Query(text, None, (group,)), window, delays=lambda *_: 0.01)
        *_, latest = [snapshot async for snapshot in asked]
        assert latest.state is RunState.COMPLETE, latest.error
        return list(records(latest.results))
    finally:
        await folding.close()


async def _both_ways(file: Path, limit: int | None, text: str) -> tuple[Folded, Folded, bool]:
    """Conversations of packed rows, and of the rows as they are; and whether any were packed."""
    backend = DuckDBBackend([file], now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    try:
        (group,) = [group.name async for page in backend.log_groups() for group in page]
        query = Query(text, None, (group,), limit=limit)
        window = await backend.extent((group,))
        fold = fold_of(text)
        assert window is not None
        assert fold is not None
        (part,) = fold.parts(query, window)
        found = []
        for each in (part, replace(part, query=replace(part.query, pairs=None))):
            asked = watch(backend, each.query, window, delays=lambda *_: 0.01)
            *_, latest = [snapshot async for snapshot in asked]
            assert latest.state is RunState.COMPLETE, latest.error
            found.append(Answer(each, latest.results))
        packed, plain = found
        return fold.fold([packed]), fold.fold([plain]), are_packed(packed.results)
    finally:
        await backend.close()


_ENDS = [("10.0.0.4", 443), ("10.0.0.5", 40000), ("198.51.0.1", 80), ("fd00::1", 0)]
_GATEWAY = "10.9.0.4"


@st.composite
def _records(draw: st.DrawFn) -> list[dict[str, object]]:
    """Records as they come, also such as no conversation makes: of few ends, so that they meet."""
    end, found = st.sampled_from([*_ENDS, (_GATEWAY, 5000)]), []
    for _ in range(draw(st.integers(1, 25))):
        (source, source_port), (target, target_port) = draw(end), draw(end)
        start = EPOCH + draw(st.integers(0, 3)) * 3000
        found.append({
            "version": 5, "account-id": "1", "interface-id": draw(st.sampled_from("abc")),
            "srcaddr": draw(st.sampled_from([source, _GATEWAY])), "srcport": source_port,
            "dstaddr": draw(st.sampled_from([target, _GATEWAY])), "dstport": target_port,
            "protocol": draw(st.sampled_from([6, 17])), "packets": draw(st.integers(1, 3)),
            "bytes": draw(st.sampled_from([40, 60, 2**40])), "start": start, "end": start + 50,
            "action": draw(st.sampled_from(["ACCEPT", "ACCEPT", "REJECT"])), "log-status": "OK",
            "tcp-flags": draw(st.sampled_from([0, 1, 2, 3, 4, 18])),
            "flow-direction": draw(st.sampled_from(["ingress", "egress", "-"])),
            "pkt-srcaddr": draw(st.sampled_from([source, source, "-"])),
            "pkt-dstaddr": draw(st.sampled_from([target, target, "-"])),
        })  # fmt: skip
    return found


@pytest.mark.parametrize("flow_format", [WHOLE, WITHOUT_FLAGS, DEFAULT_FORMAT])
@searched(8, ci=4)
@given(records=_records(), limit=st.sampled_from([None, 1, 2, 5]))
def test_packed_rows_make_the_conversations_that_all_rows_make(
    flow_format: FlowFormat, records: list[dict[str, object]], limit: int | None
) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "flows.log"
        file.write_text("\n".join([*Log({}, records).lines(flow_format), ""]))
        text = conversations_of(Query("", None), flow_format)
        packed, plain, was_packed = asyncio.run(_both_ways(file, limit, text))
    assert was_packed
    assert packed.results.rows[:limit] == plain.results.rows[:limit]
    assert (packed.notices, packed.count) == (plain.notices, plain.count)


def _found(log: Log, flow_format: FlowFormat) -> Mapping[Talk, dict[str, str]]:
    with TemporaryDirectory() as folder:
        return by_name(asyncio.run(_answered(log, flow_format, Path(folder))))


def _sizes(truth: Truth, row: dict[str, str]) -> tuple[int, int]:
    """The bytes of the row, as the true client has sent and received them."""
    sent, received = int(row["bytes_sent"]), int(row["bytes_received"])
    return (sent, received) if row["client"] == truth.client[0] else (received, sent)


@pytest.mark.parametrize(
    ("flow_format", "least"), [(WHOLE, 0.995), (WITHOUT_FLAGS, 0.97), (DEFAULT_FORMAT, 0.97)]
)
@searched(2, ci=2)
@given(seed=st.integers(0, 10**6))
def test_each_is_there_once_with_its_bytes_its_opener_and_what_was_rejected(
    flow_format: FlowFormat, least: float, seed: int
) -> None:
    has_nat = flow_format is not DEFAULT_FORMAT
    log = write_log(Random(seed), COUNT, has_nat=has_nat)  # noqa: S311
    found = _found(log, flow_format)
    truths = log.truths
    assert found.keys() == truths.keys()
    wrong = [t for name, t in truths.items() if _sizes(t, found[name]) != (t.sent, t.received)]
    assert wrong == []
    clients = {name: (row["client"], int(row["client_port"])) for name, row in found.items()}
    # Flags are of TCP alone: of ICMP and NTP within one second nothing tells who began.
    of_tcp = [truth for truth in truths.values() if truth.protocol == TCP]
    assert share_right(of_tcp, clients) >= least
    assert share_right(truths.values(), clients) >= 0.97
    for mark, true in (
        (REPLY_REJECTED, {n for n, t in truths.items() if t.is_reply_rejected}),
        (REJECTED, {n for n, t in truths.items() if t.is_rejected}),
    ):
        assert {n for n, row in found.items() if mark in row["marks"].split(", ")} == true

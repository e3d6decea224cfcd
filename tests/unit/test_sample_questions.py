"""The sample's incident, told by conversations and by a comparison alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.baseline import Baseline
from flowtui.engine.compare import compare_of
from flowtui.engine.conversations import conversations_of
from flowtui.engine.export import records
from flowtui.engine.folding import Folding
from flowtui.engine.watch import watch
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.run import Query, RunState
from flowtui.model.source import DEMO_GROUP
from flowtui.model.timerange import TimeRange
from flowtui.sample import incident, network

END = datetime(2026, 3, 8, 12, tzinfo=UTC)
TAPE = timedelta(minutes=360)
BEFORE = timedelta(minutes=incident.SCAN.start - 2)
"""Minutes of the tape before anything happens."""


async def test_it_is_told_without_a_query_written() -> None:
    backend = DuckDBBackend([], demo=True, now=lambda: END, sample_end=END)
    folding = Folding(backend, keeps_rows=False)
    try:
        await _check_talks(folding, TimeRange(END - TAPE, END))
        await _check_new(folding, END - TAPE)
    finally:
        await folding.close()


async def _rows(folding: Folding, body: str, window: TimeRange) -> list[dict[str, str]]:
    query = Query(body, window, (DEMO_GROUP,))
    asked = watch(folding, query, window, delays=lambda *_: 0.05)
    *_, latest = [snapshot async for snapshot in asked]
    assert latest.state is RunState.COMPLETE, latest.error
    return list(records(latest.results))


async def _check_talks(folding: Folding, window: TimeRange) -> None:
    """Who takes data, who holds a session for hours, whose replies a network ACL rejects."""
    text = conversations_of(Query("", window, (DEMO_GROUP,)), ARTICLE_FORMAT)
    talks = await _rows(folding, text, window)
    staged, *sent = talks[:5]
    assert (staged["client"], staged["server"]) == (
        incident.COMPROMISED.address, network.DATABASE.address,
    )  # fmt: skip
    assert Counter(each["server"] for each in sent)[incident.DROP.address] == 3
    rejected = [each for each in talks if "reply rejected" in each["marks"].split(", ")]
    assert {each["client"] for each in rejected} == {incident.PARTNER.address}
    assert len(rejected) == 2 * len(incident.ACL_MISTAKE)
    held = [
        each for each in talks
        if each["client"] == incident.ATTACKER.address and "long-lived" in each["marks"]
    ]  # fmt: skip
    assert [each["client_port"] for each in held] == [str(incident.INTRUSION_PORT)]


async def _check_new(folding: Folding, start: datetime) -> None:
    """Of the talkers that are new since the quiet time the first five are those of the incident."""
    quiet = TimeRange(start, start + BEFORE)
    window = TimeRange(quiet.end, start + TAPE)
    plain = Query("stats sum(bytes) as size by pkt_srcaddr", window, (DEMO_GROUP,))
    text = compare_of(plain, Baseline.of_span(quiet), ARTICLE_FORMAT, is_free=True)
    rows = await _rows(folding, replace(plain, body=text).body, window)
    new = [each["pkt_srcaddr"] for each in rows if each["mark"] == "new"]
    assert new[:3] == [
        incident.DROP.address, incident.ATTACKER.address, incident.COMMAND.address
    ]  # fmt: skip
    assert set(new[3:5]) == {incident.SCANNER.address, network.RESOLVER.address}

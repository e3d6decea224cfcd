"""Comparing two windows: what is new and gone is exact, and both columns obey the drill law."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.baseline import Baseline
from flowtui.engine.compare import GONE, NEW, compare_of
from flowtui.engine.folding import Folding
from flowtui.engine.pivot import ShownQuestion, Spot, derive
from flowtui.engine.watch import watch
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.run import Query, ResultSet, RunState
from flowtui.model.timerange import TimeRange
from tests.property.laws import searched

FORMAT = FlowFormat.parse("${srcaddr} ${dstport} ${action} ${bytes} ${start} ${end} ${log-status}")
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW, THEN = TimeRange(START, START + HOUR), TimeRange(START - HOUR, START)
GROUP = "flows"


@dataclass(frozen=True)
class Record:
    source: str
    port: int
    action: str
    size: int
    second: int
    """From the start of the earlier window on."""

    @property
    def line(self) -> str:
        start = int(THEN.start.timestamp()) + self.second
        return f"{self.source} {self.port} {self.action} {self.size} {start} {start + 9} OK"

    @property
    def is_now(self) -> bool:
        return self.second >= HOUR.total_seconds()

    def key(self, names: Sequence[str]) -> tuple[str, ...]:
        known = {"srcaddr": self.source, "dstport": str(self.port), "action": self.action}
        return tuple(known[name] for name in names)


records = st.lists(
    st.builds(
        Record,
        st.sampled_from(["10.0.0.1", "10.0.0.2", "2001:db8::1", "203.0.113.9"]),
        st.sampled_from([22, 443]),
        st.sampled_from(["ACCEPT", "REJECT"]),
        st.integers(0, 5000),
        st.integers(0, 7199),
    ),
    max_size=24,
)
keys = st.lists(st.sampled_from(["srcaddr", "dstport", "action"]), min_size=1, unique=True)


async def _rows(folding: Folding, query: Query, window: TimeRange) -> ResultSet:
    asked = watch(folding, query, window, delays=lambda *_: 0.01)
    *_, latest = [snapshot async for snapshot in asked]
    assert latest.state is RunState.COMPLETE, latest.error
    return latest.results


async def _check(lines: list[Record], names: list[str], folder: Path) -> None:
    (folder / GROUP).write_text(
        "\n".join([" ".join(each.name for each in FORMAT.fields), *(r.line for r in lines), ""])
    )
    backend = DuckDBBackend([folder / GROUP], now=lambda: START)
    folding = Folding(backend, keeps_rows=False)
    try:
        (group,) = [group.name async for page in backend.log_groups() for group in page]
        plain = Query(f"stats sum(bytes) as size by {', '.join(names)}", NOW, (group,))
        text = compare_of(
            replace(plain, body=f"{plain.body} | sort size desc | limit 3"),
            Baseline.read("the window before"), FORMAT, is_free=True,
        )  # fmt: skip
        query = replace(plain, body=text)
        results = await _rows(folding, query, NOW)
        _check_marks(lines, names, results)
        on = ShownQuestion(query, NOW, FORMAT)
        for index in range(min(3, len(results.rows))):
            await _check_drill(folding, on, results, index)
    finally:
        await folding.close()


def _check_marks(lines: list[Record], names: list[str], results: ResultSet) -> None:
    now = {each.key(names) for each in lines if each.is_now}
    then = {each.key(names) for each in lines if not each.is_now}
    found = {row[: len(names)]: row[-1] for row in results.rows}
    assert found == {
        key: NEW if key not in then else GONE if key not in now else "" for key in now | then
    }


async def _check_drill(folding: Folding, on: ShownQuestion, results: ResultSet, index: int) -> None:
    """The flows behind either column add up to what it shows."""
    row = results.record(index)
    for column in ("now", "then"):
        target = derive("drill", on, Spot(row, column, row.get(column)))
        behind = await _rows(folding, target.query, target.window)
        at = behind.columns.index("bytes")
        sizes = [int(each[at] or 0) for each in behind.rows]
        assert (str(sum(sizes)) if sizes else None) == row.get(column)


@searched(8, ci=8)
@given(lines=records, names=keys)
def test_new_and_gone_are_exact_and_both_columns_lead_to_their_flows(
    lines: list[Record], names: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_check(lines, names, Path(folder)))

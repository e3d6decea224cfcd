"""Pairs of queries, the second over the rows of the first, and the engine that answers both."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.rows_table import make_table
from flowtui.engine.rows_at_hand import completed
from flowtui.model.run import PTR, Query, ResultSet, RowsOf, RunId
from flowtui.model.timerange import TimeRange
from flowtui.query.prelude import prelude
from tests.property.drill_cases import FORMAT, NOW
from tests.property.drilling import Logs

_CONDITIONS = (
    'action = "REJECT"', "dstport = 443", 'srcaddr != "-"', "bytes > 40", 'srcaddr like /1/',
    'account_id in ["000000000001", "-"]', "not ispresent(nothing)",
)  # fmt: skip
_KEYS = ("srcaddr", "dstport", "action", "account_id", "tcp_flags")
_SUMS = ("sum(bytes) as total", "count(*) as n", "min(bytes) as least", "max(bytes) as most",
         "avg(bytes) as mean", "count(bytes) as known")  # fmt: skip


def _some(parts: tuple[str, ...], least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(parts), min_size=least, max_size=most, unique=True)


def _filters(parts: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return _some(parts, 0, 2).map(lambda found: [f"filter {each}" for each in found])


@st.composite
def grouped(draw: st.DrawFn) -> str:
    """A first query that groups."""
    keys = draw(_some((*_KEYS, "bin(5m)", "datefloor(@timestamp, 1h) as hour"), 1, 3))
    stats = f"stats {', '.join(draw(_some(_SUMS, 1, 3)))} by {', '.join(keys)}"
    after = draw(
        st.sampled_from([[], ["sort n desc"], ["sort total"], ["limit 3"], ["filter n > 1"]])
    )
    return " | ".join([*draw(_filters(_CONDITIONS)), stats, *after])


@st.composite
def raw(draw: st.DrawFn) -> str:
    """A first query that shows events."""
    columns = ", ".join(draw(_some((*_KEYS, "bytes", "@timestamp", "bytes * 2 as twice"), 2, 6)))
    word = draw(st.sampled_from(["fields", "fields", "display"]))
    if word == "display":
        columns = columns.replace("bytes * 2 as twice", "bytes")
    after = draw(st.sampled_from([[], ["sort bytes desc"], ["sort bytes desc", "limit 5"]]))
    return " | ".join([*draw(_filters(_CONDITIONS)), f"{word} {columns}", *after])


@st.composite
def second(draw: st.DrawFn, columns: tuple[str, ...]) -> str:
    """A query over rows with these columns."""
    names = tuple(f"`{name}`" if "(" in name else name for name in columns if name != PTR)
    tests = tuple(f'{name} {sign} "443"' for name in names for sign in ("=", "!="))
    parts = draw(_filters(tests))
    if draw(st.booleans()):
        keys = draw(_some(names, 1, 2))
        sums = draw(_some(tuple(f"sum({name}) as s{i}" for i, name in enumerate(names)), 0, 2))
        parts.append(f"stats {', '.join(['count(*) as rows', *sums])} by {', '.join(keys)}")
    return " | ".join(parts or [f"filter ispresent({names[0]})"])


@dataclass(frozen=True, slots=True)
class Hand:
    """Rows that were found, and what asks them."""

    logs: Logs
    query: Query
    window: TimeRange
    results: ResultSet

    @property
    def rows(self) -> RowsOf:
        return RowsOf(RunId(1), self.query, self.window, "", len(self.results.rows))

    def asked(self, body: str) -> Query:
        question = Query(body, self.window, (), rows=self.rows)
        return completed(question, self.results.columns)

    def answer(self, query: Query, window: TimeRange | None = None) -> ResultSet:
        connection, results = self.logs.connection, self.results
        table = make_table(connection, "hand", results, (*results.columns, PTR))
        return fetch(
            connection, compile_query(query.text, [table], window or self.window, None, NOW)
        )


def found(logs: Logs, body: str, window: TimeRange) -> Hand:
    query = Query(body, window, (), prelude(body, FORMAT))
    return Hand(logs, query, window, logs.run(query, window))

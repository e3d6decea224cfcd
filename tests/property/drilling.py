"""The check of the drill law, by whoever answers queries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import duckdb
from hypothesis import note

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.engine.drill import Target, drill
from flowtui.engine.lineage import last_grouping
from flowtui.flowlogs.fields import FieldInfo
from flowtui.model.run import Query, ResultSet
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.query.printer import to_source
from flowtui.sql.scope import Table
from tests.property.drill_cases import FORMAT, NOW, respelled
from tests.tables import make_table


def load(connection: duckdb.DuckDBPyConnection, lines: list[str]) -> Logs:
    """The lines as a table whose times are of milliseconds."""
    has_misfits = any(line.count(" ") + 1 != len(FORMAT.columns) for line in lines)
    table = make_table(connection, "flows", lines, FORMAT, has_misfits=has_misfits)
    connection.execute(
        'UPDATE flows SET "@timestamp" = "@timestamp" + (length("@message") * 137) % 4 * 250'
    )
    return Logs(connection, table, respelled(lines))


_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

Records = Sequence[Mapping[str, str]]
"""Rows by column name, without what they lack."""


class Answers(Protocol):
    """Whoever runs queries, and knows what they run on."""

    @property
    def respelled(self) -> frozenset[FieldInfo]: ...

    def records(self, query: Query, window: TimeRange) -> Records: ...


@dataclass(frozen=True, slots=True)
class Logs:
    """A loaded table, and the questions that are asked of it."""

    connection: duckdb.DuckDBPyConnection
    table: Table
    respelled: frozenset[FieldInfo]

    def run(self, query: Query, window: TimeRange) -> ResultSet:
        """As the backend does: only a query over all the data sees lines without a time."""
        seen = replace(self.table, has_untimed=query.time is None)
        compiled = compile_query(query.text, [seen], window, None, NOW)
        return fetch(self.connection, compiled)

    def records(self, query: Query, window: TimeRange) -> Records:
        results = self.run(query, window)
        return [results.record(index) for index in range(len(results.rows))]


def again(target: Target, text: str) -> Query:
    """The derived query with the last `stats` of `text` in the place of what shows the raw rows."""
    derived = parse(target.query.text)
    stats = _grouping(text)
    kept = list(derived.commands)
    while kept and isinstance(kept[-1], ast.Display | ast.Sort):
        kept.pop()
    anew = ast.Stats(stats.aggregates, stats.keys, stats.offset)
    body = to_source(ast.Pipeline((*kept, anew), derived.source))
    return replace(target.query, body=body, prelude="")


def check_law(logs: Answers, query: Query, window: TimeRange, rows: Records) -> None:
    """For the first and the last row of the query; after the first, down to the raw events."""
    for row in (*rows[:1], *rows[1:][-1:]):
        target = drill(query, window, row, FORMAT, logs.respelled)
        note(target.query.body)
        assert drill(query, window, row, FORMAT, logs.respelled) == target
        anew = again(target, query.body)
        made = _columns(query)
        found = [_only(made, each) for each in logs.records(anew, target.window)]
        _check_found(query, found, _only(made, row))
        _check_text(query, target.query)
        if row is rows[0]:
            after = logs.records(target.query, target.window)
            _check_again(logs, anew, target.window, (_only(made, row), after))
            if last_grouping(parse(target.query.body)) is not None:
                check_law(logs, target.query, target.window, after)


def _check_found(query: Query, found: Records, row: Mapping[str, str]) -> None:
    """The row itself, and others only where computed numbers differ beyond what is shown."""
    stats = _grouping(query.body)
    keys = frozenset(item.name for item in stats.keys)
    assert row in found
    assert [_only(keys, each) for each in found] == [_only(keys, row)] * len(found)
    if len(found) > 1:
        assert any(_NUMBER.fullmatch(row.get(key, "")) for key in keys)


def _check_again(
    logs: Answers,
    query: Query,
    window: TimeRange,
    drilled: tuple[Mapping[str, str], Records],
) -> None:
    """The row of the rows behind a row has the same rows behind it."""
    row, after = drilled
    target = drill(query, window, row, FORMAT, logs.respelled)
    assert logs.records(target.query, target.window) == after
    assert target.window == window


def _check_text(query: Query, derived: Query) -> None:
    """What was typed before the `stats` stays to the letter, and runs as it is shown."""
    pipeline = parse(query.body)
    index = last_grouping(pipeline)
    assert index is not None
    typed = query.body[: pipeline.commands[index].chunk[0]].rstrip().removesuffix("|").rstrip()
    assert derived.body.startswith(typed)


def _columns(query: Query) -> frozenset[str]:
    stats = _grouping(query.body)
    return frozenset(item.name for item in (*stats.keys, *stats.aggregates))


def _grouping(text: str) -> ast.Stats:
    return [each for each in parse(text).commands if isinstance(each, ast.Stats)][-1]


def _only(names: frozenset[str], row: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name in names}

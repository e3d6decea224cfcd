"""Running a compiled query on a DuckDB connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, cast

from flowtui.model.errors import QueryError
from flowtui.model.run import Cell, ResultSet, Row
from flowtui.sql.compile import Compiled
from flowtui.sql.render import Answer, renderer

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CHUNK = 2000
"""Rows that are taken at once: DuckDB holds the interpreter's lock while it makes them."""
_MOST_KNOWN = 20_000
"""Cells of a column that are remembered."""


def fetch(
    connection: DuckDBPyConnection, compiled: Compiled, check: Callable[[], None] = lambda: None
) -> ResultSet:
    """The rows as the service would return them, once the macros that it calls are installed.

    `check` is called between one part of them and the next, and may raise. Raises `QueryError`
    where a check of the query says so.
    """
    for each in compiled.checks:
        if count(connection, compiled, each.sql):
            raise QueryError(each.message, each.span)
    _execute(connection, compiled, compiled.sql)
    names = tuple(column.name for column in compiled.columns)
    return ResultSet(names, tuple(_rows(connection, compiled, check)), compiled.keys)


def count(connection: DuckDBPyConnection, compiled: Compiled, sql: str) -> int:
    """The answer of one of the counting statements of `compiled`."""
    _execute(connection, compiled, sql)
    found = connection.fetchone()
    return int(found[0]) if found else 0


def _execute(connection: DuckDBPyConnection, compiled: Compiled, sql: str) -> None:
    statement = connection.extract_statements(sql)[0]
    # DuckDB refuses a parameter that the statement does not name.
    named = {name: compiled.parameters[name] for name in statement.named_parameters}
    connection.execute(statement, named)


def _rows(
    connection: DuckDBPyConnection, compiled: Compiled, check: Callable[[], None]
) -> Iterator[Row]:
    rendered = [_Rendered(renderer(column.kind)) for column in compiled.columns]
    while chunk := cast("list[tuple[Answer, ...]]", connection.fetchmany(_CHUNK)):
        check()
        columns = zip(*chunk, strict=True)
        yield from zip(*map(_Rendered.cells, rendered, columns), strict=True)


class _Rendered(dict[Answer, Cell]):
    """The cells of a column by what the engine has answered: most of them come again and again."""

    def __init__(self, render: Callable[[Answer], Cell]) -> None:
        super().__init__()
        self._render = render

    def __missing__(self, answer: Answer) -> Cell:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        cell = self[answer] = self._render(answer)
        return cell

    def cells(self, answers: Iterable[Answer]) -> list[Cell]:
        return list(map(self.__getitem__, answers))

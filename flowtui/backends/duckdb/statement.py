"""The SQL of one query, compiled before the log groups that it reads are loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.groups import Group, Reading, expected_table, table
from flowtui.backends.duckdb.packing import packed
from flowtui.model.frozen import frozen
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.sql.compile import Compiled
from flowtui.sql.parameters import identifier
from flowtui.sql.pipelines import Library
from flowtui.sql.scope import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from flowtui.backends.duckdb.ingest.load import Loaded

_LARGE = 1_000_000
"""From this many rows on, a part of them is queried first, so that something is to be seen."""
_SHORTEST = 4
"""Bytes on disk that a record takes at least, however well it is compressed."""


@frozen
class StatementInput:
    """A question; the sources of its groups are found."""

    query: Query
    window: TimeRange
    now: datetime
    reading: Reading
    library: Library
    """The tables and queries that the query names besides log groups."""


@frozen
class Statement:
    """The SQL over the groups as they are loaded, or as they are expected to be."""

    asked: StatementInput
    tables: Mapping[str, Table]
    """The groups as SQL knows them, by name."""
    window: TimeRange
    parts: Mapping[str, str]
    """The views that the whole query reads in the place of its groups, by the groups' names.

    Empty where the groups are too small for a part of them to be queried first.
    """
    compiled: Compiled

    @classmethod
    def of(cls, asked: StatementInput) -> Statement:
        """Raises `QueryError` for what is wrong with the query."""
        tables = {group.name: _table(group, asked) for group in asked.reading.groups}
        # Nobody would see the rows of a slice, and those of conversations are packed as a whole.
        main = () if asked.query.is_part else asked.reading.main
        # No group has such a name: control characters of a path are replaced.
        parts = {group.name: f"{group.name}\n" for group in main} if _may_be_large(main) else {}
        return cls._compiled(asked, tables, _window(asked), parts)

    @property
    def is_large(self) -> bool:
        """Whether a part of the groups is worth to be queried first."""
        return bool(self.parts) and _may_be_large(self.asked.reading.main)

    def settled(self) -> Statement:
        """The same, now that the groups are loaded; compiled anew if they are not as expected."""
        asked = self.asked
        tables = {group.name: _table(group, asked) for group in asked.reading.groups}
        is_as_expected = all(_serves(self.tables[name], tables[name]) for name in tables)
        if is_as_expected and self.window == _window(asked):
            return self
        return self._compiled(asked, tables, _window(asked), self.parts)

    def over(self, some: Mapping[Group, Loaded]) -> Statement:
        """The same over what there is of its groups so far."""
        asked = self.asked
        tables = {
            group.name: _of_time(table(group, one), one, asked) for group, one in some.items()
        }
        window = asked.window if asked.query.time else _around(asked.window, some.values())
        return self._compiled(asked, tables, window, {})

    def whole(self) -> Statement:
        """The same over the whole groups, as they are known by now."""
        asked = self.asked
        tables = {group.name: _table(group, asked) for group in asked.reading.groups}
        return self._compiled(asked, tables, _window(asked), {})

    def read(self, cursor: DuckDBPyConnection, rows: int | None = None) -> None:
        """Let the whole query read all of its groups, or so many `rows` of each."""
        limit = "" if rows is None else f" LIMIT {rows}"
        for name, part in self.parts.items():
            relation = self.tables[name].relation
            cursor.execute(
                f"CREATE OR REPLACE TEMP VIEW {identifier(part)} AS SELECT * FROM {relation}{limit}"
            )

    @classmethod
    def _compiled(
        cls,
        asked: StatementInput,
        tables: Mapping[str, Table],
        window: TimeRange,
        parts: Mapping[str, str],
    ) -> Statement:
        query = asked.query
        library = replace(asked.library, tables=tables)
        main = [_read_as(tables[group.name], parts) for group in asked.reading.main]
        compiled = None
        if query.pairs is not None:
            flows = compile_query(
                query.text, main, window, None, asked.now, library, is_relation=True
            )
            compiled = packed(flows, query.pairs)
        if compiled is None:
            compiled = compile_query(query.text, main, window, query.limit, asked.now, library)
        return cls(asked, tables, window, parts, compiled)


def _read_as(whole: Table, parts: Mapping[str, str]) -> Table:
    part = parts.get(whole.name)
    return whole if part is None else replace(whole, relation=identifier(part))


def _table(group: Group, asked: StatementInput) -> Table:
    loaded = loaded_part(group)
    found = expected_table(group) if loaded is None else table(group, loaded)
    return _of_time(found, loaded, asked)


def _of_time(found: Table, loaded: Loaded | None, asked: StatementInput) -> Table:
    """A line without a time is inside of no window: only who asks for all there is sees it."""
    if asked.query.time is None:
        return replace(found, is_inside=True)
    is_inside = loaded is not None and loaded.is_within(asked.window)
    return replace(found, has_untimed=False, is_inside=is_inside)


def _serves(expected: Table, found: Table) -> bool:
    """Whether what was compiled for one table is right for the other.

    SQL that looks for lines without a time is right where there are none, and so is SQL that asks
    for the window where all are inside.
    """
    as_found = replace(
        expected,
        has_untimed=expected.has_untimed and found.has_untimed,
        is_inside=expected.is_inside or found.is_inside,
    )
    return as_found == found


def _window(asked: StatementInput) -> TimeRange:
    """All there is means all of every group, also of those that only a SOURCE names."""
    if asked.query.time is not None:
        return asked.window
    found = [loaded_part(group) for group in asked.reading.groups]
    return _around(asked.window, [loaded for loaded in found if loaded is not None])


def _around(window: TimeRange, loaded: Collection[Loaded]) -> TimeRange:
    """The window, made so wide that it holds all records."""
    firsts = [from_ms(one.first_ms) for one in loaded if one.first_ms is not None]
    lasts = [from_ms(one.last_ms + 1) for one in loaded if one.last_ms is not None]
    return TimeRange(min([window.start, *firsts]), max([window.end, *lasts]))


def _may_be_large(groups: Sequence[Group]) -> bool:
    return sum(map(_most_lines, groups)) > _LARGE


def _most_lines(group: Group) -> int:
    loaded = loaded_part(group)
    if loaded is None or loaded.lines is None:
        return group.source.result().size // _SHORTEST
    return loaded.lines


def loaded_part(group: Group) -> Loaded | None:
    """The loaded part of the group; None as long as there is none, or where that has failed."""
    if not group.loaded.done() or group.loaded.exception() is not None:
        return None
    return group.loaded.result()

"""The tables that the records of a log group go into, new ones and those from before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import duckdb

from flowtui.backends.duckdb.ingest.reader import (
    Home,
    Layout,
    LogFile,
    RecordPart,
    RecordTable,
    SourceFiles,
)
from flowtui.backends.duckdb.ingest.stored import (
    Continuation,
    Stored,
    StoredPart,
    StoredTable,
    last_line,
)
from flowtui.backends.duckdb.ingest.text.lines import Lines
from flowtui.backends.duckdb.ingest.text.reader import TextLayout
from flowtui.backends.duckdb.ingest.text.table import LineTable, TextTable

Before = tuple[Stored, Continuation]
"""What is stored already, and what is to be read on."""


class NotContinuous(Exception):
    """What is stored can't be gone on with: all has to be read anew."""


def to_read(source: SourceFiles, continuation: Continuation) -> tuple[LogFile, ...]:
    """The files of the source that are not stored, and of others what has grown on to them."""
    new = set(continuation.new)
    tails = (tail for _, tail in continuation.tails)
    return (*(file for file in source.files if file.seen in new), *tails)


class Filling:
    """The tables that records go into: new ones, and those that have records from before."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        relation: str,
        database: str,
        files: Sequence[LogFile],
        before: Before | None,
    ) -> None:
        """`files` are those that are to be read."""
        self._before = before
        self.size = sum(file.unread for file in files)
        """Bytes on disk that are to be read."""
        self.text_size = sum(file.text_size for file in files)
        self._parts: dict[Layout, list[LogFile]] = {}
        for file in files:
            self._parts.setdefault(file.layout, []).append(file)
        stored = before[0].tables if before else ()
        self._stored = {
            table.first: [
                LineTable(connection, Home(part.table, database), part.lines, part.contents)
                for part in table.parts
            ]
            for table in stored
        }
        homes = {table.first: Home(str(index), database) for index, table in enumerate(stored)}
        self.tables: list[RecordTable] = []
        for layout, together in self._parts.items():
            known = homes.get(layout.lines) if isinstance(layout, TextLayout) else None
            number = len(stored) + len(self.tables)
            home = known or Home(f"{number}" if database else f"{relation}/{number}", database)
            self.tables.append(layout.table(connection, home, together))

    @property
    def to_fill(self) -> Iterator[tuple[RecordTable, Sequence[LogFile]]]:
        """The tables, and the files that go into each."""
        return zip(self.tables, self._parts.values(), strict=True)

    def begin(self) -> None:
        for layout, table in zip(self._parts, self.tables, strict=True):
            stored = self._stored.get(layout.lines) if isinstance(layout, TextLayout) else None
            if stored is not None and isinstance(table, TextTable):
                table.go_on(stored, self._held_before())
            else:
                table.create()

    def _held_before(self) -> dict[LogFile, Lines]:
        tails = self._before[1].tails if self._before else ()
        return {tail: stored.held for stored, tail in tails if stored.held is not None}

    def end(self) -> None:
        """Take out the last lines of files that were no whole lines yet.

        Raises `NotContinuous`.
        """
        for stored, _ in self._before[1].tails if self._before else ():
            line = last_line(stored)
            layout, held = stored.file.layout, stored.held
            if not line.strip(b" ") or held is None or not isinstance(layout, TextLayout):
                continue
            found = [part for part in self._stored[layout.lines] if part.lines == held]
            if not any(part.remove(stored.file, line) for part in found):
                raise NotContinuous(stored.file.path)

    @property
    def held(self) -> Mapping[LogFile, Lines | None]:
        """How lines would be written that come after those of each file."""
        return {
            file: table.held(file) if isinstance(table, TextTable) else None
            for table, files in self.to_fill
            for file in files
        }

    @property
    def parts(self) -> list[RecordPart]:
        """All records, those from before first."""
        return [part for _, parts in self._by_first() for part in parts]

    @property
    def stored(self) -> tuple[StoredTable, ...]:
        """The tables, where all of them are of lines; else none."""
        found: list[StoredTable] = []
        for first, parts in self._by_first():
            lines = [part for part in parts if isinstance(part, LineTable)]
            if first is None or len(lines) < len(parts):
                return ()
            told = tuple(StoredPart(p.home.name, p.lines, p.contents) for p in lines)
            found.append(StoredTable(first, told))
        return tuple(found)

    def _by_first(self) -> Iterator[tuple[Lines | None, Sequence[RecordPart]]]:
        tables = dict(zip(self._parts, self.tables, strict=True))
        by_lines = {
            layout.lines: table
            for layout, table in tables.items()
            if isinstance(layout, TextLayout)
        }
        for first, parts in self._stored.items():
            table = by_lines.get(first)
            yield first, parts if table is None else table.parts
        for layout, table in tables.items():
            lines = layout.lines if isinstance(layout, TextLayout) else None
            if lines is None or lines not in self._stored:
                yield lines, table.parts

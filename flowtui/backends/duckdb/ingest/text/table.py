"""The table of lines that share a layout: how they go in and come out.

A string field is stored as it is, a number as BIGINT, NULL for `-`. From these the line can be
put together again, so the line itself (`@line`) is stored only where it can't: where it does not
fit, and where a number is written in an uncommon way, such as `007`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from flowtui.backends.duckdb.ingest.files import BOM, LONGEST_LINE
from flowtui.backends.duckdb.ingest.reader import Contents, Home, LogFile, Section
from flowtui.backends.duckdb.ingest.text.apart import Filed, Files, Formats, Run, blocks
from flowtui.backends.duckdb.ingest.text.chunks import Piece, read_chunks
from flowtui.backends.duckdb.ingest.text.joining import are_many_small, joined
from flowtui.backends.duckdb.ingest.text.line_readers import (
    SEPARATOR,
    all_but_headers,
    fitting_pieces,
    odd_lines,
    plain_lines,
    texts_of,
    texts_of_files,
)
from flowtui.backends.duckdb.ingest.text.lines import Lines
from flowtui.backends.duckdb.ingest.view_columns import (
    Record,
    any_integer,
    any_number,
    common,
    decoded,
    each,
    number_column,
    start_time,
)
from flowtui.backends.duckdb.progress import Part
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError
from flowtui.model.frozen import frozen
from flowtui.sql.parameters import identifier

_TOLD_APART = 0.4
"""The share of the time for telling lines apart; then they go in."""
_LINE = '"@line"'


class TextTable:
    """The lines of files that begin alike: a table for each format that a header brings."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        home: Home,
        lines: Lines,
        files: Sequence[LogFile],
    ) -> None:
        self._connection, self._home = connection, home
        self._first, self._files = lines, files
        self._formats = Formats(lines)
        self._tables: dict[Lines, LineTable] = {}

    def create(self) -> None:
        self.drop()
        self._formats = Formats(self._first)
        self._table(self._first)

    def go_on(self, tables: Iterable[LineTable], held: Mapping[LogFile, Lines]) -> None:
        """More goes into these, which have records already.

        `held` is how the lines are written where a file was read up to.
        """
        self._tables = {table.lines: table for table in tables}
        self._formats = Formats(self._first, held)
        self._table(self._first)

    def held(self, file: LogFile) -> Lines | None:
        """How lines would be written that come after the last one of a file.

        None where only they would show it.
        """
        return self._formats.held(file)

    def drop(self) -> None:
        while self._tables:
            _, table = self._tables.popitem()
            table.drop()

    def chunks(
        self, folder: Path, broken: dict[LogFile, SourceError], read: Callable[[float], None]
    ) -> Iterator[TextChunk]:
        for pieces in read_chunks(self._files, folder, broken, read):
            yield TextChunk(self, pieces)

    def insert(self, pieces: Sequence[Piece], part: Part) -> None:
        """Add the lines: all at once if they are plain, else the odd ones apart.

        It is this part of a load.
        """
        if not self._went_in(pieces, part):
            folder = pieces[0].path.parent
            with TemporaryDirectory(dir=folder) as apart:
                self._insert_apart(pieces, Path(apart), part)
        part.at(1)

    @property
    def parts(self) -> tuple[LineTable, ...]:
        """Without those that turned out to have no records, unless all of them do."""
        tables = tuple(self._tables.values())
        return tuple(table for table in tables if table.contents.lines) or tables[:1]

    def _table(self, lines: Lines) -> LineTable:
        """The table of lines that are written so; at the latest now it is made."""
        if lines not in self._tables:
            home = self._home.beside(len(self._tables))
            self._tables[lines] = LineTable(self._connection, home, lines)
            self._tables[lines].create()
        return self._tables[lines]

    def _went_in(self, pieces: Sequence[Piece], part: Part) -> bool:
        """Add the lines of the pieces, if all of them are plain."""
        lines = self._formats.common(pieces)
        if lines is None or any(piece.has_returns for piece in pieces):
            return False
        try:
            self._table(lines).insert_unseen([Filed(p.file, p.path) for p in pieces], part)
        except duckdb.InvalidInputException:
            return False
        return True

    def _insert_apart(self, pieces: Sequence[Piece], folder: Path, part: Part) -> None:
        apart: dict[Lines, Apart] = {}
        for run in self._runs(pieces, part.between(0, _TOLD_APART)):
            if run.lines not in apart:
                apart[run.lines] = Apart(folder / str(len(apart)))
            apart[run.lines].add(run)
        filling = part.between(_TOLD_APART, 1)
        for number, (lines, filed) in enumerate(apart.items()):
            share = filling.between(number / len(apart), (number + 1) / len(apart))
            self._table(lines).insert_apart(filed, share)

    def _runs(self, pieces: Sequence[Piece], part: Part) -> Iterator[Run]:
        before, total = 0, sum(piece.size for piece in pieces)
        for piece in pieces:
            after = before + piece.size
            yield from self._formats.runs(piece, part.between(before / total, after / total))
            before = after


class Apart:
    """Lines that are written alike on their way into their table, in files below a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.plain, self.odd = Files(folder / "plain"), Files(folder / "odd")
        self.knotty = Files(folder / "knotty")
        """Odd ones of which DuckDB would read other lines."""

    def add(self, run: Run) -> None:
        if run.plain:
            self.plain.add(run.file, run.plain)
        if run.odd:
            odd = run.odd if run.odd.isascii() else run.odd.decode(errors="replace").encode()
            (self.odd if _is_simple(odd) else self.knotty).add(run.file, odd)


def _is_simple(text: bytes) -> bool:
    """Whether DuckDB reads the same lines of a file."""
    if b"\r" in text or SEPARATOR in text or text.startswith(BOM):
        return False
    return len(text) < LONGEST_LINE or max(map(len, text.split(b"\n"))) < LONGEST_LINE


class LineTable:
    """Lines that are all written alike."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        home: Home,
        lines: Lines,
        known: Contents | None = None,
    ) -> None:
        """`known` is the content of one that was filled before."""
        self._connection, self.home = connection, home
        self._name = home.sql
        self.lines, self._format = lines, lines.format
        self._known = known

    @property
    def format(self) -> FlowFormat:
        return self._format

    def create(self) -> None:
        columns = each(self._format, lambda info, _: _stored(info))
        self._connection.execute(
            f'CREATE OR REPLACE TABLE {self._name} ({columns}, "@line" VARCHAR, "@stamp" BIGINT,'
            ' "@ingestionTime" BIGINT, "@file" VARCHAR)'
        )

    def drop(self) -> None:
        self._connection.execute(f"DROP TABLE IF EXISTS {self._name}")

    def insert_unseen(self, pieces: Sequence[Filed], part: Part) -> None:
        """Raises `InvalidInputException`, and adds nothing, if a line is not plain."""
        self._insert_plain(pieces, all_but_headers(self.lines), part)

    def insert_apart(self, apart: Apart, part: Part) -> None:
        if plain := apart.plain.filed:
            self._insert_plain(plain, "true", part.between(0, 0.5))
        if odd := apart.odd.filed:
            read = odd_lines(self.lines, texts_of_files("$paths"))
            self._insert_files(read, _LINE, odd, part.between(0.5, 1))
        for filed in apart.knotty.filed:
            for block in blocks(filed.path):
                self._insert_text(filed.file, block.removesuffix(b"\n").decode())

    def _insert_plain(self, pieces: Sequence[Filed], keeps: str, part: Part) -> None:
        is_odd = each(self._format, lambda info, _: _is_uncommon(info), " OR ")
        line = f"concat_ws(' ', {each(self._format, lambda info, _: identifier(info.column))})"
        line = f"CASE WHEN {is_odd} THEN {line} END"
        if not are_many_small([piece.path.stat().st_size for piece in pieces]):
            read = plain_lines(self.lines, "$paths", keeps)
            return self._insert_files(read, line, pieces, part)
        read = plain_lines(self.lines, "$paths", keeps, is_joined=True)
        with joined([piece.path for piece in pieces]) as path:
            return self._insert_files(read, line, pieces, part, path)

    def _insert_files(
        self,
        read: str,
        line: str,
        pieces: Sequence[Filed],
        part: Part,
        path: Path | None = None,
    ) -> None:
        """The names of the pieces' files are numbers, one after the other.

        At `path` they are joined.
        """
        self._known = None
        part.watch(self._connection)
        file, asked = "$modified, $name", _told(pieces[0].file)
        if len(pieces) > 1:
            number = 'CAST(parse_filename("@path") AS INTEGER) - $first + 1'
            file = f"$modified[{number}], $names[{number}]"
            asked = {
                "first": int(pieces[0].path.name),
                "modified": [piece.file.modified_ms for piece in pieces],
                "names": [piece.file.name for piece in pieces],
            }
        paths = [str(path)] if path else [str(piece.path) for piece in pieces]
        self._connection.execute(self._insert_from(read, line, file), asked | {"paths": paths})

    def _insert_text(self, file: LogFile, text: str) -> None:
        self._known = None
        self._connection.execute(
            self._insert_from(odd_lines(self.lines, texts_of("$text")), _LINE, "$modified, $name"),
            _told(file) | {"text": text},
        )

    def remove(self, file: LogFile, line: bytes) -> bool:
        """Remove a record of the file that is this line; whether there was one."""
        self._known = None
        stamp, record = self.lines.split(line)
        text = f'coalesce("@line", {self._composed})'
        first = (
            f'SELECT max(rowid) FROM {self._name} WHERE "@file" = $file AND {text} = $record'
            ' AND "@stamp" IS NOT DISTINCT FROM $stamp AND "@ingestionTime" = $modified'
        )
        asked = {
            "file": file.name,
            "record": record.decode(errors="replace"),
            "stamp": stamp,
            "modified": file.modified_ms,
        }
        deletion = f"DELETE FROM {self._name} WHERE rowid IN ({first})"
        (count,) = self._connection.execute(deletion, asked).fetchone() or (0,)
        return bool(count)

    @property
    def contents(self) -> Contents:
        if self._known is None:
            lines, odd, untimed, first_ms, last_ms = self._counted()
            found = Contents(lines, untimed, first_ms, last_ms)
            if odd:
                found = Contents(
                    lines, untimed, first_ms, last_ms, *self._oddities(), has_odd_lines=True
                )
            self._known = found
        return self._known

    def select(self, section: Section) -> str:
        is_odd = self.contents.has_odd_lines
        pieces = fitting_pieces(_LINE, self.lines)

        def columns(info: FieldInfo, index: int) -> str:
            piece = f"({pieces})[{index + 1}]" if is_odd else ""
            return _columns(info, piece, is_wide=info in self.contents.wide)

        message = f'coalesce("@line", {self._composed})' if is_odd else self._composed
        record = Record(self._time, message, file_name='"@file"', row="rowid")
        shared = common(self._format, section, record)
        numbers = f'rowid AS "@row", {section.index} AS "@part"'
        return f"SELECT {shared}, {numbers}, {each(self._format, columns)} FROM {self._name}"

    @property
    def _time(self) -> str:
        return '"@stamp"' if self.lines.stamped else ""

    @property
    def _composed(self) -> str:
        """The text of a record that is not stored as it is."""
        return f"concat_ws(' ', {each(self._format, lambda info, _: _written(info))})"

    def _counted(self) -> tuple[int, ...]:
        """All lines, those that are stored as they are, those without a time, the time's ends."""
        time = self._time or start_time(self._format)
        return self._one(
            f'count(*), count("@line"), count(*) - count({time}), min({time}), max({time})'
            f" FROM {self._name}"
        )

    def _one(self, what: str) -> tuple[int, ...]:
        row: tuple[int, ...]
        (row,) = self._connection.execute(f"SELECT {what}").fetchall()
        return row

    def _oddities(self) -> tuple[int, int, frozenset[FieldInfo], frozenset[FieldInfo]]:
        """How many lines do not fit or have words for numbers; what is, or reads as, no BIGINT."""
        numbers = {
            info: f"pieces[{index + 1}]"
            for index, info in enumerate(self._format.fields)
            if info.type.is_number
        }
        wordy = " OR ".join(
            f"({piece} <> '-' AND {any_number(piece)} IS NULL)" for piece in numbers.values()
        )
        tests = "".join(
            f", coalesce(bool_or({number_column(info)} IS NULL AND"
            f" {any_number(piece)} IS NOT NULL), false)"
            f", coalesce(bool_or({_is_respelled(info, piece)}), false)"
            for info, piece in numbers.items()
        )
        pieces = fitting_pieces('"@line"', self.lines)
        misfits, words, *found = self._one(
            f"count(*) - count(pieces), count(*) FILTER ({wordy or 'false'}) {tests}"
            f" FROM (SELECT *, {pieces} AS pieces FROM {self._name}"
            ' WHERE "@line" IS NOT NULL)'
        )
        wide, respelled = (
            frozenset(info for info, is_so in zip(numbers, answers, strict=True) if is_so)
            for answers in (found[::2], found[1::2])
        )
        return misfits, words, wide, wide | respelled

    def _insert_from(self, lines: str, line: str, file: str) -> str:
        stamp = '"@stamp"' if self.lines.stamped else "NULL"
        stored = each(self._format, lambda info, _: _stored_value(info))
        checks = each(self._format, lambda info, _: _checks(info), "")
        return (
            f"INSERT INTO {self._name} SELECT {stored}, {line}, {stamp}, {file}"
            f" FROM (SELECT * {checks} FROM ({lines}))"
        )


def _told(file: LogFile) -> dict[str, object]:
    return {"modified": file.modified_ms, "name": file.name}


@frozen
class TextChunk:
    """Pieces of files on their way into their table."""

    table: TextTable
    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        return sum(piece.size for piece in self.pieces)

    @property
    def consumed(self) -> int:
        return self.pieces[-1].consumed

    def insert(self, part: Part) -> None:
        self.table.insert(self.pieces, part)

    def discard(self) -> None:
        for piece in self.pieces:
            piece.path.unlink()


def _stored(info: FieldInfo) -> str:
    if info.type.is_number:
        return f"{number_column(info)} BIGINT"
    return f"{identifier(info.column)} VARCHAR"


def _checks(info: FieldInfo) -> str:
    """Two more columns for a number: what it is, and whether it is written as we would."""
    if not info.type.is_number:
        return ""
    text = identifier(info.column)
    value = f"TRY_CAST({text} AS BIGINT)"
    common = f"CAST({value} AS VARCHAR) = {text} AS {identifier(info.column + '=')}"
    return f", {value} AS {number_column(info)}, {common}"


def _stored_value(info: FieldInfo) -> str:
    text, common = identifier(info.column), identifier(f"{info.column}=")
    if not info.type.is_number:
        return text
    return (
        f"CASE WHEN {common} THEN {number_column(info)}"
        f" WHEN {text} <> '-' THEN {any_integer(text)} END"
    )


def _is_uncommon(info: FieldInfo) -> str:
    text, common = identifier(info.column), identifier(f"{info.column}=")
    return f"({text} <> '-' AND {common} IS NOT TRUE)" if info.type.is_number else "false"


def _is_respelled(info: FieldInfo, piece: str) -> str:
    """Whether the number in `piece` is written otherwise than its BIGINT; NULL without one."""
    return f"CAST({number_column(info)} AS VARCHAR) <> {piece}"


def _written(info: FieldInfo) -> str:
    """The field's text in a line that is not stored."""
    if info.type.is_number:
        return f"coalesce(CAST({number_column(info)} AS VARCHAR), '-')"
    return identifier(info.column)


def _columns(info: FieldInfo, piece: str, *, is_wide: bool) -> str:
    """The columns for a field; `piece` is its text in an odd line, empty where there is none."""
    if not info.type.is_number:
        text = identifier(info.column)
        return f"{decoded(info, text)} AS {text}"
    text, value = _written(info), number_column(info)
    if piece:
        text = f'CASE WHEN "@line" IS NULL THEN {text} ELSE {piece} END'
    if is_wide:
        value = f'CASE WHEN "@line" IS NULL THEN {value} ELSE {any_number(piece)} END'
    return f"{text} AS {identifier(info.column)}, {value} AS {number_column(info)}"

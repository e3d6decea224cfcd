"""The table of a log group's lines that share a layout: how they go in and come out.

A string field is stored as it is, a number as BIGINT, NULL for `-`. From these the line can be
put together again, so the line itself (`@line`) is stored only where it can't: where it does not
fit, and where a number is written in an uncommon way, such as `007`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from flowtui.backends.duckdb.ingest import view_columns
from flowtui.backends.duckdb.ingest.chunks import Chunk, Piece
from flowtui.backends.duckdb.ingest.discovery import Layout
from flowtui.backends.duckdb.ingest.line_readers import fitting_pieces, odd_lines, plain_lines
from flowtui.backends.duckdb.ingest.view_columns import View, each, number_column
from flowtui.flowlogs.fields import FieldInfo
from flowtui.sql.parameters import identifier


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a table."""

    lines: int
    odd: int
    """Lines that are stored as they are."""
    untimed: int
    first_ms: int | None
    last_ms: int | None
    misfits: int = 0
    wide: frozenset[FieldInfo] = frozenset()
    """Fields with a number that no BIGINT can be."""


class LayoutTable:
    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str, layout: Layout) -> None:
        self._connection = connection
        self._layout = layout
        self._name = identifier(name)

    def create(self) -> None:
        columns = each(self._layout, lambda info, _: _stored(info))
        self._connection.execute(
            f'CREATE OR REPLACE TABLE {self._name} ({columns}, "@line" VARCHAR, "@stamp" BIGINT,'
            ' "@ingestionTime" BIGINT, "@file" VARCHAR)'
        )

    def drop(self) -> None:
        self._connection.execute(f"DROP TABLE IF EXISTS {self._name}")

    def insert(self, chunk: Chunk) -> None:
        """Add the chunk's lines: all at once if they are plain, else the odd ones apart."""
        if not self._went_in(chunk.pieces):
            odd = [_set_apart(piece, self._layout) for piece in chunk.pieces]
            self._insert_plain(chunk.pieces)
            for piece, lines in zip(chunk.pieces, odd, strict=True):
                self._insert_odd(piece, lines)

    def contents(self) -> Contents:
        time = view_columns.timestamp(self._layout)
        lines, odd, untimed, first_ms, last_ms = self._one(
            f'count(*), count("@line"), count(*) - count({time}), min({time}), max({time})'
            f" FROM {self._name}"
        )
        contents = Contents(lines, odd, untimed, first_ms, last_ms)
        if not contents.odd:
            return contents
        misfits, wide = self._oddities()
        return replace(contents, misfits=misfits, wide=wide)

    def select(self, view: View, order: str, contents: Contents) -> str:
        """The columns of the relation; `order` numbers the lines, in terms of `rowid`."""
        is_odd = contents.odd > 0
        pieces = fitting_pieces('"@line"', self._layout)

        def columns(info: FieldInfo, index: int) -> str:
            piece = f"({pieces})[{index + 1}]" if is_odd else ""
            return _facets(info, piece, is_wide=info in contents.wide)

        written = each(self._layout, lambda info, _: _written(info))
        message = f"concat_ws(' ', {written})"
        if is_odd:
            message = f'coalesce("@line", {message})'
        common = view_columns.common(self._layout, view, order, message, '"@file"')
        return f"SELECT {common}, {each(self._layout, columns)} FROM {self._name}"

    def _one(self, what: str) -> tuple[int, ...]:
        row: tuple[int, ...] | None = self._connection.execute(f"SELECT {what}").fetchone()
        return row or ()

    def _oddities(self) -> tuple[int, frozenset[FieldInfo]]:
        """How many lines do not fit, and where numbers do not go into a BIGINT."""
        numbers = [
            (index, info)
            for index, info in enumerate(self._layout.format.fields)
            if info.type.is_number
        ]
        tests = "".join(
            f", coalesce(bool_or({number_column(info)} IS NULL AND"
            f" {view_columns.any_number(f'pieces[{index + 1}]')} IS NOT NULL), false)"
            for index, info in numbers
        )
        pieces = fitting_pieces('"@line"', self._layout)
        misfits, *wide = self._one(
            f"count(*) - count(pieces) {tests} FROM (SELECT *, {pieces} AS pieces"
            f' FROM {self._name} WHERE "@line" IS NOT NULL)'
        )
        return misfits, frozenset(
            info for (_, info), is_wide in zip(numbers, wide, strict=True) if is_wide
        )

    def _went_in(self, pieces: tuple[Piece, ...]) -> bool:
        """Add the lines of the pieces, if all of them are plain."""
        if any(piece.has_returns for piece in pieces):
            return False
        try:
            self._insert_plain(pieces)
        except duckdb.InvalidInputException:
            return False
        return True

    def _insert_plain(self, pieces: tuple[Piece, ...]) -> None:
        """Raises `InvalidInputException`, and adds nothing, if a line is not plain."""
        is_odd = each(self._layout, lambda info, _: _is_uncommon(info), " OR ")
        line = f"concat_ws(' ', {each(self._layout, lambda info, _: identifier(info.column))})"
        piece = 'CAST(parse_filename("@path") AS INTEGER) - $first + 1'
        self._connection.execute(
            self._insert_from(
                plain_lines(self._layout, "$paths"),
                f"CASE WHEN {is_odd} THEN {line} END",
                f"$modified[{piece}], $names[{piece}]",
            ),
            {
                "first": pieces[0].number,
                "paths": [str(piece.path) for piece in pieces],
                "modified": [piece.file.modified_ms for piece in pieces],
                "names": [piece.file.name for piece in pieces],
            },
        )

    def _insert_odd(self, piece: Piece, lines: list[tuple[int | None, str]]) -> None:
        self._connection.execute(
            self._insert_from(odd_lines(self._layout), '"@line"', "$modified, $name"),
            {
                "lines": [line for _, line in lines],
                "stamps": [stamp for stamp, _ in lines],
                "modified": piece.file.modified_ms,
                "name": piece.file.name,
            },
        )

    def _insert_from(self, lines: str, line: str, file: str) -> str:
        stamp = '"@stamp"' if self._layout.stamped else "NULL"
        stored = each(self._layout, lambda info, _: _stored_value(info))
        checks = each(self._layout, lambda info, _: _checks(info), "")
        return (
            f"INSERT INTO {self._name} SELECT {stored}, {line}, {stamp}, {file}"
            f" FROM (SELECT * {checks} FROM ({lines}))"
        )


def _set_apart(piece: Piece, layout: Layout) -> list[tuple[int | None, str]]:
    """Take the lines that are not plain out of the piece's file."""
    plain: list[bytes] = []
    odd: list[tuple[int | None, str]] = []
    for line in piece.path.read_bytes().split(b"\n"):
        if layout.is_plain(line):
            plain.append(line)
        elif line.strip(b" ") and not layout.is_header(line):
            stamp, record = layout.split(line)
            odd.append((stamp, record.decode(errors="replace")))
    piece.path.write_bytes(b"\n".join([*plain, b""]))
    return odd


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
        f" WHEN {text} <> '-' THEN {view_columns.any_integer(text)} END"
    )


def _is_uncommon(info: FieldInfo) -> str:
    text, common = identifier(info.column), identifier(f"{info.column}=")
    return f"({text} <> '-' AND {common} IS NOT TRUE)" if info.type.is_number else "false"


def _written(info: FieldInfo) -> str:
    """The field's text in a line that is not stored."""
    if info.type.is_number:
        return f"coalesce(CAST({number_column(info)} AS VARCHAR), '-')"
    return identifier(info.column)


def _facets(info: FieldInfo, piece: str, *, is_wide: bool) -> str:
    """The columns for a field; `piece` is its text in an odd line, empty where there is none."""
    if not info.type.is_number:
        return identifier(info.column)
    text, value = _written(info), number_column(info)
    if piece:
        text = f'CASE WHEN "@line" IS NULL THEN {text} ELSE {piece} END'
    if is_wide:
        value = f'CASE WHEN "@line" IS NULL THEN {value} ELSE {view_columns.any_number(piece)} END'
    return f"{text} AS {identifier(info.column)}, {value} AS {number_column(info)}"

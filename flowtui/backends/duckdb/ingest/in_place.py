"""A source of flow logs as a relation over its files: for one query, nothing is loaded."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

import duckdb

from flowtui.backends.duckdb.ingest import view_columns
from flowtui.backends.duckdb.ingest.discovery import LogFile, Source
from flowtui.backends.duckdb.ingest.line_readers import plain_lines
from flowtui.backends.duckdb.ingest.load import Loaded
from flowtui.backends.duckdb.ingest.view_columns import each, literal, number_column
from flowtui.flowlogs.fields import FieldInfo
from flowtui.model.foreign import shown
from flowtui.sql.parameters import identifier

NotPlain = duckdb.InvalidInputException
"""What a query on a direct relation raises where the files need a closer look: `load` them."""


def direct(connection: duckdb.DuckDBPyConnection, source: Source, relation: str) -> Loaded:
    """Make the view `relation` of the files themselves, with the columns that `load` makes.

    A query on it gives what it gives on the loaded relation, or raises `NotPlain`; so does this
    where DuckDB can't name a file, because its path is not UTF-8.
    """
    if any(shown(file.path) != str(file.path) for file in source.files):
        raise NotPlain("a path is not UTF-8")
    runs = [list(run) for _, run in groupby(source.files, lambda file: (file.layout, file.is_gzip))]
    view = view_columns.View(source.name, relation)
    selects = [
        _select(files, view, f"{index} + {len(runs)} * row_number() OVER ()")
        for index, files in enumerate(runs)
    ]
    connection.execute(view_columns.create_view(view, selects))
    return Loaded(relation, source.format, source.size)


def _select(files: list[LogFile], view: view_columns.View, order: str) -> str:
    layout = files[0].layout
    paths = f"[{', '.join(literal(_escaped(file.path)) for file in files)}]"
    lines = plain_lines(layout, paths, is_gzip=files[0].is_gzip)
    message = f"concat_ws(' ', {each(layout, lambda info, _: identifier(info.column))})"
    common = view_columns.common(layout, view, order, message, 'parse_filename("@path")')
    numbers = each(layout, lambda info, _: _number(info), "")
    fields = each(layout, lambda info, _: _columns(info))
    return (
        f"SELECT {common}, {fields} FROM"
        f' (SELECT * {numbers}, {_modified(files)} AS "@ingestionTime" FROM ({lines}))'
    )


def _number(info: FieldInfo) -> str:
    """A number that is not written as we would needs a closer look, too."""
    if not info.type.is_number:
        return ""
    text = identifier(info.column)
    value = f"TRY_CAST({text} AS BIGINT)"
    return (
        f", CASE WHEN {text} = '-' THEN NULL WHEN CAST({value} AS VARCHAR) = {text} THEN {value}"
        f" ELSE error('a number that is not plain') END AS {number_column(info)}"
    )


def _columns(info: FieldInfo) -> str:
    text = identifier(info.column)
    return f"{text}, {number_column(info)}" if info.type.is_number else text


def _modified(files: list[LogFile]) -> str:
    if len(files) == 1:
        return str(files[0].modified_ms)
    times = ", ".join(f"{literal(str(file.path.absolute()))}: {file.modified_ms}" for file in files)
    return f'map {{{times}}}["@path"]'


def _escaped(path: Path) -> str:
    """The path as DuckDB reads it, without wildcards."""
    return re.sub(r"([*?\[])", r"[\1]", str(path.absolute()))

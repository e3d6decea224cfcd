"""A source of flow logs as a relation over its files: for one query, nothing is loaded."""

from __future__ import annotations

from itertools import groupby

import duckdb

from flowtui.backends.duckdb.ingest.compression import Compression
from flowtui.backends.duckdb.ingest.encoding import Encoding
from flowtui.backends.duckdb.ingest.load import Loaded
from flowtui.backends.duckdb.ingest.reader import Layout, LogFile, Section, SourceFiles
from flowtui.backends.duckdb.ingest.text.joining import are_many_small
from flowtui.backends.duckdb.ingest.view_columns import create_view
from flowtui.model.foreign import shown

NotPlain = duckdb.InvalidInputException
"""Raised by a query on a relation in place where the files need a closer look: `load` them."""

_MOST_PACKED = 100
"""Flow logs take a tenth to a thirtieth of their size."""


def read_in_place(
    connection: duckdb.DuckDBPyConnection, source: SourceFiles, relation: str
) -> Loaded:
    """Make the view `relation` of the files themselves, with the columns that `load` makes.

    A query on it gives what it gives on the loaded relation, or raises `NotPlain`; so does this
    where DuckDB can't name a file, because its path is not UTF-8.
    """
    if any(file.encoding is not Encoding.UTF8 for file in source.files):
        raise NotPlain("a file is in UTF-16, of which DuckDB takes the letters apart")
    if are_many_small([file.text_size for file in source.files if file.layout.is_plain]):
        raise NotPlain("DuckDB takes as long for a small file as for a large one")
    if any(map(_has_zeros_at_end, source.files)):
        raise NotPlain("a file ends in zeros, which DuckDB passes over in silence")
    if any(map(_is_hardly_text, source.files)):
        raise NotPlain("a file is of blank lines, which DuckDB takes minutes to pass over")
    if any(shown(file.path) != str(file.path) for file in source.files):
        raise NotPlain("a path is not UTF-8")
    runs = [list(run) for _, run in groupby(source.files, _alike)]
    origin = source.origin
    selects = [
        files[0].layout.in_place(files, Section(source.name, relation, index, len(runs), origin))
        for index, files in enumerate(runs)
    ]
    connection.execute(create_view(relation, selects))
    formats = tuple(layout.format for layout in source.layouts)
    return Loaded(relation, source.format, source.size, formats=formats)


def _alike(file: LogFile) -> tuple[Layout, Compression]:
    return file.layout, file.compression


def _has_zeros_at_end(file: LogFile) -> bool:
    """As a disk leaves a file that was not written to its end."""
    if file.compression is not Compression.NONE:
        return False
    with file.path.open("rb") as text:
        text.seek(max(0, file.size - 1))
        return text.read(1) == b"\0"


def _is_hardly_text(file: LogFile) -> bool:
    """Whether it is packed as no records are: the end of a gzip file tells how long its text is."""
    if file.compression is not Compression.GZIP:
        return False
    with file.path.open("rb") as packed:
        packed.seek(max(0, file.size - 4))
        return int.from_bytes(packed.read(4), "little") > _MOST_PACKED * file.size

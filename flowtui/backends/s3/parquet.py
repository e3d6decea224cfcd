"""Which pieces of a Parquet object are needed: its footer first, then the columns of a query."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from flowtui.backends.s3.cache import Cache
from flowtui.backends.s3.ranges import Ranges
from flowtui.backends.s3.requests import Object
from flowtui.model.errors import SourceError

LEAST = 256 << 10
"""Bytes up to which an object is fetched whole: one request takes less time than three."""
_TAIL = 32 << 10
"""Bytes in which a footer mostly lies."""
_MAGIC = b"PAR1"
"""With this the file begins, and with its footer's length and this it ends."""


def is_in_pieces(wanted: Object) -> bool:
    """Whether no more of it is fetched than is needed."""
    return wanted.key.casefold().endswith(".parquet") and wanted.size > LEAST


def footer(cache: Cache, wanted: Object) -> Ranges:
    """What tells the columns: more, as more of it is here, until that is all of it.

    It is the whole object where the footer does not tell.
    """
    size = wanted.size
    tail = Ranges(((size - _TAIL, size),))
    path = cache.in_pieces(wanted)
    if path is None or tail - cache.pieces(wanted):
        return tail
    length = _footer_length(path)
    if length is None or length > size:
        return _whole(wanted)
    all_of_it = tail | Ranges(((size - length, size),))
    if not all_of_it - cache.pieces(wanted) and not _tells(cache, wanted, path):
        return _whole(wanted)
    return all_of_it


def columns(cache: Cache, wanted: Object, names: Collection[str]) -> Ranges:
    """What statements with these names read, the footer with it; its footer is here."""
    from flowtui.backends.duckdb.ingest.parquet.chunks import chunks

    known, path = footer(cache, wanted), cache.in_pieces(wanted)
    if path is None or known == _whole(wanted):
        return _whole(wanted)
    found = chunks(path, names)
    return _whole(wanted) if found is None else known | Ranges.of(found)


def _whole(wanted: Object) -> Ranges:
    return Ranges(((0, wanted.size),))


def _footer_length(path: Path) -> int | None:
    """With what is behind it; None where that is no Parquet."""
    with path.open("rb") as file:
        file.seek(-8, 2)
        end = file.read(8)
    return int.from_bytes(end[:4], "little") + 8 if end[4:] == _MAGIC else None


def _tells(cache: Cache, wanted: Object, path: Path) -> bool:
    from flowtui.backends.duckdb.ingest.parquet.chunks import is_columnar

    head = Ranges(((0, len(_MAGIC)),))
    if head - cache.pieces(wanted):
        # A request for what every such file begins with would tell nothing.
        with cache.piece(wanted, 0, len(_MAGIC)) as file:
            file.write(_MAGIC)
    try:
        return is_columnar(path)
    except SourceError:
        return False  # what is wrong with it, the reader says of the whole

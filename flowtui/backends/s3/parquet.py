"""Which pieces of a Parquet object are needed: its footer first, then what a query reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.backends.s3.cache import Cache
from flowtui.backends.s3.ranges import Ranges
from flowtui.backends.s3.requests import Object
from flowtui.model.errors import SourceError
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange

if TYPE_CHECKING:
    from flowtui.backends.duckdb.ingest.reader import Rows

LEAST = 256 << 10
"""Bytes up to which an object is fetched whole: one request takes less time than three."""
_TAIL = 32 << 10
"""Bytes in which a footer mostly lies."""
_MOST_PARTED = 200
"""Objects of which only some row groups are read: the engine reads each of them by itself."""
_MAGIC = b"PAR1"
"""With this the file begins, and with its footer's length and this it ends."""


@frozen
class Needed:
    """What queries read of Parquet objects."""

    names: frozenset[str] = frozenset()
    """Those of the columns, among others."""
    times: frozenset[TimeRange] | None = frozenset()
    """Those of the records; None is all."""

    def __or__(self, other: Needed) -> Needed:
        are_some = self.times is not None and other.times is not None
        times = frozenset((*(self.times or ()), *(other.times or ()))) if are_some else None
        return Needed(self.names | other.names, times)


@frozen
class Pieces:
    """What is needed of an object."""

    ranges: Ranges
    rows: Rows = None
    """The rows that a query can read of them; None is all."""


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


def all_needed(cache: Cache, objects: Iterable[Object], needed: Needed) -> dict[Object, Pieces]:
    """What is needed of those that come in pieces, the footer with it; their footers are here."""
    found: dict[Object, Pieces] = {}
    parted = 0
    for each in filter(is_in_pieces, objects):
        is_parted = parted < _MOST_PARTED
        found[each] = _needed(cache, each, needed if is_parted else Needed(needed.names, None))
        parted += found[each].rows is not None
    return found


def _needed(cache: Cache, wanted: Object, needed: Needed) -> Pieces:
    from flowtui.backends.duckdb.ingest.parquet.chunks import part

    known, path = footer(cache, wanted), cache.in_pieces(wanted)
    if path is None or known == _whole(wanted):
        return Pieces(_whole(wanted))
    found = part(path, needed.names, needed.times)
    if found is None:
        return Pieces(_whole(wanted))
    return Pieces(known | Ranges.of(found.ranges), found.rows)


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

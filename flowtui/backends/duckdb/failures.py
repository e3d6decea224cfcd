"""Errors of DuckDB as sentences for the user; SQL that refuses has its own.

Nothing of DuckDB's own words is in them: they name columns and types that nobody has written.
"""

from __future__ import annotations

from flowtui.sql.refusals import refusal


def sentence(error: Exception, columns: str = "") -> str:
    """The failure, and what to do.

    `columns` names the group of what was read, where DuckDB reads its files as they are: then it
    is these that are broken, where nothing else is known.
    """
    if refused := refusal(str(error)):
        return refused
    kinds = [kind.__name__ for kind in type(error).__mro__]
    known = (_SENTENCES[kind] for kind in kinds if kind in _SENTENCES)
    unknown = f"{_FAULT} ({kinds[0]})"
    if columns:
        unknown = f"{columns} has a Parquet file that is broken; fetch it again"
    return next(known, unknown)


_SENTENCES = {
    "OutOfMemoryException": (
        "the query takes more memory than it may: choose a shorter time, filter earlier, group by"
        " less, free some disk space, or raise memory_gb in the settings"
    ),
    "IOException": (
        "a file of the log groups can't be read, or nothing more be written for want of room: look"
        " whether the files are there, and free some disk space or set TMPDIR"
    ),
    "ConversionException": (
        "the records hold a value that this query can't compute with: filter by isNumeric() before"
    ),
    "OutOfRangeException": (
        "the records hold a number that is too large for this query: filter it out before"
    ),
    "MemoryError": "the query takes more memory than this machine gives: choose a shorter time",
    "RecursionError": "the query is nested too deep: write it with fewer brackets",
}
"""By the name of the error's class, or of one that it inherits from."""
_FAULT = (
    "the local engine can't answer, which is a fault of flowtui: write the query in another way, or"
    " run it on CloudWatch"
)

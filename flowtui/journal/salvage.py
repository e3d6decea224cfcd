"""A damaged state file is set aside, and what can be read of it goes on in a new one."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterable
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from flowtui.journal.schema import columns_of, is_version, prepare
from flowtui.journal.sqlite import connect
from flowtui.model.foreign import shown

SUFFIXES = ("-journal", "-wal", "-shm")
"""Of the files that SQLite keeps beside a database and that belong to it."""
_MOST_SINGLE = 100_000
"""Rows that are asked for one by one where the damage is among them."""
_COLUMNS = "select name from pragma_table_info(?)"

Row = tuple[Any, ...]


def set_aside(path: Path, now: datetime) -> str:
    """Rename the file, with those that belong to it, and put a new one there; what was done.

    Nobody else may use the file meanwhile. Where no new one can be made it raises `OSError` or
    `sqlite3.Error`, and the old one stays.
    """
    aside = _free_name(path, now)
    draft = path.with_name(f"{path.name}.new")
    # One is there if somebody was killed in here.
    for each in (draft, *beside(draft)):
        each.unlink(missing_ok=True)
    for old, new in zip(beside(path), beside(aside), strict=True):
        if not is_file(old):
            # With it SQLite reads nothing.
            _move(old, new)
    with closing(connect(draft)) as into:
        count = _copy(path, into) if path.is_file() else 0
        prepare(into)
    # A journal that stayed would be taken for one of the new file.
    for old, new in zip(beside(path), beside(aside), strict=True):
        _move(old, new)
    _move(path, aside)
    draft.rename(path)
    rows = f"{count:,} row{'s' * (count != 1)}" if count else "nothing"
    return (
        f"{path.name} was damaged: it is kept as {aside.name}, and a new one is begun with {rows}"
        f" of it, in {shown(path.parent)}"
    )


def is_file(path: Path) -> bool:
    """Whether it is one, or may become one."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True


def beside(path: Path) -> tuple[Path, ...]:
    """Where SQLite keeps what belongs to the database."""
    return tuple(path.with_name(path.name + suffix) for suffix in SUFFIXES)


def _free_name(path: Path, now: datetime) -> Path:
    stem = f"{path.name}.damaged-{now:%Y%m%d-%H%M%S}"
    names = [path.with_name(stem), *(path.with_name(f"{stem}-{n}") for n in range(2, 1000))]
    return next(each for each in names if not os.path.lexists(each))


def _move(old: Path, new: Path) -> None:
    with suppress(FileNotFoundError):
        old.rename(new)


def _copy(damaged: Path, into: sqlite3.Connection) -> int:
    """Copy what can be read, of tables and columns of later versions too; the rows copied."""
    count = 0
    prepare(into)
    with closing(connect(damaged)) as source:
        into.execute("begin immediate")
        for table, declared in _tables(source):
            columns = [str(name) for (name,) in _read(source, _COLUMNS, table)[0]]
            if columns and _is_made(into, table, declared, columns):
                count += _insert(into, table, columns, _rows(source, table, columns))
        for (version,) in _read(source, "pragma user_version")[0]:
            if is_version(version):
                into.execute(f"pragma user_version = {version}")
        into.execute("commit")
    return count


def _tables(source: sqlite3.Connection) -> list[tuple[str, str]]:
    """Their names, and what made them; virtual tables and SQLite's own are not ours."""
    # SQLite then takes what it can read of the tables' declarations, after one query that fails.
    _read(source, "pragma writable_schema = on")
    _read(source, "select 1 from sqlite_master")
    found, _ = _read(source, "select name, sql from sqlite_master where type = 'table'")
    return [
        (str(name), sql)
        for name, sql in found
        if isinstance(sql, str)
        and sql.lower().startswith("create table")
        and not str(name).startswith("sqlite_")
    ]


def _is_made(into: sqlite3.Connection, table: str, declared: str, columns: list[str]) -> bool:
    """Whether the new file has such a table, with columns for all that there is in the old one."""
    there = columns_of(into, table)
    try:
        if not there:
            into.execute(declared)
            return True
        for name in columns:
            if name not in there:
                into.execute(f"alter table {_quoted(table)} add column {_quoted(name)}")
    except sqlite3.OperationalError:
        return False
    return True


def _rows(source: sqlite3.Connection, table: str, columns: list[str]) -> Iterable[Row]:
    """The readable rows of the table: from both ends up to the damage, and single rows between."""
    names = ", ".join(map(_quoted, columns))
    query = f"select rowid, {names} from {_quoted(table)}"  # noqa: S608  (values are parameters)
    first, is_whole = _read(source, query)
    if is_whole:
        return [row[1:] for row in first]
    last, _ = _read(source, f"{query} order by rowid desc")
    found = {row[0]: row[1:] for row in (*first, *last)}
    start = max((row[0] for row in first), default=0) + 1
    end = min((row[0] for row in last), default=0)
    for number in range(max(start, end - _MOST_SINGLE), end):
        for row in _read(source, f"{query} where rowid = ?", number)[0]:
            found[number] = row[1:]
    return [found[number] for number in sorted(found)]


def _read(source: sqlite3.Connection, query: str, *values: int | str) -> tuple[list[Row], bool]:
    """The rows up to the damage, and whether there was none."""
    rows: list[Row] = []
    try:
        with closing(source.execute(query, values)) as cursor:
            rows.extend(cursor)
    except (sqlite3.Error, OverflowError, UnicodeDecodeError):
        # The last is of an error that is no text itself.
        return rows, False
    return rows, True


def _insert(into: sqlite3.Connection, table: str, columns: list[str], rows: Iterable[Row]) -> int:
    """Insert those that the table takes: damage makes others."""
    names, marks = ", ".join(map(_quoted, columns)), ", ".join("?" * len(columns))
    insert = f"insert or ignore into {_quoted(table)} ({names}) values ({marks})"  # noqa: S608  (as above)
    count = 0
    for row in rows:
        with suppress(sqlite3.IntegrityError, sqlite3.DataError):
            count += into.execute(insert, row).rowcount
    return count


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

"""Rows of Athena, by pages or as the CSV that it writes to S3, as rows of ours. Pure.

A value comes as text, and its column tells the type: what flowtui shows is made of the value, as
everywhere (LANGUAGE.md 3.3), for Athena writes a DOUBLE as Java does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from flowtui.backends.aws.decode import Entry, Misshapen, as_list, as_text
from flowtui.model.errors import BackendError
from flowtui.model.frozen import frozen
from flowtui.model.run import ResultSet
from flowtui.sql.compile import Compiled
from flowtui.sql.render import Answer, renderer

Texts = tuple[str | None, ...]
"""The values of a row as Athena writes them; None is NULL."""
_WHOLE = frozenset({"bigint", "integer", "int", "smallint", "tinyint"})
_FRACTIONS = frozenset({"double", "float", "real"})
_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\r?\n|\Z)')


@frozen
class Page:
    """One GetQueryResults; `token` names the next one."""

    types: tuple[str, ...]
    rows: tuple[Texts, ...]
    token: str


def read_page(answer: Entry, *, is_first: bool) -> Page:
    """The first row of the first page has the names of the columns. Raises `Misshapen`."""
    found = answer.member("ResultSet")
    infos = list(found.member("ResultSetMetadata").entries("ColumnInfo"))
    types = tuple(info.name("Type").lower() for info in infos)
    rows = tuple(_texts(row, len(types)) for row in found.entries("Rows"))
    if is_first and rows and rows[0] == tuple(info.text("Name") for info in infos):
        rows = rows[1:]
    return Page(types, rows, answer.text("NextToken"))


def read_csv(text: str, width: int) -> Iterator[Texts]:
    """The rows after that of the names: NULL is nothing at all, an empty text is two quotes.

    Raises `BackendError` for what is no such file.
    """
    at, row, is_header = 0, list[str | None](), True
    while at < len(text):
        cell = _CELL.match(text, at)
        if cell is None:
            raise _no_csv(f"at character {at:,}")
        quoted, plain, end = cell.groups()
        row.append(quoted.replace('""', '"') if quoted is not None else plain or None)
        at = cell.end()
        if end != ",":
            if len(row) != width:
                raise _no_csv(f"a row has {len(row)} values and not {width}")
            if not is_header:
                yield tuple(row)
            row, is_header = [], False


def as_results(rows: Iterable[Texts], types: Sequence[str], compiled: Compiled) -> ResultSet:
    """Raises `Misshapen` where a value is not of the type of its column."""
    columns = compiled.columns
    if len(types) != len(columns):
        raise Misshapen("ResultSetMetadata", f"{len(columns)} columns", list(types))
    shown = [renderer(column.kind) for column in columns]
    cells = (
        tuple(
            render(_answer(text, type_, at))
            for at, (render, text, type_) in enumerate(zip(shown, row, types, strict=True))
        )
        for row in rows
    )
    return ResultSet(tuple(column.name for column in columns), tuple(cells), compiled.keys)


def _answer(text: str | None, type_: str, at: int) -> Answer:
    if text is None:
        return None
    try:
        if type_ in _WHOLE or (type_.startswith("decimal") and "." not in text):
            return int(text)
        if type_ in _FRACTIONS or type_.startswith("decimal"):
            return float(text.replace("Infinity", "inf"))
    except ValueError:
        raise Misshapen(f"Rows[..].Data[{at}]", f"a {type_}", text) from None
    if type_ == "boolean":
        return int(text == "true")
    return text


def _texts(row: Entry, width: int) -> Texts:
    data = as_list(row.raw("Data"), row.place("Data"))
    if len(data) != width:
        raise Misshapen(row.place("Data"), f"{width} values", data)
    return tuple(
        None
        if (value := Entry(each, row.place("Data")).raw("VarCharValue")) is None
        else as_text(value, row.place("Data"))
        for each in data
    )


def _no_csv(where: str) -> BackendError:
    return BackendError(
        f"the result in S3 is not what Athena writes ({where}): somebody has changed the object, so"
        " run the query again"
    )

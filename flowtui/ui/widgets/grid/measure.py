"""The columns of a result: what kind of values each has, and how wide these are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from operator import itemgetter
from typing import TYPE_CHECKING

from flowtui.flowlogs.fields import FieldType
from flowtui.flowlogs.words import SIGNS, Words, is_coded, is_tag
from flowtui.model.frozen import frozen
from flowtui.model.run import Cell, ResultSet, Row
from flowtui.ui.text import NOTHING, is_number
from flowtui.ui.widgets.grid.cells import (
    ID,
    NUMBER,
    TEXT,
    Address,
    Beside,
    Bytes,
    Coded,
    Count,
    Moments,
    Resource,
    Tag,
    Worded,
)
from flowtui.ui.widgets.grid.columns import Cells, Column, Meanings, Naming, cells_of, nameless
from flowtui.ui.widgets.grid.times import is_timestamp, times_of, times_of_seconds

if TYPE_CHECKING:
    from flowtui.flowlogs.fields import FieldInfo

SAMPLE, SAMPLED_CELLS = 500, 10_000
"""Rows that are looked at for the width and kind of a column, and cells of all columns together."""

LEAST_SAMPLE = 100

LONGEST_ASIDE = 24
"""Cells of what stands beside a value; names may be longer."""

_NAMED = frozenset({"interface-id", "instance-id", "subnet-id", "vpc-id", "tgw-src-vpc-id",
                    "tgw-dst-vpc-id", "tgw-src-subnet-id", "tgw-dst-subnet-id", "tgw-src-eni",
                    "tgw-dst-eni", "next-hop-interface-id", "next-hop-subnet-id",
                    "next-hop-vpc-id"})  # fmt: skip
_WITH_SIGNS = frozenset(SIGNS)
_WORDED = frozenset({"reject-reason", "pkt-src-aws-service", "pkt-dst-aws-service"})
_SHORT_IDS = frozenset({"account-id", "az-id"})


@frozen
class Look:
    """How the user wants to see values, beyond what these are."""

    zone: tzinfo = UTC
    is_raw: bool = False
    """As they came."""
    naming: Naming = nameless
    country: Naming = nameless
    """Where an address is registered."""


def measure(
    results: ResultSet, meanings: Meanings, before: Mapping[str, Column], look: Look
) -> tuple[Column, ...]:
    """The columns of a result that people see.

    `before` has those that were shown, by name: of partial results they grow, but never jump back.
    """
    constant = _constant(results)
    return tuple(
        _fitting(
            replace(_column(results, index, meanings, look), is_constant=index in constant),
            results.rows,
            before.get(results.columns[index]),
        )
        for index in results.shown
    )


def _constant(results: ResultSet) -> frozenset[int]:
    """The places of the columns that have one value in all rows, where there are several rows."""
    rows = results.rows
    if len(rows) < 2:
        return frozenset()
    first, some = rows[0], rows[:: max(1, len(rows) // 50)]
    places = [i for i in results.shown if all(row[i] == first[i] for row in some)]
    if not places:
        return frozenset()
    if len(places) == 1:
        (place,) = places
        return frozenset(places if all(row[place] == first[place] for row in rows) else ())
    different = set(map(itemgetter(*places), rows))
    return frozenset(
        place for at, place in enumerate(places) if len({each[at] for each in different}) == 1
    )


def _column(results: ResultSet, index: int, meanings: Meanings, look: Look) -> Column:
    """The column and what kind of values it has, not yet measured."""
    name = results.columns[index]
    values = _sample(results.rows, index)
    is_numeric = bool(values) and all(map(is_number, values))
    info = None if look.is_raw else meanings.fields.get(name)
    if look.is_raw:
        cells: Cells = NUMBER if is_numeric else TEXT
    else:
        of_field = None if info is None else _of_field(info, results, meanings, look)
        is_other = of_field is None or (not is_numeric and _is_numeric(of_field))
        cells = _of_values(name, values, meanings, is_numeric=is_numeric)
        cells = cells if of_field is None or is_other else of_field
    if isinstance(cells, Moments):
        column = (row[index] for row in results.rows)
        timely = times_of_seconds if cells.are_seconds else times_of
        is_moved = cells.are_seconds or look.zone is not UTC
        cells = replace(cells, times=timely(column, look.zone), is_reworded=is_moved)
    return Column(
        index, name, cells, is_bytes=isinstance(cells, Bytes),
        is_total=is_numeric and not look.is_raw and name in meanings.totals,
        is_alarming=info is not None and info.name in _WITH_SIGNS,
    )  # fmt: skip


def _is_numeric(cells: Cells) -> bool:
    return cells.is_right or (isinstance(cells, Moments) and cells.are_seconds)


def _of_values(name: str, values: list[str], meanings: Meanings, *, is_numeric: bool) -> Cells:
    """The kind of a column that is no field of the record."""
    if is_numeric:
        counts = Count() if name in meanings.counts else NUMBER
        return Bytes() if name in meanings.bytes else counts
    return Moments() if values and all(map(is_timestamp, values)) else TEXT


def _of_field(  # noqa: PLR0911  (one kind a line)
    info: FieldInfo, results: ResultSet, meanings: Meanings, look: Look
) -> Cells | None:
    """The kind of a column with values of a field; None where the values say it themselves."""
    if info.type is FieldType.SECONDS:
        return Moments(are_seconds=True)
    if info.type is FieldType.BYTES:
        return Bytes()
    if info.type is FieldType.ADDRESS:
        others = _beside_address(info.name, results, meanings)
        return Address(others=others, naming=look.naming, country=look.country)
    if info.name == "packets" or info.name.startswith("packets-lost"):
        return Count()
    if is_coded(info):
        return Coded(words=Words(info))
    if is_tag(info):
        return Tag()
    if info.name in _WITH_SIGNS or info.name in _WORDED:
        return Worded(words=Words(info), signs=tuple(SIGNS.get(info.name, {}).items()))
    if info.name in _NAMED:
        return Resource(others=_beside_resource(info.name, results, meanings), naming=look.naming)
    is_id = info.name.endswith(("-id", "-arn")) and info.name not in _SHORT_IDS
    return ID if is_id else None


def _place(name: str, results: ResultSet, meanings: Meanings) -> int:
    """The first column with values of the field; -1 where there is none."""
    columns = enumerate(results.columns)
    fields = meanings.fields
    return next((i for i, c in columns if c in fields and fields[c].name == name), -1)


def _beside_address(name: str, results: ResultSet, meanings: Meanings) -> Beside:
    end = "src" if "src" in name else "dst"
    tags = (_place(tag, results, meanings) for tag in ("interface-tag", "instance-tag"))
    tag = next((place for place in tags if place >= 0), -1)
    direction = _place("flow-direction", results, meanings)
    is_own = not name.startswith("pkt-") and direction >= 0
    return Beside(
        service=_place(f"pkt-{end}-aws-service", results, meanings),
        packet=-1 if name.startswith("pkt-") else _place(f"pkt-{end}addr", results, meanings),
        tag=tag if is_own else -1,
        direction=direction,
        own="egress" if end == "src" else "ingress",
    )


def _beside_resource(name: str, results: ResultSet, meanings: Meanings) -> Beside:
    tags = {"interface-id": "interface-tag", "instance-id": "instance-tag"}
    return Beside(tag=_place(tags[name], results, meanings) if name in tags else -1)


def _fitting(column: Column, rows: tuple[Row, ...], before: Column | None) -> Column:
    """The column with the width of what was seen of it."""
    seen = _sampled(rows)
    content = max((cells_of(column.show(row)) for row in seen), default=1)
    aside = max((cells_of(column.beside(row)) for row in seen), default=0)
    if before is not None and type(before.cells) is type(column.cells):
        content, aside = max(content, before.least), max(aside, before.aside)
    aside = min(LONGEST_ASIDE, aside)
    title = cells_of(column.title) - (aside and aside + 1)
    return replace(column, content=max(content, title, 1), least=max(1, content), aside=aside)


def _sampled(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows at the top that are looked at."""
    count = max(LEAST_SAMPLE, SAMPLED_CELLS // len(rows[0])) if rows else 0
    return rows[: min(SAMPLE, count)]


def _sample(rows: tuple[Row, ...], index: int) -> list[str]:
    """The values at the top that are any."""
    values: list[Cell] = [row[index] for row in _sampled(rows)]
    return [value for value in values if value is not None and value != NOTHING]

"""The columns of a result as fields, which other queries can read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flowtui.flowlogs.fields import SPELLINGS, FieldInfo, FieldType
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.frozen import frozen
from flowtui.model.run import PTR


@frozen
class ResultField(FieldInfo):
    """A column: a query calls it as the result does, and not in another way."""

    @property
    def column(self) -> str:
        return self.name

    @property
    def discovered(self) -> str:
        return self.name


def result_field(name: str) -> ResultField:
    """What is known of a column by its name alone."""
    known = SPELLINGS.get(name)
    if known is None:
        return ResultField(name, 0, FieldType.STRING, "a column of these rows")
    return ResultField(name, known.version, known.type, known.meaning, known.values)


def typed(field: ResultField, kind: FieldType) -> ResultField:
    return replace(field, type=kind)


def format_of(columns: Iterable[str]) -> FlowFormat | None:
    """The columns that people see, as what a query over the rows can name; None without any."""
    names = dict.fromkeys(name for name in columns if name != PTR)
    return FlowFormat(tuple(map(result_field, names))) if names else None

"""The input and the output of a command that turns rows into other rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.sql import structures
from flowtui.sql.dialects.base import Dialect
from flowtui.sql.expressions import Expressions
from flowtui.sql.parameters import Parameters
from flowtui.sql.value import Value, ValueKind, Values

Named = Mapping[str, Value]


@frozen
class Rows:
    """The rows at one place of the pipeline."""

    source: str
    """The relation after FROM."""
    expressions: Expressions
    order: tuple[str, ...]
    """ORDER BY terms that leave no two rows equal; none where there is one row."""
    columns: Named
    """The columns of the result, if it ended here."""
    keys: tuple[Value, ...]
    """The keys of the last `stats`."""
    stats: ast.Stats | None
    """The last `stats`; None where the rows are events."""

    @property
    def parameters(self) -> Parameters:
        return self.expressions.parameters

    @property
    def values(self) -> Values:
        return self.expressions.values

    @property
    def dialect(self) -> Dialect:
        return self.expressions.dialect

    def new_column(self) -> str:
        return self.expressions.environment.new_column()

    @property
    def names(self) -> Named:
        """Every value in reach, by its name: what can be asked for, then what only leaves."""
        return {**self.columns, **self.expressions.scope.values}

    def value(self, field_: ast.Field, command: str) -> Value:
        """The field for a command that takes no maps and lists (2.4)."""
        value = self.expressions.value(field_)
        structures.refuse(value, field_.name, command, field_.span)
        return self.values.scalar(value)


@frozen
class RowStep:
    """The rows after a command. They still have every column that `Rows.source` had."""

    source: str
    added: Named = field(default_factory=dict)
    """Columns that come after those there are."""
    replaced: Named = field(default_factory=dict)
    """New values of names that there are; shown where the old ones were."""
    parsed: Named = field(default_factory=dict)
    """Names that are shown as those of `parse` are."""
    leading: str = ""
    """An ORDER BY term that goes before all others, also before those of a later sort."""
    within: str = ""
    """The column that numbers the rows that were made of one."""
    notice: str = ""


def selected(
    value: Value, column: str, written: Callable[[str], str] = lambda sql: sql
) -> list[str]:
    """The select list that `Values.column` reads back; `written` is how its SQL is written."""
    listed = [f"{written(value.native)} AS {column}"]
    if value.kind is ValueKind.TEXT:
        listed.append(f"{written(value.number)} AS {number_column(column)}")
    return listed


def columns_of(key: Value) -> list[str]:
    """The columns that hold a group key."""
    return [key.native, key.number] if key.is_rounded else [key.native]


def number_column(column: str) -> str:
    """The column with the number of what `column` holds as a text."""
    return f'{column[:-1]}#"'

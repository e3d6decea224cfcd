"""What a pipeline is compiled in: its window, other queries, lookup tables, and the dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from flowtui.model.errors import Span
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.sql.dialects.base import Dialect
from flowtui.sql.parameters import Parameters
from flowtui.sql.sizes import Sizes
from flowtui.sql.value import Value, Values


@frozen
class Blocks:
    """The CIDR blocks of a column, as a relation for each family; empty where it has none.

    Its columns are `start` and `line`: from each `start` up to the next one, `line` is that of
    the longest block there, or NULL.
    """

    ipv4: str
    ipv6: str


@frozen
class LookupTable:
    """A lookup table as the relation `line`, `c0`, `c1`, ...: the columns in their order."""

    name: str
    relation: str
    columns: tuple[str, ...]
    blocks: Mapping[str, Blocks]
    """By the column that holds them."""


@frozen
class Nested:
    """A query in brackets as a SELECT; the values are read from its columns."""

    sql: str
    shown: Mapping[str, Value]
    """The columns that it leaves with, in order."""
    names: Mapping[str, Value]
    """Everything in reach at its end."""
    position: str
    """The column that numbers its rows in their order."""
    pointer: str
    """The column whose text tells its rows apart, and sorts as they are ordered or loaded."""


@frozen
class Check:
    """A statement that gives 1 where the query must end with an error."""

    sql: str
    message: str
    span: Span


@frozen
class CompileEnvironment:
    """The purpose of a pipeline, and the parts that it shares with all others of its query."""

    window: TimeRange
    now: datetime
    values: Values
    parameters: Parameters
    lookups: Mapping[str, LookupTable]
    compile: Callable[[ast.Pipeline, str], Nested]
    """Takes a query in brackets, and what it is there: `a subquery`."""
    inside: str
    """What the pipeline itself is, where not everything may stand in it."""
    checks: list[Check]
    notices: list[str]
    """Sentences for the user about the answer."""
    sizes: Sizes
    numbers: Iterator[int]
    """For new columns: no two in the whole statement are the same."""

    @property
    def dialect(self) -> Dialect:
        return self.values.dialect

    def new_column(self) -> str:
        """A name for a column that nothing else in the statement has."""
        # A dollar sign is in no field of a flow log.
        return f'"${next(self.numbers)}"'

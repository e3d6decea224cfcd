"""The columns of a grid, and what is known of their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from rich.cells import cell_len

from flowtui.model.frozen import frozen
from flowtui.model.run import Cell, Row
from flowtui.ui.text import clean

if TYPE_CHECKING:
    from flowtui.flowlogs.fields import FieldInfo

GLIMPSE = 4_000
"""Characters of a value that are looked at to show it: no screen has room for more."""

Naming = Callable[[str], str]
"""What somebody calls an address or a resource; nothing where it has no name."""


def nameless(_: str) -> str:
    """Nobody has named anything."""
    return ""


@frozen
class Meanings:
    """What the values of the columns are, by name."""

    fields: Mapping[str, FieldInfo] = field(default_factory=dict)
    """The flow log field that a column has values of."""
    bytes: frozenset[str] = frozenset()
    """Those that count bytes."""
    counts: frozenset[str] = frozenset()
    """Those that count anything else."""
    totals: frozenset[str] = frozenset()
    """Those of the two that can be added up, so that a row has a share of them."""


UNKNOWN = Meanings()


class Cells(Protocol):
    """How the values of one kind are shown."""

    @property
    def is_right(self) -> bool:
        """Whether they stand at the right end of their column."""

    @property
    def is_whole(self) -> bool:
        """Whether a part of one would mislead, as the first digits of a number do."""

    @property
    def is_id(self) -> bool:
        """Whether the ends of a long one tell more than its middle."""

    @property
    def is_reworded(self) -> bool:
        """Whether what is shown is no part of the value, so that both are to be found."""

    @property
    def is_named(self) -> bool:
        """Whether they may have names, which somebody else knows."""

    @property
    def setting(self) -> str:
        """What its title says of all values: `11-30 UTC`; empty where it says nothing."""

    def bare(self) -> Cells:
        """The same without that in the title."""

    def title(self, name: str) -> str: ...

    def show(self, value: str) -> str:
        """The value as the cell has it."""

    def beside(self, value: str, row: Row) -> str:
        """What stands after it, dimmed: a word for it, a name."""

    def exact(self, value: str) -> str:
        """The whole value, with its unit: `346,952,038 B`."""


@frozen
class Column:
    """One column of a result; `index` is its place in a row."""

    index: int
    name: str
    cells: Cells
    content: int = 1
    """Cells of the widest value seen, or of the title."""
    least: int = 1
    """Cells of the widest value seen."""
    aside: int = 0
    """Cells of the widest word seen beside a value."""
    is_bytes: bool = False
    is_total: bool = False
    is_alarming: bool = False
    """Whether some of its values are to be stumbled over."""
    is_constant: bool = False
    """Whether it has the same value in every row."""

    @property
    def is_number(self) -> bool:
        return self.cells.is_right

    @property
    def title(self) -> str:
        return self.cells.title(clean(glimpse(self.name)))

    def show(self, row: Row) -> str:
        """The value as the cell has it, not yet cut to the width."""
        value = row[self.index]
        return "" if value is None else self.cells.show(value)

    def beside(self, row: Row) -> str:
        value = row[self.index]
        return "" if value is None else self.cells.beside(value, row)

    def text(self, row: Row) -> str:
        """The value and what stands beside it."""
        return f"{self.show(row)} {self.beside(row)}".rstrip()

    def exact(self, row: Row) -> str:
        """The whole value; of one that no screen has room for, the beginning."""
        value = row[self.index]
        return "" if value is None else self.cells.exact(glimpse(value))

    def holds(self, row: Row, needle: str) -> bool:
        """Whether a cell holds the casefolded `needle`, as it came or as it is shown."""
        value: Cell = row[self.index]
        if value is None:
            return False
        return needle in value.casefold() or (
            self.cells.is_reworded and needle in self.text(row).casefold()
        )


def glimpse(value: str) -> str:
    """As much of a value as can be seen at once; an ellipsis says that there is more."""
    return value if len(value) <= GLIMPSE else f"{value[:GLIMPSE]}…"


def cells_of(text: str) -> int:
    """The width of a text."""
    return len(text) if text.isascii() else cell_len(text)

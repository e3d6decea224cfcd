"""The user's choice of the columns of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from flowtui.model.frozen import frozen


@frozen
class ColumnChoice:
    """What the user wants of the columns of one shape of result; empty is as they come."""

    order: tuple[str, ...] = ()
    """The columns in their order, as far as they were moved; others follow as they come."""
    hidden: frozenset[str] = frozenset()
    unfolded: frozenset[str] = frozenset()
    """Those shown as columns though they have one value in all rows."""
    widths: Mapping[str, int] = field(default_factory=dict)
    """Cells, of the columns that are not as wide as their values."""
    frozen: tuple[str, ...] | None = None
    """Those at the left that stay in place; None is the first, where there is room."""


AUTOMATIC = ColumnChoice()

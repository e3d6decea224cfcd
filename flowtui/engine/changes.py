"""What is new in the rows of a question since it was asked the last time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from flowtui.model.frozen import frozen
from flowtui.model.run import ResultSet, Row


@frozen
class Changes:
    new: frozenset[int] = frozenset()
    """The indexes of rows that were not there."""
    changed: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """The indexes of rows with other figures, and of the columns of these."""
    gone: int = 0
    """How many rows are not there any more."""

    def describe(self) -> str:
        """`2 new, 3 changed, 1 gone`."""
        counts = ((len(self.new), "new"), (len(self.changed), "changed"), (self.gone, "gone"))
        return ", ".join(f"{count:,} {what}" for count, what in counts if count) or "no change"


def changes(before: ResultSet, after: ResultSet) -> Changes:
    """Rows are the same by their key; with other columns there is nothing to compare."""
    if before.columns != after.columns:
        return Changes()
    known: dict[Row, Row] = {before.key(at): row for at, row in enumerate(before.rows)}
    new: set[int] = set()
    changed: dict[int, frozenset[int]] = {}
    found = 0
    for index, row in enumerate(after.rows):
        was = known.get(after.key(index))
        if was is None:
            new.add(index)
            continue
        found += 1
        if other := frozenset(at for at in after.shown if row[at] != was[at]):
            changed[index] = other
    return Changes(frozenset(new), changed, max(0, len(known) - found))

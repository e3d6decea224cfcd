"""The rows at one place of a pipeline, and which of their names leave at its end (1.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flowtui.query import ast
from tests.oracle.expressions import Row
from tests.oracle.values import Value

BARE = ["@timestamp", "@message"]


@dataclass
class Rows:
    rows: list[Row]
    """In their order."""
    are_events: bool = True
    stats: ast.Stats | None = None
    """The last one."""
    keys: tuple[str, ...] = ()
    grouped: list[str] = field(default_factory=list)
    parsed: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    """What a join shows until `fields` or `display` choose (ours, `plan.py`)."""

    def leaving(self) -> list[str]:
        """What display shows, else what fields chose, else what parse or stats made."""
        if not self.are_events:
            return [*(self.shown or self.chosen or self.grouped), *self.joined]
        names = self.shown or self.chosen or self.parsed or BARE
        return [*(name for name in (*names, *self.joined) if name != "@ptr"), "@ptr"]

    def cell(self, row: Row, name: str) -> Value:
        if name == "@ptr" or name in self.joined:
            return row.fields.get(name)
        if self.shown:
            return row.shown.get(name)
        return row.chosen.get(name) if self.chosen else row.fields.get(name)

    def add(self, name: str, values: Sequence[Value]) -> None:
        """A column after those there are, whatever has chosen them."""
        names = self._names()
        if name not in names:
            names.append(name)
        self.replace(name, values)

    def replace(self, name: str, values: Sequence[Value]) -> None:
        """New values of a name, shown where the old ones were."""
        is_chosen = name in (self.shown or self.chosen)
        for row, found in zip(self.rows, values, strict=True):
            row.fields[name] = found
            if is_chosen:
                (row.shown if self.shown else row.chosen)[name] = found

    def _names(self) -> list[str]:
        if self.shown or self.chosen:
            return self.shown or self.chosen
        if self.are_events:
            self.parsed = self.parsed or list(BARE)
            return self.parsed
        return self.grouped

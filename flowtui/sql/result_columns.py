"""The values of the columns that leave; which they are, the query's shape says."""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.model.run import PTR
from flowtui.query import ast
from flowtui.query.result_shape import ResultShape
from flowtui.sql.scope import Scope
from flowtui.sql.value import Value, Values

Named = Mapping[str, Value]


class ResultColumns:
    """The names that the commands so far have put among the columns of the result."""

    def __init__(self) -> None:
        self.shape = ResultShape()
        self._chosen: dict[str, Value] = {}
        """What `fields` and `display` show, which may have another value in reach by its name."""

    def leaving(self, scope: Scope, values: Values) -> list[tuple[str, Value]]:
        pointer = {PTR: values.text('"@ptr"')} if scope.events else {}
        known = {**scope.values, **self._chosen, **pointer}
        return [(name, known[name]) for name in self.shape.columns]

    def choose(self, name: str, value: Value) -> None:
        self._chosen[name] = value

    def add(self, added: Named) -> None:
        """New values of names that are not displayed: a `display` shows what it named."""
        new = {name: value for name, value in added.items() if name not in self.shape.displayed}
        self.replace(new)

    def replace(self, replaced: Named) -> None:
        """New values in the place of those that are shown."""
        self._chosen.update((name, replaced[name]) for name in self._chosen.keys() & replaced)

    def follow(self, command: ast.Command) -> None:
        """What was said above was of this command; now the next one comes."""
        self.shape = self.shape.after(command)
        if not self.shape.chosen and not self.shape.displayed:
            # A `stats` leaves nothing of what was chosen before it.
            self._chosen = {}

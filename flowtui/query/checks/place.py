"""What is known at one place of a pipeline: the names, the columns of `stats`, the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flowtui.model.errors import Span
from flowtui.query import ast
from flowtui.query.catalogue import canonical
from flowtui.query.scope import Scope

_START = Scope()


@dataclass(frozen=True, slots=True)
class Place:
    """`source` is the text that the spans point into."""

    source: str
    scope: Scope = _START
    names: frozenset[str] = frozenset()
    """The names of the scope, to look them up."""
    columns: frozenset[str] = frozenset()
    """What the last `stats` leaves, by its text without blanks and case: `sum(bytes)`."""
    is_aggregated: bool = False
    """Whether a `stats` is the reason that the fields of the event are gone."""
    makers: Mapping[str, str] = field(default_factory=dict)
    """The functions whose values the names are, as `canonical` calls them: m -> jsonparse."""

    def behind(self, command: ast.Command) -> Place:
        scope = self.scope.behind(command)
        if isinstance(command, ast.Stats):
            columns = frozenset(map(self._column, (*command.keys, *command.aggregates)))
            return Place(self.source, scope, frozenset(scope.names), columns, is_aggregated=True)
        if scope == self.scope:
            return self
        makers = {**self.makers, **_makers(command)} if _makers(command) else self.makers
        return replace(self, scope=scope, names=frozenset(scope.names), makers=makers)

    def is_column(self, node: ast.Node) -> bool:
        """Whether the text of `node` is that of a column of the last `stats` (1.4)."""
        return bool(self.columns) and self._text(node.span) in self.columns

    def _column(self, item: ast.Item) -> str:
        return self._text(item.expr.span)

    def _text(self, span: Span) -> str:
        return squeezed(self.source[span[0] : span[1]])


def squeezed(text: str) -> str:
    """A text without blanks and case, as nobody knows which of them the service compares (1.7)."""
    return "".join(text.split()).lower()


def keyword_span(command: ast.Command, source: str) -> Span:
    """Where the first word of a command stands."""
    start, end = command.span
    at = start
    while at < end and (source[at].isalnum() or source[at] in "_$"):
        at += 1
    return start, max(at, min(start + 1, end))


def _makers(command: ast.Command) -> dict[str, str]:
    if not isinstance(command, ast.Fields | ast.Display):
        return {}
    return {
        item.name: canonical(item.expr.name)
        for item in command.items
        if isinstance(item.expr, ast.Call)
    }

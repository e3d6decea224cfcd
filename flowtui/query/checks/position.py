"""One place of a pipeline: the names in reach there, the columns of `stats`, the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from flowtui.model.errors import Span
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.query.checks.structures import makers_behind
from flowtui.query.scope import Scope, defined_by

_START = Scope()


@frozen
class PipelinePosition:
    """`source` is the text that the spans point into."""

    source: str
    scope: Scope = _START
    names: frozenset[str] = frozenset()
    """The names of the scope, to look them up."""
    columns: frozenset[str] = frozenset()
    """The columns of the last `stats`, by their text without blanks and case: `sum(bytes)`."""
    is_aggregated: bool = False
    """Whether a `stats` is the reason that the fields of the event are gone."""
    makers: Mapping[str, str] = field(default_factory=dict)
    """What has made the names that are maps and lists, as `canonical` calls it: m -> jsonparse."""
    parsed: frozenset[str] = frozenset()
    """The names that a `parse` has made."""

    def after(self, command: ast.Command) -> PipelinePosition:
        scope = self.scope.after(command)
        if isinstance(command, ast.Stats):
            columns = frozenset(map(self._column, (*command.keys, *command.aggregates)))
            makers = makers_behind(command, {})
            return PipelinePosition(
                self.source, scope, frozenset(scope.names), columns, True, makers
            )
        names, makers = frozenset(scope.names), makers_behind(command, self.makers)
        if isinstance(command, ast.Parse | ast.ParseFormat | ast.JsonField):
            parsed = self.parsed | frozenset(defined_by(command))
            return replace(self, scope=scope, names=names, makers=makers, parsed=parsed)
        if scope == self.scope and makers == self.makers:
            return self
        return replace(self, scope=scope, names=names, makers=makers)

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

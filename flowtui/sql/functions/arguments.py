"""The arguments of a function call, and what a compiled function is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Protocol

from flowtui.model.errors import UnsupportedQuery
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.sql.dialects.base import Dialect
from flowtui.sql.environment import CompileEnvironment
from flowtui.sql.scope import Scope
from flowtui.sql.value import Value, Values


class ExpressionCompiler(Protocol):
    """Compiles expressions at the place of a call."""

    @property
    def scope(self) -> Scope: ...

    @property
    def environment(self) -> CompileEnvironment: ...

    @property
    def shift(self) -> ast.Period | None:
        """How much later each `bin()` is than the events in it (2.10)."""

    def value(self, expr: ast.Expr) -> Value: ...

    def condition(self, expr: ast.Expr) -> str: ...


@frozen
class Arguments:
    """The arguments of one call, compiled when they are asked for."""

    call: ast.Call
    expressions: ExpressionCompiler
    made: dict[int, Value] = field(default_factory=dict, compare=False)
    """The values that have been asked for: a call of a call is not to be compiled twice."""

    def __len__(self) -> int:
        return len(self.call.arguments)

    @property
    def environment(self) -> CompileEnvironment:
        return self.expressions.environment

    @property
    def values(self) -> Values:
        return self.environment.values

    @property
    def dialect(self) -> Dialect:
        return self.environment.dialect

    def node(self, index: int) -> ast.Expr:
        return self.call.arguments[index]

    def value(self, index: int) -> Value:
        if index not in self.made:
            self.made[index] = self.expressions.value(self.node(index))
        return self.made[index]

    def text(self, index: int) -> str:
        return self.value(index).text

    def double(self, index: int) -> str:
        return self.value(index).double

    def moment(self, index: int) -> str:
        return self.values.moment(self.value(index))

    def whole(self, index: int) -> str:
        """The number, cut to an INTEGER; NULL where it does not fit."""
        return f"TRY_CAST({self.dialect.numbers.truncated(self.double(index))} AS INTEGER)"

    def literal(self, index: int, what: str) -> ast.String:
        """The argument as it was written; raises `UnsupportedQuery` where it is computed."""
        node = self.node(index)
        if not isinstance(node, ast.String):
            raise UnsupportedQuery(f"the local engine needs the {what} as a text", node.span)
        return node

    def constant(self, value: str | int) -> str:
        return self.environment.parameters.add(value)


Function = Callable[[Arguments], Value]

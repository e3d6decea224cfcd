"""The arguments of a function call, and what a compiled function is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flowtui.model.errors import UnsupportedQuery
from flowtui.query import ast
from flowtui.sql.expressions import Expressions
from flowtui.sql.parameters import Parameters
from flowtui.sql.value import Value


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call, compiled when they are asked for."""

    call: ast.Call
    expressions: Expressions

    def __len__(self) -> int:
        return len(self.call.arguments)

    @property
    def parameters(self) -> Parameters:
        return self.expressions.parameters

    def node(self, index: int) -> ast.Expr:
        return self.call.arguments[index]

    def value(self, index: int) -> Value:
        return self.expressions.value(self.node(index))

    def text(self, index: int) -> str:
        return self.value(index).text

    def double(self, index: int) -> str:
        return self.value(index).double

    def whole(self, index: int) -> str:
        """The number, cut to an INTEGER; NULL where it does not fit."""
        return f"TRY_CAST(trunc({self.double(index)}) AS INTEGER)"

    def literal(self, index: int, what: str) -> ast.String:
        """The argument as it was written; raises `UnsupportedQuery` where it is computed."""
        node = self.node(index)
        if not isinstance(node, ast.String):
            raise UnsupportedQuery(f"the local engine needs the {what} as a text", node.span)
        return node

    def parameter(self, value: str | int) -> str:
        return self.parameters.add(value)


Function = Callable[[Arguments], Value]

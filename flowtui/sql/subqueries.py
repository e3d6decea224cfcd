"""`field in (query)`: membership in what another query finds (insights-ql.md 1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.model.errors import QueryError
from flowtui.query import ast
from flowtui.sql import comparison
from flowtui.sql.value import Value

if TYPE_CHECKING:
    from flowtui.sql.environment import Nested
    from flowtui.sql.expressions import Context


def is_in(value: Value, expr: ast.Expr, subquery: ast.Subquery, context: Context) -> str:
    """The condition; values are compared loosely, as in a list (3.1)."""
    around = context.around
    if around.inside:
        raise QueryError(f"no subquery can stand in {around.inside}", subquery.span)
    found = around.compile(subquery.pipeline, "a subquery")
    one, other = comparison.keys(value, _column(expr, found, subquery))
    return f"({one} IN (SELECT {other} FROM ({found.sql})))"


def _column(expr: ast.Expr, found: Nested, subquery: ast.Subquery) -> Value:
    """The one column that the subquery leaves with, or that of the field's own name."""
    if len(found.shown) == 1:
        return next(iter(found.shown.values()))
    if isinstance(expr, ast.Field) and expr.name in found.shown:
        return found.shown[expr.name]
    raise QueryError(
        f"a subquery after in leaves with one column, not with {', '.join(found.shown)};"
        " end it with fields and a name",
        subquery.span,
    )

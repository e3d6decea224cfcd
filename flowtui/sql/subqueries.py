"""`field in (query)`: membership in what another query finds (LANGUAGE.md 1.4)."""

from __future__ import annotations

from flowtui.model.errors import QueryError
from flowtui.query import ast
from flowtui.sql import comparison
from flowtui.sql.environment import CompileEnvironment, Nested
from flowtui.sql.value import Value


def is_in(
    value: Value, expr: ast.Expr, subquery: ast.Subquery, environment: CompileEnvironment
) -> str:
    """The condition; values are compared loosely, as in a list (3.1)."""
    if environment.inside:
        raise QueryError(f"no subquery can stand in {environment.inside}", subquery.span)
    found = environment.compile(subquery.pipeline, "a subquery")
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

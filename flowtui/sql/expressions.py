"""AST expressions to SQL values and conditions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue import FUNCTIONS, FunctionInfo, find_function, nearest
from flowtui.sql import comparison, patterns, structures, subqueries, times
from flowtui.sql import value as values
from flowtui.sql.environment import Surroundings
from flowtui.sql.parameters import Parameters
from flowtui.sql.scope import Names
from flowtui.sql.value import Kind, Value

_ADDED_PERIOD = (
    "a length of time was added to a timestamp as what it is; on the service that was seen to give"
    " other times: write milliseconds"
)


@dataclass(frozen=True, slots=True)
class Context:
    """What a query is compiled for."""

    window: TimeRange
    now: datetime
    parameters: Parameters
    around: Surroundings


@dataclass(frozen=True, slots=True)
class Expressions:
    """Compiles expressions where `names` are in reach."""

    names: Names
    context: Context
    shift: ast.Period | None = None
    """How much later each `bin()` is than the events in it (2.10)."""

    @property
    def parameters(self) -> Parameters:
        return self.context.parameters

    def value(self, expr: ast.Expr) -> Value:
        computed = self.names.computed(expr)
        if computed is not None:
            return computed
        match expr:
            case ast.Field(name):
                return self._field(name)
            case ast.Member(base, key):
                return self._member(base, key)
            case ast.String() | ast.Number() | ast.Boolean():
                return self._literal(expr)
            case ast.Call():
                return self._call(expr)
            case ast.Unary() | ast.Binary():
                return self._operation(expr)
            case (
                ast.Regex()
                | ast.List()
                | ast.Star()
                | ast.Period()
                | ast.Template()
                | ast.Subquery()
            ):
                raise _not_a_value(expr)
            case _:
                assert_never(expr)

    def condition(self, expr: ast.Expr) -> str:
        """SQL that is TRUE where the row meets it; see `comparison`."""
        match expr:
            case ast.Binary("and" | "or" as operator, left, right):
                return f"({self.condition(left)} {operator.upper()} {self.condition(right)})"
            case ast.Unary(operator, operand) if operator != "-":
                return comparison.negation(self.condition(operand))
            case ast.Binary(operator, left, right) if operator not in comparison.ARITHMETIC:
                return self._relation(operator, left, right)
            case _:
                return self.value(expr).truth

    def _field(self, name: str) -> Value:
        """A field by its name, else what is in a map by the path that its dots make (1.1)."""
        if name in self.names.values or "." not in name:
            return self.names.find(name)
        found = self.names.container(name)
        return structures.enter(found[0], found[1], self.parameters) if found else values.MISSING

    def _member(self, base: ast.Expr, key: str) -> Value:
        if isinstance(base, ast.Field) and base.name in self.names.sealed:
            return values.MISSING
        return structures.enter(self.value(base), tuple(key.split(".")), self.parameters)

    def _literal(self, expr: ast.String | ast.Number | ast.Boolean) -> Value:
        match expr:
            case ast.String(text):
                return comparison.literal(text, self.parameters)
            case ast.Number(text):
                return comparison.literal(comparison.read_number(text) or 0, self.parameters)
            case ast.Boolean(is_true):
                constant = comparison.literal(int(is_true), self.parameters)
                return replace(constant, condition="TRUE" if is_true else "FALSE")
            case _:
                assert_never(expr)

    def _operation(self, expr: ast.Unary | ast.Binary) -> Value:
        match expr:
            case ast.Unary("-", operand):
                return values.number(f"(-{self.value(operand).double})")
            case ast.Binary("+" | "-" as operator, left, ast.Period() as period):
                return self._moved(operator, self.value(left), period)
            case ast.Binary(operator, left, right) if operator in comparison.ARITHMETIC:
                return comparison.calculate(operator, self.value(left), self.value(right))
            case _:
                return values.boolean(self.condition(expr))

    def _moved(self, operator: str, moment: Value, period: ast.Period) -> Value:
        """`@timestamp + 9h`: of what is no timestamp nobody can tell in which unit it is."""
        if moment.kind is not Kind.TIMESTAMP:
            raise _not_a_value(period)
        length = self.parameters.add(times.milliseconds(period))
        self.context.around.notices.append(_ADDED_PERIOD)
        return comparison.calculate(operator, moment, values.integer(length))

    def _relation(self, operator: str, left: ast.Expr, right: ast.Expr) -> str:
        match operator:
            case "like" | "=~":
                return self._like(left, right)
            case "in":
                return self._in(left, right)
            case "not like" | "not in":
                positive = self._relation(operator.removeprefix("not "), left, right)
                return comparison.comparable(comparison.negation(positive), self.value(left))
            case _:
                sides = self.value(left), self.value(right)
                return comparison.compare(operator, *sides, self.parameters)

    def _like(self, left: ast.Expr, right: ast.Expr) -> str:
        subject = self.value(left)
        if isinstance(right, ast.Regex):
            pattern = patterns.regex(right.pattern, right.span)
            return f"regexp_matches({subject.text}, {self.parameters.add(pattern.text)})"
        return comparison.contains(subject, self.value(right))

    def _in(self, left: ast.Expr, right: ast.Expr) -> str:
        if isinstance(right, ast.Subquery):
            return subqueries.is_in(self.value(left), left, right, self.context)
        if not isinstance(right, ast.List):
            raise UnsupportedQuery("the local engine needs a list after in", right.span)
        choices = tuple(map(self.value, right.values))
        return comparison.is_in(self.value(left), choices, self.parameters)

    def _call(self, call: ast.Call) -> Value:
        from flowtui.sql.functions.scalars import compile_call

        info = local_function(call)
        if info.aggregate:
            raise QueryError(f"{call.name}() is computed over rows: use it in stats", call.span)
        return compile_call(self, call)


def local_function(call: ast.Call) -> FunctionInfo:
    """The function that is called there; raises `QueryError` if it can't be, so or at all."""
    info = find_function(call.name)
    if info is None:
        close = nearest(call.name, [known.name for known in FUNCTIONS.values()])
        hint = f"; did you mean {close}?" if close else ""
        raise QueryError(f"there is no function {call.name}{hint}", call.span)
    if not info.local:
        raise UnsupportedQuery(
            f"the local engine does not compute {call.name}(); run it on CloudWatch", call.span
        )
    count = len(call.arguments)
    if count < info.least or (info.most is not None and count > info.most):
        raise QueryError(f"{call.name}() does not take {count} values: {info.signature}", call.span)
    return info


def _not_a_value(expr: ast.Expr) -> QueryError:
    match expr:
        case ast.Template(name):
            return UnsupportedQuery(f"{{{{{name}}}}} has no value here; write one", expr.span)
        case ast.Regex():
            return QueryError("a regular expression stands only after like, =~ or parse", expr.span)
        case ast.List() | ast.Subquery():
            return QueryError("a list stands only after in", expr.span)
        case ast.Star():
            return QueryError("* stands only in count(*)", expr.span)
        case _:
            return QueryError(
                "a period stands only in bin(), datefloor(), dateceil() and rate()", expr.span
            )

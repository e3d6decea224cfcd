"""AST expressions to SQL values and conditions."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.query.catalogue import FUNCTIONS as KNOWN
from flowtui.query.catalogue import (
    Engine,
    FunctionInfo,
    canonical,
    find_function,
    nearest,
    parameters,
)
from flowtui.query.catalogue.system_fields import SYSTEM_FIELDS
from flowtui.sql import comparison, patterns, structures, subqueries, times
from flowtui.sql.dialects.base import Dialect
from flowtui.sql.environment import CompileEnvironment
from flowtui.sql.functions.arguments import Arguments
from flowtui.sql.functions.registry import FUNCTIONS
from flowtui.sql.parameters import Parameters
from flowtui.sql.scope import Scope
from flowtui.sql.value import MISSING, NUMBER, Value, ValueKind, Values

_ADDED_PERIOD = (
    "a length of time was added to a timestamp as what it is; on the service that was seen to give"
    " other times: write milliseconds"
)


_UNTOLD = "neither the records nor the paths of their files tell {}: it is missing in every row"


@frozen
class Expressions:
    """Compiles expressions where `scope` is in reach."""

    scope: Scope
    environment: CompileEnvironment
    shift: ast.Period | None = None
    """How much later each `bin()` is than the events in it (2.10)."""

    @property
    def values(self) -> Values:
        return self.environment.values

    @property
    def dialect(self) -> Dialect:
        return self.environment.dialect

    @property
    def parameters(self) -> Parameters:
        return self.environment.parameters

    def value(self, expr: ast.Expr) -> Value:
        computed = self.scope.computed(expr)
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
                return comparison.negation(self.condition(operand), self.dialect)
            case ast.Binary(operator, left, right) if operator not in comparison.ARITHMETIC:
                return self._relation(operator, left, right)
            case _:
                return self.value(expr).truth

    def _field(self, name: str) -> Value:
        """A field by its name, else what is in a map by the path that its dots make (1.1)."""
        if name in SYSTEM_FIELDS and name not in self.scope.values and self.scope.events:
            self.environment.notices.append(_UNTOLD.format(name))
        if name in self.scope.values or "." not in name:
            return self.scope.find(name)
        found = self.scope.container(name)
        return structures.enter(found[0], found[1], self.environment) if found else MISSING

    def _member(self, base: ast.Expr, key: str) -> Value:
        if isinstance(base, ast.Field) and base.name in self.scope.sealed:
            return MISSING
        return structures.enter(self.value(base), tuple(key.split(".")), self.environment)

    def _literal(self, expr: ast.String | ast.Number | ast.Boolean) -> Value:
        match expr:
            case ast.String(text):
                return comparison.literal(text, self.environment)
            case ast.Number(text):
                return comparison.literal(comparison.read_number(text) or 0, self.environment)
            case ast.Boolean(is_true):
                constant = comparison.literal(int(is_true), self.environment)
                return replace(constant, condition="TRUE" if is_true else "FALSE")
            case _:
                assert_never(expr)

    def _operation(self, expr: ast.Unary | ast.Binary) -> Value:
        match expr:
            case ast.Unary("-", operand):
                return self.values.number(f"(-{self.value(operand).double})")
            case ast.Binary("+" | "-" as operator, left, ast.Period() as period):
                return self._moved(operator, self.value(left), period)
            case ast.Binary(operator, left, right) if operator in comparison.ARITHMETIC:
                sides = self.value(left), self.value(right)
                return comparison.calculate(operator, *sides, self.values)
            case _:
                return self.values.boolean(self.condition(expr))

    def _moved(self, operator: str, moment: Value, period: ast.Period) -> Value:
        """`@timestamp + 9h`: the unit of a value that is no timestamp is unknown."""
        if moment.kind is not ValueKind.TIMESTAMP:
            raise _not_a_value(period)
        length = self.parameters.add(times.milliseconds(period))
        self.environment.notices.append(_ADDED_PERIOD)
        return comparison.calculate(operator, moment, self.values.integer(length), self.values)

    def _relation(self, operator: str, left: ast.Expr, right: ast.Expr) -> str:
        match operator:
            case "like" | "=~":
                return self._like(left, right)
            case "in":
                return self._in(left, right)
            case "not like" | "not in":
                positive = self._relation(operator.removeprefix("not "), left, right)
                negative = comparison.negation(positive, self.dialect)
                return comparison.comparable(negative, self.dialect, self.value(left))
            case _:
                sides = self.value(left), self.value(right)
                return comparison.compare(operator, *sides, self.environment)

    def _like(self, left: ast.Expr, right: ast.Expr) -> str:
        subject = self.value(left)
        if isinstance(right, ast.Regex):
            pattern = patterns.regex(right.pattern, right.span, self.dialect.patterns)
            expression = self.parameters.add(pattern.text)
            return self.dialect.patterns.matches(subject.text, expression)
        # A text stands for itself, without wildcards (1.1).
        return self.dialect.texts.contains(subject.text, self.value(right).text)

    def _in(self, left: ast.Expr, right: ast.Expr) -> str:
        if isinstance(right, ast.Subquery):
            return subqueries.is_in(self.value(left), left, right, self.environment)
        if not isinstance(right, ast.List):
            raise UnsupportedQuery("the local engine needs a list after in", right.span)
        choices = tuple(map(self.value, right.values))
        return comparison.is_in(self.value(left), choices, self.environment)

    def _call(self, call: ast.Call) -> Value:
        info = local_function(call)
        if info.aggregate:
            raise QueryError(f"{call.name}() is computed over rows: use it in stats", call.span)
        arguments = Arguments(call, self)
        found = FUNCTIONS[canonical(call.name)](arguments)
        if found.longest:
            return found
        # It is put together of its arguments, or a part of one, or a number.
        sizes = self.environment.sizes
        return replace(found, longest=sizes.of(*arguments.made.values()) + NUMBER)


def local_function(call: ast.Call) -> FunctionInfo:
    """The function that is called there; raises `QueryError` if it can't be, so or at all."""
    info = find_function(call.name)
    if info is None:
        close = nearest(call.name, [known.name for known in KNOWN.values()])
        hint = f"; did you mean {close}?" if close else ""
        raise QueryError(f"there is no function {call.name}{hint}", call.span)
    if not info.runs_on(Engine.LOCAL):
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
            names = [f"{info.name}()" for info in KNOWN.values() if "period" in parameters(info)]
            listed = f"{', '.join(names[:-1])} and {names[-1]}"
            return QueryError(f"a period stands only in {listed}", expr.span)

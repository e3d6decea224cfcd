"""Functions that choose between values (LANGUAGE.md 2.3)."""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.sql.choice import choose
from flowtui.sql.functions.arguments import Arguments, Function
from flowtui.sql.value import MISSING, Value


def _is_present(a: Arguments) -> Value:
    return a.values.boolean(a.values.present(a.value(0)))


def _coalesce(a: Arguments) -> Value:
    choices = [a.value(index) for index in range(len(a))]
    conditions = [a.values.present(choice) for choice in choices]
    return choose(conditions[:-1], choices, a.values)


def _case(a: Arguments) -> Value:
    pairs = range(0, len(a) - 1, 2)
    conditions = [a.expressions.condition(a.node(index)) for index in pairs]
    choices = [a.value(index + 1) for index in pairs]
    choices.append(a.value(len(a) - 1) if len(a) % 2 else MISSING)
    return choose(conditions, choices, a.values)


FUNCTIONS: Mapping[str, Function] = {
    "ispresent": _is_present,
    "coalesce": _coalesce,
    "case": _case,
    "if": _case,
}

"""Maps and lists, and the way into them (insights-ql.md 2.4 and 1.1).

A map or a list is minified JSON text in `Value.json`. `is_list` and `elements` are for commands
that turn lists into rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from flowtui.model.errors import QueryError, Span
from flowtui.sql import value as values
from flowtui.sql.parameters import Parameters
from flowtui.sql.value import Value

_MANY = 6
"""From this many dots on, every one of them parts two keys."""


def enter(value: Value, keys: tuple[str, ...], parameters: Parameters) -> Value:
    """What is in the map or list by its keys; missing where there is none.

    The name `a.b` may be the key `b` of `a` or, in backticks, the one key `a.b`: the first that
    is there counts. Keys of lists are indexes from 0 (ours: the service's first is not documented).
    JSON's true and false are 1 and 0 (3.1), and its null is missing.
    """
    if not value.json:
        return values.MISSING
    pointers = [parameters.add("".join(map(_step, path))) for path in _paths(keys)]
    if len(pointers) == 1:
        return values.part(f"flow_in_json({value.json}, {pointers[0]})")
    return values.part(f"flow_in_json_first({value.json}, [{', '.join(pointers)}])")


def is_list(value: Value) -> str:
    """The condition that the value is a list."""
    return f"({value.json}[1] = '[')" if value.json else "FALSE"


def elements(value: Value) -> str:
    """SQL of a VARCHAR[] of JSON texts, for `values.part`; NULL where the value is no list."""
    return f"flow_elements({value.json})" if value.json else "CAST(NULL AS VARCHAR[])"


def as_json(value: Value) -> str:
    """The value as JSON text; what is no map or list becomes a JSON text."""
    return value.json or f"CAST(to_json({value.text}) AS VARCHAR)"


def refuse(value: Value, name: str, place: str, span: Span) -> None:
    """Raise `QueryError` if the value is a map or a list, which `place` does not take (2.4)."""
    if value.is_structure:
        raise QueryError(f"{name} is a map or a list, which {place} does not take", span)


def _step(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _paths(keys: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every way to read the dots between the keys, most keys first."""
    if len(keys) == 1 or len(keys) > _MANY:
        yield keys
        return
    for rest in _paths(keys[1:]):
        yield (keys[0], *rest)
    for path in _paths(keys[1:]):
        yield (f"{keys[0]}.{path[0]}", *path[1:])

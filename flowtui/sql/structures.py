"""Maps and lists, and the way into them (LANGUAGE.md 2.4 and 1.1).

A map or a list is minified JSON text in `Value.json`.
"""

from __future__ import annotations

from collections.abc import Iterator

from flowtui.model.errors import QueryError, Span
from flowtui.sql.dialects.base import Dialect
from flowtui.sql.environment import CompileEnvironment
from flowtui.sql.value import MISSING, Value

_MANY = 6
"""From this many dots on, every one of them parts two keys."""


def enter(value: Value, keys: tuple[str, ...], environment: CompileEnvironment) -> Value:
    """The value in the map or list under its keys; missing where there is none.

    The name `a.b` may be the key `b` of `a` or, in backticks, the one key `a.b`: the first that
    is there counts. Keys of lists are indexes from 0 (ours: the service's first is not documented).
    JSON's true and false are 1 and 0 (3.1), and its null is missing.
    """
    if not value.json:
        return MISSING
    json = environment.dialect.json
    paths = [environment.parameters.add(json.path(path)) for path in _paths(keys)]
    if len(paths) == 1:
        return environment.values.part(json.at(value.json, paths[0]))
    return environment.values.part(json.at_first(value.json, paths))


def as_json(value: Value, dialect: Dialect) -> str:
    """The value as JSON text; what is no map or list becomes a JSON text."""
    return value.json or dialect.json.of_text(value.text)


def refuse(value: Value, name: str, place: str, span: Span) -> None:
    """Raise `QueryError` if the value is a map or a list, which `place` does not take (2.4)."""
    if value.is_structure:
        raise QueryError(f"{name} is a map or a list, which {place} does not take", span)


def _paths(keys: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every way to read the dots between the keys, most keys first."""
    if len(keys) == 1 or len(keys) > _MANY:
        yield keys
        return
    for rest in _paths(keys[1:]):
        yield (keys[0], *rest)
    for path in _paths(keys[1:]):
        yield (f"{keys[0]}.{path[0]}", *path[1:])

"""Calls of saved queries, `$Name(a="x")`, replaced by their commands (LANGUAGE.md 1.1).

The service puts the value as it was typed, quotes and all, where the text has `{{a}}`: `{{a}}`
with `a="x"` is `"x"`, and so is `"{{a}}"` with `a=x`. It takes a parameter that is not given
for nothing and goes on; that would silently be another query, so here it is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import TypeVar

from flowtui.model.errors import QueryError, Span
from flowtui.query import ast
from flowtui.query.catalogue import nearest
from flowtui.query.parser import parse

_Node = TypeVar("_Node", bound=ast.Node)
_PARAMETER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


def expanded(pipeline: ast.Pipeline, queries: Mapping[str, str]) -> ast.Pipeline:
    """The pipeline without calls; whatever is wrong in a saved query is wrong at its call."""
    commands: list[ast.Command] = []
    for command in pipeline.commands:
        if isinstance(command, ast.SavedCall):
            commands += _called(command, pipeline.source, queries)
        else:
            commands.append(_with_pipelines(command, lambda inner: expanded(inner, queries)))
    return replace(pipeline, commands=tuple(commands))


def parameter_names(text: str) -> tuple[str, ...]:
    """The parameters that a call of the saved query `text` has to give."""
    return tuple(dict.fromkeys(_PARAMETER.findall(text)))


def _called(
    call: ast.SavedCall, source: str, queries: Mapping[str, str]
) -> tuple[ast.Command, ...]:
    text = _filled(call, source, _text_of(call, queries))
    try:
        commands = parse(text).commands
    except QueryError as error:
        raise QueryError(f"in the saved query {call.name}: {error}", call.span) from None
    if any(map(_calls, commands)):
        message = f"the saved query {call.name} calls another one, which can't be nested"
        raise QueryError(message, call.span)
    return tuple(_placed(command, call.span) for command in commands)


def _calls(node: ast.Node) -> bool:
    return isinstance(node, ast.SavedCall) or any(map(_calls, ast.children(node)))


def _text_of(call: ast.SavedCall, queries: Mapping[str, str]) -> str:
    text = queries.get(call.name)
    if text is not None:
        return text
    close = nearest(call.name, list(queries))
    hint = f"did you mean {close}?" if close else "name it under [queries] in the settings"
    raise QueryError(f"there is no saved query {call.name}; {hint}", call.span)


def _filled(call: ast.SavedCall, source: str, text: str) -> str:
    """The text with each parameter replaced by what was typed for it."""
    given: dict[str, str] = {}
    for argument in call.arguments:
        if argument.name in given:
            raise QueryError(f"{argument.name} is given twice", argument.span)
        given[argument.name] = source[slice(*argument.value.span)]
    wanted = parameter_names(text)
    for argument in call.arguments:
        if argument.name not in wanted:
            known = ", ".join(wanted) or "none"
            raise QueryError(
                f"{call.name} has no parameter {argument.name}; it has {known}", argument.span
            )
    missing = [name for name in wanted if name not in given]
    if missing:
        raise QueryError(f"{call.name} needs {', '.join(missing)}: {_example(wanted)}", call.span)
    return _PARAMETER.sub(lambda found: given[found[1]], text)


def _example(wanted: Sequence[str]) -> str:
    return f"({', '.join(f'{name}=...' for name in wanted)})"


def _placed(node: _Node, span: Span) -> _Node:
    """The node as if it had been written at `span`, where its call stands."""
    return replace(_rebuilt(node, lambda child: _placed(child, span)), span=span)


def _with_pipelines(node: _Node, change: Callable[[ast.Pipeline], ast.Pipeline]) -> _Node:
    def changed(child: ast.Node) -> ast.Node:
        return change(child) if isinstance(child, ast.Pipeline) else _with_pipelines(child, change)

    return _rebuilt(node, changed)


def _rebuilt(node: _Node, change: Callable[[ast.Node], ast.Node]) -> _Node:
    """The node with each of its children changed."""
    changed: dict[str, object] = {}
    for attribute in fields(node):
        value = getattr(node, attribute.name)
        if isinstance(value, ast.Node):
            changed[attribute.name] = change(value)
        elif isinstance(value, tuple) and any(isinstance(part, ast.Node) for part in value):
            changed[attribute.name] = tuple(map(change, value))
    return replace(node, **changed) if changed else node  # type: ignore[arg-type]  # by name

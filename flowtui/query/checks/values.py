"""Values that a field of the record never has (flowlogs.md 1.2): `action = "deny"`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowtui.flowlogs.fields import PROTOCOLS, SPELLINGS, FieldInfo, FieldType
from flowtui.query import ast
from flowtui.query.checks.diagnostic import Advice, Diagnostic, shorten, warning
from flowtui.query.checks.position import PipelinePosition

_CLOSED = ("action", "log-status", "flow-direction")
"""Value sets to which AWS has added nothing in years; the others may grow."""
_EQUALITIES = ("=", "!=", "in", "not in")
_ORDERS = ("<", "<=", ">", ">=")


def check_values(
    nodes: Sequence[tuple[ast.Node, ast.Node]], place: PipelinePosition
) -> Iterator[Diagnostic]:
    """The values compared with fields; a name that the query has made may hold anything."""
    for node, _ in nodes:
        if not (isinstance(node, ast.Binary) and isinstance(node.left, ast.Field)):
            continue
        info = SPELLINGS.get(node.left.name)
        if info is None or node.left.name in place.names:
            continue
        for value in _compared(node):
            if advice := _never(node.left.name, info, value):
                yield warning("never-equal", advice.sentence, value.span, advice.suggestion)


def _compared(node: ast.Binary) -> tuple[ast.Expr, ...]:
    if node.operator not in (*_EQUALITIES, *_ORDERS):
        return ()
    return node.right.values if isinstance(node.right, ast.List) else (node.right,)


def _never(name: str, info: FieldInfo, value: ast.Expr) -> Advice | None:
    match value:
        case ast.String(text) | ast.Field(text):
            is_quoted = isinstance(value, ast.String)
        case _:
            return None
    if text == "-" or text in info.values:
        return None
    if info.values is PROTOCOLS:
        number = _protocol(text)
        sentence = f"a protocol is a number: {shorten(text)} is {number}"
        return Advice(sentence, number) if number else None
    meant = next((each for each in info.values if each.lower() == text.lower()), None)
    if meant is not None:
        return Advice(f'{name} is never {shorten(text)}; write "{meant}"', f'"{meant}"')
    if not is_quoted:
        return None
    if info.name in _CLOSED:
        return Advice(f"{name} is never {shorten(text)}; it is {' or '.join(info.values)}")
    if info.type in (FieldType.INTEGER, FieldType.BYTES) and not _is_number(text):
        return Advice(f"{name} is a number, which {shorten(text) or 'an empty text'} is not")
    return None


def _protocol(text: str) -> str | None:
    return next((number for number, it in PROTOCOLS.items() if it.lower() == text.lower()), None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

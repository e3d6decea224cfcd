"""AST to query text: anew (`to_text`), or with all that was typed kept (`to_source`)."""

from __future__ import annotations

import re
from typing import assert_never

from flowtui.query import ast
from flowtui.query.lexer import RESERVED, Kind, tokenize
from flowtui.query.parser import MINUS_PRECEDENCE, NOT_PRECEDENCE, PRECEDENCE

_PLAIN = re.compile(r"@{0,2}[^\W\d][\w.]*")


def to_text(pipeline: ast.Pipeline) -> str:
    """The canonical text, one command a line: `parse(to_text(p)) == p`."""
    return "\n| ".join(map(command_text, pipeline.commands))


def to_source(pipeline: ast.Pipeline) -> str:
    """The text of a rewritten query: what was typed stays to the letter.

    Comments and blanks belong to the chunk of the command that they were typed with. A new command
    has a line of its own.
    """
    text, last, was_typed = "", "", True
    for number, command in enumerate(pipeline.commands):
        start, end = command.chunk
        is_typed = command.chunk != ast.NOWHERE
        chunk = pipeline.source[start:end] if is_typed else f" {command_text(command)}"
        if number and is_typed and start == 0 and not chunk[:1].isspace():
            # It was the first command, with no pipe before it.
            chunk = f" {chunk}"
        if number == 0:
            text = chunk if is_typed else chunk.lstrip()
        elif is_typed and was_typed and not _ends_in_comment(last):
            text = f"{text}|{chunk}"
        else:
            text = f"{text.rstrip()}\n|{chunk}"
        last, was_typed = chunk, is_typed
    return text


def _ends_in_comment(chunk: str) -> bool:
    """Whether a pipe written behind `chunk` would be part of a comment."""
    tokens = tokenize(chunk)
    return bool(tokens) and tokens[-1].kind is Kind.COMMENT


def command_text(command: ast.Command) -> str:  # noqa: PLR0911  (one case a node)
    match command:
        case ast.Fields(items):
            return f"fields {_items(items)}"
        case ast.Display(items):
            return f"display {_items(items)}"
        case ast.Filter(condition):
            return f"filter {expr_text(condition)}"
        case ast.Stats():
            return _stats(command)
        case ast.Sort(keys):
            return f"sort {', '.join(map(_sort_key, keys))}"
        case ast.Limit(count, is_any):
            return f"limit {'any ' if is_any else ''}{count}"
        case ast.Parse():
            return _parse(command)
        case ast.Dedup(fields):
            return f"dedup {', '.join(map(expr_text, fields))}"
        case ast.Other(_, text):
            return text
        case _:
            assert_never(command)


def expr_text(expr: ast.Expr, least: int = 1) -> str:  # noqa: C901, PLR0911, PLR0912  (one case a node)
    """`expr` as text, in brackets where it binds looser than `least`."""
    match expr:
        case ast.Field(name):
            return name_text(name)
        case ast.String(value):
            return string_text(value)
        case ast.Number(text):
            return text
        case ast.Period(count, unit):
            return f"{count}{unit}"
        case ast.Boolean(value):
            return "true" if value else "false"
        case ast.Regex(pattern):
            return f"/{pattern}/"
        case ast.Template(name):
            return f"{{{{{name}}}}}"
        case ast.Star():
            return "*"
        case ast.List(values):
            return f"[{', '.join(map(expr_text, values))}]"
        case ast.Call(name, arguments):
            return f"{name}({', '.join(map(expr_text, arguments))})"
        case ast.Member(base, key):
            return _member(base, key)
        case ast.Unary(operator, operand):
            level = NOT_PRECEDENCE if operator == "not" else MINUS_PRECEDENCE
            gap = " " if operator == "not" else ""
            text = f"{operator}{gap}{expr_text(operand, level)}"
        case ast.Binary(operator, left, right):
            level = PRECEDENCE[operator]
            # A comparison of comparisons needs brackets at both sides.
            least_left = level + 1 if level == PRECEDENCE["="] else level
            right_text = expr_text(right, level + 1)
            if operator in ("in", "not in") and not right_text.startswith(("[", "(")):
                right_text = f"({right_text})"
            text = f"{expr_text(left, least_left)} {operator} {right_text}"
        case _:
            assert_never(expr)
    return text if level >= least else f"({text})"


def name_text(name: str) -> str:
    """A field name, in backticks where the grammar needs them; a leading @ stays outside."""
    if _PLAIN.fullmatch(name) and name.lower() not in RESERVED:
        return name
    at = "@" if name.startswith("@") else ""
    escaped = name.removeprefix("@").replace("\\", "\\\\").replace("`", "\\`")
    return f"{at}`{escaped}`"


def string_text(value: str) -> str:
    """A quoted text that means `value` exactly."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _member(base: ast.Expr, key: str) -> str:
    inner = expr_text(base, MINUS_PRECEDENCE + 1)
    if _is_index(key):
        return f"{inner}[{key}]"
    is_path = isinstance(base, ast.Member) and not _is_index(base.key)
    if is_path or isinstance(base, ast.Field | ast.Boolean):
        # A name would take the key as a part of itself.
        inner = f"({inner})"
    return f"{inner}.{name_text(key)}"


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdecimal()


def _items(items: tuple[ast.Item, ...]) -> str:
    return ", ".join(map(_item, items))


def _item(item: ast.Item) -> str:
    text = expr_text(item.expr)
    return text if item.alias is None else f"{text} as {name_text(item.alias)}"


def _stats(command: ast.Stats) -> str:
    text = f"stats {_items(command.aggregates)}"
    if command.keys:
        text += f" by {_items(command.keys)}"
    if command.offset is not None:
        text += f" offset {expr_text(command.offset)}"
    return text


def _sort_key(key: ast.SortKey) -> str:
    direction = {True: " desc", False: " asc", None: ""}[key.descending]
    return expr_text(key.expr) + direction


def _parse(command: ast.Parse) -> str:
    parts = ["parse"]
    if command.source is not None:
        parts.append(expr_text(command.source, MINUS_PRECEDENCE))
    parts.append(expr_text(command.pattern))
    if command.names:
        parts.append(f"as {', '.join(map(name_text, command.names))}")
    return " ".join(parts)

"""Functions of texts, their encodings and hashes (LANGUAGE.md 2.6 and 2.7).

What can't be decoded is missing, and so is what decodes to no UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.query import ast
from flowtui.sql import patterns
from flowtui.sql.dialects.base import Texts
from flowtui.sql.functions.arguments import Arguments, Function
from flowtui.sql.functions.numbers import whole
from flowtui.sql.patterns import Pattern
from flowtui.sql.sizes import FREE
from flowtui.sql.value import Value

_BLANKS = " \t\n\r\f\v"
_TOGETHER = 4
"""Parts of a text that are as long as a text may be are looked at together, so many of them."""
_GROUP = re.compile(r"\\[0-9]")
"""What stands for a group in what comes in."""


def _textual(name: str) -> Function:
    return lambda a: a.values.text(f"{name}({a.text(0)})")


def _coded(write: Callable[[Texts, str], str], grows: int = 1) -> Function:
    """What is `grows` times as long at most."""

    def compile_coded(a: Arguments) -> Value:
        value, sizes = a.value(0), a.environment.sizes
        text = sizes.limited(value.text, sizes.of(value), grows)
        return replace(a.values.text(write(a.dialect.texts, text)), longest=sizes.of(value) * grows)

    return compile_coded


def _flag(write: Callable[[Texts, str, str], str]) -> Function:
    """A function of texts that gives 1 or 0, and nothing where a text is missing (2.6)."""

    def compile_flag(a: Arguments) -> Value:
        condition = write(a.dialect.texts, a.text(0), a.text(1))
        return a.values.integer(f"CAST({condition} AS INTEGER)")

    return compile_flag


def _trim(side: str) -> Function:
    def compile_trim(a: Arguments) -> Value:
        characters = a.text(1) if len(a) > 1 else a.constant(_BLANKS)
        return a.values.text(a.dialect.texts.trimmed(side, a.text(0), characters))

    return compile_trim


def _is_empty(a: Arguments) -> Value:
    return a.values.boolean(f"coalesce({a.text(0)}, '') = ''")


def _is_blank(a: Arguments) -> Value:
    return a.values.boolean(a.dialect.texts.is_blank(a.text(0)))


def _concat(a: Arguments) -> Value:
    """Missing if one part is (ours: the service's answer is not documented)."""
    sizes = a.environment.sizes
    first, *others = (a.value(index) for index in range(len(a)))
    text, most = first.text, sizes.of(first)
    for part in others:
        text, most = f"{text} || {part.text}", most + sizes.of(part)
        if most > _TOGETHER * FREE:
            text, most = sizes.limited(f"({text})", most), FREE
    if most > FREE:
        text, most = sizes.limited(f"({text})", most), FREE
    return replace(a.values.text(f"({text})"), longest=most)


def _substr(a: Arguments) -> Value:
    """The first character is 0; a negative start is the first one."""
    start = f"{_not_below_zero(a.whole(1))} + 1"
    length = f", {_not_below_zero(a.whole(2))}" if len(a) > 2 else ""
    return a.values.text(f"substr({a.text(0)}, {start}{length})")


def _not_below_zero(number: str) -> str:
    """Missing stays missing, which `greatest` alone would take for 0."""
    return f"CASE WHEN {number} < 0 THEN 0 ELSE {number} END"


def _replace(a: Arguments) -> Value:
    """As long as it was, and longer by the difference for each time that the part is there."""
    sizes, size = a.environment.sizes, a.dialect.texts.size
    subject, part, by = (a.value(index) for index in range(3))
    is_known = isinstance(part.constant, str) and part.constant
    most = sizes.of(subject) * (-(-sizes.of(by) // sizes.of(part)) if is_known else sizes.of(by))

    def made(text: str) -> tuple[str, str]:
        without = f"replace({text}, {part.text}, '')"
        cut = f"({size(text)} - {size(without)})"
        parts = f"CASE WHEN {size(part.text)} > 0 THEN {cut} / {size(part.text)} ELSE 0 END"
        longer = f"{size(text)} + ({parts}) * ({size(by.text)} - {size(part.text)})"
        return longer, f"replace({text}, {part.text}, {by.text})"

    if most <= FREE:
        _, text = made(subject.text)
        return replace(a.values.text(text), longest=max(most, sizes.of(subject)))
    return replace(a.values.text(sizes.guarded(subject.text, made)), longest=FREE)


def _regex_replace(a: Arguments) -> Value:
    node = a.node(1)
    if not isinstance(node, ast.String | ast.Regex):
        raise UnsupportedQuery("the local engine needs the expression as a text", node.span)
    written = node.value if isinstance(node, ast.String) else node.pattern
    pattern = patterns.regex(written, node.span, a.dialect.patterns)
    expression, rewrite = a.constant(pattern.text), _rewrite(a, pattern)
    return _rewritten(a, expression, rewrite)


def _rewritten(a: Arguments, expression: str, rewrite: str) -> Value:
    """What comes in is in for each match, and in it the text of groups, each at most all of it."""
    sizes, read, size = a.environment.sizes, a.dialect.patterns, a.dialect.texts.size
    node, subject, by = a.node(2), a.value(0), a.value(2)
    groups = len(_GROUP.findall(node.value)) if isinstance(node, ast.String) else 0
    most = sizes.of(subject) * max(1, sizes.of(by))
    if not groups and most <= FREE:
        text = read.replaced(subject.text, expression, rewrite)
        return replace(a.values.text(text), longest=most)

    def made(text: str) -> tuple[str, str]:
        matches = a.dialect.lists.size(read.every(text, expression, 0))
        longer = f"{size(text)} * {1 + groups} + {matches} * {size(by.text)}"
        return longer, read.replaced(text, expression, rewrite)

    return replace(a.values.text(sizes.guarded(subject.text, made)), longest=FREE)


def _rewrite(a: Arguments, pattern: Pattern) -> str:
    r"""What comes in: `\1` stands for a group if it is written out, else for itself."""
    node = a.node(2)
    if not isinstance(node, ast.String):
        return a.dialect.patterns.literal_rewrite(a.text(2))
    if error := patterns.rewrite_refusal(pattern, node.value):
        raise QueryError(f"{node.value} can't replace matches: {error}", node.span)
    return a.constant(a.dialect.patterns.rewrite(node.value))


def _message_size(a: Arguments) -> Value:
    return a.values.integer(a.dialect.texts.size(a.text(0)))


def _hex_to_dec(a: Arguments) -> Value:
    """With or without `0x`, with a sign before it; missing where a BIGINT does not hold it."""
    return a.values.integer(a.dialect.numbers.from_hex(a.text(0)))


def _dec_to_hex(a: Arguments) -> Value:
    number = f"TRY_CAST({whole(a.value(0), a)} AS BIGINT)"
    return a.values.text(a.dialect.numbers.hex(number))


FUNCTIONS: Mapping[str, Function] = {
    "isempty": _is_empty,
    "isblank": _is_blank,
    "concat": _concat,
    "ltrim": _trim("ltrim"),
    "rtrim": _trim("rtrim"),
    "trim": _trim("trim"),
    "strlen": lambda a: a.values.integer(f"length({a.text(0)})"),
    "toupper": _textual("upper"),
    "tolower": _textual("lower"),
    "substr": _substr,
    "replace": _replace,
    "regexreplace": _regex_replace,
    # The third argument, said to ignore case, has no effect on the service either (2.6).
    "strcontains": _flag(lambda texts, text, part: texts.contains(text, part)),
    "startswith": _flag(lambda texts, text, part: texts.starts_with(text, part)),
    "endswith": _flag(lambda texts, text, part: texts.ends_with(text, part)),
    "messagesize": _message_size,
    # As in RFC 3986: a blank is %20, and + is itself (ours: the service's dialect is not known).
    "urlencode": _coded(lambda texts, text: texts.url_encoded(text), 3),
    "urldecode": _coded(lambda texts, text: texts.url_decoded(text)),
    "base64encode": _coded(lambda texts, text: texts.base64_encoded(text), 2),
    "base64decode": _coded(lambda texts, text: texts.base64_decoded(text)),
    "hextoascii": _coded(lambda texts, text: texts.from_hex(text)),
    "hextodec": _hex_to_dec,
    "dectohex": _dec_to_hex,
    "md5": _coded(lambda texts, text: texts.md5(text)),
    "sha256": _coded(lambda texts, text: texts.sha256(text)),
}

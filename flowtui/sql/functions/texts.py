"""Functions of texts, their encodings and hashes (LANGUAGE.md 2.6 and 2.7).

What can't be decoded is missing, and so is what decodes to no UTF-8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.query import ast
from flowtui.sql import patterns
from flowtui.sql.dialects.base import Texts
from flowtui.sql.functions.arguments import Arguments, Function
from flowtui.sql.functions.numbers import whole
from flowtui.sql.patterns import Pattern
from flowtui.sql.value import Value

_BLANKS = " \t\n\r\f\v"


def _textual(name: str) -> Function:
    return lambda a: a.values.text(f"{name}({a.text(0)})")


def _coded(write: Callable[[Texts, str], str]) -> Function:
    return lambda a: a.values.text(write(a.dialect.texts, a.text(0)))


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
    return a.values.text(f"({' || '.join(a.text(index) for index in range(len(a)))})")


def _substr(a: Arguments) -> Value:
    """The first character is 0; a negative start is the first one."""
    start = f"{_not_below_zero(a.whole(1))} + 1"
    length = f", {_not_below_zero(a.whole(2))}" if len(a) > 2 else ""
    return a.values.text(f"substr({a.text(0)}, {start}{length})")


def _not_below_zero(number: str) -> str:
    """Missing stays missing, which `greatest` alone would take for 0."""
    return f"CASE WHEN {number} < 0 THEN 0 ELSE {number} END"


def _replace(a: Arguments) -> Value:
    return a.values.text(f"replace({a.text(0)}, {a.text(1)}, {a.text(2)})")


def _regex_replace(a: Arguments) -> Value:
    node = a.node(1)
    if not isinstance(node, ast.String | ast.Regex):
        raise UnsupportedQuery("the local engine needs the expression as a text", node.span)
    written = node.value if isinstance(node, ast.String) else node.pattern
    pattern = patterns.regex(written, node.span, a.dialect.patterns)
    expression, rewrite = a.constant(pattern.text), _rewrite(a, pattern)
    return a.values.text(a.dialect.patterns.replaced(a.text(0), expression, rewrite))


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
    "urlencode": _coded(lambda texts, text: texts.url_encoded(text)),
    "urldecode": _coded(lambda texts, text: texts.url_decoded(text)),
    "base64encode": _coded(lambda texts, text: texts.base64_encoded(text)),
    "base64decode": _coded(lambda texts, text: texts.base64_decoded(text)),
    "hextoascii": _coded(lambda texts, text: texts.from_hex(text)),
    "hextodec": _hex_to_dec,
    "dectohex": _dec_to_hex,
    "md5": _coded(lambda texts, text: texts.md5(text)),
    "sha256": _coded(lambda texts, text: texts.sha256(text)),
}

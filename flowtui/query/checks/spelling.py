"""Spellings that the service reads though they are not documented: `==`, pipes (1.1, 1.2)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from flowtui.query.checks.diagnostic import Diagnostic, error, warning
from flowtui.query.lexer import TokenKind, tokenize
from flowtui.query.parser import Parsed
from flowtui.query.token_stream import invisible

_QUOTED = (TokenKind.STRING, TokenKind.REGEX, TokenKind.QUOTED)


def check_spelling(parsed: Parsed) -> Iterator[Diagnostic]:
    text = parsed.pipeline.source
    yield from _foreign_comments(parsed)
    yield from _invisible(text)
    if "==" not in text and text.count("|") < len(parsed.pipeline.commands):
        return
    starts = [command.chunk[0] for command in parsed.pipeline.commands]
    depth = 0
    for token in tokenize(text):
        if token.kind is not TokenKind.OPERATOR:
            continue
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if bisect_right(starts, token.start) - 1 in parsed.wrong:
            continue
        if token.text == "==":
            yield warning("double-equals", "== is not documented; write =", token.span)
        elif token.text == "|" and depth <= 0 and not _separates(starts, token.end):
            message = "this | stands inside a command, which goes on; leave it out"
            yield warning("stray-pipe", message, token.span)


def _invisible(text: str) -> Iterator[Diagnostic]:
    """Characters that a paste brings into texts and names, which then equal nothing."""
    if text.isascii():
        return
    for token in tokenize(text):
        if token.kind not in _QUOTED or token.text.isprintable():
            continue
        for at, char in enumerate(token.text, token.start):
            if not char.isascii() and (name := invisible(char)):
                message = f"there is an invisible character in here, {name}"
                yield warning("invisible", message, (at, at + 1))


def _foreign_comments(parsed: Parsed) -> Iterator[Diagnostic]:
    """`b -- text` is arithmetic where just one word follows."""
    text = parsed.pipeline.source
    if "--" not in text:
        return
    starts = [command.chunk[0] for command in parsed.pipeline.commands]
    after_text = False
    for token in tokenize(text):
        if token.kind is TokenKind.SPACE:
            continue
        pair = (token.start, token.start + 2)
        is_pair = text[slice(*pair)] == "--" and text[: token.start][-1:].isspace()
        if not is_pair or bisect_right(starts, token.start) - 1 in parsed.wrong:
            pass
        elif after_text:
            yield error("foreign-comment", "write # instead of --", pair, "#")
        elif text[pair[1] : pair[1] + 1].isspace():
            message = "this is minus minus, and no comment; one begins with #"
            yield warning("foreign-comment", message, pair, "#")
        after_text = token.kind is TokenKind.STRING


def _separates(starts: list[int], after: int) -> bool:
    index = bisect_right(starts, after) - 1
    return starts[index] == after

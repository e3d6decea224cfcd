"""What the service reads though it is not documented: `==`, pipes inside a command (1.1, 1.2)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from flowtui.query.checks.diagnostic import Diagnostic, warning
from flowtui.query.lexer import Kind, tokenize
from flowtui.query.parser import Parsed


def check_spelling(parsed: Parsed) -> Iterator[Diagnostic]:
    text = parsed.pipeline.source
    if "==" not in text and text.count("|") < len(parsed.pipeline.commands):
        return
    starts = [command.chunk[0] for command in parsed.pipeline.commands]
    depth = 0
    for token in tokenize(text):
        if token.kind is not Kind.OPERATOR:
            continue
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if bisect_right(starts, token.start) - 1 in parsed.wrong:
            continue
        if token.text == "==":
            yield warning("double-equals", "== is not documented; write =", token.span)
        elif token.text == "|" and depth <= 0 and not _separates(starts, token.end):
            message = "this | stands inside a command, which goes on; leave it out"
            yield warning("stray-pipe", message, token.span)


def _separates(starts: list[int], behind: int) -> bool:
    index = bisect_right(starts, behind) - 1
    return starts[index] == behind

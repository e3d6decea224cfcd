"""The law of lexer and parser: what they have read before saves time and changes nothing."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.query import ast, parser
from flowtui.query.lexer import Lexed, lex, tokenize
from tests.property.laws import law
from tests.property.query_strategies import SOURCES, mistyped, word_soup

PIECES = st.sampled_from(
    (*"|,\"'`/\\#\n()[]{}=.5e+ax ", "fields a, b", "| filter ", "parse @message /x y/ as b",
     "{{p}}", "like /a|b/", '"a, b"', "`c, d`", "a / b, c / d", "\\\n", "5e+7", "in [1, 2]")
)  # fmt: skip
SOUPS = st.lists(PIECES, max_size=12).map("".join)
TEXTS = st.one_of(SOUPS, SOURCES, mistyped(), word_soup())
Edit = tuple[float, float, str]
EDITS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), SOUPS), min_size=1, max_size=4)


def edited(text: str, edit: Edit) -> str:
    start, end = sorted(round(where * len(text)) for where in edit[:2])
    return text[:start] + edit[2] + text[end:]


@law
@given(TEXTS, EDITS)
@example("fields a |", [(1.0, 1.0, "|")])
@example('fields a, "b, c | limit 5, d', [(0.4, 0.4, '"')])
@example('a, b "c" | d, e', [(0.2, 0.2, '"')])
@example("`a\\\n| b, c", [(1.0, 1.0, "`")])
@example("parse a, /x/ | b", [(0.0, 0.3, "")])
@example("a |", [(1.0, 1.0, ""), (0.0, 1.0, "a |")])
@example("fields a, b /x y/, c", [(0.0, 0.3, "parse")])
def test_what_was_read_before_changes_nothing(text: str, edits: list[Edit]) -> None:
    read = lex(text)
    assert read == lex(text, Lexed())
    for edit in edits:
        text = edited(text, edit)
        read = lex(text, read)
        assert read == lex(text)
        assert tokenize(text) == read.tokens


@law
@given(TEXTS, EDITS)
@example("limit |", [(1.0, 1.0, "|")])
@example("a = 1 | sort b", [(0.0, 0.0, " "), (0.5, 0.5, "| ")])
def test_nor_does_it_change_what_is_parsed(text: str, edits: list[Edit]) -> None:
    texts = [text]
    for edit in edits:
        texts.append(edited(texts[-1], edit))
    after_edits = [told(each) for each in texts]
    for each, found in zip(texts, after_edits, strict=True):
        parser.parse_tolerant.cache_clear()
        parser._read.cache_clear()
        assert told(each) == found


def told(text: str) -> object:
    """All that the parser says of a text, the places too."""
    parsed = parser.parse_tolerant(text)
    nodes = [
        (type(node).__name__, node.span, repr(node))
        for command in parsed.pipeline.commands
        for node in (command, *(below for below, _ in ast.walk(command)))
    ]
    chunks = [command.chunk for command in parsed.pipeline.commands]
    errors = [(str(error), error.span) for error in parsed.errors]
    return nodes, chunks, errors, parsed.wrong, parsed.readable


@given(TEXTS, TEXTS)
def test_nor_does_another_text(text: str, other: str) -> None:
    assert lex(text, lex(other)) == lex(text)


@given(TEXTS)
def test_the_tokens_are_the_text(text: str) -> None:
    assert "".join(token.text for token in tokenize(text)) == text
    assert [token.start for token in tokenize(text)][1:] == [t.end for t in tokenize(text)][:-1]

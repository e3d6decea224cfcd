"""The laws of completion: it never fails, and what it offers is a word of its own where it goes."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT
from flowtui.query.complete import Completion, complete
from flowtui.query.lexer import TokenKind, tokenize
from tests.property.query_strategies import SOURCES, mistyped

TEXTS = SOURCES | mistyped() | st.text(max_size=40)
FORMATS = st.sampled_from((ARTICLE_FORMAT, DEFAULT_FORMAT, None))
PIECES = st.sampled_from(
    (
        "fields ", "stats ", "filter ", "sort ", "| ", "action", " = ", '"', "'", "RE", "in [",
        "by ", "bin(", "5", "m", "(", ")", ",", "@", "`", "/", "#", "\n", ".", "as x", "count(*)",
        "$", "{", "SOURCE ", "join type=", "protocol", "1.5", "tcp_flags",
    )
)  # fmt: skip
SOUPS = st.lists(PIECES, max_size=10).map("".join)


@st.composite
def completions(draw: st.DrawFn) -> tuple[str, int, Completion]:
    text = draw(TEXTS | SOUPS)
    offset = draw(st.integers(0, len(text)) | st.just(len(text)))
    return text, offset, complete(text, offset, draw(FORMATS))


@given(completions())
def test_the_span_lies_around_the_cursor(case: tuple[str, int, Completion]) -> None:
    text, offset, completion = case
    start, end = completion.span
    assert 0 <= start <= offset <= end <= len(text)


@given(completions())
@example(("protocol = .5", 11, complete("protocol = .5", 11, None)))
def test_what_is_inserted_is_a_word_of_its_own(case: tuple[str, int, Completion]) -> None:
    text, _, completion = case
    start, end = completion.span
    for choice in completion.choices:
        inserted = text[:start] + choice.insert + text[end:]
        wanted = next(iter(tokenize(choice.insert)))
        found = next(token for token in tokenize(inserted) if token.start == start)
        assert (found.kind, found.text) == (wanted.kind, wanted.text)
        assert wanted.kind is not TokenKind.BROKEN


@given(completions())
def test_no_choice_is_offered_twice(case: tuple[str, int, Completion]) -> None:
    choices = case[2].choices
    assert len(set(choices)) == len(choices)

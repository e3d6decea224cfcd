"""No text, however it was mistyped, makes the language fail otherwise than by its own errors."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.model.errors import QueryError
from flowtui.query.check import check
from flowtui.query.complete import complete
from flowtui.query.formatting import format_query
from flowtui.query.highlight import highlight
from flowtui.query.parser import parse, parse_tolerant
from flowtui.query.prelude import prelude
from flowtui.query.scope import begins_with_source, text_begins_with_source
from tests.property.laws import law
from tests.property.query_strategies import SOURCES, mistyped, word_soup

PIECES = st.sampled_from(
    (*"[](){}|,.;:=<>!~^%+-*/\\'\"`@$#&?_ \n\t\r\0\x1b\x7fé٣🙂\ud800",
     "source '/vpc/a' ", "SOURCE ", "fields ", "stats ", "by ", "filter ", "in [", "not in (",
     "as ", "parse ", "count(", "bin(", "5m", "1e5", "a", "action", "{{p}}", "/x/", "join ")
)  # fmt: skip
SCRAPS = st.lists(PIECES, max_size=8).map("".join)
BEGUN = st.tuples(SOURCES, st.integers(0, 200)).map(lambda drawn: drawn[0][: drawn[1]])
TEXTS = st.one_of(SCRAPS, BEGUN, mistyped(), word_soup(), st.text(max_size=40))
FORMATS = st.sampled_from((ARTICLE_FORMAT, DEFAULT_FORMAT, None))

DEEP = (
    "(" * 10_000, "[" * 10_000, "filter " + "(" * 5_000 + "a" + ")" * 5_000,
    "filter " + "not " * 2_500 + "a", "fields " + "-" * 9_990 + "a", "fields f" + "(f" * 5_000,
    "filter a in (" * 800, "filter a in (fields a " * 450, "stats (" * 1_400, "{{" * 5_000,
    "fields a" + "." * 9_990, "fields a" + "[0" * 5_000, "fields " + "1^" * 5_000,
)  # fmt: skip


def read(text: str, offset: int, flow_format: FlowFormat | None) -> None:
    """All that the editor asks of the language while somebody types."""
    with suppress(QueryError):
        parse(text)
    with suppress(QueryError):
        format_query(text)
    check(text, flow_format)
    complete(text, offset, flow_format)
    list(highlight(text))
    prelude(text, flow_format)


@law
@given(TEXTS, FORMATS, st.floats(0, 1))
@example("[", None, 1)
@example("source '/vpc/a' | |", ARTICLE_FORMAT, 1)
def test_any_text_is_read(text: str, flow_format: FlowFormat | None, where: float) -> None:
    read(text, round(where * len(text)), flow_format)


@pytest.mark.parametrize("text", DEEP, ids=lambda text: text[:12])
def test_what_nests_without_end_is_read_too(text: str) -> None:
    read(text, len(text), ARTICLE_FORMAT)


@law
@given(TEXTS | st.tuples(SCRAPS, TEXTS).map("SOURCE ".join))
@example("| SOURCE 'a'")
@example("# a\n\n  SOURCE 'a' | limit 1")
@example("# SOURCE 'a'\nfields a")
@example("source.a")
@example("source = 1")
@example("SOURCE")
def test_whether_a_text_begins_with_source_is_what_its_commands_say(text: str) -> None:
    assert text_begins_with_source(text) == begins_with_source(parse_tolerant(text).pipeline)

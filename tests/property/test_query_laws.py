"""The laws of the query language: what is printed reads back, what was typed stays."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from types import FrameType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.model.errors import QuerySyntaxError
from flowtui.model.run import Query
from flowtui.query import ast
from flowtui.query.check import check, render
from flowtui.query.highlight import highlight
from flowtui.query.lexer import tokenize
from flowtui.query.parser import parse, parse_tolerant
from flowtui.query.prelude import prelude
from flowtui.query.printer import command_text, to_source, to_text
from flowtui.query.scope import undefined
from tests.property.laws import law
from tests.property.query_strategies import (
    KNOWN_PIPELINES,
    PIPELINES,
    SOURCES,
    mistyped,
    spelled,
    word_soup,
)

INSERTED = ast.Filter(ast.Binary("=", ast.Field("action"), ast.String('it\'s "so"')))
ANY_TEXT = st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1"))


@law
@given(PIPELINES)
@example(ast.Pipeline((ast.Filter(ast.Binary("in", ast.Field("a"), ast.Field("b"))),)))
@example(ast.Pipeline((ast.Filter(ast.Member(ast.Field("a"), "b")),)))
@example(ast.Pipeline((ast.Filter(ast.Member(ast.Call("f"), "٣")),)))
@example(ast.Pipeline((ast.Filter(ast.Regex("x")),)))
@example(ast.Pipeline((ast.Sessionize((ast.Field("a"),), None, ""),)))
def test_what_is_printed_reads_back(pipeline: ast.Pipeline) -> None:
    assert parse(to_text(pipeline)) == pipeline


@law
@given(SOURCES)
def test_printing_is_a_fixed_point(text: str) -> None:
    once = to_text(parse(text))
    assert to_text(parse(once)) == once


@law
@given(st.data(), KNOWN_PIPELINES)
def test_blanks_comments_and_case_mean_nothing(data: st.DataObject, pipeline: ast.Pipeline) -> None:
    assert parse(data.draw(spelled(pipeline))) == pipeline


@law
@given(SOURCES | mistyped())
@example("fields a # why\n  | filter b")
@example('parse @message "* *"\n| as a,\n| b\n| sort a')
def test_what_was_typed_stays_to_the_letter(text: str) -> None:
    pipeline = parse_tolerant(text).pipeline
    assert to_source(pipeline) == (text if pipeline.commands else "")


@law
@given(SOURCES, st.integers(0, 4))
@example("fields a # why\n", 1)
@example("fields a # why", 1)
@example("# title\nsort a", 0)
def test_inserting_a_command_leaves_all_else_to_the_letter(text: str, place: int) -> None:
    pipeline = parse(text)
    place = min(place, len(pipeline.commands))
    commands = (*pipeline.commands[:place], INSERTED, *pipeline.commands[place:])
    changed = to_source(replace(pipeline, commands=commands))
    assert parse(changed).commands == commands
    rest = changed
    for command in commands:
        start, end = command.chunk
        typed = command_text(command) if command is INSERTED else text[start:end].strip()
        assert typed in rest
        rest = rest.partition(typed)[2]


@law
@given(ANY_TEXT | mistyped())
@example("fields '")
@example("filter a /\n/ 2 `")
def test_the_tokens_joined_are_the_text(text: str) -> None:
    tokens = tokenize(text)
    assert "".join(token.text for token in tokens) == text
    assert all(token.text for token in tokens)
    assert [token.start for token in tokens[1:]] == [token.end for token in tokens[:-1]]


@law
@given(mistyped() | ANY_TEXT | word_soup())
@example("filter bin(٣m)")
@example("SOURCE logGroupTags(" + "[" * 5000 + "]" * 5000 + ")")
@example("stats topk(1" + "0" * 400 + ", a)")
@example("limit " + "1" * 5000)
@example("filter bin(" + "1" * 5000 + "m)")
@example('filter "\\q"')
@example("")
@example("# only a comment")
def test_a_slip_of_the_keyboard_parses_or_points_inside_the_text(text: str) -> None:
    for finding in check(text, ARTICLE_FORMAT):
        start, end = finding.span
        assert 0 <= start <= end <= len(text) + 1
        first, line, carets = render(text, finding).split("\n")
        assert carets.strip(" ") == "^" * carets.count("^") != ""
        assert (first + line).isprintable()
        assert len(carets) <= 2 * len(line) + 1
    errors = parse_tolerant(text).errors
    if errors:
        with pytest.raises(QuerySyntaxError):
            parse(text)


@law
@given(mistyped() | ANY_TEXT)
def test_colours_lie_side_by_side_inside_the_text(text: str) -> None:
    pieces = list(highlight(text))
    assert all(piece.start < piece.end <= len(text) for piece in pieces)
    assert all(a.end <= b.start for a, b in pairwise(pieces))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("filter " + "(" * 10_000, id="brackets"),
        pytest.param("filter " + "f(" * 5_000, id="calls"),
        pytest.param("filter " + "[" * 10_000, id="lists"),
        pytest.param("filter " + "not " * 2_500, id="nots"),
        pytest.param("filter " + "-" * 10_000, id="minuses"),
        pytest.param("filter " + "+".join("a" * 5_000), id="sums"),
        pytest.param("filter " + " or ".join("a" * 2_000), id="conditions"),
        pytest.param("filter " + "(" * 90 + "+a)+a+a+a" * 90, id="brackets of sums"),
        pytest.param("filter a" + ".`b`" * 2_500, id="path"),
        pytest.param("filter f(a)" + "[0]" * 3_000, id="indexes"),
        pytest.param("|" * 10_000, id="pipes"),
        pytest.param("fields a" + "|fields a" * 1_000, id="commands"),
        pytest.param("fields " + ",".join("a" * 5_000), id="items"),
        pytest.param("fields a # why\n" * 600, id="comments"),
        pytest.param('\\"\n' * 3_000, id="texts that never end"),
        pytest.param("\\/\n" * 3_000, id="regular expressions that never end"),
        pytest.param("`" * 9_999, id="backticks"),
        pytest.param("a." * 5_000, id="dots"),
        pytest.param("9" * 10_000, id="digits"),
        pytest.param(bytes(range(256)).decode("latin-1") * 40, id="binary"),
        pytest.param("\ud800" * 10_000, id="lone surrogates"),
    ],
)
def test_long_texts_are_read_to_the_end(text: str) -> None:
    """A deep tree would end in a RecursionError here or in whatever walks it later."""
    parsed = parse_tolerant(text)
    check(text, ARTICLE_FORMAT)
    undefined(parsed.pipeline)
    assert to_source(parsed.pipeline) == text
    if not parsed.errors:
        assert parse(to_text(parsed.pipeline)) == parsed.pipeline


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(lambda n: "|" * n, id="pipes"),
        pytest.param(lambda n: ",|" * n, id="commas and pipes"),
        pytest.param(lambda n: "fields " + ", ".join(f"f{i}()" for i in range(n)), id="functions"),
        pytest.param(lambda n: "fields " + ", ".join(f"f{i}" for i in range(n)), id="fields"),
        pytest.param(
            lambda n: "fields " + "|fields ".join(f"1 as f{i}" for i in range(n)), id="as"
        ),
        pytest.param(lambda n: "filter a = 1|filter b = |" * n, id="broken commands"),
        pytest.param(lambda n: "filter a in [" + '"1/2", ' * n + "1]", id="list"),
        pytest.param(lambda n: "stats count(*) by a | sort " + ", ".join("b" * n), id="gone"),
        pytest.param(lambda n: 'parse "' + "*" * n + '" as ' + ", ".join("a" * n), id="names"),
        pytest.param(lambda n: "parse /" + "(?<a>[[:" * n + "/", id="regular expression"),
        pytest.param(lambda n: "([)]'\"`/" * n, id="brackets and quotes"),
        pytest.param(lambda n: "dedup a|estimate|diff|" * n, id="order"),
        pytest.param(lambda n: "stats sum(a)|" * n, id="stats"),
        pytest.param(lambda n: "fields a-b-c, " * n + "a", id="hyphens"),
    ],
)
def test_twice_the_text_takes_twice_the_steps(piece: Callable[[int], str]) -> None:
    """Steps are function calls: a clock would measure the machine."""
    once, twice = (_steps(piece(size)) for size in (150, 300))
    assert twice < 2.5 * once


def _steps(text: str) -> int:
    for cache in (tokenize, parse_tolerant):
        cache.cache_clear()
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        for finding in check(text, ARTICLE_FORMAT)[:1]:
            render(text, finding)
        for _ in highlight(text):
            pass
    finally:
        sys.setprofile(before)
    return calls


@law
@given(SOURCES, st.sampled_from((ARTICLE_FORMAT, DEFAULT_FORMAT)))
def test_a_query_with_its_prelude_needs_no_other(body: str, flow_format: FlowFormat) -> None:
    written = prelude(body, flow_format)
    query = Query(body, None, prelude=written)
    if written:
        assert prelude(query.text, flow_format) == ""
        assert parse(query.text).commands[1:] == parse(body).commands
    else:
        assert query.text == body

"""The laws of formatting: it changes how a query looks, and nothing of what it means."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.model.errors import QuerySyntaxError
from flowtui.query import ast
from flowtui.query.formatting import format_query, same_place, toggled_comment
from flowtui.query.lexer import TokenKind, tokenize
from flowtui.query.parser import parse, parse_tolerant
from flowtui.query.scope import defined_by
from tests.property.query_strategies import KNOWN_PIPELINES, SOURCES, mistyped, spelled

TEXTS = SOURCES | KNOWN_PIPELINES.flatmap(spelled)


@given(TEXTS)
@example("fields a # why\n  | filter b")
@example("fields a\n\n  # why\n | # what\n filter b # end")
@example("stats sum( a ) ,\n count( * ) # n\n by b")
@example('parse @message "* *"\n| as a,\n| b\n| sort a')
@example("fields sum(a\n# x\n) | limit 5")
@example("# only\nfields a\n# a comment")
@example("filter a = 'x\n  y'  and   b")
def test_formatting_keeps_meaning_literals_and_comments(text: str) -> None:
    formatted = format_query(text)
    assert parse(formatted) == parse(text)
    assert kept(formatted) == kept(text)
    columns = [defined_by(command) for command in parse(formatted).commands]
    assert columns == [defined_by(command) for command in parse(text).commands]


def kept(text: str) -> list[str]:
    return [token.text for token in tokenize(text) if token.kind is not TokenKind.SPACE]


@given(TEXTS)
@example("fields a # why\n| # what\n filter b\n# end\n")
@example("fields a #\r\n | filter b")
@example("fields a in {{b}} . `1.5`, a in {{b}} * 2")
@example("fields a in (unmask(b)), a in (filter (a = 1))")
def test_formatting_twice_is_formatting_once(text: str) -> None:
    once = format_query(text)
    assert format_query(once) == once


@given(TEXTS)
def test_each_command_begins_a_line(text: str) -> None:
    pipeline = parse(format_query(text))
    for command in pipeline.commands[1:]:
        pipe = command.chunk[0] - 1
        assert pipeline.source[pipe] == "|"
        assert pipeline.source[pipe - 1] == "\n"


@given(TEXTS, st.data())
def test_the_cursor_stays_at_its_word(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    formatted = format_query(text)
    before = formatted[: same_place(text, offset, formatted)]
    assert "".join(before.split()) == "".join(text[:offset].split())


@given(mistyped())
def test_what_can_not_be_read_is_refused(text: str) -> None:
    if parse_tolerant(text).errors:
        with pytest.raises(QuerySyntaxError):
            format_query(text)


def test_the_layout() -> None:
    text = """# top pairs
fields   srcaddr,dstaddr|filter action="REJECT"  and   dstport in [ 22,3389 ] # ssh
  # now count
| stats sum( bytes )/60, count(*)   as n, # how many
  max(bytes) as m by srcaddr,bin(5m)

|filter srcaddr in ( SOURCE '/vpc/x'|fields   srcaddr ) | sort n desc,m   # done
# the end
"""
    assert (
        format_query(text)
        == """# top pairs
fields srcaddr, dstaddr
| filter action="REJECT" and dstport in [22, 3389] # ssh
# now count
| stats sum( bytes )/60, count(*) as n, # how many
    max(bytes) as m by srcaddr, bin(5m)
| filter srcaddr in (SOURCE '/vpc/x' | fields srcaddr)
| sort n desc, m # done
# the end"""
    )


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=12), min_size=1))
@example(["", "a"])
@example(["# a", "  b"])
@example(["  a", "    b"])
@example([""])
def test_a_comment_that_is_toggled_twice_is_what_it_was(lines: list[str]) -> None:
    once = toggled_comment(lines)
    written = [line for line in lines if line.strip()]
    if not written or not all(line.lstrip().startswith("#") for line in written):
        assert toggled_comment(once) == lines


@pytest.mark.parametrize(
    ("lines", "toggled"),
    [
        (["fields a", "  | sort b"], ["# fields a", "#   | sort b"]),
        (["  fields a", "", "    | sort b"], ["  # fields a", "", "  #   | sort b"]),
        (["# a", "#b", "#  c"], ["a", "b", " c"]),
        (["# a", "b"], ["# # a", "# b"]),
        ([""], ["# "]),
    ],
)
def test_a_comment_has_a_blank_and_stands_at_the_margin(
    lines: list[str], toggled: list[str]
) -> None:
    assert toggled_comment(lines) == toggled


@given(SOURCES)
def test_a_commented_query_is_empty(text: str) -> None:
    commented = "\n".join(toggled_comment(text.split("\n")))
    kinds = Counter(token.kind for token in tokenize(commented))
    assert set(kinds) <= {TokenKind.COMMENT, TokenKind.SPACE}
    assert parse_tolerant(commented).pipeline == ast.Pipeline(())

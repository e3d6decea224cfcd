from __future__ import annotations

import pytest

from flowtui.query.lexer import TokenKind, tokenize


def kinds(text: str) -> list[tuple[str, str]]:
    return [
        (token.kind.value, token.text) for token in tokenize(text) if token.kind != TokenKind.SPACE
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# a | b\nc", [("comment", "# a | b"), ("name", "c")]),
        ("'it''s'", [("string", "'it'"), ("string", "'s'")]),
        (r'"a \"b\" # c"', [("string", r'"a \"b\" # c"')]),
        ("@message @@x a.0.b", [("name", "@message"), ("name", "@@x"), ("name", "a.0.b")]),
        ("@`a-b`.`c d`.e", [("quoted", "@`a-b`.`c d`.e")]),
        ("5m 5 m 1e5 .5 2.25", [
            ("period", "5m"), ("number", "5"), ("name", "m"),
            ("number", "1e5"), ("number", ".5"), ("number", "2.25"),
        ]),
        ("{{ action }}", [("template", "{{ action }}")]),
        ("a==b!=c<=d=~e", [
            ("name", "a"), ("operator", "=="), ("name", "b"), ("operator", "!="), ("name", "c"),
            ("operator", "<="), ("name", "d"), ("operator", "=~"), ("name", "e"),
        ]),
    ],
)  # fmt: skip
def test_tokens(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "filter a like /x y/",
        "filter a NOT LIKE /x y/",
        "filter a =~ /x y/",
        "filter f(a, /x y/)",
        "filter a in [/x y/]",
        "filter /x y/",
        "parse @message /x y/ as b",
        "parse /x y/",
        'parse concat("a", b) /x y/',
        "stats count(*) by /x y/",
    ],
)
def test_a_slash_where_a_value_is_due_begins_a_regular_expression(text: str) -> None:
    assert ("regex", "/x y/") in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "stats sum(a) / b / c",
        "fields `a b` / 2 / c",
        "filter 60 / 5m / 2",
        "filter l[1] / 2 / c",
        "parse @message /x/ | filter a / b / c",
    ],
)
def test_a_slash_behind_an_operand_divides(text: str) -> None:
    assert kinds(text).count(("operator", "/")) == 2


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ('a "b | c\nd', '"b | c'),
        ("a 'b", "'b"),
        ("a `b\n| c", "`b"),
        ("a like /b | c", "/b | c"),
        ("a ~", "~"),
        ("bin(٣m)", "٣"),
        ("\x00", "\x00"),
    ],
)
def test_what_never_ends_is_broken_to_the_end_of_its_line(text: str, broken: str) -> None:
    assert [part for kind, part in kinds(text) if kind == "broken"] == [broken]

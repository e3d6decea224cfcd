from __future__ import annotations

from dataclasses import replace

import pytest

from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.query.printer import expr_text, name_text, string_text, to_source, to_text

ADDED = ast.Filter(ast.Field("x"))


def added_at(text: str, place: int) -> str:
    pipeline = parse(text)
    commands = (*pipeline.commands[:place], ADDED, *pipeline.commands[place:])
    return to_source(replace(pipeline, commands=commands))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("srcaddr", "srcaddr"),
        ("@message", "@message"),
        ("a.0.b", "a.0.b"),
        ("by", "`by`"),
        ("Desc", "`Desc`"),
        ("foo-bar", "`foo-bar`"),
        ("@a b", "@`a b`"),
        ("a`b\\", "`a\\`b\\\\`"),
        ("", "``"),
    ],
)
def test_a_name_is_quoted_where_it_must(name: str, text: str) -> None:
    assert name_text(name) == text


def test_a_text_is_quoted_to_the_letter() -> None:
    assert string_text('a "b"\\ \n é') == '"a \\"b\\"\\\\ \n é"'


@pytest.mark.parametrize(
    "text",
    [
        "(a or b) and not (c or d)",
        "a - (b - c)",
        "(a = b) = c",
        "--a",
        "-(a + b)",
        "(not a) = b",
        "not a = b",
        "a in (b)",
        "(a).b",
        "(f(a).b).c",
        "f(a).b[0][1]",
        "(a + b)[0]",
    ],
)
def test_brackets_stand_where_they_mean_something(text: str) -> None:
    (command,) = parse(f"filter {text}").commands
    assert isinstance(command, ast.Filter)
    assert expr_text(command.condition) == text


@pytest.mark.parametrize("glob", [r"*\t*", r"*\r\n*", r"*\\t*", r"*\f\"*"])
def test_a_glob_keeps_its_tabs_in_sight(glob: str) -> None:
    text = f'parse @message "{glob}" as a, b'
    assert to_text(parse(text)) == text


def test_a_tab_that_was_typed_as_one() -> None:
    typed = parse('parse @message "*\t*" as a, b')
    assert typed == parse('parse @message "*\\t*" as a, b')
    assert to_text(typed) == 'parse @message "*\\t*" as a, b'


def test_the_canonical_text_has_one_command_a_line() -> None:
    text = "WHERE a==1|order by b DESC,c # why\n|HEAD ANY 3|stats count( * ) BY bin( 5 m ) as t"
    assert to_text(parse(text)) == (
        "filter a = 1\n| sort b desc, c\n| limit any 3\n| stats count(*) by bin(5m) as t"
    )


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("fields a | sort b", 1, "fields a\n| filter x\n| sort b"),
        ("fields a  |  sort b", 1, "fields a\n| filter x\n|  sort b"),
        ("fields a\n  | sort b", 1, "fields a\n| filter x\n| sort b"),
        ("fields a\n  | sort b", 0, "filter x\n| fields a\n  | sort b"),
        ("# title\nfields a", 0, "filter x\n| # title\nfields a"),
        ("fields a # why", 1, "fields a # why\n| filter x"),
        ("fields a # why\n", 1, "fields a # why\n| filter x"),
        ("fields a # why\n  | sort b", 2, "fields a # why\n  | sort b\n| filter x"),
    ],
)
def test_a_command_is_put_between_others(text: str, place: int, expected: str) -> None:
    assert added_at(text, place) == expected
    assert ADDED in parse(expected).commands

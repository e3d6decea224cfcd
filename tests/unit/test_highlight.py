"""The role of each name: words only where they are words."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.query.highlight import highlight
from tests.property.query_strategies import SOURCES, mistyped


def roles(text: str, role: str) -> list[str]:
    return [text[piece.start : piece.end] for piece in highlight(text) if piece.role == role]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("filter start = 1 and end in [2] | sort type desc", ["and", "in", "desc"]),
        ("fields start, end as by", ["as"]),
        ("stats count(*) as n by start offset 1h", ["as", "by", "offset"]),
        ("stats count(*) by offset, any", ["by"]),
        ("limit any 5 | fillmissing with 0 for any", ["any", "with", "for"]),
        ("filter a in (SOURCE 'x' start=-1d | filter start = 1) and b in (a, b)",
         ["in", "start", "and", "in"]),
        ("join type=inner left=a right=b where a.x=b.x (filter type = 1)",
         ["type", "left", "right", "where"]),
        ("outlier action=remove action", ["action"]),
        ("parse f logfmt as m | parse /x/ as multi multi", ["logfmt", "as", "as", "multi"]),
        ("lookup t a as type OUTPUT b | unnest a into into", ["as", "OUTPUT", "into"]),
        ("SOURCE logGroups(namePrefix: [], class: []) | fields class", ["namePrefix", "class"]),
        ("sessionize a maxspan 30m as maxspan", ["maxspan", "as"]),
        ("relevantfields a where where = 1", ["where"]),
        ("logcompare timeshift 7d | diff previousDay", ["timeshift", "previousDay"]),
    ],
)  # fmt: skip
def test_words(text: str, words: list[str]) -> None:
    assert roles(text, "word") == words


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("fields a | SORT b", ["fields", "SORT"]),
        ("# c\nsource 'g' | $Saved(a=1) | limit 5", ["source", "$", "limit"]),
        ("filter a in (SOURCE 'g' | fields fields) | limit 5",
         ["filter", "SOURCE", "fields", "limit"]),
        ("filter a in (fields, limit) and (limit = 1)", ["filter"]),
        ("appendcols max=5 (stats count(*)) | sort a", ["appendcols", "stats", "sort"]),
    ],
)  # fmt: skip
def test_commands(text: str, commands: list[str]) -> None:
    assert roles(text, "command") == commands


def test_the_key_of_a_join_is_no_function() -> None:
    assert roles("join left=a right=b where a.x=b.x (fields count(*))", "function") == ["count"]


@given(SOURCES | mistyped(), st.floats(0, 1), st.floats(0, 1))
@example("filter a in (fields b | limit 5) | sort any", 0.5, 1.0)
@example("stats a | limit any 5", 0.5, 0.8)
def test_a_part_is_read_as_in_the_whole(text: str, one: float, other: float) -> None:
    start, end = sorted((round(one * len(text)), round(other * len(text))))
    whole = [piece for piece in highlight(text) if piece.end > start and piece.start < end]
    assert [*highlight(text, start, end)] == whole

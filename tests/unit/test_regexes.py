"""What the scan of a regular expression says, against RE2 itself as DuckDB has it."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.query.regexes import outline
from tests.property.laws import searched

PATTERNS = [
    "a", "(a", "a)", "[a", "[]a]", "[^]a]", "[[:alpha:]]", "[a\\]", r"[\]]", "\\", r"\Q(\E", r"\Q(",
    r"\1", r"\k<a>", r"\0", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "(?#a)", "(?(a)b)",
    "(?i)a", "(?i:a)", "(?-i)a", "(?i-s)a", "(?x)a", "(?)", "(?P<a>b)", "(?P<a", "(?P<>a)",
    "(?P<a-b>c)", "a*", "a*?", "a**", "a++", "a+?", "a{2}", "a{2,}",
    "a{2}{3}", "a{2}?", "a{", "a{,3}", "{2}", "*a", "(*a)", "a|*", "|a", "a|", "()", "^*", "$*",
    r"\b*", "(?i)*", r"\pL", r"\p{Greek}", "é+", "",
]  # fmt: skip


PIECES = (
    *r"ab09.*+?|()[]{}^$\-,:_QEdDwWsSbBAzpxCntkuUé", " ", "\n", "(?:", "(?i)", "(?P<n>", "(?=",
    "[:alpha:]", "[:foo:]", "[:^digit:]", r"\p{Greek}", r"\pL", r"\p{^Lu}", r"\pZx", "{2,3}",
    "{1001}", r"\Q", r"\E", r"\x{10}", r"\x41", r"\x4", r"\x{110000}", r"\123", r"\8", r"\0",
    "a-z", "z-a", r"\d-", "[[", "]]", "[^",
)  # fmt: skip
SOUPS = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_scan_and_re2_agree(pattern: str) -> None:
    assert (not outline(pattern).flaws) == (re2_says(pattern) == "")


@searched(500, ci=500)
@given(SOUPS)
@example("a*(?i)*")
@example("[^]-a]")
def test_they_agree_on_any_pattern_but_on_its_size(pattern: str) -> None:
    said = re2_says(pattern)
    if not any(words in said for words in ("repetition size", "too large")):
        assert (not outline(pattern).flaws) == (said == ""), said


def re2_says(pattern: str) -> str:
    try:
        duckdb.execute("SELECT regexp_matches('', $1)", [pattern])
    except duckdb.Error as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        ("(a)(?<b>c)(?:d)(?i:e)(?P<@f>g)", (None, "b", "@f")),
        (r"\((a[(]\)){2}", (None,)),
        ("a", ()),
    ],
)
def test_groups_that_capture(pattern: str, groups: tuple[str | None, ...]) -> None:
    assert outline(pattern).groups == groups


@pytest.mark.parametrize("pattern", ["(?<a>b)(?<a>c)", "(?<1>a)", "(?<>a)", "(?<a b>c)"])
def test_names_of_groups_that_no_field_could_have(pattern: str) -> None:
    assert len(outline(pattern).flaws) == 1


def test_every_flaw_is_named() -> None:
    flaws = outline(r"(?=a)\1b)**(c").flaws
    assert [flaw.span for flaw in flaws] == [(0, 3), (5, 7), (8, 9), (10, 11), (11, 12)]

"""What the scan of a regular expression says, against RE2 itself as DuckDB has it."""

from __future__ import annotations

import duckdb
import pytest

from flowtui.query.regexes import outline

PATTERNS = [
    "a", "(a", "a)", "[a", "[]a]", "[^]a]", "[[:alpha:]]", "[a\\]", r"[\]]", "\\", r"\Q(\E", r"\Q(",
    r"\1", r"\k<a>", r"\0", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "(?#a)", "(?(a)b)",
    "(?i)a", "(?i:a)", "(?-i)a", "(?i-s)a", "(?x)a", "(?)", "(?P<a>b)", "(?P<a", "(?P<>a)",
    "(?P<a-b>c)", "a*", "a*?", "a**", "a++", "a+?", "a{2}", "a{2,}",
    "a{2}{3}", "a{2}?", "a{", "a{,3}", "{2}", "*a", "(*a)", "a|*", "|a", "a|", "()", "^*", "$*",
    r"\b*", "(?i)*", r"\pL", r"\p{Greek}", "é+", "",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_scan_and_re2_agree(pattern: str) -> None:
    try:
        duckdb.execute("SELECT regexp_matches('', $1)", [pattern])
        is_valid = True
    except duckdb.Error:
        is_valid = False
    assert (not outline(pattern).flaws) == is_valid


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

r"""RE2's expressions in Joni's words: Python's `re` stands for it where both mean the same."""

from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.sql.dialects.joni import NotTranslated, joni, may_backtrack


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("^10[.]", r"\A10[.]"),
        (r"(?i)reject$", r"(?i)reject\z"),
        (r"(?m)^a$", "(?m)^a$"),
        (r"\d+\s\w", r"[0-9]+[\t\n\f\r ][0-9A-Za-z_]"),
        (r"[\d.]", "[0-9.]"),
        (r"\D\S", r"[^0-9][^\t\n\f\r ]"),
        ("[[:alpha:]_]", "[A-Za-z_]"),
        ("[a[b]", r"[a\[b]"),
        ("[]a]", r"[\]a]"),
        ("[^]a]", r"[^\]a]"),
        ("[a&&b]", r"[a\&\&b]"),
        (r"\pN\P{Greek}", r"\p{N}\P{IsGreek}"),
        (r"\p{^Lu}", r"\P{Lu}"),
        (r"\Qa.b\E.", r"a\.b."),
        (r"\v\a", r"\x0B\x07"),
        ("a(?:b|c){2,3}?", "a(?:b|c){2,3}?"),
    ],
)
def test_what_means_something_else_there_is_written_out(written: str, meant: str) -> None:
    assert joni(written) == meant


@pytest.mark.parametrize("written", [r"(?U)a+", r"\C", r"[\D]", "[[:^alpha:]]"])
def test_what_joni_has_no_words_for_is_said(written: str) -> None:
    with pytest.raises(NotTranslated):
        joni(written)


@given(st.text("abc019.-_ []^&|()?+*$", max_size=12), st.text("abc019.-_ []&", max_size=12))
def test_what_python_reads_as_re2_does_finds_the_same(expression: str, text: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of sets in sets, which are not RE2's
            wanted = re.compile(expression, re.ASCII)
    except (re.error, FutureWarning):
        return
    if re.search(r"[+*?}]\+", expression):
        return  # possessive repetitions are not RE2's either
    # Python's \Z is Joni's \z.
    found = re.compile(joni(expression).replace(r"\z", r"\Z"), re.ASCII)
    assert bool(found.search(text)) == bool(wanted.search(text)), joni(expression)


def test_repetitions_in_repetitions_are_seen() -> None:
    assert may_backtrack("(a+)+$")
    assert not may_backtrack("(a|b)+c*")

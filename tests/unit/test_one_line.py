"""A query told on one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.query.ast import Pipeline
from flowtui.query.one_line import one_line
from flowtui.query.printer import to_source, to_text
from tests.property.laws import law
from tests.property.query_strategies import KNOWN_PIPELINES, SOURCES


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ""),
        ("filter a = 1\n| limit 3", "filter a = 1 | limit 3"),
        ("# Who talks?\nstats sum(bytes)  by\n\tsrcaddr", "stats sum(bytes) by srcaddr"),
        ("# only\n# words", "# only # words"),
        ("display a, b, c, d", "display a, b, c, d"),
        ("limit 1\n| display a, b, c, d, `e f`\n| sort a", "limit 1 | display 5 columns | sort a"),
        ("FIELDS a, b, c, d, e", "FIELDS 5 columns"),
        ("fields a, b, c, d, b * 8 as e", "fields a, b, c, d, b * 8 as e"),
        ('parse @message "* * * * *" as a, b, c, d, e', 'parse @message "* * * * *" as 5 fields'),
        ("filter a in [1, 2, 3, 4, 5, 6]", "filter a in [1, 2, 3, 4, 5, 6]"),
        ('filter a like "x | display a, b, c, d, e"', 'filter a like "x | display a, b, c, d, e"'),
        ("| limit 3", "| limit 3"),
    ],
)
def test_it_is_told_without_comments_and_long_lists_of_names(text: str, told: str) -> None:
    assert one_line(text) == told


@law
@given(KNOWN_PIPELINES)
def test_however_a_query_is_laid_out_it_is_told_the_same(pipeline: Pipeline) -> None:
    assert one_line(to_source(pipeline)) == one_line(to_text(pipeline))


@given(SOURCES | st.text())
def test_whatever_is_written_can_be_told(text: str) -> None:
    assert one_line(text) == one_line(text).strip()

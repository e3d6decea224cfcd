"""Which errors show while a query is being written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.query.check import Diagnostic, Severity, check
from flowtui.ui.widgets.editor_colours import line_starts
from flowtui.ui.widgets.findings import (
    ShownFindings,
    moved,
    place_of,
    settled,
    summary,
    worst_by_line,
)
from flowtui.ui.widgets.undo_history import Change

FIRST = Diagnostic("a", Severity.ERROR, "the first", (2, 5))
SECOND = Diagnostic("b", Severity.WARNING, "the [b]second\x1b", (9, 12))
TEXT = "xxxxxxx | xxxx"


@pytest.mark.parametrize(
    ("cursor", "shown"), [(0, (SECOND,)), (5, (SECOND,)), (9, (FIRST,)), (14, (FIRST,))]
)
def test_nothing_new_shows_in_the_command_that_is_written(
    cursor: int, shown: tuple[Diagnostic, ...]
) -> None:
    assert settled((FIRST, SECOND), (), TEXT, cursor) == shown


def test_what_was_shown_stays_wherever_it_has_moved_to() -> None:
    before = Diagnostic("a", Severity.ERROR, "the first", (1, 4))
    assert settled((FIRST,), (before,), TEXT, 4) == (FIRST,)
    assert settled((), (before,), TEXT, 4) == ()


@pytest.mark.parametrize(
    ("text", "span", "place"),
    [
        ("limit 5", (0, 5), (0, 5)),
        ("limit 5", (7, 8), (6, 7)),
        ("limit  ", (6, 7), (4, 5)),
        ("", (0, 0), (0, 0)),
        ("  ", (1, 2), (0, 0)),
    ],
)
def test_there_is_always_something_to_underline(
    text: str, span: tuple[int, int], place: tuple[int, int]
) -> None:
    assert place_of(text, span) == place


@pytest.mark.parametrize(
    ("cursor", "sentence"),
    [
        (0, "✗ 1 error  ! 1 warning"),
        (2, "✗ the first"),
        (5, "✗ the first"),
        (9, "! the [b]second "),
    ],
)
def test_the_sentence_of_what_the_cursor_is_at(cursor: int, sentence: str) -> None:
    assert summary((FIRST, SECOND), cursor).plain == sentence


def test_nothing_is_said_of_a_query_without_errors() -> None:
    assert not summary(check("limit 5"), 0)


@pytest.mark.parametrize(
    ("change", "span"),
    [
        (Change(0, "", "ab"), (6, 9)),
        (Change(0, "abc", ""), (1, 4)),
        (Change(7, "", "x"), (4, 7)),
        (Change(9, "x", ""), (4, 7)),
        (Change(5, "", "xx"), (4, 9)),
        (Change(6, "ab", ""), (4, 6)),
        (Change(2, "abc", "x"), (3, 5)),
    ],
)
def test_a_finding_moves_with_its_text(change: Change, span: tuple[int, int]) -> None:
    (found,) = moved([replace(FIRST, span=(4, 7))], change)
    assert found.span == span


def test_a_finding_goes_with_its_text() -> None:
    assert moved([replace(FIRST, span=(4, 7))], Change(4, "abc", "")) == ()


@given(st.text("ab\n", max_size=12), st.data())
def test_a_finding_stays_in_the_text_and_at_its_characters(text: str, data: st.DataObject) -> None:
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    change = Change(first, text[first:last], data.draw(st.text("xy", max_size=3)))
    after = change.applied(text)
    for finding in moved([replace(FIRST, span=(start, end))], change):
        assert 0 <= finding.span[0] <= finding.span[1] <= len(after)
        if last <= start or first >= end:
            assert after[slice(*finding.span)] == text[start:end]


def test_behind_each_line_stands_the_worst_of_it() -> None:
    text = "one two\nthree\n\nfour"
    warning = replace(SECOND, span=(0, 3))
    error, later = replace(FIRST, span=(4, 7)), replace(FIRST, message="later", span=(8, 9))
    at_the_end = replace(FIRST, span=(len(text), len(text)))
    found = worst_by_line([warning, error, later, at_the_end], text, line_starts(text))
    assert found == {0: error, 1: later, 3: at_the_end}


def test_nothing_new_shows_while_a_command_is_written_and_all_of_it_after_a_rest() -> None:
    shown = ShownFindings()
    shown.take([FIRST, SECOND])
    shown.show(TEXT, 3)
    assert list(shown.shown) == [SECOND]
    shown.show(TEXT, None)
    assert list(shown.shown) == [FIRST, SECOND]
    shown.move(Change(0, "", "\n"), "\n" + TEXT)
    assert [finding.span for finding in shown.shown] == [(3, 6), (10, 13)]
    assert set(shown.marks) == set(shown.notes) == {1}

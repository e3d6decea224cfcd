"""Which errors show while a query is being written."""

from __future__ import annotations

import pytest

from flowtui.query.check import Diagnostic, Severity, check
from flowtui.ui.widgets.findings import place_of, settled, summary

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

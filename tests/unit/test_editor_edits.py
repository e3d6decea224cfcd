"""Changes of lines and words, and what is cut."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.query.formatting import toggled_comment
from flowtui.ui.widgets.editor_edits import (
    KILLS,
    changed_lines,
    indented,
    outdented,
    replaced,
)
from flowtui.ui.widgets.killed_text import KilledText

TEXTS = st.text("ab. \t\n|#", max_size=12)


@st.composite
def places(draw: st.DrawFn) -> tuple[str, tuple[int, int]]:
    text = draw(TEXTS)
    offsets = st.integers(0, len(text))
    return text, (draw(offsets), draw(offsets))


def test_the_cursor_is_behind_what_was_inserted() -> None:
    step = replaced("sort ab", (0, 0), (5, 7), "bytes")
    assert step.change.applied("sort ab") == "sort bytes"
    assert (step.before, step.after) == ((0, 0), (10, 10))


@pytest.mark.parametrize(
    ("change", "text", "caret", "changed", "after"),
    [
        (indented, "a\nb\nc", (2, 2), "a\n  b\nc", (4, 4)),
        (indented, "a\n\nb", (0, 4), "  a\n\n  b", (2, 8)),
        (outdented, "a\n    b", (6, 7), "a\n  b", (4, 5)),
        (outdented, " a\n\tb", (4, 0), "a\nb", (2, 0)),
        (outdented, "   a", (1, 1), " a", (0, 0)),
        (toggled_comment, "  a\n  b", (3, 7), "  # a\n  # b", (5, 11)),
    ],
)
def test_lines_change_at_their_beginnings(
    change: object, text: str, caret: tuple[int, int], changed: str, after: tuple[int, int]
) -> None:
    step = changed_lines(text, caret, change)  # type: ignore[arg-type]  # one of three functions
    assert step.change.applied(text) == changed
    assert step.after == after


@given(places(), st.sampled_from([indented, outdented, toggled_comment]))
@example(("\n", (1, 1)), indented)
def test_the_selection_stays_in_the_text_and_on_its_lines(
    place: tuple[str, tuple[int, int]], change: object
) -> None:
    text, caret = place
    step = changed_lines(text, caret, change)  # type: ignore[arg-type]  # one of three functions
    changed = step.change.applied(text)
    assert changed.count("\n") == text.count("\n")
    for before, after in zip(caret, step.after, strict=True):
        assert 0 <= after <= len(changed)
        assert changed[:after].count("\n") == text[:before].count("\n")


@pytest.mark.parametrize(
    ("what", "text", "cursor", "cut"),
    [
        ("line_end", "sort a desc\nlimit", 6, " desc"),
        ("line_end", "sort a\nlimit", 6, "\n"),
        ("line_end", "sort a", 6, ""),
        ("line_start", "a\nsort b", 7, "sort "),
        ("line_start", "a\nsort b", 2, "\n"),
        ("line_start", "sort", 0, ""),
        ("word_left", "sort dstaddr", 12, "dstaddr"),
        ("word_left", "srcaddr = 10.0.0.1 ", 19, "10.0.0.1 "),
        ("word_left", 'a = "x', 5, '"'),
        ("word_left", "a,, ", 4, ",, "),
        ("word_left", "a\n  ", 4, "  "),
        ("word_left", "a\nb", 2, "\n"),
        ("word_right", "sort dstaddr desc", 4, " dstaddr"),
        ("word_right", "@timestamp, a", 0, "@timestamp"),
        ("word_right", "a  \nb", 1, "  "),
        ("word_right", "a\nb", 1, "\n"),
        ("line", "a\nb\nc", 2, "b\n"),
        ("line", "a\nb", 3, "\nb"),
        ("line", "a", 0, "a"),
    ],
)
def test_what_is_cut(what: str, text: str, cursor: int, cut: str) -> None:
    start, end = KILLS[what](text, cursor)
    assert text[start:end] == cut


@given(TEXTS, st.data(), st.sampled_from(sorted(KILLS)))
def test_a_cut_is_at_the_cursor_and_takes_something_wherever_there_is_something(
    text: str, data: st.DataObject, what: str
) -> None:
    cursor = data.draw(st.integers(0, len(text)))
    start, end = KILLS[what](text, cursor)
    assert 0 <= start <= cursor <= end <= len(text)
    is_left = what in ("line_start", "word_left")
    assert (start < end) == bool(
        text if what == "line" else text[:cursor] if is_left else text[cursor:]
    )


def cuts(text: str, *spans: tuple[int, int, int]) -> str:
    killed = KilledText()
    for start, end, cursor in spans:
        killed.cut(text, (start, end), cursor)
        text = text[:start] + text[end:]
    return killed.text


def test_cuts_in_a_row_add_up() -> None:
    assert cuts("sort a desc", (7, 11, 11), (5, 7, 7)) == "a desc"
    assert cuts("sort a desc", (4, 6, 4), (4, 9, 4)) == " a desc"
    assert cuts("sort a desc", (7, 11, 11), (0, 4, 4)) == "sort"


def test_what_is_copied_stands_alone() -> None:
    killed = KilledText()
    killed.cut("a b", (2, 3), 3)
    killed.copy("x")
    killed.cut("a ", (1, 2), 2)
    assert killed.text == " "

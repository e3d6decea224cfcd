"""How a row of the editor is drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.strip import Strip
from textual.widgets.text_area import WrappedDocument

from flowtui.ui.widgets.editor_painter import Note, paint, rows
from flowtui.ui.widgets.query_document import QueryDocument

BASE, RED, BOLD = Style(bgcolor="black"), Style(color="red"), Style(bold=True)
NOTE = Note("✗", "unknown field dstadr", RED)


def runs(strip: Strip) -> list[tuple[str, Style | None]]:
    return [(segment.text, segment.style) for segment in strip]


def test_styles_add_up_where_layers_lie_over_each_other() -> None:
    strip = paint("abcd", [(0, 3, RED), (2, 9, BOLD)], BASE, 6)
    assert runs(strip) == [
        ("ab", BASE + RED), ("c", BASE + RED + BOLD), ("d", BASE + BOLD), ("  ", BASE),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("width", "row"),
    [
        (40, "sort dstadr   ✗ unknown field dstadr    "),
        (30, "sort dstadr   ✗ unknown field…"),
        (28, "sort dstadr   ✗ unknown fie…"),
        (20, "sort dstadr   ✗     "),
        (14, "sort dstadr   "),
        (12, "sort dstadr "),
    ],
)
def test_a_note_has_what_room_is_left_and_never_a_second_row(width: int, row: str) -> None:
    assert paint("sort dstadr ", [], BASE, width, NOTE).text == row


def test_where_all_of_a_note_has_no_room_it_says_what_was_meant_if_that_has() -> None:
    note = Note("✗", "unknown field dstadr; did you mean dstaddr?", RED, "did you mean dstaddr?")
    rows = [paint("sort ", [], BASE, width, note).text.strip() for width in (60, 40, 25)]
    assert rows == [
        "sort   ✗ unknown field dstadr; did you mean dstaddr?",
        "sort   ✗ did you mean dstaddr?",
        "sort   ✗ unknown field d…",
    ]


def test_a_note_steers_no_terminal() -> None:
    note = Note("!", "a\x1b[2Jb\nc", RED)
    assert paint("x", [], BASE, 20, note).text == "x  ! a·[2Jb·c       "


@given(st.text(st.sampled_from("a中\t\x1b🙂é"), max_size=8), st.integers(0, 30))
def test_a_row_is_as_wide_as_the_editor(text: str, width: int) -> None:
    strip = paint(text, [], BASE, width, NOTE)
    assert strip.cell_length == sum(segment.cell_length for segment in strip) == width


@given(st.lists(st.text("ab ", max_size=12), min_size=1), st.integers(0, 9), st.integers(1, 9))
def test_the_rows_are_the_text_as_it_is_wrapped(lines: list[str], first: int, count: int) -> None:
    document = QueryDocument("\n".join(lines))
    wrapped = WrappedDocument(document, width=5)
    found = rows(wrapped, 0, wrapped.height)
    assert len(found) == wrapped.height
    whole = [
        "".join(lines[r.line][r.start : r.end] for r in found if r.line == at)
        for at in range(len(lines))
    ]
    assert whole == lines
    assert [row.is_last for row in found].count(True) == len(lines)
    assert rows(wrapped, first, count) == found[first : first + count]

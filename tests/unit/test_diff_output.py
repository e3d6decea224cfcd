from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from flowtui.ui.terminal.diff_output import Pen, TerminalMemory

COLUMNS, LINES = 24, 3
STYLES = [Style.parse(text) for text in ("red", "bold on blue", "reverse", "red on white")]

texts = st.text(st.sampled_from("ab 漢字é🙂"), min_size=1, max_size=6)
segments = st.builds(Segment, texts, st.sampled_from([None, *STYLES]), st.none())
strips = st.lists(segments, min_size=1, max_size=3).map(Strip)
placed = st.tuples(st.integers(0, LINES - 1), strips)


def line_strip(strip: Strip) -> Strip:
    """The strip as a whole line, as widgets draw them."""
    return strip.adjust_cell_length(COLUMNS)


def sent(memory: TerminalMemory, y: int, strip: Strip, x: int = 0) -> str:
    return memory.update([(y, x, strip)], ColorSystem.TRUECOLOR)


def show(screen: pyte.Screen, y: int, strip: Strip) -> None:
    """Draw the whole line, as Textual does."""
    drawn = sent(TerminalMemory(), y, strip)
    pyte.Stream(screen).feed(drawn)


@given(st.lists(placed, min_size=1, max_size=8))
def test_what_differs_is_enough(updates: list[tuple[int, Strip]]) -> None:
    memory = TerminalMemory()
    thin, whole = pyte.Screen(COLUMNS, LINES), pyte.Screen(COLUMNS, LINES)
    for y, strip in updates:
        pyte.Stream(thin).feed(sent(memory, y, line_strip(strip)))
        show(whole, y, line_strip(strip))
        assert thin.display == whole.display
        assert thin.buffer == whole.buffer


@given(strips)
def test_what_is_shown_already_is_not_sent(strip: Strip) -> None:
    memory = TerminalMemory()
    assert sent(memory, 1, strip)
    assert sent(memory, 1, Strip(list(strip))) == ""


def test_only_the_changed_cells_are_sent() -> None:
    memory = TerminalMemory()
    sent(memory, 0, Strip([Segment("a" * 20)]))
    assert sent(memory, 0, Strip([Segment("a" * 9 + "b" + "a" * 10)])) == "\x1b[1;10Hb"


def test_a_style_that_looks_the_same_is_not_sent_again() -> None:
    memory = TerminalMemory()
    sent(memory, 0, Strip([Segment("ab", STYLES[0])]))
    offset = Style.from_meta({"offset": (3, 4)})
    assert sent(memory, 0, Strip([Segment("ab", STYLES[0] + offset)])) == ""


def test_a_wide_character_that_lost_a_half_is_sent_again() -> None:
    memory = TerminalMemory()
    wide = Strip([Segment("漢")])
    first = sent(memory, 0, wide)
    sent(memory, 0, Strip([Segment("b")]), x=1)
    assert sent(memory, 0, wide) == first


def test_beside_joined_characters_everything_is_sent_again() -> None:
    memory = TerminalMemory()
    sent(memory, 0, Strip([Segment("e\u0301" + "a" * 20)]))
    again = sent(memory, 0, Strip([Segment("e\u0301" + "a" * 19 + "b")]))
    assert again.startswith("\x1b[1;1He\u0301a")


def test_another_size_forgets_everything() -> None:
    memory = TerminalMemory()
    memory.fit(Size(24, 3))
    first = sent(memory, 0, Strip([Segment("ab")]))
    memory.fit(Size(24, 3))
    assert sent(memory, 0, Strip([Segment("ab")])) == ""
    memory.fit(Size(30, 3))
    assert sent(memory, 0, Strip([Segment("ab")])) == first


@pytest.mark.parametrize(
    ("was", "now", "sent"),
    [
        ("1;38;2;1;2;3;48;2;9;9;9", "1;38;2;4;5;6;48;2;9;9;9", "\x1b[38;2;4;5;6m"),
        ("38;5;7", "1;38;5;7", "\x1b[1m"),
        ("1;31", "31", "\x1b[0;31m"),
        ("2;91;44", "2;44", "\x1b[39m"),
        ("7", "7", ""),
    ],
)
def test_of_a_style_only_what_is_new_is_said(was: str, now: str, sent: str) -> None:
    pen = Pen()
    pen.write((f"\x1b[{was}m", "\x1b[0m"), "a")
    assert pen.write((f"\x1b[{now}m", "\x1b[0m"), "b") == f"{sent}b"
    assert pen.put_down() == "\x1b[0m"
    assert pen.put_down() == ""


def test_what_is_more_than_a_style_stands_alone() -> None:
    pen = Pen()
    pen.write(("\x1b[1m", "\x1b[0m"), "a")
    link = ("\x1b]8;;x\x1b\\", "\x1b]8;;\x1b\\")
    assert pen.write(link, "b") == f"\x1b[0m{link[0]}b{link[1]}"
    assert pen.put_down() == ""


def test_between_two_looks_only_what_differs_is_sent() -> None:
    memory = TerminalMemory()
    red, blue = Style(color="#ff0000", bgcolor="#000000"), Style(color="#0000ff", bgcolor="#000000")
    bold = Style(color="#0000ff", bgcolor="#000000", bold=True)
    strip = Strip([Segment("a", red), Segment("b", blue), Segment("c", bold), Segment("d", red)])
    sent = memory.update([(0, 0, strip)], ColorSystem.TRUECOLOR)
    assert sent == (
        "\x1b[1;1H\x1b[38;2;255;0;0;48;2;0;0;0ma\x1b[38;2;0;0;255mb\x1b[1mc"
        "\x1b[0;38;2;255;0;0;48;2;0;0;0md\x1b[0m"
    )


# Lines that move

WIDE, TALL = 24, 12
_LINES = st.lists(st.integers(0, 30), min_size=TALL, max_size=TALL)


def page(numbers: list[int], border: Style) -> list[tuple[int, int, Strip]]:
    """A line for each number, in two pieces, between borders whose colour is that of the focus."""
    pieces = []
    for y, number in enumerate(numbers):
        text = f" row {number:02} {'日本' * (number % 3)}".ljust(WIDE)
        edge = Segment("│", border)
        head = Strip([edge, Segment(text, STYLES[number % 4])]).adjust_cell_length(WIDE - 4)
        pieces += [(y, 0, head), (y, WIDE - 4, Strip([Segment("   "), edge]))]
    return pieces


def drawn_pages(*pages: list[tuple[int, int, Strip]]) -> tuple[pyte.Screen, str]:
    """The screen after them, and what the last one has sent."""
    memory, screen = TerminalMemory(), pyte.Screen(WIDE, TALL)
    memory.fit(Size(WIDE, TALL))
    text = ""
    for pieces in pages:
        text = memory.update(pieces, ColorSystem.TRUECOLOR)
        pyte.Stream(screen).feed(text)
    return screen, text


@given(_LINES, st.integers(-TALL, TALL), st.integers(0, TALL), _LINES)
def test_lines_that_move_are_moved_to_where_they_belong(
    numbers: list[int], by: int, at: int, others: list[int]
) -> None:
    moved = [*numbers[:at], *others[: max(0, by)], *numbers[at + max(0, -by) :], *others][:TALL]
    before, after = page(numbers, STYLES[0]), page(moved, STYLES[1])
    screen, _ = drawn_pages(before, after)
    whole, _ = drawn_pages(after)
    assert screen.display == whole.display
    assert screen.buffer == whole.buffer


def test_lines_that_have_moved_are_not_sent_again() -> None:
    numbers = list(range(TALL))
    for moved in ([*numbers[3:], 20, 21, 22], [20, 21, 22, *numbers[:-3]]):
        screen, text = drawn_pages(page(numbers, STYLES[0]), page(moved, STYLES[0]))
        assert f"row {numbers[5]:02}" not in text
        assert "row 21" in text
        assert screen.display == drawn_pages(page(moved, STYLES[0]))[0].display


def test_lines_of_which_only_a_part_is_drawn_stay_where_they_are() -> None:
    numbers = list(range(TALL))
    moved = page([*numbers[3:], 20, 21, 22], STYLES[0])
    _, text = drawn_pages(page(numbers, STYLES[0]), [piece for piece in moved if piece[0] != 4])
    assert "\x1b[r" not in text
    _, text = drawn_pages(page(numbers, STYLES[0]), [*moved[:8], *moved[9:]])
    assert "\x1b[r" not in text

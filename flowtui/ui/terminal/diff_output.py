"""Send over the link only the screen cells that changed.

Textual draws whole lines of whole widgets again; over SSH that is what makes an application
feel slow. `DiffOutput` remembers what the terminal shows and sends the difference.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, groupby, repeat
from typing import Any, ClassVar, TypeVar

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.screen import Screen
from textual.strip import Strip

from flowtui.model.frozen import frozen
from flowtui.ui.terminal.line_shift import find_shift

Look = tuple[str, str]
"""The escape sequences that begin and end a style."""

Cell = tuple[str, Look]
"""The content of one cell; the second cell of a wide character has no text."""

Placed = tuple[int, int, Strip]
"""Line, column, and what stands there."""

PLAIN: Look = ("", "")
NOBODY_KNOWS: Cell = ("\0", PLAIN)

_SGR = re.compile(r"\x1b\[([0-9;]+)m")

GAP = 6
"""So many unchanged cells cost less than to move the cursor over them (`ESC [ 12 ; 34 H`)."""

SWITCH = "FLOWTUI_THIN_LINK"
"""The environment variable that turns it off with 0."""

ResultType = TypeVar("ResultType")


@frozen
class Ink:
    """A style as the numbers of SGR that make it."""

    attributes: frozenset[str] = frozenset()
    foreground: str = ""
    background: str = ""


NO_INK = Ink()


class Pen:
    """Writes in the style that it has, and says what is new in another one, and no more.

    So a word in another colour costs its colour, and not all that it shares with its line.
    """

    def __init__(self) -> None:
        self._ink = NO_INK

    def write(self, look: Look, text: str) -> str:
        ink = ink_of(look)
        if ink is None:
            # Such as a link, which has a beginning and an end of its own.
            return f"{self.put_down()}{look[0]}{text}{look[1]}"
        changed = change(self._ink, ink)
        self._ink = ink
        return f"{changed}{text}"

    def put_down(self) -> str:
        """The terminal writes as it did before."""
        was, self._ink = self._ink, NO_INK
        return "\x1b[0m" if was != NO_INK else ""


@lru_cache(maxsize=4096)
def ink_of(look: Look) -> Ink | None:
    """The style of a look; None where it is more than SGR."""
    before, after = look
    if look == PLAIN:
        return NO_INK
    found = _SGR.fullmatch(before)
    if found is None or after != "\x1b[0m":
        return None
    numbers = found[1].split(";")
    attributes, colours = set(), {"3": "", "4": ""}
    while numbers:
        number = numbers.pop(0)
        if number in ("38", "48"):
            count = 4 if numbers[:1] == ["2"] else 2
            colours[number[0]] = ";".join([number, *numbers[:count]])
            del numbers[:count]
        elif number[:-1] in ("3", "9", "4", "10"):
            colours["3" if number[:-1] in ("3", "9") else "4"] = number
        else:
            attributes.add(number)
    return Ink(frozenset(attributes), colours["3"], colours["4"])


@lru_cache(maxsize=4096)
def change(was: Ink, now: Ink) -> str:
    """The sequence that makes one style of the other."""
    if not was.attributes <= now.attributes:
        start, was = ["0"], NO_INK
    else:
        start = []
    numbers = start + sorted(now.attributes - was.attributes)
    if now.foreground != was.foreground:
        numbers.append(now.foreground or "39")
    if now.background != was.background:
        numbers.append(now.background or "49")
    return f"\x1b[{';'.join(numbers)}m" if numbers else ""


class TerminalMemory:
    """The screen of a terminal, as far as it was drawn from here."""

    def __init__(self) -> None:
        self._lines: dict[int, list[Cell]] = {}
        self._looks: dict[Style, Look] = {}
        self._size = Size(0, 0)

    def forget(self) -> None:
        self._lines.clear()
        self._looks.clear()

    def fit(self, size: Size) -> None:
        """The screen of a terminal after its size has changed is unknown."""
        if size != self._size:
            self.forget()
            self._size = size

    def update(self, strips: Iterable[Placed], colors: ColorSystem) -> str:
        """The text to send so that the terminal shows these strips; it is remembered as sent."""
        pieces = [(y, x, self._cells(strip, colors)) for y, x, strip in strips]
        pen, moved = Pen(), self._move(pieces)
        drawn = "".join(self._update_piece(*piece, pen) for piece in pieces)
        return f"{moved}{drawn}{pen.put_down()}"

    def _move(self, pieces: Sequence[tuple[int, int, list[Cell]]]) -> str:
        """Have the terminal move lines that stand elsewhere now, as far as they are drawn whole."""
        lines: dict[int, list[Cell]] = {}
        for y, x, cells in pieces:
            line = lines.setdefault(y, [])
            if len(line) == x:
                line += cells
        width = self._size.width
        whole = {y: line for y, line in lines.items() if len(line) == width}
        shift = find_shift(self._lines, whole)
        if shift is None:
            return ""
        unknown = [NOBODY_KNOWS] * width
        before, places = self._lines, ((y, shift.source(y)) for y in self._lines)
        self._lines = {y: list(unknown) if at is None else before[at] for y, at in places}
        return shift.sequence

    def _update_piece(self, y: int, x: int, new: list[Cell], pen: Pen) -> str:
        line = self._lines.setdefault(y, [])
        missing = x + len(new) - len(line)
        line.extend(repeat(NOBODY_KNOWS, missing))
        old = line[x : x + len(new)]
        if old == new:
            return ""
        line[x : x + len(new)] = new
        if missing >= len(new):
            # Where nothing is known there is nothing to compare: the first frame.
            return _draw(y, x, new, pen)
        return "".join(
            _draw(y, x + start, new[start:end], pen) for start, end in _changes(old, new)
        )

    def _cells(self, strip: Strip, colors: ColorSystem) -> list[Cell]:
        cells: list[Cell] = []
        for text, style, control in strip:
            if control is None or not control:
                cells += zip(_characters(text), repeat(self._look(style, colors)), strict=False)
        return cells

    def _look(self, style: Style | None, colors: ColorSystem) -> Look:
        if style is None:
            return PLAIN
        look = self._looks.get(style)
        if look is None:
            # Rendered around a character that is in no escape sequence.
            before, _, after = Strip.render_style(style, "\0", color_system=colors).partition("\0")
            look = self._looks[style] = (before, after)
        return look


def _characters(text: str) -> Iterable[str]:
    """One entry a cell; what joins several code points or cells begins with the whole of it."""
    if text.isascii():
        return text
    entries: list[str] = []
    for character in text:
        width = cell_len(character)
        if width == 0 and entries:
            lead = max(i for i, entry in enumerate(entries) if entry)
            entries[lead] += character
        else:
            entries += [character, *repeat("", width - 1)]
    total = cell_len(text)
    # Where joined emoji are narrower than their parts, the text is one unit.
    return entries if len(entries) == total else [text, *repeat("", total - 1)][:total]


def _changes(old: list[Cell], new: list[Cell]) -> Iterator[tuple[int, int]]:
    """Ranges of cells that differ; they begin with whole characters."""
    # Terminals disagree on how wide joined characters are: nothing beside them stays put.
    if any(len(character) > 1 for character, _ in chain(old, new)):
        yield 0, len(new)
        return
    changed = [i for i, (was, now) in enumerate(zip(old, new, strict=True)) if was != now]
    start = end = -1
    for i in changed:
        if start >= 0 and i - end > GAP:
            yield _lead(new, start), end
            start = -1
        start, end = (i if start < 0 else start), i + 1
    if start >= 0:
        yield _lead(new, start), end


def _lead(cells: list[Cell], start: int) -> int:
    """Where the character of the cell at `start` begins."""
    while start > 0 and not cells[start][0]:
        start -= 1
    return start


def _draw(y: int, x: int, cells: list[Cell], pen: Pen) -> str:
    runs = (
        pen.write(look, "".join(character for character, _ in run))
        for look, run in groupby(cells, key=lambda cell: cell[1])
    )
    return f"\x1b[{y + 1};{x + 1}H{''.join(runs)}"


def _placed(update: CompositorUpdate) -> Iterator[Placed] | None:
    """The strips of an update; None for a kind that does not say where they stand."""
    match update:
        case LayoutUpdate():
            return _layout_strips(update)
        case ChopsUpdate():
            return _chopped_strips(update)
        case _:
            return None


def _layout_strips(update: LayoutUpdate) -> Iterator[Placed]:
    for y, strips in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in strips:
            yield y, x, strip
            x += strip.cell_length


def _chopped_strips(update: ChopsUpdate) -> Iterator[Placed]:
    for y, left, right in update.spans:
        pieces = zip(update.chop_ends[y], update.chops[y].items(), strict=False)
        for end, (x, strip) in pieces:
            if strip is not None and x <= right and end > left:
                yield y, x, strip


class _Difference(CompositorUpdate):
    def __init__(self, text: str) -> None:
        self._text = text

    def render_segments(self, console: Console) -> str:  # noqa: ARG002  (Textual's signature)
        return self._text


class DiffOutput(App[ResultType]):
    """An application that sends only what changed; everything else is Textual's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+l", "repaint", "Repaint", show=False, id="repaint",
            tooltip="Draw the screen anew",
        ),
    ]  # fmt: skip

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._memory = TerminalMemory()
        self._is_thin = os.environ.get(SWITCH) != "0"

    def on_mount(self) -> None:
        """Another program may have written on the terminal while this one was suspended."""
        self.app_resume_signal.subscribe(self, lambda _: self.action_repaint())

    def action_repaint(self) -> None:
        """Draw everything again, whatever the terminal is thought to show."""
        self._memory.forget()
        self.refresh(layout=True)

    # The one private method of Textual that this overrides; tests/terminal compares the outcome
    # with that of the original, cell by cell.
    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if not self._is_thin or not self._will_write or renderable is None:
            super()._display(screen, renderable)
            return
        strips = _placed(renderable) if isinstance(renderable, CompositorUpdate) else None
        if strips is None:
            self._memory.forget()
            super()._display(screen, renderable)
            return
        self._memory.fit(self.size)
        text = self._memory.update(strips, self.console._color_system or ColorSystem.TRUECOLOR)  # noqa: SLF001
        if text or self._cursor_moved:
            super()._display(screen, _Difference(text))  # type: ignore[arg-type]  # as Textual does
        else:
            self.post_display_hook()

    @property
    def _will_write(self) -> bool:
        """Whether the original would write; what is not written must not be remembered."""
        driver = self._driver
        can_write = self._running and not self._closed and not self.is_headless
        return can_write and not self._batch_count and driver is not None and not driver.is_inline

    @property
    def _cursor_moved(self) -> bool:
        position = self.screen.outer_size.clamp_offset(self.cursor_position)
        return position != self._previous_cursor_position

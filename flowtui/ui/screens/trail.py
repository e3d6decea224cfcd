"""All steps of the investigation as a tree: to go to any of them, and to pin those that tell it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from flowtui.engine.trail import Step, Trail
from flowtui.model.frozen import frozen
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog, cells_inside
from flowtui.ui.text import clean
from flowtui.ui.widgets.run_status import describe_end, describe_time

HINT = "Enter goes there, without a scan; p pins it"
SIGNS = {(False, False): "○", (False, True): "◇", (True, False): "●", (True, True): "◆"}
"""The mark of a step, by whether it is the current one and whether it is pinned."""
INDENT = 2
DEEPEST = 8
"""No step is indented by more levels."""


@frozen
class Wish:
    """What came of looking at the trail."""

    step: int | None
    """The index of the step to go to; None is to stay."""
    pinned: frozenset[int]
    """The indexes of the pinned steps."""


class TrailScreen(Dialog[Wish]):
    DEFAULT_CSS = DIALOG_CSS.format(name="TrailScreen")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,t", "close", "Close"),
        Binding("p", "pin", "Pin", tooltip="The export takes the pinned steps, if there are any"),
    ]

    def __init__(self, trail: Trail, cost: str, zone: tzinfo = UTC) -> None:
        """`cost` is what the session has scanned so far, in words; empty if that is no matter."""
        super().__init__()
        self._trail, self._cost, self._zone = trail, cost, zone
        self._order = list(trail.tree())
        self._pinned = {at for at, step in enumerate(trail.steps) if step.is_pinned}

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = f"Trail: {self._cost}" if self._cost else "Trail"
            box.border_subtitle = HINT
            yield OptionList(*(Option(self._described(place)) for place in range(len(self._order))))

    def on_mount(self) -> None:
        super().on_mount()
        here = [index for index, _ in self._order].index(self._trail.at)
        self.query_one(OptionList).highlighted = here

    def _described(self, place: int) -> Content:
        index, depth = self._order[place]
        steps = self._trail.steps
        sign = SIGNS[index == self._trail.at, index in self._pinned]
        days = {step.run.started.astimezone(self._zone).date() for step in steps}
        clock = "%H:%M:%S" if len(days) == 1 else "%m-%d %H:%M:%S"
        asked = f"{steps[index].run.started.astimezone(self._zone):{clock}}"
        told = described(steps[index], asked, self._zone, is_pinned=index in self._pinned)
        cells = cells_inside(self.app.size.width)
        return Content("\n").join(_hanging(told, sign, min(depth, DEEPEST) * INDENT, cells))

    def action_pin(self) -> None:
        listing = self.query_one(OptionList)
        if (place := listing.highlighted) is not None:
            self._pinned ^= {self._order[place][0]}
            listing.replace_option_prompt_at_index(place, self._described(place))

    def action_close(self) -> None:
        self.dismiss(Wish(None, frozenset(self._pinned)))

    @on(OptionList.OptionSelected)
    def take(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(Wish(self._order[message.option_index][0], frozenset(self._pinned)))


def described(step: Step, asked: str, zone: tzinfo, *, is_pinned: bool) -> tuple[str, str, str]:
    """The title; `12:04:10  04-01 11:00-12:00 UTC  20 rows, complete`; and the note."""
    run = step.run
    facts = [
        asked,
        describe_time(run.window, zone, is_short=True),
        describe_end(run.latest.state, step.rows),
        "pinned" if is_pinned else "",
    ]
    return (
        clean(step.title),
        "  ".join(fact for fact in facts if fact),
        clean(" ".join(step.note.split())),
    )


def _hanging(told: tuple[str, str, str], sign: str, indent: int, cells: int) -> Iterator[Content]:
    """The lines of a step; what has no room goes on below its first word."""
    margin = " " * (indent + len(sign) + 1)
    for first, text, style in zip(
        (f"{' ' * indent}{sign} ", margin, margin), told, ("", "$text-muted", "italic"), strict=True
    ):
        wrapped = textwrap.wrap(text, cells, initial_indent=first, subsequent_indent=margin)
        yield from (Content.styled(line, style) for line in wrapped)

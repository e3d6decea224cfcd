"""All steps of the investigation as a tree, to go to any of them."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from flowtui.engine.trail import Step, Trail
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog
from flowtui.ui.text import clean
from flowtui.ui.widgets.run_status import describe_end


class TrailScreen(Dialog[int | None]):
    """Returns the index of the step that was chosen."""

    DEFAULT_CSS = DIALOG_CSS.format(name="TrailScreen")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,t", "dismiss(None)", "Close")]

    def __init__(self, trail: Trail, cost: str) -> None:
        """`cost` is what the session has scanned so far, in words; empty if that is no matter."""
        super().__init__()
        self._trail, self._cost = trail, cost
        self._order = list(trail.tree())

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = f"Trail: {self._cost}" if self._cost else "Trail"
            box.border_subtitle = "Enter goes there, without a scan"
            options = (
                Option(
                    Content(
                        describe(self._trail.steps[index], depth, is_here=index == self._trail.at)
                    )
                )
                for index, depth in self._order
            )
            yield OptionList(*options)

    def on_mount(self) -> None:
        here = [index for index, _ in self._order].index(self._trail.at)
        self.query_one(OptionList).highlighted = here

    @on(OptionList.OptionSelected)
    def take(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(self._order[message.option_index][0])


def describe(step: Step, depth: int, *, is_here: bool) -> str:
    """`● 172.31.1.247 → 3.230.172.154   20 rows, complete   the note`."""
    parts = [
        f"{'  ' * depth}{'●' if is_here else '○'} {clean(step.title)}",
        describe_end(step.run.latest.state, step.rows),
        clean(" ".join(step.note.split())),
    ]
    return "   ".join(part for part in parts if part)

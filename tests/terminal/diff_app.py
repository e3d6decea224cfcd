"""A small application with what the diff output must get right."""

from __future__ import annotations

import os
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Header, Input, Static, TextArea

from flowtui.model.run import ResultSet
from flowtui.ui.terminal.diff_output import DiffOutput
from flowtui.ui.widgets.grid.result_grid import ResultGrid

ACKNOWLEDGED = "\x1b]777;drawn\x07"
"""What terminals ignore."""
WIDE = "漢字 e\u0301 🙂 ok"


def results(rows: int) -> ResultSet:
    columns = ("srcaddr", "note", *(f"field_{i}" for i in range(10)), "bytes")
    return ResultSet(
        columns,
        tuple(
            (
                f"10.0.{i // 250}.{i % 250}",
                "漢字" if i % 5 == 0 else "x",
                *map(str, range(10)),
                str(i),
            )
            for i in range(rows)
        ),
    )


class DiffApp(DiffOutput[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "toast", "Toast"),
        Binding("f3", "swap", "Swap"),
        Binding("f4", "wide", "Wide"),
        Binding("f6", "hide", "Hide"),
        Binding("f7", "spoil", "Spoil"),
        Binding("f8", "acknowledge", show=False),
    ]
    CSS = "TextArea { height: 5; } Static { height: 1; }"

    def compose(self) -> ComposeResult:
        yield Header()
        yield Input("name")
        yield TextArea("stats sum(bytes) by srcaddr\n" + WIDE)
        yield Static("plain text", id="line", markup=False)
        yield ResultGrid()
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False
        self.query_one(TextArea).cursor_blink = False
        self.query_one(ResultGrid).show(results(100))
        self.query_one(ResultGrid).focus()

    def action_toast(self) -> None:
        self.notify("a note over the grid 漢字", timeout=600, markup=False)

    def action_swap(self) -> None:
        self.query_one(ResultGrid).show(results(7))

    def action_wide(self) -> None:
        line = self.query_one("#line", Static)
        line.update(f"{WIDE} and {WIDE}" if str(line.content) != WIDE else "narrow again")

    def action_hide(self) -> None:
        self.query_one(TextArea).display = not self.query_one(TextArea).display

    def action_spoil(self) -> None:
        """Write over the screen as another program would."""
        os.write(1, b"\x1b[2J\x1b[Hspoilt")

    def action_acknowledge(self) -> None:
        """Say that the keys before have been handled and drawn."""
        driver = self._driver
        assert driver is not None
        self.call_after_refresh(driver.write, ACKNOWLEDGED)


if __name__ == "__main__":
    App.ENABLE_COMMAND_PALETTE = False
    DiffApp().run()

"""Asks for the file that rows go to, and completes its path."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from flowtui.engine.saved_rows import FORMATS, check_name, path_of
from flowtui.model.errors import UsageError
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog, say
from flowtui.ui.text import clean

HINT = (
    f"The ending says the format: {' '.join(FORMATS)}\nTab completes the path; all rows are saved"
)
MOST_NAMED = 8
"""So many names are listed that a path may go on with."""


class SaveRowsScreen(Dialog[str | None]):
    """Returns the path as it was written."""

    DEFAULT_CSS = DIALOG_CSS.format(name="SaveRowsScreen") + (
        "SaveRowsScreen .error { color: $error; height: auto; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("tab", "complete", "Complete", priority=True),
    ]

    def __init__(self, proposed: str, folder: Path) -> None:
        """`folder` is what a relative path begins in."""
        super().__init__()
        self._proposed, self._folder = proposed, folder

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Save the rows to a file"
            yield Input(self._proposed, select_on_focus=False)
            yield Static("", classes="names")
            yield Static(Content(HINT), classes="hint")

    def on_mount(self) -> None:
        super().on_mount()
        field = self.query_one(Input)
        field.cursor_position = len(field.value)

    def action_complete(self) -> None:
        field = self.query_one(Input)
        with self.prevent(Input.Changed):
            field.value, names = completed(field.value, self._folder)
        field.cursor_position = len(field.value)
        more = f"  … {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        self._say(f"{'  '.join(map(clean, names[:MOST_NAMED]))}{more}", is_error=False)

    @on(Input.Changed)
    def forget_names(self) -> None:
        self._say("", is_error=False)

    @on(Input.Submitted)
    def take(self, message: Input.Submitted) -> None:
        try:
            check_name(path_of(message.value.strip(), self._folder), overwrites=True)
        except UsageError as error:
            self._say(str(error), is_error=True)
        else:
            self.dismiss(message.value.strip())

    def _say(self, text: str, *, is_error: bool) -> None:
        where = self.query_one(".names", Static)
        where.set_class(is_error, "error")
        say(where, text)


def completed(text: str, folder: Path) -> tuple[str, Sequence[str]]:
    """The path as far as it can only go on in one way, and the names that it may go on with."""
    head, begun = os.path.split(text)
    try:
        place = path_of(head, folder)
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        names = [
            f"{entry.name}/" if entry.is_dir() else entry.name
            for entry in entries
            if entry.name.startswith(begun) and (begun or not entry.name.startswith("."))
        ]
    except (OSError, ValueError, UsageError):
        return text, ()
    if not names:
        return text, ()
    common = os.path.commonprefix(names)  # noqa: RUF071  (of names, not of paths)
    return text[: len(text) - len(begun)] + common, names if len(names) > 1 else ()

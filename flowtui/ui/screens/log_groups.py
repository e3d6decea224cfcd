"""The log-group picker: type to filter, space marks, Enter takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from flowtui.backends.base import Catalog, LogGroup
from flowtui.model.errors import FlowtuiError
from flowtui.ui.screens.dialogs import DIALOG_CSS
from flowtui.ui.text import clean, human_bytes

MOST_GROUPS = 50
"""StartQuery takes no more (insights-ql.md section 4)."""


class FilterInput(Input):
    """Leaves the space bar to the list below it."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return key != "space" and super().check_consume_key(key, character)


class LogGroupsScreen(ModalScreen[tuple[str, ...] | None]):
    """Returns the marked groups, or the one under the cursor; None if nothing was taken.

    Until the space bar was used, another group under the cursor is what is meant.
    """

    DEFAULT_CSS = DIALOG_CSS.format(name="LogGroupsScreen")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", priority=True),
        Binding("space", "mark", "Mark", priority=True),
        Binding("enter", "take", "Take", priority=True),
        Binding("down", "move('down')", "Down", show=False, priority=True),
        Binding("up", "move('up')", "Up", show=False, priority=True),
        Binding("pagedown", "move('page_down')", "Page down", show=False, priority=True),
        Binding("pageup", "move('page_up')", "Page up", show=False, priority=True),
    ]

    def __init__(self, catalog: Catalog, marked: Sequence[str]) -> None:
        super().__init__()
        self._catalog = catalog
        self._marked = dict.fromkeys(marked)
        self._has_marked = False
        self._groups: dict[str, LogGroup] = {}
        self._state = "loading"

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Log groups"
            yield FilterInput(placeholder="type to filter")
            yield OptionList()
            yield Static(classes="hint")

    def on_mount(self) -> None:
        self._load()

    @work
    async def _load(self) -> None:
        """Show each page as it arrives."""
        try:
            async for page in self._catalog.log_groups():
                self._groups |= {group.name: group for group in page}
                self._show()
            self._state = ""
        except FlowtuiError as error:
            self._state = str(error)
        self._show()

    @on(Input.Changed)
    def _show(self) -> None:
        listing = self.query_one(OptionList)
        cursor = listing.highlighted_option
        shown = self._matching()
        listing.clear_options()
        listing.add_options([Option(self._line(group), id=group.name) for group in shown])
        names = [group.name for group in shown]
        wanted = [*([cursor.id] if cursor is not None else []), *self._marked]
        if names:
            listing.highlighted = next((names.index(n) for n in wanted if n in names), 0)
        self.query_one(".hint", Static).update(Content(self._hint(len(shown))))

    def _matching(self) -> list[LogGroup]:
        words = self.query_one(Input).value.lower().split()
        groups = self._groups.values()
        return [group for group in groups if all(w in group.name.lower() for w in words)]

    def _line(self, group: LogGroup) -> Content:
        mark = "[x]" if group.name in self._marked else "[ ]"
        size = human_bytes(group.stored_bytes) if group.stored_bytes is not None else ""
        fields = f"{len(group.format.fields)} fields" if group.format else ""
        return Content(f"{mark} {clean(group.name)}   {size}   {fields}".rstrip())

    def _hint(self, shown: int) -> str:
        parts = [f"{shown} of {len(self._groups)} groups, {len(self._marked)} marked"]
        if self._state:
            parts.append(clean(self._state))
        return "; ".join(parts) + ". Space marks, Enter takes, Escape closes."

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{'cursor_' if len(how) < 5 else ''}{how}")()

    def action_mark(self) -> None:
        name = self._cursor()
        if name is None:
            return
        self._has_marked = True
        if name in self._marked:
            del self._marked[name]
        elif len(self._marked) < MOST_GROUPS:
            self._marked[name] = None
        else:
            self._state = f"a query takes at most {MOST_GROUPS} log groups"
        self._show()

    def action_take(self) -> None:
        name = self._cursor()
        taken = tuple(self._marked)
        if name is not None and name not in taken and not (taken and self._has_marked):
            taken = (name,)
        self.dismiss(taken or None)

    def _cursor(self) -> str | None:
        option = self.query_one(OptionList).highlighted_option
        return None if option is None else option.id

"""The dialogue of one row: its fields, and the rows before and after without closing it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from flowtui.model.frozen import frozen
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog
from flowtui.ui.screens.row_detail import Field
from flowtui.ui.text import clean, fitted
from flowtui.ui.widgets.field_list import FieldList


@frozen
class Shown:
    """The rows as they are shown from top to bottom."""

    count: int
    fields: Callable[[int], Sequence[Field]]
    """Those of the row at a place."""
    line: Callable[[int], str]
    """The raw line of the row, or the row as JSON where it is not whole."""
    copy: Callable[[str], Awaitable[str]]
    """Copies a text, and says what was done."""


@frozen
class Left:
    """Where the user has left the dialogue, and what is to be done with the field there."""

    place: int
    name: str = ""
    value: str = ""
    kind: str = ""
    """`include` or `exclude`; empty where nothing is to be done."""


HINT = "n p other rows  + - filter  y copies the value, Y the line"


class RowScreen(Dialog[Left]):
    DEFAULT_CSS = (
        DIALOG_CSS.format(name="RowScreen")
        + """
        RowScreen FieldList { height: auto; max-height: 1fr; }
        RowScreen > .is-long { height: 90%; }
        """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,i", "leave", "Close"),
        Binding("n,right,l", "turn(1)", "Next row"),
        Binding("p,left,h", "turn(-1)", "Row before"),
        Binding("plus", "filter('include')", "Only", key_display="+"),
        Binding("minus", "filter('exclude')", "Without", key_display="-"),
        Binding("y", "copy", "Copy value"),
        Binding("Y", "copy_line", "Copy line"),
    ]

    def __init__(self, shown: Shown, place: int) -> None:
        super().__init__()
        self._shown, self._place = shown, place

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            yield FieldList(self._shown.fields(self._place))
            box.border_subtitle = HINT

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(FieldList).focus()

    @property
    def _title(self) -> str:
        return f"Row {self._place + 1:,} of {self._shown.count:,}"

    def action_turn(self, step: int) -> None:
        place = self._place + step
        if 0 <= place < self._shown.count:
            self._place = place
            self.query_one(FieldList).show(self._shown.fields(place))
            self.query_one(Vertical).border_title = self._title
            self._say(HINT)

    def action_leave(self) -> None:
        self.dismiss(Left(self._place))

    def action_filter(self, kind: str) -> None:
        field = self.query_one(FieldList).field
        if field is not None and not field.is_heading:
            self.dismiss(Left(self._place, field.column, field.value, kind))

    def action_copy(self) -> None:
        field = self.query_one(FieldList).field
        if field is not None and not field.is_heading:
            self._copy(field.value)

    def action_copy_line(self) -> None:
        self._copy(self._shown.line(self._place))

    @work
    async def _copy(self, text: str) -> None:
        self._say(await self._shown.copy(text))

    def _say(self, text: str) -> None:
        box = self.query_one(Vertical)
        box.border_subtitle = Content(fitted(clean(text), max(1, self.size.width * 9 // 10 - 6)))

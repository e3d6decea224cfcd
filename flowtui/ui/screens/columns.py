"""The columns of the rows: which are shown, in what order, how wide, and which stay in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from flowtui.model.columns import ColumnChoice
from flowtui.model.frozen import frozen
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog, cells_inside
from flowtui.ui.text import clean, fitted

WIDEST = 400
LONGEST_NAME, STATES = 24, 22


@frozen
class Offered:
    """A column as it is without a choice."""

    name: str
    sample: str
    """Its value in the first row, for the screen."""
    width: int
    """Cells that it takes now."""
    is_constant: bool
    """Whether it has the same value in all rows."""


@frozen
class Draft:
    """A choice on its way; each change is a new one."""

    names: tuple[str, ...]
    """All columns, in their order."""
    choice: ColumnChoice

    @classmethod
    def of(cls, columns: Sequence[Offered], choice: ColumnChoice) -> Draft:
        places = {name: at for at, name in enumerate(choice.order)}
        names = sorted((c.name for c in columns), key=lambda name: places.get(name, len(places)))
        return cls(tuple(names), choice)

    def switched(self, column: Offered) -> Draft:
        """Hidden or shown; one that may be folded can be shown as a column in any case, too."""
        name, choice = column.name, self.choice
        if name in choice.hidden:
            return self._with(
                replace(choice, hidden=choice.hidden - {name}, unfolded=choice.unfolded - {name})
            )
        if column.is_constant and name not in choice.unfolded:
            return self._with(replace(choice, unfolded=choice.unfolded | {name}))
        if len(self.names) - len(choice.hidden & {*self.names}) <= 1:
            return self  # the last one stays
        return self._with(
            replace(choice, hidden=choice.hidden | {name}, unfolded=choice.unfolded - {name})
        )

    def moved(self, at: int, step: int) -> Draft:
        place = at + step
        if not 0 <= place < len(self.names):
            return self
        names = list(self.names)
        names.insert(place, names.pop(at))
        return replace(self, names=tuple(names), choice=replace(self.choice, order=tuple(names)))

    def resized(self, column: Offered, step: int) -> Draft:
        width = max(1, min(WIDEST, self.choice.widths.get(column.name, column.width) + step))
        widths = {**self.choice.widths, column.name: width}
        return self._with(replace(self.choice, widths=widths))

    def frozen(self, at: int) -> Draft:
        """The columns up to this one stay in place; again: as it would be without a choice."""
        kept = tuple(name for name in self.names[: at + 1] if name not in self.choice.hidden)
        frozen = None if self.choice.frozen == kept else kept
        return self._with(replace(self.choice, frozen=frozen))

    def fitting(self, name: str) -> Draft:
        """As wide as the values again."""
        widths = {n: w for n, w in self.choice.widths.items() if n != name}
        return self._with(replace(self.choice, widths=widths))

    def _with(self, choice: ColumnChoice) -> Draft:
        return replace(self, choice=choice)


HINT = "folds: said in one line where room lacks   Enter takes them"


class ColumnsScreen(Dialog[ColumnChoice | None]):
    """Returns the choice, None where the user thought better of it."""

    DEFAULT_CSS = DIALOG_CSS.format(name="ColumnsScreen")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("space", "switch", "Show, hide"),
        Binding("J,shift+down", "move(1)", "Down", key_display="J"),
        Binding("K,shift+up", "move(-1)", "Up", key_display="K"),
        Binding("right,l,greater_than_sign", "resize(1)", "Wider", key_display="→"),
        Binding("left,h,less_than_sign", "resize(-1)", "Narrower", key_display="←"),
        Binding("equals_sign", "fit", "Fit", key_display="="),
        Binding("f", "freeze", "Freeze"),
        Binding("a", "reset", "All automatic"),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
    ]

    def __init__(self, columns: Sequence[Offered], choice: ColumnChoice, at: str) -> None:
        """`at` is the column to begin with."""
        super().__init__()
        self._columns = {column.name: column for column in columns}
        self._draft = Draft.of(columns, choice)
        self._begin = at

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Columns"
            box.border_subtitle = HINT
            yield OptionList()

    def on_mount(self) -> None:
        super().on_mount()
        names = self._draft.names
        self._show(names.index(self._begin) if self._begin in names else 0)

    def on_resize(self) -> None:
        self._show(self._at)

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def _at(self) -> int:
        return self._list.highlighted or 0

    @property
    def _column(self) -> Offered:
        return self._columns[self._draft.names[self._at]]

    def action_step(self, step: int) -> None:
        self._list.highlighted = max(0, min(len(self._columns) - 1, self._at + step))

    def action_switch(self) -> None:
        self._change(self._draft.switched(self._column))

    def action_move(self, step: int) -> None:
        changed = self._draft.moved(self._at, step)
        self._change(changed, self._at + (step if changed is not self._draft else 0))

    def action_resize(self, step: int) -> None:
        self._change(self._draft.resized(self._column, step))

    def action_fit(self) -> None:
        self._change(self._draft.fitting(self._column.name))

    def action_freeze(self) -> None:
        self._change(self._draft.frozen(self._at))

    def action_reset(self) -> None:
        name = self._column.name
        draft = Draft.of([*self._columns.values()], ColumnChoice())
        self._change(draft, draft.names.index(name))

    @on(OptionList.OptionSelected)
    def take(self) -> None:
        self.dismiss(self._draft.choice)

    def _change(self, draft: Draft, at: int | None = None) -> None:
        place = self._at if at is None else at
        self._draft = draft
        self._show(place)

    def _show(self, at: int) -> None:
        cells = cells_inside(self.size.width)
        lines = [Content(fitted(line, cells)) for line in self._lines()]
        if self._list.option_count == len(lines):
            for place, line in enumerate(lines):
                self._list.replace_option_prompt_at_index(place, line)
        else:
            self._list.clear_options()
            self._list.add_options(Option(line) for line in lines)
        self._list.highlighted = at

    def _lines(self) -> list[str]:
        width = min(LONGEST_NAME, max(cell_len(clean(name)) for name in self._draft.names))
        return [describe(self._columns[name], self._draft.choice, width)
                for name in self._draft.names]  # fmt: skip


def describe(column: Offered, choice: ColumnChoice, width: int) -> str:
    """`[x] srcaddr   frozen, 12 wide, folds   10.0.20.11`."""
    name = column.name
    states = []
    if choice.frozen is not None and name in choice.frozen:
        states.append("frozen")
    if name in choice.widths:
        states.append(f"{choice.widths[name]} wide")
    if column.is_constant:
        states.append("stays" if name in choice.unfolded else "folds")
    mark = " " if name in choice.hidden else "x"
    shown = fitted(clean(name), width)
    padded = f"{shown}{' ' * (width - cell_len(shown))}"
    return f"[{mark}] {padded}  {', '.join(states):<{STATES}}  {column.sample}".rstrip()

"""The log-group picker: type to filter, space marks, Enter takes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from flowtui.backends.base import LogGroup
from flowtui.model.amounts import human_bytes
from flowtui.model.errors import CredentialsError, FlowtuiError
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog
from flowtui.ui.text import clean, group_label

MOST_GROUPS = 50
"""StartQuery takes no more (insights-ql.md section 4)."""
MOST_SHOWN = 500
"""Nobody reads further down; who looks for another one types a part of its name."""

_COLUMNS = ((9, ">"), (7, ">"), (9, "<"), (10, "<"))
"""Cells and side of what stands behind the name: stored, kept, class, flow logs."""
_CLASS = 2
_MARKS = 5
_FRAME = 6
_CLASSES = {"STANDARD": "", "INFREQUENT_ACCESS": "infreq.", "ESSENTIALS": "essent."}


class FilterInput(Input):
    """Leaves the space bar to the list below it."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return key != "space" and super().check_consume_key(key, character)


class LogGroupsScreen(Dialog[tuple[str, ...] | None]):
    """Returns the marked groups, or the one under the cursor; None if nothing was taken.

    Until the space bar was used, another group under the cursor is what is meant. What `recall`
    gives comes first; it is asked when the service has answered, for then it knows its place.
    """

    DEFAULT_CSS = (
        DIALOG_CSS.format(name="LogGroupsScreen")
        + "LogGroupsScreen .head { color: $text-muted; height: 1; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", priority=True),
        Binding("space", "mark", "Mark", priority=True),
        Binding("down", "move('down')", "Down", show=False, priority=True),
        Binding("up", "move('up')", "Up", show=False, priority=True),
        Binding("pagedown", "move('page_down')", "Page down", show=False, priority=True),
        Binding("pageup", "move('page_up')", "Page up", show=False, priority=True),
    ]

    def __init__(
        self,
        pages: Callable[[], AsyncIterator[tuple[LogGroup, ...]]],
        marked: Sequence[str],
        recall: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        super().__init__()
        self._pages = pages
        self._marked = dict.fromkeys(marked)
        self._has_marked = False
        self._recall = recall
        self._recent: tuple[str, ...] = ()
        self._groups: dict[str, LogGroup] = {}
        self._is_listed = False
        self._state = "loading"

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Log groups"
            yield FilterInput(placeholder="type to filter")
            yield Static(classes="head")
            yield OptionList()
            yield Static(classes="hint")

    def on_mount(self) -> None:
        self._load()

    def on_resize(self) -> None:
        self._show()

    @work
    async def _load(self) -> None:
        """Show each page as it arrives."""
        listed: set[str] = set()
        try:
            async for page in self._pages():
                self._show_recent()
                listed.update(group.name for group in page)
                self._groups |= {group.name: self._merged(group) for group in page}
                self._show()
            self._drop_what_is_gone(listed)
            self._state = ""
        except FlowtuiError as error:
            self._state = str(error)
            self._show_recent()
            if isinstance(error, CredentialsError) and error.login:
                self._offer_login(error.login)
        self._is_listed = True
        self._show()

    @work
    async def _offer_login(self, command: Sequence[str]) -> None:
        from flowtui.ui.flows.login import OPEN_AGAIN, offer_login

        if said := await offer_login(self.app, command):
            self._state = said
            self._show()
        if said == OPEN_AGAIN:
            self._load()

    def _show_recent(self) -> None:
        if not self._recent:
            self._recent = tuple(self._recall())
            self._groups = {name: LogGroup(name) for name in self._recent} | self._groups

    def _merged(self, group: LogGroup) -> LogGroup:
        """The group with the format that an earlier page told of it."""
        known = self._groups.get(group.name)
        if known is None or group.format or group.candidates:
            return group
        return replace(group, format=known.format, candidates=known.candidates)

    def _drop_what_is_gone(self, listed: set[str]) -> None:
        """Recent groups may have been deleted; those of other accounts are never listed."""
        for name in self._recent:
            if name not in listed and not name.startswith("arn:"):
                self._groups.pop(name, None)

    @on(Input.Changed)
    def _show(self) -> None:
        listing = self.query_one(OptionList)
        cursor = listing.highlighted_option
        matching = self._matching()
        shown = matching[:MOST_SHOWN]
        listing.clear_options()
        listing.add_options([Option(self._line(group), id=group.name) for group in shown])
        names = [group.name for group in shown]
        wanted = [*([cursor.id] if cursor is not None else []), *self._marked]
        if names:
            listing.highlighted = next((names.index(n) for n in wanted if n in names), 0)
        self.query_one(".head", Static).update(Content(self._head()))
        self.query_one(".hint", Static).update(Content(self._hint(len(matching))))

    @on(OptionList.OptionHighlighted)
    def _name_in_full(self, event: OptionList.OptionHighlighted) -> None:
        """The lower border has the whole name that the list had to cut."""
        label = clean(group_label(str(event.option.id)))
        is_cut = cell_len(label) > self._name_cells
        self.query_one(Vertical).border_subtitle = Content(label) if is_cut else ""

    def _matching(self) -> list[LogGroup]:
        words = self.query_one(Input).value.lower().split()
        names = dict.fromkeys([*self._recent, *self._groups])
        groups = (self._groups[name] for name in names if name in self._groups)
        return [group for group in groups if all(w in _sought(group.name, w) for w in words)]

    @property
    def _name_cells(self) -> int:
        box = min(self.app.size.width * 9 // 10, 110)
        beside = sum(cells + 2 for cells, _ in self._columns if cells)
        return max(16, box - _FRAME - _MARKS - beside)

    @property
    def _columns(self) -> Sequence[tuple[int, str]]:
        """Where all groups are of the usual class, its column gives its room to the names."""
        has_classes = any(_class_of(group) for group in self._groups.values())
        return [c if has_classes or at != _CLASS else (0, "<") for at, c in enumerate(_COLUMNS)]

    def _head(self) -> str:
        head = ("stored", "kept", "class", "flow logs")
        return " " * _MARKS + fitted("log group", self._name_cells) + self._behind(head)

    def _behind(self, values: Sequence[str]) -> str:
        pieces = zip(values, self._columns, strict=True)
        return "".join(f"  {value:{side}{cells}}" for value, (cells, side) in pieces if cells)

    def _line(self, group: LogGroup) -> Content:
        mark = "[x]" if group.name in self._marked else "[ ]"
        recent = "•" if group.name in self._recent else " "
        name = fitted(clean(group_label(group.name)), self._name_cells)
        return Content(f"{recent}{mark} {name}{self._behind(describe(group))}".rstrip())

    def _hint(self, matching: int) -> str:
        parts = [f"{matching} of {len(self._groups)} groups, {len(self._marked)} marked"]
        if matching > MOST_SHOWN:
            parts.append(f"the first {MOST_SHOWN} are shown, type for others")
        if self._state:
            parts.append(clean(self._state))
        recent = " • was used before." if any(n in self._groups for n in self._recent) else ""
        return f"{'; '.join(parts)}. Space marks, Enter takes, Escape closes.{recent}"

    def action_move(self, how: str) -> None:
        getattr(self.query_one(OptionList), f"action_{'cursor_' if len(how) < 5 else ''}{how}")()

    def action_mark(self) -> None:
        name = self._cursor()
        if name is None:
            return
        self._has_marked = True
        if name in self._marked:
            del self._marked[name]
        elif self._groups[name].log_class == "DELIVERY":
            self._state = self._groups[name].notice
        elif len(self._marked) < MOST_GROUPS:
            self._marked[name] = None
        else:
            self._state = f"a query takes at most {MOST_GROUPS} log groups"
        self._show()

    # Not by a binding with priority: it would overtake what was typed just before.
    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def take(self) -> None:
        name = self._cursor()
        taken = tuple(self._marked)
        typed = self.query_one(Input).value.strip()
        if name is not None and name not in taken and not (taken and self._has_marked):
            taken = (name,)
        elif name is None and typed and not self._has_marked and self._may_exist(typed):
            taken = (typed,)
        self.dismiss(taken or None)

    def _may_exist(self, name: str) -> bool:
        """Whether a group that is not listed may be there: of another account, or a secret one."""
        return name.startswith("arn:") or (self._is_listed and bool(self._state))

    def _cursor(self) -> str | None:
        option = self.query_one(OptionList).highlighted_option
        return None if option is None else option.id


def _sought(name: str, word: str) -> str:
    """Where a word is looked for: what is shown of the name, or the ARN, if it begins like one."""
    return (name if word.startswith("arn:") else group_label(name)).lower()


def describe(group: LogGroup) -> tuple[str, str, str, str]:
    """What is stored, for how long it is kept, the class, and the format of flow logs in it."""
    stored = "" if group.stored_bytes is None else human_bytes(group.stored_bytes)
    kept = f"{group.retention_days} d" if group.retention_days else ""
    if not kept and group.created is not None:
        kept = "always"
    return stored, kept, _class_of(group), _flow_logs(group)


def _class_of(group: LogGroup) -> str:
    """Empty for the usual one."""
    return _CLASSES.get(group.log_class, clean(group.log_class).lower())


def _flow_logs(group: LogGroup) -> str:
    if group.format is not None:
        return f"{len(group.format.fields)} fields"
    return f"{len(group.candidates)} formats" if group.candidates else ""


def fitted(text: str, cells: int) -> str:
    """`text` in so many cells; what has no room is cut from its middle, as the ends differ."""
    if cell_len(text) <= cells:
        return set_cell_size(text, cells)
    head = set_cell_size(text, cells // 3).rstrip()
    tail = text
    while cell_len(head) + 1 + cell_len(tail) > cells:
        tail = tail[1:]
    return set_cell_size(f"{head}…{tail}", cells)

"""The log-group picker: type to filter, space marks, Enter takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from flowtui.flowlogs.log_group import TABLE, LogGroup
from flowtui.model.amounts import human_bytes
from flowtui.model.errors import CredentialsError, FlowtuiError
from flowtui.model.frozen import frozen
from flowtui.query.catalogue.limits import LOG_GROUPS
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog, cells_inside, say
from flowtui.ui.text import clean, group_label
from flowtui.ui.widgets.filter_list import FilterList

Pages = Callable[[str], AsyncIterator[tuple[LogGroup, ...]]]
"""The groups, or those whose names contain a text, as `Catalog.log_groups` has it."""

_REST = 0.25
"""So many seconds without a key, and the service is asked for names with what is typed."""
_SHORTEST = 3
"""No service looks for less in names."""

_COLUMNS = ((9, ">"), (7, ">"), (9, "<"), (10, "<"))
"""Cells and side of the columns after the name: stored, kept, class, flow logs."""
_CLASS = 2
_MARKS = 5
_CLASSES = {"STANDARD": "", "INFREQUENT_ACCESS": "infreq.", "ESSENTIALS": "essent."}


@frozen
class Entry:
    """A group, and what is looked for in it: made once, as each key looks at all of them."""

    group: LogGroup
    label: str
    sought: str
    """The part of the name that is shown, in small letters."""
    sought_arn: str
    """The name, in small letters: only who types the beginning of an ARN looks for more of one."""

    @classmethod
    def of(cls, group: LogGroup) -> Entry:
        label = group_label(group.name)
        return cls(group, clean(label), label.lower(), group.name.lower())


class LogGroupsScreen(Dialog[tuple[str, ...] | None]):
    """Returns the marked groups, or the one under the cursor; None if nothing was taken.

    Until the space bar was used, another group under the cursor is what is meant. What `recall`
    gives comes first; it is asked when the service has answered, for then it knows its place.
    While the service still lists the names, it is also asked for those with what is typed, after
    a `rest`.
    """

    DEFAULT_CSS = DIALOG_CSS.format(name="LogGroupsScreen")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", priority=True),
        Binding("space", "mark", "Mark", priority=True),
    ]

    def __init__(
        self,
        pages: Pages,
        marked: Sequence[str],
        recall: Callable[[], Sequence[str]] = tuple,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__()
        self._pages = pages
        self._marked = dict.fromkeys(marked)
        self._has_marked = False
        self._recall = recall
        self._rest = rest
        self._recent: tuple[str, ...] = ()
        self._entries: dict[str, Entry] = {}
        self._has_classes = False
        self._is_listed = False
        """Whether the service has listed all that it lists."""
        self._has_names = False
        """Whether it has listed all names."""
        self._found: list[str] = []
        """The texts that all names were found with."""
        self._state = "loading"
        self._search = ""
        """The state of the search, or why it failed."""

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Log groups"
            yield FilterList(self._line, leaves_space=True)
            yield Static(classes="hint")

    def on_mount(self) -> None:
        self._load()

    def on_resize(self) -> None:
        self._show()

    @property
    def _list(self) -> FilterList[Entry]:
        return self.query_one(FilterList)

    # What there is

    @work
    async def _load(self) -> None:
        """Show each page as it arrives."""
        listed: set[str] = set()
        try:
            async for page in self._pages(""):
                self._show_recent()
                listed.update(group.name for group in page)
                self._add(map(self._merged, page))
                if not page:
                    self._end_search()
                self._show()
            self._end_search()
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
            others, self._entries = self._entries, {}
            self._add(map(LogGroup, self._recent))
            self._entries |= others

    def _add(self, groups: Iterable[LogGroup]) -> None:
        entries = {group.name: Entry.of(group) for group in groups}
        self._has_classes |= any(_class_of(entry.group) for entry in entries.values())
        self._entries |= entries

    def _merged(self, group: LogGroup) -> LogGroup:
        """The group with the format that an earlier page gave it."""
        known = self._entries.get(group.name)
        if known is None or group.format or group.candidates:
            return group
        return replace(group, format=known.group.format, candidates=known.group.candidates)

    def _drop_what_is_gone(self, listed: set[str]) -> None:
        """Recent groups may have been deleted; those of other accounts are never listed."""
        for name in self._recent:
            if name not in listed and not name.startswith("arn:"):
                self._entries.pop(name, None)

    # Names that have not been listed yet

    def _end_search(self) -> None:
        """All names are there: none needs to be looked for."""
        self._has_names, self._state, self._search = True, "loading sizes", ""
        self.workers.cancel_group(self, "search")

    @work(group="search", exclusive=True)
    async def _find(self, text: str) -> None:
        """Ask for the names that contain the text, unless another one is typed meanwhile."""
        await self._rest(_REST)
        self._search = f"looking for {text}"
        self._show()
        try:
            async for page in self._pages(text):
                self._add(group for group in page if self._is_new(group))
                self._show()
            self._found.append(text)
            self._search = ""
        except FlowtuiError as error:
            self._search = str(error)
        self._show()

    def _is_found(self, text: str) -> bool:
        """Whether all names with a part of the text are there."""
        return any(found in text for found in self._found)

    def _is_new(self, group: LogGroup) -> bool:
        """Whether no page of the list has described it, which says more."""
        known = self._entries.get(group.name)
        return known is None or not known.group.arn

    # What is shown

    @on(FilterList.Typed)
    def show_typed(self) -> None:
        text = _sought_text(self._list.words)
        self.workers.cancel_group(self, "search")
        self._search = ""
        if not (self._has_names or len(text) < _SHORTEST or self._is_found(text)):
            self._find(text)
        self._show()

    def _show(self) -> None:
        words = self._list.words
        matching = _matching(self._entries.values(), words)
        self._list.head = self._head()
        self._list.show(matching, self._place_of_cursor(matching))
        say(self.query_one(".hint", Static), self._hint(len(matching)))

    def _place_of_cursor(self, matching: Sequence[Entry]) -> int:
        """Where the group under the cursor is now; else the first marked one; else the top."""
        before = self._list.chosen
        wanted = [*([before.group.name] if before is not None else []), *self._marked]
        if not wanted:
            return 0
        places = {entry.group.name: place for place, entry in enumerate(matching)}
        return next((places[name] for name in wanted if name in places), 0)

    @on(FilterList.Moved)
    def name_in_full(self) -> None:
        """The lower border has the whole name that the list had to cut, or what a table is."""
        entry = self._list.chosen
        label = "" if entry is None else entry.label
        told = "" if entry is None else clean(entry.group.taken_for)
        name = Content(label if cell_len(label) > self._name_cells else told)
        box = self.query_one(Vertical)
        if box.border_subtitle != name.markup:
            box.border_subtitle = name

    @property
    def _name_cells(self) -> int:
        beside = sum(cells + 2 for cells, _ in self._columns if cells)
        return max(16, cells_inside(self.app.size.width) - _MARKS - beside)

    @property
    def _columns(self) -> Sequence[tuple[int, str]]:
        """Where all groups are of the usual class, its column gives its room to the names."""
        has_classes = self._has_classes
        return [c if has_classes or at != _CLASS else (0, "<") for at, c in enumerate(_COLUMNS)]

    def _head(self) -> str:
        head = ("stored", "kept", "class", "flow logs")
        return " " * _MARKS + fitted("log group", self._name_cells) + self._beside(head)

    def _beside(self, values: Sequence[str]) -> str:
        pieces = zip(values, self._columns, strict=True)
        return "".join(f"  {value:{side}{cells}}" for value, (cells, side) in pieces if cells)

    def _line(self, entry: Entry) -> str:
        name = entry.group.name
        mark = "[x]" if name in self._marked else "[ ]"
        recent = "•" if name in self._recent else " "
        label = fitted(entry.label, self._name_cells)
        return f"{recent}{mark} {label}{self._beside(describe(entry.group))}".rstrip()

    def _hint(self, matching: int) -> str:
        parts = [f"{matching} of {len(self._entries)} groups, {len(self._marked)} marked"]
        parts += [clean(each) for each in (self._search, self._state) if each]
        recent = " • was used before." if any(n in self._entries for n in self._recent) else ""
        return f"{'; '.join(parts)}. Space marks, Enter takes, Escape closes.{recent}"

    # What is taken

    def action_mark(self) -> None:
        entry = self._list.chosen
        if entry is None:
            return
        group = entry.group
        self._has_marked = True
        if group.name in self._marked:
            del self._marked[group.name]
        elif group.log_class == "DELIVERY":
            self._state = group.notice
        elif len(self._marked) < LOG_GROUPS:
            self._marked[group.name] = None
        else:
            self._state = f"a query takes at most {LOG_GROUPS} log groups"
        self._show()

    @on(FilterList.Taken)
    def take(self) -> None:
        entry, typed = self._list.chosen, self._list.typed.strip()
        taken = tuple(self._marked)
        is_meant = not (taken and self._has_marked)
        if entry is not None and entry.group.name not in taken and is_meant:
            taken = (entry.group.name,)
        elif entry is None and typed and not self._has_marked and self._may_exist(typed):
            taken = (typed,)
        self.dismiss(taken or None)

    def _may_exist(self, name: str) -> bool:
        """Whether a group that is not listed may be there: of another account, or a secret one."""
        return name.startswith("arn:") or (self._is_listed and bool(self._state))


def _matching(entries: Iterable[Entry], words: Sequence[str]) -> Sequence[Entry]:
    """Those that have all words in them."""
    found = list(entries)
    for word in words:
        if word.startswith("arn:"):
            found = [entry for entry in found if word in entry.sought_arn]
        else:
            found = [entry for entry in found if word in entry.sought]
    return found


def _sought_text(words: Sequence[str]) -> str:
    """The longest part of a name that is typed, without the account before it."""
    return max((word.rpartition(":")[2] for word in words), key=len, default="")


def describe(group: LogGroup) -> tuple[str, str, str, str]:
    """The bytes stored, for how long, the class, and the format of flow logs in it."""
    stored = "" if group.stored_bytes is None else human_bytes(group.stored_bytes)
    kept = f"{group.retention_days} d" if group.retention_days else ""
    if not kept and group.created is not None:
        kept = "always"
    return stored, kept, _class_of(group), _flow_logs(group)


def _class_of(group: LogGroup) -> str:
    """Empty for the usual one; of what is none, what it is."""
    if group.format_source == TABLE:
        return TABLE
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

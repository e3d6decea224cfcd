"""The time-range dialogue: a span as one writes it, or one of the list, and the zone it is in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen
from flowtui.model.local_zone import LOCAL
from flowtui.model.time_entry import read_time, write_time
from flowtui.model.timerange import Time, TimeRange
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog, say
from flowtui.ui.widgets.run_status import describe_time, zone_name

HINT = (
    "15m, 3d: until now · 14:00-15:00 · yesterday 17-18 · -6h to -3h\n"
    "2026-11-29 10:00 +30m · 14:00 ±5m · epoch or ISO times · all (files)\n"
    "Down chooses from the list, F2 changes between UTC and local time"
)
PRESETS = ("15m", "1h", "3h", "12h", "1d", "1w", "today", "yesterday")


@frozen
class Chosen:
    """`time` is None for everything there is."""

    time: Time | None
    zone: tzinfo


@frozen
class Offer:
    """A span to choose: what reads as it in a zone, and why it is offered."""

    time: Time | str
    why: str = ""

    def text(self, zone: tzinfo) -> str:
        return self.time if isinstance(self.time, str) else write_time(self.time, zone)


class TimeRangeScreen(Dialog[Chosen | None]):
    DEFAULT_CSS = DIALOG_CSS.format(name="TimeRangeScreen") + (
        "TimeRangeScreen .error { color: $error; height: auto; }"
        "TimeRangeScreen OptionList, TimeRangeScreen OptionList:focus { max-height: 40vh; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("f2", "zone", "UTC/local", priority=True),
        Binding("down", "move('cursor_down')", "Down", show=False, priority=True),
        Binding("up", "move('cursor_up')", "Up", show=False, priority=True),
    ]

    def __init__(
        self,
        time: Time | None,
        zone: tzinfo,
        now: Callable[[], datetime],
        offers: Sequence[Offer] = (),
    ) -> None:
        super().__init__()
        self._time, self._zone, self._now, self._offers = time, zone, now, offers

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            yield Input(write_time(self._time, self._zone), select_on_focus=True)
            yield Static("", classes="meaning")
            yield OptionList()
            yield Static(Content(HINT), classes="hint")

    def on_mount(self) -> None:
        super().on_mount()
        self._list()
        self.query_one(OptionList).can_focus = False

    @property
    def _title(self) -> str:
        return f"Time range ({zone_name(self._zone)})"

    def _list(self) -> None:
        listing = self.query_one(OptionList)
        texts = [each.text(self._zone) for each in self._offers]
        cells = max(map(len, texts), default=0)
        lines = [
            f"{text:<{cells}}  {each.why}".rstrip()
            for text, each in zip(texts, self._offers, strict=True)
        ]
        listing.clear_options()
        listing.add_options(Option(Content(line)) for line in lines)

    def action_move(self, how: str) -> None:
        """Write the offer into the field, where it can be changed before it is taken."""
        listing = self.query_one(OptionList)
        getattr(listing, f"action_{how}")()
        self._write(listing)

    @on(OptionList.OptionSelected)
    def take_offer(self, message: OptionList.OptionSelected) -> None:
        """A click on it."""
        self._write(message.option_list)
        self.take()

    def _write(self, listing: OptionList) -> None:
        if listing.highlighted is not None:
            field = self.query_one(Input)
            field.value = self._offers[listing.highlighted].text(self._zone)
            field.cursor_position = len(field.value)  # what is typed is added to it

    def action_zone(self) -> None:
        zone = LOCAL if self._zone is UTC else UTC
        field = self.query_one(Input)
        with suppress(UsageError):  # half a time stays as it was typed
            field.value = write_time(self._read(), zone)
        self._zone = zone
        self.query_one(Vertical).border_title = self._title
        self._list()
        self.explain()

    def _read(self) -> Time | None:
        return read_time(self.query_one(Input).value, self._now(), self._zone)

    @on(Input.Changed)
    def explain(self) -> None:
        """Say what is meant, once it can be read."""
        meaning = ""
        with suppress(UsageError):
            time = self._read()
            if isinstance(time, TimeRange):
                meaning = f"= {describe_time(time, self._zone)}"
        self._say(meaning, is_error=False)

    @on(Input.Submitted)
    def take(self) -> None:
        try:
            self.dismiss(Chosen(self._read(), self._zone))
        except UsageError as error:
            self._say(str(error), is_error=True)

    def _say(self, text: str, *, is_error: bool) -> None:
        where = self.query_one(".meaning", Static)
        where.set_class(is_error, "error")
        say(where, text)

"""The time-range dialogue: relative, absolute, and the zone that times are shown in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from flowtui.model.errors import UsageError
from flowtui.model.timerange import Last, Time, TimeRange, parse_duration, parse_moment
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog
from flowtui.ui.widgets.run_status import zone_name

HINT = (
    "15m, 1h, 3d: that long until now.  2022-04-01T15:18 to 2022-04-01T15:24: from and to.\n"
    "all: everything there is (files).  F2 switches between UTC and local time."
)


class LocalZone(tzinfo):
    """This machine's zone: the offset is that of the moment, not today's."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None if moment is None else moment.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, moment: datetime | None) -> timedelta | None:  # noqa: ARG002  (nobody asks)
        return None

    def tzname(self, moment: datetime | None) -> str | None:  # noqa: ARG002  (one name for all)
        return "local"

    def fromutc(self, moment: datetime) -> datetime:
        there = moment.replace(tzinfo=UTC).astimezone()
        clock = there.replace(tzinfo=self)
        # An hour that the clocks show twice: the second time has another offset.
        return clock if clock.utcoffset() == there.utcoffset() else clock.replace(fold=1)


LOCAL = LocalZone()


@dataclass(frozen=True, slots=True)
class Chosen:
    """`time` is None for everything there is."""

    time: Time | None
    zone: tzinfo


class TimeRangeScreen(Dialog[Chosen | None]):
    DEFAULT_CSS = DIALOG_CSS.format(name="TimeRangeScreen") + (
        "TimeRangeScreen .error { color: $error; height: auto; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("f2", "zone", "UTC/local", priority=True),
    ]

    def __init__(self, time: Time | None, zone: tzinfo) -> None:
        super().__init__()
        self._time, self._zone = time, zone

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = f"Time range ({zone_name(self._zone)})"
            yield Input(write_time(self._time, self._zone), select_on_focus=True)
            yield Static("", classes="error")
            yield Static(Content(HINT), classes="hint")

    def action_zone(self) -> None:
        zone = LOCAL if self._zone is UTC else UTC
        field = self.query_one(Input)
        with suppress(UsageError):  # half a time stays as it was typed
            field.value = write_time(read_time(field.value, self._zone), zone)
        self._zone = zone
        self.query_one(Vertical).border_title = f"Time range ({zone_name(self._zone)})"

    @on(Input.Submitted)
    def take(self, message: Input.Submitted) -> None:
        try:
            self.dismiss(Chosen(read_time(message.value, self._zone), self._zone))
        except UsageError as error:
            self.query_one(".error", Static).update(Content(str(error)))


def read_time(text: str, zone: tzinfo) -> Time | None:
    """What the user typed; None for `all`. Raises `UsageError`."""
    words = text.strip()
    if words.lower() in ("", "all"):
        return None
    for separator in (" to ", " .. ", "..", " - "):
        if separator in words:
            start, end = (part.strip() for part in words.split(separator, 1))
            return _range(parse_moment(start, zone), parse_moment(end, zone))
    return Last(parse_duration(words.removeprefix("last ")))


def _range(start: datetime, end: datetime) -> TimeRange:
    if start >= end:
        raise UsageError("the start must lie before the end; swap them")
    return TimeRange(start.astimezone(UTC), end.astimezone(UTC))


def write_time(time: Time | None, zone: tzinfo) -> str:
    """The text that `read_time` reads as this time."""
    if time is None:
        return "all"
    if isinstance(time, Last):
        return str(time)
    return " to ".join(
        each.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S") for each in (time.start, time.end)
    )

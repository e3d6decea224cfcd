"""The format of a log group's records, confirmed or corrected by the user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.log_group import LogGroup
from flowtui.flowlogs.presets import PRESETS, preset_name
from flowtui.flowlogs.validate import fits
from flowtui.model.errors import UsageError
from flowtui.ui.screens.dialogs import DIALOG_CSS, Dialog
from flowtui.ui.text import clean


class FormatScreen(Dialog[FlowFormat | None]):
    """Offers formats, shows a record under each, and takes the text as it stands in the line."""

    DEFAULT_CSS = (
        DIALOG_CSS.format(name="FormatScreen")
        + "FormatScreen OptionList { max-height: 8; }"
        + "FormatScreen VerticalScroll { height: auto; max-height: 35vh; margin: 1 0; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", priority=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("ctrl+n", "record", "Next record", show=False, priority=True),
    ]

    def __init__(self, group: LogGroup, current: FlowFormat | None) -> None:
        super().__init__()
        self._group = group
        self._offered = offered(group, current)
        self._record = 0

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Format of the records"
            yield Static(Content(clean(told_by(self._group))), classes="hint")
            yield OptionList(*(Option(Content(label(each))) for each in self._offered))
            yield Input(str(self._offered[0]))
            with VerticalScroll():
                yield Static(classes="preview")
            yield Static(classes="hint foot")

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = 0
        self.query_one(Input).focus()
        self._say(_HINT)

    def action_move(self, step: int) -> None:
        listing = self.query_one(OptionList)
        at = ((listing.highlighted or 0) + step) % len(self._offered)
        listing.highlighted = at
        self.query_one(Input).value = str(self._offered[at])

    def action_record(self) -> None:
        self._record += 1
        self._preview()

    @on(Input.Changed)
    def _preview(self) -> None:
        sample = self._group.sample
        record = sample[self._record % len(sample)] if sample else ""
        try:
            lines = preview(FlowFormat.parse(self.query_one(Input).value), record)
        except UsageError as error:
            lines = [clean(str(error))]
        self.query_one(".preview", Static).update(Content("\n".join(lines)))

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def take(self) -> None:
        try:
            self.dismiss(FlowFormat.parse(self.query_one(Input).value))
        except UsageError as error:
            self._say(str(error))

    def _say(self, text: str) -> None:
        self.query_one(".foot", Static).update(Content(clean(text)))


_HINT = (
    "Up and Down choose, the line can be edited, ctrl+n shows another record; Enter takes the "
    "format and remembers it for this group"
)


def offered(group: LogGroup, current: FlowFormat | None) -> tuple[FlowFormat, ...]:
    """The choices: the format in use, those found out, and presets that fit a record."""
    words = group.sample[0].split(" ") if group.sample else []
    fitting = [each for each in PRESETS.values() if not words or fits(each, words)]
    first = [current] if current is not None else []
    every = dict.fromkeys([*first, *group.candidates, *fitting])
    return tuple(every) or tuple(PRESETS.values())


def told_by(group: LogGroup) -> str:
    """`/vpc/edge, as fl-0ab12 says`; of files what they were taken for."""
    if group.taken_for:
        return f"{group.name}, taken for {group.taken_for}"
    if not group.format_source:
        return f"{group.name}, whose format is unknown"
    if group.sample:
        return f"{group.name}, {group.format_source} from {len(group.sample)} records"
    return f"{group.name}, as {group.format_source} says"


def label(flow_format: FlowFormat) -> str:
    """`29 fields: all of version 5`, or the first fields."""
    name = preset_name(flow_format) or " ".join(flow_format.columns[:6]) + " ..."
    return f"{len(flow_format.fields)} fields: {clean(name)}"


def preview(flow_format: FlowFormat, record: str) -> Sequence[str]:
    """A line for each field with its value in the record."""
    names = flow_format.columns
    if not record:
        return [f"no record at hand; {len(names)} fields: {', '.join(map(clean, names))}"]
    words = record.split(" ")
    longest = max(map(len, names))
    lines = [
        f"{clean(name):{longest}}  {clean(word)}" for name, word in zip(names, words, strict=False)
    ]
    if len(words) != len(names):
        verdict = f"this record has {len(words)} fields, the format has {len(names)}"
    elif fits(flow_format, words):
        verdict = "every value can be one of its field"
    else:
        verdict = "not every value can be one of its field"
    return [verdict, *lines]

"""Small dialogues: one input, one list, one text. Each is a screen that returns a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from flowtui.model.errors import FlowtuiError
from flowtui.ui.text import clean, clean_lines
from flowtui.ui.widgets.long_text import LongText

T = TypeVar("T")

LONG = 8_000
"""Characters from which on a text is not broken between words, which takes its time."""

DIALOG_CSS = """
{name} {{ align: center middle; background: transparent; }}
{name} > Vertical {{
    width: 90%; max-width: 110; height: auto; max-height: 90%;
    border: round $primary; background: $surface; padding: 0 1;
}}
{name} Input, {name} Input:focus {{
    border: none; height: 1; background: $panel; padding: 0 1; margin: 0 0 1 0;
}}
{name} Input > .input--placeholder {{ color: $text-muted; }}
{name} OptionList, {name} OptionList:focus {{
    border: none; height: auto; max-height: 55vh; background: $surface; padding: 0;
}}
{name} OptionList > .option-list--option-highlighted {{
    color: $block-cursor-blurred-foreground;
}}
{name} OptionList:focus > .option-list--option-highlighted {{ color: $block-cursor-foreground; }}
{name} VerticalScroll, {name} OptionList, {name} OptionList:focus {{
    scrollbar-size-vertical: 1;
}}
{name} .hint {{ color: $text-muted; height: auto; }}
"""


def cells_inside(width: int) -> int:
    """The cells that a line of a dialogue has on a terminal of that width.

    The others are for border, padding, and a scrollbar.
    """
    return min(width * 9 // 10, 110) - 6


class Dialog(ModalScreen[T]):
    """A screen that returns a value, once: a second key may come before it is gone.

    `is_current` would not do: a screen below another is that too, and `dismiss` takes away the top.
    """

    def on_mount(self) -> None:
        # A cursor that blinks sends something twice a second, over a slow link too.
        for field in self.query(Input):
            field.cursor_blink = False

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()


def say(where: Static, text: str) -> None:
    """Show it there; the screen is laid out anew only where it takes other lines than before."""
    where.update(Content(text), layout=False)
    width, height = where.size
    if not width or where.visual.get_height(where.styles.get_rules(), width) != height:
        where.refresh(layout=True)


class AskScreen(Dialog[str | None]):
    """Asks for a line of text; None if the user thought better of it."""

    DEFAULT_CSS = DIALOG_CSS.format(name="AskScreen") + (
        "AskScreen .error { color: $error; height: auto; display: none; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Close")]

    def __init__(
        self,
        title: str,
        hint: str,
        value: str = "",
        *,
        check: Callable[[str], object] | None = None,
    ) -> None:
        """`check` raises `FlowtuiError` for a line that won't do, which stays to be mended."""
        super().__init__()
        self._title, self._hint, self._value = title, hint, value
        self._check = check

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(self._title).plain
            yield Input(self._value, select_on_focus=True)
            yield Static("", classes="error")
            yield Static(Content(self._hint), classes="hint")

    @on(Input.Changed)
    def forget_error(self) -> None:
        self._say_error("")

    @on(Input.Submitted)
    def take(self, message: Input.Submitted) -> None:
        try:
            if self._check is not None:
                self._check(message.value.strip())
        except FlowtuiError as error:
            self._say_error(clean(str(error)))
        else:
            self.dismiss(message.value)

    def _say_error(self, text: str) -> None:
        where = self.query_one(".error", Static)
        where.display = bool(text)
        say(where, text)


class MenuScreen(Dialog[str | None]):
    """Offers a few things to do, each with a key; returns the id of the one chosen."""

    DEFAULT_CSS = DIALOG_CSS.format(name="MenuScreen")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Close")]

    def __init__(self, title: str, choices: Sequence[tuple[str, str, str]]) -> None:
        """`choices` are key, id and description."""
        super().__init__()
        self._title, self._choices = title, choices

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            options = (
                Option(Content(f" {key}  {text}"), id=id_) for key, id_, text in self._choices
            )
            yield OptionList(*options)

    def key_for(self, key: str) -> str | None:
        return next((id_ for each, id_, _ in self._choices if each == key), None)

    def on_key(self, event: events.Key) -> None:
        # On another layout than the Latin one the key is that of the menu, the character is not.
        chosen = self.key_for(event.character or "") or self.key_for(event.key)
        if chosen is not None:
            # It would go on to the screen below, which may have a binding for it.
            event.stop()
            self.dismiss(chosen)

    @on(OptionList.OptionSelected)
    def take(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(message.option_id)


class ConfirmScreen(Dialog[bool]):
    """Asks whether to do what its text says."""

    DEFAULT_CSS = DIALOG_CSS.format(name="ConfirmScreen")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "dismiss(True)", "Yes"),
        Binding("escape", "dismiss(False)", "No"),
    ]

    def __init__(self, title: str, text: str, hint: str, *, must_be_seen: bool = False) -> None:
        """With `must_be_seen` an Enter that was typed before it was painted agrees to nothing."""
        super().__init__()
        self._title, self._text, self._hint = title, text, hint
        self._must_be_seen = must_be_seen
        self._seen: float | None = None
        """When it was painted, by the clock of Textual's messages."""

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            yield Static(Content(clean_lines(self._text)))
            yield Static(Content(self._hint), classes="hint")

    def on_mount(self) -> None:
        self.call_after_refresh(self._be_seen)

    def _be_seen(self) -> None:
        self._seen = Message().time

    def on_key(self, event: events.Key) -> None:
        is_blind = self._seen is None or event.time < self._seen
        if self._must_be_seen and event.key == "enter" and is_blind:
            event.stop()


class TextScreen(Dialog[None]):
    """Shows a text to read: a query, a row, the keys."""

    DEFAULT_CSS = (
        DIALOG_CSS.format(name="TextScreen")
        + """
        TextScreen VerticalScroll { height: auto; max-height: 100%; }
        TextScreen > .is-long { height: 90%; }
        """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss(None)", "Close"),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        text = clean_lines(self._text)
        is_long = len(text) > LONG
        with Vertical(classes="is-long" if is_long else None) as box:
            box.border_title = self._title
            box.border_subtitle = "Escape closes"
            if is_long:
                yield LongText(text)
            else:
                with VerticalScroll():
                    yield Static(Content(text))

    def action_scroll(self, lines: int) -> None:
        for scroll in self.query("VerticalScroll, LongText").results(Widget):
            scroll.scroll_to(y=scroll.scroll_y + lines, animate=False)

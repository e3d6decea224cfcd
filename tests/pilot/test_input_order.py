"""Keys that arrive at once: each is handled to its end before the next one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

import pytest
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Key, MouseDown, MouseMove, MouseUp, Paste
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from textual.worker import WorkerFailed

from flowtui.ui.terminal.input_order import InputOrder, holds_input, holds_keys


class Ask(ModalScreen[str]):
    """Returns what was typed."""

    def compose(self) -> ComposeResult:
        yield Input()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        self.dismiss(message.value)


class Ordered(InputOrder[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "ask(1)", priority=True),
        Binding("f2", "ask(2)", priority=True),
        Binding("f3", "fail", priority=True),
        Binding("f4", "look_up", priority=True),
        Binding("f5", "read", priority=True),
        Binding("f6", "wait", priority=True),
        Binding("escape", "note('escape')", priority=True),
        Binding("ctrl+q", "quit", priority=True),
    ]
    CSS = "VerticalScroll { height: 5; } Static { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        """What a service answers at."""
        self.read = asyncio.Event()
        self.told: list[str] = []
        self.moved: list[type[Message]] = []

    def compose(self) -> ComposeResult:
        yield Input()
        with VerticalScroll(can_focus=True):
            for line in range(40):
                yield Static(f"line {line}")

    @property
    def field(self) -> Input:
        return self.screen.query_one(Input)

    def action_read(self) -> None:
        self.told.append(self.field.value)
        self.read.set()

    def action_note(self, text: str) -> None:
        self.told.append(text)

    @work
    @holds_input
    async def action_ask(self, questions: int) -> None:
        """Ask the service, the user, and both again."""
        for _ in range(questions):
            await self.gate.wait()
            self.told.append(await self.push_screen_wait(Ask()))

    @work(exit_on_error=False)
    @holds_input
    async def action_fail(self) -> None:
        await self.gate.wait()
        raise LookupError

    @work(exclusive=True, group="look up")
    @holds_keys
    async def action_look_up(self) -> None:
        await self.gate.wait()
        self.told.append(f"found {self.field.value}")

    def action_wait(self) -> None:
        self.hold_until(self.gate, at_most=600)

    def on_mouse_down(self) -> None:
        self.moved.append(MouseDown)

    def on_mouse_move(self) -> None:
        self.moved.append(MouseMove)

    def on_mouse_up(self) -> None:
        self.moved.append(MouseUp)


@asynccontextmanager
async def ordered(
    monkeypatch: pytest.MonkeyPatch | None = None, patience: float = 600.0
) -> AsyncIterator[tuple[Ordered, Pilot[None]]]:
    app = Ordered()
    if monkeypatch is not None:
        monkeypatch.setattr(Ordered, "PATIENCE", patience)
    async with app.run_test() as pilot:
        yield app, pilot


def type_(app: Ordered, *keys: str | Message) -> None:
    """Have it all arrive at once, as from a terminal."""
    assert app._driver is not None
    for key in keys:
        message = Key(key, key if len(key) == 1 else None) if isinstance(key, str) else key
        message.set_sender(app)
        app._driver.send_message(message)


async def test_keys_act_in_their_order_inside_one_field() -> None:
    async with ordered() as (app, pilot):
        type_(app, *"limit 45", "backspace", "f5", "left", "7", "home", "x", "f5")
        await pilot.pause()
        assert app.told == ["limit 4", "xlimit 74"]


async def test_a_paste_keeps_its_place_among_keys() -> None:
    async with ordered() as (app, pilot):
        type_(app, "a", Paste("bcd"), "backspace", "e", "f5")
        await pilot.pause()
        assert app.told == ["abce"]


async def test_what_follows_the_key_of_a_dialogue_is_for_the_dialogue() -> None:
    async with ordered() as (app, pilot):
        app.gate.set()
        type_(app, "a", "f1", *"hello", "enter", "b", "f5")
        await pilot.pause()
        assert app.told == ["hello", "ab"]


async def test_it_waits_where_a_service_is_asked_before_and_between_dialogues() -> None:
    async with ordered() as (app, pilot):
        type_(app, "f2", *"one", "enter", *"two", "enter", "f5")
        await pilot.pause()
        assert app.field.value == ""
        app.gate.set()
        await pilot.pause()
        assert app.told == ["one", "two", ""]


async def test_a_worker_that_fails_holds_nothing() -> None:
    async with ordered() as (app, pilot):
        type_(app, "f3", "a", "f5")
        await pilot.pause()
        assert app.told == []
        app.gate.set()
        with pytest.raises(WorkerFailed):
            await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.told == ["a"]


async def test_a_worker_that_is_cancelled_holds_nothing() -> None:
    async with ordered() as (app, pilot):
        type_(app, "f1", "a", "f5")
        await pilot.pause()
        app.workers.cancel_all()
        await pilot.pause()
        assert app.told == ["a"]


async def test_input_is_held_until_an_event_or_a_time() -> None:
    async with ordered() as (app, pilot):
        type_(app, "f6", "a", "f5")
        await pilot.pause()
        assert app.told == []
        app.gate.set()
        await pilot.pause()
        assert app.told == ["a"]
        app.hold_until(asyncio.Event(), at_most=0)
        type_(app, "b", "f5")
        await pilot.pause()
        assert app.told == ["a", "ab"]


async def test_quit_does_not_wait() -> None:
    async with ordered() as (app, pilot):
        type_(app, "f1", "a", "ctrl+q")
        await pilot.pause()
        assert app.return_code == 0


async def test_escape_ends_a_hold_that_lasts_and_drops_what_was_typed_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with ordered(monkeypatch, patience=0.0) as (app, pilot):
        type_(app, "f1", *"lost", "escape", "a", "f5")
        await pilot.pause()
        assert app.told == ["escape", "a"]


async def test_escape_waits_for_the_dialogue_that_it_is_meant_for() -> None:
    async with ordered() as (app, pilot):
        type_(app, "f1", "escape", "x", "enter")
        await pilot.pause()
        assert app.told == []
        app.gate.set()
        await pilot.pause()
        assert app.told == ["escape", "x"]


async def test_a_dialogue_that_somebody_else_opens_gets_its_keys() -> None:
    """As the question for an MFA code does, which the held service waits for."""
    async with ordered() as (app, pilot):
        type_(app, "f1", "a")
        await pilot.pause()
        app.push_screen(Ask(), lambda said: app.told.append(f"code {said}"))
        await pilot.pause()
        # The letter had been typed before it was there.
        assert app.field.value == "a"
        type_(app, *"12", "enter", "b")
        await pilot.pause()
        assert app.told == ["code a12"]
        app.gate.set()
        await pilot.pause()
        assert app.field.value == "b"


async def test_text_goes_on_while_keys_wait_for_what_is_found() -> None:
    async with ordered() as (app, pilot):
        type_(app, "f4", *"abc", "f5", "d")
        await pilot.pause()
        assert app.field.value == "abc"
        app.gate.set()
        await pilot.pause()
        assert app.told == ["found abc", "abc"]
        assert app.field.value == "abcd"


async def test_a_key_finds_the_layout_that_the_one_before_has_made() -> None:
    async with ordered() as (app, pilot):
        scroll = app.query_one(VerticalScroll)
        type_(app, "tab", *["pagedown"] * 3)
        await pilot.pause()
        await pilot.wait_for_scheduled_animations()
        assert scroll.scroll_y == 15


async def test_moves_of_the_mouse_overtake_keys_but_no_press() -> None:
    def at(kind: type[MouseDown | MouseMove | MouseUp]) -> Message:
        return kind(None, 1, 10, 0, 0, 1, False, False, False)

    async with ordered() as (app, pilot):
        type_(app, "f1", "a", at(MouseMove), at(MouseDown), at(MouseMove), at(MouseUp))
        await pilot.pause()
        assert app.moved == [MouseMove]
        app.gate.set()
        await pilot.pause()
        type_(app, "b", "enter")
        await pilot.pause()
        assert app.told == ["ab"]


async def test_what_never_rests_does_not_keep_keys_waiting() -> None:
    async def turn() -> None:
        while True:  # noqa: ASYNC110  (it is to keep the loop busy)
            await asyncio.sleep(0)

    async with ordered() as (app, _):
        turning = asyncio.create_task(turn())
        type_(app, *"ab", "backspace", "f5")
        async with asyncio.timeout(60):
            await app.read.wait()
        turning.cancel()
        assert app.told == ["a"]

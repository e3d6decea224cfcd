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
from textual.screen import ModalScreen
from textual.widgets import Input, Static

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
        Binding("f7", "ask_then", priority=True),
        Binding("escape", "note('escape')", priority=True),
        Binding("ctrl+q", "quit", priority=True),
    ]
    CSS = "VerticalScroll { height: 5; } Static { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        """What a service answers at."""
        self._rests = asyncio.Event()
        self._coming = 0
        """How much input has not arrived yet."""
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

    async def type(self, *keys: str | Message) -> None:
        """Have it all arrive at once, as from a terminal, and wait until it is handled or held."""
        assert self._driver is not None
        self._coming = len(keys)
        async with self.handling():
            for key in keys:
                message = Key(key, key if len(key) == 1 else None) if isinstance(key, str) else key
                message.set_sender(self)
                self._driver.send_message(message)

    async def answer(self) -> None:
        """Have the service answer, and wait until what was held is handled."""
        async with self.handling():
            self.gate.set()

    @asynccontextmanager
    async def handling(self) -> AsyncIterator[None]:
        """Wait afterwards until the input that waits is handled, or held again."""
        self._rests.clear()
        yield
        async with asyncio.timeout(60):
            await self._rests.wait()

    async def _post_message(self, message: Message) -> bool:
        self._coming -= 1
        return await super()._post_message(message)

    def _look(self) -> None:
        super()._look()
        if not (self._coming or self._is_looking):
            self._rests.set()

    def action_read(self) -> None:
        self.told.append(self.field.value)

    def action_note(self, text: str) -> None:
        self.told.append(text)

    @work
    @holds_input
    async def action_ask(self, questions: int) -> None:
        """Ask the service, the user, and both again."""
        for _ in range(questions):
            await self.gate.wait()
            self.told.append(await self.push_screen_wait(Ask()))

    async def action_ask_then(self) -> None:
        """Ask the service, and then the user; no worker does it."""
        await self.gate.wait()
        self.push_screen(Ask(), lambda said: self.told.append(f"{said}"))

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
async def ordered() -> AsyncIterator[Ordered]:
    app = Ordered()
    async with app.run_test():
        yield app


async def test_keys_act_in_their_order_inside_one_field() -> None:
    async with ordered() as app:
        await app.type(*"limit 45", "backspace", "f5", "left", "7", "home", "x", "f5")
        assert app.told == ["limit 4", "xlimit 74"]


async def test_a_paste_keeps_its_place_among_keys() -> None:
    async with ordered() as app:
        await app.type("a", Paste("bcd"), "backspace", "e", "f5")
        assert app.told == ["abce"]


async def test_what_follows_the_key_of_a_dialogue_is_for_the_dialogue() -> None:
    async with ordered() as app:
        app.gate.set()
        await app.type("a", "f1", *"hello", "enter", "b", "f5")
        assert app.told == ["hello", "ab"]


async def test_it_waits_where_a_service_is_asked_before_and_between_dialogues() -> None:
    async with ordered() as app:
        await app.type("f2", *"one", "enter", *"two", "enter", "f5")
        assert app.field.value == ""
        await app.answer()
        assert app.told == ["one", "two", ""]


async def test_it_waits_where_the_action_of_a_key_waits() -> None:
    async with ordered() as app:
        await app.type("f7", *"one", "enter")
        await app.answer()
        assert app.told == ["one"]


async def test_a_worker_that_fails_holds_nothing() -> None:
    async with ordered() as app:
        await app.type("f3", "a", "f5")
        assert app.told == []
        (worker,) = app.workers
        await app.answer()
        assert isinstance(worker.error, LookupError)
        assert app.told == ["a"]


async def test_a_worker_that_is_cancelled_holds_nothing() -> None:
    async with ordered() as app:
        await app.type("f1", "a", "f5")
        async with app.handling():
            app.workers.cancel_all()
        assert app.told == ["a"]


async def test_input_is_held_until_an_event_or_a_time() -> None:
    async with ordered() as app:
        await app.type("f6", "a", "f5")
        assert app.told == []
        await app.answer()
        assert app.told == ["a"]
        app.hold_until(asyncio.Event(), at_most=0)
        await app.type("b", "f5")
        assert app.told == ["a", "ab"]


async def test_quit_does_not_wait() -> None:
    async with ordered() as app:
        await app.type("f1", "a", "ctrl+q")
        assert app.return_code == 0


async def test_escape_ends_a_hold_that_lasts_and_drops_what_was_typed_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Ordered, "PATIENCE", 0.0)
    async with ordered() as app:
        await app.type("f1", *"lost", "escape", "a", "f5")
        assert app.told == ["escape", "a"]


async def test_escape_waits_for_the_dialogue_that_it_is_meant_for() -> None:
    async with ordered() as app:
        await app.type("f1", "escape", "x", "enter")
        assert app.told == []
        await app.answer()
        assert app.told == ["escape", "x"]


async def test_a_dialogue_that_somebody_else_opens_gets_its_keys() -> None:
    """As the question for an MFA code does, which the held service waits for."""
    async with ordered() as app:
        await app.type("f1", "a")
        async with app.handling():
            app.push_screen(Ask(), lambda said: app.told.append(f"code {said}"))
        # The letter had been typed before it was there.
        assert app.field.value == "a"
        await app.type(*"12", "enter", "b")
        assert app.told == ["code a12"]
        await app.answer()
        assert app.field.value == "b"


async def test_text_goes_on_while_keys_wait_for_what_is_found() -> None:
    async with ordered() as app:
        await app.type("f4", *"abc", "f5", "d")
        assert app.field.value == "abc"
        await app.answer()
        assert app.told == ["found abc", "abc"]
        assert app.field.value == "abcd"


async def test_a_key_finds_the_layout_that_the_one_before_has_made() -> None:
    async with ordered() as app:
        scroll = app.query_one(VerticalScroll)
        await app.type("tab", *["pagedown"] * 3, "f5")
        assert scroll.scroll_y == 15


async def test_moves_of_the_mouse_overtake_keys_but_no_press() -> None:
    def at(kind: type[MouseDown | MouseMove | MouseUp]) -> Message:
        return kind(None, 1, 10, 0, 0, 1, False, False, False)

    async with ordered() as app:
        await app.type("f1", "a", at(MouseMove), at(MouseDown), at(MouseMove), at(MouseUp))
        assert app.moved == [MouseMove]
        await app.answer()
        await app.type("b", "enter")
        assert app.told == ["ab"]


async def test_what_never_rests_does_not_keep_keys_waiting() -> None:
    async def turn() -> None:
        while True:  # noqa: ASYNC110  (it is to keep the loop busy)
            await asyncio.sleep(0)

    async with ordered() as app:
        turning = asyncio.create_task(turn())
        await app.type(*"ab", "backspace", "f5")
        turning.cancel()
        assert app.told == ["a"]

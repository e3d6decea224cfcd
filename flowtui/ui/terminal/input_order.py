"""One key after the other: what keys do does not depend on how fast they arrive.

Textual handles a key in many tasks: a letter is inserted at once while Backspace bubbles and acts
later, a binding with priority overtakes both, and a screen is pushed while the next key goes to the
one below. `InputOrder` gives Textual the next key only when the one before has done all it does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar, cast

from textual import events
from textual.app import App
from textual.message import Message
from textual.screen import Screen

from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from textual.dom import DOMNode

Input = events.Key | events.Paste | events.MouseEvent | events.AppFocus | events.AppBlur
"""The events of the terminal whose order means something."""

MOST_TURNS = 3_000
"""Turns of the loop after which a key counts as handled: something else never comes to rest."""

MOST_LAYOUTS = 10
"""Layouts between two keys; each may ask for another one."""

MOST_AT_ONCE = 32
"""Letters of a text that are inserted before one looks what they have done."""

P = ParamSpec("P")
ResultType = TypeVar("ResultType")
T = TypeVar("T")
Work = Callable[P, Coroutine[None, None, T]]


class InputOrder(App[ResultType]):
    """An application that handles what is typed in order, and each key to its end.

    That is when nothing is left to do but to wait for a timer, a thread or the network. Where what
    is waited for decides what the next key means, somebody holds the input until it is there.
    """

    PATIENCE: ClassVar[float] = 2.0
    """Seconds of a hold from which on Escape ends it, and it is said what is waited for."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Of what moves, the next key would find what is half-way.
        self.animation_level = "none"
        self._waiting: deque[Input] = deque()
        self._holds: list[_Hold] = []
        self._held_since: float | None = None
        self._is_looking = False
        self._turns = 0
        self._layouts = 0
        self._holding: set[asyncio.Task[None]] = set()

    def on_mount(self) -> None:
        self.screen_change_signal.subscribe(self, self._follow_holds, immediate=True)

    async def on_unmount(self) -> None:
        for task in self._holding:
            task.cancel()

    # For those who know what the next key has to wait for

    @contextmanager
    def holding(self, *, lets_text: bool = False, wait: Wait | None = None) -> Iterator[None]:
        """Keep what is typed from the screen that is on top, until this ends.

        A dialogue that is opened meanwhile is not that screen, and gets its keys. With `lets_text`
        what only goes into a field is not kept: it changes what is searched for. What is waited
        for can be told and ended by `wait`.
        """
        hold = _Hold(self.screen, lets_text, wait)
        self._holds.append(hold)
        self._follow_holds()
        try:
            yield
        finally:
            if hold in self._holds:
                self._holds.remove(hold)
            self._follow_holds()

    def hold_until(self, event: asyncio.Event, *, at_most: float) -> None:
        """Keep what is typed from the screen on top until `event`, or for so many seconds."""
        task = asyncio.get_running_loop().create_task(self._hold_until(event, at_most))
        self._holding.add(task)
        task.add_done_callback(self._holding.discard)

    async def _hold_until(self, event: asyncio.Event, at_most: float) -> None:
        with self.holding(), suppress(TimeoutError):
            async with asyncio.timeout(at_most):
                await event.wait()

    @property
    def is_input_held(self) -> bool:
        """Whether the screen on top has to wait for some keys."""
        return bool(self._holds_of_top)

    @property
    def _holds_of_top(self) -> list[_Hold]:
        top = next(reversed(self.screen_stack), None)
        return [hold for hold in self._holds if hold.screen is top]

    def _follow_holds(self, _: object = None) -> None:
        if not self.is_input_held:
            self._held_since = None
            self._look_soon()
        elif self._held_since is None:
            loop = asyncio.get_running_loop()
            self._held_since = loop.time()
            loop.call_later(self.PATIENCE, self._tell_of_hold, self._held_since)

    def _tell_of_hold(self, since: float) -> None:
        if self._held_since != since:
            return
        for hold in self._holds_of_top:
            if hold.wait is not None:
                hold.wait.tell()

    # What arrives

    # Only drivers call it. The other private names of Textual that are used here are those of
    # `_lays_out` and `_asks_for_layout`; the burst law fails where they have lost their meaning.
    async def _post_message(self, message: Message) -> bool:
        if not isinstance(message, Input):
            return self.post_message(message)
        if isinstance(message, events.MouseMove) and not self._has_press:
            return self.post_message(message)
        self._waiting.append(message)
        if not self._is_looking:
            self._look()
        return True

    @property
    def _has_press(self) -> bool:
        """Whether a button of the mouse waits, whose moves come after it."""
        return any(isinstance(each, events.MouseEvent) for each in self._waiting)

    async def on_event(self, event: events.Event) -> None:
        """Also what an action waits for itself comes before the next key."""
        is_key = isinstance(event, events.Key) and bool(self.screen_stack)
        with self.holding() if is_key else nullcontext():
            await super().on_event(event)

    # When the next one has its turn

    def _look_soon(self) -> None:
        if not self._is_looking and self._waiting:
            self._is_looking = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        """Give the next input if the loop has come to rest, else look again after this turn."""
        self._is_looking = self._is_busy()
        if self._is_looking:
            self._turns += 1
            asyncio.get_running_loop().call_soon(self._look)
            return
        self._turns = self._layouts = 0
        if not (self._waiting and self.screen_stack):
            return
        if self._is_held(self._waiting[0]) and not self._break_out():
            return
        self._give()
        # Also if no other one waits: the next must not overtake what this one does.
        self._is_looking = True
        asyncio.get_running_loop().call_soon(self._look)

    def _give(self) -> None:
        """Give the next input; of text that comes faster than it is drawn, some at once."""
        for _ in range(MOST_AT_ONCE):
            is_amid_text = self._is_amid_text
            self.post_message(self._waiting.popleft())
            if not is_amid_text:
                break

    def _is_busy(self) -> bool:
        if self._turns >= MOST_TURNS:
            return False
        return _has_work(asyncio.get_running_loop()) or self._lays_out()

    def _lays_out(self) -> bool:
        """Have screens laid out and scrolled before a key that may depend on it.

        Textual does that 60 times a second, when it draws, and calls `call_after_refresh` then.
        """
        is_next = bool(self._waiting and self.screen_stack)
        if not is_next or self._layouts >= MOST_LAYOUTS or self._is_amid_text:
            return False
        self._layouts += 1
        asking = [screen for screen in self.screen_stack if _asks_for_layout(screen)]
        for screen in asking:
            screen.call_later(screen._on_timer_update)  # noqa: SLF001
        is_scrolling = bool(self.animator._animations)  # noqa: SLF001
        if is_scrolling:
            self.call_later(self.animator)
        return bool(asking) or is_scrolling

    @property
    def _is_amid_text(self) -> bool:
        """Whether the next input only adds to a text, and so does the one after it."""
        return len(self._waiting) > 1 and all(map(self._is_text, islice(self._waiting, 2)))

    def _is_text(self, event: Input) -> bool:
        """Whether it is only inserted into what has the focus."""
        if not isinstance(event, events.Key):
            return isinstance(event, events.Paste)
        focused = self.focused
        return focused is not None and focused.check_consume_key(event.key, event.character)

    def _is_held(self, event: Input) -> bool:
        holds = self._holds_of_top
        lets_text = all(hold.lets_text for hold in holds)
        return bool(holds) and not (lets_text and self._is_text(event))

    def _break_out(self) -> bool:
        """Let Escape end a hold that lasts, and quit any; what was typed before is dropped then.

        Escape goes on to the screen, but where it has ended what was waited for.
        """
        for at, event in enumerate(self._waiting):
            if isinstance(event, events.Key) and self._ends_hold(event.key):
                for _ in range(at):
                    self._waiting.popleft()
                held = self._holds_of_top
                self._holds = [hold for hold in self._holds if hold not in held]
                self._held_since = None
                waits = [hold.wait for hold in held if hold.wait is not None]
                for wait in waits:
                    wait.end()
                if waits and event.key == "escape":
                    self._waiting.popleft()
                    self._look_soon()
                    return False
                return True
        return False

    def _ends_hold(self, key: str) -> bool:
        if any(each.action == "quit" for each in self._bindings.key_to_bindings.get(key, ())):
            return True
        if key != "escape" or self._held_since is None:
            return False
        loop = asyncio.get_running_loop()
        left = self._held_since + self.PATIENCE - loop.time()
        if left > 0:
            loop.call_later(left, self._look_soon)
        return left <= 0


@dataclass(eq=False)
class _Hold:
    screen: Screen[Any]
    """What is kept from input, while it is on top."""
    lets_text: bool
    wait: Wait | None


@frozen
class Wait:
    """What somebody waits for, where that can take long."""

    tell: Callable[[], None]
    """Say what it is."""
    end: Callable[[], object]
    """Wait no longer."""


def holds_input(work: Work[P, T]) -> Work[P, T]:
    """For a worker that opens dialogues: what is typed waits for them, and for what it does then.

    Also where it asks a service before a dialogue or after it. The dialogues get their keys.
    """
    return _holding(work, lets_text=False)


def holds_keys(work: Work[P, T]) -> Work[P, T]:
    """For a worker that searches for what is typed: keys are for what it finds.

    More text goes on changing what is searched for.
    """
    return _holding(work, lets_text=True)


def _holding(work: Work[P, T], *, lets_text: bool) -> Work[P, T]:
    @wraps(work)
    async def held(*arguments: P.args, **options: P.kwargs) -> T:
        app = cast("DOMNode", arguments[0]).app
        if not isinstance(app, InputOrder):
            return await work(*arguments, **options)
        with app.holding(lets_text=lets_text):
            return await work(*arguments, **options)

    return held


def _has_work(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether anything can go on without waiting for a timer, a thread or the network."""
    return bool(cast(Any, loop)._ready)  # noqa: SLF001  (nothing else tells)


def _asks_for_layout(screen: Screen[Any]) -> bool:
    return screen.is_current and (screen._layout_required or bool(screen._callbacks))  # noqa: SLF001

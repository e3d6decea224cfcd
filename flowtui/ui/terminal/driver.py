"""The terminal as flowtui uses it: which keys and moves it reports, and leaving it for a while."""

from __future__ import annotations

import os
import signal
import termios
from codecs import getincrementaldecoder
from collections.abc import Iterable
from selectors import EVENT_READ, SelectSelector
from typing import Any

from textual import constants, events
from textual.message import Message

from flowtui.ui.terminal import kitty
from flowtui.ui.terminal.hangup_driver import HangupDriver
from flowtui.ui.terminal.kitty import KeyParser

ALTERNATE_SCREEN, HIDE_CURSOR, TELL_FOCUS = "\x1b[?1049h", "\x1b[?25l", "\x1b[?1004h"
TELL_CLICKS, TELL_DRAGS, BY_DECIMALS, BY_PIXELS = 1000, 1002, 1006, 1016
"""Modes of the mouse; moves with no button held are not asked for, as nothing shows them."""

TICK = 0.1
"""So many seconds after an escape character it was the Escape key."""


class TerminalDriver(HangupDriver):
    """Leaves the terminal to the shell and comes back; reads keys of all layouts."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Textual's handlers would wait for locks that the code they interrupt may hold. There are
        # others once the screen is there; until then nobody stops it.
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        signal.signal(signal.SIGCONT, signal.SIG_DFL)
        self._is_shown = False
        self._raw: list[Any] = []
        """The settings of the terminal while it is ours."""

    # To and fro

    def start_application_mode(self) -> None:
        self._is_shown = True
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual has no type
        if not constants.DISABLE_KITTY_KEY:
            # In the place of Textual's own flags, which it has pushed and will pop.
            self.write(f"{kitty.POP}{kitty.PUSH}")
        self._raw = termios.tcgetattr(self.fileno)

    def stop_application_mode(self) -> None:
        if self._is_shown:
            super().stop_application_mode()
            self._is_shown = False

    def restore(self) -> None:
        """Set again what somebody may have changed while the program was stopped."""
        termios.tcsetattr(self.fileno, termios.TCSANOW, self._raw)
        self.write(f"{ALTERNATE_SCREEN}{HIDE_CURSOR}{TELL_FOCUS}")
        if not constants.DISABLE_KITTY_KEY:
            self.write(kitty.SET)
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        self._enable_mouse_support()
        if self._in_band_window_resize:
            self._enable_in_band_window_resize()
        if self._mouse_pixels:
            self._enable_mouse_pixels()

    @property
    def is_shown(self) -> bool:
        """Whether the terminal is ours, and not left to the shell."""
        return self._is_shown

    @property
    def is_in_foreground(self) -> bool:
        """Whether the shell lets this program have the terminal."""
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError:
            return False

    def write(self, data: str) -> None:
        """While the terminal is left to the shell nothing is written, and nobody waits for it."""
        if self._is_shown:
            super().write(data)

    # The mouse

    def _enable_mouse_support(self) -> None:
        if self._mouse:
            self._set_modes("h", TELL_CLICKS, TELL_DRAGS, BY_DECIMALS)

    def _disable_mouse_support(self) -> None:
        if self._mouse:
            self._set_modes("l", TELL_CLICKS, TELL_DRAGS, BY_DECIMALS, BY_PIXELS)

    def _set_modes(self, how: str, *modes: int) -> None:
        self.write("".join(f"\x1b[?{mode}{how}" for mode in modes))

    def process_message(self, message: Message) -> None:
        """Some terminals report every move all the same; only one that drags does anything."""
        is_move = isinstance(message, events.MouseMove) and not message.button
        if not is_move or self._down_buttons:
            super().process_message(message)

    # The keys

    def _run_input_thread(self) -> None:
        """Textual's would have the app draw the traceback, with all that was typed in it."""
        try:
            self.run_input_thread()
        except Exception as error:  # noqa: BLE001  (the app ends of any)
            self._app.call_later(self._app._handle_exception, error)  # noqa: SLF001  (as Textual's)

    def run_input_thread(self) -> None:
        """Textual's, with another parser, and an end when the terminal is gone."""
        parser = KeyParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        with SelectSelector() as selector:
            selector.register(self.fileno, EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(TICK):
                    data = self._read()
                    if not data:
                        os.kill(os.getpid(), signal.SIGHUP)
                        return
                    # The parser takes an empty text for the end.
                    text = decode(data)
                    self._process(parser.feed(text) if text else ())
                self._process(parser.tick())

    def _process(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def _read(self) -> bytes:
        """The keys that were typed; empty once the terminal is gone."""
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

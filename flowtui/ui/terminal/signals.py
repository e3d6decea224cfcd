"""Signals of the shell and the system: stop for a while, go on, end."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import ClassVar, TypeVar

from textual.app import App
from textual.binding import Binding, BindingType

from flowtui.ui.messages import Remarked
from flowtui.ui.terminal.driver import TerminalDriver

ResultType = TypeVar("ResultType")

ENDS = (
    signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT,
    signal.SIGXCPU, signal.SIGUSR1, signal.SIGUSR2,
)  # fmt: skip
"""Each would end the program at once otherwise, with the terminal raw and the queries running."""

BACKGROUND_SECONDS = 0.25
"""A program in the background stops again after that, as one that wants to read."""


class SignalHandling(App[ResultType]):
    """Leaves the terminal to the shell on ctrl+z and SIGTSTP, and restores it on SIGCONT.

    Handlers run in the event loop, never amidst other code: Textual's own would wait for a lock
    that the interrupted code holds.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+z", "suspend", "Suspend", id="suspend", priority=True, show=False,
            tooltip="Back to the shell for a while; fg comes back",
        ),
    ]  # fmt: skip

    is_ending: bool = False
    """Whether a signal has asked for the end: then nothing waits for the terminal any more."""

    def on_load(self) -> None:
        """Before the terminal is ours: whatever ends the program stops the queries first."""
        loop = asyncio.get_running_loop()
        for number in ENDS:
            loop.add_signal_handler(number, self._end)

    def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        if isinstance(self._driver, TerminalDriver):
            loop.add_signal_handler(signal.SIGCONT, self.call_later, self._go_on)
            self._heed_stop()

    def _heed_stop(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTSTP, self.call_later, self._suspend, False)

    def _end(self) -> None:
        self.is_ending = True
        self.call_later(self.action_quit)

    async def action_suspend(self) -> None:
        """Stop with all of the job: the program that has started flowtui may be part of it."""
        if os.getsid(0) == os.getpid():
            self.screen.post_message(Remarked("there is no shell here to go back to"))
        else:
            await self._suspend(True)

    async def _suspend(self, with_job: bool) -> None:
        driver = self._driver
        if not isinstance(driver, TerminalDriver) or not driver.is_shown:
            return
        driver.suspend_application_mode()
        self._stop(with_job)
        if await self._await_foreground(driver):
            driver.resume_application_mode()
            self.app_resume_signal.publish(self)

    def _stop(self, with_job: bool) -> None:
        """Stop as the system does it, which does not where no shell could go on with it."""
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        if with_job:
            os.killpg(os.getpgrp(), signal.SIGTSTP)
        else:
            signal.raise_signal(signal.SIGTSTP)
        self._heed_stop()

    async def _go_on(self) -> None:
        """After a SIGSTOP, which nobody sees coming; of a stray SIGCONT nobody sees anything."""
        driver = self._driver
        if not isinstance(driver, TerminalDriver) or not driver.is_shown:
            return
        if await self._await_foreground(driver):
            driver.restore()
            self.app_resume_signal.publish(self)

    async def _await_foreground(self, driver: TerminalDriver) -> bool:
        """Whether the terminal may be had again; else the program ends without it."""
        while self._must_wait(driver):
            # A signal to end may have woken it: that is heard of meanwhile.
            await asyncio.sleep(BACKGROUND_SECONDS)
            if self._must_wait(driver):
                os.kill(os.getpid(), signal.SIGTTOU)
        if not driver.is_in_foreground:
            # It ends in the background, and puts the terminal's settings back all the same.
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        return driver.is_in_foreground

    def _must_wait(self, driver: TerminalDriver) -> bool:
        return not driver.is_in_foreground and not self.is_ending

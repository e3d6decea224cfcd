"""A terminal that may go away under the program, as when an SSH link drops."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, TextIO

from textual.drivers.linux_driver import LinuxDriver


class HangupDriver(LinuxDriver):
    """Goes on without its terminal, so that the program can stop its queries and end.

    Textual's thread that writes dies of the first error; who hands text to it waits for ever then,
    as soon as its queue is full.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if (file := _terminal()) is not None:
            self._file = HangupFile(file)  # type: ignore[assignment]  # a file, as it is used


def _terminal() -> TextIO | None:
    """Where the screen is: stderr, but that may be closed or go to a file."""
    files = [file for file in (sys.__stderr__, sys.__stdout__) if file is not None]
    return next((file for file in files if file.isatty()), None)


class HangupFile:
    """Writes to a terminal; once that is gone, drops the text and says so by SIGHUP.

    The system sends that to the shell alone, which may not pass it on.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._is_gone = False

    def write(self, text: str) -> None:
        try:
            self._file.write(text)
        except OSError:
            self._lose()

    def flush(self) -> None:
        try:
            self._file.flush()
        except OSError:
            self._lose()

    def _lose(self) -> None:
        if self._is_gone:
            return
        self._is_gone = True
        # What is still buffered would fail again when the interpreter ends, and set its exit code.
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, self._file.fileno())
        os.close(nothing)
        os.kill(os.getpid(), signal.SIGHUP)

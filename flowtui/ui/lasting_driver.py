"""A terminal that may go away under the program, as when an SSH link drops."""

from __future__ import annotations

from contextlib import suppress
from typing import TextIO

from textual.drivers.linux_driver import LinuxDriver


class LastingDriver(LinuxDriver):
    """Goes on without its terminal, so that the program can stop its queries and end.

    Textual's thread that writes dies of the first error; who hands text to it waits for ever then,
    as soon as its queue is full.
    """

    def start_application_mode(self) -> None:
        # The thread gets the file when it is made, which is here.
        if self._file is not None:
            self._file = _Lasting(self._file)  # type: ignore[assignment]  # a file, as it is used
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual has no type


class _Lasting:
    """A file that drops what can't be written."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

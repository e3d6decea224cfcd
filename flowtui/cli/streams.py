"""The three streams that the program is given: any of them may be closed, full, or not in UTF-8.

A write to stdout that fails raises an error of ours, one to stderr is dropped. A character that the
stream's encoding has not is written as `?`.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import select
import signal
import sys
from typing import TYPE_CHECKING, NoReturn, TextIO

from flowtui.model.errors import FlowtuiError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Unwritable(FlowtuiError):
    """The text for stdout did not get there, or not all of it."""

    def __init__(self, reason: str, what: str = "the output") -> None:
        super().__init__(f"{what} can't be written: {reason}")
        self.reason = reason


class ReaderGone(Exception):
    """Nobody reads stdout any more: not an error, and nothing to say."""


def prepare() -> None:
    """Make the streams such that every command may read and write them, whatever they are."""
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        # A read-only file refuses to be written, as a closed stream does.
        if (sys.__stdin__, sys.__stdout__, sys.__stderr__)[number] is None:
            _occupy(number, mode)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  (it stays open)
    sys.stdout = _text(_Stdout(1, "w", closefd=False), sys.__stdout__)
    sys.stderr = _text(_Stderr(2, "w", closefd=False), sys.__stderr__)
    for screen in (sys.__stderr__, sys.__stdout__):
        # The TUI draws on one of them.
        if isinstance(screen, io.TextIOWrapper):
            screen.reconfigure(errors="replace")


def take_keys_from_terminal() -> None:
    """Let the TUI read keys from the terminal, where something else comes by stdin.

    What comes by it is still read from its descriptor.
    """
    from pathlib import Path

    with contextlib.suppress(OSError):  # without a terminal, who needs one says so
        terminal = Path("/dev/tty").open(encoding="utf-8")  # noqa: SIM115  (it stays open)
        sys.__stdin__ = sys.stdin = terminal  # type: ignore[misc]  # Textual reads keys from it


def drop_stdout() -> None:
    """Let the interpreter flush to nobody what could not be written."""
    _occupy(1, os.O_WRONLY)


def end_as_a_broken_pipe() -> NoReturn:
    """End as programs do that know nothing of their reader, such as those of the coreutils."""
    drop_stdout()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGPIPE)
    raise SystemExit(128 + signal.SIGPIPE)


class _Stdout(io.FileIO):
    def write(self, data: ReadableBuffer) -> int:
        try:
            while (written := super().write(data)) is None:
                # A program that shares the pipe with us has made it non-blocking.
                select.select([], [self], [])
        except BrokenPipeError as error:
            raise ReaderGone from error
        except OSError as error:
            is_closed = error.errno == errno.EBADF
            raise Unwritable("stdout is closed" if is_closed else str(error.strerror)) from error
        return written


class _Stderr(io.FileIO):
    def write(self, data: ReadableBuffer) -> int:
        try:
            written = super().write(data)
        except OSError:
            written = None
        return memoryview(data).nbytes if written is None else written


def _text(raw: io.FileIO, like: TextIO | None) -> TextIO:
    encoding = "utf-8" if like is None else like.encoding
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=encoding, errors="replace", line_buffering=raw.isatty()
    )


def _occupy(number: int, mode: int) -> None:
    """Put nothing at all in the place of the descriptor, so that no file gets its number."""
    nothing = os.open(os.devnull, mode)
    if nothing != number:
        os.dup2(nothing, number)
        os.close(nothing)

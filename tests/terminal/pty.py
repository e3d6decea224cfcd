"""A program in a real pseudo-terminal: what it is sent, what it draws, how it ends."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte
from wcwidth import wcswidth

ANSWERS = (
    (re.compile(rb"\x1b\[0?c"), b"\x1b[?62;22c"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),
    (re.compile(rb"\x1b\[\?2048\$p"), b"\x1b[?2048;0$y"),
    (re.compile(rb"\x1b\[\?u"), b"\x1b[?0u"),
    (re.compile(rb"\x1b\]10;\?(?:\x07|\x1b\\)"), b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\"),
    (re.compile(rb"\x1b\]11;\?(?:\x07|\x1b\\)"), b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
)
"""What a terminal says when it is asked; a program that waits for an answer would start late."""

# Key protocols, mode queries and device strings, on which pyte stumbles.
_UNKNOWN_TO_PYTE = re.compile(
    rb"\x1b\[[<>=?][0-9;]*u|\x1b\[\?[0-9;]*\$p|\x1b\[>[0-9;]*[A-Za-z]|\x1bP[^\x1b]*\x1b\\"
)
_UNFINISHED = re.compile(rb"\x1b(?:\[[<>=?0-9;$]*|P[^\x1b]*\x1b?|\][^\x07\x1b]*\x1b?)?\Z")

_NOT_INHERITED = ("LINES", "COLUMNS", "COLORTERM", "NO_COLOR", "TERM_PROGRAM", "TMUX", "STY")

DEADLINE = 120.0
"""Seconds until something that should appear counts as missing."""


class Terminal:
    """A context manager: the program runs inside it and is gone after it."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.output = bytearray()
        """All that the program has written."""
        self._stream = pyte.ByteStream(self.screen)
        self._unfinished = b""
        self._master, slave = os.openpty()
        self._set_size(columns, rows)
        inherited = {k: v for k, v in os.environ.items() if k not in _NOT_INHERITED}
        self.process = subprocess.Popen(  # noqa: S603  (the tests name the program)
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={**inherited, "TERM": "xterm-256color", **(env or {})},
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509  (nothing else gives it a terminal)
        )
        self.is_hung_up = False
        self._slave = slave
        """Kept open, so that the terminal's settings can be read after the program's end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._slave)
        if not self.is_hung_up:
            os.close(self._master)

    # What it shows

    @property
    def lines(self) -> list[str]:
        return [self._line(y) for y in range(self.screen.lines)]

    def _line(self, y: int) -> str:
        """Not `screen.display`, which fails where half of a wide character is overwritten."""
        cells = [self.screen.buffer[y][x].data for x in range(self.screen.columns)]
        wide = [False, *(wcswidth(data) > 1 for data in cells)]
        pairs = zip(cells, wide, strict=False)
        return "".join(data or " " for data, is_behind_wide in pairs if data or not is_behind_wide)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)

    def wait_for(self, holds: Callable[[str], bool], timeout: float = DEADLINE) -> str:
        """Read until the text of the screen fulfils the predicate; that text."""
        deadline = time.monotonic() + timeout
        while self._is_amidst_frame or not holds(self.text):
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"what was waited for is not on the screen:\n{self.text}")
        return self.text

    @property
    def _is_amidst_frame(self) -> bool:
        """Whether what is shown is half of the frame before and half of the next one."""
        return self.output.rfind(b"\x1b[?2026h") > self.output.rfind(b"\x1b[?2026l")

    def wait_for_text(self, text: str, timeout: float = DEADLINE) -> str:
        return self.wait_for(lambda shown: text in shown, timeout)

    def wait_for_output(self, pattern: re.Pattern[bytes], mark: int) -> re.Match[bytes]:
        """Read until what was written since `mark` holds the pattern; where it does first."""
        deadline = time.monotonic() + DEADLINE
        while not (found := pattern.search(self.output, mark)):
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"the program does not answer:\n{self.text}")
        return found

    def settle(self, silence: float = 0.2) -> None:
        """Read until the program has written nothing for so many seconds."""
        while self._read(silence):
            pass

    def mark(self) -> int:
        """A place in the output, for `since`."""
        return len(self.output)

    def since(self, mark: int) -> bytes:
        return bytes(self.output[mark:])

    # What it is told

    def send(self, keys: str | bytes) -> None:
        os.write(self._master, keys.encode() if isinstance(keys, str) else keys)

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    def hang_up(self) -> None:
        """Close the terminal under the program, as sshd does when the link has dropped."""
        os.close(self._master)
        self.is_hung_up = True

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    # How it ends

    def wait_exit(self, timeout: float = DEADLINE) -> int:
        """The exit code; negative after a signal."""
        if self.is_hung_up:
            return self.process.wait(timeout)
        deadline = time.monotonic() + timeout
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                raise AssertionError(f"the program still runs:\n{self.text}")
            self._read(0.05)
        self.settle(0.05)
        return self.process.wait()

    @property
    def is_restored(self) -> bool:
        """Whether the terminal echoes and edits lines again, as a shell needs it."""
        modes: int = termios.tcgetattr(self._slave)[3]
        return bool(modes & termios.ECHO) and bool(modes & termios.ICANON)

    @property
    def settings(self) -> list[Any]:
        """All that `termios` tells of the terminal."""
        return termios.tcgetattr(self._slave)

    def make_cooked(self) -> None:
        """Set the terminal as somebody else does who leaves it as a shell needs it."""
        attributes = termios.tcgetattr(self._slave)
        attributes[3] |= termios.ECHO | termios.ICANON | termios.ISIG
        termios.tcsetattr(self._slave, termios.TCSANOW, attributes)

    def cpu_ms(self) -> float:
        """CPU time of the program so far, also of threads that have ended; Linux only."""
        # What `clock_getcpuclockid` of the C library gives for a process.
        clock = (~self.process.pid << 3) | 2
        return time.clock_gettime_ns(clock) / 1e6

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self, timeout: float) -> bool:
        """Take in what there is; false where nothing comes in `timeout` seconds or ever again."""
        if not select.select([self._master], [], [], max(0.0, timeout))[0]:
            return False
        chunk = os.read(self._master, 1 << 16)
        self.output += chunk
        whole = self._unfinished + chunk
        cut = _UNFINISHED.search(whole)
        end = cut.start() if cut else len(whole)
        self._unfinished = whole[end:]
        self._answer(whole[:end])
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", whole[:end]))
        return True

    def _answer(self, output: bytes) -> None:
        for query, answer in ANSWERS:
            for _ in query.findall(output):
                os.write(self._master, answer)


_SWITCH = re.compile(rb"\x1b\[\?([0-9]+)([hl])|\x1b\[([<>])[0-9]*u")
_USUALLY_ON = frozenset(("7", "25"))
"""Lines wrap, and the cursor is seen."""


def modes_left(output: bytes) -> set[str]:
    """The modes that this output leaves other than a shell expects them; a few of them by name."""
    changed: set[str] = set()
    key_flags = 0
    for mode, state, kitty in _SWITCH.findall(output):
        key_flags += {b">": 1, b"<": -1}.get(kitty, 0)
        assert key_flags >= 0, "more key flags are taken back than were asked for"
        if mode:
            name = mode.decode()
            is_changed = (state == b"h") != (name in _USUALLY_ON)
            changed = changed | {name} if is_changed else changed - {name}
    return changed | ({f"{key_flags} key flags"} if key_flags else set())


def _take_terminal() -> None:
    """Make standard input the controlling terminal, so that signals and sizes arrive."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)

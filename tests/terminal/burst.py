"""Two of the same program: one is sent keys in one write, the other key by key."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.terminal.burst_app import AT_REST
from tests.terminal.pty import Terminal

KEYS = {
    "F1": "\x1bOP", "F2": "\x1bOQ", "F3": "\x1bOR", "F4": "\x1bOS", "F5": "\x1b[15~",
    "F6": "\x1b[17~", "F8": "\x1b[19~", "F9": "\x1b[20~", "F10": "\x1b[21~", "F12": "\x1b[24~",
    "Up": "\x1b[A", "Down": "\x1b[B", "Right": "\x1b[C", "Left": "\x1b[D", "Home": "\x1b[H",
    "End": "\x1b[F", "PgUp": "\x1b[5~", "PgDn": "\x1b[6~", "Del": "\x1b[3~", "Enter": "\r",
    "Backspace": "\x7f", "Tab": "\t", "Space": " ", "^Space": "\x00", "^/": "\x1f",
    # As a terminal with the kitty protocol sends it: the bare character is the Escape key only
    # where nothing follows it for a while.
    "Escape": "\x1b[27u",
    **{f"^{letter}": chr(ord(letter) - 96) for letter in "aefgkoprstuvwxy"},
    **{f"M-{letter}": f"\x1b{letter}" for letter in "cdyzZ"},
    "M-Up": "\x1b[1;3A", "M-Down": "\x1b[1;3B", "S-Left": "\x1b[1;2D", "S-Up": "\x1b[1;2A",
    "S-Tab": "\x1b[Z",
}  # fmt: skip
"""What a terminal sends; all else is sent as it is written, letter by letter."""

PASTE = "\x1b[200~stats count(*) by dstaddr\n| limit 3\x1b[201~"
GRID = (
    *":aceghijklnpstwyzCDGNP+-=_/?[]{}", "Space", "Enter", "Backspace", "Down", "Up", "Right",
    "Left", "PgDn", "PgUp", "Home", "End",
)  # fmt: skip
EDITOR = (
    "limit 4", "stats ", "by srcaddr", "x", "5", "(", '"', "| sort b desc", "filter action = 1",
    "Backspace", "Backspace", "Left", "Right", "Up", "Down", "Home", "End", "Del", "Enter", "Tab",
    "S-Tab", "S-Left", "S-Up", "M-Up", "M-Up", "M-Down", "M-c", "M-d", "M-y", "M-z", "M-Z", "^a",
    "^f", "^k", "^u", "^v", "^w", "^x", "^Space", "^/", "F2", "F10", PASTE,
)  # fmt: skip
DIALOGUE = (
    "art", "10.0", "rejects", "14-15", "yesterday", *"1mtyq", "Down", "Up", "Enter", "Enter",
    "Space", "PgDn", "Home", "End", "Tab", "Backspace", "^u", "Escape",
)  # fmt: skip
EVERYWHERE = (
    "F1", "F3", "F4", "F5", "F5", "F6", "F8", "F9", "F12", "^e", "^g", "^o", "^p", "^r", "^s", "^t",
    "^x", "^y", "Escape",
)  # fmt: skip

_REST = re.compile(re.escape(AT_REST.encode()) + rb"([A-Za-z0-9+/=]*)\x07")

State = dict[str, Any]


def sequence(random: Random, length: int) -> list[str]:
    """Keys for a panel at a time, as somebody might press them."""
    keys: list[str] = []
    while len(keys) < length:
        panel = random.choice((GRID, GRID, EDITOR, EDITOR, DIALOGUE, EVERYWHERE, EVERYWHERE))
        keys += random.choices(panel, k=random.randint(1, 4))
    return keys[:length]


@dataclass
class Program:
    terminal: Terminal
    state: State = field(default_factory=dict)
    """As what it came to rest last."""
    sent: int = 0
    """Keys."""
    mark: int = 0

    def press(self, keys: Sequence[str]) -> None:
        """Send keys in one write, and wait until all are handled and it has come to rest."""
        self.send(keys)
        self.rest()

    def send(self, keys: Sequence[str]) -> None:
        self.sent += len(keys)
        self.terminal.send("".join(keys))

    def rest(self) -> None:
        while self.state.get("arrived", -1) < self.sent:
            found = self.terminal.wait_for_output(_REST, self.mark)
            self.mark = found.end()
            self.state = json.loads(base64.b64decode(found[1]))

    @property
    def outcome(self) -> str:
        return f"{self.terminal.text}\n{self.state}"


@dataclass
class Twins:
    burst: Program
    steps: Program

    def set_up(self, keys: Sequence[str]) -> None:
        """Send keys to both in one write, whatever comes of it."""
        for program in (self.burst, self.steps):
            program.press(_sent(keys))

    def press(self, keys: Sequence[str]) -> State:
        """Send keys to both, and fail where the outcome differs; else what it is."""
        before = self.steps.terminal.text
        self.burst.send(_sent(keys))
        for each in _sent(keys):
            self.steps.press([each])
        self.burst.rest()
        fast, slow = self.burst.outcome, self.steps.outcome
        assert fast == slow, (
            f"{keys}, on this screen:\n{before}\n\nin one read:\n{fast}\n\none by one:\n{slow}"
        )
        return self.burst.state

    @property
    def text(self) -> str:
        return self.burst.terminal.text


def _sent(keys: Sequence[str]) -> list[str]:
    """What is sent, key by key; a paste is one."""
    pieces: list[str] = []
    for key in keys:
        sent = KEYS.get(key, key)
        pieces += [sent] if sent.startswith("\x1b") else sent
    return pieces


@contextmanager
def twins(folder: Path, paths: Sequence[Path], size: tuple[int, int]) -> Iterator[Twins]:
    """Two programs at rest, on files or else on a scripted service."""
    with ExitStack() as stack:
        programs = []
        for name in ("burst", "steps"):
            (home := folder / name).mkdir()
            argv = [sys.executable, "-m", "tests.terminal.burst_app", str(home), *map(str, paths)]
            terminal = Terminal(argv, columns=size[0], rows=size[1])
            programs.append(Program(stack.enter_context(terminal)))
        for program in programs:
            program.rest()
        yield Twins(*programs)

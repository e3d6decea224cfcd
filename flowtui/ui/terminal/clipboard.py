"""Get text to the user's clipboard, through SSH and multiplexers, and say truthfully how.

tmux loses OSC 52 in its default configuration, but passes on what `load-buffer -w` is given; GNU
screen passes OSC 52 only in small DCS chunks (the reference's spikes.md, section 6).
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from flowtui.model.foreign import encodable
from flowtui.model.frozen import frozen

T = TypeVar("T")

SAFE_BYTES = 4096
"""The length that every terminal is known to take; longer text goes to a file too."""
MOST_BYTES = 1024 * 1024
"""The length that a terminal is sent at most: a slow link would show nothing else meanwhile."""
SCREEN_CHUNK = 700
TMUX_SECONDS = 2.0


@frozen
class Clipboard:
    """`write` sends an escape sequence to the terminal; `folder` keeps what is long."""

    write: Callable[[str], None]
    folder: Path
    environment: Mapping[str, str]

    async def copy(self, text: str, now: datetime) -> str:
        """Send `text` on its way; what is returned says where it went."""
        text, size = await _aside(text, lambda: _encodable(text))
        places = [place for place in [await self._send(text, size)] if place]
        if size > SAFE_BYTES or not places:
            places.append(await _aside(text, lambda: self._save(text, now)))
        return " and ".join(places)

    async def _send(self, text: str, size: int) -> str:
        is_too_long = size > MOST_BYTES
        if self.environment.get("TMUX"):
            is_sent = not is_too_long and await _load_tmux(text)
            return "sent to tmux and your terminal" if is_sent else ""
        if self.environment.get("STY") and not is_too_long:
            self.write(_in_screen(_osc52(text)))
            return "sent to your terminal through screen"
        if self._is_local() and await asyncio.to_thread(_system_copy, text):
            return "copied to the system clipboard"
        if is_too_long:
            return ""
        self.write(_osc52(text))
        return "sent to your terminal"

    def _is_local(self) -> bool:
        if self.environment.get("SSH_CONNECTION") or self.environment.get("SSH_TTY"):
            return False
        has_display = self.environment.get("DISPLAY") or self.environment.get("WAYLAND_DISPLAY")
        return bool(has_display) or sys.platform in ("darwin", "win32")

    def _save(self, text: str, now: datetime) -> str:
        """Into a file that only the user can read."""
        path = self.folder / f"copied-{now:%Y%m%dT%H%M%S}.txt"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, text)
        except OSError as error:
            return f"not saved to {path}: {error.strerror}"
        return f"saved to {path}"


def write_private(path: Path, text: str) -> None:
    """Into a file that only the user can read; raises `OSError`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(encodable(text))


async def _aside(text: str, work: Callable[[], T]) -> T:
    """Do with a text what would hold the keys, were it long."""
    return await asyncio.to_thread(work) if len(text) > MOST_BYTES else work()


def _encodable(text: str) -> tuple[str, int]:
    """The text as it can be encoded, and how many bytes that makes."""
    safe = encodable(text)
    return safe, len(safe.encode())


async def _load_tmux(text: str) -> bool:
    try:
        process = await asyncio.create_subprocess_exec(
            "tmux", "load-buffer", "-w", "-",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return False
    try:
        async with asyncio.timeout(TMUX_SECONDS):
            await process.communicate(text.encode("utf-8", "replace"))
    except TimeoutError:
        process.kill()
        await process.wait()
    return process.returncode == 0


def _osc52(text: str) -> str:
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    return f"\x1b]52;c;{encoded}\x07"


def _in_screen(sequence: str) -> str:
    chunks = (sequence[at : at + SCREEN_CHUNK] for at in range(0, len(sequence), SCREEN_CHUNK))
    return "".join(f"\x1bP{chunk}\x1b\\" for chunk in chunks)


def _system_copy(text: str) -> bool:
    import pyperclip

    try:
        pyperclip.copy(text)
    except pyperclip.PyperclipException:
        return False
    return True

"""Where copied text goes, and that the sentence about it is true."""

from __future__ import annotations

import base64
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyperclip
import pytest

from flowtui.ui.terminal import clipboard as clipboard_module
from flowtui.ui.terminal.clipboard import MOST_BYTES, SAFE_BYTES, SCREEN_CHUNK, Clipboard

NOW = datetime(2022, 4, 1, 15, 18, tzinfo=UTC)
QUERY = "stats sum(bytes) by srcaddr\n| sort é desc"
OVER_SSH = {"SSH_TTY": "/dev/pts/1", "DISPLAY": ":0"}
IN_TMUX = {"TMUX": "socket,1,0", **OVER_SSH}


@dataclass
class Desk:
    """A clipboard, and what came out of it."""

    folder: Path
    written: list[str] = field(default_factory=list)

    async def copy(self, text: str, environment: Mapping[str, str]) -> str:
        return await Clipboard(self.written.append, self.folder, environment).copy(text, NOW)

    @property
    def saved(self) -> Path:
        (path,) = self.folder.iterdir()
        return path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where programs are looked for first."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def install_tmux(programs: Path, script: str) -> None:
    path = programs / "tmux"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def osc52(text: str) -> str:
    return f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"


async def test_over_ssh_the_terminal_is_asked_by_osc_52(desk: Desk) -> None:
    assert await desk.copy(QUERY, OVER_SSH) == "sent to your terminal"
    assert desk.written == [osc52(QUERY)]
    assert not desk.folder.exists()


async def test_in_tmux_its_buffer_gets_the_text_and_no_escape_is_written(
    desk: Desk, programs: Path, tmp_path: Path
) -> None:
    install_tmux(programs, f'echo "$*" > {tmp_path}/arguments; cat > {tmp_path}/buffer')
    assert await desk.copy(QUERY, IN_TMUX) == "sent to tmux and your terminal"
    assert (tmp_path / "buffer").read_text("utf-8") == QUERY
    assert (tmp_path / "arguments").read_text() == "load-buffer -w -\n"
    assert desk.written == []


async def test_a_tmux_that_fails_is_not_said_to_have_it(desk: Desk, programs: Path) -> None:
    install_tmux(programs, "cat > /dev/null; exit 1")
    assert await desk.copy(QUERY, IN_TMUX) == f"saved to {desk.saved}"
    assert desk.saved.read_text("utf-8") == QUERY


async def test_a_tmux_that_reads_nothing_is_not_said_to_have_it(desk: Desk, programs: Path) -> None:
    install_tmux(programs, "exit 1")
    text = "x" * 1_000_000
    assert await desk.copy(text, IN_TMUX) == f"saved to {desk.saved}"


async def test_without_a_tmux_program_the_text_is_saved(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await desk.copy(QUERY, IN_TMUX) == f"saved to {desk.saved}"


async def test_a_tmux_that_hangs_is_ended(
    desk: Desk, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard_module, "TMUX_SECONDS", 0.1)
    install_tmux(programs, "exec sleep 60")
    assert await desk.copy(QUERY, IN_TMUX) == f"saved to {desk.saved}"


@pytest.mark.parametrize("length", [1, 2_000])
async def test_screen_gets_chunks_that_it_passes_on(desk: Desk, length: int) -> None:
    text = "x" * length
    said = await desk.copy(text, {"STY": "1.pts", **OVER_SSH})
    assert said == "sent to your terminal through screen"
    (written,) = desk.written
    chunks = re.findall(r"\x1bP(.*?)\x1b\\", written, re.DOTALL)
    assert "".join(f"\x1bP{chunk}\x1b\\" for chunk in chunks) == written
    assert "".join(chunks) == osc52(text)
    assert max(map(len, chunks)) <= SCREEN_CHUNK


async def test_tmux_wins_where_both_are_there(desk: Desk, programs: Path) -> None:
    install_tmux(programs, "cat > /dev/null")
    assert "tmux" in await desk.copy(QUERY, {"STY": "1.pts", **IN_TMUX})


@pytest.mark.parametrize("environment", [OVER_SSH, {"STY": "1", **OVER_SSH}], ids=["ssh", "screen"])
async def test_long_text_is_also_in_a_file_that_only_the_user_reads(
    desk: Desk, environment: Mapping[str, str]
) -> None:
    text = "é" * (SAFE_BYTES // 2) + "x"
    said = await desk.copy(text, environment)
    assert said.startswith("sent to your terminal")
    assert said.endswith(f" and saved to {desk.saved}")
    assert desk.saved.read_text("utf-8") == text
    assert stat.S_IMODE(desk.saved.stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.folder.stat().st_mode) == 0o700


async def test_text_of_the_safe_length_needs_no_file(desk: Desk) -> None:
    assert await desk.copy("x" * SAFE_BYTES, OVER_SSH) == "sent to your terminal"
    assert not desk.folder.exists()


async def test_a_folder_that_can_not_be_made_is_named(desk: Desk) -> None:
    desk.folder.write_text("a file stands here")
    said = await desk.copy("x" * (SAFE_BYTES + 1), OVER_SSH)
    assert said.startswith(f"sent to your terminal and not saved to {desk.folder}")
    assert said.endswith(("File exists", "Not a directory"))


async def test_a_local_display_uses_the_system_clipboard(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(pyperclip, "copy", copied.append)
    assert await desk.copy(QUERY, {"DISPLAY": ":0"}) == "copied to the system clipboard"
    assert copied == [QUERY]
    assert desk.written == []


async def test_a_system_clipboard_that_fails_leaves_it_to_the_terminal(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise pyperclip.PyperclipException("there is no xclip")

    monkeypatch.setattr(pyperclip, "copy", fail)
    assert await desk.copy(QUERY, {"WAYLAND_DISPLAY": "wayland-0"}) == "sent to your terminal"
    assert desk.written == [osc52(QUERY)]


async def test_a_lone_surrogate_does_no_harm(desk: Desk) -> None:
    assert await desk.copy("a\ud800b", OVER_SSH) == "sent to your terminal"
    assert desk.written == [osc52("a\ufffdb")]


@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize("environment", [OVER_SSH, IN_TMUX, {"STY": "1.pts", **OVER_SSH}])
async def test_what_a_terminal_is_busy_with_for_long_is_only_in_the_file(
    environment: Mapping[str, str], desk: Desk
) -> None:
    text = "x" * (MOST_BYTES + 1)
    said = await desk.copy(text, environment)
    assert said == f"saved to {desk.saved}"
    assert desk.saved.read_text() == text
    assert desk.written == []

"""A fault of flowtui is one sentence, and nothing that may be secret is written down of it."""

from __future__ import annotations

import asyncio
import gc
import io
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from flowtui.cli import crash, main
from flowtui.cli.headless import run
from tests.markers import MARKERS, plant

Raise = Callable[[], None]


def with_a_cause() -> None:
    try:
        dict[str, str]()[MARKERS[0]]
    except KeyError as error:
        raise RuntimeError(f"while {MARKERS[1]}") from error


def in_a_group() -> None:
    raise ExceptionGroup(MARKERS[0], [ValueError(MARKERS[1]), OSError(2, MARKERS[2])])


def in_a_task() -> None:
    async def fail() -> None:
        secret = MARKERS[0]
        raise AssertionError(secret)

    asyncio.run(fail())


def without_end() -> None:
    without_end()


def with_itself_behind_it() -> None:
    error = ValueError(MARKERS[0])
    error.__context__ = KeyError(MARKERS[1])
    error.__context__.__context__ = error
    raise error


FAULTS: tuple[Raise, ...] = (
    with_a_cause,
    in_a_group,
    in_a_task,
    without_end,
    with_itself_behind_it,
)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setattr("platformdirs.user_state_path", lambda _: folder)
    plant(monkeypatch)
    return folder


def failing(monkeypatch: pytest.MonkeyPatch, fault: Raise) -> None:
    monkeypatch.setattr("flowtui.cli.check.check", lambda *_: fault())
    monkeypatch.setattr(sys, "argv", ["flowtui", "check", f"filter a = '{MARKERS[2]}'"])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_one_sentence_and_a_file_without_values(
    fault: Raise, state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, fault)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    (path,) = state.iterdir()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("flowtui: that was a fault of flowtui (")
    assert said.err.endswith(f"{path}: please report it with that file\n")
    assert len(said.err.splitlines()) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    written = path.read_text()
    assert f" {fault.__name__}: " in written
    for marker in MARKERS:
        assert marker not in written + said.err


def test_where_the_details_can_not_be_kept_that_is_said(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state.write_text("a file where the folder would be")
    failing(monkeypatch, with_a_cause)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert capsys.readouterr().err.endswith("txt: File exists\n")


def test_a_fault_in_a_thread_is_recorded_in_silence(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    crash.install()
    thread = threading.Thread(target=with_a_cause)
    thread.start()
    thread.join()
    (path,) = state.iterdir()
    assert "builtins.RuntimeError" in path.read_text()
    assert capsys.readouterr() == ("", "")


def test_a_fault_in_a_task_that_nobody_awaits_is_recorded_in_silence(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail() -> None:
        raise AssertionError(MARKERS[0])

    async def leave_alone() -> None:
        asyncio.get_running_loop().create_task(fail())
        await asyncio.sleep(0)

    run(leave_alone())
    gc.collect()
    (path,) = state.iterdir()
    assert "builtins.AssertionError" in path.read_text()
    assert capsys.readouterr() == ("", "")


def test_an_interrupt_ends_it_with_a_word(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    failing(monkeypatch, interrupt)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 4
    assert capsys.readouterr().err.strip() == "flowtui: stopped"
    assert not state.exists()

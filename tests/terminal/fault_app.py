"""The program with a fault in it, of the kind that is named: what is secret is in its frames."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from flowtui import __main__
from flowtui.backends.duckdb.query_thread import RunningQuery
from flowtui.engine.session import Session
from flowtui.model.run import QueryRun
from flowtui.ui.screens.dialogs import TextScreen
from flowtui.ui.screens.workspace import WorkspaceScreen
from flowtui.ui.terminal.driver import TerminalDriver
from flowtui.ui.widgets.grid.result_grid import ResultGrid
from tests.markers import ANSWER


class DrawsItself(Exception):
    """Textual draws such an error by its own words."""

    def __rich__(self) -> str:
        return str(self)


def fail(*_: object, **__: object) -> NoReturn:
    environment = dict(os.environ)
    raise ValueError(" ".join(environment.values()))


def fail_drawn(*_: object) -> NoReturn:
    raise DrawsItself(os.environ["AWS_SECRET_ACCESS_KEY"])


async def fail_later(*_: object) -> None:
    await asyncio.sleep(0)
    fail()


def fail_in_a_thread(*_: object) -> None:
    threading.Thread(target=fail).start()
    fail()


def fail_in_a_timer(screen: WorkspaceScreen) -> None:
    screen.set_timer(0.01, fail)


def fail_in_a_worker(screen: WorkspaceScreen) -> None:
    screen.run_worker(fail_later())


def fail_in_the_session(screen: WorkspaceScreen) -> None:
    screen._session._background.start(fail_later())


def fail_in_a_task(screen: WorkspaceScreen) -> None:
    """Nobody awaits it; the fault in the handler ends the program."""
    screen.lost = asyncio.ensure_future(fail_later())  # type: ignore[attr-defined]
    screen.call_later(fail)


HELP: dict[str, Callable[..., Any]] = {
    "handler": fail,
    "drawn": fail_drawn,
    "thread": fail_in_a_thread,
    "timer": fail_in_a_timer,
    "worker": fail_in_a_worker,
    "session": fail_in_the_session,
    "task": fail_in_a_task,
}
"""What F1 does."""


ANSWERS: dict[str, tuple[type, str]] = {
    "shown": (ResultGrid, "show"),
    "polled": (RunningQuery, "snapshot"),
    "kept": (QueryRun, "advance"),
}
"""Where rows go through."""


def fail_amid_rows(work: Callable[..., object]) -> Callable[..., object]:
    """`work` with a fault as soon as there is an answer among its values, which the error tells."""

    def failing(*given: object) -> object:
        done = work(*given)
        text = repr((given, done))
        if ANSWER in text:
            raise LookupError(text, given)
        return done

    return failing


def break_it(kind: str) -> None:
    if kind in ANSWERS:
        owner, name = ANSWERS[kind]
        setattr(owner, name, fail_amid_rows(getattr(owner, name)))
    elif kind in HELP:
        WorkspaceScreen.action_help = HELP[kind]  # type: ignore[method-assign]
    elif kind == "render":
        ResultGrid.render_line = fail  # type: ignore[method-assign]
    elif kind == "compose":
        TextScreen.compose = fail  # type: ignore[method-assign]
    elif kind == "mount":
        WorkspaceScreen.on_mount = fail  # type: ignore[method-assign]
    elif kind == "begin":
        Session.begin = fail  # type: ignore[method-assign]
    elif kind == "keys":
        TerminalDriver._read = fail  # type: ignore[method-assign]
    elif kind == "leave":
        Session.leave = fail  # type: ignore[method-assign]
    elif kind == "end":
        Session.end = fail  # type: ignore[method-assign]


if __name__ == "__main__":
    break_it(sys.argv.pop(1))
    __main__.main()

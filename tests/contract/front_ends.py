"""The two front ends, asked the same: `flowtui query`, and a session as the screen has one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import assert_never

import pytest

from flowtui.backends.base import Handle
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.cli import compose, main
from flowtui.cli.environment import load_settings
from flowtui.cli.options import Selection
from flowtui.engine import records_behind, remainder
from flowtui.engine.export import records
from flowtui.engine.session import Session
from flowtui.engine.session_state import SessionState
from flowtui.journal.investigations import InvestigationStore
from flowtui.model.run import Query
from flowtui.model.source import (
    AthenaSource,
    CloudWatchSource,
    DataSource,
    DemoSource,
    FileSource,
    S3Source,
)
from flowtui.model.timerange import TimeRange
from flowtui.query.check import render

Started = tuple[str, tuple[str, ...], TimeRange]
"""A query: its text, log groups and window."""


@dataclass(frozen=True)
class Asking:
    """A question, and where it is asked."""

    body: str
    source: DataSource
    asked: Selection


@dataclass(frozen=True)
class Found:
    """What a front end has done, and what the user sees of it."""

    started: tuple[Started, ...]
    rows: tuple[dict[str, str], ...] = ()
    said: str = ""
    """What else there is to know."""
    error: str = ""
    """Why there is no answer."""
    place: str = ""
    """The error, and where it is in the query."""


@contextmanager
def recorded(source: DataSource) -> Iterator[list[Started]]:
    """What is started on the backend of the source meanwhile."""
    started: list[Started] = []
    backend: type[DuckDBBackend | CloudWatchBackend] = (
        DuckDBBackend if source.is_at_hand else CloudWatchBackend
    )
    original = backend.start

    async def start(self: DuckDBBackend, query: Query, window: TimeRange) -> Handle:
        started.append((query.text, query.log_groups, window))
        return await original(self, query, window)  # type: ignore[arg-type]  # its own class

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(backend, "start", start)
        yield started


# `flowtui query`


def by_command(asking: Asking, capsys: pytest.CaptureFixture[str]) -> tuple[Found, str]:
    """What `flowtui query` finds, and all that it shows of the query before and after."""
    words = ["query", "--output", "json", asking.body, *_options(asking)]
    with pytest.MonkeyPatch.context() as patched, recorded(asking.source) as started:
        patched.setattr(sys, "argv", ["flowtui", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
    out, err = capsys.readouterr()
    lines, prefix = err.splitlines(), "flowtui: "
    said = [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
    shown = [line for line in lines if not line.startswith(prefix)]
    at = next((at for at, line in enumerate(shown) if line.startswith("error: ")), len(shown))
    place = "\n".join(shown[at : at + 3])
    error = shown[at].removeprefix("error: ") if place else said.pop() if ended.value.code else ""
    assert bool(error) == bool(ended.value.code)
    rows = tuple(json.loads(out or "[]"))
    return Found(tuple(started), rows, "; ".join(said), error, place), "\n".join(shown)


def _options(asking: Asking) -> list[str]:
    asked = asking.asked
    given = {"--since": asked.since, "--start": asked.start, "--end": asked.end}
    words = [word for name, value in given.items() if value for word in (name, value)]
    words += [word for group in asked.log_groups for word in ("--log-group", group)]
    return [*words, *_source_options(asking.source)]


def _source_options(source: DataSource) -> list[str]:
    match source:
        case FileSource(files, given):
            words = [word for file in files for word in ("--file", str(file))]
            return [*words, "--format", given] if given else words
        case DemoSource():
            return ["--demo"]
        case CloudWatchSource():
            return list(source.command[1:])
        case S3Source(urls):
            words = [word for url in urls for word in ("--file", url)]
            return [*words, *source.command[2 + len(urls) :]]
        case AthenaSource():
            return list(source.command[1:])
        case _:
            assert_never(source)


# The screen's session


def by_session(asking: Asking, now: datetime, folder: Path) -> Found:
    """What comes of F5 after the log groups were chosen; `folder` is for what is kept."""
    with recorded(asking.source) as started:
        found = asyncio.run(_asked(_session(asking, now, folder)))
        return replace(found, started=tuple(filter(_is_asked, started)))


def _is_asked(started: Started) -> bool:
    """Whether it is what was asked, and not what a screen looks at beside it.

    That is the records over time, and what a limit has left out.
    """
    beside = (records_behind.AT, remainder.GROUPS)
    return not any(f" as {name}" in started[0] for name in beside)


def _session(asking: Asking, now: datetime, folder: Path) -> Session:
    """As the composition root makes it, but that nothing is written down, and nothing waited."""
    source, asked = asking.source, asking.asked
    records = InvestigationStore(folder / "state.db", lambda: now)
    contexts = compose._Contexts(load_settings(source), records, lambda _: "", lambda _: None)
    made = contexts._account(source, None)
    account = replace(made, delays=lambda *_: 0.0, journals=lambda _: ())
    groups = asked.log_groups or source.groups
    state = SessionState(source, "", groups, asked.time(source), asking.body)
    return Session(account, state, lambda: now)


async def _asked(session: Session) -> Found:
    session.begin()
    await _rest(session)
    session.ask()
    await _rest(session)
    if session.state.refusal is not None and session.state.refusal.is_overridable:
        session.ask()
        await _rest(session)
    state = session.state
    await session.leave()
    results, message = state.run.latest.results if state.run else None, state.message
    return Found(
        (),
        tuple(records(results)) if results else (),
        "" if message.is_error else message.text,
        message.text if message.is_error else "",
        render(state.text, state.refusal.finding) if state.refusal else "",
    )


async def _rest(session: Session) -> None:
    """Wait until nothing goes on by itself."""
    while session._background.tasks:
        await asyncio.wait(session._background.tasks)


def settle(folder: Path, text: str) -> None:
    """Make this the user's settings."""
    (folder / "flowtui").mkdir(parents=True, exist_ok=True)
    (folder / "flowtui" / "config.toml").write_text(text)

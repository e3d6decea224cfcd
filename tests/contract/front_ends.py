"""The two front ends, asked the same: `flowtui query`, and the runner as a screen drives it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from flowtui.backends.base import Handle
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.backends.late import LateService
from flowtui.cli import main, services
from flowtui.cli.options import Asked, parse_format
from flowtui.cli.report import BACKEND_FAILED, BAD_USAGE, STOPPED, WRONG_QUERY
from flowtui.cli.surroundings import load_settings, state_folder
from flowtui.engine.export import records
from flowtui.engine.formats import Formats
from flowtui.engine.runner import Limits, QueryRunner, Refused, chooses_groups, notices_of
from flowtui.memory import Memory
from flowtui.model.errors import FlowtuiError, QueryError, UsageError
from flowtui.model.run import Query, RunState
from flowtui.model.source import Source
from flowtui.model.timerange import TimeRange
from flowtui.query.check import Diagnostic, render

_CODES = {
    RunState.COMPLETE: 0, RunState.FAILED: BACKEND_FAILED, RunState.CANCELLED: STOPPED,
    RunState.TIMED_OUT: STOPPED,
}  # fmt: skip


Started = tuple[str, tuple[str, ...], TimeRange, int | None]
"""A query: its text, log groups, window and limit."""


@dataclass(frozen=True)
class Asking:
    """A question, and where it is asked."""

    body: str
    source: Source
    asked: Asked
    limit: int | None = None


@dataclass(frozen=True)
class Found:
    """What a front end has done, and what the user sees of it."""

    started: tuple[Started, ...]
    rows: tuple[dict[str, str], ...] = ()
    findings: str = ""
    """With their places, as they are shown."""
    said: tuple[str, ...] = ()
    error: str = ""
    code: int = 0


@contextmanager
def recorded(source: Source) -> Iterator[list[Started]]:
    """What is started on the backend of the source meanwhile."""
    started: list[Started] = []
    backend: type[DuckDBBackend | CloudWatchBackend] = (
        DuckDBBackend if source.is_local else CloudWatchBackend
    )
    original = backend.start

    async def start(self: DuckDBBackend, query: Query, window: TimeRange) -> Handle:
        started.append((query.text, query.log_groups, window, query.limit))
        return await original(self, query, window)  # type: ignore[arg-type]  # its own class

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(backend, "start", start)
        yield started


def by_command(asking: Asking, capsys: pytest.CaptureFixture[str]) -> Found:
    """`flowtui query`."""
    words = ["query", "--output", "json", asking.body, *_options(asking)]
    with pytest.MonkeyPatch.context() as patched, recorded(asking.source) as started:
        patched.setattr(sys, "argv", ["flowtui", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
    out, err = capsys.readouterr()
    code = int(ended.value.code or 0)
    lines = err.splitlines()
    said = [line.removeprefix("flowtui: ") for line in lines if line.startswith("flowtui: ")]
    findings = "\n".join(line for line in lines if not line.startswith("flowtui: "))
    error = said.pop() if code and said else ""
    rows = tuple(json.loads(out or "[]"))
    return Found(tuple(started), rows, findings, tuple(said), error, code)


def _options(asking: Asking) -> list[str]:
    source, asked = asking.source, asking.asked
    given = {
        "--format": source.format, "--endpoint-url": source.endpoint_url, "--since": asked.since,
        "--start": asked.start, "--end": asked.end, "--limit": asking.limit,
    }  # fmt: skip
    words = [word for name, value in given.items() if value for word in (name, str(value))]
    words += [word for file in source.files for word in ("--file", str(file))]
    words += [word for group in asked.log_groups for word in ("--log-group", group)]
    return [*words, "--demo"] if source.demo else words


def by_screen(asking: Asking, now: datetime) -> Found:
    """What a screen does: it learns of the groups when they are chosen, and asks when F5 comes."""
    with recorded(asking.source) as started:
        found = asyncio.run(_shown(asking, now))
        return replace(found, started=tuple(started))


async def _shown(asking: Asking, now: datetime) -> Found:
    runner, shown = _runner(asking.source, now), list[Diagnostic]()
    try:
        return await _run(runner, asking, shown)
    except Refused as error:
        return Found((), findings="\n\n".join(_rendered(asking, error.findings)), code=WRONG_QUERY)
    except QueryError as error:
        shown.append(Diagnostic.of(error))
        return Found((), findings="\n".join(_rendered(asking, shown)), code=WRONG_QUERY)
    except FlowtuiError as error:
        code = BAD_USAGE if isinstance(error, UsageError) else BACKEND_FAILED
        return Found((), error=str(error), code=code)
    finally:
        await runner.service.close()


def _rendered(asking: Asking, findings: Sequence[Diagnostic]) -> Iterator[str]:
    return (render(asking.body, each) for each in findings)


def _runner(source: Source, now: datetime) -> QueryRunner:
    """As the composition root makes it for a screen."""
    settings = load_settings(source)
    make = partial(services.service, source, settings, one_shot=False)
    service = LateService(make, services.place(source))
    memory = Memory(state_folder() / "memory.json")
    formats = Formats(
        given=None if source.is_local else parse_format(source.format),
        remembered=lambda name: "" if source.is_local else memory.format(service.place, name),
        settings=settings.formats,
    )
    limits = Limits(settings.confirm_above_gb, settings.stop_above_gb, settings.price_per_gb)
    return QueryRunner(
        service, formats, now=lambda: now, delays=lambda *_: 0.0, limits=limits, renewal=0.0
    )


async def _run(runner: QueryRunner, asking: Asking, shown: list[Diagnostic]) -> Found:
    groups, time = asking.asked.log_groups, asking.asked.time(asking.source)
    if asking.source.is_local and not groups:
        groups = tuple([group.name async for page in runner.log_groups() for group in page])
    with suppress(FlowtuiError):
        await runner.known(groups)
    chosen = () if chooses_groups(asking.body) else groups
    prepared = await runner.prepare(Query(asking.body, time, chosen, limit=asking.limit))
    shown += prepared.findings
    async with aclosing(runner.runs(prepared)) as runs:
        *_, run = [run async for run in runs]
    latest = run.latest
    notices = (
        *prepared.notices, await runner.heard(prepared), *notices_of(run),
        await runner.elsewhere(prepared, latest),
    )  # fmt: skip
    return Found(
        (),
        tuple(records(latest.results)),
        "\n".join(_rendered(asking, shown)),
        tuple(dict.fromkeys(filter(None, notices))),
        latest.error,
        _CODES[latest.state],
    )


def settle(folder: Path, text: str) -> None:
    """Make this the user's settings."""
    (folder / "flowtui").mkdir(parents=True, exist_ok=True)
    (folder / "flowtui" / "config.toml").write_text(text)

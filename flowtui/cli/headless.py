"""A question that is asked without a screen: how it is put, and how it ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from flowtui.backends.lazy import LazyService
from flowtui.cli.crash import record_of_loop
from flowtui.cli.environment import now
from flowtui.cli.options import Selection
from flowtui.cli.report import STOPPED, WRONG_QUERY, die, show
from flowtui.cli.services import formats, limits, pace, place, service, shelf
from flowtui.engine.cost import Meter
from flowtui.engine.runner import Prepared, QueryRunner, Refused, chooses_groups
from flowtui.flowlogs.log_group import TABLE
from flowtui.model.errors import NoLogGroup, QueryError, UsageError
from flowtui.model.run import Query
from flowtui.model.source import AthenaSource, DataSource, S3Source
from flowtui.model.timerange import TimeRange
from flowtui.query.check import Diagnostic, render, render_all
from flowtui.settings import Settings

if TYPE_CHECKING:
    from flowtui.flowlogs.format import FlowFormat

T = TypeVar("T")

Write = Callable[[Query, TimeRange, "FlowFormat | None"], str]
"""The text of a question about what a query reads over a window; raises `FlowtuiError`."""

_MOST_NAMED = 5
"""Log groups to choose from, in a sentence."""


def make_runner(  # noqa: PLR0913  (what follows the star has defaults)
    source: DataSource,
    settings: Settings,
    *,
    one_shot: bool = True,
    shows_first: bool = False,
    meter: Meter | None = None,
    left_running: list[str] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> QueryRunner:
    """The runner for one question.

    `one_shot` says that it is going to be run, and `shows_first` that somebody looks at its rows
    before all are found.
    """
    make = partial(service, source, settings, one_shot=one_shot, shows_first=shows_first)
    return QueryRunner(
        LazyService(make, place(source)), formats(source, settings), now=now,
        delays=pace(source), limits=limits(source, settings), meter=meter,
        left_running=left_running, say=say, renewal=0.0, keeps_rows=source.keeps_rows, shelf=shelf,
    )  # fmt: skip


def make_question(
    body: str, source: DataSource, asked: Selection, limit: int | None = None
) -> Query:
    """The question that the command line asks; `limit` is of rows. Raises `UsageError`."""
    named = source.groups if isinstance(source, S3Source | AthenaSource) else ()
    groups = asked.log_groups or named
    return Query(body, asked.time(source), groups, limit=limit)


async def prepare(runner: QueryRunner, question: Query, write: Write | None = None) -> Prepared:
    """The question over all groups of files, where none is named; raises `FlowtuiError`.

    `write` makes its text of what the user has given, and of the format of the log groups.
    """
    if write is not None:
        question = await _written(runner, question, write)
    try:
        return await runner.prepare(question)
    except NoLogGroup:
        groups = await every_group(runner)
        return await runner.prepare(replace(question, log_groups=groups))


async def _written(runner: QueryRunner, question: Query, write: Write) -> Query:
    if not question.log_groups and not chooses_groups(question.body):
        question = replace(question, log_groups=await every_group(runner))
    known, window = await runner.known(question.log_groups), await runner.window_of(question)
    return replace(question, body=write(question, window, known.format))


async def every_group(runner: QueryRunner) -> tuple[str, ...]:
    """Every group of files; on AWS the user must say which, as each scan costs."""
    # A later page may say more of a group that an earlier one has named.
    groups = {g.name: g async for page in runner.log_groups() for g in page}
    names = list(groups)
    if await runner.service.extent(tuple(names)) is None:
        tables = [name for name in names if groups[name].format_source == TABLE]
        what, option = ("table", "--table") if tables else ("log group", "--log-group")
        offered = tables or names
        if not offered:
            raise UsageError(f"there is nothing to read here; name what there is by {option}")
        some = offered[:_MOST_NAMED] + ["..."] * (len(offered) > _MOST_NAMED)
        raise UsageError(f"which {what}? give {option}: {', '.join(some)}")
    return tuple(names)


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which SIGTERM and SIGHUP end as Ctrl+C does: nothing is left running.

    Where a signal is ignored, as nohup has it, it stays so.
    """

    async def stoppable() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        loop.set_exception_handler(record_of_loop)
        for number in (signal.SIGTERM, signal.SIGHUP):
            if task is not None and signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, task.cancel)
        return await work

    try:
        return asyncio.run(stoppable())
    except asyncio.CancelledError:
        die("stopped", STOPPED)


@contextmanager
def pointing_into(body: str) -> Iterator[None]:
    """Show where in the query an error is, if it says so, and exit."""
    try:
        yield
    except Refused as error:
        show(f"{render_all(body, error.findings)}\n")
        raise click.exceptions.Exit(WRONG_QUERY) from None
    except QueryError as error:
        if error.span == (0, 0):
            raise
        point(body, Diagnostic.of(error))
        raise click.exceptions.Exit(WRONG_QUERY) from None


def point(body: str, finding: Diagnostic) -> None:
    """Show on stderr where in the query it was found."""
    show(f"{render(body, finding)}\n")

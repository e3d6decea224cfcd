"""A question that is asked without a screen: how it is put, and how it ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from flowtui.cli.crash import record_of_loop
from flowtui.cli.options import Asked
from flowtui.cli.report import STOPPED, WRONG_QUERY, die, show
from flowtui.cli.services import given_formats
from flowtui.engine.headless import Question
from flowtui.model.errors import QueryError
from flowtui.model.source import Source
from flowtui.query.check import Diagnostic, render
from flowtui.settings import Settings

T = TypeVar("T")


def make_question(
    body: str, source: Source, asked: Asked, settings: Settings, limit: int | None = None
) -> Question:
    """The question that the command line asks; `limit` is of rows. Raises `UsageError`."""
    return Question(
        body,
        asked.log_groups,
        asked.time(source),
        given_formats(source, settings),
        limit,
        settings.stop_above_gb,
        needs_sizes=settings.confirm_above_gb > 0,
    )


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
    except QueryError as error:
        if error.span == (0, 0):
            raise
        point(body, Diagnostic.of(error))
        raise click.exceptions.Exit(WRONG_QUERY) from None


def point(body: str, finding: Diagnostic) -> None:
    """Show on stderr where in the query it was found."""
    show(f"{render(body, finding)}\n")

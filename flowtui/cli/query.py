"""`flowtui query`: rows to stdout; what it costs, how far it is and how it ends to stderr."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing, suppress
from dataclasses import replace

from flowtui.cli.environment import load_settings
from flowtui.cli.exit import report_orphans
from flowtui.cli.headless import (
    Write,
    make_question,
    make_runner,
    point,
    pointing_into,
    prepare,
    run,
)
from flowtui.cli.options import Selection, follow_link, read_query
from flowtui.cli.output import Output, give_results
from flowtui.cli.progress import Progress
from flowtui.cli.report import BACKEND_FAILED, STOPPED, die, say
from flowtui.engine.cost import Meter
from flowtui.engine.cost_words import describe, in_run, too_much
from flowtui.engine.runner import Prepared, QueryRunner, notices_of
from flowtui.model.errors import BackendError, UsageError
from flowtui.model.frozen import frozen
from flowtui.model.run import Query, QueryRun, RunState, Snapshot
from flowtui.model.source import DataSource


def print_result(  # noqa: PLR0913  (those after the star are options)
    text: str,
    source: DataSource,
    asked: Selection,
    *,
    output: Output,
    limit: int | None,
    is_agreed: bool,
    write: Write | None = None,
    one_shot: bool = True,
) -> None:
    """Run the query, print its rows and exit with its code; `is_agreed` is that it may cost.

    `write` makes the question of the query, where it is about what the query reads; where it
    makes several queries, not `one_shot`, files are loaded once for all of them.
    """
    output.check()
    source, asked, body = follow_link(source, asked, read_query(text, source))
    settings, meter, progress = load_settings(source), Meter(), Progress(sys.stderr.isatty())
    question = make_question(body, source, asked, limit)
    left: list[str] = []
    runner = make_runner(
        source, settings, one_shot=one_shot, shows_first=progress.is_seen, meter=meter,
        left_running=left, say=progress.say,
    )  # fmt: skip
    asking = _Asking(runner, progress, is_agreed, write)
    try:
        with pointing_into(body):
            snapshot, notices = run(asking.answer(question))
        notices = (*notices, *filter(None, [give_results(snapshot.results, output)]))
    finally:
        if left:
            report_orphans(source, left)
        _say_scanned(meter, settings.price_per_gb)
    _finish(snapshot, notices)


@frozen
class _Asking:
    runner: QueryRunner
    progress: Progress
    is_agreed: bool
    write: Write | None

    async def answer(self, question: Query) -> tuple[Snapshot, tuple[str, ...]]:
        """The last snapshot of the question, and what else is to be said of it."""
        runner = self.runner
        try:
            await self._learn(question)
            prepared = await prepare(runner, question, self.write)
            for finding in prepared.findings:
                point(prepared.query.body, finding)
            _allow(prepared, is_agreed=self.is_agreed)
            hearing = asyncio.ensure_future(runner.heard(prepared))
            try:
                ended = await _end_of(runner, prepared, self.progress)
                heard = await hearing
            finally:
                hearing.cancel()
            elsewhere = await runner.elsewhere(prepared, ended.latest)
            said = filter(None, (*prepared.notices, heard, elsewhere, *notices_of(ended)))
            return ended.latest, tuple(dict.fromkeys(said))
        finally:
            self.progress.say("")
            await runner.service.close()

    async def _learn(self, question: Query) -> None:
        """Read objects whose format is not known yet, where the text is made of it.

        They are those that the question reads, so that none is fetched again.
        """
        groups, runner = question.log_groups, self.runner
        if self.write is None or not groups or (await runner.known(groups)).format is not None:
            return
        if not any(group.is_provisional for group in runner.described(groups)):
            return
        first = await runner.prepare(replace(question, body=_FIRST))
        _allow(first, is_agreed=self.is_agreed)
        ended = await _end_of(runner, first, self.progress)
        if ended.latest.state is RunState.FAILED:
            raise BackendError(ended.latest.error)


_FIRST = "stats count(*)"
"""A question that needs no format."""


async def _end_of(runner: QueryRunner, prepared: Prepared, progress: Progress) -> QueryRun:
    async with aclosing(runner.runs(prepared)) as runs:
        ended = await anext(runs)
        async for ended in runs:
            progress.follow(ended.latest)
    return ended


def _allow(prepared: Prepared, *, is_agreed: bool) -> None:
    """Say what the query may scan; raises `UsageError` if the user must agree to that first.

    Nobody may be there to be asked, so that a limit the user has set can only refuse.
    """
    limits, estimate = prepared.limits, prepared.estimate
    limit, setting = limits.confirm_above_gb, limits.confirm_setting
    is_said = limits.price_per_gb or limit or estimate.listed
    if not is_said:
        return
    said = describe(estimate, prepared.query, prepared.window, limits.price_per_gb)
    if estimate.is_unknown and limit:
        said = f"{said.removesuffix('.')}; {setting} = {limit:g} is not checked"
    if estimate.is_above(limit) and not is_agreed:
        much = too_much(estimate, prepared.window, limit)
        said = f"{said} {much}".rstrip()
        raise UsageError(f"{said} That is above {setting} = {limit:g}; --yes runs it")
    say(said)


def _say_scanned(meter: Meter, price_per_gb: float) -> None:
    if said := in_run(meter, price_per_gb):
        # The reader of stderr may be gone.
        with suppress(OSError):
            say(said)


def _finish(snapshot: Snapshot, notices: tuple[str, ...]) -> None:
    """Say what else is to be said, and exit with another code where the query is not complete."""
    for notice in notices:
        say(notice)
    if snapshot.state is RunState.FAILED:
        die(snapshot.error or "the query failed on the service; run it again", BACKEND_FAILED)
    if snapshot.state is not RunState.COMPLETE:
        ended = f"the query ended as {snapshot.state.lower()}; the rows so far are shown"
        die(snapshot.error or ended, STOPPED)

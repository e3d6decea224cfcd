"""Asks for the time behind the rows that are shown: beside the trail, and never as a step of it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.engine.answers_over_time import read_coverage, read_series, top_values
from flowtui.engine.fold import is_fold
from flowtui.engine.folds import parts_of
from flowtui.engine.over_time import ACTION, Coverage
from flowtui.engine.records_behind import Behind, behind, coverage, keeps_all, over_time, ranking
from flowtui.engine.series import DAY, HOUR, MINUTE, Axis, Series, axis
from flowtui.engine.session_state import Consent
from flowtui.engine.timeline import LONGEST_MS, MOST_BANDS, MOST_STEPS, chart, series
from flowtui.model.amounts import human_bytes
from flowtui.model.errors import FlowtuiError
from flowtui.model.run import RunState
from flowtui.model.timerange import TimeRange
from flowtui.query.ast import Period

if TYPE_CHECKING:
    from flowtui.engine.over_time import OverTime
    from flowtui.engine.runner import QueryRunner
    from flowtui.engine.session_store import SessionStore
    from flowtui.model.run import Query, QueryRun, ResultSet

MOST_KEPT = 64
"""Answers that are kept: who goes back on the trail waits for none of them."""

NO_TIMES = "the window has no bounds, and the rows have no times"


class TimeFollower:
    """Asks one question at a time; who cancels it has its query stopped."""

    def __init__(self, store: SessionStore, runner: QueryRunner) -> None:
        self._store, self._runner = store, runner
        self._kept: dict[tuple[Query, TimeRange], ResultSet] = {}
        self._consent: tuple[Consent, asyncio.Future[bool]] | None = None

    async def accompany(self, run: QueryRun) -> None:
        """The time behind a run whose records are at hand: free, and not waited for."""
        wish = self._store.state.over_time
        found = replace(wish.of(run.id), run=run.id)
        try:
            found = await self._found(run, found)
        except FlowtuiError as error:
            found = replace(found, refusal=str(error))
        self._take(run, found)

    async def _found(self, run: QueryRun, found: OverTime) -> OverTime:
        window = run.window
        if window.end_ms - window.start_ms > LONGEST_MS:
            return replace(found, refusal=NO_TIMES)
        columns = await self._runner.columns_at_hand(run.query)
        flow_format = (await self._runner.known(run.query.log_groups)).format
        steps = axis(window.start_ms, window.end_ms, MOST_STEPS)
        if columns is None:
            asked = coverage(run.query, flow_format, _period(steps))
            covered = read_coverage(await self._answer(asked, window), steps)
            found = replace(found, coverage=covered, queries=(asked,))
        else:
            # Rows that somebody has filtered tell nothing of what was recorded.
            covered = Coverage(steps[0], steps[1], ())
        if not _is_needed(run, found.split):
            return found
        on = behind(run.query, flow_format, columns)
        found_series, queries = await self._series(on, window, found.split, covered)
        if columns is None:
            found_series = covered.onto(found_series)
        found = replace(found, series=found_series, queries=(*queries, *found.queries))
        earlier = _earlier(run, wanted=found.wants_before)
        if earlier is not None:
            before, _ = await self._series(on, earlier, found.split, covered)
            found = replace(found, before=before)
        return found

    async def _series(
        self, on: Behind, window: TimeRange, split: str, covered: Coverage
    ) -> tuple[Series, tuple[Query, ...]]:
        steps = axis(window.start_ms, window.end_ms, MOST_STEPS, covered.interval_ms)
        values: tuple[str, ...] = ()
        asked = ranking(on, split, MOST_BANDS) if split and split != ACTION else None
        if asked is not None:
            values = top_values(await self._answer(asked, window))
        query = over_time(on, _period(steps), split, values)
        results = await self._answer(query, window)
        queries = (query,) if asked is None else (query, asked)
        return read_series(results, steps, on), queries

    async def _answer(self, query: Query, window: TimeRange) -> ResultSet:
        key = query, window
        if key not in self._kept:
            results = await self._runner.peek(replace(query, time=window), window)
            while len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = results
        return self._kept[key]

    async def look_in_rows(self, run: QueryRun) -> None:
        """The time behind a run by rows of the trail, where these surely say it: that is free."""
        from flowtui.engine.rollup import rolled_up

        found = replace(self._store.state.over_time.of(run.id), run=run.id)
        trail, window = self._store.state.trail, run.window
        if trail is None or not _is_needed(run, found.split):
            return
        steps = axis(window.start_ms, window.end_ms, MOST_STEPS)
        with suppress(FlowtuiError):
            on = behind(run.query, self._store.state.flow_format)
            for has_sides in (True, False):
                asked = over_time(on, _period(steps), found.split, (), has_sides=has_sides)
                asked = replace(asked, time=window)
                answers = (rolled_up(step.run, asked) for step in reversed(trail.steps))
                query = next((each for each in answers if each is not None), None)
                if query is not None:
                    results = await self._runner.peek(query, window)
                    series_found = read_series(results, steps, on)
                    self._take(run, replace(found, series=series_found, queries=(query,)))
                    return

    async def ask(self, run: QueryRun, *, before: bool = False) -> None:
        """The same where it is a scan: it is shown, estimated, and asked for first.

        `before` asks for the window before that of the run.
        """
        found = replace(self._store.state.over_time.of(run.id), run=run.id)
        window = (_earlier(run, wanted=True) if before else None) or run.window
        try:
            answered = await self._scanned(run.query, window, found.split)
        except FlowtuiError as error:
            self._store.say(str(error), is_error=True)
            return
        if answered is None:
            self._take(run, replace(found, wants_before=found.wants_before and not before))
            self._store.say("not asked; T asks again")
            return
        query, series_found = answered
        queries = (*found.queries, query) if before else (query,)
        found = replace(found, queries=queries)
        if before:
            self._take(run, replace(found, before=series_found))
        else:
            self._take(run, replace(found, series=series_found))

    async def _scanned(
        self, query: Query, window: TimeRange, split: str
    ) -> tuple[Query, Series] | None:
        """What was asked and what came of it; None where the user did not agree."""
        steps = axis(window.start_ms, window.end_ms, MOST_STEPS)
        known = await self._runner.known(query.log_groups)
        on = behind(query, known.format)
        asked = replace(over_time(on, _period(steps), split, ()), time=window)
        # As if rows at hand were left: the estimate is wanted whatever the limit is.
        prepared = await self._runner.prepare(asked, window, leaves_rows=True)
        consent = Consent(prepared.estimate, prepared.query, window, is_beside=True)
        if not await self._agrees(consent):
            return None
        self._store.say("asking for the records over time")
        async with aclosing(self._runner.runs(prepared)) as runs:
            asking = await anext(runs)
            async for latest in runs:
                asking = latest
        if asking.latest.state is not RunState.COMPLETE:
            raise FlowtuiError(asking.latest.error or f"it has ended as {asking.latest.state}")
        self._store.say(_said(asking))
        return prepared.query, read_series(asking.latest.results, steps, on)

    async def _agrees(self, consent: Consent) -> bool:
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._consent = consent, answer
        self._store.request(consent)
        try:
            return await answer
        finally:
            self._consent = None
            self._store.answered(consent)

    def agree(self, consent: Consent, *, is_agreed: bool) -> None:
        """The user's answer to what the scan may cost."""
        if self._consent is not None and self._consent[0] is consent:
            with suppress(asyncio.InvalidStateError):
                self._consent[1].set_result(is_agreed)

    def _take(self, run: QueryRun, found: OverTime) -> None:
        """Show it, unless the user has moved on meanwhile."""
        state = self._store.state
        if state.shown is not None and state.shown.id == run.id:
            self._store.become(replace(state, over_time=found))


def _earlier(run: QueryRun, *, wanted: bool) -> TimeRange | None:
    """The window to be seen behind that of the run: the one that it compares with, if it does."""
    window = run.window
    spans = (part.window for part in parts_of(run.query, window))
    compared = next((span for span in spans if span != window), None)
    if compared is None and wanted:
        return TimeRange(window.start - window.length, window.start)
    return compared


def _is_needed(run: QueryRun, split: str) -> bool:
    """Whether the rows themselves do not say it: groups, or more rows than there is room for."""
    if is_fold(run.query.body):
        return True
    if chart(run.query.text).bins is not None:
        return False
    return keeps_all(run.query) or bool(run.latest.results.keys) or not _has_times(run, split)


def _has_times(run: QueryRun, split: str) -> bool:
    drawn = chart(run.query.text)
    return series(run.latest.results, run.window, drawn, split) is not None


def _period(steps: Axis) -> Period:
    """The bins of a query for these steps: days at most, as longer ones are cut."""
    step = min(steps[1], DAY)
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if step % size == 0:
            return Period(step // size, unit)
    return Period(step // 1000, "s")


def _said(asking: QueryRun) -> str:
    scanned = asking.latest.statistics.bytes_scanned
    return "" if scanned is None else f"the records over time: scanned {human_bytes(scanned)}"

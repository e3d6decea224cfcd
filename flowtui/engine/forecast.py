"""What the question in the editor may scan, and the rows that answer it without a scan."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.model.errors import FlowtuiError, QueryError
from flowtui.model.timerange import TimeRange

if TYPE_CHECKING:
    from flowtui.engine.background import Start
    from flowtui.engine.drill import Target
    from flowtui.engine.followers import Followers
    from flowtui.engine.session_store import SessionStore
    from flowtui.model.run import Query, RunId
    from flowtui.model.timerange import Time

LISTING = "listing the objects of this time; nothing is fetched before F5"


class Forecast:
    def __init__(self, store: SessionStore, followers: Followers, start: Start) -> None:
        self._store, self._followers, self._start = store, followers, start
        self._listing: asyncio.Task[None] | None = None
        self._listed: tuple[tuple[str, ...], Time | None, RunId | None] | None = None
        """What was listed the last time, and after which run, to say what the next one takes."""

    def look(self, *, is_learning: bool) -> None:
        """Say it from what is known. `is_learning` is that the log groups are not known yet."""
        store = self._store
        offer = self._offer()
        if offer != store.state.offer:
            store.become(replace(store.state, offer=offer))
        if store.state.rows is not None:
            if store.state.estimate is not None:
                store.become(replace(store.state, estimate=None))
            return
        if store.state.source.is_listed:
            self._look_in_list()
            return
        known = None if is_learning else self._followers.runner.foreseen(store.state.question)
        if known != store.state.estimate:
            store.become(replace(store.state, estimate=known))

    def offered(self) -> Target:
        """The question over rows of the trail; raises `QueryError` where none surely answer it."""
        from flowtui.engine.drill import Target
        from flowtui.engine.runner import title_of

        offer = self._offer()
        if offer is None or offer.rows is None:
            raise QueryError("no step of the trail surely answers this; F5 runs the query")
        window = offer.time if isinstance(offer.time, TimeRange) else offer.rows.window
        return Target(offer, window, title_of(self._store.state.text))

    def _offer(self) -> Query | None:
        """The query over the latest rows of the trail that answer the question in the editor.

        Where the records themselves are free nobody needs one.
        """
        state = self._store.state
        trail = state.trail
        is_asked = state.is_run_current or state.is_shown_current
        if trail is None or state.rows is not None or state.source.is_at_hand or is_asked:
            return None
        from flowtui.engine.rollup import rolled_up

        asked = state.whole_query
        found = (rolled_up(step.run, asked) for step in reversed(trail.steps))
        return next((query for query in found if query is not None), None)

    def _look_in_list(self) -> None:
        """List what the question reads, once for the same log groups and time."""
        question, run = self._store.state.question, self._store.state.run
        asked = question.log_groups, question.time, None if run is None else run.id
        if asked == self._listed or (run is not None and not run.is_final):
            return
        self._listed = asked
        if self._listing is not None:
            self._listing.cancel()
        self._store.become(replace(self._store.state, estimate=None))
        self._listing = self._start(self._list(question))

    async def _list(self, question: Query) -> None:
        store = self._store
        if store.state.run is None:
            store.say(LISTING)
        try:
            known = await self._followers.runner.listed(question)
        except FlowtuiError as error:
            store.say(str(error), is_error=True)
            return
        state = replace(store.state, estimate=known)
        store.become(state.said("") if state.message.text == LISTING else state)

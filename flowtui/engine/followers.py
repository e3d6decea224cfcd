"""What asks the service of the account where one works: the runner, and who follows its runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from flowtui.engine.cost import Meter
from flowtui.engine.session_state import QUEUED

if TYPE_CHECKING:
    from flowtui.engine.account import Account
    from flowtui.engine.run_follower import RunFollower
    from flowtui.engine.runner import QueryRunner
    from flowtui.engine.session_state import Consent
    from flowtui.engine.session_store import SessionStore
    from flowtui.engine.time_follower import TimeFollower
    from flowtui.model.run import QueryRun, RunId
    from flowtui.model.source import DataSource


class Followers:
    """Made when they are first needed: a first frame does not wait for what they import."""

    def __init__(
        self,
        account: Account,
        store: SessionStore,
        now: Callable[[], datetime],
        *,
        first_id: int,
    ) -> None:
        self.account = account
        self.meter = Meter()
        self.left_running: dict[DataSource, list[str]] = {}
        """The ids of queries that may still run because their stop went unanswered, by where."""
        self._store, self._now, self._first_id = store, now, first_id
        self._made: tuple[QueryRunner, RunFollower, TimeFollower] | None = None

    @property
    def runner(self) -> QueryRunner:
        return self._working[0]

    @property
    def of_run(self) -> RunFollower:
        return self._working[1]

    @property
    def of_time(self) -> TimeFollower:
        return self._working[2]

    @property
    def _working(self) -> tuple[QueryRunner, RunFollower, TimeFollower]:
        if self._made is None:
            from flowtui.engine.rows_source import RowsSource
            from flowtui.engine.run_follower import RunFollower
            from flowtui.engine.runner import QueryRunner
            from flowtui.engine.time_follower import TimeFollower

            account, store = self.account, self._store
            runner = QueryRunner(
                account.service, account.formats, now=self._now, delays=account.delays,
                limits=account.limits, meter=self.meter, say=self._tell, first_id=self._first_id,
                left_running=self.left_running.setdefault(account.source, []),
                rows=RowsSource(account.rows, self._run_of),
                keeps_rows=account.source.keeps_rows, shelf=account.shelf,
            )  # fmt: skip
            followers = RunFollower(store, runner, self._now), TimeFollower(store, runner)
            self._made = runner, *followers
        return self._made

    def _run_of(self, run_id: RunId) -> QueryRun | None:
        return self._store.state.run_of(run_id)

    def _tell(self, activity: str) -> None:
        """The step that takes its time: before a run has begun, or where rows are read again."""
        state = self._store.state
        if not state.activity:
            self._store.say(activity)
        elif activity != state.activity:
            self._store.become(replace(state, activity=activity or QUEUED))

    def agree(self, request: Consent, *, is_agreed: bool) -> None:
        """The user's answer to what a run may cost, of which one of both is waiting."""
        self.of_run.agree(request, is_agreed=is_agreed)
        self.of_time.agree(request, is_agreed=is_agreed)

    async def close(self) -> None:
        """Let go of the rows that the runner holds."""
        if self._made is not None:
            await self._made[0].rows.close()

    def move(self, account: Account) -> None:
        self.account, self._made = account, None

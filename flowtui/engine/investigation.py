"""All of an investigation but its rows, which the service keeps under the id of their query."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from flowtui.engine.trail import Step, Trail
from flowtui.model.frozen import frozen
from flowtui.model.run import QueryRun, RowsOf, RunState
from flowtui.model.source import DataSource
from flowtui.model.timerange import Time


@frozen
class Investigation:
    """The questions of the user, where they were asked, and what became of them."""

    source: DataSource
    groups: tuple[str, ...] = ()
    """The log groups that are chosen."""
    time: Time | None = None
    text: str = ""
    """The text in the editor."""
    trail: Trail | None = None
    coming: Step | None = None
    """A run that is no step yet: it has shown no rows."""
    replaces: bool = False
    """Whether the coming run takes the place of the current step, as the same question does."""
    rows: RowsOf | None = None
    """The rows at hand that the question reads."""

    @property
    def handle(self) -> str:
        """The id of the run that was asked last; empty while it has none."""
        step = self.coming or (self.trail.current if self.trail else None)
        return step.run.handle if step else ""

    @property
    def last_id(self) -> int:
        """The highest id of a run, so that later ones differ; 0 without any."""
        return max((run.id for run in self.runs), default=0)

    @property
    def runs(self) -> tuple[QueryRun, ...]:
        """The steps' runs and the coming one."""
        steps = self.trail.steps if self.trail else ()
        return tuple(step.run for step in (*steps, *([self.coming] if self.coming else ())))

    @property
    def followed(self) -> QueryRun | None:
        """The run that is waited for, where the service can be asked for it by its id."""
        if self.coming is not None and self.coming.run.handle:
            return self.coming.run
        run = self.trail.current.run if self.trail else None
        return run if run is not None and not run.is_final and run.handle else None

    @property
    def strays(self) -> tuple[QueryRun, ...]:
        """Runs that may still be on their way, though nobody waits for them any more."""
        followed = self.followed
        return tuple(
            run
            for run in self.runs
            if not run.is_final and run.handle and (followed is None or run.id != followed.id)
        )

    def reopened(self, now: datetime) -> Investigation:
        """As a new session begins with it: one run is followed, if any, and no other runs."""
        followed = self.followed

        def opened(step: Step) -> Step:
            if followed is None or step.run.id != followed.id:
                return replace(step, run=step.run.end(RunState.CANCELLED, now))
            # Also of one that was stopped there may be more than it has shown.
            latest = replace(followed.latest, state=RunState.QUEUED, error="")
            return replace(step, run=replace(followed, latest=latest), forgotten=0)

        trail = self.trail
        if trail is not None:
            trail = replace(trail, steps=tuple(map(opened, trail.steps)))
        coming = self.coming if followed and self.coming else None
        return replace(self, trail=trail, coming=coming and opened(coming))

    def bare(self) -> Investigation:
        """Without the rows, of which each step keeps the number."""
        trail = self.trail
        if trail is not None:
            trail = replace(trail, steps=tuple(map(_bare, trail.steps)))
        return replace(self, trail=trail, coming=self.coming and _bare(self.coming))

    def left(self, still_running: Collection[str], now: datetime) -> Investigation:
        """As it is when the program has ended and its runs have been stopped.

        `still_running` are the ids of those of which that is not certain: they are what can be
        followed again.
        """

        def ended(step: Step) -> Step:
            return replace(step, run=_ended(step.run, still_running, now))

        trail = self.trail
        if trail is not None:
            trail = replace(trail, steps=tuple(map(ended, trail.steps)))
        return replace(self, trail=trail, coming=self.coming and ended(self.coming))


def _bare(step: Step) -> Step:
    latest = replace(step.run.without_rows().latest, login=())
    return replace(step, run=replace(step.run, latest=latest), forgotten=step.rows)


def _ended(run: QueryRun, still_running: Collection[str], now: datetime) -> QueryRun:
    if run.handle not in still_running:
        return run.end(RunState.CANCELLED, now)
    if run.latest.state is RunState.CANCELLED:
        return replace(run, latest=replace(run.latest, state=RunState.RUNNING, error=""))
    return run

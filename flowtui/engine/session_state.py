"""The state of a session at one moment, and its changes: pure, frozen, without a loop."""

from __future__ import annotations

from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from flowtui.engine.over_time import OverTime
from flowtui.engine.trail import Step, Trail
from flowtui.model.frozen import frozen
from flowtui.model.run import Query, QueryRun, ResultSet, Row, RowsOf, RunId, RunState
from flowtui.model.timerange import Last, Time, TimeRange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowtui.engine.cost import Estimate
    from flowtui.engine.remainder import Remainder
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.model.saved_query import SavedQuery
    from flowtui.model.source import DataSource
    from flowtui.query.check import Diagnostic

MOST_CELLS = 1_000_000
"""Cells of results that the trail keeps; some 100 MB of memory."""

QUEUED = "queued"
"""The activity of a run until more is known of it."""


class Origin(Enum):
    """Where the latest run comes from."""

    ASKED = auto()
    """This session has asked for it."""
    RESUMED = auto()
    """A session before has asked for it, and this one follows it by its id."""
    RECALLED = auto()
    """It is shown again from the trail or the history."""


@frozen(eq=False)
class Message:
    """A sentence for the user. Two with the same text are two messages."""

    text: str = ""
    is_error: bool = False


@frozen
class Watch:
    """The same question again and again."""

    every: timedelta
    label: str
    """The length as it was typed: `1m`."""
    agreed: Query | None = None
    """The query whose cost is agreed to, each time."""
    next: datetime | None = None
    """When it is asked the next time."""
    before: ResultSet | None = None
    """The rows of the time before."""


@frozen(eq=False)
class Consent:
    """Asks whether a run may cost what it may; answered with a bool."""

    estimate: Estimate
    query: Query
    window: TimeRange
    leaves_rows: bool = False
    """Whether the user comes from rows at hand, where nothing costs."""
    is_beside: bool = False
    """Whether it is a query beside the trail, for the records over time: it is asked for always."""


@frozen(eq=False)
class Login:
    """Asks whether to open the session at AWS again by this command.

    Answered with what came of it, a sentence; empty where it was not wanted.
    """

    command: tuple[str, ...]


@frozen(eq=False)
class ChooseGroups:
    """Asks for the log groups of a question that has none; answered with their names."""


Request = Consent | Login | ChooseGroups
"""A decision that only the user can make."""


@frozen(eq=False)
class Refusal:
    """Why the query in the editor was not sent, or where the service finds it wrong."""

    text: str
    """The text in the editor then."""
    finding: Diagnostic
    is_overridable: bool
    """Whether asking again runs it as it is."""


@frozen(eq=False)
class Written:
    """A text that the program puts into the editor."""

    text: str
    takes_focus: bool = False
    """Whether the user is to go on in the editor."""


@frozen
class SessionState:
    """The investigation and what it does: all that a front end shows and a journal keeps.

    A run that is not final is followed by the session; nothing else says "running".
    """

    source: DataSource
    place: str = ""
    """The account and region, or `files`, as the service names it."""
    groups: tuple[str, ...] = ()
    time: Time | None = None
    text: str = ""
    """The text in the editor."""
    written: Written | None = None
    """The last text that the program has put there."""
    saved: SavedQuery | None = None
    """The saved query that the editor's text was opened from, or saved as, the last time."""
    is_opened: bool = False
    """Whether the editor's question was opened from somewhere, and no step has come of it yet."""
    flow_format: FlowFormat | None = None
    log_class: str = ""
    """That of the chosen log groups which take the least of the language, as far as it is known."""
    trail: Trail | None = None
    run: QueryRun | None = None
    """The run that was asked last, or whose step was gone to since."""
    origin: Origin = Origin.ASKED
    pending: Step | None = None
    """A run that is no step of the trail yet, for it has nothing to show."""
    replaces: bool = False
    """Whether it takes the place of the current step, as the same question does."""
    activity: str = ""
    """The work for a run that has not been started: `reading the records: 23%`."""
    watch: Watch | None = None
    estimate: Estimate | None = None
    """The scan of the question in the editor, when it is run."""
    over_time: OverTime = field(default_factory=OverTime)
    message: Message = field(default_factory=Message)
    request: Request | None = None
    refusal: Refusal | None = None
    rows: RowsOf | None = None
    """The rows at hand that the question reads; None is the log groups."""
    remainders: Mapping[RunId, Remainder] = field(default_factory=dict)
    """What a `limit` has left out of runs, as far as that is known."""
    offer: Query | None = None
    """A query over rows of the trail that answers the question without a scan."""

    # What follows from it

    @property
    def shown(self) -> QueryRun | None:
        """The run whose rows are shown."""
        return self.trail.current.run if self.trail else None

    @property
    def shown_over_time(self) -> OverTime:
        """The time behind the rows that are shown, as far as it is known."""
        shown = self.shown
        return self.over_time if shown is None else self.over_time.of(shown.id)

    @property
    def is_shown_current(self) -> bool:
        """Whether the rows answer the question in the editor."""
        return self.shown is None or is_same(self.shown.query, self.question)

    @property
    def is_run_current(self) -> bool:
        """Whether the latest run is of the question in the editor, or still on its way."""
        return self.run is not None and (
            not self.run.is_final or is_same(self.run.query, self.question)
        )

    @property
    def question(self) -> Query:
        """The question in the editor, over the log groups and the time that are chosen."""
        from flowtui.query.scope import text_begins_with_source

        if self.rows is not None:
            return Query(self.text, self.time, self.rows.query.log_groups, rows=self.rows)
        chooses_groups = text_begins_with_source(self.text)
        return Query(self.text, self.time, () if chooses_groups else self.groups)

    @property
    def whole_query(self) -> Query:
        """The question with the `parse` command that it is going to run with."""
        if self.rows is not None:
            from flowtui.engine.rows_at_hand import completed

            run = self.run_of(self.rows.run)
            return completed(self.question, () if run is None else run.latest.results.columns)
        from flowtui.query.prelude import prelude

        return replace(self.question, prelude=prelude(self.text, self.flow_format))

    @property
    def is_unanswered(self) -> bool:
        """Whether the latest run has shown nothing: it is no step, and back is to the rows."""
        return self.run is not None and (self.shown is None or self.run.id != self.shown.id)

    @property
    def is_awaited(self) -> bool:
        """Whether the latest run is on its way, and has shown nothing yet."""
        is_begun = self.pending is not None and self.run is not None and not self.run.is_final
        return bool(self.activity) or is_begun

    def run_of(self, run_id: RunId) -> QueryRun | None:
        """The newest state of a run of this session."""
        if self.run is not None and self.run.id == run_id:
            return self.run
        steps = self.trail.steps if self.trail else ()
        return next((step.run for step in steps if step.run.id == run_id), None)

    @property
    def asked_format(self) -> FlowFormat | None:
        """The fields that the question can read."""
        if self.rows is None:
            return self.flow_format
        from flowtui.flowlogs.result_fields import format_of

        run = self.run_of(self.rows.run)
        return None if run is None else format_of(run.latest.results.columns)

    @property
    def offered(self) -> str:
        """What a free answer is from: `step 3, as of 14:05 UTC`; empty where there is none."""
        if self.offer is None or self.offer.rows is None:
            return ""
        step = self.step_read_by(self.offer)
        is_moving = isinstance(self.time, Last)
        return f"{step}, as of {self.offer.rows.window.end:%H:%M} UTC" if is_moving else step

    @property
    def reads(self) -> str:
        """What the question reads, where that is rows at hand: `from step 3: 61,240 rows, free`."""
        rows = self.rows
        if rows is None:
            return ""
        lack = f"; {rows.lack}" if rows.lack else ""
        return f"from {self.step_read_by(self.question)}: {rows.count:,} rows, free{lack}"

    def step_read_by(self, query: Query) -> str:
        """`step 3`, whose rows the query reads; empty where it reads log groups."""
        if query.rows is None:
            return ""
        steps = self.trail.steps if self.trail else ()
        places = [place for place, step in enumerate(steps, 1) if step.run.id == query.rows.run]
        return f"step {places[0]}" if places else "a step before"

    # How it changes

    def said(self, text: str, *, is_error: bool = False) -> SessionState:
        return replace(self, message=Message(text, is_error))

    def wrote(self, text: str, *, takes_focus: bool = False) -> SessionState:
        """With `text` in the editor, by the program; the same text is not written again."""
        if text == self.text and not takes_focus:
            return self
        return replace(self, text=text, written=Written(text, takes_focus), refusal=None)

    def begun(self, run: QueryRun, title: str, origin: Origin) -> SessionState:
        """With a run that has nothing to show yet."""
        step = Step(run, title, begins=self.is_opened)
        return replace(self, run=run, pending=step, origin=origin, activity="")

    def advanced(self, run: QueryRun, cursor: Row | None) -> SessionState:
        """With the newest state of the latest run; of any other one there is nothing new.

        The first thing to show makes it a step of the trail; `cursor` is where the user was in the
        rows before.
        """
        if self.run is None or run.id != self.run.id or self.run.is_final:
            return self
        state = replace(self, run=run)
        has_arrived = bool(run.latest.results.rows) or run.latest.state is RunState.COMPLETE
        step = self.pending and replace(self.pending, run=run)
        if step is not None and has_arrived:
            trail = self._arrived(step, cursor).lighter(MOST_CELLS)
            return replace(state, pending=None, trail=trail, is_opened=False)
        return replace(state, pending=step, trail=self.trail and self.trail.updated(run))

    def _arrived(self, step: Step, cursor: Row | None) -> Trail:
        if self.trail is None:
            return Trail((step,))
        if self.replaces:
            return self.trail.replaced(step)
        draft = self.trail.current.draft
        kept = None if draft == step.run.query.body else draft
        return self.trail.left(cursor, kept).deeper(step)

    def halted(self, now: datetime) -> SessionState:
        """With nothing on its way: a run that was is stopped, with the rows that had come."""
        run, trail, pending = self.run, self.trail, self.pending
        if run is not None and not run.is_final:
            run = run.end(RunState.CANCELLED, now)
            trail = trail and trail.updated(run)
            pending = pending and replace(pending, run=run)
        return replace(self, run=run, trail=trail, pending=pending, activity="")

    def left(self, cursor: Row | None) -> SessionState:
        """With where the cursor is in the rows, and a text in the editor that was not run."""
        if self.trail is None:
            return self
        asked = [run.query.body for run in (self.shown, self.run) if run is not None]
        draft = None if self.text in asked else self.text
        return replace(self, trail=self.trail.left(cursor, draft))

    def visited(self, trail: Trail) -> SessionState:
        """At the step that `trail` is at, with its rows, its text, its time and its groups."""
        step = trail.current
        state = replace(self, trail=trail, run=step.run, origin=Origin.RECALLED, pending=None)
        return state.loaded(step.run.query, step.draft)

    def loaded(
        self, query: Query, draft: str | None = None, *, takes_focus: bool = False
    ) -> SessionState:
        """With the question in the editor; `draft` is what had become of its text."""
        state = self.wrote(query.body if draft is None else draft, takes_focus=takes_focus)
        groups = query.log_groups or self.groups
        return replace(state, time=query.time, groups=groups, rows=query.rows, is_opened=False)

    def over_rows(self, rows: RowsOf | None) -> SessionState:
        """With a question that reads these rows over their window; None is the log groups again.

        Then the time is that of the query which found the rows.
        """
        if rows is not None:
            return replace(self, rows=rows, time=rows.window)
        left = self.rows
        time = self.time if left is None or self.time != left.window else left.query.time
        return replace(self, rows=None, time=time)

    def refilled(self, run: QueryRun) -> SessionState:
        """With the rows of a step that had been forgotten, unless the user has moved on."""
        if self.trail is None or self.trail.current.run.id != run.id:
            return self
        trail = self.trail.refilled(run).lighter(MOST_CELLS)
        is_latest = self.run is not None and self.run.id == run.id
        return replace(self, trail=trail, run=run if is_latest else self.run)

    def emptied(self, source: DataSource, place: str) -> SessionState:
        """As it begins in another account: the text and the time stay."""
        return SessionState(source, place, time=self.time, text=self.text, written=self.written)


def is_same(one: Query, other: Query) -> bool:
    """Whether both ask the same over the same time."""
    return is_again(one, other) and one.time == other.time


def is_again(one: Query, other: Query) -> bool:
    """Whether both ask the same, at whatever time."""
    asked, again = ((q.body, q.log_groups, q.rows and q.rows.run) for q in (one, other))
    return asked == again

"""A query, one execution of it, and what is known of that execution."""

from __future__ import annotations

from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from flowtui.model.frozen import frozen
from flowtui.model.timerange import Time, TimeRange

RunId = NewType("RunId", int)

Cell = str | None
"""A value as the service returns it: text; None where the row lacks the field."""

Row = tuple[Cell, ...]

PTR = "@ptr"
"""The column that identifies a raw event; it is carried, not shown."""


class RunState(StrEnum):
    """Where a run is on its way; the value is the word that the user sees."""

    QUEUED = "Queued"
    RUNNING = "Running"
    COMPLETE = "Complete"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    TIMED_OUT = "Timed out"

    @property
    def is_final(self) -> bool:
        return self not in (RunState.QUEUED, RunState.RUNNING)


@frozen
class ResultSet:
    """A table: every row has one cell for each column."""

    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    keys: tuple[str, ...] = ()
    """The columns that tell the rows apart, as `query.result_shape` derives them."""
    inner: tuple[str, ...] = ()
    """The columns by which the program gets from a row to what is behind it."""

    def key(self, index: int) -> Row:
        """The values that identify the row at `index` while partial results are replaced.

        It is `@ptr`, else the `keys`, else the whole row.
        """
        row = self.rows[index]
        has_pointer = PTR in self.columns and row[self.columns.index(PTR)] is not None
        shown = (PTR,) if has_pointer else tuple(n for n in self.keys if n in self.columns)
        return tuple(row[self.columns.index(name)] for name in shown or self.columns)

    def record(self, index: int) -> dict[str, str]:
        """The row at `index` by column name, without what it lacks."""
        pairs = zip(self.columns, self.rows[index], strict=True)
        return {name: value for name, value in pairs if value is not None}

    @property
    def shown(self) -> tuple[int, ...]:
        """The indexes of the columns that people see: all but `@ptr` and the inner ones."""
        hidden = {PTR, *self.inner}
        return tuple(i for i, name in enumerate(self.columns) if name not in hidden)


@frozen
class Query:
    """A question of the user; equality means the same question.

    `prelude` is the `parse` command that flowtui puts before the user's `body`.
    """

    body: str
    time: Time | None
    """None is all the data there is."""
    log_groups: tuple[str, ...] = ()
    prelude: str = ""
    limit: int | None = None
    rows: RowsOf | None = None
    """The rows at hand that it reads in the place of its log groups."""
    pairs: int | None = None
    """Of how many pairs of ends, the largest, its rows are wanted, packed by pair
    (`flowlogs/flow_rows`); a backend that packs none gives all rows as they are."""
    is_part: bool = False
    """Whether it belongs to a fold (`engine/fold`): nobody sees its rows before it has ended."""

    @property
    def text(self) -> str:
        """The whole query: what runs, what is shown and what is copied."""
        return f"{self.prelude}\n| {self.body}" if self.prelude else self.body


@frozen
class RowsOf:
    """The rows that a run has found, as what another query reads: without a scan."""

    run: RunId
    query: Query
    """The one that found them."""
    window: TimeRange
    handle: str = ""
    """The run's name for the backend, by which the rows can be read again."""
    count: int = 0
    """How many rows there are."""
    lack: str = ""
    """Why these may not be all of them, as a clause; empty where they are."""


@frozen
class Statistics:
    """The amounts that a query read and found; None where the backend does not say (yet)."""

    records_matched: float | None = None
    records_scanned: float | None = None
    bytes_scanned: float | None = None
    result_count: int | None = None
    """Rows of the whole result, over all its pages."""
    progress: float | None = None
    """The share of the work that is done, 0 to 1."""
    bytes_skipped: float | None = None
    """The amount that field indexes have kept from being read: an estimate, as is the next one."""
    records_skipped: float | None = None
    groups_scanned: float | None = None
    bytes_paid: float | None = None
    """Where that is another amount than what was scanned."""

    @property
    def paid(self) -> float | None:
        """The bytes that cost something."""
        return self.bytes_scanned if self.bytes_paid is None else self.bytes_paid


@frozen
class Snapshot:
    """What a backend knows about a query at one moment: all that crosses the seam upwards."""

    state: RunState
    results: ResultSet = field(default_factory=ResultSet)
    statistics: Statistics = field(default_factory=Statistics)
    error: str = ""
    """One sentence, where the state is FAILED or TIMED_OUT, or CANCELLED, but not by a key."""
    notices: tuple[str, ...] = ()
    """Sentences that the user should know: "12 lines did not fit the format"."""
    has_slot: bool = True
    """Whether the service has taken the query; else the account runs as many as it may."""
    login: tuple[str, ...] = ()
    """The command that opens a session again, while the query waits for that."""


@frozen
class QueryRun:
    """One execution of a query over a fixed window."""

    id: RunId
    query: Query
    window: TimeRange
    started: datetime
    latest: Snapshot = Snapshot(RunState.QUEUED)
    updated: datetime | None = None
    """When the latest snapshot was taken: of a finished run, when it ended."""
    handle: str = ""
    """Its name for the backend: CloudWatch's query id. Empty until it has been started."""

    @property
    def is_final(self) -> bool:
        return self.latest.state.is_final

    def advance(self, snapshot: Snapshot, now: datetime) -> QueryRun:
        """This run as `snapshot` found it; a finished run stays as it is."""
        if self.is_final:
            return self
        return replace(self, latest=snapshot, updated=now)

    def without_rows(self) -> QueryRun:
        """This run, its rows forgotten to save memory; its figures stay."""
        results = replace(self.latest.results, rows=())
        return replace(self, latest=replace(self.latest, results=results))

    def end(self, state: RunState, now: datetime, error: str = "") -> QueryRun:
        """This run ended from our side, keeping the rows that had arrived."""
        return self.advance(replace(self.latest, state=state, error=error), now)

"""The seam: what flowtui needs from a place that can run queries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NewType, Protocol, runtime_checkable

from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.frozen import frozen
from flowtui.model.run import Query, ResultSet, RunId, Snapshot
from flowtui.model.saved_query import SavedQuery
from flowtui.model.timerange import TimeRange

Handle = NewType("Handle", str)
"""Names a started query to its backend; CloudWatch's is the query id."""


@frozen
class Profile:
    """A profile of the AWS configuration."""

    name: str
    means: str = ""
    """How it gets its credentials: `SSO`, `role, MFA`."""
    region: str = ""


class Backend(Protocol):
    """Runs queries. Each verb raises `BackendError` or `QueryError`, and none blocks the loop.

    `start` submits, `poll` returns what is known now, `stop` ends it early; a query that has ended
    may be stopped again without an error.
    """

    async def start(self, query: Query, window: TimeRange) -> Handle: ...

    async def poll(self, handle: Handle) -> Snapshot: ...

    async def stop(self, handle: Handle) -> None: ...

    def query_id(self, handle: Handle) -> str:
        """The id by which `Archive.attach` finds the query; empty while it waits to be started."""

    async def close(self) -> None:
        """Let go of threads, connections and temporary files."""


class RowsAtHand(Backend, Protocol):
    """Runs queries over the rows of runs that have ended; a query names the run."""

    def hold(self, run: RunId, results: ResultSet) -> None:
        """The rows of this run, until many others were given after them."""


@frozen
class Explanation:
    """The statement that would be run for a query."""

    text: str
    notice: str = ""
    """A sentence for the user about it."""


class Explainer(Protocol):
    """Shows what it would run, without running anything."""

    async def explain(self, query: Query, window: TimeRange) -> Explanation:
        """The text of `Backend.start`; raises `BackendError` and `QueryError` as that does."""


class Archive(Protocol):
    """Gives the results of a query that was started earlier, perhaps by another session."""

    async def attach(self, handle: Handle, query: Query, window: TimeRange) -> Handle:
        """The handle to poll for the query that was started as `handle`; raises `BackendError`.

        CloudWatch keeps results for seven days and finds them by the query's id, without a scan.
        Files cost nothing: they are queried anew.
        """


@frozen
class Objects:
    """What a time of a log group is read from, where that is listed."""

    count: int
    size: int
    """Bytes."""
    missing: int
    """Those that are to be fetched: they are not here yet."""
    missing_size: int
    requests: int
    """That listing them takes."""
    is_scanned: bool = False
    """Whether they are scanned where they are, and nothing is fetched."""
    is_most: bool = False
    """Whether that is the most, as only the columns in use are scanned, or fetched."""
    cutoff: float = 0.0
    """Bytes at which the service ends a query, and has it paid; 0 is no limit."""

    @classmethod
    def together(cls, several: Sequence[Objects]) -> Objects:
        return cls(
            sum(each.count for each in several),
            sum(each.size for each in several),
            sum(each.missing for each in several),
            sum(each.missing_size for each in several),
            sum(each.requests for each in several),
            is_scanned=any(each.is_scanned for each in several),
            is_most=any(each.is_most for each in several),
            cutoff=max((each.cutoff for each in several), default=0.0),
        )


class Catalog(Protocol):
    """Knows which log groups there are."""

    @property
    def place(self) -> str:
        """Where the groups are, for the title: `prod/eu-west-1`, `files`, `demo`."""

    @property
    def region(self) -> str:
        """The AWS region, for links to the console; empty where there is none."""

    def log_groups(self, pattern: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
        """The groups, a page at a time, as they become known; raises `BackendError`.

        An empty page says that all names were listed: what follows says more of the groups.
        With a `pattern` no more than the groups whose names contain it, in any case.
        """

    async def describe(self, name: str, *, from_records: bool = True) -> LogGroup:
        """One group with all that can be found out about it; raises `BackendError`.

        Unless `from_records`, what only a look at its records would show is left out.
        """

    async def extent(self, names: tuple[str, ...]) -> TimeRange | None:
        """From the first to the last record of these groups; None where that takes a scan."""

    async def objects(self, name: str, window: TimeRange) -> Objects | None:
        """What would be read of a group, found by listing; None where nothing is listed.

        Raises `BackendError`.
        """

    async def names(self, ids: frozenset[str]) -> Mapping[str, str]:
        """What resources and private addresses are called, by their ids; others are absent.

        What must not be asked for has no name; raises `BackendError` where nothing can be asked.
        """


class SavedQueries(Protocol):
    """Keeps queries for everybody who works in a place."""

    @property
    def saving_refused(self) -> str:
        """Why no query can be saved here, in one sentence; empty where one can."""

    def saved_queries(self, prefix: str = "") -> AsyncIterator[tuple[SavedQuery, ...]]:
        """Those whose name begins so, a page at a time; raises `BackendError`."""

    async def save_query(self, query: SavedQuery) -> str:
        """Save a new one, or all of the one with its id; its id. Raises `FlowtuiError`."""


@runtime_checkable
class TableMaker(Protocol):
    """Makes tables of flow logs that lie in S3 without one. Each method raises `BackendError`."""

    async def table_statement(self, destination: str) -> tuple[str, str]:
        """The name of the table, and the statement that would make it."""

    async def make_table(self, name: str, statement: str) -> None:
        """Run it, which writes to the catalog, and return when the table is there."""


class Service(Backend, Explainer, Archive, Catalog, SavedQueries, Protocol):
    """A place that has log groups, runs queries on them and keeps what they found."""

    @property
    def respelled(self) -> frozenset[FieldInfo]:
        """Fields of which some records here are known to write a number as AWS never does: `0443`.

        To `=` that is 443, but as a key of a group it is another one.
        """

"""What Athena tells of an execution, and the sentence for one that failed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flowtui.backends.aws.decode import Entry
from flowtui.backends.aws.request_context import clean
from flowtui.model.amounts import human_bytes
from flowtui.model.frozen import frozen
from flowtui.model.run import RunState, Statistics
from flowtui.model.source import LEAST_PAID

_STATES: Mapping[str, RunState] = {
    "QUEUED": RunState.QUEUED,
    "RUNNING": RunState.RUNNING,
    "SUCCEEDED": RunState.COMPLETE,
    "FAILED": RunState.FAILED,
    "CANCELLED": RunState.CANCELLED,
}
_MEGABYTE = 1_000_000
_SENTENCES: Mapping[int, str] = {
    8: "it needs more than one query may have: narrow the window, or group by fewer keys",
    206: "it ran into the time limit of a query: narrow the window",
    210: "it ran into the time limit of a query: narrow the window",
    234: "Lake Formation does not let this profile read the table or one of its columns",
    401: "its result can't be written: check the place for results (--results) and its permissions",
    402: "its result can't be written: check the place for results (--results) and its permissions",
    1109: "its table points to a place in S3 that is not there: check the table's location",
    1110: "there is no such table or view any more: choose another one",
    1306: "its bucket is not there, or this profile may not read it",
}
"""By the ErrorType (Athena's error reference)."""
_DENIED = re.compile(r"access ?denied|not authorized|permission", re.IGNORECASE)


@frozen
class Execution:
    """One GetQueryExecution."""

    state: RunState
    unknown: str = ""
    """The state, where it is none that we know."""
    reason: str = ""
    error_type: int | None = None
    scanned: float | None = None
    """Bytes."""
    output: str = ""
    """The object with the result: `s3://bucket/folder/id.csv`."""
    is_reused: bool = False

    @property
    def statistics(self) -> Statistics:
        paid = None if self.scanned is None else self.paid
        return Statistics(bytes_scanned=self.scanned, bytes_paid=paid)

    @property
    def paid(self) -> float:
        """Bytes, up to the next megabyte; none where a result was reused, or it failed."""
        if self.is_reused or self.state is RunState.FAILED:
            return 0.0
        scanned = self.scanned or 0.0
        return max(LEAST_PAID, -(-scanned // _MEGABYTE) * _MEGABYTE)

    @property
    def notices(self) -> tuple[str, ...]:
        found = [f"Athena calls the state of the query {self.unknown!r}"] if self.unknown else []
        if self.is_reused:
            found.append("an earlier result was reused: nothing was scanned")
        elif self.state is RunState.COMPLETE and (self.scanned or 0) < LEAST_PAID:
            found.append(f"{human_bytes(LEAST_PAID)} are paid, the least of a query")
        return tuple(found)

    @property
    def error(self) -> str:
        """Why it ended without a result; empty where it did not."""
        match self.state:
            case RunState.FAILED:
                return self._failure()
            case RunState.CANCELLED:
                scanned = human_bytes(self.scanned or 0.0)
                why = self.reason or "somebody else has stopped it, or its work group's limit has"
                return f"the query was cancelled: {why}; {scanned} were scanned and are paid"
        return ""

    def _failure(self) -> str:
        told = self.reason or "Athena gives no reason"
        if known := _SENTENCES.get(self.error_type if self.error_type is not None else -1):
            return f"Athena could not run the query: {known} ({told})"
        if _DENIED.search(told):
            return (
                "Athena could not run the query, as this profile may not read what it names:"
                f" {told}; ask for the permission, or choose another profile"
            )
        return f"Athena could not run the query: {told}; run it again or over a shorter time"


def read_execution(answer: Entry) -> Execution:
    """Raises `Misshapen`."""
    told = answer.member("QueryExecution")
    status, statistics = told.member("Status"), told.member("Statistics")
    name = status.name("State")
    state = _STATES.get(name, RunState.RUNNING)
    error = status.member("AthenaError")
    reason = error.text("ErrorMessage") or status.text("StateChangeReason")
    reuse = statistics.member("ResultReuseInformation")
    return Execution(
        state,
        unknown="" if name in _STATES else clean(name),
        reason=clean(reason),
        error_type=error.whole("ErrorType"),
        scanned=statistics.number("DataScannedInBytes"),
        output=told.member("ResultConfiguration").text("OutputLocation"),
        is_reused=reuse.raw("ReusedPreviousResult") is True,
    )

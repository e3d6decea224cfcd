"""The answers of the local endpoint: results and errors in the shapes of the service. Pure."""

from __future__ import annotations

from dataclasses import replace

from flowtui.model.errors import FlowtuiError, QueryError, Throttled, UsageError
from flowtui.model.run import PTR, ResultSet, RunState, Snapshot

Json = dict[str, object]

ACCOUNT = "000000000000"
REGION = "us-east-1"
IDENTITY = f"arn:aws:iam::{ACCOUNT}:user/flowtui"

_STATUS = {
    RunState.QUEUED: "Scheduled",
    RunState.RUNNING: "Running",
    RunState.COMPLETE: "Complete",
    RunState.FAILED: "Failed",
    RunState.CANCELLED: "Cancelled",
    RunState.TIMED_OUT: "Timeout",
}
STATUSES = tuple(_STATUS.values())


class WireError(Exception):
    """A refusal: `name` is the service's error code, `status` the HTTP status."""

    def __init__(
        self, name: str, message: str, status: int = 400, extra: Json | None = None
    ) -> None:
        super().__init__(message)
        self.name = name
        self.status = status
        self.body: Json = {"__type": name, "message": message, **(extra or {})}


def invalid(message: str) -> WireError:
    return WireError("InvalidParameterException", message)


def not_found(message: str) -> WireError:
    return WireError("ResourceNotFoundException", message)


def refusal(error: FlowtuiError) -> WireError:
    """The error of the service where flowtui raises `error`."""
    message = str(error)
    match error:
        case QueryError():
            compile_error: Json = {"message": message}
            start, end = error.span
            if end > start:
                compile_error["location"] = {"startCharOffset": start, "endCharOffset": end}
            extra: Json = {"queryCompileError": compile_error}
            return WireError("MalformedQueryException", message, extra=extra)
        case Throttled():
            return WireError("ThrottlingException", message)
        case UsageError():
            return invalid(message)
        case _:
            return WireError("ServiceUnavailableException", message, status=503)


def status_name(state: RunState) -> str:
    return _STATUS[state]


def rows(results: ResultSet, start: int, end: int) -> list[list[Json]]:
    """Rows `start` to `end`, each without the cells that it lacks and with `@ptr` last."""
    order = sorted(range(len(results.columns)), key=lambda i: results.columns[i] == PTR)
    return [
        [
            {"field": results.columns[i], "value": value}
            for i in order
            if (value := row[i]) is not None
        ]
        for row in results.rows[start:end]
    ]


def statistics(latest: Snapshot, groups: int) -> Json:
    """`groups` is 0 where the query itself says which log groups it reads."""
    found = latest.statistics
    if found.result_count is None and latest.state is RunState.COMPLETE:
        found = replace(found, result_count=len(latest.results.rows))
    counts = {
        "recordsMatched": found.records_matched,
        "recordsScanned": found.records_scanned,
        "bytesScanned": found.bytes_scanned,
        "resultCount": found.result_count,
        # Files have no indexes.
        "estimatedRecordsSkipped": found.records_skipped or 0.0,
        "estimatedBytesSkipped": found.bytes_skipped or 0.0,
        # Where SOURCE chose the groups, only the engine knows how many there are.
        "logGroupsScanned": found.groups_scanned or groups or None,
    }
    return {name: float(count) for name, count in counts.items() if count is not None}

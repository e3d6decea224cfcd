"""The awsJson1.1 shapes of the local endpoint: parameters in, results and errors out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from flowtui.backends.base import LogGroup
from flowtui.model.errors import FlowtuiError, QueryError, Throttled, UsageError
from flowtui.model.run import PTR, ResultSet, RunState, Snapshot
from flowtui.model.timerange import to_ms

Json = dict[str, object]

ACCOUNT = "000000000000"
REGION = "us-east-1"

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
        self.status = status
        self.body: Json = {"__type": name, "message": message, **(extra or {})}


def invalid(message: str) -> WireError:
    return WireError("InvalidParameterException", message)


def not_found(message: str) -> WireError:
    return WireError("ResourceNotFoundException", message)


def refusal(error: FlowtuiError) -> WireError:
    """What the service would say where flowtui raises `error`."""
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


class Parameters:
    """The parameters of one request; what is not read at the end is refused, never ignored."""

    def __init__(self, operation: str, values: Mapping[str, object]) -> None:
        self._operation = operation
        self._values = values
        self._read: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str, default: str | None = None, *, longest: int = 512) -> str:
        """A string; required where there is no default."""
        value = self._take(name, default)
        if not isinstance(value, str) or len(value) > longest:
            raise invalid(f"{name} must be a string of at most {longest} characters")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise invalid(f"{name} holds half a surrogate pair, which is no text")
        return value

    def integer(self, name: str, lowest: int, highest: int, default: int | None = None) -> int:
        """A whole number from `lowest` to `highest`; required where there is no default."""
        value = self._take(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise invalid(f"{name} must be a whole number from {lowest} to {highest}")
        return value

    def texts(self, name: str, most: int) -> list[str]:
        """A list of one to `most` strings."""
        value = self._take(name, None)
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            raise invalid(f"{name} must be a list of 1 to {most} strings")
        return [Parameters(name, {name: item}).text(name, longest=2048) for item in value]

    def refuse_the_rest(self) -> None:
        unread = sorted(name for name in self._values if name not in self._read and name in self)
        if unread:
            raise invalid(f"this endpoint does not know {unread[0][:64]!r} of {self._operation}")

    def _take(self, name: str, default: object) -> object:
        self._read.add(name)
        value = self._values.get(name)
        if value is not None:
            return value
        if default is None:
            raise invalid(f"{self._operation} needs {name}")
        return default


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
    }
    known: Json = {name: float(count) for name, count in counts.items() if count is not None}
    nothing_skipped = {"estimatedRecordsSkipped": 0.0, "estimatedBytesSkipped": 0.0}
    scanned = {"logGroupsScanned": float(groups)} if groups else {}
    return {**known, **nothing_skipped, **scanned}


def arn(group: LogGroup) -> str:
    return group.arn or f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group.name}"


def group_named(identifier: str, groups: Iterable[LogGroup]) -> LogGroup:
    """The group with this name or ARN, which may end in `:*`; raises `WireError`."""
    wanted = identifier.removesuffix(":*") if identifier.startswith("arn:") else identifier
    for group in groups:
        if wanted in (group.name, arn(group)):
            return group
    raise not_found(f"The specified log group does not exist: {identifier}")


def described(group: LogGroup) -> Json:
    entry: Json = {
        "logGroupName": group.name,
        "arn": f"{arn(group)}:*",
        "logGroupArn": arn(group),
        "logGroupClass": group.log_class or "STANDARD",
        "storedBytes": group.stored_bytes,
        "retentionInDays": group.retention_days,
        "creationTime": None if group.created is None else to_ms(group.created),
    }
    return {name: value for name, value in entry.items() if value is not None}

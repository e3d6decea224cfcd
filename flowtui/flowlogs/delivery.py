"""The records of one log group, as the flow logs that deliver to it describe them. Pure.

The cases are those of flowlogs.md, section 2.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen

_SOON = timedelta(hours=1)
"""EC2 makes the log group of a flow log at once, where it is not there yet."""


@frozen
class FlowLog:
    """One flow log, as DescribeFlowLogs describes it."""

    id: str
    group: str
    """The name of the log group that it delivers to."""
    format: str
    resource: str = ""
    traffic: str = ""
    """`ACCEPT`, `REJECT` or `ALL`; empty for a transit gateway."""
    created: datetime | None = None
    failure: str = ""
    """Why it can't deliver; empty where it does."""


@frozen
class Delivery:
    """The formats, each once and the newest first, and what one should know of the records."""

    formats: tuple[FlowFormat, ...] = ()
    ids: tuple[str, ...] = ()
    """Of the flow logs, in the same order as they were made."""
    notices: tuple[str, ...] = ()


def delivery(
    name: str,
    logs: Iterable[FlowLog],
    created: datetime | None = None,
    oldest: datetime | None = None,
) -> Delivery:
    """Of the group `name`, which was `created` then and keeps nothing from before `oldest`."""
    ours = sorted((log for log in logs if log.group == name), key=_age, reverse=True)
    if not ours:
        return Delivery()
    formats: dict[FlowFormat, None] = {}
    notices: list[str] = []
    for log in ours:
        try:
            formats[FlowFormat.parse(log.format)] = None
        except UsageError as error:
            notices.append(f"The format of {log.id} can't be read: {error}")
    notices += _traffic(name, ours)
    notices += _twice(name, ours)
    notices += _failures(ours)
    notices += _older_records(name, ours, created, oldest)
    return Delivery(tuple(formats), tuple(log.id for log in ours), tuple(notices))


def group_of_arn(arn: str) -> str:
    """The name of the log group that a destination names; empty where it is none."""
    _, _, name = arn.partition(":log-group:")
    return name.removesuffix(":*")


def account_of_arn(arn: str) -> str:
    """The account in the ARN of a log group; empty where it names none."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""


def _age(log: FlowLog) -> float:
    return log.created.timestamp() if log.created else 0.0


def _traffic(name: str, logs: Sequence[FlowLog]) -> Iterator[str]:
    kinds = {log.traffic for log in logs}
    if kinds == {"ACCEPT"}:
        yield f"Only ACCEPT is logged to {name}: whether anything is rejected there is unknown"
    elif kinds == {"REJECT"}:
        yield f"Only REJECT is logged to {name}: the traffic that was let through is not there"


def _twice(name: str, logs: Sequence[FlowLog]) -> Iterator[str]:
    """Flow logs of one resource, or of a network and its parts, record the same flows."""
    pairs = [(one, other) for at, one in enumerate(logs) for other in logs[at + 1 :]]
    for one, other in pairs:
        kinds = {one.resource.partition("-")[0], other.resource.partition("-")[0]}
        is_nested = len(kinds) == 2 and kinds < {"vpc", "subnet", "eni"}
        overlap = "ALL" in (one.traffic, other.traffic) or one.traffic == other.traffic
        if overlap and (is_nested or (one.resource and one.resource == other.resource)):
            yield (
                f"{one.id} and {other.id} both deliver to {name}: a flow may be there twice; "
                "dedup by interface, addresses, ports, start and action"
            )
            return


def _failures(logs: Sequence[FlowLog]) -> Iterator[str]:
    for log in logs:
        if log.failure:
            yield f"{log.id} can't deliver its records: {log.failure}; look at its role"


def _older_records(
    name: str, logs: Sequence[FlowLog], created: datetime | None, oldest: datetime | None
) -> Iterator[str]:
    """A format never changes: who wants another one deletes the flow log and makes a new one."""
    first = min((log.created for log in logs if log.created), default=None)
    if first is None or created is None or first - created < _SOON:
        return
    if oldest is None or oldest < first:
        yield (
            f"The flow logs of {name} are from {first:%Y-%m-%d %H:%M} UTC and the group is older: "
            "records from before that may have another format"
        )

"""The format of a log group's records: what EC2 tells of its flow logs, else a few records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flowtui.backends.base import LogGroup
from flowtui.backends.cloudwatch.calls import Answer, Calls, Request
from flowtui.flowlogs.delivery import (
    Delivery,
    FlowLog,
    account_of_arn,
    delivery,
    group_of_arn,
)
from flowtui.flowlogs.infer import Inference, infer
from flowtui.flowlogs.presets import preset_name
from flowtui.model.errors import BackendError, CredentialsError, Unreachable

INFERRED = "inferred"

Filter = dict[str, object]

_STREAMS = 5
_EVENTS = 20
"""From each of so many streams: a stream is an interface, and one may have had no traffic."""


async def known(calls: Calls, group: LogGroup, now: datetime) -> LogGroup:
    """The group with its format, or with what it may be, and with what one should know of it.

    Where EC2 does not tell, up to 100 of the newest records are read by DescribeLogStreams and
    GetLogEvents, which scan nothing that is paid for.
    """
    name = group.name
    try:
        logs = await flow_logs(calls, name)
    except BackendError as error:
        # A network may have a way to CloudWatch Logs and none to EC2.
        reason = f"The flow logs of {name} can't be asked for: {error}"
        return await inferred(calls, group, reason)
    kept = timedelta(days=group.retention_days) if group.retention_days else None
    found = delivery(name, logs, group.created, now - kept if kept else None)
    if found.formats:
        return _told(group, name, found)
    reason = f"No flow log of this account delivers to {name}"
    return await inferred(calls, group, "; ".join((reason, *found.notices)))


async def foreign(calls: Calls, group: LogGroup) -> LogGroup:
    """The group of another account, of whose flow logs EC2 knows nothing here."""
    account = account_of_arn(group.arn) or "?"
    reason = f"EC2 here does not know the flow logs of account {account}"
    return await inferred(calls, group, reason)


async def inferred(calls: Calls, group: LogGroup, reason: str) -> LogGroup:
    """The group with what a few of its records tell; `reason` is why that is needed."""
    try:
        sample = await _sample(calls, group)
    except (CredentialsError, Unreachable):
        raise
    except BackendError as error:
        failure = f"{reason}; nor can records be read: {error}; F9 or --format names the format"
        return replace(group, format_notice=failure)
    found = infer(sample)
    is_mixed = bool(found.other_widths)
    certain = found.formats[0] if found.is_certain else None
    return replace(
        group,
        format=certain.among_others() if certain and is_mixed else certain,
        is_mixed=is_mixed,
        candidates=found.formats,
        format_source=INFERRED if found.formats else "",
        sample=sample,
        format_notice=f"{reason}; {_verdict(found, sample)}",
    )


async def flow_logs(calls: Calls, name: str = "") -> tuple[FlowLog, ...]:
    """The flow logs that deliver to the log group `name`, or to any; raises `BackendError`.

    One that was made with the ARN of its destination may have no group name to filter by.
    """
    if not calls.clients.knows_ec2:
        return ()
    by_name: Filter = {"Name": "log-group-name", "Values": [name]}
    by_kind: Filter = {"Name": "log-destination-type", "Values": ["cloud-watch-logs"]}
    found = await _all(calls, [by_name]) if name else ()
    return found or tuple(
        log for log in await _all(calls, [by_kind]) if log.group and name in ("", log.group)
    )


def marked(groups: Iterable[LogGroup], logs: tuple[FlowLog, ...]) -> tuple[LogGroup, ...]:
    """The groups that flow logs deliver to, with what their formats are."""
    names = {log.group for log in logs}
    return tuple(
        _told(group, group.name, replace(delivery(group.name, logs), notices=()))
        for group in groups
        if group.name in names
    )


def _told(group: LogGroup, name: str, found: Delivery) -> LogGroup:
    told = replace(
        group,
        format_source=", ".join(found.ids[:2]),
        notice="; ".join(filter(None, (group.notice, *found.notices))),
    )
    if len(found.formats) == 1:
        return replace(told, format=found.formats[0])
    return replace(
        told,
        candidates=found.formats,
        is_mixed=len(found.formats) > 1,
        format_notice=(
            f"{len(found.formats)} formats are delivered to {name}; F9 or --format chooses one"
        ),
    )


def _verdict(found: Inference, sample: tuple[str, ...]) -> str:
    """What the records say, and what to do about it."""
    if not sample:
        return "and there are no records to infer its format from; F9 or --format names it"
    if not found.formats:
        return "and its newest events are no flow logs"
    first = found.formats[0]
    name = preset_name(first)
    what = f"{len(first.fields)} fields{f' ({name})' if name else ''}"
    mixed = "".join(f", others have {width} fields" for width in found.other_widths)
    if found.is_certain:
        return f"{what} inferred from {found.records} records{mixed}; F9 or --format changes it"
    return f"{found.records} records may be {what}{mixed}; F9 or --format confirms it"


async def _all(calls: Calls, filters: list[Filter]) -> tuple[FlowLog, ...]:
    found: tuple[FlowLog, ...] = ()
    parameters: dict[str, Any] = {"Filters": filters}
    while True:
        request = Request("ec2", "DescribeFlowLogs", "FlowLogs", parameters)
        page, token = await calls.send(request, _read_flow_logs)
        found += page
        if not token:
            return found
        parameters = parameters | {"NextToken": token}


def _read_flow_logs(answer: Answer) -> tuple[tuple[FlowLog, ...], str | None]:
    logs = (
        FlowLog(
            log.get("FlowLogId", ""),
            log.get("LogGroupName") or group_of_arn(log.get("LogDestination", "")),
            log.get("LogFormat", ""),
            log.get("ResourceId", ""),
            log.get("TrafficType", ""),
            log.get("CreationTime"),
            log.get("DeliverLogsErrorMessage", ""),
        )
        for log in answer["FlowLogs"]
    )
    return tuple(logs), answer.get("NextToken")


async def _sample(calls: Calls, group: LogGroup) -> tuple[str, ...]:
    """The newest records of the streams that were written to last."""
    named = (
        {"logGroupIdentifier": group.arn or group.name}
        if group.name.startswith("arn:")
        else {"logGroupName": group.name}
    )
    newest = {"orderBy": "LastEventTime", "descending": True, "limit": _STREAMS}
    asked = Request("logs", "DescribeLogStreams", "logStreams", {**named, **newest})
    records: list[str] = []
    for stream in await calls.send(asked, _read_streams):
        tail = {"logStreamName": stream, "limit": _EVENTS, "startFromHead": False}
        request = Request("logs", "GetLogEvents", "events", {**named, **tail})
        records += await calls.send(request, _read_messages)
    return tuple(records)


def _read_streams(answer: Answer) -> list[str]:
    return [str(stream["logStreamName"]) for stream in answer["logStreams"]]


def _read_messages(answer: Answer) -> list[str]:
    return [str(event["message"]) for event in answer["events"]]

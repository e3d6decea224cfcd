"""The log groups of an account, and the format of the flow logs in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from flowtui.backends.base import LogGroup
from flowtui.backends.cloudwatch.calls import Answer, Calls, Request
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import BackendError, CredentialsError, Unreachable, UsageError
from flowtui.model.timerange import from_ms

_PAGE = 50
"""The most that DescribeLogGroups gives at once."""


async def log_groups(calls: Calls, prefix: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
    """The groups whose name begins with `prefix`, a page at a time."""
    parameters: dict[str, Any] = {"limit": _PAGE}
    if prefix:
        parameters["logGroupNamePrefix"] = prefix
    while True:
        request = Request("logs", "DescribeLogGroups", "logGroups", parameters)
        groups, token = await calls.send(request, _read_groups)
        yield groups
        if not token:
            return
        parameters = parameters | {"nextToken": token}


async def describe(calls: Calls, name: str) -> LogGroup:
    """The group called `name`, which may be an ARN, with the format of its flow logs.

    A group that may not be listed can still be queried: it is told with a notice. Raises
    `BackendError` where there is nobody to ask, or no such group.
    """
    group = await _find(calls, name)
    fmt, notice = await _format(calls, group.name)
    return replace(group, format=fmt, notice="; ".join(filter(None, (group.notice, notice))))


async def _find(calls: Calls, name: str) -> LogGroup:
    if name.startswith("arn:"):
        # The group of a linked account is not listed in this one.
        return LogGroup(name, arn=name.removesuffix(":*"))
    try:
        async for groups in log_groups(calls, prefix=name):
            for group in groups:
                if group.name == name:
                    return group
    except (CredentialsError, Unreachable):
        raise
    except BackendError as error:
        return LogGroup(name, notice=str(error))
    place = calls.clients.place
    raise BackendError(f"There is no log group {name} on {place.where}; check its name and region")


async def _format(calls: Calls, name: str) -> tuple[FlowFormat | None, str]:
    """The one format of the flow logs that are delivered to the group, or why there is none."""
    if calls.clients.endpoint_url:
        return None, ""
    try:
        texts = await _formats(calls, name.rpartition(":log-group:")[2])
    except BackendError as error:
        return None, f"The format of {name} is unknown: {error}"
    if not texts:
        return None, f"No flow log of this account delivers to {name}; name its format by --format"
    if len(texts) > 1:
        return None, f"{len(texts)} formats are delivered to {name}; name yours by --format"
    try:
        return FlowFormat.parse(texts.pop()), ""
    except UsageError as error:
        return None, f"The format of {name} can't be read: {error}"


async def _formats(calls: Calls, name: str) -> set[str]:
    texts: set[str] = set()
    parameters: dict[str, Any] = {"Filters": [{"Name": "log-group-name", "Values": [name]}]}
    while True:
        request = Request("ec2", "DescribeFlowLogs", "FlowLogs", parameters)
        page, token = await calls.send(request, _read_formats)
        texts |= page
        if not token:
            return texts
        parameters = parameters | {"NextToken": token}


def _read_formats(answer: Answer) -> tuple[set[str], str | None]:
    found = {log["LogFormat"] for log in answer["FlowLogs"] if log.get("LogFormat")}
    return found, answer.get("NextToken")


def _read_groups(answer: Answer) -> tuple[tuple[LogGroup, ...], str | None]:
    return tuple(map(_group, answer["logGroups"])), answer.get("nextToken")


def _group(entry: Mapping[str, Any]) -> LogGroup:
    created = entry.get("creationTime")
    log_class = entry.get("logGroupClass", "")
    return LogGroup(
        entry["logGroupName"],
        arn=entry.get("logGroupArn") or entry.get("arn", "").removesuffix(":*"),
        stored_bytes=entry.get("storedBytes"),
        retention_days=entry.get("retentionInDays"),
        log_class=log_class,
        created=None if created is None else from_ms(created),
        notice=(
            "Logs Insights can't query the log class DELIVERY" if log_class == "DELIVERY" else ""
        ),
    )

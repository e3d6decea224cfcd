"""The log groups of an account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flowtui.backends.base import LogGroup
from flowtui.backends.cloudwatch import formats
from flowtui.backends.cloudwatch.calls import Answer, Calls, Request
from flowtui.flowlogs.delivery import FlowLog, group_of_arn
from flowtui.model.errors import BackendError, CredentialsError, Unreachable
from flowtui.model.timerange import from_ms

_PAGE = 50
"""The most that DescribeLogGroups gives at once."""
_LIST_PAGE = 1000
"""The most that ListLogGroups does."""


async def log_groups(calls: Calls) -> AsyncIterator[tuple[LogGroup, ...]]:
    """All groups: first the names, then all that is told of them, a page at a time.

    ListLogGroups gives twenty times as many at once, but no sizes; whoever may not use it, or has
    an endpoint without it, gets the slower pages alone. At the end come once more the groups that
    flow logs deliver to, with their formats.
    """
    logs = asyncio.ensure_future(_flow_logs(calls))
    found: dict[str, LogGroup] = {}
    try:
        async for names in _listed(calls):
            found |= {group.name: group for group in names}
            yield names
        async for groups in _described(calls):
            found |= {group.name: group for group in groups}
            yield groups
        yield formats.marked(found.values(), await logs)
    finally:
        logs.cancel()


async def _flow_logs(calls: Calls) -> tuple[FlowLog, ...]:
    """The flow logs; none where EC2 does not tell, which is said of a group that is chosen."""
    try:
        return await formats.flow_logs(calls)
    except BackendError:
        return ()


async def _listed(calls: Calls) -> AsyncIterator[tuple[LogGroup, ...]]:
    pages = _pages(calls, Request("logs", "ListLogGroups", "logGroups", {"limit": _LIST_PAGE}))
    try:
        async for groups in pages:
            yield groups
    except CredentialsError:
        raise
    except BackendError as error:
        # Whoever answers this badly, as some endpoints do, may know the older operation.
        if isinstance(error, Unreachable) and not hasattr(error.__cause__, "response"):
            raise


def _described(calls: Calls, prefix: str = "") -> AsyncIterator[tuple[LogGroup, ...]]:
    """The groups whose name begins with `prefix`, a page at a time."""
    parameters = {"limit": _PAGE, **({"logGroupNamePrefix": prefix} if prefix else {})}
    return _pages(calls, Request("logs", "DescribeLogGroups", "logGroups", parameters))


async def _pages(calls: Calls, request: Request) -> AsyncIterator[tuple[LogGroup, ...]]:
    while True:
        groups, token = await calls.send(request, _read_groups)
        yield groups
        if not token:
            return
        request = replace(request, parameters={**request.parameters, "nextToken": token})


async def describe(calls: Calls, name: str, now: datetime) -> LogGroup:
    """The group called `name`, which may be an ARN, with the format of its flow logs.

    A group that may not be listed can still be queried: it is told with a notice. Raises
    `BackendError` where there is nobody to ask, or no such group.
    """
    group = await _find(calls, name)
    if group.name.startswith("arn:"):
        return await formats.foreign(calls, group)
    return replace(await formats.known(calls, group, now), name=name)


async def _find(calls: Calls, name: str) -> LogGroup:
    """The group as it is listed; one of a linked account is not, and keeps its ARN as its name."""
    arn = name.removesuffix(":*") if name.startswith("arn:") else ""
    try:
        async for groups in _described(calls, prefix=group_of_arn(name) or name):
            for group in groups:
                if name == group.name or (arn and arn == group.arn):
                    return group
    except (CredentialsError, Unreachable):
        raise
    except BackendError as error:
        return LogGroup(name, arn=arn, notice=str(error))
    if arn:
        return LogGroup(name, arn=arn)
    place = calls.clients.place
    raise BackendError(f"There is no log group {name} on {place.where}; check its name and region")


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

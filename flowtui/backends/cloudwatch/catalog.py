"""The log groups of an account."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime

from flowtui.backends.aws.calls import Calls, Endless, Request
from flowtui.backends.aws.decode import Entry
from flowtui.backends.cloudwatch import formats
from flowtui.backends.cloudwatch.flow_logs import FlowLogs, begun
from flowtui.flowlogs.delivery import FlowLog, account_of_arn, group_of_arn
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError, CredentialsError, Unreachable

_PAGE = 50
"""The most that DescribeLogGroups gives at once."""
_LIST_PAGE = 1000
"""The most that ListLogGroups does."""
_LONGEST_RETENTION = 36_500
"""Days; the service keeps nothing longer than ten years."""
_PATTERN = re.compile(r"[.\-_/#A-Za-z0-9]{3,}")
_LONGEST_PATTERN = 24
"""The patterns that ListLogGroups takes for names."""


async def log_groups(calls: Calls, flow_logs: FlowLogs) -> AsyncIterator[tuple[LogGroup, ...]]:
    """All groups: first the names, then all that is known of them, a page at a time.

    Between the two is an empty page.

    ListLogGroups gives twenty times as many at once, but no sizes; whoever may not use it, or has
    an endpoint without it, gets the slower pages alone. In a monitoring account the groups of the
    linked accounts are among them, by their ARN. At the end come once more the groups that flow
    logs deliver to, with their formats.
    """
    logs = begun(_every(flow_logs))
    found: dict[str, LogGroup] = {}
    try:
        with suppress(_Unlisted):
            async for names in _listed(calls):
                found |= {group.name: group for group in names}
                yield names
            yield ()
        account = next((account_of_arn(g.arn) for g in found.values() if not _is_linked(g)), "")
        is_monitoring = any(map(_is_linked, found.values()))
        async for groups in _described(calls, account if is_monitoring else None):
            found |= {group.name: group for group in groups}
            yield groups
        yield formats.marked(found.values(), await logs)
    finally:
        logs.cancel()


async def _every(flow_logs: FlowLogs) -> tuple[FlowLog, ...]:
    """The flow logs; none where EC2 does not say, which is shown for a group that is chosen."""
    try:
        return await flow_logs.every()
    except BackendError:
        return ()


async def containing(calls: Calls, pattern: str) -> AsyncIterator[tuple[LogGroup, ...]]:
    """The names that contain the pattern, as it is written and as names are written mostly.

    The service distinguishes cases, and looks for nothing shorter than three characters.
    """
    sought = pattern[:_LONGEST_PATTERN]
    if not _PATTERN.fullmatch(sought):
        return
    spellings = dict.fromkeys((sought, sought.lower(), sought.upper(), sought.capitalize()))
    try:
        async for names in _listed(calls, {"logGroupNamePattern": "|".join(spellings)}):
            yield names
    except _Unlisted:
        for spelling in dict.fromkeys((sought, sought.lower())):
            request = _describe_groups(logGroupNamePattern=spelling)
            async for groups in _pages(calls, request):
                yield groups


async def _listed(
    calls: Calls, wanted: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[LogGroup, ...]]:
    """The names: one page of this account's own shows its number, then come those of all.

    Raises `_Unlisted`.
    """
    parameters = {"limit": _LIST_PAGE, **(wanted or {})}
    request = Request("logs", "ListLogGroups", "logGroups", parameters)
    try:
        async with aclosing(calls.pages(request, _read_groups)) as own:
            first = await anext(own)
            if first:
                yield first
            account = account_of_arn(first[0].arn) if first else ""
            try:
                async for page in _with_linked(calls, request, account):
                    yield page
            except _OwnOnly:
                async for page in own:
                    if page:
                        yield page
    except (CredentialsError, Endless):
        raise
    except BackendError as error:
        # An endpoint that answers this badly, as some do, may know the older operation.
        if isinstance(error, Unreachable) and not hasattr(error.__cause__, "response"):
            raise
        raise _Unlisted from error


class _Unlisted(Exception):
    """A user who may not use ListLogGroups, or an endpoint without it, has the older operation."""


def _of_all(request: Request) -> Request:
    return replace(request, parameters={**request.parameters, "includeLinkedAccounts": True})


class _OwnOnly(Exception):
    """Without those of linked accounts: not every account and endpoint takes the parameter."""


async def _with_linked(
    calls: Calls, request: Request, account: str
) -> AsyncIterator[tuple[LogGroup, ...]]:
    """The pages of `account` and of those that are linked to it; raises `_OwnOnly`."""
    try:
        async for page in _pages(calls, _of_all(request)):
            yield _named(page, account)
    except (CredentialsError, Unreachable, Endless):
        raise
    except BackendError as error:
        raise _OwnOnly from error


def _named(groups: Iterable[LogGroup], account: str) -> tuple[LogGroup, ...]:
    """The groups by the names that a query takes: one of another account goes by its ARN."""
    return tuple(
        group if account_of_arn(group.arn) in ("", account) else replace(group, name=group.arn)
        for group in groups
    )


def _is_linked(group: LogGroup) -> bool:
    return group.name.startswith("arn:")


async def _described(calls: Calls, account: str | None) -> AsyncIterator[tuple[LogGroup, ...]]:
    """All that is known of the groups; those of linked accounts too, if this one is `account`."""
    request = _describe_groups()
    if account is not None:
        try:
            async for page in _with_linked(calls, request, account):
                yield page
        except _OwnOnly:
            # A user who may list those of others may yet not see more of them.
            pass
        else:
            return
    async for page in _pages(calls, request):
        yield page


def _describe_groups(**wanted: str) -> Request:
    return Request("logs", "DescribeLogGroups", "logGroups", {"limit": _PAGE, **wanted})


async def _pages(calls: Calls, request: Request) -> AsyncIterator[tuple[LogGroup, ...]]:
    """Those with groups in them: an empty one has a meaning of its own to who reads them."""
    async for groups in calls.pages(request, _read_groups):
        if groups:
            yield groups


async def describe(
    calls: Calls, flow_logs: FlowLogs, name: str, now: datetime, *, from_records: bool
) -> LogGroup:
    """The group called `name`, which may be an ARN, with the format of its flow logs.

    A group that may not be listed can still be queried: it has a notice. Raises
    `BackendError` where there is nobody to ask, or no such group.
    """
    group = await _find(calls, name)
    with formats.Sample(calls, group, is_wanted=from_records) as sample:
        if group.name.startswith("arn:"):
            return await formats.foreign(group, sample)
        return replace(await formats.known(flow_logs, group, sample, now), name=name)


async def _find(calls: Calls, name: str) -> LogGroup:
    """The group as it is listed; one of another account keeps its ARN as its name."""
    arn = name.removesuffix(":*") if name.startswith("arn:") else ""
    request = _describe_groups(logGroupNamePrefix=group_of_arn(name) or name)
    try:
        async for groups in _pages(calls, request):
            for group in groups:
                if name == group.name or (arn and arn == group.arn):
                    return group
    except (CredentialsError, Unreachable):
        raise
    except BackendError as error:
        return LogGroup(name, arn=arn, notice=str(error))
    if arn:
        linked = await _find_linked(calls, request, arn)
        return replace(linked, name=name) if linked else LogGroup(name, arn=arn)
    place = calls.clients.place
    raise BackendError(
        f"There is no log group {name} on {place.where}; check its name and {place.the_region}"
    )


async def _find_linked(calls: Calls, request: Request, arn: str) -> LogGroup | None:
    """The group of a linked account; None where this one monitors no such account."""
    linked = _of_all(request)
    of_account = {**linked.parameters, "accountIdentifiers": [account_of_arn(arn)]}
    try:
        async for groups in _pages(calls, replace(linked, parameters=of_account)):
            for group in groups:
                if arn == group.arn:
                    return group
    except (CredentialsError, Unreachable):
        raise
    except BackendError:
        # It can be queried all the same, if that is allowed.
        pass
    return None


def _read_groups(answer: Entry) -> tuple[LogGroup, ...]:
    return tuple(map(_group, answer.entries("logGroups")))


def _group(entry: Entry) -> LogGroup:
    log_class = entry.text("logGroupClass")
    return LogGroup(
        entry.name("logGroupName"),
        arn=entry.text("logGroupArn") or entry.text("arn").removesuffix(":*"),
        stored_bytes=entry.whole("storedBytes"),
        retention_days=entry.whole("retentionInDays", _LONGEST_RETENTION),
        log_class=log_class,
        created=entry.moment("creationTime"),
        notice=(
            "Logs Insights can't query the log class DELIVERY" if log_class == "DELIVERY" else ""
        ),
    )

"""The format of a log group's records: from its flow logs in EC2, else from a few records."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

from flowtui.backends.aws.calls import Calls, Request
from flowtui.backends.aws.decode import Entry
from flowtui.backends.cloudwatch.flow_logs import FlowLogs, begun
from flowtui.flowlogs.delivery import Delivery, FlowLog, account_of_arn, delivery
from flowtui.flowlogs.infer import Inference, infer
from flowtui.flowlogs.log_group import LogGroup
from flowtui.flowlogs.presets import preset_name
from flowtui.model.errors import BackendError, CredentialsError, Unreachable

INFERRED = "inferred"

_STREAMS = 5
_EVENTS = 20
"""From each of so many streams: a stream is an interface, and one may have had no traffic."""


class Sample:
    """The newest records of the streams that were written to last, read at most once.

    Up to 100, by DescribeLogStreams and GetLogEvents, which scan nothing that is paid for.
    """

    def __init__(self, calls: Calls, group: LogGroup, *, is_wanted: bool) -> None:
        self.is_wanted = is_wanted
        self._calls = calls
        self._named = (
            {"logGroupIdentifier": group.arn or group.name}
            if group.name.startswith("arn:")
            else {"logGroupName": group.name}
        )
        self._reading: asyncio.Future[tuple[str, ...]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._reading is not None:
            self._reading.cancel()

    def begin(self) -> None:
        if self.is_wanted:
            self._begun()

    async def records(self) -> tuple[str, ...]:
        return await self._begun()

    def _begun(self) -> asyncio.Future[tuple[str, ...]]:
        if self._reading is None:
            self._reading = begun(self._read())
        return self._reading

    async def _read(self) -> tuple[str, ...]:
        newest = {"orderBy": "LastEventTime", "descending": True, "limit": _STREAMS}
        asked = Request("logs", "DescribeLogStreams", "logStreams", {**self._named, **newest})
        streams = await self._calls.send(asked, _read_streams)
        tails = await asyncio.gather(*map(self._tail, streams))
        return tuple(record for tail in tails for record in tail)

    async def _tail(self, stream: str) -> list[str]:
        tail = {"logStreamName": stream, "limit": _EVENTS, "startFromHead": False}
        request = Request("logs", "GetLogEvents", "events", {**self._named, **tail})
        return await self._calls.send(request, _read_messages)


async def known(flow_logs: FlowLogs, group: LogGroup, sample: Sample, now: datetime) -> LogGroup:
    """The group with its format, or with what it may be, and with what one should know of it.

    Where EC2 does not know it, a sample shows it; it is read meanwhile, where EC2 is slow.
    """
    name = group.name
    try:
        logs = await flow_logs.of(name, sample.begin)
    except BackendError as error:
        # A network may have a way to CloudWatch Logs and none to EC2.
        reason = f"The flow logs of {name} can't be asked for: {error}"
        return await _inferred(group, sample, reason)
    kept = timedelta(days=group.retention_days) if group.retention_days else None
    found = delivery(name, logs, group.created, now - kept if kept else None)
    if found.formats:
        return _told(group, name, found)
    reason = f"No flow log of this account delivers to {name}"
    return await _inferred(group, sample, "; ".join((reason, *found.notices)))


async def foreign(group: LogGroup, sample: Sample) -> LogGroup:
    """The group of another account, of whose flow logs EC2 knows nothing here."""
    account = account_of_arn(group.arn) or "?"
    reason = f"EC2 here does not know the flow logs of account {account}"
    return await _inferred(group, sample, reason)


def marked(groups: Iterable[LogGroup], logs: tuple[FlowLog, ...]) -> tuple[LogGroup, ...]:
    """The groups that flow logs deliver to, with what their formats are."""
    names = {log.group for log in logs}
    return tuple(
        _told(group, group.name, replace(delivery(group.name, logs), notices=()))
        for group in groups
        if group.name in names
    )


async def _inferred(group: LogGroup, sample: Sample, reason: str) -> LogGroup:
    """The group with what a few of its records show; `reason` is why that is needed."""
    group = replace(group, no_flow_logs=reason)
    if not sample.is_wanted:
        return group.unread
    try:
        records = await sample.records()
    except (CredentialsError, Unreachable):
        raise
    except BackendError as error:
        failure = f"{reason}; nor can records be read: {error}; F9 or --format names the format"
        return replace(group, format_notice=failure)
    found = infer(records)
    is_mixed = bool(found.other_widths)
    certain = found.formats[0] if found.is_certain else None
    return replace(
        group,
        format=certain.among_others() if certain and is_mixed else certain,
        is_mixed=is_mixed,
        candidates=found.formats,
        format_source=INFERRED if found.formats else "",
        sample=records,
        format_notice=f"{reason}; {_verdict(found, records)}",
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
    """The finding in the records, and what to do about it."""
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


def _read_streams(answer: Entry) -> list[str]:
    return [stream.name("logStreamName") for stream in answer.entries("logStreams")]


def _read_messages(answer: Entry) -> list[str]:
    return [event.text("message") for event in answer.entries("events")]

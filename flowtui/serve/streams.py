"""Log streams on the wire: DescribeLogStreams, and conditions that choose some."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from flowtui.model.frozen import frozen
from flowtui.query.catalogue.limits import MAX_ROWS
from flowtui.serve.groups import LogGroups, arn
from flowtui.serve.parameters import Parameters
from flowtui.serve.questions import Questions
from flowtui.serve.wire import Json, invalid


@frozen
class Stream:
    """A log stream as far as its events show it. Times are epoch milliseconds."""

    name: str
    first: int
    last: int
    ingested: int


class Streams:
    """Finds the streams of a group by the events in them: one that is empty is not known."""

    def __init__(self, questions: Questions, log_groups: LogGroups) -> None:
        self._questions = questions
        self._groups = log_groups

    async def of(self, group: str) -> list[Stream]:
        """All streams of the group, by name."""
        found = await self._questions.ask(_STREAMS, (group,))
        return sorted(map(_stream, found), key=lambda stream: stream.name)

    async def describe(self, parameters: Parameters) -> Json:
        """DescribeLogStreams."""
        group = await self._groups.named(parameters)
        order = parameters.choice("orderBy", ("LogStreamName", "LastEventTime"), "LogStreamName")
        is_by_time = order == "LastEventTime"
        if is_by_time and "logStreamNamePrefix" in parameters:
            raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
        prefix = parameters.text("logStreamNamePrefix", "")
        is_descending = parameters.flag("descending", default=False)
        found = [s for s in await self.of(group.name) if s.name.startswith(prefix)]
        if is_by_time:
            found.sort(key=lambda stream: stream.last)
        if is_descending:
            found.reverse()
        streams, more = parameters.page(found, "limit", most=50)
        return {"logStreams": [_described(stream, arn(group)) for stream in streams], **more}


_STREAMS = (
    "stats min(toMillis(@timestamp)) as first, max(toMillis(@timestamp)) as last,"
    f" max(toMillis(@ingestionTime)) as ingested by @logStream\n| limit {MAX_ROWS}"
)


def stream_condition(names: Iterable[str], *, are_prefixes: bool = False) -> str:
    """Events of the streams with these names; a name that reads as a number is still a text."""
    either = "|".join(re.escape(name).replace("/", r"\/") for name in names)
    return f"@logStream like /^({either}){'' if are_prefixes else '$'}/"


def _stream(row: Mapping[str, str]) -> Stream:
    first, last, ingested = (int(row[name]) for name in ("first", "last", "ingested"))
    return Stream(row["@logStream"], first, last, ingested)


def _described(stream: Stream, group_arn: str) -> Json:
    return {
        "logStreamName": stream.name,
        "arn": f"{group_arn}:log-stream:{stream.name}",
        "creationTime": stream.first,
        "firstEventTimestamp": stream.first,
        "lastEventTimestamp": stream.last,
        "lastIngestionTime": stream.ingested,
        # The service has not reported it since 2019.
        "storedBytes": 0,
    }

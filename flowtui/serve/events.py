"""Log events on the wire: FilterLogEvents and GetLogEvents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from flowtui.model.frozen import frozen
from flowtui.model.run import PTR
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.query.printer import string_text
from flowtui.serve import patterns
from flowtui.serve.groups import LogGroups
from flowtui.serve.parameters import LAST_SECOND, Parameters
from flowtui.serve.questions import ALWAYS, Questions
from flowtui.serve.streams import Streams, stream_condition
from flowtui.serve.wire import Json, invalid, not_found

_MOST_EVENTS = 10_000
_MOST_BYTES = 2**20
_OVERHEAD = 26
"""Bytes that an event counts beside its message."""
_MOST_STREAMS = 100
_BACKWARD_SINCE = 1_704_067_200_000
"""2024, before which FilterLogEvents does not go backward."""
_LONGEST_TOKEN = 8192
_TOKEN = re.compile(r"([fb])/(\d{1,15})([<>])(.*)", re.DOTALL | re.ASCII)

_FIELDS = (
    "fields toMillis(@timestamp) as ms, toMillis(@ingestionTime) as ingested, @logStream, @message"
)

Event = Mapping[str, str]


@frozen
class Gap:
    """A place beside an event, and which way to read from there; a token on the wire."""

    ms: int
    pointer: str
    """Of the event: events with one time are in the order of their pointers."""
    is_after: bool
    """Whether the place is after the event, or before it."""
    is_forward: bool

    @classmethod
    def read(cls, token: str) -> Gap:
        """Raises `WireError`."""
        found = _TOKEN.fullmatch(token)
        if not found:
            raise invalid("The specified nextToken is invalid")
        return cls(int(found[2]), found[4], is_after=found[3] == ">", is_forward=found[1] == "f")

    def __str__(self) -> str:
        side = ">" if self.is_after else "<"
        return f"{'f' if self.is_forward else 'b'}/{self.ms}{side}{self.pointer}"

    @property
    def condition(self) -> str:
        """Which events lie that way."""
        operator = ">" if self.is_forward else "<"
        inclusive = "" if self.is_forward == self.is_after else "="
        same = f"{PTR} {operator}{inclusive} {string_text(self.pointer)}"
        return f"(@timestamp {operator} {self.ms} or (@timestamp = {self.ms} and {same}))"


class Events:
    """Reads events a page at a time, by the time and the pointer of the last one."""

    def __init__(self, questions: Questions, log_groups: LogGroups, streams: Streams) -> None:
        self._questions = questions
        self._groups = log_groups
        self._streams = streams

    async def filter(self, parameters: Parameters) -> Json:
        """FilterLogEvents. Its end is included."""
        group = await self._groups.named(parameters)
        conditions = [_chosen_streams(parameters)]
        conditions.append(patterns.condition(parameters.text("filterPattern", "", longest=1024)))
        start = parameters.integer("startTime", 0, LAST_SECOND * 1000, 0)
        end = parameters.integer("endTime", 0, LAST_SECOND * 1000, LAST_SECOND * 1000)
        window = _window(start, end + 1)
        is_forward = parameters.flag("startFromHead", default=True)
        gap = _gap(parameters, window, is_forward=is_forward)
        if not gap.is_forward and start < _BACKWARD_SINCE:
            raise invalid("startFromHead may be false only with a startTime from 2024 on")
        limit = _limit(parameters)
        # The service always mixes the streams, and says that it ignores this.
        parameters.flag("interleaved", default=True)
        parameters.refuse_the_rest()
        found, is_cut = await self._page(group.name, window, gap, conditions, limit)
        answer: Json = {"events": [_event(event, is_found=True) for event in found]}
        answer["searchedLogStreams"] = []
        if is_cut:
            way = gap.is_forward
            answer["nextToken"] = str(_beside(found[-1], is_after=way, is_forward=way))
        return answer

    async def get(self, parameters: Parameters) -> Json:
        """GetLogEvents: oldest first in each page. Its end is excluded."""
        group = await self._groups.named(parameters)
        stream = parameters.text("logStreamName")
        start = parameters.integer("startTime", 0, LAST_SECOND * 1000, 0)
        window = _window(start, parameters.integer("endTime", 0, ALWAYS.end_ms, ALWAYS.end_ms))
        is_forward = parameters.flag("startFromHead", default=False)
        gap = _gap(parameters, window, is_forward=is_forward)
        limit = _limit(parameters)
        parameters.refuse_the_rest()
        conditions = [stream_condition([stream])]
        found, _ = await self._page(group.name, window, gap, conditions, limit)
        if not found and stream not in {s.name for s in await self._streams.of(group.name)}:
            raise not_found("The specified log stream does not exist.")
        if not gap.is_forward:
            found = found[::-1]
        backward, forward = _around(found, gap)
        return {
            "events": [_event(event, is_found=False) for event in found],
            "nextForwardToken": str(forward),
            "nextBackwardToken": str(backward),
        }

    async def _page(
        self, group: str, window: TimeRange, gap: Gap, conditions: Iterable[str], limit: int
    ) -> tuple[Sequence[Event], bool]:
        """The next events from the gap on, and whether there are more after them."""
        order = "asc" if gap.is_forward else "desc"
        commands = [
            _FIELDS,
            *(f"filter {condition}" for condition in (gap.condition, *conditions) if condition),
            f"sort @timestamp {order}, {PTR} {order}",
            # One more tells whether there are more.
            f"limit {limit + 1}",
        ]
        found = await self._questions.ask("\n| ".join(commands), (group,), window)
        sizes = accumulate(len(event["@message"].encode()) + _OVERHEAD for event in found[:limit])
        fitting = max(1, sum(size <= _MOST_BYTES for size in sizes))
        return found[:fitting], len(found) > fitting


def _chosen_streams(parameters: Parameters) -> str:
    if "logStreamNames" in parameters and "logStreamNamePrefix" in parameters:
        raise invalid("logStreamNames and logStreamNamePrefix exclude each other")
    if "logStreamNames" in parameters:
        return stream_condition(parameters.texts("logStreamNames", _MOST_STREAMS))
    prefix = parameters.text("logStreamNamePrefix", "")
    return stream_condition([prefix], are_prefixes=True) if prefix else ""


def _window(start: int, end: int) -> TimeRange:
    if start >= end:
        raise invalid("startTime must be before endTime")
    return TimeRange(from_ms(start), from_ms(end))


def _gap(parameters: Parameters, window: TimeRange, *, is_forward: bool) -> Gap:
    """Where the page begins: at the token, else at one end of the window."""
    token = parameters.text("nextToken", "", longest=_LONGEST_TOKEN)
    if token:
        return Gap.read(token)
    edge = window.start_ms if is_forward else window.end_ms
    return Gap(edge, "", is_after=False, is_forward=is_forward)


def _limit(parameters: Parameters) -> int:
    # Nothing here is masked: to unmask it changes nothing.
    parameters.flag("unmask", default=False)
    return parameters.integer("limit", 1, _MOST_EVENTS, _MOST_EVENTS)


def _beside(event: Event, *, is_after: bool, is_forward: bool) -> Gap:
    return Gap(int(event["ms"]), event[PTR], is_after=is_after, is_forward=is_forward)


def _around(found: Sequence[Event], gap: Gap) -> tuple[Gap, Gap]:
    """Where to go on from a page, backward and forward; an empty page is at its gap."""
    if not found:
        return replace(gap, is_forward=False), replace(gap, is_forward=True)
    backward = _beside(found[0], is_after=False, is_forward=False)
    return backward, _beside(found[-1], is_after=True, is_forward=True)


def _event(event: Event, *, is_found: bool) -> Json:
    told: Json = {
        "timestamp": int(event["ms"]),
        "message": event["@message"],
        "ingestionTime": int(event["ingested"]),
    }
    return (
        {**told, "logStreamName": event["@logStream"], "eventId": event[PTR]} if is_found else told
    )

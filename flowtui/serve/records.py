"""Fields on the wire: GetLogGroupFields, and GetLogRecord for all of one event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.run import PTR
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.query.printer import name_text, string_text
from flowtui.serve.groups import LogGroups
from flowtui.serve.parameters import Parameters
from flowtui.serve.questions import Questions
from flowtui.serve.wire import Json, not_found

_OF_EVERY_EVENT = ("@timestamp", "@ingestionTime", "@log", "@logStream", "@message")
_BEFORE_NOW = timedelta(minutes=15)
_AROUND = timedelta(minutes=8)


class Records:
    """Knows the fields of events: those that each has, and those of the format of its group."""

    def __init__(
        self, questions: Questions, log_groups: LogGroups, now: Callable[[], datetime]
    ) -> None:
        self._questions = questions
        self._groups = log_groups
        self._now = now

    async def fields(self, parameters: Parameters) -> Json:
        """GetLogGroupFields, the most frequent ones first."""
        group = await self._groups.described(await self._groups.named(parameters))
        window = self._window(parameters)
        parameters.refuse_the_rest()
        names = _fields([group])
        counts = ", ".join(f"count({name_text(name)}) as n{i}" for i, name in enumerate(names))
        text = f"stats count(*) as events, {counts}"
        (row,) = await self._questions.ask(text, (group.name,), window)
        events = int(row["events"])
        shares = {
            name: round(100 * int(row[f"n{i}"]) / events) if events else 0
            for i, name in enumerate(names)
        }
        found = sorted((name for name in names if shares[name]), key=lambda name: -shares[name])
        return {"logGroupFields": [{"name": name, "percent": shares[name]} for name in found]}

    async def record(self, parameters: Parameters) -> Json:
        """GetLogRecord."""
        pointer = parameters.text("logRecordPointer", longest=8192)
        # Nothing here is masked: to unmask it changes nothing.
        parameters.flag("unmask", default=False)
        parameters.refuse_the_rest()
        groups = [await self._groups.described(group) for group in await self._groups.all()]
        fields = ", ".join(map(name_text, _fields(groups)))
        text = f"fields {fields}\n| filter {PTR} = {string_text(pointer)}\n| limit 1"
        found = await self._questions.ask(text, tuple(group.name for group in groups))
        if not found:
            raise not_found("The specified log record does not exist.")
        return {"logRecord": {name: text for name, text in found[0].items() if name != PTR}}

    def _window(self, parameters: Parameters) -> TimeRange:
        if "time" not in parameters:
            return TimeRange(self._now() - _BEFORE_NOW, self._now())
        middle = from_ms(parameters.second("time") * 1000)
        return TimeRange(middle - _AROUND, middle + _AROUND)


def _fields(groups: Iterable[LogGroup]) -> tuple[str, ...]:
    """By the names under which the service discovers them."""
    formats = [group.format for group in groups if group.format is not None]
    discovered = (info.discovered for each in formats for info in each.fields)
    return tuple(dict.fromkeys((*_OF_EVERY_EVENT, *discovered)))

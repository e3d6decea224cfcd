"""The operations of CloudWatch Logs that the endpoint knows, over any backend and catalog."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from flowtui.backends.base import Backend, Catalog, LogGroup
from flowtui.model.errors import FlowtuiError
from flowtui.model.run import Query, RunState
from flowtui.model.timerange import TimeRange, from_ms, to_ms
from flowtui.query.parser import parse_tolerant
from flowtui.query.scope import begins_with_source, may_choose_groups
from flowtui.serve import wire
from flowtui.serve.runs import Runs, Served
from flowtui.serve.wire import Json, Parameters, WireError, invalid

_PAGE = 10_000
"""The most rows that GetQueryResults gives at once."""

_LAST_SECOND = 253_402_300_798
"""The last but one of the year 9999: the window ends a second later."""

Operation = Callable[[Parameters], Awaitable[Json]]


class Operations:
    """Answers requests by their operation's name; belongs to one event loop."""

    def __init__(self, backend: Backend, catalog: Catalog, now: Callable[[], datetime]) -> None:
        self._catalog = catalog
        self._runs = Runs(backend, now)
        self._known: dict[str, Operation] = {
            "DescribeLogGroups": self._describe_log_groups,
            "StartQuery": self._start_query,
            "GetQueryResults": self._get_query_results,
            "StopQuery": self._stop_query,
            "DescribeQueries": self._describe_queries,
        }

    async def answer(self, name: str, values: Mapping[str, object]) -> Json:
        """Raises `WireError` for whatever is refused."""
        operation = self._known.get(name)
        if operation is None:
            known = ", ".join(self._known)
            message = f"this endpoint does not know {name[:64]!r}; it knows {known}"
            raise WireError("UnknownOperationException", message)
        try:
            return await operation(Parameters(name, values))
        except FlowtuiError as error:
            raise wire.refusal(error) from error

    async def close(self) -> None:
        """Stop what still runs."""
        await self._runs.stop_all()

    async def _describe_log_groups(self, parameters: Parameters) -> Json:
        if "logGroupNamePrefix" in parameters and "logGroupNamePattern" in parameters:
            raise invalid("logGroupNamePrefix and logGroupNamePattern exclude each other")
        prefix = parameters.text("logGroupNamePrefix", "")
        pattern = parameters.text("logGroupNamePattern", "")
        limit = parameters.integer("limit", 1, 50, 50)
        start = _offset(parameters.text("nextToken", "0"))
        parameters.refuse_the_rest()
        found = sorted(
            (g for g in await self._groups() if g.name.startswith(prefix) and pattern in g.name),
            key=lambda group: group.name,
        )
        page: Json = {"logGroups": [wire.described(g) for g in found[start : start + limit]]}
        return page | ({"nextToken": str(start + limit)} if start + limit < len(found) else {})

    async def _start_query(self, parameters: Parameters) -> Json:
        text = parameters.text("queryString", longest=10_000)
        language = parameters.text("queryLanguage", "CWLI")
        window = _window(parameters)
        limit = parameters.integer("limit", 1, 100_000) if "limit" in parameters else None
        identifiers = _identifiers(parameters, text)
        parameters.refuse_the_rest()
        if language != "CWLI":
            raise invalid(f"this endpoint runs queries in CWLI, not in {language}")
        groups = await self._groups()
        names = tuple(wire.group_named(identifier, groups).name for identifier in identifiers)
        if begins_with_source(parse_tolerant(text).pipeline):
            names = ()
        query = Query(text, window, tuple(dict.fromkeys(names)), limit=limit)
        return {"queryId": (await self._runs.start(query, window)).id}

    async def _get_query_results(self, parameters: Parameters) -> Json:
        served = self._runs.find(parameters.text("queryId"))
        size = parameters.integer("maxItems", 0, _PAGE, _PAGE) or _PAGE
        start = _offset(parameters.text("nextToken", "0"))
        parameters.refuse_the_rest()
        latest = served.run.latest
        answer: Json = {
            "queryLanguage": "CWLI",
            "status": wire.status_name(latest.state),
            "results": wire.rows(latest.results, start, start + size),
            "statistics": wire.statistics(latest, len(served.run.query.log_groups)),
        }
        more = latest.state is RunState.COMPLETE and start + size < len(latest.results.rows)
        return answer | ({"nextToken": str(start + size)} if more else {})

    async def _stop_query(self, parameters: Parameters) -> Json:
        served = self._runs.find(parameters.text("queryId"))
        parameters.refuse_the_rest()
        if served.run.is_final:
            raise invalid(f"Query {served.id} has already ended and cannot be stopped")
        await self._runs.stop(served)
        return {"success": True}

    async def _describe_queries(self, parameters: Parameters) -> Json:
        name = parameters.text("logGroupName", "")
        status = parameters.text("status", "")
        most = parameters.integer("maxResults", 1, 1000, 1000)
        parameters.refuse_the_rest()
        if status and status not in wire.STATUSES:
            raise invalid(f"status must be one of {', '.join(wire.STATUSES)}")
        wanted = [
            entry
            for served in self._runs
            if (not name or name in served.run.query.log_groups)
            and (entry := _described(served))["status"] == (status or entry["status"])
        ]
        return {"queries": wanted[:most]}

    async def _groups(self) -> list[LogGroup]:
        return [group async for page in self._catalog.log_groups() for group in page]


def _described(served: Served) -> Json:
    query = served.run.query
    return {
        "queryLanguage": "CWLI",
        "queryId": served.id,
        "queryString": query.text,
        "status": wire.status_name(served.run.latest.state),
        "createTime": to_ms(served.run.started),
        **({"logGroupName": query.log_groups[0]} if query.log_groups else {}),
    }


def _offset(token: str) -> int:
    if not (token.isascii() and token.isdigit() and len(token) <= 9):
        raise invalid("The specified nextToken is invalid")
    return int(token)


def _window(parameters: Parameters) -> TimeRange:
    """The half-open span of a startTime and an endTime, which the service includes."""
    start, end = (_second(parameters, name) for name in ("startTime", "endTime"))
    if start > end:
        raise invalid("startTime must not be after endTime")
    return TimeRange(from_ms(start * 1000), from_ms(end * 1000) + timedelta(seconds=1))


def _second(parameters: Parameters, name: str) -> int:
    """Epoch seconds; some clients send milliseconds, which the service takes as well."""
    value = parameters.integer(name, 0, _LAST_SECOND * 1000)
    second = value // 1000 if value > 100_000_000_000 else value
    if second > _LAST_SECOND:
        raise invalid(f"{name} is past the year 9999")
    return second


def _identifiers(parameters: Parameters, text: str) -> list[str]:
    """The one of three parameters that names the log groups; none beside a SOURCE (5.1)."""
    given = [name for name in _GROUP_PARAMETERS if name in parameters]
    if not given and may_choose_groups(parse_tolerant(text).pipeline):
        return []
    if len(given) != 1:
        raise invalid(f"StartQuery needs exactly one of {', '.join(_GROUP_PARAMETERS)}")
    if given == ["logGroupName"]:
        return [parameters.text("logGroupName")]
    return parameters.texts(given[0], 50)


_GROUP_PARAMETERS = ("logGroupName", "logGroupNames", "logGroupIdentifiers")

"""Queries on the wire: StartQuery, GetQueryResults, StopQuery, DescribeQueries."""

from __future__ import annotations

from datetime import timedelta

from flowtui.flowlogs.log_group import least_class
from flowtui.model.errors import QueryError
from flowtui.model.run import Query, RunState
from flowtui.model.timerange import TimeRange, from_ms, to_ms
from flowtui.query.catalogue.limits import LOG_GROUPS, MAX_ROWS, PAGE_ROWS, QUERY_LENGTH
from flowtui.query.check import errors
from flowtui.query.parser import parse_tolerant
from flowtui.query.scope import begins_with_source, may_choose_groups
from flowtui.serve import groups, wire
from flowtui.serve.groups import LogGroups
from flowtui.serve.parameters import LANGUAGES, Parameters
from flowtui.serve.runs import Runs, Served
from flowtui.serve.wire import Json, invalid

_GROUP_PARAMETERS = ("logGroupName", "logGroupNames", "logGroupIdentifiers")


class Queries:
    """Starts queries on `runs` and says how far they are."""

    def __init__(self, runs: Runs, log_groups: LogGroups) -> None:
        self._runs = runs
        self._groups = log_groups

    async def start(self, parameters: Parameters) -> Json:
        """StartQuery."""
        text = parameters.text("queryString", longest=QUERY_LENGTH)
        parameters.only_cwli()
        window = _window(parameters)
        limit = parameters.integer("limit", 1, MAX_ROWS) if "limit" in parameters else None
        identifiers = _identifiers(parameters, text)
        parameters.refuse_the_rest()
        _refuse_malformed(text)
        if begins_with_source(parse_tolerant(text).pipeline):
            identifiers = []
        known = await self._groups.all()
        found = [groups.find(identifier, known) for identifier in identifiers]
        _refuse_malformed(text, least_class(found))
        names = dict.fromkeys(group.name for group in found)
        query = Query(text, window, tuple(names), limit=limit)
        return {"queryId": (await self._runs.start(query, window)).id}

    async def results(self, parameters: Parameters) -> Json:
        """GetQueryResults."""
        served = self._runs.find(parameters.text("queryId"))
        size = parameters.integer("maxItems", 0, PAGE_ROWS, PAGE_ROWS) or PAGE_ROWS
        start = parameters.offset("nextToken")
        parameters.refuse_the_rest()
        latest = served.run.latest
        end = min(start + min(size, PAGE_ROWS), MAX_ROWS)
        answer: Json = {
            "queryLanguage": "CWLI",
            "status": wire.status_name(latest.state),
            "results": wire.rows(latest.results, start, end),
            "statistics": wire.statistics(latest, len(served.run.query.log_groups)),
        }
        rows = min(len(latest.results.rows), MAX_ROWS)
        more = latest.state is RunState.COMPLETE and end < rows
        return answer | ({"nextToken": str(end)} if more else {})

    async def stop(self, parameters: Parameters) -> Json:
        """StopQuery."""
        served = self._runs.find(parameters.text("queryId"))
        parameters.refuse_the_rest()
        if served.run.is_final:
            raise invalid(f"Query {served.id} has already ended and cannot be stopped")
        await self._runs.stop(served)
        return {"success": True}

    async def describe(self, parameters: Parameters) -> Json:
        """DescribeQueries, the newest first."""
        name = parameters.text("logGroupName", "")
        status = parameters.choice("status", (*wire.STATUSES, "Unknown"), "")
        language = parameters.choice("queryLanguage", LANGUAGES, "CWLI")
        wanted = [
            entry
            for served in self._runs
            if (not name or name in served.run.query.log_groups)
            and (entry := _described(served))["status"] == (status or entry["status"])
            and entry["queryLanguage"] == language
        ]
        queries, more = parameters.page(wanted, "maxResults", most=1000)
        return {"queries": queries, **more}


def _described(served: Served) -> Json:
    run = served.run
    entry: Json = {
        "queryLanguage": "CWLI",
        "queryId": served.id,
        "queryString": run.query.text,
        "status": wire.status_name(run.latest.state),
        "createTime": to_ms(run.started),
        "bytesScanned": run.latest.statistics.bytes_scanned,
        "userIdentity": wire.IDENTITY,
    }
    if run.query.log_groups:
        entry["logGroupName"] = run.query.log_groups[0]
    if run.is_final and run.updated is not None:
        entry["queryDuration"] = to_ms(run.updated) - to_ms(run.started)
    return {key: value for key, value in entry.items() if value is not None}


def _refuse_malformed(text: str, log_class: str = "") -> None:
    """Raise `QueryError` for what the service rejects as malformed, at the first such place."""
    for wrong in errors(text, log_class):
        raise QueryError(wrong.message, wrong.span)


def _window(parameters: Parameters) -> TimeRange:
    """The half-open span of a startTime and an endTime, which the service includes."""
    start, end = (parameters.second(name) for name in ("startTime", "endTime"))
    if start > end:
        raise invalid("startTime must not be after endTime")
    return TimeRange(from_ms(start * 1000), from_ms(end * 1000) + timedelta(seconds=1))


def _identifiers(parameters: Parameters, text: str) -> list[str]:
    """The one of three parameters that names the log groups.

    None where the query chooses them itself, by SOURCE or in a saved query. Whether SOURCE may
    stand beside a parameter is not documented (LANGUAGE.md 9 r): here SOURCE decides.
    """
    given = [name for name in _GROUP_PARAMETERS if name in parameters]
    if not given and may_choose_groups(parse_tolerant(text).pipeline):
        return []
    if len(given) != 1:
        raise invalid(
            f"StartQuery needs exactly one of {', '.join(_GROUP_PARAMETERS)}, or a SOURCE command "
            "in the query"
        )
    if given == ["logGroupName"]:
        return [parameters.text("logGroupName")]
    return parameters.texts(given[0], LOG_GROUPS)

"""The saved queries of an account: QueryDefinitions (LANGUAGE.md 5.1)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from flowtui.backends.cloudwatch.calls import Answer, Calls, OutOfSlots, Request
from flowtui.backends.cloudwatch.errors import may_have_arrived
from flowtui.model.errors import BackendError, Unanswered, Unreachable, UsageError
from flowtui.model.saved_query import INSIGHTS_QL, Parameter, SavedQuery
from flowtui.model.timerange import from_ms

_PAGE = 200
"""The service gives up to 1,000 at once, of 10 kB each: the first ones shall not wait for all."""
_LONGEST_NAME = 255
_LONGEST_TEXT = 10_000
_MOST_GROUPS = 50


async def saved_queries(calls: Calls, prefix: str) -> AsyncIterator[tuple[SavedQuery, ...]]:
    """The queries whose name begins so; without a `queryLanguage` those of all languages."""
    begin = {"queryDefinitionNamePrefix": prefix[:_LONGEST_NAME]} if prefix else {}
    parameters: dict[str, Any] = {"maxResults": _PAGE, **begin}
    request = Request("logs", "DescribeQueryDefinitions", "queryDefinitions", parameters)
    while True:
        page, token = await calls.send(request, _read_page)
        yield page
        if not token:
            return
        request = replace(request, parameters={**parameters, "nextToken": token})


async def save_query(calls: Calls, query: SavedQuery) -> str:
    """Put it, tried again as a read is: under one client token it is saved once at most."""
    _check(query)
    parameters = {
        "name": query.name,
        "queryString": query.text,
        "logGroupNames": list(query.log_groups),
        "clientToken": str(uuid4()),
        **({"queryDefinitionId": query.id} if query.id else {}),
        **({"parameters": _kept(query)} if _kept(query) else {}),
    }
    request = Request("logs", "PutQueryDefinition", "queryDefinitionId", parameters)
    try:
        return await calls.send(request, _read_id)
    except OutOfSlots as error:
        raise BackendError(
            f"{calls.clients.place.where} keeps no more saved queries (the quota is 1,000 in a "
            "region); delete some in the console, or save over another one"
        ) from error
    except Unreachable as error:
        if not may_have_arrived(error.__cause__):
            raise
        raise Unanswered(
            f"{error}. It may be saved all the same; the list of saved queries tells"
        ) from error


def _check(query: SavedQuery) -> None:
    """Raise `UsageError` for what the service would refuse."""
    if not query.name.strip() or len(query.name) > _LONGEST_NAME:
        raise UsageError(f"a saved query needs a name of at most {_LONGEST_NAME} characters")
    if not query.text.strip() or len(query.text) > _LONGEST_TEXT:
        raise UsageError(
            f"CloudWatch saves a query of at most {_LONGEST_TEXT:,} characters; this one has "
            f"{len(query.text):,}"
        )
    if len(query.log_groups) > _MOST_GROUPS:
        raise UsageError(f"a saved query takes at most {_MOST_GROUPS} log groups")


def _kept(query: SavedQuery) -> list[Mapping[str, str]]:
    """Its parameters, but for those that its text has lost: the service would refuse them."""
    return [
        {
            "name": each.name,
            **({"defaultValue": each.default} if each.default else {}),
            **({"description": each.description} if each.description else {}),
        }
        for each in query.parameters
        if re.search(rf"\{{\{{\s*{re.escape(each.name)}\s*\}}\}}", query.text)
    ]


def _read_page(answer: Answer) -> tuple[tuple[SavedQuery, ...], str | None]:
    return tuple(map(_saved, answer["queryDefinitions"])), answer.get("nextToken")


def _saved(entry: Mapping[str, Any]) -> SavedQuery:
    modified = entry.get("lastModified")
    return SavedQuery(
        entry.get("name", ""),
        entry.get("queryString", ""),
        tuple(entry.get("logGroupNames") or ()),
        entry.get("queryDefinitionId", ""),
        None if modified is None else from_ms(modified),
        entry.get("queryLanguage") or INSIGHTS_QL,
        tuple(map(_parameter, entry.get("parameters") or ())),
    )


def _parameter(entry: Mapping[str, str]) -> Parameter:
    return Parameter(
        entry.get("name", ""), entry.get("defaultValue", ""), entry.get("description", "")
    )


def _read_id(answer: Answer) -> str:
    return str(answer["queryDefinitionId"])

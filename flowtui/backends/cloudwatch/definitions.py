"""The saved queries of an account: QueryDefinitions (LANGUAGE.md 5.1)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import uuid4

from flowtui.backends.aws.calls import Calls, OutOfSlots, Request
from flowtui.backends.aws.decode import Entry, Misshapen
from flowtui.backends.aws.errors import may_have_arrived
from flowtui.model.errors import BackendError, Unanswered, Unreachable, UsageError
from flowtui.model.saved_query import INSIGHTS_QL, Parameter, SavedQuery
from flowtui.query.catalogue.limits import LOG_GROUPS, QUERY_LENGTH

_PAGE = 200
"""The service gives up to 1,000 at once, of 10 kB each: the first ones shall not wait for all."""
_LONGEST_NAME = 255


async def saved_queries(calls: Calls, prefix: str) -> AsyncIterator[tuple[SavedQuery, ...]]:
    """The queries whose name begins so; without a `queryLanguage` those of all languages."""
    begin = {"queryDefinitionNamePrefix": prefix[:_LONGEST_NAME]} if prefix else {}
    parameters: dict[str, Any] = {"maxResults": _PAGE, **begin}
    request = Request("logs", "DescribeQueryDefinitions", "queryDefinitions", parameters)
    async for page in calls.pages(request, _read_page):
        yield page


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
    except BackendError as error:
        is_lost = isinstance(error, Unreachable) or isinstance(error.__cause__, Misshapen)
        if not is_lost or not may_have_arrived(error.__cause__):
            raise
        raise Unanswered(
            f"{error}. It may be saved all the same; the list of saved queries shows it"
        ) from error


def _check(query: SavedQuery) -> None:
    """Raise `UsageError` for what the service would refuse."""
    if not query.name.strip() or len(query.name) > _LONGEST_NAME:
        raise UsageError(f"a saved query needs a name of at most {_LONGEST_NAME} characters")
    if not query.text.strip() or len(query.text) > QUERY_LENGTH:
        raise UsageError(
            f"CloudWatch saves a query of at most {QUERY_LENGTH:,} characters; this one has "
            f"{len(query.text):,}"
        )
    if len(query.log_groups) > LOG_GROUPS:
        raise UsageError(f"a saved query takes at most {LOG_GROUPS} log groups")


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


def _read_page(answer: Entry) -> tuple[SavedQuery, ...]:
    return tuple(map(_saved, answer.entries("queryDefinitions")))


def _saved(entry: Entry) -> SavedQuery:
    return SavedQuery(
        entry.text("name"),
        entry.text("queryString"),
        entry.texts("logGroupNames"),
        entry.text("queryDefinitionId"),
        entry.moment("lastModified"),
        entry.text("queryLanguage") or INSIGHTS_QL,
        tuple(map(_parameter, entry.entries("parameters"))),
    )


def _parameter(entry: Entry) -> Parameter:
    return Parameter(entry.text("name"), entry.text("defaultValue"), entry.text("description"))


def _read_id(answer: Entry) -> str:
    return answer.name("queryDefinitionId")

"""Saved queries on the wire: Put-, Describe- and DeleteQueryDefinition. They live in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from flowtui.model.frozen import frozen
from flowtui.model.timerange import to_ms
from flowtui.query.catalogue.limits import LOG_GROUPS, PARAMETERS, QUERY_LENGTH
from flowtui.serve.parameters import LANGUAGES, Parameters
from flowtui.serve.wire import Json, WireError, invalid, not_found

MOST_KEPT = 1000
"""As many as an account may have in a region."""

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_OF_PARAMETER = {"name": 128, "defaultValue": 1024, "description": 512}
"""The members of a parameter and how long each may be."""


@frozen
class Definition:
    id: str
    name: str
    query: str
    log_groups: tuple[str, ...]
    parameters: tuple[Mapping[str, str], ...]
    modified: datetime

    @property
    def told(self) -> Json:
        entry: Json = {
            "queryLanguage": "CWLI",
            "queryDefinitionId": self.id,
            "name": self.name,
            "queryString": self.query,
            "lastModified": to_ms(self.modified),
            "logGroupNames": list(self.log_groups),
        }
        return entry | ({"parameters": list(self.parameters)} if self.parameters else {})


class Definitions:
    """The saved queries, by id."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: dict[str, Definition] = {}
        self._by_token: dict[str, str] = {}
        """The id that each client token got: a request that comes twice saves one query."""

    async def put(self, parameters: Parameters) -> Json:
        """PutQueryDefinition; an update keeps nothing of what was there."""
        definition = self._read(parameters)
        known = parameters.text("queryDefinitionId", "")
        token = parameters.text("clientToken", "")
        parameters.refuse_the_rest()
        if known and known not in self._kept:
            raise not_found(f"There is no query definition {known}")
        place = known or self._by_token.get(token, "")
        if place not in self._kept:
            self._make_room()
            place = str(uuid4())
        if token:
            self._by_token[token] = place
        self._kept[place] = replace(definition, id=place)
        return {"queryDefinitionId": place}

    async def describe(self, parameters: Parameters) -> Json:
        """DescribeQueryDefinitions, by name."""
        prefix = parameters.text("queryDefinitionNamePrefix", "")
        language = parameters.choice("queryLanguage", LANGUAGES, "CWLI")
        wanted = [d for d in self._kept.values() if d.name.startswith(prefix)]
        found = sorted(wanted, key=lambda d: (d.name, d.id)) if language == "CWLI" else []
        page, more = parameters.page(found, "maxResults", most=1000)
        return {"queryDefinitions": [definition.told for definition in page], **more}

    async def delete(self, parameters: Parameters) -> Json:
        """DeleteQueryDefinition."""
        known = parameters.text("queryDefinitionId")
        parameters.refuse_the_rest()
        if known not in self._kept:
            raise not_found(f"There is no query definition {known}")
        del self._kept[known]
        self._by_token = {t: place for t, place in self._by_token.items() if place != known}
        return {"success": True}

    def _read(self, parameters: Parameters) -> Definition:
        """The definition to save, still without an id."""
        if parameters.choice("queryLanguage", LANGUAGES, "CWLI") != "CWLI":
            if "parameters" in parameters:
                raise invalid("Parameters are only supported for CWLI query language")
            parameters.only_cwli()
        name = parameters.text("name", longest=255)
        query = parameters.text("queryString", longest=QUERY_LENGTH)
        if not name or not query:
            raise invalid("name and queryString may not be empty")
        has_groups = parameters.is_filled("logGroupNames")
        groups = parameters.texts("logGroupNames", LOG_GROUPS) if has_groups else []
        listed = parameters.records("parameters", _OF_PARAMETER)
        _check(listed, query)
        return Definition("", name, query, tuple(groups), tuple(listed), self._now())

    def _make_room(self) -> None:
        if len(self._kept) >= MOST_KEPT:
            raise WireError("LimitExceededException", f"There are {MOST_KEPT} query definitions")


def _check(listed: list[Mapping[str, str]], query: str) -> None:
    """The rules of parameters, in the service's words (LANGUAGE.md 5.4)."""
    names = [each.get("name", "") for each in listed]
    if len(names) > PARAMETERS:
        raise invalid(f"Parameter count exceeds the maximum of {PARAMETERS}")
    if len(set(names)) < len(names):
        raise invalid("Duplicate parameter name")
    for name in names:
        if not _NAME.fullmatch(name):
            raise invalid(f"{name!r} is not a parameter name; write it like since_when")
        if not re.search(rf"\{{\{{\s*{name}\s*\}}\}}", query):
            raise invalid("Required parameters not found in queryString")

"""SOURCE and the calls of saved queries: how much of each the service takes (1.1, 1.5)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import assert_never

from flowtui.model.errors import QueryError
from flowtui.query import ast
from flowtui.query.catalogue import limits
from flowtui.query.catalogue.source_keys import SourceKey
from flowtui.query.checks.diagnostic import Diagnostic, error
from flowtui.query.moments import is_relative, moment

_SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)
"""For times that go with the clock: of those the checker asks only whether they are times."""


def check_source(command: ast.Source) -> Iterator[Diagnostic]:
    yield from _times(command)
    for item in command.items:
        match item:
            case ast.LogGroups(choices):
                for choice in choices:
                    yield from _chosen(choice)
            case ast.DataSource(names):
                yield from _too_many(names, limits.SOURCE_DATA_SOURCES, "data sources")
            case ast.LogGroupTags():
                yield from _tags(item)


def _chosen(choice: ast.Named) -> Iterator[Diagnostic]:
    match SourceKey.of(choice.name):
        case SourceKey.PREFIX:
            yield from _too_many(choice.values, limits.SOURCE_PREFIXES, "prefixes")
        case SourceKey.ACCOUNT:
            yield from _too_many(choice.values, limits.SOURCE_ACCOUNTS, "accounts")
        case SourceKey.CLASS:
            return
        case key:
            assert_never(key)


def _times(command: ast.Source) -> Iterator[Diagnostic]:
    given = [each for each in (command.start, command.end) if each is not None]
    if any(isinstance(each, ast.Template) for each in given):
        return
    moments: list[datetime] = []
    for each in given:
        try:
            moments.append(moment(each, _SOME_TIME))
        except QueryError as problem:
            yield error("source-time", str(problem), each.span)
    # Whether a time of the clock lies before one of the calendar is known when the query runs.
    are_comparable = len(moments) == 2 and len({is_relative(each) for each in given}) == 1
    if are_comparable and moments[0] >= moments[1]:
        message = "the start of SOURCE must lie before its end"
        yield error("source-time", message, (given[0].span[0], given[1].span[1]))


def check_saved_call(command: ast.SavedCall) -> Iterator[Diagnostic]:
    yield from _too_many(command.arguments, limits.PARAMETERS, "parameters")
    seen: set[str] = set()
    for argument in command.arguments:
        if argument.name in seen:
            yield error("saved-query", f"{argument.name} is given twice", argument.span)
        seen.add(argument.name)


def check_templates(nodes: Iterable[ast.Node]) -> Iterator[Diagnostic]:
    """A saved query has at most 20 different parameters."""
    names: set[str] = set()
    for node in nodes:
        if not isinstance(node, ast.Template) or node.name in names:
            continue
        names.add(node.name)
        if len(names) == limits.PARAMETERS + 1:
            message = f"a saved query has at most {limits.PARAMETERS} parameters"
            yield error("template", message, node.span)


def _too_many(values: Sequence[ast.Node], most: int, what: str) -> Iterator[Diagnostic]:
    if len(values) > most:
        yield error("source-limit", f"at most {most} {what} go here", values[most].span)


def _tags(item: ast.LogGroupTags) -> Iterator[Diagnostic]:
    """`[{"key": "team", "values": ["a*", "!b"]}]`"""
    try:
        tags = json.loads(item.json)
    except (ValueError, RecursionError):
        tags = None
    if not (isinstance(tags, list) and all(map(_is_tag, tags))):
        message = 'tags are written [{"key": "team", "values": ["net*"]}]'
        yield error("tags", message, item.span)
    elif len(tags) > limits.SOURCE_TAGS:
        yield error("source-limit", f"at most {limits.SOURCE_TAGS} tags go here", item.span)
    elif any(len(tag["values"]) > limits.SOURCE_TAG_VALUES for tag in tags):
        yield error(
            "source-limit", f"a tag has at most {limits.SOURCE_TAG_VALUES} values", item.span
        )


def _is_tag(tag: object) -> bool:
    match tag:
        case {"key": str(), "values": list(values)}:
            return all(isinstance(value, str) for value in values)
        case _:
            return False

"""Which log groups a query reads, and over what time: SOURCE (LANGUAGE.md 1.5).

Files have names and are VPC flow logs of the standard class, so names, prefixes, `logGroups()`
and `dataSource(['amazon_vpc.flow'])` can be answered. They have no account, no tag and no other
class: what asks for those is refused, not ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from flowtui.flowlogs.delivery import group_of_arn
from flowtui.model.errors import QueryError, UnsupportedQuery
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue import nearest
from flowtui.query.catalogue.limits import SOURCE_DATA_SOURCES, SOURCE_PREFIXES
from flowtui.query.catalogue.source_keys import SourceKey
from flowtui.query.moments import moment
from flowtui.query.scope import pipelines_in

FLOW_LOGS = "amazon_vpc.flow"
"""The data source that every file is."""


@frozen
class Reads:
    """The names of the log groups that a query reads, one for each time that it reads one."""

    main: tuple[str, ...]
    nested: tuple[str, ...]
    has_own_time: bool
    """Whether a SOURCE has a start or an end of its own."""


def reads(pipeline: ast.Pipeline, known: Sequence[str], chosen: Sequence[str]) -> Reads:
    """The log groups that the whole query reads: `chosen`, unless a SOURCE names others.

    Raises `QueryError`.
    """
    main = selected(pipeline, known, chosen)
    inner = [reads(each, known, main) for each in pipelines_in(pipeline)]
    own_time = any(each.start or each.end for each in split(pipeline)[0])
    return Reads(
        main,
        tuple(name for each in inner for name in (*each.main, *each.nested)),
        own_time or any(each.has_own_time for each in inner),
    )


def split(pipeline: ast.Pipeline) -> tuple[tuple[ast.Source, ...], tuple[ast.Command, ...]]:
    """The SOURCE commands in front, and the others; raises `QueryError` for a SOURCE among them."""
    sources: list[ast.Source] = []
    for command in pipeline.commands:
        if not isinstance(command, ast.Source):
            break
        sources.append(command)
    others = pipeline.commands[len(sources) :]
    for command in others:
        if isinstance(command, ast.Source):
            raise QueryError("SOURCE stands at the beginning of a query", command.span)
    return tuple(sources), others


def selected(pipeline: ast.Pipeline, known: Sequence[str], outer: Sequence[str]) -> tuple[str, ...]:
    """The log groups of this pipeline alone; without a SOURCE those of the query around it."""
    sources, _ = split(pipeline)
    if not sources:
        return tuple(outer)
    found = [name for source in sources for name in _of_source(source, known)]
    return tuple(dict.fromkeys(found))


def window(pipeline: ast.Pipeline, outer: TimeRange, now: datetime) -> TimeRange:
    """The time that the SOURCE commands give; what they leave out is the query's."""
    sources, _ = split(pipeline)
    given = {(source.start, source.end): source for source in sources}
    if all(start is None and end is None for start, end in given):
        return outer
    first, *others = given.values()
    if others:
        raise UnsupportedQuery(
            "the local engine reads all log groups over the same time; give each SOURCE the same"
            " start and end",
            others[0].span,
        )
    start = moment(first.start, now) if first.start else outer.start
    end = moment(first.end, now) if first.end else outer.end
    if start >= end:
        raise QueryError("the start of SOURCE must lie before its end", first.span)
    return TimeRange(start, end)


def _of_source(source: ast.Source, known: Sequence[str]) -> list[str]:
    """Names add up; of the selections, such as `logGroups(...)`, all must hold."""
    named: list[str] = []
    selections: list[frozenset[str]] = []
    for item in source.items:
        if isinstance(item, ast.LogGroupName):
            named.append(_named(item, known))
        else:
            selections.append(_matching(item, known))
    if not selections:
        return named
    return [*named, *(name for name in known if all(name in each for each in selections))]


def _named(item: ast.LogGroupName, known: Sequence[str]) -> str:
    for name in (item.name, group_of_arn(item.name)):
        if name in known:
            return name
    close = nearest(item.name, list(known))
    hint = f"; did you mean {close}?" if close else f"; there are: {', '.join(known) or 'none'}"
    raise QueryError(f"there is no log group {item.name}{hint}", item.span)


def _matching(
    item: ast.LogGroups | ast.DataSource | ast.LogGroupTags, known: Sequence[str]
) -> frozenset[str]:
    match item:
        case ast.LogGroups(choices):
            return frozenset(known).intersection(*(_chosen(choice, known) for choice in choices))
        case ast.DataSource(names):
            _check_data_sources(item, [_text(name) for name in names])
            return frozenset(known)
        case ast.LogGroupTags():
            raise UnsupportedQuery(
                "files have no tags; name the log groups, or run it on CloudWatch", item.span
            )


def _chosen(choice: ast.Named, known: Sequence[str]) -> Sequence[str]:
    """The groups that one of the named lists of `logGroups(...)` leaves."""
    values = [_text(value) for value in choice.values]
    match SourceKey.of(choice.name):
        case SourceKey.PREFIX:
            return _with_prefix(choice, tuple(values), known)
        case SourceKey.CLASS:
            if "STANDARD" in (value.upper() for value in values):
                return known
            raise UnsupportedQuery(
                "files are log groups of the class STANDARD; there are no others", choice.span
            )
        case SourceKey.ACCOUNT:
            raise UnsupportedQuery(
                f"files belong to no account; leave {choice.name} out, or run it on CloudWatch",
                choice.span,
            )
        case key:
            assert_never(key)


def _with_prefix(
    choice: ast.Named, prefixes: tuple[str, ...], known: Sequence[str]
) -> Sequence[str]:
    if not prefixes:
        # So the console writes all of them.
        return known
    if len(prefixes) > SOURCE_PREFIXES:
        raise QueryError(f"namePrefix takes at most {SOURCE_PREFIXES} prefixes", choice.span)
    found = [name for name in known if name.startswith(prefixes)]
    if not found:
        raise QueryError(
            f"no log group begins with {' or '.join(prefixes)}; there are:"
            f" {', '.join(known) or 'none'}",
            choice.span,
        )
    return found


def _check_data_sources(item: ast.DataSource, names: list[str]) -> None:
    if len(names) > SOURCE_DATA_SOURCES:
        raise QueryError(f"dataSource takes at most {SOURCE_DATA_SOURCES} names", item.span)
    if FLOW_LOGS not in (name.lower() for name in names):
        raise UnsupportedQuery(
            f"the local engine has only the data source {FLOW_LOGS}; name it, or run it on"
            " CloudWatch",
            item.span,
        )


def _text(value: ast.Expr) -> str:
    match value:
        case ast.String(text) | ast.Number(text):
            return text
        case _:
            raise QueryError("expected a text, such as '/vpc/'", value.span)

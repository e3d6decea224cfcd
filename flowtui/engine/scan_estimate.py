"""The scans that a query is going to make: of which log groups, and over what time. Pure.

They are read from the text and from the log groups that are known already; a scan whose group is
None stands for groups that are not known without asking.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from flowtui.engine.cost import Scan
from flowtui.flowlogs.delivery import account_of_arn, group_of_arn
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import QueryError
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue.source_keys import SourceKey
from flowtui.query.moments import length, moment
from flowtui.query.scope import pipelines_in

_SHIFTS = {
    "previousday": timedelta(days=1),
    "previousweek": timedelta(weeks=1),
    "previousmonth": timedelta(days=30),
}


@frozen
class Listing:
    """The log groups that are known, by the name that a query uses for them."""

    groups: Mapping[str, LogGroup]
    is_whole: bool = False
    """Whether there are no others."""


def scans(
    pipeline: ast.Pipeline,
    chosen: Sequence[str],
    window: TimeRange,
    listing: Listing,
    now: datetime,
) -> tuple[Scan, ...]:
    """The scans of the pipeline: the `chosen` groups over `window`, where no SOURCE says else."""
    outer = tuple((listing.groups.get(name), window) for name in chosen)
    return tuple(_scans(pipeline, outer, window, listing, now))


def named_in(pipeline: ast.Pipeline) -> Iterator[str]:
    """The log groups that SOURCE names, also in queries in brackets."""
    for command in pipeline.commands:
        if isinstance(command, ast.Source):
            yield from (each.name for each in command.items if isinstance(each, ast.LogGroupName))
    for nested in pipelines_in(pipeline):
        yield from named_in(nested)


def _scans(
    pipeline: ast.Pipeline,
    outer: tuple[Scan, ...],
    window: TimeRange,
    listing: Listing,
    now: datetime,
) -> Iterator[Scan]:
    """A query in brackets reads what the one around it does, where it has no SOURCE."""
    commands = pipeline.commands
    if commands and isinstance(commands[-1], ast.Estimate):
        # It is free (LANGUAGE.md 4).
        return
    sources = [command for command in commands if isinstance(command, ast.Source)]
    own = outer
    if sources:
        own = tuple(scan for each in sources for scan in _of_source(each, window, listing, now))
    yield from own
    if any(_may_read_others(command) for command in commands):
        yield None, window
    for command in commands:
        yield from _compared(command, own)
    for nested in pipelines_in(pipeline):
        yield from _scans(nested, own, window, listing, now)


def _may_read_others(command: ast.Command) -> bool:
    """Whether a SOURCE may be in it that can't be read: of a saved query, or an unfinished one."""
    is_unread = isinstance(command, ast.Other) and command.keyword.lower() == "source"
    return is_unread or isinstance(command, ast.SavedCall)


def _compared(command: ast.Command, own: tuple[Scan, ...]) -> Iterator[Scan]:
    """The time before, which `diff` and `logcompare` read and charge too (LANGUAGE.md 1.4)."""
    for group, window in own:
        match command:
            case ast.Diff(against):
                shift = _SHIFTS.get((against or "").lower(), window.length)
            case ast.LogCompare(timeshift):
                shift = _length(timeshift)
            case _:
                return
        try:
            yield group, TimeRange(window.start - shift, window.end - shift)
        except OverflowError:
            yield None, window


def _length(period: ast.Period) -> timedelta:
    try:
        return length(period)
    except QueryError:
        return timedelta(days=30)


def _of_source(
    source: ast.Source, outer: TimeRange, listing: Listing, now: datetime
) -> Iterator[Scan]:
    try:
        start = moment(source.start, now) if source.start else outer.start
        end = moment(source.end, now) if source.end else outer.end
        window = TimeRange(start, end)
    except (QueryError, ValueError):
        yield None, outer
        return
    for group in _groups_of(source, listing):
        yield group, window


def _groups_of(source: ast.Source, listing: Listing) -> Iterator[LogGroup | None]:
    """Names add up; of the selections, such as `logGroups(...)`, all must hold."""
    selections = [item for item in source.items if not isinstance(item, ast.LogGroupName)]
    for item in source.items:
        if isinstance(item, ast.LogGroupName):
            yield _named(item.name, listing)
    if not selections:
        return
    if not all(isinstance(item, ast.LogGroups) for item in selections):
        # Tags and data sources are not listed.
        yield None
        return
    # One that was chosen by its ARN may be there by its name, too.
    for group in {group.arn or group.name: group for group in listing.groups.values()}.values():
        if all(_is_selected(group, item) for item in selections):
            yield group
    if not listing.is_whole:
        yield None


def _named(name: str, listing: Listing) -> LogGroup | None:
    """The console writes ARNs, of groups that may be listed by their names, too."""
    found = listing.groups.get(name)
    if found is None and group_of_arn(name):
        arn = name.removesuffix(":*")
        found = next((group for group in listing.groups.values() if group.arn == arn), None)
    return found


def _is_selected(group: LogGroup, item: ast.SourceItem) -> bool:
    match item:
        case ast.LogGroups(choices):
            return all(_is_chosen(group, choice) for choice in choices)
        case ast.LogGroupName() | ast.DataSource() | ast.LogGroupTags():
            return False
        case _:
            assert_never(item)


def _is_chosen(group: LogGroup, choice: ast.Named) -> bool:
    values = tuple(_text(value) for value in choice.values)
    match SourceKey.of(choice.name):
        case SourceKey.PREFIX:
            # The console writes an empty list for all of them.
            return not values or (group_of_arn(group.name) or group.name).startswith(values)
        case SourceKey.CLASS:
            return (group.log_class or "STANDARD") in (value.upper() for value in values)
        case SourceKey.ACCOUNT:
            return account_of_arn(group.arn) in values
        case key:
            assert_never(key)


def _text(value: ast.Expr) -> str:
    match value:
        case ast.String(text) | ast.Number(text):
            return text
        case _:
            return ""

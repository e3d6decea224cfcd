"""A query that Athena computes in part: the rest is computed here, over the rows that came.

As much of the pipeline as Trino can say goes to Athena; what is left of it runs in the local
engine, which then reads all that it names of those rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import ClassVar

from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.result_fields import result_field
from flowtui.model.errors import EngineLacks, QueryError, UnsupportedQuery
from flowtui.model.frozen import frozen
from flowtui.model.run import PTR, ResultSet
from flowtui.query import ast
from flowtui.query.catalogue.limits import MAX_ROWS
from flowtui.query.printer import command_text, keyword
from flowtui.query.result_shape import ResultShape, shape_of
from flowtui.query.scope import fields_in, pipelines_in
from flowtui.sql.compile import Compiled
from flowtui.sql.value import ValueKind

_IMPLIES_MESSAGE = (ast.Parse, ast.ParseFormat, ast.JsonField, ast.Expand)
_TIME, _MESSAGE = "@timestamp", "@message"


@frozen
class Parted:
    """The two texts of one query."""

    head: str
    """For Athena; it ends with a `display` of all that the tail reads."""
    tail: str
    """For the local engine."""
    command: str
    """The word of the first command of the tail."""
    lacking: str
    """What Athena can't compute of the query, as a sentence."""

    @property
    def notice(self) -> str:
        return f"{self.command} and what follows was computed here, over the rows that Athena gave"

    rounded: ClassVar = "fractions were rounded to four decimals before that"

    @property
    def too_many(self) -> str:
        """Why there is no answer where Athena gave as many rows as it may."""
        return (
            f"{self.lacking}, and more than {MAX_ROWS:,} rows come before {self.command}, too many"
            " to compute it here: filter or group before it"
        )


def parted(
    pipeline: ast.Pipeline,
    lacking: str,
    compiles: Callable[[str], Compiled],
    runs_here: Callable[[str, FlowFormat], object],
) -> Parted:
    """The parting that leaves the most to Athena.

    `lacking` says why the whole of it is not for Athena. `compiles` and `runs_here` raise
    `QueryError` for a text that the one and the other engine does not take. Raises what Athena
    lacks, where no parting helps.
    """
    commands = pipeline.commands
    shape = shape_of(pipeline)
    for at in range(len(commands) - 1, -1, -1):
        head, tail = commands[:at], commands[at:]
        if any(list(pipelines_in(command)) for command in tail):
            continue
        names = _needed(head, tail)
        found = Parted(
            _text([*head, _display(names)]),
            _text([*tail, *_last(shape)]),
            keyword(tail[0]),
            lacking,
        )
        with suppress(QueryError):
            runs_here(found.tail, FlowFormat(tuple(map(result_field, names))))
            if not _has_structures(compiles(found.head)):
                return found
    raise EngineLacks(f"{lacking}, nor can the rest of the query be computed here")


def refuse_lookups(pipeline: ast.Pipeline) -> None:
    """Raises `UnsupportedQuery`: the tables are files of this machine."""
    for command in pipeline.commands:
        if isinstance(command, ast.Lookup | ast.CidrLookup):
            raise UnsupportedQuery(
                f"Athena has no lookup tables for {keyword(command)}; run it over files, or narrow"
                " the names by [names] in the settings",
                command.span,
            )


def refuse_own_times(pipeline: ast.Pipeline) -> None:
    """Raises `UnsupportedQuery`: partitions are those of the window that was asked for."""
    for source in _sources(pipeline):
        if source.start or source.end:
            raise UnsupportedQuery(
                "over tables a SOURCE has no time of its own; choose it by ctrl+t, or --since",
                source.span,
            )


def named_tables(pipeline: ast.Pipeline) -> list[str]:
    """Those that SOURCE names, also in queries in brackets."""
    items = (item for source in _sources(pipeline) for item in source.items)
    return [item.name for item in items if isinstance(item, ast.LogGroupName)]


def _sources(pipeline: ast.Pipeline) -> Iterator[ast.Source]:
    for command in pipeline.commands:
        if isinstance(command, ast.Source):
            yield command
    for inner in pipelines_in(pipeline):
        yield from _sources(inner)


def _has_structures(head: Compiled) -> bool:
    """Whether a row has a map or a list, which it would bring here as a mere text."""
    return any(column.kind is ValueKind.JSON for column in head.columns)


def has_fractions(head: Compiled, results: ResultSet) -> bool:
    """Whether a number lost digits when it was written out (LANGUAGE.md 3.3)."""
    numbers = [at for at, column in enumerate(head.columns) if column.kind is ValueKind.NUMBER]
    return any("." in (row[at] or "") for at in numbers for row in results.rows)


def _needed(head: Sequence[ast.Command], tail: Sequence[ast.Command]) -> tuple[str, ...]:
    """The columns that the head shows, and those that the tail names besides."""
    shape = shape_of(ast.Pipeline(tuple(head)))
    named = [field.name for command in tail for field in fields_in(command)]
    if shape.are_events:
        named.append(_TIME)
        named += [_MESSAGE] if any(isinstance(each, _IMPLIES_MESSAGE) for each in tail) else []
    columns = dict.fromkeys([*shape.columns, *named])
    return tuple(name for name in columns if name != PTR)


def _display(names: Sequence[str]) -> ast.Display:
    return ast.Display(tuple(ast.Item(ast.Field(name)) for name in names))


def _last(shape: ResultShape) -> list[ast.Command]:
    """What the whole query shows, where its text tells that."""
    names = [name for name in shape.columns if name != PTR]
    return [_display(names)] if shape.is_known and names else []


def _text(commands: Sequence[ast.Command]) -> str:
    return " | ".join(map(command_text, commands))

"""The columns of a result, and which of them tell its rows apart: derived from the query alone.

Every backend has them from here, so that the same query shows the same columns wherever it runs,
and the cursor stays on its row while partial results are replaced (LANGUAGE.md 1.7).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import assert_never

from flowtui.model.frozen import frozen
from flowtui.model.run import PTR
from flowtui.query import ast
from flowtui.query.catalogue.column_names import PATTERN_COLUMNS, RELEVANCE_COLUMNS
from flowtui.query.scope import defined_by

Names = tuple[str, ...]

_OF_EVENTS = ("@timestamp", "@message")
"""What is shown of events where nothing is chosen."""


def shape_of(pipeline: ast.Pipeline) -> ResultShape:
    """The shape of the whole query's result."""
    return reduce(lambda shape, command: shape.after(command), pipeline.commands, ResultShape())


@frozen
class ResultShape:
    """What the commands so far have put among the columns of the result."""

    are_events: bool = True
    is_known: bool = True
    """Whether the text tells all columns; that of a saved query, for one, is not there."""
    chosen: Names = ()
    """By `fields`."""
    displayed: Names = ()
    """By the last `display`, which shows what it names and no more."""
    parsed: Names = ()
    grouped: Names = ()
    """By the last `stats`."""
    joined: Names = ()
    identity: tuple[tuple[str, ast.Expr], ...] = ()
    """The columns that tell the rows apart, shown or not, and what each stands for."""

    @property
    def columns(self) -> Names:
        """The columns in their order; those of events end with `@ptr`."""
        chosen = self.displayed or self.chosen
        if not self.are_events:
            return _unique(chosen or self.grouped, self.joined)
        named = _unique(chosen or self.parsed or _OF_EVENTS, self.joined)
        return (*(name for name in named if name != PTR), PTR)

    @property
    def keys(self) -> Names:
        """The columns of the result that tell its rows apart; none where only all of them do."""
        shown = self.columns if self.is_known else None
        return tuple(name for name, _ in self.identity if shown is None or name in shown)

    def after(self, command: ast.Command) -> ResultShape:  # noqa: C901, PLR0911, PLR0912  (one case a node)
        is_lost = any(redefines(command, name, expr) for name, expr in self.identity)
        kept = replace(self, identity=()) if is_lost else self
        match command:
            case ast.Stats() | ast.CountFrequent() | ast.Estimate():
                return _grouped(command, keys_of(command))
            case ast.Pattern():
                return _grouped(command, _named(PATTERN_COLUMNS[:1]))
            case ast.RelevantFields():
                return _grouped(command, _named(RELEVANCE_COLUMNS[:1]))
            case ast.Fields(items):
                chosen = _unique(self.chosen, (item.name for item in items))
                return replace(kept, chosen=chosen, joined=())
            case ast.Display(items):
                return replace(kept, displayed=_unique(item.name for item in items), joined=())
            case ast.Parse() | ast.ParseFormat() | ast.JsonField():
                parsed = replace(kept, parsed=_unique(self.parsed, defined_by(command)))
                is_unfolded = isinstance(command, ast.Parse) and command.multi
                return _unfolded(parsed, defined_by(command)) if is_unfolded else parsed
            case ast.Unnest(name=name):
                return _unfolded(_with(kept, (name,)), (name,))
            case ast.Expand(field):
                return _unfolded(kept, (field.name,))
            case ast.Join(right=right, query=query):
                joined = tuple(f"{right}.{name}" for name in _of_nested(query))
                return replace(self, joined=joined, identity=())
            case ast.AppendCols(query):
                return _with(kept, _of_nested(query))
            case (
                ast.Lookup() | ast.CidrLookup() | ast.AddTotals() | ast.Accum() | ast.Autoregress()
                | ast.Sessionize() | ast.Outlier()
            ):  # fmt: skip
                return _with(kept, defined_by(command))
            case (
                ast.Filter() | ast.Sort() | ast.Limit() | ast.Dedup() | ast.Filldown()
                | ast.FillMissing() | ast.Source() | ast.Unmask()
            ):  # fmt: skip
                return kept
            case ast.Diff() | ast.Anomaly():
                return replace(self, is_known=False)
            case ast.LogCompare() | ast.SavedCall() | ast.Other():
                return replace(self, is_known=False, identity=())
            case _:
                assert_never(command)


def _with(shape: ResultShape, added: Names) -> ResultShape:
    """With new columns after those there are; a `display` shows none of them."""
    if shape.chosen:
        return replace(shape, chosen=_unique(shape.chosen, added))
    if not shape.are_events:
        return replace(shape, grouped=_unique(shape.grouped, added))
    return replace(shape, parsed=_unique(shape.parsed or _OF_EVENTS, added)) if added else shape


def _unfolded(shape: ResultShape, by: Names) -> ResultShape:
    """With several rows in the place of one, which differ in `by`."""
    new = tuple(name for name in by if name not in dict(shape.identity))
    return replace(shape, identity=(*shape.identity, *_named(new))) if shape.identity else shape


def keys_of(grouping: ast.Command) -> tuple[tuple[str, ast.Expr], ...]:
    """The keys of a command that groups, and what each is computed from; none for others."""
    if isinstance(grouping, ast.Stats):
        return tuple((item.name, item.expr) for item in grouping.keys)
    if isinstance(grouping, ast.CountFrequent):
        return tuple((field.name, field) for field in grouping.fields)
    return ()


def redefines(command: ast.Command, key: str, expr: ast.Expr) -> bool:
    """Whether after the command the column has other values than the grouping made."""
    match command:
        case ast.Fields(items) | ast.Display(items):
            same = (ast.Field(key), expr)
            return any(item.name == key and item.expr not in same for item in items)
        case ast.FillMissing(fills):
            return any(fill.field.name == key for fill in fills)
        case ast.Filldown(names):
            return not names or any(_stands_for(name, key) for name in names)
        case ast.Outlier(found, action):
            return action != "remove" and any(each.name == key for each in found)
        case _:
            return key in defined_by(command)


def _stands_for(name: str, key: str) -> bool:
    return key.startswith(name[:-1]) if name.endswith("*") else key == name


def _of_nested(query: ast.Pipeline) -> Names:
    return tuple(name for name in shape_of(query).columns if name != PTR)


def _grouped(command: ast.Command, keys: tuple[tuple[str, ast.Expr], ...]) -> ResultShape:
    """After a command that makes rows of rows there is nothing else."""
    return ResultShape(are_events=False, grouped=_unique(defined_by(command)), identity=keys)


def _named(names: Names) -> tuple[tuple[str, ast.Expr], ...]:
    return tuple((name, ast.Field(name)) for name in names)


def _unique(*names: Iterable[str]) -> Names:
    return tuple(dict.fromkeys(name for each in names for name in each))

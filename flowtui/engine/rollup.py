"""Whether the rows of a step answer another question, and by which query over them. Pure.

Conservative in what it takes for implied, exact in what it answers: the rolled-up answer is the one
that the records would give, or there is none. So it knows counts, sums, minima and maxima of whole
numbers, over groups of which none was left out; averages, percentiles and distinct counts of groups
can't be put together, and a part of the time of a group is in no row of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from flowtui.engine.composition import substituted
from flowtui.engine.fold import is_fold
from flowtui.engine.rows_at_hand import lack_of, rows_of
from flowtui.flowlogs.fields import SPELLINGS
from flowtui.model.frozen import frozen
from flowtui.model.run import Query, QueryRun, ResultSet, RunState
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue import FunctionRole, has_role
from flowtui.query.parser import parse_tolerant
from flowtui.query.printer import command_text
from flowtui.query.scope import calls_in, fields_in, pipelines_in

Commands = tuple[ast.Command, ...]

_PUT_TOGETHER: Mapping[str, str] = {"count": "sum", "sum": "sum", "min": "min", "max": "max"}
"""By which aggregate those of parts make that of the whole."""
_AFTER = (ast.Sort, ast.Limit, ast.Filter, ast.Display)
"""Commands after a `stats` that only look at its columns."""
_LARGEST = 2**53
"""Up to it the service's numbers are whole."""
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,15}")


@frozen
class _Question:
    """A query that is read: filters, perhaps a `stats`, and what comes after."""

    conditions: tuple[ast.Expr, ...]
    """What each record has to meet, all of them."""
    stats: ast.Stats | None
    after: Commands


def rolled_up(run: QueryRun, asked: Query) -> Query | None:
    """The query over the rows of `run` that answers `asked`; None where none surely does.

    `asked` has the `parse` command that it would run with.
    """
    found, question = _complete(run), _read(asked)
    if found is None or question is None or question.stats is None:
        return None
    window = _window(run, asked)
    if window is None or not _same_records(run.query, asked):
        return None
    extra = _extra(found.conditions, question.conditions)
    if extra is None:
        return None
    results = run.latest.results
    if found.stats is not None:
        body = _of_groups(found, question, extra, results) if window == run.window else None
    else:
        body = _of_events(question, extra, results, is_part=window != run.window)
    if body is None:
        return None
    rows = rows_of(run)
    return Query(body, window, asked.log_groups, rows=rows)


def _complete(run: QueryRun) -> _Question | None:
    """The question of a run whose rows are all there are."""
    query, rows = run.query, run.latest.results.rows
    if query.rows is not None or run.latest.state is not RunState.COMPLETE or lack_of(run):
        return None
    if not rows or len(set(run.latest.results.columns)) < len(run.latest.results.columns):
        return None
    question = _read(query)
    if question is None or any(isinstance(each, ast.Filter) for each in question.after):
        return None
    limits = [each for each in question.after if isinstance(each, ast.Limit)]
    if any(each.any or len(rows) >= each.count for each in limits):
        return None
    return None if query.limit is not None and len(rows) >= query.limit else question


def _read(query: Query) -> _Question | None:
    """None for all but filters, one `stats` and what only shows; or for what can't be read."""
    parsed = parse_tolerant(query.body)
    if parsed.errors or query.rows is not None or is_fold(query.body):
        return None
    commands = parsed.pipeline.commands
    if any(True for command in commands for _ in pipelines_in(command)):
        return None
    places = [i for i, command in enumerate(commands) if isinstance(command, ast.Stats)]
    if len(places) > 1:
        return None
    end = places[0] if places else len(commands)
    before = [command for command in commands[:end] if isinstance(command, ast.Filter)]
    shown = [command for command in commands[:end] if not isinstance(command, ast.Filter)]
    after = commands[end + 1 :]
    if places and (shown or not all(isinstance(command, _AFTER) for command in after)):
        return None
    if not places and not all(_only_shows(command) for command in shown):
        return None
    stats = commands[end] if places else None
    if stats is not None and (not isinstance(stats, ast.Stats) or stats.offset is not None):
        return None
    conditions = tuple(part for command in before for part in _parts(command.condition))
    return _Question(conditions, stats, after if places else tuple(shown))


def _only_shows(command: ast.Command) -> bool:
    """Whether a command among events leaves each as it is."""
    if isinstance(command, ast.Fields | ast.Display):
        return all(isinstance(i.expr, ast.Field) and i.alias is None for i in command.items)
    return isinstance(command, ast.Sort | ast.Limit)


def _parts(condition: ast.Expr) -> Iterator[ast.Expr]:
    match condition:
        case ast.Binary("and", left, right):
            yield from _parts(left)
            yield from _parts(right)
        case _:
            yield condition


def _same_records(found: Query, asked: Query) -> bool:
    """Whether both read the same, by the same names: a sieve of formats leaves records out."""
    if sorted(found.log_groups) != sorted(asked.log_groups) or asked.limit is not None:
        return False
    return asked.prelude == found.prelude or not (asked.prelude or "\n" in found.prelude)


def _window(run: QueryRun, asked: Query) -> TimeRange | None:
    """The part of the run's window that is asked about; None where it is not one."""
    if asked.time == run.query.time:
        return run.window
    if not isinstance(asked.time, TimeRange) or asked.time.intersect(run.window) != asked.time:
        return None
    return asked.time


def _extra(found: Sequence[ast.Expr], asked: Sequence[ast.Expr]) -> tuple[ast.Expr, ...] | None:
    """What is asked for beyond what was; None where something was left out that is asked for."""
    if not all(any(_implies(each, condition) for each in asked) for condition in found):
        return None
    return tuple(each for each in asked if each not in found)


def _implies(one: ast.Expr, other: ast.Expr) -> bool:
    """Whether each record that meets the first condition surely meets the second."""
    if one == other:
        return True
    match one, other:
        case ast.Binary("=", left, value), ast.Binary("in", right, ast.List(values)):
            return left == right and value in values
        case (
            ast.Binary("in", left, ast.List(values)),
            ast.Binary("in", right, ast.List(others)),
        ):
            return left == right and all(value in others for value in values)
        case _:
            return False


# Groups of groups


def _of_groups(
    found: _Question, asked: _Question, extra: tuple[ast.Expr, ...], results: ResultSet
) -> str | None:
    """The query over the groups; None where these can't be put together to those that are asked."""
    if found.stats is None or asked.stats is None or (extra and not asked.stats.keys):
        return None
    keys = {item.expr: item.name for item in found.stats.keys if item.name in results.columns}
    named = {
        expr.name: ast.Field(name)
        for expr, name in keys.items()
        if isinstance(expr, ast.Field) and _is_plain(expr)
    }
    if not all(_reads_only(condition, named) for condition in extra):
        return None
    again = [keys.get(item.expr) for item in asked.stats.keys]
    made = {item.expr: item.name for item in found.stats.aggregates}
    sums = [_sum(item, made, results) for item in asked.stats.aggregates]
    if None in again or None in sums:
        return None
    grouped = tuple(
        _item(ast.Field(name), item.name)
        for item, name in zip(asked.stats.keys, again, strict=True)
        if name is not None
    )
    stats = ast.Stats(tuple(item for item in sums if item is not None), grouped)
    after = _named(asked)
    if after is None:
        return None
    filters = [substituted(condition, named) for condition in extra]
    return _text(filters, stats, after)


def _is_plain(expr: ast.Expr) -> bool:
    """Whether it is a field whose text the rows have: parts of maps are something else."""
    return isinstance(expr, ast.Field) and "." not in expr.name and not expr.name.startswith("@")


def _reads_only(condition: ast.Expr, named: Mapping[str, ast.Expr]) -> bool:
    """Whether it is about these fields alone, and nothing of the time or the run."""
    fields = [field.name for field in fields_in(condition)]
    return bool(fields) and all(name in named for name in fields) and not _is_timely(condition)


def _is_timely(node: ast.Node) -> bool:
    roles = FunctionRole.READS_TIMESTAMP | FunctionRole.READS_WINDOW
    return any(has_role(call.name, roles) or not call.arguments for call in calls_in(node))


def _sum(item: ast.Item, made: Mapping[ast.Expr, str], results: ResultSet) -> ast.Item | None:
    """The aggregate of the aggregates; None where these are not known, or not whole numbers."""
    expr = item.expr
    if not isinstance(expr, ast.Call) or not _adds_up(expr):
        return None
    name = made.get(expr)
    if name is None or name not in results.columns:
        return None
    index = results.columns.index(name)
    cells = [row[index] for row in results.rows]
    if not all(cell is None or _WHOLE.fullmatch(cell) for cell in cells):
        return None
    if sum(abs(int(cell)) for cell in cells if cell) >= _LARGEST:
        return None
    call = ast.Call(_PUT_TOGETHER[expr.name.lower()], (ast.Field(name),))
    return ast.Item(call, item.name)


def _adds_up(call: ast.Call) -> bool:
    """Whether it is an aggregate of a field of whole numbers, or a count."""
    name = call.name.lower()
    match call.arguments:
        case () | (ast.Star(),):
            return name == "count"
        case (ast.Field(field),):
            info = SPELLINGS.get(field)
            is_whole = info is not None and info.type.is_number
            return name == "count" or (name in _PUT_TOGETHER and is_whole)
        case _:
            return False


# Groups of events


def _of_events(
    asked: _Question, extra: tuple[ast.Expr, ...], results: ResultSet, *, is_part: bool
) -> str | None:
    """The query over the events, which have to show all that it reads."""
    stats = asked.stats
    if stats is None or not all(_is_whole_sum(item.expr, results) for item in stats.aggregates):
        return None
    has_times = "@timestamp" in results.columns
    shown = {name: ast.Field(name) for name in results.columns if _is_plain(ast.Field(name))}
    bins = [item for item in stats.keys if not _is_plain(item.expr)]
    if (is_part or bins) and not has_times:
        return None
    if not all(_is_bin(item.expr) for item in bins):
        return None
    read = [f.name for item in stats.keys if item not in bins for f in fields_in(item.expr)]
    if not all(name in shown for name in read):
        return None
    if not all(_reads_only(condition, shown) for condition in extra):
        return None
    after = _named(asked)
    return None if after is None else _text(list(extra), stats, after)


def _is_whole_sum(expr: ast.Expr, results: ResultSet) -> bool:
    if not isinstance(expr, ast.Call) or not _adds_up(expr):
        return False
    match expr.arguments:
        case (ast.Field(name),) if name not in results.columns:
            return False
        case (ast.Field(name),) if expr.name.lower() != "count":
            index = results.columns.index(name)
            cells = {row[index] for row in results.rows}
            return all(cell in (None, "-") or _WHOLE.fullmatch(cell) for cell in cells if cell)
        case _:
            return True


def _is_bin(expr: ast.Expr) -> bool:
    return (
        isinstance(expr, ast.Call)
        and has_role(expr.name, FunctionRole.READS_TIMESTAMP)
        and all(isinstance(argument, ast.Period) for argument in expr.arguments)
    )


# What is written


def _named(asked: _Question) -> Commands | None:
    """The commands after the `stats`, in which columns go by their names alone."""
    stats = asked.stats
    if stats is None:
        return None
    columns: dict[ast.Expr, ast.Field] = {
        item.expr: ast.Field(item.name)
        for item in (*stats.aggregates, *stats.keys)
        if not isinstance(item.expr, ast.Field)
    }
    after = tuple(_in_names(command, columns) for command in asked.after)
    return None if any(True for command in after for _ in calls_in(command)) else after


def _in_names(command: ast.Command, columns: Mapping[ast.Expr, ast.Field]) -> ast.Command:
    if isinstance(command, ast.Sort):
        keys = (replace(key, expr=columns.get(key.expr, key.expr)) for key in command.keys)
        return replace(command, keys=tuple(keys), chunk=ast.NOWHERE)
    if isinstance(command, ast.Display):
        items = (_item(columns.get(i.expr, i.expr), i.name) for i in command.items)
        return replace(command, items=tuple(items), chunk=ast.NOWHERE)
    return command


def _item(expr: ast.Expr, name: str) -> ast.Item:
    """An item whose column has that name."""
    is_named = isinstance(expr, ast.Field) and expr.name == name
    return ast.Item(expr, None if is_named else name, text=name)


def _text(conditions: list[ast.Expr], stats: ast.Stats, after: Commands) -> str:
    kept = [ast.Filter(reduce(_both, conditions))] if conditions else []
    return "\n| ".join(command_text(command) for command in (*kept, stats, *after))


def _both(left: ast.Expr, right: ast.Expr) -> ast.Expr:
    return ast.Binary("and", left, right)

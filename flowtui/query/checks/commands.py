"""Each command by itself: is it one, and does it have what it needs (1.4)?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flowtui.model.errors import Span
from flowtui.query import ast
from flowtui.query.catalogue import (
    COMMANDS,
    FunctionRole,
    canonical,
    find_command,
    find_function,
    has_role,
)
from flowtui.query.catalogue.commands import info_of
from flowtui.query.catalogue.limits import MAX_ROWS
from flowtui.query.checks.aggregates import is_aggregate
from flowtui.query.checks.diagnostic import (
    Advice,
    Diagnostic,
    error,
    shorten,
    unknown,
    warning,
)
from flowtui.query.checks.position import PipelinePosition, keyword_span
from flowtui.query.checks.sources import check_saved_call, check_source
from flowtui.query.checks.structures import maker_of, structures_in
from flowtui.query.printer import expr_text
from flowtui.query.regexes import outline

_NAMES = tuple(info.name for info in COMMANDS.values())
_HABITS = {
    "select": "write fields",
    "table": "write display",
    "project": "write fields",
    "extend": "write fields expression as name",
    "eval": "write fields expression as name",
    "rename": "write fields old as new",
    "summarize": "write stats",
    "group": "write stats count(*) by field",
    "groupby": "write stats count(*) by field",
    "by": "write stats count(*) by field",
    "having": "write filter after stats",
    "from": "write SOURCE 'log group' at the beginning",
    "top": "write stats count(*) as n by field | sort n desc",
    "rare": "write stats count(*) as n by field | sort n",
    "take": "write limit",
    "grep": "write filter @message like /.../",
}
"""Commands of other languages; the sentence says what this one has."""


def check_command(command: ast.Command, place: PipelinePosition) -> Iterator[Diagnostic]:
    rule = _RULES.get(type(command))
    if rule is not None:
        yield from rule(command, place)


def _other(command: ast.Other, _place: PipelinePosition) -> Iterator[Diagnostic]:
    keyword = command.keyword
    start = command.span[0]
    span = (start, start + len(keyword))
    info = find_command(keyword)
    if info is not None and info.instead:
        message = f"{info.name} is not documented; {info.instead}"
        yield warning("undocumented", message, span)
    elif info is None:
        advice = unknown_command(command)
        yield error("unknown-command", advice.sentence, span, advice.suggestion)


def unknown_command(command: ast.Other) -> Advice:
    """The sentence that there is no such command, with what was probably meant."""
    keyword = command.keyword
    sentence = f"unknown command {shorten(keyword)}"
    if habit := _HABITS.get(keyword.lower()):
        return Advice(f"{sentence}; {habit}")
    after = command.text[len(keyword) :].lstrip()
    if after.startswith("(") and find_function(keyword):
        is_row = not is_aggregate(ast.Call(keyword))
        call = shorten(f"{keyword}{_brackets(after)}")
        return Advice(f"{keyword} is a function; write {'fields' if is_row else 'stats'} {call}")
    if after[:1] in ("=", "<", ">", "!") or after[:5].lower() in ("like ", "in [", "not l"):
        return Advice(f"{sentence}; a condition is written filter {shorten(command.text)}")
    return unknown("command", keyword, _NAMES)


def _brackets(text: str) -> str:
    """`(...)` as far as it is short and simple."""
    inside, closing, _ = text.partition(")")
    return f"{inside}{closing}" if closing and len(inside) < 30 else "(...)"


def _parse(command: ast.Parse, _place: PipelinePosition) -> Iterator[Diagnostic]:
    pattern, count = command.pattern, len(command.names)
    named = f"there {'is 1 name' if count == 1 else f'are {count} names'}"
    span = pattern.span if not count else (pattern.span[0], command.span[1])
    if isinstance(pattern, ast.String):
        stars = pattern.value.count("*")
        has = f"the pattern has {_counted(stars, 'wildcard')}"
        if stars and not count:
            message = f"{has}; name what it takes: as {_example(stars)}"
            yield error("wildcard-count", message, span)
        elif stars != count:
            yield error("wildcard-count", f"{has} but {named}", span)
        elif not stars:
            message = "the pattern has no wildcard, so it takes nothing; write * for what you want"
            yield error("wildcard-count", message, span)
    elif not outline(pattern.pattern).flaws:
        yield from _groups(command, pattern, named, span)


def _groups(command: ast.Parse, pattern: ast.Regex, named: str, span: Span) -> Iterator[Diagnostic]:
    """Names stand for all groups, or for those that have no name of their own."""
    groups, count = outline(pattern.pattern).groups, len(command.names)
    if not count and not any(groups):
        message = "no group of the regular expression has a name; write (?<name>...)"
        yield error("wildcard-count", message, span)
    elif count and count not in (len(groups), groups.count(None)):
        message = f"the regular expression has {_counted(len(groups), 'group')} but {named}"
        yield error("wildcard-count", message, span)


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _example(count: int) -> str:
    return ", ".join("abc"[:count]) + (", ..." if count > 3 else "")


def _limit(command: ast.Limit, place: PipelinePosition) -> Iterator[Diagnostic]:
    if command.count > MAX_ROWS:
        message = f"the most rows that the service returns are {MAX_ROWS}"
        yield error("limit", message, command.count_span)
    span = keyword_span(command, place.source)
    info = find_command(place.source[slice(*span)])
    if info is not None and info.instead:
        yield warning("deprecated", f"{info.name} is deprecated; {info.instead}", span)


def _append_cols(command: ast.AppendCols, place: PipelinePosition) -> Iterator[Diagnostic]:
    if command.max is not None and command.max > MAX_ROWS:
        message = f"appendcols takes at most {MAX_ROWS} rows"
        yield error("limit", message, keyword_span(command, place.source))


def _join(command: ast.Join, _place: PipelinePosition) -> Iterator[Diagnostic]:
    sides = ((command.left, command.left_key), (command.right, command.right_key))
    left, right = command.left_key.name, command.right_key.name
    if left.startswith(f"{command.right}.") and right.startswith(f"{command.left}."):
        message = f"the key of the left side is documented to come first: {right} = {left}"
        yield warning("join-key", message, (command.left_key.span[0], command.right_key.span[1]))
        return
    for prefix, key in sides:
        if not key.name.startswith(f"{prefix}."):
            message = f"this side of the join is called {prefix}; write {prefix}.{key.name}"
            yield warning("join-key", message, key.span)


def _unnest(command: ast.Unnest, place: PipelinePosition) -> Iterator[Diagnostic]:
    """Seen: the service rejects it on what `split` makes."""
    if maker_of(command.source, place.makers) == "split":
        message = "unnest does not take what split() makes; it takes lists of jsonParse()"
        yield error("unnest-split", message, command.source.span)


def _expand(command: ast.Expand, place: PipelinePosition) -> Iterator[Diagnostic]:
    if place.makers.get(command.field.name) == "split":
        message = "expand does nothing to what split() makes; it takes a JSON array in a text"
        yield warning("no-effect", message, command.field.span)


def _add_totals(command: ast.AddTotals, place: PipelinePosition) -> Iterator[Diagnostic]:
    """LANGUAGE.md 7: documented, but it was seen not to."""
    if place.is_aggregated and command.row is not False:
        message = "after stats the service was seen to add no total"
        yield warning("no-effect", message, keyword_span(command, place.source))


def _fill_missing(command: ast.FillMissing, place: PipelinePosition) -> Iterator[Diagnostic]:
    if not place.scope.is_open and not any(_is_bin(column) for column in place.columns):
        message = "fillmissing adds time bins; it stands after stats ... by bin()"
        yield warning("no-effect", message, keyword_span(command, place.source))


def _is_bin(column: str) -> bool:
    """Whether a column that `stats` leaves by its text is one of time bins."""
    return has_role(column.partition("(")[0], FunctionRole.CAPPED)


def _stats(command: ast.Stats, place: PipelinePosition) -> Iterator[Diagnostic]:
    if place.source[slice(*command.by_span)].lower().startswith("group"):
        message = "group by is not in the documentation of the language; write by"
        yield warning("undocumented", message, command.by_span)
    yield from _structures(command, place)


def _structures(command: ast.Command, place: PipelinePosition) -> Iterator[Diagnostic]:
    """Maps and lists neither group nor sort (2.4)."""
    for part in structures_in(command, place.makers):
        name = shorten(expr_text(part))
        message = f"{name} is a map or a list, which {info_of(command).name} does not take"
        if maker_of(part, place.makers) in ("jsonparse", "logfmt"):
            message += f"; choose a key: {name}.key"
        yield error("structure", message, part.span)


def _relevant_fields(command: ast.RelevantFields, place: PipelinePosition) -> Iterator[Diagnostic]:
    """The service was seen to take no field that a `parse` has made (1.4)."""
    for field in command.fields:
        if field.name in place.parsed:
            message = f"relevantfields takes no field that parse has made, as {shorten(field.name)}"
            yield error("parsed-field", message, field.span)


def _fields(command: ast.Fields | ast.Display, _place: PipelinePosition) -> Iterator[Diagnostic]:
    """A key of a map is empty in the command that makes the map (7)."""
    maps: set[str] = set()
    for item in command.items:
        for node, _ in ast.walk(item):
            base = node.name.partition(".")[0] if isinstance(node, ast.Field) else ""
            if isinstance(node, ast.Field) and base != node.name and base in maps:
                message = f"{shorten(node.name)} is empty here; read it in a fields of its own"
                yield warning("same-command-key", message, node.span)
        if isinstance(item.expr, ast.Call) and canonical(item.expr.name) == "jsonparse":
            maps.add(item.name)


def _source(command: ast.Source, _place: PipelinePosition) -> Iterator[Diagnostic]:
    yield from check_source(command)


def _saved_call(command: ast.SavedCall, _place: PipelinePosition) -> Iterator[Diagnostic]:
    yield from check_saved_call(command)


_RULES: dict[type[ast.Node], Callable[[Any, PipelinePosition], Iterator[Diagnostic]]] = {
    ast.Other: _other,
    ast.Fields: _fields,
    ast.Display: _fields,
    ast.Stats: _stats,
    ast.Sort: _structures,
    ast.Pattern: _structures,
    ast.RelevantFields: _relevant_fields,
    ast.Limit: _limit,
    ast.Parse: _parse,
    ast.Dedup: _structures,
    ast.Unnest: _unnest,
    ast.Expand: _expand,
    ast.Join: _join,
    ast.AppendCols: _append_cols,
    ast.AddTotals: _add_totals,
    ast.FillMissing: _fill_missing,
    ast.Source: _source,
    ast.SavedCall: _saved_call,
}

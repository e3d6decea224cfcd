"""Commands that make several rows of one: `unnest`, `expand` and `parse ... multi`.

The rows stand in the order of their elements. A row that lacks the field stays, without it; one
whose list is empty goes: it has no element (ours: the docs speak of neither).
"""

from __future__ import annotations

from dataclasses import replace

from flowtui.model.errors import QueryError
from flowtui.query import ast
from flowtui.sql import patterns, structures
from flowtui.sql.commands import extraction
from flowtui.sql.commands.rows import Rows, RowStep
from flowtui.sql.sizes import ITEM
from flowtui.sql.value import Value

_SPLIT = "expand does nothing to what split() makes, here as on the service"


def unnest(command: ast.Unnest, rows: Rows) -> RowStep:
    """A row for each element of a list; anything else is a list of one (LANGUAGE.md 1.4)."""
    value, span = rows.expressions.value(command.source), command.source.span
    if value.origin == "split":
        # As on the service (1.4).
        raise QueryError("unnest takes lists of jsonParse(), not those of split()", span)
    if not value.json:
        return RowStep(rows.source, {command.name: replace(value, constant=None)})
    step, column = _unfolded_json(value.json, value, rows)
    return RowStep(step.source, {command.name: rows.values.part(column)}, within=step.within)


def expand(command: ast.Expand, rows: Rows) -> RowStep:
    """A row for each element of a JSON array, also in a text; the field becomes the element."""
    value = rows.expressions.value(command.field)
    if value.origin == "split":
        return RowStep(rows.source, notice=_SPLIT)
    json = value.json or rows.dialect.json.minified(value.text)
    step, column = _unfolded_json(json, value, rows)
    replaced = {command.field.name: rows.values.part(column)}
    return RowStep(step.source, replaced=replaced, within=step.within)


def _unfolded_json(json: str, value: Value, rows: Rows) -> tuple[RowStep, str]:
    """A row for each element of `json`, where that is a list, else for the value."""
    dialect, sizes = rows.dialect, rows.expressions.environment.sizes
    json = sizes.limited(json, sizes.of(value), ITEM)
    single = dialect.lists.of([structures.as_json(value, dialect)])
    elements = dialect.json.elements(json)
    listed = f"CASE WHEN {dialect.json.is_list(json)} THEN {elements} ELSE {single} END"
    # A null of JSON is missing.
    present = dialect.lists.each(listed, "element", "nullif(element, 'null')")
    step, (column,) = _unfold([present], rows)
    return step, column


def matches(command: ast.Parse, rows: Rows) -> RowStep:
    """`parse ... multi`: a row for each match; a row without one stays, without the fields."""
    if not isinstance(command.pattern, ast.Regex):
        raise QueryError("multi needs a regular expression", command.pattern.span)
    value, sizes = (
        rows.expressions.value(command.source or ast.Field("@message")),
        rows.expressions.environment.sizes,
    )
    source = sizes.limited(value.text, sizes.of(value), ITEM)
    read, lists = rows.dialect.patterns, rows.dialect.lists
    pattern = patterns.regex(command.pattern.pattern, command.pattern.span, read)
    groups = extraction.group_names(command, pattern)
    expression = rows.parameters.add(pattern.text)
    none, missing = lists.of([]), lists.of(["NULL"])
    found = [
        f"coalesce(nullif({read.every(source, expression, index)}, {none}), {missing})"
        for index, _ in groups
    ]
    step, columns = _unfold(found, rows)
    names = [name for _, name in groups]
    parsed = {n: rows.values.text(column) for n, column in zip(names, columns, strict=True)}
    return RowStep(step.source, parsed=parsed, within=step.within)


def _unfold(lists: list[str], rows: Rows) -> tuple[RowStep, list[str]]:
    """The rows with a column for each list, all as long: an element of it in each row."""
    number = rows.new_column()
    columns = [rows.new_column() for _ in lists]
    listed = ", ".join(f"{sql} AS {column}" for sql, column in zip(lists, columns, strict=True))
    made = f"(SELECT *, {listed} FROM {rows.source})"
    return RowStep(
        f"({rows.dialect.selects.unfolded(made, columns, number)})", within=number
    ), columns

"""Commands that make several rows of one: `unnest`, `expand` and `parse ... multi`.

The rows stand in the order of their elements. A row that lacks the field stays, without it; one
whose list is empty goes: it has no element (ours: the docs speak of neither).
"""

from __future__ import annotations

from dataclasses import replace

from flowtui.model.errors import QueryError
from flowtui.query import ast
from flowtui.sql import patterns, structures
from flowtui.sql import value as values
from flowtui.sql.commands import extraction
from flowtui.sql.commands.rows import Rows, Step

_SPLIT = "expand does nothing to what split() makes, here as on the service"


def unnest(command: ast.Unnest, rows: Rows) -> Step:
    """A row for each element of a list; anything else is a list of one (insights-ql.md 1.4)."""
    value, span = rows.expressions.value(command.source), command.source.span
    if value.origin == "split":
        # As on the service (1.4).
        raise QueryError("unnest takes lists of jsonParse(), not those of split()", span)
    if not value.json:
        return Step(rows.source, {command.name: replace(value, constant=None)})
    single = structures.as_json(value)
    listed = f"CASE WHEN {structures.is_list(value)} THEN {structures.elements(value)}"
    step, (column,) = _unfold([_without_nulls(f"{listed} ELSE [{single}] END")], rows)
    return Step(step.source, {command.name: values.part(column)}, within=step.within)


def expand(command: ast.Expand, rows: Rows) -> Step:
    """A row for each element of a JSON array, also in a text; the field becomes the element."""
    value = rows.expressions.value(command.field)
    if value.origin == "split":
        return Step(rows.source, notice=_SPLIT)
    json = value.json or f"flow_json({value.text})"
    single = structures.as_json(value)
    listed = f"CASE WHEN {json}[1] = '[' THEN flow_elements({json}) ELSE [{single}] END"
    step, (column,) = _unfold([_without_nulls(listed)], rows)
    return Step(step.source, replaced={command.field.name: values.part(column)}, within=step.within)


def matches(command: ast.Parse, rows: Rows) -> Step:
    """`parse ... multi`: a row for each match; a row without one stays, without the fields."""
    if not isinstance(command.pattern, ast.Regex):
        raise QueryError("multi needs a regular expression", command.pattern.span)
    source = rows.expressions.value(command.source or ast.Field("@message")).text
    pattern = patterns.regex(command.pattern.pattern, command.pattern.span)
    groups = extraction.group_names(command, pattern)
    expression = rows.parameters.add(pattern.text)
    lists = [
        f"coalesce(nullif(regexp_extract_all({source}, {expression}, {index}), []), [NULL])"
        for index, _ in groups
    ]
    step, columns = _unfold(lists, rows)
    found = {name: values.text(column) for (_, name), column in zip(groups, columns, strict=True)}
    return Step(step.source, parsed=found, within=step.within)


def _without_nulls(listed: str) -> str:
    """The JSON texts, with what is null in JSON missing."""
    return f"list_transform({listed}, lambda element: nullif(element, 'null'))"


def _unfold(lists: list[str], rows: Rows) -> tuple[Step, list[str]]:
    """The rows with a column for each list, all as long: an element of it in each row."""
    number = rows.new_column()
    columns = [rows.new_column() for _ in lists]
    listed = ", ".join(f"{sql} AS {column}" for sql, column in zip(lists, columns, strict=True))
    made = f"(SELECT *, {listed} FROM {rows.source})"
    elements = ", ".join(f"unnest({column}) AS {column}" for column in columns)
    counted = f"generate_subscripts({columns[0]}, 1) AS {number}"
    others = f"* EXCLUDE ({', '.join(columns)})"
    return Step(f"(SELECT {others}, {elements}, {counted} FROM {made})", within=number), columns

"""What `parse logfmt`, `parse csv` and `json field=` take out of a text (insights-ql.md 1.4)."""

from __future__ import annotations

import re

from flowtui.model.errors import QueryError
from flowtui.query import ast
from flowtui.sql import structures
from flowtui.sql import value as values
from flowtui.sql.commands.extraction import Extraction
from flowtui.sql.parameters import Parameters
from flowtui.sql.value import Value


def extract(
    command: ast.ParseFormat | ast.JsonField, source: Value, column: str, parameters: Parameters
) -> Extraction:
    """What the command finds in `source`; `column` is what its parts will be called."""
    if isinstance(command, ast.JsonField):
        return _by_path(command, source, column, parameters)
    return _by_format(command, source, column)


def _by_format(command: ast.ParseFormat, source: Value, column: str) -> Extraction:
    """A map of the `key=value` in the text, or its fields between commas, by their place.

    Without any `key=value` there is no map. Of fields that have no name the rest is left out;
    names that have no field are missing.
    """
    if command.format == "logfmt":
        (name,) = command.names
        found = values.structure(column, "logfmt")
        return Extraction(((name, found),), f"flow_logfmt({source.text})")
    fields = tuple(
        (name, values.text(f"{column}[{index}]")) for index, name in enumerate(command.names, 1)
    )
    return Extraction(fields, f"flow_csv({source.text})")


def _by_path(
    command: ast.JsonField, source: Value, column: str, parameters: Parameters
) -> Extraction:
    """What is at a path such as `user.roles[0]` of a map or a list, also of one in a text."""
    keys = tuple(re.findall(r"[^.\[\]]+", command.path.value.removeprefix("$")))
    if not keys:
        raise QueryError('a path names keys, such as "user.id"', command.path.span)
    json = source.json or f"flow_structure({source.text})"
    found = structures.enter(values.part(json), keys, parameters)
    return Extraction(((command.name, values.part(column)),), found.json)

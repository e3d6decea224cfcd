"""The fields of `parse logfmt`, `parse csv` and `json field=` in a text (LANGUAGE.md 1.4)."""

from __future__ import annotations

import re

from flowtui.model.errors import QueryError
from flowtui.query import ast
from flowtui.sql import structures
from flowtui.sql.commands.extraction import Extraction
from flowtui.sql.environment import CompileEnvironment
from flowtui.sql.value import Value, Values


def extract(
    command: ast.ParseFormat | ast.JsonField,
    source: Value,
    column: str,
    environment: CompileEnvironment,
) -> Extraction:
    """The fields that the command finds in `source`; `column` is the name of its parts."""
    if isinstance(command, ast.JsonField):
        return _by_path(command, source, column, environment)
    return _by_format(command, source, column, environment.values)


def _by_format(command: ast.ParseFormat, source: Value, column: str, values: Values) -> Extraction:
    """A map of the `key=value` in the text, or its fields between commas, by their place.

    Without any `key=value` there is no map. Of fields that have no name the rest is left out;
    names that have no field are missing.
    """
    dialect = values.dialect
    if command.format == "logfmt":
        (name,) = command.names
        found = values.structure(column, "logfmt")
        return Extraction(((name, found),), dialect.json.of_logfmt(source.text))
    fields = tuple(
        (name, values.text(dialect.lists.item(column, index)))
        for index, name in enumerate(command.names, 1)
    )
    return Extraction(fields, dialect.lists.of_csv(source.text))


def _by_path(
    command: ast.JsonField, source: Value, column: str, environment: CompileEnvironment
) -> Extraction:
    """The value at a path such as `user.roles[0]` of a map or a list, also of one in a text."""
    keys = tuple(re.findall(r"[^.\[\]]+", command.path.value.removeprefix("$")))
    if not keys:
        raise QueryError('a path names keys, such as "user.id"', command.path.span)
    values = environment.values
    json = source.json or environment.dialect.json.structure(source.text)
    found = structures.enter(values.part(json), keys, environment)
    return Extraction(((command.name, values.part(column)),), found.json)

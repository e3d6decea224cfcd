"""`parse`: fields out of a text by glob or regular expression (LANGUAGE.md 3.6)."""

from __future__ import annotations

from collections.abc import Sequence

from flowtui.model.errors import QueryError
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.sql import patterns
from flowtui.sql.dialects.base import Dialect
from flowtui.sql.environment import CompileEnvironment
from flowtui.sql.parameters import identifier
from flowtui.sql.patterns import Pattern
from flowtui.sql.scope import Table, field_value
from flowtui.sql.value import Value, Values


@frozen
class Extraction:
    """The fields of a `parse`: SQL that takes the text apart, and each name's value in it.

    `parts` is computed once a row and read as `column`; it is empty where the values are columns
    already.
    """

    values: tuple[tuple[str, Value], ...]
    parts: str = ""


def own_shape(
    command: ast.Parse, tables: Sequence[Table], environment: CompileEnvironment
) -> Extraction | None:
    """A glob with a star for each field of the tables' format, answered from their columns.

    Where the lines differ in their formats, or have no text of their own, only if it calls fields
    by their names: that is what is asked for, in whatever order. None where the glob is another.
    """
    formats = {table.format for table in tables}
    if not isinstance(command.pattern, ast.String) or len(formats) > 1:
        return None
    format_ = formats.pop()
    if (width := patterns.shape(command.pattern.value)) is None:
        return None
    is_uniform = all(table.is_uniform for table in tables)
    if all(map(format_.find, command.names)) and (
        all(table.is_columnar for table in tables)
        or (not is_uniform and _names_one_format(command, tables))
    ):
        return _by_names(command, tables, environment)
    if not is_uniform or width != len(format_.fields):
        return None
    has_misfits = any(table.has_misfits for table in tables)
    found = [
        _column_or_token(index, tables, environment.values)
        if has_misfits
        else field_value(info, tables, environment.values)
        for index, info in enumerate(format_.fields)
    ]
    return Extraction(tuple(zip(command.names, found, strict=True)))


def _names_one_format(command: ast.Parse, tables: Sequence[Table]) -> bool:
    """Whether its names are those of the fields of one of the formats, in their order."""
    named = tuple(map(tables[0].format.find, command.names))
    return any(named == each.fields for table in tables for each in table.formats)


def _by_names(
    command: ast.Parse, tables: Sequence[Table], environment: CompileEnvironment
) -> Extraction:
    infos = [info for name in command.names if (info := tables[0].format.find(name))]
    found = (field_value(info, tables, environment.values) for info in infos)
    return Extraction(tuple(zip(command.names, found, strict=True)))


def extract(
    command: ast.Parse, source: str, column: str, environment: CompileEnvironment
) -> Extraction:
    """Any other `parse` of the text `source`; `column` is what its parts will be called."""
    match command.pattern:
        case ast.Regex(pattern):
            found = patterns.regex(pattern, command.pattern.span, environment.dialect.patterns)
            return _by_regex(command, found, source, column, environment)
        case ast.String(glob) if (count := patterns.shape(glob)) is not None:
            tokens = _tokens(command.names, count, column, environment.values)
            return Extraction(tokens, _split(source, environment.dialect))
        case ast.String(glob):
            return _by_glob(command.names, glob, source, column, environment)


def _column_or_token(index: int, tables: Sequence[Table], values: Values) -> Value:
    """A line that does not fit the format may still match the glob: it has more words."""
    fields = tables[0].format.fields
    fits = f"{identifier(fields[0].column)} IS NOT NULL"
    typed = field_value(fields[index], tables, values)
    words = _split('"@message"', values.dialect)
    split = values.text(_token(words, index + 1, len(fields), values.dialect))
    return values.text(
        f"CASE WHEN {fits} THEN {typed.text} ELSE {split.text} END",
        f"CASE WHEN {fits} THEN {typed.number} ELSE {split.number} END",
    )


def _split(source: str, dialect: Dialect) -> str:
    return dialect.lists.split(source, "' '")


def _tokens(
    names: tuple[str, ...], count: int, column: str, values: Values
) -> tuple[tuple[str, Value], ...]:
    """With single blanks between stars, each star is one word and the last one the rest."""
    return tuple(
        (name, values.text(_token(column, index, count, values.dialect)))
        for index, name in enumerate(names, 1)
    )


def _token(words: str, index: int, count: int, dialect: Dialect) -> str:
    """The word at `index`, counted from 1; NULL where there are fewer than `count` words."""
    lists = dialect.lists
    is_last = index == count
    word = lists.rest(words, index, "' '") if is_last else lists.item(words, index)
    return f"CASE WHEN {lists.size(words)} >= {count} THEN {word} END"


def _by_glob(
    names: tuple[str, ...], glob: str, source: str, column: str, environment: CompileEnvironment
) -> Extraction:
    read = environment.dialect.patterns
    pattern = environment.parameters.add(patterns.glob_regex(glob))
    matches = f"{read.group(column, 1)} <> ''"
    found = tuple(
        (name, environment.values.text(f"CASE WHEN {matches} THEN {read.group(column, at)} END"))
        for at, name in enumerate(names, 2)
    )
    return Extraction(found, read.groups(source, pattern, len(names) + 1))


def _by_regex(
    command: ast.Parse,
    pattern: Pattern,
    source: str,
    column: str,
    environment: CompileEnvironment,
) -> Extraction:
    names, read = group_names(command, pattern), environment.dialect.patterns
    expression = environment.parameters.add(pattern.text)
    extracted = read.groups(source, expression, len(pattern.groups))
    # Without a match the groups may be empty texts; there the fields are missing.
    parts = f"CASE WHEN {read.matches(source, expression)} THEN {extracted} END"
    found = ((name, environment.values.text(read.group(column, index))) for index, name in names)
    return Extraction(tuple(found), parts)


def group_names(command: ast.Parse, pattern: Pattern) -> list[tuple[int, str]]:
    """The number and the name of each group that becomes a field."""
    span = command.pattern.span
    if not command.names:
        named = [(i, name) for i, name in enumerate(pattern.groups, 1) if name is not None]
        if not named:
            raise QueryError("name a group, as in /(?<port>[0-9]+)/, or add `as name`", span)
        return named
    unnamed = [index for index, name in enumerate(pattern.groups, 1) if name is None]
    indexes = unnamed if len(unnamed) == len(command.names) else range(1, len(pattern.groups) + 1)
    if len(indexes) != len(command.names):
        raise QueryError(
            f"the expression has {len(pattern.groups)} groups but {len(command.names)} names", span
        )
    named = [(i, name) for i, name in enumerate(pattern.groups, 1) if name is not None]
    return [*named, *zip(indexes, command.names, strict=True)]

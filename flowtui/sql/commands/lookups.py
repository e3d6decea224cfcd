"""Columns of a lookup table beside each row: `lookup` and `cidrlookup` (LANGUAGE.md 1.4).

OUTPUT overwrites, and is missing where the table has nothing; OUTPUTNEW fills only what is
missing or empty (CWL_QuerySyntax-Lookup). Ours, as nothing is documented: of several lines that
match, the first one counts; an empty cell is a missing value; of several blocks that hold an
address, the longest prefix wins.
"""

from __future__ import annotations

from collections.abc import Sequence

from flowtui.model.errors import QueryError
from flowtui.model.foreign import clean
from flowtui.query import ast
from flowtui.sql.choice import choose
from flowtui.sql.commands.joins import Beside
from flowtui.sql.environment import Blocks, CompileEnvironment, LookupTable
from flowtui.sql.expressions import Expressions
from flowtui.sql.value import MISSING, Value, Values


def beside(command: ast.Lookup | ast.CidrLookup, rows: Expressions) -> Beside:
    """The columns that the command puts beside each row; the tables are in the environment."""
    environment = rows.environment
    table = environment.lookups[command.table]
    found = {
        output: (f"c{_index(table, output.column, output)}", environment.new_column())
        for output in command.outputs
    }
    listed = [f"t.{cell} AS {column}" for cell, column in found.values()]
    named = {
        output.name: _merged(
            rows.scope.find(output.name), column, rows.values, is_new=command.only_new
        )
        for output, (_, column) in found.items()
    }
    match command:
        case ast.Lookup(matches=matches):
            return Beside(_by_text(table, matches, rows), listed, named, named)
        case ast.CidrLookup(field=field):
            blocks = table.blocks[blocks_column(command, table.name, table.columns)]
            computed, joined = _by_block(table, blocks, rows.value(field).text, environment)
            return Beside(joined, listed, named, named, computed)


def blocks_column(command: ast.CidrLookup, table: str, columns: Sequence[str]) -> str:
    """The column that holds the blocks: the one that is named, else the obvious one.

    That is the one named like the field, else `cidr`: which one the service takes is not
    documented. Raises `QueryError`.
    """
    if command.column is not None:
        _position(columns, command.column, table, command)
        return command.column
    for name in (command.field.name, "cidr"):
        if name in columns:
            return name
    raise QueryError(
        f"which column of {table} holds the blocks? write {command.field.name} as COLUMN; there"
        f" are: {clean(', '.join(columns))}",
        command.field.span,
    )


def _index(table: LookupTable, column: str, node: ast.Node) -> int:
    return _position(table.columns, column, table.name, node)


def _position(columns: Sequence[str], column: str, table: str, node: ast.Node) -> int:
    if column in columns:
        return columns.index(column)
    raise QueryError(
        f"the lookup table {table} has no column {column}; there are: {clean(', '.join(columns))}",
        node.span,
    )


def _merged(old: Value, column: str, values: Values, *, is_new: bool) -> Value:
    new = values.text(column)
    if not is_new or old is MISSING:
        return new
    return choose([f"nullif({old.text}, '') IS NOT NULL"], [old, new], values)


def _by_text(table: LookupTable, matches: Sequence[ast.LookupMatch], rows: Expressions) -> str:
    """All matches must hold; they are exact (CWL_QuerySyntax-Lookup), so not loose as in 3.1."""
    cells = [f"c{_index(table, match.column, match)}" for match in matches]
    fields = [rows.value(match.field).text for match in matches]
    first = rows.dialect.selects.first_of_each(table.relation, cells, "line")
    equal = (f"t.{cell} = {field}" for cell, field in zip(cells, fields, strict=True))
    return f"LEFT JOIN ({first}) AS t ON {' AND '.join(equal)}"


def _by_block(
    table: LookupTable, blocks: Blocks, address: str, environment: CompileEnvironment
) -> tuple[list[str], str]:
    """The address as what can be compared, and the line of its block by a range join on that."""
    families, dialect = {4: blocks.ipv4, 6: blocks.ipv6}, environment.dialect
    computed: list[str] = []
    joined: list[str] = []
    lines: list[str] = []
    for version, relation in families.items():
        if relation:
            column, alias = environment.new_column(), f"b{len(lines)}"
            computed.append(f"{dialect.addresses.comparable(address, version)} AS {column}")
            joined.append(dialect.selects.nearest(relation, alias, f"l.{column}", "start"))
            lines.append(f"{alias}.line")
    line = f"coalesce({', '.join(lines)})" if lines else "NULL"
    joined.append(f"LEFT JOIN {table.relation} AS t ON t.line = {line}")
    return computed, " ".join(joined)

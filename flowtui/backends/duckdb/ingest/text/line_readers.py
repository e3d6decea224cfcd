"""SQL that reads lines: a relation with a text column for each field of their format.

It has `@stamp` too, where the lines begin with their timestamps (BIGINT epoch milliseconds).
"""

from __future__ import annotations

from flowtui.backends.duckdb.ingest.text.lines import Lines
from flowtui.backends.duckdb.ingest.view_columns import each, literal
from flowtui.sql.parameters import identifier

_STAMP = "epoch_ms(try_strptime(\"@stamp\", '%Y-%m-%dT%H:%M:%S.%gZ'))"


def plain_lines(lines: Lines, paths: str, *, is_gzip: bool = False) -> str:
    """The lines of the files that `paths` (SQL of a list) names, and `@path`.

    A query on it raises `InvalidInputException`, whatever columns it reads, where a line is not
    plain: DuckDB's CSV reader counts the fields of every line when it is strict.
    """
    names = (["@stamp"] if lines.stamped else []) + list(lines.format.columns)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    # An empty field stays empty: no field holds an end of line. So NULL means "does not fit".
    # The end of line is given, for DuckDB takes a CR for one too, where it may choose.
    options = (
        "delim=' ', quote='', escape='', comment='', header=false, auto_detect=false,"
        " strict_mode=true, nullstr='\n', new_line='\\n', filename='@path'"
        f", compression='{'gzip' if is_gzip else 'none'}', columns={{{columns}}}"
    )
    chosen = f'* REPLACE ({_STAMP} AS "@stamp")' if lines.stamped else "*"
    return f"SELECT {chosen} FROM read_csv({paths}, {options}) WHERE {_is_record(lines)}"


def odd_lines(lines: Lines) -> str:
    """The lines `$lines`, with `$stamps`, as `@line`; what does not fit has no fields."""
    fields = each(lines.format, lambda info, i: f"pieces[{i + 1}] AS {identifier(info.column)}")
    given = 'SELECT unnest($lines) AS "@line", unnest($stamps) AS "@stamp"'
    split = fitting_pieces('"@line"', lines)
    return f'SELECT "@line", "@stamp", {fields} FROM (SELECT *, {split} AS pieces FROM ({given}))'


def fitting_pieces(line: str, lines: Lines) -> str:
    """The fields of a line as a list; NULL where it does not fit."""
    split = f"string_split({line}, ' ')"
    return f"CASE WHEN len({split}) = {lines.width} THEN {split} END"


def _is_record(lines: Lines) -> str:
    """False for a header; an error for a line that only a closer look can judge."""
    header = " AND ".join(
        f"{identifier(info.column)} IN ({literal(info.name)}, {literal(info.column)})"
        for info in lines.format.fields[:2]
    )
    odd = f"{identifier(lines.format.columns[0])} = ''"
    if lines.stamped:
        odd += f" OR {_STAMP} IS NULL"
    return f"CASE WHEN {odd} THEN error('a line that is not plain') ELSE NOT ({header}) END"

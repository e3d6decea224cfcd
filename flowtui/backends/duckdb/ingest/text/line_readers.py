"""SQL that reads lines: a relation with a text column for each field of their format.

It has `@stamp` too, where the lines begin with their timestamps (BIGINT epoch milliseconds).
"""

from __future__ import annotations

from flowtui.backends.duckdb.ingest.text.lines import Lines
from flowtui.backends.duckdb.ingest.view_columns import each, literal
from flowtui.flowlogs.format import HEADER_MARK, FlowFormat
from flowtui.sql.parameters import identifier

_STAMP = "epoch_ms(try_strptime(\"@stamp\", '%Y-%m-%dT%H:%M:%S.%gZ'))"


def plain_lines(lines: Lines, paths: str, keeps: str, options: str = "compression='none'") -> str:
    """The lines of the files that `paths` (SQL of a list) names, and `@path`.

    `keeps` is `all_but_headers` or `no_headers`; `options` are more of the reader's. A query on it
    raises `InvalidInputException`, whatever columns it reads, where a line is not plain: DuckDB's
    CSV reader counts the fields of every line when it is strict.
    """
    names = (["@stamp"] if lines.stamped else []) + list(lines.format.columns)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    # An empty field stays empty: no field holds an end of line. So NULL means "does not fit".
    # The end of line is given, for DuckDB takes a CR for one too, where it may choose.
    fixed = (
        "delim=' ', quote='', escape='', comment='', header=false, auto_detect=false,"
        " strict_mode=true, nullstr='\n', new_line='\\n', filename='@path'"
        f", columns={{{columns}}}"
    )
    chosen = f'* REPLACE ({_STAMP} AS "@stamp")' if lines.stamped else "*"
    return f"SELECT {chosen} FROM read_csv({paths}, {fixed}, {options}) WHERE {keeps}"


def odd_lines(lines: Lines) -> str:
    """The lines `$lines`, with `$stamps`, as `@line`; what does not fit has no fields.

    Both are one text with an LF between two: lists of thousands of values take many times as long.
    """
    fields = each(lines.format, lambda info, i: f"pieces[{i + 1}] AS {identifier(info.column)}")
    given = (
        'SELECT unnest(string_split($lines, chr(10))) AS "@line",'
        ' TRY_CAST(unnest(string_split($stamps, chr(10))) AS BIGINT) AS "@stamp"'
    )
    split = fitting_pieces('"@line"', lines)
    return f'SELECT "@line", "@stamp", {fields} FROM (SELECT *, {split} AS pieces FROM ({given}))'


def fitting_pieces(line: str, lines: Lines) -> str:
    """The fields of a line as a list; NULL where it does not fit."""
    split = f"string_split({line}, ' ')"
    return f"CASE WHEN len({split}) = {lines.width} THEN {split} END"


def all_but_headers(lines: Lines) -> str:
    """False for a header of these lines; an error for a line that only a closer look can judge.

    All columns are read for it.
    """
    names = each(
        lines.format,
        lambda info, _: (
            f"{identifier(info.column)} IN ({literal(info.name)}, {literal(info.column)})"
        ),
        " AND ",
    )
    return (
        f"CASE WHEN {_is_odd(lines)} THEN {_A_CLOSER_LOOK}"
        f" WHEN {_may_be_header(lines.format)} THEN CASE WHEN {names} THEN false"
        f" ELSE {_A_CLOSER_LOOK} END ELSE true END"
    )


def no_headers(lines: Lines) -> str:
    """True; an error for a header, too. Few columns are read for it."""
    odd = f"{_is_odd(lines)} OR {_may_be_header(lines.format)}"
    return f"CASE WHEN {odd} THEN {_A_CLOSER_LOOK} ELSE true END"


_A_CLOSER_LOOK = "error('a line that is not plain')"


def _is_odd(lines: Lines) -> str:
    odd = f"{identifier(lines.format.columns[0])} IN ('', {literal(HEADER_MARK)})"
    return f"({odd} OR {_STAMP} IS NULL)" if lines.stamped else odd


def _may_be_header(format_: FlowFormat) -> str:
    """Whether a line of the same width may be a header, in whatever order.

    One column shows it, which is best one of numbers: there the name of any field begins with a
    letter.
    """
    numbers = (info for info in format_.fields if info.type.is_number)
    if number := next(numbers, None):
        return f"{identifier(number.column)} BETWEEN 'a' AND '{{'"
    column = identifier(format_.columns[0])
    return f"{column} BETWEEN 'a' AND '{{' AND regexp_full_match({column}, '[a-z][a-z0-9_-]*')"

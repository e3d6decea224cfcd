"""SQL that reads lines: a relation with a text column for each field of their format.

It has `@stamp` too, where the lines begin with their timestamps (BIGINT epoch milliseconds).
"""

from __future__ import annotations

from collections.abc import Sequence

from flowtui.backends.duckdb.ingest.text.lines import LONGEST_STAMP, Lines
from flowtui.backends.duckdb.ingest.view_columns import each, literal
from flowtui.flowlogs.format import HEADER_MARK, FlowFormat
from flowtui.sql.parameters import identifier

_STAMP_FORMAT = "'%Y-%m-%dT%H:%M:%S.%gZ'"
_STAMP = f'epoch_ms(try_strptime("@stamp", {_STAMP_FORMAT}))'
_STAMP_SHAPE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z "
_STAMPED = (
    f"CASE WHEN \"@text\" >= '0001' AND regexp_matches(\"@text\", '{_STAMP_SHAPE}')"
    f' THEN epoch_ms(try_strptime("@text"[:24], {_STAMP_FORMAT})) END AS "@stamp"'
)
_LINE = f'CASE WHEN "@stamp" IS NULL THEN "@text" ELSE "@text"[{LONGEST_STAMP + 1}:] END AS "@line"'


def plain_lines(
    lines: Lines,
    paths: str,
    keeps: str,
    options: str = "compression='none'",
    *,
    is_joined: bool = False,
) -> str:
    """The lines of the files that `paths` (SQL of a list) names, and `@path`.

    Of one that `is_joined` each line begins with what is in the place of its path.
    `keeps` is `all_but_headers` or `no_headers`; `options` are more of the reader's. A query on it
    raises `InvalidInputException`, whatever columns it reads, where a line is not plain: DuckDB's
    CSV reader counts the fields of every line when it is strict.
    """
    names = (["@stamp"] if lines.stamped else []) + list(lines.format.columns)
    chosen = f'* REPLACE ({_STAMP} AS "@stamp")' if lines.stamped else "*"
    read = _read_csv(["@path"] * is_joined + names, " ", paths, options)
    return f"SELECT {chosen} {read} WHERE {keeps}"


def _read_csv(
    names: Sequence[str], between: str, paths: str, options: str = "compression='none'"
) -> str:
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    # An empty field stays empty: no field holds an end of line. So NULL means "does not fit".
    # The end of line is given, for DuckDB takes a CR for one too, where it may choose.
    fixed = (
        f"delim='{between}', quote='', escape='', comment='', header=false, auto_detect=false,"
        f" strict_mode=true, nullstr='\n', new_line='\\n', columns={{{columns}}}"
    )
    if "@path" not in names:
        fixed += ", filename='@path'"
    return f"FROM read_csv({paths}, {fixed}, {options})"


def odd_lines(lines: Lines, texts: str) -> str:
    """The lines of the relation `texts` as `@line` and `@stamp`; what does not fit has no fields.

    It has them as `@text`, with columns more, which are kept.
    """
    fields = each(lines.format, lambda info, i: f"pieces[{i + 1}] AS {identifier(info.column)}")
    split = fitting_pieces('"@line"', lines) + " AS pieces"
    given = f"SELECT *, {_LINE} FROM (SELECT *, {_STAMPED} FROM {texts})"
    if not lines.stamped:
        given = f'SELECT *, "@text" AS "@line", CAST(NULL AS BIGINT) AS "@stamp" FROM {texts}'
    return f"SELECT *, {fields} FROM (SELECT *, {split} FROM ({given}))"


def texts_of_files(paths: str) -> str:
    """The lines of the files that `paths` (SQL of a list) names as `@text`, and `@path`.

    They have to be ended by LF, without `SEPARATOR`, CR and lines of more than a megabyte.
    """
    return f"(SELECT * {_read_csv(['@text'], SEPARATOR.decode(), paths)})"


SEPARATOR = b"\x02\x03"
"""Between columns of which there is only one."""


def texts_of(text: str) -> str:
    """The lines of a text (SQL of it) with an LF between two as `@text`.

    Lists of thousands of values take many times as long as the text.
    """
    return f'(SELECT unnest(string_split({text}, chr(10))) AS "@text")'


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
    if not lines.stamped:
        return odd
    # DuckDB also takes for a timestamp what has a year 0, or no zeros before its digits.
    return f'({odd} OR {_STAMP} IS NULL OR strlen("@stamp") <> 24 OR "@stamp" < \'0001\')'


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

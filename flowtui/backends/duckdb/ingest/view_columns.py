"""SQL for the columns of a log group's relation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flowtui.backends.duckdb.ingest.discovery import Layout
from flowtui.flowlogs.fields import FieldInfo
from flowtui.sql.parameters import identifier

ACCOUNT = "000000000000"
"""The account in `@log`: files do not say who owns their log group."""
_LAST_MS = 253402300799999
"""The end of the year 9999: a number above is no time."""
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"


@dataclass(frozen=True, slots=True)
class View:
    """A log group as SQL sees it."""

    name: str
    """What the user calls it."""
    relation: str


def create_view(view: View, selects: Iterable[str]) -> str:
    """One relation of the lines of all layouts; a field that one of them lacks is NULL there."""
    union = " UNION ALL BY NAME ".join(selects)
    return f"CREATE OR REPLACE VIEW {identifier(view.relation)} AS {union}"


def each(layout: Layout, expression: Callable[[FieldInfo, int], str], between: str = ", ") -> str:
    """`expression` of each field and its index."""
    return between.join(expression(info, i) for i, info in enumerate(layout.format.fields))


def common(layout: Layout, view: View, order: str, message: str, file_name: str) -> str:
    """The columns that every relation has, but for `@ingestionTime`, which is one already.

    The order of `@ptr` as text is that in which the lines are stored.
    """
    return (
        f'{timestamp(layout)} AS "@timestamp", {message} AS "@message",'
        f' {_log_stream(layout, file_name)} AS "@logStream",'
        f' {literal(f"{ACCOUNT}:{view.name}")} AS "@log", "@ingestionTime",'
        f' {literal(view.relation + "-")} || CAST(1000000000000 + {order} AS VARCHAR) AS "@ptr"'
    )


def timestamp(layout: Layout) -> str:
    """What stands before the record, else its `start`, in seconds or milliseconds."""
    if layout.stamped:
        return '"@stamp"'
    if "start" not in layout.format.columns:
        return "CAST(NULL AS BIGINT)"
    return (
        'CASE WHEN "start#" BETWEEN 0 AND 2147483647 THEN "start#" * 1000'
        f' WHEN "start#" BETWEEN 2147483648 AND {_LAST_MS} THEN "start#" END'
    )


def _log_stream(layout: Layout, file_name: str) -> str:
    """CloudWatch keeps a log stream for each interface (flowlogs.md 1.6)."""
    if "interface_id" not in layout.format.columns:
        return file_name
    return f"coalesce(\"interface_id\" || '-all', {file_name})"


def any_number(text: str) -> str:
    """The number that `text` is in any spelling, as DOUBLE."""
    value = f"TRY_CAST({text} AS DOUBLE)"
    return (
        f"CASE WHEN regexp_full_match({text}, '{_NUMBER}') AND isfinite({value}) THEN {value} END"
    )


def any_integer(text: str) -> str:
    """The integer that `text` is in any spelling, as BIGINT."""
    value = any_number(text)
    return (
        f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+') THEN TRY_CAST({text} AS BIGINT)"
        f" ELSE TRY_CAST(CASE WHEN {value} = trunc({value}) THEN {value} END AS BIGINT) END"
    )


def number_column(info: FieldInfo) -> str:
    return identifier(f"{info.column}#")


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

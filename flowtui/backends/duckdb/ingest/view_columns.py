"""SQL for the columns of a log group's relation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from flowtui.backends.duckdb.ingest.reader import LogFile, Section
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.s3_path import ACCOUNT_IN_NAME, REGION_IN_NAME
from flowtui.model.frozen import frozen
from flowtui.sql.parameters import identifier

ACCOUNT = "000000000000"
"""The account in `@log`: files do not say who owns their log group."""
_LAST_SECONDS = 100_000_000_000
_LAST_MS = 253402300799999
"""The end of the year 9999: a number above, of microseconds, is no time."""
_TAG = re.compile(r"[a-z]+-tag(-\d)?")
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"


def create_view(relation: str, selects: Sequence[str]) -> str:
    """One relation of the records of all sections; a field that one of them lacks is NULL there."""
    union = " UNION ALL BY NAME ".join(selects)
    return f"CREATE OR REPLACE VIEW {identifier(relation)} AS {union}"


def each(
    format_: FlowFormat, expression: Callable[[FieldInfo, int], str], between: str = ", "
) -> str:
    """`expression` of each field and its index."""
    return between.join(expression(info, i) for i, info in enumerate(format_.fields))


@frozen
class Record:
    """The parts from which the columns are made that every log group has."""

    time: str
    """Epoch milliseconds, where they stand beside the record; else empty."""
    message: str
    file_name: str
    row: str
    """The number of the record in its section, in the order in which the records are stored."""


def common(format_: FlowFormat, section: Section, record: Record) -> str:
    """The columns that every relation has, but for `@ingestionTime`, which is one already.

    The order of `@ptr` as text is that in which the records are stored.
    """
    pointer = f"CAST(1000000000000 + {section.number(record.row)} AS VARCHAR)"
    return (
        f'{record.time or start_time(format_)} AS "@timestamp", {record.message} AS "@message",'
        f' {_log_stream(format_, record.file_name)} AS "@logStream",'
        f' {literal(f"{ACCOUNT}:{section.group}")} AS "@log", "@ingestionTime",'
        f' {literal(section.relation + "-")} || {pointer} AS "@ptr",'
        f" {_system_fields(format_, section, record.file_name)}"
    )


SOURCES: Mapping[str, str] = {"@data_source_name": "amazon_vpc", "@data_source_type": "flow"}
"""`amazon_vpc.flow` is what the service calls flow logs of a VPC (LANGUAGE.md 1.5)."""


def _system_fields(format_: FlowFormat, section: Section, file_name: str) -> str:
    """A record says whose it is and of which region, or its file's path does (flowlogs.md 3.1)."""
    owner = _first_known(
        "regexp_full_match(\"account_id\", '[0-9]{12}')" if "account_id" in format_.columns else "",
        "account_id",
        (file_name, ACCOUNT_IN_NAME),
        section.origin.account,
    )
    region = _first_known(
        "\"region\" <> '-'" if "region" in format_.columns else "",
        "region",
        (file_name, REGION_IN_NAME),
        section.origin.region,
    )
    is_vpc = "tgw_id" not in format_.columns
    sources = "".join(
        f", {literal(value) if is_vpc else 'CAST(NULL AS VARCHAR)'} AS {identifier(name)}"
        for name, value in SOURCES.items()
    )
    return (
        f'{owner} AS "@aws.account", {region} AS "@aws.region",'
        f' {literal(section.group)} AS "@source.log"{sources}'
    )


def _first_known(is_told: str, column: str, in_name: tuple[str, str], common: str) -> str:
    """The column where it is told, else what the file's name says, else what all paths do."""
    name, pattern = in_name
    of_file = f"nullif(regexp_extract({name}, {literal(pattern)}, 1), '')"
    if common:
        of_file = literal(common)
    return (
        f"CASE WHEN {is_told} THEN {identifier(column)} ELSE {of_file} END" if is_told else of_file
    )


def start_time(format_: FlowFormat) -> str:
    """The `start` of a record: its size tells seconds, milliseconds and microseconds apart.

    As each of the units the smallest number of the next one is in the year 5138.
    """
    if "start" not in format_.columns:
        return "CAST(NULL AS BIGINT)"
    return (
        f'CASE WHEN "start#" BETWEEN 0 AND {_LAST_SECONDS} THEN "start#" * 1000'
        f' WHEN "start#" BETWEEN 0 AND {1000 * _LAST_SECONDS} THEN "start#"'
        f' WHEN "start#" BETWEEN 0 AND {1000 * _LAST_MS} THEN "start#" // 1000 END'
    )


def _log_stream(format_: FlowFormat, file_name: str) -> str:
    """CloudWatch keeps a log stream for each interface (flowlogs.md 1.6)."""
    if "interface_id" not in format_.columns:
        return file_name
    return f"coalesce(\"interface_id\" || '-all', {file_name})"


def path_list(files: Iterable[LogFile]) -> str:
    """The paths as a list, as DuckDB reads them without wildcards."""
    return f"[{', '.join(literal(path_pattern(file.path)) for file in files)}]"


def modified(files: Sequence[LogFile], path: str) -> str:
    """When the file at `path` was modified, in epoch milliseconds."""
    if len(files) == 1:
        return str(files[0].modified_ms)
    times = ", ".join(f"{literal(str(file.path.absolute()))}: {file.modified_ms}" for file in files)
    return f"map {{{times}}}[{path}]"


def decoded(info: FieldInfo, text: str) -> str:
    """The value of a field, where AWS writes it percent-encoded: of tags, and maybe of new ones."""
    if info.version and not _TAG.fullmatch(info.name):
        return text
    return (
        f"CASE WHEN contains({text}, '%') THEN coalesce(TRY(url_decode({text})), {text})"
        f" ELSE {text} END"
    )


def path_pattern(path: Path) -> str:
    """The path, as DuckDB reads it without wildcards."""
    return re.sub(r"([*?\[])", r"[\1]", str(path.absolute()))


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

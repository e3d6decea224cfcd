"""SQL that makes fields of a flow log of the columns of a Parquet file, which go by their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowtui.backends.duckdb.ingest.view_columns import any_integer, decoded
from flowtui.backends.duckdb.ingest.wrapped.wrapping import field_name, unique
from flowtui.flowlogs.fields import FIELDS, FieldInfo, field_info
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.frozen import frozen
from flowtui.sql.parameters import identifier

WHOLE = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
}  # fmt: skip
_FRACTIONS = ("DOUBLE", "FLOAT", "DECIMAL")
_ACCOUNT_DIGITS = 12


@frozen
class Column:
    """A field, as SQL over the columns of a file."""

    info: FieldInfo
    text: str
    """As it stands in a record: `-` where there is nothing."""
    number: str = ""
    """BIGINT, NULL where there is none; only of fields that are numbers."""
    is_written: bool = False
    """Whether its numbers are texts in the file, which may be written in any way: `0443`."""


def by_names(types: Mapping[str, str]) -> tuple[Column, ...]:
    """The fields of columns with these names and types; names that nobody knows are kept."""
    taken: set[str] = set()
    found: list[Column] = []
    for name, kind in types.items():
        if not name.startswith("@"):
            field = unique(field_name(name), taken)
            taken.add(field.casefold())
            found.append(column(field_info(field), identifier(name), kind))
    return tuple(found)


def of_words(format_: FlowFormat, pieces: str) -> tuple[Column, ...]:
    """The fields of records whose words are the list `pieces`, NULL where they do not fit."""
    found: list[Column] = []
    for at, info in enumerate(format_.fields, 1):
        word = f"({pieces})[{at}]"
        number = any_integer(word) if info.type.is_number else ""
        text = word if number else decoded(info, word)
        found.append(Column(info, text, number, is_written=bool(number)))
    return tuple(found)


def are_flow_logs(types: Mapping[str, str]) -> bool:
    """Whether most columns are fields that are known, and an address or a size is among them."""
    names = [field_name(name) for name in types]
    known = sum(name in FIELDS for name in names)
    return known > 1 or (known == 1 and len(names) == 1)


def column(info: FieldInfo, value: str, kind: str) -> Column:
    """The field as the value has it, which is of this type of DuckDB's."""
    if not info.type.is_number:
        return Column(info, decoded(info, _shown(_text(info, value, kind))))
    if kind.startswith(_FRACTIONS):
        return _of_fraction(info, value)
    whole = _whole(value, kind)
    if whole is None:
        written = f"CAST({value} AS VARCHAR)"
        return Column(info, _shown(written), any_integer(written), is_written=True)
    return Column(info, f"coalesce(CAST({whole} AS VARCHAR), '-')", f"TRY_CAST({whole} AS BIGINT)")


def _of_fraction(info: FieldInfo, value: str) -> Column:
    """Data frames have integers among which some are missing as fractions."""
    is_whole = f"{value} = trunc({value})"
    whole = f"CAST(TRY_CAST({value} AS HUGEINT) AS VARCHAR)"
    text = f"CASE WHEN {is_whole} THEN {whole} ELSE CAST({value} AS VARCHAR) END"
    return Column(info, _shown(text), f"CASE WHEN {is_whole} THEN TRY_CAST({value} AS BIGINT) END")


def _whole(value: str, kind: str) -> str | None:
    """The value as an integer; None where only its text tells."""
    if kind in WHOLE:
        return value
    if kind.startswith("TIMESTAMP"):
        return f"CAST(floor(epoch({value})) AS BIGINT)"
    return None


def _text(info: FieldInfo, value: str, kind: str) -> str:
    if info.name.endswith("account-id") and kind in WHOLE:
        return f"lpad(CAST({value} AS VARCHAR), {_ACCOUNT_DIGITS}, '0')"
    return f"CAST({value} AS VARCHAR)"


def _shown(text: str) -> str:
    return f"coalesce(nullif({text}, ''), '-')"


def flattened(types: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Each value in columns and structs: its name with dots, its SQL, and its type."""
    for name, kind in types.items():
        yield from _values(name, identifier(name), kind)


def _values(name: str, sql: str, kind: object) -> Iterator[tuple[str, str, str]]:
    yield name, sql, str(kind)
    if str(kind).startswith("STRUCT"):
        for inner, of_inner in getattr(kind, "children", ()):
            yield from _values(f"{name}.{inner}", f"{sql}.{identifier(inner)}", of_inner)

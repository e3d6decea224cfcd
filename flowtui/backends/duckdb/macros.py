r"""The SQL functions that compiled queries call; `install` makes them in a database.

A macro calls only those above it. Its argument is pasted as often as it is named there, which
DuckDB computes once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_HEX = "[0-9A-Fa-f]{1,4}"
_HEXES = f"({_HEX}(:{_HEX})*)?"

MACROS: tuple[tuple[str, str], ...] = (
    ("flow_finite(x)", "CASE WHEN isfinite(x) THEN x END"),
    # DuckDB alone would also read '0x1f', '1_000', 'inf' and ' 1 ' as numbers.
    (
        "flow_number(t)",
        f"CASE WHEN regexp_full_match(t, '{_NUMBER}') THEN flow_finite(TRY_CAST(t AS DOUBLE)) END",
    ),
    # Number rendering (insights-ql.md 3.3); `render.number_text` is the same in Python.
    (
        "flow_decimals(x)",
        "CASE WHEN abs(x) >= 1 THEN 4 ELSE 3 - CAST(floor(log10(abs(x))) AS INTEGER) END",
    ),
    (
        "flow_scaled(x, n)",
        "CAST(CAST(floor(abs(x) * pow(10.0, n) + 0.5) AS HUGEINT) AS VARCHAR)",
    ),
    (
        "flow_padded(digits, n)",
        "lpad(digits, CAST(greatest(length(digits), n + 1) AS INTEGER), '0')",
    ),
    ("flow_pointed(digits, n)", "digits[:length(digits) - n] || '.' || right(digits, n)"),
    # '-1.5e+300' without its exponent: the shortest digits that mean this number, then zeros.
    (
        "flow_zeros(mantissa, exponent)",
        "rpad(replace(mantissa, '.', ''), CAST(exponent AS INTEGER) + 1, '0')",
    ),
    (
        "flow_huge_text(x)",
        "CASE WHEN x < 0 THEN '-' ELSE '' END || flow_zeros("
        "split_part(CAST(abs(x) AS VARCHAR), 'e+', 1),"
        " split_part(CAST(abs(x) AS VARCHAR), 'e+', 2))",
    ),
    (
        "flow_number_text(x)",
        "CASE WHEN NOT isfinite(x) THEN NULL WHEN abs(x) >= 1e37 THEN flow_huge_text(x)"
        " WHEN x = trunc(x) THEN CAST(CAST(x AS HUGEINT) AS VARCHAR)"
        " WHEN abs(x) < 1e-290 THEN '0'"
        " ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || rtrim(rtrim(flow_pointed("
        "flow_padded(flow_scaled(x, flow_decimals(x)), flow_decimals(x)), flow_decimals(x)),"
        " '0'), '.') END",
    ),
    ("flow_timestamp_text(ms)", "strftime(epoch_ms(ms), '%Y-%m-%d %H:%M:%S.%g')"),
    # Natural order (3.5): a run of digits counts by its length, then by its digits.
    ("flow_length(t)", "chr(CAST(48 + least(length(t), 9999) AS INTEGER))"),
    (
        "flow_natural(t)",
        "array_to_string(list_transform(regexp_extract_all(t, '[0-9]+|[^0-9]+'), lambda run:"
        " CASE WHEN run[1] BETWEEN '0' AND '9' THEN '0' || flow_length(run) || run ELSE run END),"
        " '')",
    ),
    ("flow_is_ipv4(t)", rf"regexp_full_match(t, '({_OCTET}\.){{3}}{_OCTET}')"),
    (
        "flow_ipv4(t)",
        "CASE WHEN flow_is_ipv4(t) THEN list_reduce(CAST(string_split(t, '.') AS BIGINT[]),"
        " lambda high, low: high * 256 + low) END",
    ),
    # An IPv6 address may end in an IPv4 address; that is written as two groups first.
    (
        "flow_ipv6_plain(t)",
        "CASE WHEN contains(t, '.') THEN regexp_extract(t, '^(.*:)[^:]*$', 1) || format("
        "'{:x}:{:x}', flow_ipv4(regexp_extract(t, '[^:]*$')) // 65536,"
        " flow_ipv4(regexp_extract(t, '[^:]*$')) % 65536) ELSE t END",
    ),
    ("flow_groups(t)", "list_filter(string_split(t, ':'), lambda part: part <> '')"),
    (
        "flow_is_ipv6_plain(t)",
        f"CASE WHEN contains(t, '::') THEN regexp_full_match(t, '{_HEXES}::{_HEXES}')"
        " AND len(flow_groups(t)) <= 7"
        f" ELSE regexp_full_match(t, '{_HEX}(:{_HEX}){{7}}') END",
    ),
    ("flow_is_ipv6(t)", "contains(t, ':') AND flow_is_ipv6_plain(flow_ipv6_plain(t)) IS TRUE"),
    ("flow_is_ip(t)", "flow_is_ipv4(t) OR flow_is_ipv6(t)"),
    (
        "flow_ipv6_groups(t)",
        "list_concat(flow_groups(split_part(t, '::', 1)), list_concat(list_transform("
        "range(8 - len(flow_groups(t))), lambda gap: '0'), flow_groups(split_part(t, '::', 2))))",
    ),
    (
        "flow_ipv6(t)",
        "CASE WHEN flow_is_ipv6(t) THEN list_reduce(list_transform(flow_ipv6_groups("
        "flow_ipv6_plain(t)), lambda part: CAST(CAST('0x' || part AS INTEGER) AS UHUGEINT)),"
        " lambda high, low: high * 65536 + low) END",
    ),
)


def install(connection: DuckDBPyConnection) -> None:
    """Make the functions in the database of `connection`, for all its cursors."""
    for signature, body in MACROS:
        connection.execute(f"CREATE OR REPLACE MACRO {signature} AS {body}")

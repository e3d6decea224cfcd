r"""The SQL functions that the dialect calls, as DuckDB's CREATE MACRO takes them.

A macro calls only those above it. Its argument is pasted as often as it is named there, which
DuckDB computes once, but inside CASE each time: there a list of one and a lambda hold it.
"""

from __future__ import annotations

_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"


def _wide_characters(prefix: str) -> str:
    """The bytes of one character of UTF-8 above ASCII as hex digits, `prefix` before each byte."""
    tail = f"{prefix}[89AB][0-9A-F]"
    return (
        f"{prefix}(C[2-9A-F]|D[0-9A-F]){tail}|{prefix}E0{prefix}[AB][0-9A-F]{tail}"
        f"|{prefix}E[1-9A-CEF]{tail}{tail}|{prefix}ED{prefix}[89][0-9A-F]{tail}"
        f"|{prefix}F0{prefix}[9AB][0-9A-F]{tail}{tail}|{prefix}F[1-3]{tail}{tail}{tail}"
        f"|{prefix}F4{prefix}8[0-9A-F]{tail}{tail}"
    )


_HIGH_BYTE = "%[89A-Fa-f][0-9A-Fa-f]"
_BASE64 = "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_HEX = "[0-9A-Fa-f]{1,4}"
_HEXES = f"({_HEX}(:{_HEX})*)?"

MACROS: tuple[tuple[str, str], ...] = (
    ("flow_finite(x)", "CASE WHEN isfinite(x) THEN x END"),
    # DuckDB alone would also read '0x1f', '1_000', 'inf' and ' 1 ' as numbers.
    (
        "flow_number(t)",
        f"CASE WHEN regexp_full_match(t, '{_NUMBER}') THEN flow_finite(TRY_CAST(t AS DOUBLE)) END",
    ),
    # Number rendering (LANGUAGE.md 3.3); `render.number_text` is the same in Python.
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
        " WHEN abs(x) >= 1073741824 THEN rtrim(rtrim(CAST(CAST(CAST(x AS VARCHAR)"
        " AS DECIMAL(38, 4)) AS VARCHAR), '0'), '.') WHEN abs(x) < 1e-290 THEN '0'"
        " ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || rtrim(rtrim(flow_pointed("
        "flow_padded(flow_scaled(x, flow_decimals(x)), flow_decimals(x)), flow_decimals(x)),"
        " '0'), '.') END",
    ),
    ("flow_timestamp_text(ms)", "strftime(epoch_ms(ms), '%Y-%m-%d %H:%M:%S.%g')"),
    # Natural order (3.5): a run of digits counts by its length, then by its digits.
    ("flow_length(t)", "chr(CAST(48 + least(length(t), 9999) AS INTEGER))"),
    (
        "flow_natural(t)",
        # A list of the runs of a long text takes many times its memory: its rest is plain.
        "array_to_string(list_transform(regexp_extract_all(left(t, 500), '[0-9]+|[^0-9]+'),"
        " lambda run: CASE WHEN run[1] BETWEEN '0' AND '9' THEN '0' || flow_length(run) || run"
        " ELSE run END), '') || t[501:]",
    ),
    (
        "flow_half_chord(lat1, lon1, lat2, lon2)",
        "pow(sin(radians(lat2 - lat1) / 2), 2)"
        " + cos(radians(lat1)) * cos(radians(lat2)) * pow(sin(radians(lon2 - lon1) / 2), 2)",
    ),
    (
        "flow_haversine(lat1, lon1, lat2, lon2)",
        "list_transform([flow_half_chord(lat1, lon1, lat2, lon2)],"
        " lambda half: 2 * 6371 * atan2(sqrt(half), sqrt(greatest(1 - half, 0))))[1]",
    ),
    # JSON (2.4) is kept as minified text, so that its first character tells what it is.
    ("flow_json(t)", "CASE WHEN json_valid(t) THEN CAST(json(t) AS VARCHAR) END"),
    ("flow_is_structure(j)", "j[1] IN ('{', '[')"),
    ("flow_structure(t)", "list_filter([flow_json(t)], lambda j: flow_is_structure(j))[1]"),
    ("flow_list(j)", "list_filter([j], lambda json: json[1] = '[')[1]"),
    ("flow_in_json(j, pointer)", "nullif(CAST(json_extract(j, pointer) AS VARCHAR), 'null')"),
    (
        "flow_in_json_first(j, pointers)",
        "list_filter(CAST(json_extract(j, pointers) AS VARCHAR[]),"
        " lambda found: found <> 'null')[1]",
    ),
    (
        "flow_json_text(j)",
        "list_transform([j], lambda json: CASE WHEN json[1] = '\"' THEN"
        " json_extract_string(json, '$') WHEN json = 'true' THEN '1' WHEN json = 'false' THEN '0'"
        " WHEN NOT flow_is_structure(json) THEN json END)[1]",
    ),
    ("flow_elements(j)", "CAST(json_extract(flow_list(j), '$[*]') AS VARCHAR[])"),
    # logfmt as a map: of a key that comes twice the first value counts. A quoted value is JSON
    # already, if its escapes are those of JSON.
    (
        "flow_logfmt_value(t)",
        """CASE WHEN t[1] <> '"' THEN CAST(to_json(t) AS VARCHAR) WHEN json_valid(t) THEN t"""
        " ELSE CAST(to_json(t[2:length(t) - 1]) AS VARCHAR) END",
    ),
    (
        "flow_logfmt_pairs(t)",
        r"""regexp_extract_all(t, '[^\s="]+=("([^"\\]|\\.)*"|[^\s"]*)')""",
    ),
    (
        "flow_logfmt(t)",
        "list_transform([list_transform(flow_logfmt_pairs(t), lambda pair:"
        " CAST(to_json(split_part(pair, '=', 1)) AS VARCHAR) || ':'"
        " || flow_logfmt_value(pair[strpos(pair, '=') + 1:]))],"
        " lambda pairs: CASE WHEN len(pairs) > 0 THEN"
        " '{' || array_to_string(pairs, ',') || '}' END)[1]",
    ),
    # CSV: a comma before the text makes every field begin with one, so that no match is empty.
    (
        "flow_csv_field(t)",
        """CASE WHEN t[1] = '"' AND length(t) > 1 THEN"""
        """ replace(regexp_replace(t, '^"(([^"]|"")*)"', '\\1'), '""', '"') ELSE t END""",
    ),
    (
        "flow_csv(t)",
        """CASE WHEN contains(t, '"') THEN list_transform(regexp_extract_all(',' || t,"""
        """ ',("([^"]|"")*"[^,]*|[^,]*)', 1), lambda field: flow_csv_field(field))"""
        " ELSE string_split(t, ',') END",
    ),
    # Blobs: `decode` alone would fail on what is no UTF-8, and TRY is slow where many fail.
    (
        "flow_utf8(b)",
        f"CASE WHEN regexp_full_match(hex(b), '([0-7][0-9A-F]|{_wide_characters('')})*')"
        " THEN decode(b) END",
    ),
    (
        "flow_base64(t)",
        f"CASE WHEN regexp_full_match(t, '{_BASE64}') THEN from_base64(t) END",
    ),
    (
        "flow_url_decode(t)",
        f"CASE WHEN NOT regexp_matches(t, '{_HIGH_BYTE}') THEN url_decode(t)"
        f" WHEN NOT regexp_matches(regexp_replace(t, '(?i)({_wide_characters('%')})', ' ', 'g'),"
        f" '{_HIGH_BYTE}') THEN url_decode(t) END",
    ),
    (
        "flow_hex_number(t)",
        "CASE WHEN t[1] = '-' THEN -1 ELSE 1 END * TRY_CAST(CASE WHEN regexp_full_match(t,"
        " '-?(0[xX])?0*[0-9A-Fa-f]{1,16}') THEN"
        " '0x' || regexp_extract(t, '(?i)^-?(?:0x)?(.*)$', 1) END AS BIGINT)",
    ),
    (
        "flow_hex_ascii(t)",
        "CASE WHEN regexp_full_match(t, '(0[xX])?([0-7][0-9A-Fa-f])*')"
        " THEN decode(unhex(regexp_replace(t, '^0[xX]', ''))) END",
    ),
    (
        "flow_number_hex(n)",
        "CASE WHEN n < 0 THEN '-0x' ELSE '0x' END || format('{:x}', abs(CAST(n AS HUGEINT)))",
    ),
    # '+0200', '+02:00', '+02' or 'Z' as milliseconds; '-0330' counts its minutes down, too.
    (
        "flow_offset_ms(t)",
        "CASE WHEN t = 'Z' THEN 0 WHEN t <> '' THEN CASE WHEN t[1] = '-' THEN -60000 ELSE 60000 END"
        " * (CAST(t[2:3] AS BIGINT) * 60"
        " + coalesce(TRY_CAST(replace(t[4:], ':', '') AS BIGINT), 0)) END",
    ),
    (
        "flow_offset_text(ms)",
        "CASE WHEN ms < 0 THEN '-' ELSE '+' END"
        " || lpad(CAST(abs(ms) // 3600000 AS VARCHAR), 2, '0')"
        " || lpad(CAST(abs(ms) // 60000 % 60 AS VARCHAR), 2, '0')",
    ),
    (
        "flow_moment(n)",
        "CASE WHEN n BETWEEN 0 AND 253402300799999 THEN CAST(n AS BIGINT) END",
    ),
    (
        "flow_year_day(y, n)",
        "CASE WHEN n BETWEEN 1 AND dayofyear(make_date(y, 12, 31)) THEN make_date(y, 1, 1)"
        " + CAST(n - 1 AS INTEGER) END",
    ),
    # The day, where the month has it, else the month's last one; Java resolves dates so.
    (
        "flow_date(y, m, d)",
        "make_date(y, m, least(d, CAST(day(last_day(make_date(y, m, 1))) AS INTEGER)))",
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
    (
        "flow_is_ipv6(t)",
        "CASE WHEN contains(t, ':') THEN flow_is_ipv6_plain(flow_ipv6_plain(t)) IS TRUE"
        " ELSE FALSE END",
    ),
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

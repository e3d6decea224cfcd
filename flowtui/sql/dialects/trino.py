r"""The SQL of Trino, which is that of Amazon Athena's engine version 3.

It has no macros, no named parameters outside of WHERE, no `IS TRUE` and no slices, and it converts
nothing by itself: a text is never compared with a number. Constants are therefore literals, of
which a quote is doubled and nothing else is special.

What it can't say is `EngineLacks`, so that the rest of the query can be run elsewhere on the rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import NoReturn
from zoneinfo import ZoneInfo

from flowtui.model.errors import EngineLacks
from flowtui.sql.dialects.base import Dialect, Engine, Scalar
from flowtui.sql.dialects.joni import NotTranslated, joni
from flowtui.sql.refusals import MARK

_NUMBER = r"[+-]?([0-9]+([.][0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_BASE64 = "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_BLANKS = r"[\t\n\f\r ]*"
_ZEROS = r"'\.?0+\z'"
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r"\"[^\"]*\"|\w+|'(?:[^']|'')*'")
_CONSTANT = re.compile(r"'(?:[^']|'')*'|\(?-?[0-9][0-9.E+-]*\)?")
_WHOLE_TABLE = "SELECT * FROM "
_EPOCH = "TIMESTAMP '1970-01-01 00:00:00.000'"
_BIGINT = range(-(2**63), 2**63)
_DIRECTIVES = {
    "%Y": "%Y", "%y": "%y", "%m": "%m", "%d": "%d", "%H": "%H", "%I": "%h", "%M": "%i",
    "%S": "%s", "%f": "%f", "%j": "%j", "%p": "%p", "%b": "%b", "%B": "%M", "%a": "%a",
    "%A": "%W", "%%": "%%", "%-d": "%e", "%-m": "%c", "%-H": "%k", "%-I": "%l",
}  # fmt: skip
"""How date_format, which has MySQL's letters, spells those of strftime."""


def trino(engine: Engine) -> Dialect:
    """`engine` tells which regular expressions RE2 takes: no others do, as elsewhere."""
    return Dialect(
        name="Athena",
        constants=_Constants(),
        conditions=_Conditions(),
        numbers=_Numbers(),
        texts=_Texts(),
        patterns=_Patterns(engine),
        times=_Times(),
        json=_Json(),
        lists=_Lists(),
        records=_Records(),
        addresses=_Addresses(),
        aggregates=_Aggregates(),
        selects=_Selects(),
    )


def quoted(text: str) -> str:
    """The literal of a text: the only way in which foreign words enter a statement as values."""
    return "'" + text.replace("'", "''") + "'"


def unquoted(literal: str) -> str:
    """The text of such a literal; raises `EngineLacks` for SQL that computes one."""
    if not _LITERAL.fullmatch(literal):
        raise EngineLacks("Athena needs this text written out")
    return literal[1:-1].replace("''", "'")


def _lacks(what: str) -> NoReturn:
    raise EngineLacks(f"Athena can't compute {what}")


def _let(name: str, sql: str, body: str) -> str:
    """`body`, in which `name` is `sql` that is computed once."""
    return f"element_at(transform(ARRAY[{sql}], {name} -> {body}), 1)"


def _whole(text: str, expression: str) -> str:
    pattern = quoted(rf"\A(?:{expression})\z")
    return f"regexp_like({text}, {pattern})"


def _timestamp(ms: str) -> str:
    # Not date_add('millisecond', ...), whose amount is a 32 bit integer.
    return f"(from_unixtime(CAST({ms} AS double) / 1E3) AT TIME ZONE 'UTC')"


def _days(date: str) -> str:
    """Epoch milliseconds of the start of a DATE."""
    return f"(date_diff('day', DATE '1970-01-01', {date}) * 86400000)"


class _Constants:
    def constant(self, value: Scalar, parameters: dict[str, Scalar]) -> str:  # noqa: ARG002
        """A literal: `?` stands in WHERE only. 1.5 alone would be a decimal."""
        if isinstance(value, str):
            return quoted(value)
        if isinstance(value, int) and value in _BIGINT:
            return f"({value})" if value < 0 else str(value)
        return f"DOUBLE '{float(value)!r}'"

    def sort_term(self, sql: str) -> str:
        """A number there would be the number of a column."""
        return f"(SELECT {sql})" if _CONSTANT.fullmatch(sql) else sql

    def failure(self, message: str) -> str:
        return f"fail('{MARK}{message}')"


class _Conditions:
    def met(self, condition: str) -> str:
        return f"coalesce({condition}, FALSE)"

    def unmet(self, condition: str) -> str:
        return f"(NOT coalesce({condition}, FALSE))"

    def number(self, condition: str) -> str:
        return f"CASE WHEN {condition} THEN 1 ELSE 0 END"


class _Numbers:
    integers = "DECIMAL(38, 0)"

    def from_text(self, text: str) -> str:
        def body(name: str) -> str:
            number = f"TRY_CAST({name} AS double)"
            return f"CASE WHEN {_whole(name, _NUMBER)} AND is_finite({number}) THEN {number} END"

        return body(text) if _NAME.fullmatch(text) else _let("t", text, body("t"))

    def text(self, number: str) -> str:
        """The steps of `render.number_text`; each of the two parts is computed once."""
        decimals = (
            "CASE WHEN abs(x) >= 1E0 THEN 4 ELSE 3 - CAST(floor(log10(abs(x))) AS integer) END"
        )
        scaled = (
            f"CAST(CAST(floor(abs(x) * power(1E1, {decimals}) + 5E-1) AS decimal(38, 0))"
            " AS varchar)"
        )
        padded = "lpad(r[1], greatest(length(r[1]), r[2] + 1), '0')"
        cut = f"length({padded}) - r[2]"
        pointed = f"substr({padded}, 1, {cut}) || '.' || substr({padded}, {cut} + 1)"
        shown = _let("r", f"ROW({scaled}, {decimals})", pointed)
        shortest = "CAST(CAST(x AS decimal(38, 4)) AS varchar)"
        return _let(
            "x",
            number,
            "CASE WHEN NOT is_finite(x) THEN NULL"
            " WHEN abs(x) >= 1E37 THEN format('%.0f', x)"
            " WHEN x = truncate(x) THEN CAST(CAST(x AS decimal(38, 0)) AS varchar)"
            f" WHEN abs(x) >= 1.073741824E9 THEN regexp_replace({shortest}, {_ZEROS}, '')"
            " WHEN abs(x) < 1E-290 THEN '0'"
            f" ELSE CASE WHEN x < 0E0 THEN '-' ELSE '' END || regexp_replace({shown}, {_ZEROS}, '')"
            " END",
        )

    def is_finite(self, number: str) -> str:
        return f"is_finite({number})"

    def finite(self, number: str) -> str:
        return _let("f", number, "CASE WHEN is_finite(f) THEN f END")

    def truncated(self, number: str) -> str:
        return f"truncate({number})"

    def quotient(self, dividend: str, divisor: int) -> str:
        return f"({dividend} / {divisor})"

    def from_hex(self, text: str) -> str:
        digits = "regexp_replace(h, '\\A-?(0[xX])?', '')"
        sign = "CASE WHEN starts_with(h, '-') THEN -1 ELSE 1 END"
        fits = _whole("h", "-?(0[xX])?0*[0-9A-Fa-f]{1,16}")
        return _let("h", text, f"CASE WHEN {fits} THEN {sign} * TRY(from_base({digits}, 16)) END")

    def hex(self, number: str) -> str:
        sign = "CASE WHEN n < 0 THEN '-0x' ELSE '0x' END"
        # The least BIGINT has no abs().
        digits = "CASE WHEN n = -9223372036854775808 THEN '8000000000000000'"
        digits += " ELSE to_base(abs(n), 16) END"
        return _let("n", number, f"{sign} || {digits}")

    def haversine(self, latitude: str, longitude: str, other_latitude: str, other: str) -> str:
        half = (
            f"power(sin(radians({other_latitude} - {latitude}) / 2E0), 2E0)"
            f" + cos(radians({latitude})) * cos(radians({other_latitude}))"
            f" * power(sin(radians({other} - {longitude}) / 2E0), 2E0)"
        )
        return _let("half", half, "12742E0 * atan2(sqrt(half), sqrt(greatest(1E0 - half, 0E0)))")


class _Texts:
    def contains(self, text: str, part: str) -> str:
        return f"(strpos({text}, {part}) > 0)"

    def starts_with(self, text: str, part: str) -> str:
        return f"starts_with({text}, {part})"

    def ends_with(self, text: str, part: str) -> str:
        """`ends_with` is in newer versions only."""
        return f"starts_with(reverse({text}), reverse({part}))"

    def size(self, text: str) -> str:
        return f"length(to_utf8({text}))"

    def is_blank(self, text: str) -> str:
        return f"coalesce({_whole(text, _BLANKS)}, TRUE)"

    def trimmed(self, side: str, text: str, characters: str) -> str:
        some = "".join(re.escape(character) for character in unquoted(characters))
        if not some:
            return text
        left, right = rf"\A[{some}]+", rf"[{some}]+\z"
        expression = {"ltrim": left, "rtrim": right, "trim": f"{left}|{right}"}[side]
        return f"regexp_replace({text}, {quoted(expression)}, '')"

    def natural(self, text: str) -> str:
        runs = f"regexp_extract_all(substr({text}, 1, 500), '[0-9]+|[^0-9]+')"
        length = "chr(CAST(48 + least(length(run), 9999) AS integer))"
        key = "CASE WHEN substr(run, 1, 1) BETWEEN '0' AND '9'"
        key += f" THEN '0' || {length} || run ELSE run END"
        return f"(array_join(transform({runs}, run -> {key}), '') || substr({text}, 501))"

    def url_encoded(self, text: str) -> str:
        """Trino writes a form's value: of RFC 3986 four characters differ."""
        plain = f"replace(replace(url_encode({text}), '+', '%20'), '*', '%2A')"
        return f"replace({plain}, '%7E', '~')"

    def url_decoded(self, text: str) -> str:  # noqa: ARG002
        _lacks("urlDecode(), of which it ends the query where a text is not encoded")

    def base64_encoded(self, text: str) -> str:
        return f"to_base64(to_utf8({text}))"

    def base64_decoded(self, text: str) -> str:
        """What is no UTF-8 would be read with other characters in the place of its own."""
        decoded = "from_utf8(from_base64(t))"
        is_text = f"to_utf8({decoded}) = from_base64(t)"
        body = f"CASE WHEN {_whole('t', _BASE64)} THEN CASE WHEN {is_text} THEN {decoded} END END"
        return _let("t", text, body)

    def from_hex(self, text: str) -> str:
        plain = _whole("t", "(0[xX])?([0-7][0-9A-Fa-f])*")
        decoded = "from_utf8(from_hex(regexp_replace(t, '\\A0[xX]', '')))"
        return _let("t", text, f"CASE WHEN {plain} THEN {decoded} END")

    def md5(self, text: str) -> str:
        return f"lower(to_hex(md5(to_utf8({text}))))"

    def sha256(self, text: str) -> str:
        return f"lower(to_hex(sha256(to_utf8({text}))))"


class _Patterns:
    """No function gives all groups of a match: each is extracted by itself."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def refusal(self, expression: str) -> str:
        return self._engine.pattern_refusal(expression)

    def matches(self, text: str, expression: str) -> str:
        return f"regexp_like({text}, {_translated(expression)})"

    def groups(self, text: str, expression: str, count: int) -> str:
        pattern = _translated(expression)
        extracted = (
            f"coalesce(regexp_extract({text}, {pattern}, {number}), '')"
            for number in range(1, count + 1)
        )
        found = f"ARRAY[{', '.join(extracted)}]"
        return f"CASE WHEN regexp_like({text}, {pattern}) THEN {found} END"

    def group(self, groups: str, number: int) -> str:
        return f"element_at({groups}, {number})"

    def every(self, text: str, expression: str, number: int) -> str:
        found = f"regexp_extract_all({text}, {_translated(expression)}, {number})"
        return f"transform({found}, part -> coalesce(part, ''))"

    def replaced(self, text: str, expression: str, rewrite: str) -> str:
        return f"regexp_replace({text}, {_translated(expression)}, {rewrite})"

    def rewrite(self, written: str) -> str:
        r"""A group is `$1`; a dollar and a backslash are themselves after a backslash."""
        return re.sub(
            r"\\([0-9])|\\\\|\$",
            lambda found: f"${found[1]}" if found[1] else "\\" + found[0][-1],
            written,
        )

    def literal_rewrite(self, text: str) -> str:
        return f"replace(replace({text}, '\\', '\\\\'), '$', '\\$')"


@lru_cache(maxsize=256)
def _translated(literal: str) -> str:
    try:
        return quoted(joni(unquoted(literal)))
    except NotTranslated as error:
        raise EngineLacks(f"Athena can't search for this: {error}") from None


class _Times:
    directives = frozenset(_DIRECTIVES)
    lack_of_zones = ""

    def text(self, ms: str) -> str:
        return f"substr(date_format({_timestamp(ms)}, '%Y-%m-%d %H:%i:%s.%f'), 1, 23)"

    def moment(self, number: str) -> str:
        body = "CASE WHEN n BETWEEN 0 AND 253402300799999 THEN CAST(n AS bigint) END"
        return (
            body.replace("n ", f"{number} ") if _NAME.fullmatch(number) else _let("n", number, body)
        )

    def month(self, ms: str) -> str:
        moment = _timestamp(ms)
        return f"((year({moment}) - 1970) * 12 + month({moment}) - 1)"

    def month_start(self, month: str) -> str:
        start = f"date_add('month', {month}, {_EPOCH})"
        return f"date_diff('millisecond', {_EPOCH}, {start})"

    def months_later(self, ms: str, months: int) -> str:
        moved = f"date_add('month', {months}, {_timestamp(ms)})"
        return f"CAST(round(to_unixtime({moved}) * 1E3) AS bigint)"

    def year(self, ms: str) -> str:
        return f"year({_timestamp(ms)})"

    def formatted(self, ms: str, pattern: str) -> str:
        def spelled(found: re.Match[str]) -> str:
            return _DIRECTIVES.get(found[0], found[0])

        written = re.sub(r"%-?.", spelled, unquoted(pattern), flags=re.DOTALL)
        return f"date_format({_timestamp(ms)}, {quoted(written)})"

    def has_zone(self, name: str) -> bool:
        return _has_zone(name)

    def wall_clock(self, ms: str, zone: str) -> str:
        local = f"CAST(at_timezone({_timestamp(ms)}, {zone}) AS timestamp(3))"
        return f"date_diff('millisecond', {_EPOCH}, {local})"

    def instant(self, wall: str, zone: str) -> str:
        local = f"CAST({_timestamp(wall)} AS timestamp(3))"
        return f"CAST(round(to_unixtime(with_timezone({local}, {zone})) * 1E3) AS bigint)"

    def offset(self, text: str) -> str:
        minutes = "coalesce(TRY_CAST(replace(substr(t, 4), ':', '') AS bigint), 0)"
        distance = f"CAST(substr(t, 2, 2) AS bigint) * 60 + {minutes}"
        sign = "CASE WHEN starts_with(t, '-') THEN -60000 ELSE 60000 END"
        return _let(
            "t", text, f"CASE WHEN t = 'Z' THEN 0 WHEN t <> '' THEN {sign} * ({distance}) END"
        )

    def offset_text(self, ms: str) -> str:
        hours = "lpad(CAST(abs(m) / 3600000 AS varchar), 2, '0')"
        minutes = "lpad(CAST(abs(m) / 60000 % 60 AS varchar), 2, '0')"
        return _let("m", ms, f"CASE WHEN m < 0 THEN '-' ELSE '+' END || {hours} || {minutes}")

    def day(self, year: str, month: str, day: str) -> str:
        months = f"({year} - 1970) * 12 + {month} - 1"
        first = f"date_add('month', {months}, DATE '1970-01-01')"
        last = "day(last_day_of_month(d))"
        return _let("d", first, f"{_days('d')} + (least({day}, {last}) - 1) * 86400000")

    def day_of_year(self, year: str, day: str) -> str:
        first = f"date_add('year', {year} - 1970, DATE '1970-01-01')"
        days = "date_diff('day', d, date_add('year', 1, d))"
        start = f"{_days('d')} + ({day} - 1) * 86400000"
        return _let("d", first, f"CASE WHEN {day} BETWEEN 1 AND {days} THEN {start} END")


@lru_cache(maxsize=64)
def _has_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError of some versions
        return False
    except KeyError:
        return False
    return True


class _Json:
    """Athena's own JSON sorts the keys of a map, so that it would look another one."""

    def minified(self, text: str) -> str:  # noqa: ARG002
        _lacks("maps and lists out of a text")

    def structure(self, text: str) -> str:  # noqa: ARG002
        _lacks("maps and lists out of a text")

    def as_list(self, json: str) -> str:
        return f"CASE WHEN {self.is_list(json)} THEN {json} END"

    def is_structure(self, json: str) -> str:
        return f"(substr({json}, 1, 1) IN ('{{', '['))"

    def is_list(self, json: str) -> str:
        return f"(substr({json}, 1, 1) = '[')"

    def size(self, json: str) -> str:
        return f"json_array_length({json})"

    def elements(self, json: str) -> str:  # noqa: ARG002
        _lacks("the elements of a list")

    def text(self, json: str) -> str:  # noqa: ARG002
        _lacks("what is in a map or a list")

    def of_text(self, text: str) -> str:
        return f"json_format(CAST({text} AS json))"

    def of_list(self, texts: str) -> str:
        return f"json_format(CAST({texts} AS json))"

    def path(self, keys: Sequence[str]) -> str:
        return ".".join(keys)

    def at(self, json: str, path: str) -> str:  # noqa: ARG002
        _lacks("what is in a map or a list")

    def at_first(self, json: str, paths: Sequence[str]) -> str:  # noqa: ARG002
        _lacks("what is in a map or a list")

    def of_logfmt(self, text: str) -> str:  # noqa: ARG002
        _lacks("parse logfmt")


class _Lists:
    def of(self, items: Sequence[str]) -> str:
        return f"ARRAY[{', '.join(items)}]"

    def split(self, text: str, separator: str) -> str:
        return f"split({text}, {separator})"

    def of_csv(self, text: str) -> str:  # noqa: ARG002
        _lacks("parse csv")

    def size(self, items: str) -> str:
        return f"cardinality({items})"

    def item(self, items: str, index: int) -> str:
        return f"element_at({items}, {index})"

    def rest(self, items: str, index: int, separator: str) -> str:
        return f"array_join(slice({items}, {index}, cardinality({items})), {separator})"

    def steps(self, first: str, last: str, step: int) -> str:  # noqa: ARG002
        _lacks("the bins that have no records")

    def has(self, items: str, item: str) -> str:
        return f"contains({items}, {item})"

    def position(self, items: Sequence[str], item: str) -> str:
        return f"nullif(array_position(ARRAY[{', '.join(items)}], {item}), 0)"

    def each(self, items: str, name: str, body: str) -> str:
        return f"transform({items}, {name} -> {body})"

    def let(self, name: str, sql: str, body: str) -> str:
        return _let(name, sql, body)


class _Records:
    def key(self, parts: Sequence[str]) -> str:
        return f"ROW({', '.join(parts)})"

    def pair(self, first: str, second: str) -> str:
        return f"ROW({first}, {second})"

    def first(self, pair: str) -> str:
        return f"{pair}[1]"

    def second(self, pair: str) -> str:
        return f"{pair}[2]"


class _Addresses:
    """For the type IPADDRESS ::ffff:10.0.0.1 is 10.0.0.1; here one is IPv6 and one is IPv4."""

    def is_ip(self, text: str) -> str:
        return f"({self.is_ipv4(text)} OR {self.is_ipv6(text)})"

    def is_ipv4(self, text: str) -> str:
        return _whole(text, rf"({_OCTET}\.){{3}}{_OCTET}")

    def is_ipv6(self, text: str) -> str:
        return f"(strpos({text}, ':') > 0 AND TRY_CAST({text} AS ipaddress) IS NOT NULL)"

    def ipv4_number(self, text: str) -> str:
        read = "(high, low) -> high * 256 + CAST(low AS bigint), total -> total"
        number = f"reduce(split(a, '.'), CAST(0 AS bigint), {read})"
        return _let("a", text, f"CASE WHEN {self.is_ipv4('a')} THEN {number} END")

    def comparable(self, text: str, version: int) -> str:
        is_version = f"strpos({text}, ':') {'= 0' if version == 4 else '> 0'}"
        return f"CASE WHEN {is_version} THEN TRY_CAST({text} AS ipaddress) END"

    def bound(self, address: IPv4Address | IPv6Address, parameters: dict[str, Scalar]) -> str:  # noqa: ARG002
        return f"CAST('{address}' AS ipaddress)"


class _Aggregates:
    def sum(self, number: str, *, is_exact: bool) -> str:  # noqa: ARG002
        """The sum of BIGINTs is one: what is larger ends the query, and is never wrong."""
        return f"sum({number})"

    def value_at(self, extreme: str, value: str, key: str) -> str:
        return f"{extreme}_by({value}, {key})"

    def first(self, value: str, order: str) -> str:  # noqa: ARG002
        return ""

    def quantile(self, number: str, share: str) -> str:
        """An estimate, as the service's is."""
        return f"approx_percentile({number}, {share})"

    def quartiles(self, number: str) -> str:
        return f"approx_percentile({number}, ARRAY[25E-2, 75E-2])"

    def distinct(self, text: str, where: str) -> str:
        return f"array_sort(array_agg(DISTINCT {text}) FILTER (WHERE {where}))"

    def some_distinct(self, value: str, other: str, where: str) -> str:  # noqa: ARG002
        return ""

    def listed(self, value: str, order: str) -> str:
        return f"array_agg({value} ORDER BY {order})"


class _Selects:
    """`SELECT *` can leave no column out: what needs that is computed elsewhere."""

    def union(self, selects: Sequence[str]) -> str:
        """Of whole tables, which have their columns in one order."""
        if not all(select.startswith(_WHOLE_TABLE) for select in selects):
            _lacks("rows beside those of the table")
        return " UNION ALL ".join(selects)

    def all_of(self, alias: str, replaced: str, column: str) -> str:  # noqa: ARG002
        if replaced:
            _lacks("a join of records; use stats first")
        return f"{alias}.*"

    def first_of_each(self, relation: str, keys: Sequence[str], order: str) -> str:
        numbered = f"row_number() OVER (PARTITION BY {', '.join(keys)} ORDER BY {order})"
        return (
            f'SELECT * FROM (SELECT *, {numbered} AS "$first" FROM {relation}) WHERE "$first" = 1'
        )

    def nearest(self, relation: str, alias: str, left: str, start: str) -> str:  # noqa: ARG002
        _lacks("cidrlookup")

    def last_present(self, value: str, window: str) -> str:
        return f"last_value({value}) IGNORE NULLS OVER ({window})"

    def unfolded(self, rows: str, lists: Sequence[str], number: str) -> str:  # noqa: ARG002
        _lacks("several rows of one")

    def computed_here(self, sql: str) -> str:
        return sql

    def unnested(self, rows: str, items: str, name: str) -> str:  # noqa: ARG002
        _lacks("rows beside those of the table")

"""The SQL of DuckDB, which calls the macros of `duckdb_macros`: they must be in its database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from flowtui.sql.dialects.base import Dialect, Engine, Scalar
from flowtui.sql.refusals import MARK

_PARAMETER = re.compile(r"\$v[0-9]+")
_DIRECTIVES = frozenset(
    [f"%{letter}" for letter in "aAbBdfHIjmMpSuUVGwWyY%"] + [f"%-{letter}" for letter in "dHIjmMSy"]
)
"""%f is six digits of a second, as in Python."""


def duckdb(engine: Engine) -> Dialect:
    return Dialect(
        name="DuckDB",
        constants=_Constants(),
        conditions=_Conditions(),
        numbers=_Numbers(),
        texts=_Texts(),
        patterns=_Patterns(engine),
        times=_Times(engine),
        json=_Json(),
        lists=_Lists(),
        records=_Records(),
        addresses=_Addresses(),
        aggregates=_Aggregates(),
        selects=_Selects(),
    )


class _Constants:
    def constant(self, value: Scalar, parameters: dict[str, Scalar]) -> str:
        name = f"v{len(parameters) + 1}"
        parameters[name] = value
        return f"${name}"

    def sort_term(self, sql: str) -> str:
        """DuckDB takes no parameter there, but for one in a subselect."""
        return f"(SELECT {sql})" if _PARAMETER.fullmatch(sql) else sql

    def failure(self, message: str) -> str:
        return f"error('{MARK}{message}')"


class _Conditions:
    def met(self, condition: str) -> str:
        return f"(({condition}) IS TRUE)"

    def unmet(self, condition: str) -> str:
        return f"(({condition}) IS NOT TRUE)"

    def number(self, condition: str) -> str:
        return f"CAST(({condition}) IS TRUE AS INTEGER)"


class _Numbers:
    integers = "HUGEINT"

    def from_text(self, text: str) -> str:
        return f"flow_number({text})"

    def text(self, number: str) -> str:
        return f"flow_number_text({number})"

    def is_finite(self, number: str) -> str:
        return f"isfinite({number})"

    def finite(self, number: str) -> str:
        return f"flow_finite({number})"

    def truncated(self, number: str) -> str:
        return f"trunc({number})"

    def quotient(self, dividend: str, divisor: int) -> str:
        return f"({dividend} // {divisor})"

    def from_hex(self, text: str) -> str:
        return f"flow_hex_number({text})"

    def hex(self, number: str) -> str:
        return f"flow_number_hex({number})"

    def haversine(self, latitude: str, longitude: str, other_latitude: str, other: str) -> str:
        return f"flow_haversine({latitude}, {longitude}, {other_latitude}, {other})"


class _Texts:
    def contains(self, text: str, part: str) -> str:
        return f"contains({text}, {part})"

    def starts_with(self, text: str, part: str) -> str:
        return f"starts_with({text}, {part})"

    def ends_with(self, text: str, part: str) -> str:
        return f"ends_with({text}, {part})"

    def size(self, text: str) -> str:
        return f"strlen({text})"

    def is_blank(self, text: str) -> str:
        return rf"coalesce(regexp_full_match({text}, '\s*'), TRUE)"

    def trimmed(self, side: str, text: str, characters: str) -> str:
        return f"{side}({text}, {characters})"

    def natural(self, text: str) -> str:
        return f"flow_natural({text})"

    def url_encoded(self, text: str) -> str:
        return f"url_encode({text})"

    def url_decoded(self, text: str) -> str:
        return f"flow_url_decode({text})"

    def base64_encoded(self, text: str) -> str:
        return f"to_base64(encode({text}))"

    def base64_decoded(self, text: str) -> str:
        return f"flow_utf8(flow_base64({text}))"

    def from_hex(self, text: str) -> str:
        return f"flow_hex_ascii({text})"

    def md5(self, text: str) -> str:
        return f"md5({text})"

    def sha256(self, text: str) -> str:
        return f"sha256({text})"


class _Patterns:
    """DuckDB's engine is RE2 itself; the groups are a struct with a name for each number."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def refusal(self, expression: str) -> str:
        return self._engine.pattern_refusal(expression)

    def matches(self, text: str, expression: str) -> str:
        return f"regexp_matches({text}, {expression})"

    def groups(self, text: str, expression: str, count: int) -> str:
        names = ", ".join(f"'g{number}'" for number in range(1, count + 1))
        return f"regexp_extract({text}, {expression}, [{names}])"

    def group(self, groups: str, number: int) -> str:
        return f"{groups}.g{number}"

    def every(self, text: str, expression: str, number: int) -> str:
        return f"regexp_extract_all({text}, {expression}, {number})"

    def replaced(self, text: str, expression: str, rewrite: str) -> str:
        return f"regexp_replace({text}, {expression}, {rewrite}, 'g')"

    def rewrite(self, written: str) -> str:
        return written

    def literal_rewrite(self, text: str) -> str:
        return f"replace({text}, '\\', '\\\\')"


class _Times:
    """Its time zones are those of the ICU library that DuckDB's wheels bring."""

    directives = _DIRECTIVES

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def text(self, ms: str) -> str:
        return f"flow_timestamp_text({ms})"

    def moment(self, number: str) -> str:
        return f"flow_moment({number})"

    def month(self, ms: str) -> str:
        moment = f"epoch_ms({ms})"
        return f"((year({moment}) - 1970) * 12 + month({moment}) - 1)"

    def month_start(self, month: str) -> str:
        return f"epoch_ms(make_timestamp(1970 + {month} // 12, {month} % 12 + 1, 1, 0, 0, 0.0))"

    def months_later(self, ms: str, months: int) -> str:
        return f"epoch_ms(epoch_ms({ms}) + to_months({months}))"

    def year(self, ms: str) -> str:
        return f"year(epoch_ms({ms}))"

    def formatted(self, ms: str, pattern: str) -> str:
        return f"strftime(epoch_ms({ms}), {pattern})"

    def has_zone(self, name: str) -> bool:
        return self._engine.has_zone(name)

    @property
    def lack_of_zones(self) -> str:
        return self._engine.lack_of_zones

    def wall_clock(self, ms: str, zone: str) -> str:
        return f"epoch_ms(timezone({zone}, make_timestamptz({ms} * 1000)))"

    def instant(self, wall: str, zone: str) -> str:
        return f"epoch_ms(timezone({zone}, epoch_ms({wall})))"

    def offset(self, text: str) -> str:
        return f"flow_offset_ms({text})"

    def offset_text(self, ms: str) -> str:
        return f"flow_offset_text({ms})"

    def day(self, year: str, month: str, day: str) -> str:
        return f"epoch_ms(CAST(flow_date({year}, {month}, {day}) AS TIMESTAMP))"

    def day_of_year(self, year: str, day: str) -> str:
        return f"epoch_ms(CAST(flow_year_day({year}, {day}) AS TIMESTAMP))"


class _Json:
    def minified(self, text: str) -> str:
        return f"flow_json({text})"

    def structure(self, text: str) -> str:
        return f"flow_structure({text})"

    def as_list(self, json: str) -> str:
        return f"flow_list({json})"

    def is_structure(self, json: str) -> str:
        return f"flow_is_structure({json})"

    def is_list(self, json: str) -> str:
        return f"({json}[1] = '[')"

    def size(self, json: str) -> str:
        return f"CAST(json_array_length({json}) AS BIGINT)"

    def elements(self, json: str) -> str:
        return f"flow_elements({json})"

    def text(self, json: str) -> str:
        return f"flow_json_text({json})"

    def of_text(self, text: str) -> str:
        return f"CAST(to_json({text}) AS VARCHAR)"

    def of_list(self, texts: str) -> str:
        return f"CAST(to_json({texts}) AS VARCHAR)"

    def path(self, keys: Sequence[str]) -> str:
        """A JSON pointer."""
        return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)

    def at(self, json: str, path: str) -> str:
        return f"flow_in_json({json}, {path})"

    def at_first(self, json: str, paths: Sequence[str]) -> str:
        return f"flow_in_json_first({json}, [{', '.join(paths)}])"

    def of_logfmt(self, text: str) -> str:
        return f"flow_logfmt({text})"


class _Lists:
    def of(self, items: Sequence[str]) -> str:
        return f"[{', '.join(items)}]"

    def split(self, text: str, separator: str) -> str:
        return f"string_split({text}, {separator})"

    def of_csv(self, text: str) -> str:
        return f"flow_csv({text})"

    def size(self, items: str) -> str:
        return f"len({items})"

    def item(self, items: str, index: int) -> str:
        return f"{items}[{index}]"

    def rest(self, items: str, index: int, separator: str) -> str:
        return f"array_to_string({items}[{index}:], {separator})"

    def steps(self, first: str, last: str, step: int) -> str:
        return f"list_append(range({first}, {last}, {step}), {last})"

    def has(self, items: str, item: str) -> str:
        return f"list_contains({items}, {item})"

    def position(self, items: Sequence[str], item: str) -> str:
        return f"list_position([{', '.join(items)}], {item})"

    def each(self, items: str, name: str, body: str) -> str:
        return f"list_transform({items}, lambda {name}: {body})"

    def let(self, name: str, sql: str, body: str) -> str:
        return f"list_transform([{sql}], lambda {name}: {body})[1]"


class _Records:
    def key(self, parts: Sequence[str]) -> str:
        return f"row({', '.join(parts)})"

    def pair(self, first: str, second: str) -> str:
        return f"struct_pack(t := {first}, n := {second})"

    def first(self, pair: str) -> str:
        return f"{pair}.t"

    def second(self, pair: str) -> str:
        return f"{pair}.n"


class _Addresses:
    def is_ip(self, text: str) -> str:
        return f"flow_is_ip({text})"

    def is_ipv4(self, text: str) -> str:
        return f"flow_is_ipv4({text})"

    def is_ipv6(self, text: str) -> str:
        return f"flow_is_ipv6({text})"

    def ipv4_number(self, text: str) -> str:
        return f"flow_ipv4({text})"

    def comparable(self, text: str, version: int) -> str:
        return f"flow_ipv{version}({text})"

    def bound(self, address: IPv4Address | IPv6Address, parameters: dict[str, Scalar]) -> str:
        if isinstance(address, IPv4Address):
            return _Constants().constant(int(address), parameters)
        # No parameter is that large a number.
        return f"CAST({_Constants().constant(str(int(address)), parameters)} AS UHUGEINT)"


class _Aggregates:
    def sum(self, number: str, *, is_exact: bool) -> str:  # noqa: ARG002
        """The sum of BIGINTs is a HUGEINT."""
        return f"sum({number})"

    def value_at(self, extreme: str, value: str, key: str) -> str:
        return f"arg_{extreme}({value}, {key})"

    def first(self, value: str, order: str) -> str:
        return f"first({value} ORDER BY {order})"

    def quantile(self, number: str, share: str) -> str:
        """Exact, where others estimate it."""
        return f"quantile_disc({number}, {share})"

    def quartiles(self, number: str) -> str:
        return f"quantile_disc({number}, [0.25, 0.75])"

    def distinct(self, text: str, where: str) -> str:
        return f"list_sort(list(DISTINCT {text}) FILTER (WHERE {where}))"

    def some_distinct(self, value: str, other: str, where: str) -> str:
        """A count of DISTINCT would keep all rows, with their keys, for another pass.

        Hashes of 64 bits are kept: two of a million are alike in one of 10^7 groups.
        """
        some = f"list(hash({value})) FILTER (WHERE ({where}) AND {value} IS NOT NULL)"
        rest = f"max(hash({other})) FILTER (WHERE ({where}) IS NOT TRUE)"
        return f"list_unique(list_append({some}, {rest}))"

    def listed(self, value: str, order: str) -> str:
        return f"list({value} ORDER BY {order})"


class _Selects:
    def union(self, selects: Sequence[str]) -> str:
        return " UNION ALL BY NAME ".join(selects)

    def all_of(self, alias: str, replaced: str, column: str) -> str:
        return f"{alias}.* REPLACE ({replaced} AS {column})" if replaced else f"{alias}.*"

    def first_of_each(self, relation: str, keys: Sequence[str], order: str) -> str:
        return f"SELECT DISTINCT ON ({', '.join(keys)}) * FROM {relation} ORDER BY {order}"

    def nearest(self, relation: str, alias: str, left: str, start: str) -> str:
        return f"ASOF LEFT JOIN {relation} AS {alias} ON {left} >= {alias}.{start}"

    def last_present(self, value: str, window: str) -> str:
        return f"last_value({value} IGNORE NULLS) OVER ({window})"

    def unfolded(self, rows: str, lists: Sequence[str], number: str) -> str:
        items = ", ".join(f"unnest({column}) AS {column}" for column in lists)
        counted = f"generate_subscripts({lists[0]}, 1) AS {number}"
        others = f"* EXCLUDE ({', '.join(lists)})"
        return f"SELECT {others}, {items}, {counted} FROM {rows}"

    def computed_here(self, sql: str) -> str:
        """What is random is not pushed down into the subselects below it."""
        return f"CASE WHEN random() < 2 THEN {sql} END"

    def unnested(self, rows: str, items: str, name: str) -> str:
        return f"SELECT unnest({items}) AS {name} FROM {rows}"

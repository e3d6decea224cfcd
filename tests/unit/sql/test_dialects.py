"""The seam between the compiler and the engines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from flowtui.backends.duckdb.dialect import DIALECT
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.errors import QueryError
from flowtui.model.timerange import TimeRange
from flowtui.sql.compile import Compiled, Compiler
from flowtui.sql.dialects.base import Dialect
from flowtui.sql.dialects.duckdb_macros import MACROS
from flowtui.sql.environment import Blocks, LookupTable
from flowtui.sql.pipelines import Library
from flowtui.sql.scope import Table
from tests.foreign_dialect import CALL, OWN, foreign_dialect, methods, without_dialect
from tests.unit.corpus import ACCEPTED, PLAYBOOK

WINDOW = TimeRange(datetime(2022, 4, 1, 15, tzinfo=UTC), datetime(2022, 4, 1, 16, tzinfo=UTC))
NOW = datetime(2022, 4, 1, 17, tzinfo=UTC)
TABLES = tuple(Table(name, ARTICLE_FORMAT, name) for name in ("/vpc/a", "/vpc/b"))
LIBRARY = Library(
    lookups={
        "hosts": LookupTable("hosts", "hosts", ("ip_address", "hostname", "owner"), {}),
        "nets": LookupTable(
            "nets", "nets", ("cidr", "site", "owner"), {"cidr": Blocks("nets4", "nets6")}
        ),
    }
)

_SHARED = """
    ABS ANY_VALUE AVG CAST CEIL COALESCE CONCAT_WS COUNT FLOOR GREATEST LAG LEAST LENGTH LN LOWER
    LPAD MAX MIN NULLIF POW REPLACE ROUND ROW_NUMBER RPAD SQRT STDDEV_POP SUBSTR SUM TRY_CAST
    UPPER VAR_POP IN OVER
"""
SHARED = frozenset(_SHARED.split())
"""What engines have under one name and stands before a bracket."""
FOREIGN = re.compile(
    r"\[|//|:=|::|\blambda\b|\bIS (NOT )?TRUE\b|\bEXCLUDE\b|\* REPLACE\b|\bBY NAME\b|\bASOF\b"
    r"|\bDISTINCT ON\b|\bIGNORE NULLS\b|\bHUGEINT\b|\bunnest\b|\bQUALIFY\b"
)
"""What one engine says in its own way."""

MORE = (
    "fields ipv4ToNumber(srcaddr), dateceil(@timestamp, 1mo), messageSize(action), bytes ^ 2",
    'fields formatDate(@timestamp, "%e %C %s %z %Y"), isblank(action), trim(action), toInt(bytes)',
    'fields parseDate(action, "yyyy MMM d XXX", "Europe/Berlin"), parseDate(action, "y-D", "+01")',
    'fields jsonArrayContains(@message, "x"), jsonArraySize(@message), split(action, ",")[0]',
    "fields jsonParse(@message) as m | fields m.a.b, jsonStringify(m), m.a + 1 | filter m.x != 1",
    "fields base64Encode(action), base64Decode(action), urlEncode(action), urlDecode(action)",
    "fields hexToAscii(action), hexToDec(action), decToHex(bytes), md5(action), sha256(action)",
    'fields regexReplace(action, "(a)", srcaddr), regexReplace(action, /(a)/, "\\\\1")',
    'fields haversine(1, 2, bytes, 4), startsWith(action, "A"), endsWith(action, "T")',
    'filter isPublicIP(srcaddr) or isIpInSubnet(srcaddr, "fd00::/8") or isValidIpV6(srcaddr)',
    "fields jsonParse(@message) as m | unnest m.list into x",
    "expand action | filldown | filldown bytes | outlier uselower=true mark=true bytes",
    "parse @message /(?<x>[0-9]+)/ multi | parse @message /(?<y>a)/ | parse action '*=*' as k, v",
    "parse @message logfmt as m | parse @message csv as a, b | json field=@message 'a.b' as c",
    "stats count(*) as n by bin(1h), action | fillmissing with 0 for n | accum n",
    "stats sum(bytes) as n by action | addtotals col=true",
    "stats topk(3, action) | limit 1",
    "stats count_distinct(if(bytes > 9, srcaddr, 0))",
    "stats values(action), earliest(bytes), sortsLast(action), pct(bytes, 95) by srcaddr",
    "stats rate(bytes, 1m), max(action) by bin(1h) offset 1mo",
    "dedup srcaddr | limit 5 | dedup dstaddr | tail 3 | estimate",
    "addtotals | sessionize srcaddr | autoregress bytes | dedup srcaddr",
    "lookup hosts ip_address as srcaddr OUTPUTNEW owner as action",
    "cidrlookup nets dstaddr as cidr OUTPUT site",
    "sort bytes | fields 1 as one | sort one",
    'fields isValidIpV4(srcaddr), coalesce(bytes / 2, 1), concat(@timestamp, "x")',
)


def compiled(text: str, dialect: Dialect) -> Compiled:
    return Compiler(dialect).compile(text, TABLES, WINDOW, None, NOW, LIBRARY)


def statements(found: Compiled) -> tuple[str, ...]:
    checks = (check.sql for check in found.checks)
    return tuple(filter(None, (found.sql, found.scanned, found.matched, *checks)))


def queries() -> Iterator[str]:
    """All that the compiler takes; what it leaves to the service is no matter of a dialect."""
    for text in (*ACCEPTED.values(), *PLAYBOOK.values()):
        with suppress(QueryError):
            compiled(text, DIALECT)
            yield text
    yield from MORE


QUERIES = tuple(queries())


@pytest.mark.parametrize("text", QUERIES)
def test_what_one_engine_says_in_its_own_way_comes_from_its_dialect(text: str) -> None:
    for sql in statements(compiled(text, foreign_dialect())):
        written = without_dialect(sql)
        assert not FOREIGN.search(written), written
        assert {name.upper() for name in CALL.findall(written)} <= SHARED, written


def test_all_that_a_dialect_has_is_asked_for() -> None:
    found = [compiled(text, foreign_dialect()) for text in QUERIES]
    asked = {name for each in found for sql in statements(each) for name in OWN.findall(sql)}
    assert asked == methods()


def test_every_macro_that_is_called_is_there() -> None:
    made = {signature.partition("(")[0] for signature, _ in MACROS}
    found = [compiled(text, DIALECT) for text in QUERIES]
    called = {name for each in found for sql in statements(each) for name in CALL.findall(sql)}
    assert {name for name in called if name.startswith("flow_")} <= made

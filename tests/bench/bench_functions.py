"""How long each function takes on 1,000,000 flow-log records, slowest first.

    python -m tests.bench.bench_functions [--records N] [--only NAME]

A scalar function is averaged or counted, so that it is computed for each record.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.macros import install
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.timerange import TimeRange
from flowtui.query.catalogue import FUNCTIONS, Engine, canonical
from flowtui.query.parser import parse
from flowtui.query.scope import calls_in
from flowtui.sql.compile import Compiled
from flowtui.sql.scope import Table
from flowtui.sql.value import ValueKind

FORMAT = FlowFormat.parse(
    "${srcaddr} ${bytes} ${start} ${action} ${instance-id} ${az-id} ${vpc-id}"
)
START = datetime(2022, 4, 1, 15, tzinfo=UTC)
WINDOW = TimeRange(START, datetime(2022, 4, 2, tzinfo=UTC))

_RECORDS = """
    CREATE TABLE g AS SELECT
        $start + n * 30 AS "@timestamp", $start AS "@ingestionTime",
        concat_ws(' ', srcaddr, bytes, start, action) AS "@message", 'eni-1' AS "@logStream",
        'a:g' AS "@log", 'g/' || lpad(n::VARCHAR, 12, '0') AS "@ptr", *
    FROM (SELECT range AS n, format('10.{}.{}.{}', n % 7, n * 7919 % 251, n % 253) AS srcaddr,
        CASE WHEN n % 100 = 0 THEN '-' ELSE (n * 7919 % 65521)::VARCHAR END AS bytes,
        TRY_CAST(bytes AS BIGINT) AS "bytes#",
        ($start // 1000 + n // 33)::VARCHAR AS start, start::BIGINT AS "start#",
        CASE WHEN n % 5 = 0 THEN 'REJECT' ELSE 'ACCEPT' END AS action,
        format('{{"user" : {{"id": {}, "name": "n{}"}}, "ports": [{}, 22, "x"]}}',
               n, n % 1000, n % 60000) AS instance_id,
        strftime(epoch_ms($start + n * 1000), '%Y-%m-%d %H:%M:%S') AS az_id,
        to_base64(encode('ü' || n::VARCHAR)) AS vpc_id
    FROM range($records))
"""

_SCALARS = (
    "bin(5m)", "datefloor(@timestamp, 25m)", "dateceil(@timestamp, 1mo)",
    "fromMillis(start * 1000)", "toMillis(@timestamp)", "now()",
    'parseDate(az_id, "yyyy-MM-dd HH:mm:ss")',
    'parseDate(az_id, "yyyy-MM-dd HH:mm:ss", "Europe/Berlin")', 'parseDate(action, "yyyy-MM-dd")',
    'formatDate(@timestamp, "%Y-%m-%d %H:%M")',
    'formatDate(@timestamp, "%d %e %H %z", "Europe/Berlin")', "queryStartTime()", "queryEndTime()",
    "queryTimeRange()", "histogram(bytes, 100)", "abs(bytes)", "ceil(bytes)", "floor(bytes)",
    "greatest(bytes, start)", "least(bytes, start)", "log(bytes)", "round(bytes / 7, 2)",
    "sqrt(bytes)", "haversine(bytes, 13.4, start, 2)", "toNumber(bytes)", "toInt(bytes)",
    "toLong(bytes)", "toDouble(bytes)", "ispresent(bytes)", "coalesce(nothing, bytes)",
    'case(bytes > 9, "a", bytes > 5, "b", "c")', 'if(bytes > 9, "a", "b")', "isNumeric(srcaddr)",
    "messageSize(@message)", "jsonParse(instance_id)", "jsonParse(instance_id).user.name",
    "jsonParse(srcaddr)", "jsonStringify(jsonParse(instance_id))",
    "jsonArraySize(jsonParse(instance_id).ports)",
    'jsonArrayContains(jsonParse(instance_id).ports, "x")', "isValidIp(srcaddr)",
    "isValidIpV4(srcaddr)", "isValidIpV6(srcaddr)", 'isIpInSubnet(srcaddr, "10.0.0.0/8")',
    'isIpv4InSubnet(srcaddr, "10.0.0.0/8")', 'isIpv6InSubnet(srcaddr, "fd00::/8")',
    "ipv4ToNumber(srcaddr)", "isPrivateIP(srcaddr)", "isPublicIP(srcaddr)", "isReservedIP(srcaddr)",
    "isempty(action)", "isblank(action)", 'concat(srcaddr, ":", bytes)', 'ltrim(srcaddr, "1")',
    'rtrim(srcaddr, "1")', 'trim(srcaddr, "1")', "strlen(srcaddr)", "toupper(action)",
    "tolower(action)", "substr(srcaddr, 3, 4)", 'replace(srcaddr, ".", "-")',
    'regexReplace(srcaddr, "[0-9]+", "#")', 'strcontains(srcaddr, ".7.")',
    'startsWith(srcaddr, "10.7")', 'endsWith(srcaddr, ".7")', "urlencode(instance_id)",
    'urldecode("%C3%BC" + az_id)', "urldecode(concat(az_id, \"%C3%BC%20\"))",
    'urldecode(concat(az_id, "%ff"))', "base64encode(srcaddr)", "base64decode(vpc_id)",
    "base64decode(az_id)", 'split(srcaddr, ".")', 'split(srcaddr, ".")[3]', "hexToAscii(bytes)",
    "hexToDec(bytes)", "decToHex(bytes)", "md5(srcaddr)", "sha256(srcaddr)",
)  # fmt: skip
_AGGREGATES = (
    "stats count(*)", "stats count_distinct(srcaddr)", "stats sum(bytes)", "stats avg(bytes)",
    "stats min(bytes), max(srcaddr)", "stats pct(bytes, 95)",
    "stats stddev(bytes)", "stats variance(bytes)", "stats earliest(bytes)", "stats latest(bytes)",
    "stats sortsFirst(srcaddr)", "stats sortsLast(srcaddr)", "stats values(srcaddr)",
    "stats topk(10, srcaddr)", "stats topk(10, @ptr)", "stats rate(bytes, 1m) by bin(5m)",
    "stats countOverTime(*) by bin(5m)", "stats sumOverTime(bytes) by bin(5m) offset 1h",
    "stats count(*) by histogram(bytes, 1000)",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    with duckdb.connect(":memory:") as connection:
        install(connection)
        parameters = {"start": WINDOW.start_ms, "records": options.records}
        connection.execute(_RECORDS, parameters)
        found = sorted(_timed(connection, options.only), reverse=True)
    for seconds, text in found:
        print(f"{seconds * 1000:8.0f} ms  {text}")


def _timed(connection: duckdb.DuckDBPyConnection, only: str) -> Iterator[tuple[float, str]]:
    for text, query in _queries().items():
        if only.lower() in text.lower():
            yield _seconds(connection, query), text


def _queries() -> dict[str, str]:
    scalars = {text: f"fields {text} as x | {_whole(text)}" for text in (*_SCALARS, *_others())}
    return scalars | {text: text for text in _AGGREGATES}


def _others() -> Iterator[str]:
    """The examples of the scalar functions that are not named above."""
    named = {
        canonical(call.name)
        for text in (*(f"fields {text}" for text in _SCALARS), *_AGGREGATES)
        for call in calls_in(parse(text))
    }
    for name, info in FUNCTIONS.items():
        if name not in named and not info.aggregate and info.runs_on(Engine.LOCAL):
            yield info.example


def _whole(text: str) -> str:
    """What computes a value for each record and little more: no number is written as text."""
    match _compiled(f"fields {text} as x").columns[0].kind:
        case ValueKind.NUMBER | ValueKind.TIMESTAMP:
            return "stats avg(x)"
        case ValueKind.TEXT:
            return "filter not isempty(x) | stats count(*)"
        case ValueKind.JSON:
            return "filter ispresent(x) | stats count(*)"


def _compiled(query: str) -> Compiled:
    return compile_query(query, [Table("g", FORMAT, "g")], WINDOW, None, START)


def _seconds(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    compiled = _compiled(query)
    begun = time.perf_counter()
    fetch(connection, compiled)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()

"""What is believed of Athena, tried on a real account: by hand, for it costs some cents.

    python -m tests.live.athena --region eu-west-1 --results s3://bucket/folder/ \\
        [--profile P] [--workgroup W] [--table flows.vpc_flow_logs]

Each check prints what was found, and `DIFFERS` where that is not what flowtui takes for true.
Without a table only statements that read nothing are run. Nothing is created, and nothing is
deleted: the results that Athena writes stay.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import ClientError

from flowtui.backends.athena.results import read_csv
from flowtui.backends.athena.statement import AthenaCompiler
from flowtui.backends.athena.table import GLUE, FlowTable
from flowtui.backends.aws.decode import Entry
from flowtui.backends.duckdb.dialect import ENGINE
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.errors import QueryError
from flowtui.model.timerange import TimeRange
from flowtui.sql.dialects.trino import trino
from tests.athena_tables import flow_table
from tests.unit.corpus import ACCEPTED, PLAYBOOK

LONGEST = 300.0
"""Seconds for one query."""


@dataclass
class Account:
    athena: Any
    s3: Any
    workgroup: str
    results: str

    def run(self, sql: str) -> dict[str, Any]:
        """The execution, ended."""
        started = self.athena.start_query_execution(
            QueryString=sql,
            WorkGroup=self.workgroup,
            ResultConfiguration={"OutputLocation": self.results},
        )
        deadline = time.monotonic() + LONGEST
        while True:
            told = self.athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])
            execution: dict[str, Any] = told["QueryExecution"]
            if execution["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                return execution
            if time.monotonic() > deadline:
                self.athena.stop_query_execution(QueryExecutionId=started["QueryExecutionId"])
                raise SystemExit(f"a query took more than {LONGEST:g} s and was stopped: {sql}")
            time.sleep(0.5)

    def rows(self, sql: str) -> list[list[str | None]]:
        """The rows, the header among them; of a query that failed one with the reason."""
        execution = self.run(sql)
        if execution["Status"]["State"] != "SUCCEEDED":
            return [[f"FAILED: {execution['Status'].get('StateChangeReason', 'no reason')}"]]
        key = execution["QueryExecutionId"]
        found = self.athena.get_query_results(QueryExecutionId=key, MaxResults=1000)
        return [[c.get("VarCharValue") for c in r["Data"]] for r in found["ResultSet"]["Rows"]]

    def value(self, expression: str) -> str | None:
        return self.rows(f"SELECT {expression}")[-1][0]


def check(name: str, found: object, believed: object) -> None:
    mark = "ok     " if found == believed else "DIFFERS"
    print(f"{mark} {name}: {found!r}" + ("" if found == believed else f", believed {believed!r}"))


Check = Callable[[Account], Iterator[tuple[str, object, object]]]


def expressions(account: Account) -> Iterator[tuple[str, object, object]]:
    """Each of the dialect's, on values that DuckDB and PyVelox were asked, too."""
    d = trino(ENGINE)
    asked = (
        ("number of text", d.numbers.from_text("'1.5e3'"), "1500.0"),
        ("no number", d.numbers.from_text("' 12 '"), None),
        ("text of a number", d.numbers.text("DOUBLE '0.000123456'"), "0.0001235"),
        ("text of a large one", d.numbers.text("DOUBLE '346952038'"), "346952038"),
        ("time", d.times.text("1648825200123"), "2022-04-01 15:00:00.123"),
        ("month", d.times.month_start(d.times.month("1648825200123")), "1648771200000"),
        ("a zone", d.times.wall_clock("1648825200000", "'Europe/Berlin'"), "1648832400000"),
        ("and back", d.times.instant("1648832400000", "'Europe/Berlin'"), "1648825200000"),
        ("date", d.times.formatted("1648825200000", "'%d.%m.%Y %H:%M'"), "01.04.2022 15:00"),
        ("ends with", d.conditions.number(d.texts.ends_with("'abc'", "'bc'")), "1"),
        ("trim", d.texts.trimmed("trim", "'--a-'", "'-'"), "a"),
        ("natural key", d.texts.natural("'10.0.0.9'"), "0210.010.010.019"),
        ("replacement", d.patterns.replaced("'a1b2'", "'([0-9])'", "'<$1>'"), "a<1>b<2>"),
        ("hexadecimal", d.numbers.from_hex("'0xff'"), "255"),
        ("address", d.addresses.ipv4_number("'10.0.0.1'"), "167772161"),
        ("IPv6", d.conditions.number(d.addresses.is_ipv6("'2001:db8::1'")), "1"),
        ("URL", d.texts.url_encoded("'a b*~'"), "a%20b%2A~"),
        ("SHA-256", d.texts.sha256("''"), "e3b0c44298fc1c149afbf4c8996fb924"
         "27ae41e4649b934ca495991b7852b855"),
        ("fails with its sentence", d.constants.failure("so it is"), "FAILED"),
    )  # fmt: skip
    for name, sql, believed in asked:
        found = account.value(sql)
        is_told = found is not None and found.startswith("FAILED") and "so it is" in found
        yield name, "FAILED" if is_told else found, believed


def session(account: Account) -> Iterator[tuple[str, object, object]]:
    yield "time zone of the session", account.value("current_timezone()"), "UTC"
    yield "$ before a line end", account.value(r"regexp_like(concat('a', chr(10)), 'a\z')"), "false"
    rows = account.rows('SELECT 1 AS "A", 2 AS "a"')
    yield "names of columns", rows[0], ["A", "a"]
    execution = account.run("SELECT CAST(NULL AS varchar), '', 'a\"b'")
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"][5:].partition("/")
    body = account.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    yield "NULL and empty in CSV", list(read_csv(body, 3)), [(None, "", 'a"b')]


def failures(account: Account) -> Iterator[tuple[str, object, object]]:
    for name, sql, believed in (
        ("no such table", "SELECT * FROM flowtui_nosuch.nosuch", 1110),
        ("no statement", "SELEC 1", 1006),
    ):
        try:
            status = account.run(sql)["Status"]
            yield name, status.get("AthenaError", {}).get("ErrorType"), believed
        except ClientError as error:
            yield name, error.response["Error"]["Code"], "InvalidRequestException"
    ended = account.run("SELECT 1")["QueryExecutionId"]
    answer = account.athena.stop_query_execution(QueryExecutionId=ended)
    yield "stop of an ended query", answer["ResponseMetadata"]["HTTPStatusCode"], 200


def statements(account: Account) -> Iterator[tuple[str, object, object]]:
    """Every statement of the corpus is one: over no records, so that nothing is read."""
    columns = (
        f'CAST(NULL AS {"bigint" if i.type.is_number else "varchar"}) AS "{i.column}"'
        for i in ARTICLE_FORMAT.fields
    )
    table = flow_table(ARTICLE_FORMAT, "empty", {})
    empty = f"(SELECT * FROM (SELECT {', '.join(columns)}) WHERE FALSE)"
    start = datetime(2022, 4, 1, 15, tzinfo=UTC)
    window = TimeRange(start, start + timedelta(hours=1))
    for name, text in {**ACCEPTED, **PLAYBOOK}.items():
        try:
            sql = AthenaCompiler(ENGINE).compile(text, [table], window, None, window.end).sql
        except (QueryError, KeyError):
            continue
        status = account.run(sql.replace(table.relation, empty))["Status"]
        yield name, status.get("StateChangeReason") or status["State"], "SUCCEEDED"


def table_of(account: Account, name: str) -> Iterator[tuple[str, object, object]]:
    """The records of the last hour that is delivered."""
    database, _, plain = name.partition(".")
    told = account.athena.get_table_metadata(
        CatalogName=GLUE, DatabaseName=database, TableName=plain
    )
    table = FlowTable.read(Entry(told["TableMetadata"]), GLUE, database)
    yield "it is a table of flow logs", table.holds_flow_logs, True
    end = datetime.now(UTC) - timedelta(minutes=30)
    window = TimeRange(end - timedelta(hours=1), end)
    compiled = AthenaCompiler(ENGINE).compile("stats count(*) as n", [table], window, None, end)
    execution = account.run(compiled.sql)
    yield "it can be asked", execution["Status"]["State"], "SUCCEEDED"
    print(f"        scanned {execution['Statistics'].get('DataScannedInBytes')} bytes")
    for info in table.format.fields:
        column = f'"{table.fields[info].name}"'
        sql = f"SELECT count(*) FROM {table.relation} WHERE {column} IS NULL LIMIT 1"
        print(f"        NULL in {info.name}: {account.rows(sql)[-1][0]}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", required=True)
    parser.add_argument("--workgroup", default="primary")
    parser.add_argument("--profile")
    parser.add_argument("--region")
    parser.add_argument("--table")
    given = parser.parse_args()
    made = boto3.Session(profile_name=given.profile, region_name=given.region)
    account = Account(made.client("athena"), made.client("s3"), given.workgroup, given.results)
    for group in (session, expressions, failures, statements):
        print(f"\n{group.__name__}")
        for name, found, believed in group(account):
            check(name, found, believed)
    if given.table:
        print(f"\n{given.table}")
        for name, found, believed in table_of(account, given.table):
            check(name, found, believed)


if __name__ == "__main__":
    main()

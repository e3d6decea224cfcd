"""The article's six queries give the article's tables on the sample (article.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pytest

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.macros import install
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.run import ResultSet
from flowtui.model.timerange import TimeRange
from flowtui.sample import article_lines
from flowtui.sql.scope import Table
from tests.tables import make_table

WINDOW = TimeRange(
    datetime(2022, 4, 1, 15, 18, tzinfo=UTC), datetime(2022, 4, 1, 15, 24, tzinfo=UTC)
)
PARSE = (
    'parse @message "* * * * * * * * * * * * * * * * * * * * * * * * * * *" as account_id, vpc_id, '
    "subnet_id, interface_id,instance_id, srcaddr, srcport, dstaddr, dstport, protocol, packets, "
    "bytes, action, log_status, start, end, flow_direction, traffic_path, tcp_flags, pkt_srcaddr, "
    "pkt_src_aws_service, pkt_dstaddr, pkt_dst_aws_service, region, az_id, sublocation_type, "
    "sublocation_id\n"
)
ONE_PAIR = (
    'filter srcaddr in ["172.31.1.247","172.31.11.212"] and dstaddr in '
    '["172.31.1.247","172.31.11.212"] and protocol = 6 and (dstport = 80 or srcport=80)'
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        install(made)
        yield made


@pytest.fixture(scope="module", params=["columns", "text"])
def table(connection: duckdb.DuckDBPyConnection, request: pytest.FixtureRequest) -> Table:
    """Answered from typed columns, and from the text of the lines."""
    made = make_table(connection, "/vpc/article", list(article_lines()), ARTICLE_FORMAT)
    return replace(made, is_uniform=request.param == "columns")


def run(connection: duckdb.DuckDBPyConnection, table: Table, text: str) -> ResultSet:
    compiled = compile_query(text, [table], WINDOW, None, datetime(2022, 4, 2, tzinfo=UTC))
    return fetch(connection, compiled)


def test_1_latest(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    text = f"#Retrieve latest custom VPC Flow Logs\n{PARSE}| sort start desc\n| limit 2"
    found = run(connection, table, text)
    assert found.columns == (*ARTICLE_FORMAT.columns, "@ptr")
    assert [row[3:7] for row in found.rows] == [
        ("eni-0435cbb62960f230e", "-", "172.31.0.104", "55125"),
        ("eni-0435cbb62960f230e", "-", "91.240.118.81", "49422"),
    ]


def test_2_by_pair(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    text = (
        f"{PARSE}| stats sum(bytes) as Data_Transferred by srcaddr, dstaddr, flow_direction\n"
        "| sort by Data_Transferred desc\n| limit 2"
    )
    assert run(connection, table, text) == ResultSet(
        ("srcaddr", "dstaddr", "flow_direction", "Data_Transferred"),
        (
            ("172.31.1.247", "3.230.172.154", "egress", "346952038"),
            ("172.31.0.46", "3.230.172.154", "egress", "343799447"),
        ),
        ("srcaddr", "dstaddr", "flow_direction"),
    )


def test_3_by_instance(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    text = (
        f"{PARSE}| stats sum(bytes) as Data_Transferred by instance_id\n"
        "| sort by Data_Transferred desc\n| limit 5"
    )
    assert run(connection, table, text).rows == (
        ("-", "1443477306"),
        ("i-03205758c9203c979", "517558754"),
        ("i-0ae33894105aa500c", "324629414"),
        ("i-01506ab9e9e90749d", "198063232"),
        ("i-0724007fef3cb06f3", "54847643"),
    )


def test_4_rejected_ssh(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    text = (
        f'{PARSE}| filter action = "REJECT" and protocol = 6 and dstport = 22\n'
        "| stats sum(bytes) as SSH_Traffic_Volume by srcaddr\n"
        "| sort by SSH_Traffic_Volume desc\n| limit 2"
    )
    assert run(connection, table, text).rows == (
        ("23.95.222.129", "160"),
        ("179.43.167.74", "80"),
    )


def test_5_one_pair(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    text = (
        f"#HTTP Data Stream for Specific Source/Destination Pair\n{PARSE}| {ONE_PAIR}\n"
        "| display interface_id,srcaddr, srcport, dstaddr, dstport, protocol, bytes, action, "
        "log_status, start, end, flow_direction, tcp_flags\n| sort by start desc\n| limit 2"
    )
    found = run(connection, table, text)
    assert found.columns[-4:] == ("end", "flow_direction", "tcp_flags", "@ptr")
    interface = "eni-0b74120275654905e"
    assert [row[:9] for row in found.rows] == [
        (interface, "172.31.11.212", "80", "172.31.1.247", "29376", "6", "5160876", "ACCEPT", "OK"),
        (interface, "172.31.1.247", "29376", "172.31.11.212", "80", "6", "97380", "ACCEPT", "OK"),
    ]


def test_6_time_series(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    text = f"{PARSE}| {ONE_PAIR}\n| stats sum(bytes) as Data_Transferred by bin(1m)"
    found = run(connection, table, text)
    assert found.columns == ("bin(1m)", "Data_Transferred")
    assert found.rows == (
        ("2022-04-01 15:23:00.000", "17225787"),
        ("2022-04-01 15:21:00.000", "17724499"),
        ("2022-04-01 15:20:00.000", "1125500"),
        ("2022-04-01 15:19:00.000", "101525"),
        ("2022-04-01 15:18:00.000", "81376"),
    )

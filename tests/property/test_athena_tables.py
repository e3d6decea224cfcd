"""Text, Parquet, and tables partitioned in any way give one answer.

The partitions are those that the records would lie in: by the time of their end, or somewhat late.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.backends.athena.statement import AthenaCompiler
from flowtui.backends.athena.table import FlowTable
from flowtui.backends.duckdb.dialect import ENGINE
from flowtui.backends.duckdb.macros import install
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.serve.athena.translation import to_duckdb
from flowtui.sql.parameters import identifier
from tests.athena_tables import PROJECTED, flow_table
from tests.property.laws import searched
from tests.property.strategies import FORMAT, SECONDS, START, logs
from tests.property.test_engine import NOW
from tests.tables import make_table

HOURLY = {**PROJECTED, "projection.hour.type": "integer", "projection.hour.digits": "2"}
QUERIES = (
    "stats count(*) as n, sum(bytes) as b by srcaddr, action | sort srcaddr, action",
    "stats count(*) as n by bin(5m) as t | sort t",
    'filter dstport = 443 or action = "-" | fields srcaddr, bytes | sort srcaddr, bytes',
)


def tables() -> tuple[tuple[FlowTable, str], ...]:
    """Each with SQL of its partition columns; `e` is the moment under which a record lies."""
    parts = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H"}
    padded = ", ".join(f"strftime(e, '{spelled}') AS {name}" for name, spelled in parts.items())
    plain = ", ".join(
        f"CAST(CAST(strftime(e, '{spelled}') AS INTEGER) AS VARCHAR) AS {name}"
        for name, spelled in parts.items()
    )
    units = dict.fromkeys(parts, "string")
    day = "strftime(e, '%Y/%m/%d') AS day"
    return (
        (flow_table(FORMAT, "whole", {}), "0 AS nothing"),
        (flow_table(FORMAT, "days", PROJECTED, day="string"), day),
        (
            flow_table(FORMAT, "hours", HOURLY, day="string", hour="string"),
            f"{day}, strftime(e, '%H') AS hour",
        ),
        (flow_table(FORMAT, "dates", {}, date="date"), "CAST(e AS DATE) AS date"),
        (flow_table(FORMAT, "padded", {}, **units), padded),
        (flow_table(FORMAT, "plain", {}, **units), plain),
    )


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        install(made)
        made.execute("CREATE SCHEMA flows")
        yield made


@searched(40, ci=15)
@given(
    logs(with_misfits=False),
    st.integers(0, SECONDS - 1),
    st.integers(1, SECONDS),
    st.sampled_from(QUERIES),
    st.integers(0, 3600),
)
def test_they_answer_alike(
    connection: duckdb.DuckDBPyConnection,
    lines: Sequence[str],
    first: int,
    length: int,
    query: str,
    late: int,
) -> None:
    make_table(connection, "g", lines, FORMAT, has_misfits=False)
    begin = (START + first) * 1000
    window = TimeRange(from_ms(begin), from_ms(begin + length * 1000))
    answers = []
    for table, partitions in tables():
        for is_columnar in (False, True):
            _create(connection, table, partitions, late, is_columnar=is_columnar)
            compiled = AthenaCompiler(ENGINE).compile(query, [table], window, None, NOW)
            answers.append(connection.execute(to_duckdb(compiled.sql)).fetchall())
    assert all(answer == answers[0] for answer in answers), answers


def _create(
    connection: duckdb.DuckDBPyConnection,
    table: FlowTable,
    partitions: str,
    late: int,
    *,
    is_columnar: bool,
) -> None:
    """A view of the records with its columns: in Parquet a missing text is NULL."""
    listed = []
    for info in FORMAT.fields:
        name = identifier(info.column)
        source = identifier(f"{info.column}#") if info.type.is_number else name
        listed.append(f"nullif({source}, '-') AS {name}" if is_columnar and source == name
                      else f"{source} AS {name}")  # fmt: skip
    moment = f'epoch_ms(("end#" + {late}) * 1000)'
    connection.execute(
        f"CREATE OR REPLACE VIEW {table.relation} AS SELECT {', '.join(listed)}, {partitions}"
        f" FROM (SELECT *, {moment} AS e FROM g)"
    )

"""Whatever the shape of the file, the same records give the same answers."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.backends.duckdb.database import open_database
from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.ingest import files
from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.load import load
from flowtui.backends.duckdb.ingest.text import chunks
from flowtui.backends.duckdb.ingest.wrapped import json_values
from flowtui.backends.duckdb.macros import install
from flowtui.backends.duckdb.progress import Loading
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.run import RunState, Snapshot
from flowtui.sql.parameters import identifier
from flowtui.sql.pipelines import Library
from flowtui.sql.scope import Table
from tests.article import CASES
from tests.unit.backends.duckdb.shapes import FORMAT, OCSF, RECORDS, SHAPES, parquet
from tests.unit.backends.duckdb.test_backend import ALL_DAY, NOW, ask, backend

PAIRS = next(case.query for case in CASES if case.name == "pairs").replace("limit 2", "limit 9")
BY_NAMES = PAIRS.partition("\n")[2].removeprefix("| ")


def cells(record: str) -> dict[str, str]:
    return dict(zip(FORMAT.columns, record.split(" "), strict=True))


def sums() -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for record in map(cells, RECORDS):
        pair = (record["srcaddr"], record["dstaddr"], record["flow_direction"])
        found[pair] += int(record["bytes"].replace("-", "0"))
    return found


async def answer(on: DuckDBBackend, query: str) -> Snapshot:
    *_, last = await ask(on, query)
    assert last.state is RunState.COMPLETE, last.error
    return last


async def check_pairs(on: DuckDBBackend) -> None:
    """The article's second query, with its `parse` and by the names of the fields."""
    wanted = sorted(sums().most_common(9))
    for query in (PAIRS, BY_NAMES):
        last = await answer(on, query)
        assert sorted((row[:3], int(row[3] or 0)) for row in last.results.rows) == wanted
        assert last.statistics.records_scanned == len(RECORDS)
        assert all(" was taken for " in notice for notice in last.notices)


async def check_values(on: DuckDBBackend) -> None:
    count = len(FORMAT.fields)
    query = f"fields {', '.join(FORMAT.columns)}, @timestamp | sort start | limit 10000"
    rows = (await answer(on, query)).results.rows
    assert sorted(row[:count] for row in rows) == sorted(tuple(r.split(" ")) for r in RECORDS)
    times = {(row[count], row[FORMAT.columns.index("start")]) for row in rows}
    assert all(
        datetime.fromisoformat(f"{at}Z").timestamp() == int(start or 0) for at, start in times
    )


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_same_records_give_the_same_answers(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "flows"
    path.write_bytes(SHAPES[shape]())
    made = backend(path)
    await check_pairs(made)
    await check_values(made)
    await made.close()


BACKWARD = ", ".join(f'"{name}"' for name in reversed(FORMAT.columns))
DISCOVERED = ", ".join(f'"{info.column}" AS "{info.discovered}"' for info in FORMAT.fields)
PARQUET = {
    "delivered to S3": ("*", "INTEGER"),
    "as Athena's DDL has it": ("*", "BIGINT"),
    "another order": (BACKWARD, "BIGINT"),
    "names that are discovered": (DISCOVERED, "BIGINT"),
    "of a data frame": ("*", "DOUBLE"),
    "all text": ("*", "VARCHAR"),
    "a time": ("* REPLACE (make_timestamp(start * 1000000) AS start)", "BIGINT"),
    "Security Lake": (OCSF, "BIGINT"),
}


@pytest.mark.parametrize("kind", PARQUET)
async def test_parquet_gives_the_same_answers(kind: str, tmp_path: Path) -> None:
    made = backend(parquet(tmp_path / "a.parquet", *PARQUET[kind]))
    await check_pairs(made)
    await check_values(made)
    await made.close()


async def test_numbers_as_text_that_are_written_in_several_ways_are_known(tmp_path: Path) -> None:
    zeros = "* REPLACE (CASE WHEN dstport = '443' THEN '0443' ELSE dstport END AS dstport)"
    made = backend(parquet(tmp_path / "a.parquet", zeros, "VARCHAR"))
    found = await answer(made, "stats count(*) by dstport | filter dstport = 443")
    assert [row[0] for row in found.results.rows] == ["0443"]
    assert {info.column for info in made.respelled} == {"dstport"}
    await made.close()


async def test_events_in_parquet_are_records(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "CREATE TABLE events AS SELECT unnest($1) AS \"@message\", 'x' AS source",
            [[*RECORDS, "no record"]],
        )
        connection.execute(f"COPY events TO '{path}' (FORMAT parquet)")
    made = backend(path)
    last = await answer(made, PAIRS)
    wanted = sorted(sums().most_common(9))
    assert sorted((row[:3], int(row[3] or 0)) for row in last.results.rows) == wanted
    assert any("1 of 430 lines" in notice for notice in last.notices)
    last = await answer(made, "filter @message like /no rec/ | fields @message, srcaddr")
    assert [row[:2] for row in last.results.rows] == [("no record", None)]
    await made.close()


TAGGED = "version srcaddr bytes start instance-tag new-field"
ENCODED = "11 10.0.0.1 40 1648825200 web%20%C3%A9%2D1 100%"


@pytest.mark.parametrize("kind", ["text", "JSON"])
async def test_tags_are_decoded_and_unknown_fields_go_by_their_names(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.log"
    record = dict(zip(TAGGED.split(), ENCODED.split(), strict=True))
    path.write_text(f"{TAGGED}\n{ENCODED}\n" if kind == "text" else json.dumps(record))
    made = backend(path)
    last = await answer(
        made, 'filter instance_tag like "web " | fields instanceTag, new_field, newField'
    )
    assert last.results.rows[0][:3] == ("web \u00e9-1", "100%", "100%")
    last = await answer(made, "fields @message")
    assert last.results.rows[0][0] == ENCODED
    await made.close()


async def test_blanks_in_columns_stay_in_the_values(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('srcaddr,bytes,"Data Transferred",bytes\n10.0.0.1,1,"a, b",2\n10.0.0.2,,,\n')
    made = backend(path)
    last = await answer(made, "fields srcaddr, bytes, Data_Transferred, bytes_2 | sort srcaddr")
    assert [row[:4] for row in last.results.rows] == [
        ("10.0.0.1", "1", "a, b", "2"),
        ("10.0.0.2", "-", "-", "-"),
    ]
    await made.close()


async def test_files_of_several_shapes_are_one_group(tmp_path: Path) -> None:
    for number, shape in enumerate(("text with a header", "Firehose", "Athena's results", "xz")):
        (tmp_path / f"{number}").write_bytes(SHAPES[shape]())
    parquet(tmp_path / "9")
    made = backend(tmp_path)
    last = await answer(made, "stats count(*) as n, sum(bytes) as b")
    total = sum(sums().values())
    assert last.results.rows == ((str(5 * len(RECORDS)), str(5 * total)),)
    found = await made.describe(str(tmp_path))
    assert "; 1 file of Parquet, 27 columns" in found.taken_for
    await made.close()


async def test_a_value_larger_than_what_is_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts of a document that fits in no memory come one by one."""
    monkeypatch.setattr(json_values, "_WHOLE", 4000)
    monkeypatch.setattr(chunks, "_BLOCK", 100)
    monkeypatch.setattr(files, "_BLOCK", 100)
    for shape in ("filter-log-events", "get-query-results", "a subscription filter"):
        path = tmp_path / "flows"
        path.write_bytes(SHAPES[shape]())
        made = backend(path)
        await check_pairs(made)
        await made.close()


async def test_rows_that_are_no_records_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        '{"srcaddr": "10.0.0.1", "bytes": 5}\n{"srcaddr": "10.0.0.2", "by\n{"a": 1}\n'
        '{"srcaddr": "10.0.0.3", "bytes": 7, "later": "x"}\n'
    )
    made = backend(path)
    last = await answer(
        made, "fields srcaddr, bytes, later | filter ispresent(srcaddr) | sort srcaddr"
    )
    assert [row[:3] for row in last.results.rows] == [
        ("10.0.0.1", "5", None),
        ("10.0.0.3", "7", "x"),
    ]
    assert any("2 of 4 lines" in notice for notice in last.notices), last.notices
    await made.close()


ADDRESSES = st.sampled_from(["-", "10.0.0.1", "10.0.0.2", "2001:db8::1"])
NUMBERS = st.one_of(st.just("-"), st.integers(0, 2**40).map(str), st.integers(0, 9).map(str))
STARTS = st.integers(1_648_825_200, 1_648_825_260).map(str)
STATES = st.sampled_from(["OK", "NODATA", "SKIPDATA"])
SMALL = FlowFormat.parse("${srcaddr} ${dstaddr} ${bytes} ${start} ${log-status}")
ROWS = st.lists(st.tuples(ADDRESSES, ADDRESSES, NUMBERS, STARTS, STATES), min_size=1, max_size=12)
QUERIES = (
    "stats sum(bytes), count(*), count(bytes), min(bytes), max(bytes), avg(bytes) by srcaddr",
    "stats count(*) as n, latest(bytes), sum(bytes) by dstaddr, bin(10s)",
    'filter srcaddr != "-" and bytes > 5 | fields srcaddr, bytes + 1, strlen(bytes), @timestamp',
    'filter bytes = "-" or bytes like /1/ | fields @message, bytes, srcaddr, log_status',
    'parse @message "* * * * *" as srcaddr, dstaddr, bytes, start, log_status'
    " | stats sum(bytes) by srcaddr, log_status",
    "dedup srcaddr, dstaddr, bytes | stats count(*) by log_status",
    "stats count_distinct(bytes), pct(bytes, 50), sortsFirst(bytes), sortsLast(srcaddr)",
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_parquet_answers_as_the_same_records_as_text(
    rows: list[tuple[str, ...]], tmp_path: Path
) -> None:
    text, typed = tmp_path / "a.log", tmp_path / "a.parquet"
    header = " ".join(info.name for info in SMALL.fields)
    text.write_text("".join(f"{' '.join(row)}\n" for row in [(header,), *rows]))
    folder = tmp_path / "database"
    folder.mkdir(exist_ok=True)
    (folder / "flowtui.duckdb").unlink(missing_ok=True)
    with open_database(folder) as connection:
        install(connection)
        write_typed(connection, rows, typed)
        tables = [loaded_table(connection, path) for path in (text, typed)]
        for query in QUERIES:
            one, other = (sorted(run(connection, query, table), key=str) for table in tables)
            assert one == other, query


def write_typed(
    connection: duckdb.DuckDBPyConnection, rows: list[tuple[str, ...]], path: Path
) -> None:
    cells = ", ".join(f"w[{at}] AS {name}" for at, name in enumerate(SMALL.columns, 1))
    numbers = "TRY_CAST(bytes AS BIGINT) AS bytes, TRY_CAST(start AS INTEGER) AS start"
    texts = "nullif(srcaddr, '-') AS srcaddr, nullif(dstaddr, '-') AS dstaddr"
    connection.execute("CREATE TEMP TABLE given AS SELECT unnest($1) AS w", [list(map(list, rows))])
    connection.execute(
        f"COPY (SELECT * REPLACE ({numbers}, {texts}) FROM (SELECT {cells} FROM given))"
        f" TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
    )


def loaded_table(connection: duckdb.DuckDBPyConnection, path: Path) -> Table:
    source = find_source(path)
    found = load(connection, source, path.name, progress=Loading(), cancelled=threading.Event())
    return Table(
        identifier(found.relation), found.format, path.name, has_misfits=False,
        is_columnar=source.is_columnar,
    )  # fmt: skip


def run(
    connection: duckdb.DuckDBPyConnection, query: str, table: Table
) -> tuple[tuple[str | None, ...], ...]:
    found = fetch(connection, compile_query(query, [table], ALL_DAY, None, NOW, Library()))
    kept = [at for at, name in enumerate(found.columns) if name not in ("@ptr", "@log")]
    return tuple(tuple(row[at] for at in kept) for row in found.rows)

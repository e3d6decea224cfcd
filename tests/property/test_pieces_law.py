"""A query finds the same in the pieces of a Parquet object as in all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.backends.s3 import parquet
from flowtui.backends.s3.cache import Cache
from flowtui.backends.s3.local import Here, Local
from flowtui.backends.s3.parquet import Needed
from flowtui.backends.s3.ranges import Ranges
from flowtui.backends.s3.requests import Object
from flowtui.model.errors import QueryError
from flowtui.model.run import Query, RunState, Snapshot
from flowtui.model.timerange import TimeRange
from tests.parquet_objects import write
from tests.property.any_queries import any_query
from tests.property.laws import searched
from tests.runs import ended

BEGIN = datetime(2026, 11, 3, 10, tzinfo=UTC)
WINDOW = TimeRange(BEGIN + timedelta(minutes=1), BEGIN + timedelta(minutes=4))
GROUP = "s3://columns"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "delivered.parquet"
    return write(path, int(BEGIN.timestamp()), rows=12_000, row_group=2_048)


@pytest.fixture(scope="module")
def of_whole(whole: Path) -> Iterator[DuckDBBackend]:
    service = engine(whole, Here(whole))
    yield service
    asyncio.run(service.close())


def texts(random: Random) -> str:
    """Most would need all columns, if some read the text of a record."""
    return any_query(random).replace("@message", "dstaddr")


def thing(path: Path) -> Object:
    return Object("columns", path.name, path.stat().st_size, '"1"')


def fetched(cache: Cache, path: Path, needed: Ranges) -> None:
    for start, end in needed - cache.pieces(thing(path)):
        with cache.piece(thing(path), start, end) as file:
            file.write(path.read_bytes()[start:end])


def engine(path: Path, here: Here, *, one_shot: bool = False) -> DuckDBBackend:
    def made(groups: object) -> DuckDBBackend:
        return DuckDBBackend((), now=lambda: WINDOW.end, others=groups, one_shot=one_shot)  # type: ignore[arg-type]

    return Local({GROUP: {thing(path): here}}, here.path.parent, None, made).backend


async def found(path: Path, here: Here, query: Query) -> Snapshot:
    service = engine(path, here)
    try:
        return await ended(service, query)
    finally:
        await service.close()


async def in_pieces(path: Path, folder: Path, query: Query) -> tuple[Snapshot, Here]:
    """And what of the object is here then."""
    cache, wanted = Cache(folder, 1e9), thing(path)
    while (needed := parquet.footer(cache, wanted)) - cache.pieces(wanted):
        fetched(cache, path, needed)
    lies_at = cache.in_pieces(wanted)
    assert lies_at is not None
    planner = engine(path, Here(lies_at), one_shot=True)
    try:
        names = await planner.names_read(query, WINDOW)
    finally:
        await planner.close()
    pieces = parquet.all_needed(cache, [wanted], Needed(names, frozenset({WINDOW})))[wanted]
    fetched(cache, path, pieces.ranges)
    here = Here(lies_at, pieces.rows)
    return await found(path, here, query), here


@searched(10, ci=20)
@given(st.randoms(use_true_random=False).map(texts))
@example("stats count(*)")
@example("fields @logStream, nothing")
@example("filter bytes > 1000 | stats sum(packets) as p by bin(1m) as t | sort t")
@example("outlier bytes | stats count(*)")
@example("fields @aws.account, @aws.region | dedup srcaddr")
def test_no_query_sees_what_is_not_here(whole: Path, of_whole: DuckDBBackend, text: str) -> None:
    query = Query(text, WINDOW)

    async def both() -> tuple[Snapshot, Snapshot]:
        with TemporaryDirectory() as folder:
            some, _ = await in_pieces(whole, Path(folder), query)
        return some, await ended(of_whole, query)

    try:
        some, all_of_it = asyncio.run(both())
    except QueryError:
        return
    assert (some.state, some.error) == (all_of_it.state, all_of_it.error)
    if "@ingestionTime" not in text:
        assert sorted(map(repr, some.results.rows)) == sorted(map(repr, all_of_it.results.rows))


def test_what_is_not_here_is_no_value(whole: Path, tmp_path: Path) -> None:
    """Whoever reads a column or a row of which nothing was fetched gets an error, and no rows."""
    query = Query("stats sum(bytes) as b by action", WINDOW)
    some, here = asyncio.run(in_pieces(whole, tmp_path, query))
    assert some.state is RunState.COMPLETE
    assert Cache(tmp_path, 1e9).pieces(thing(whole)).size < thing(whole).size / 2
    other = Query("stats count(*) as n by srcaddr", WINDOW)
    for asked, there in ((other, here), (query, Here(here.path))):
        failed = asyncio.run(found(whole, there, asked))
        assert failed.state is RunState.FAILED
        assert not failed.results.rows


def test_only_row_groups_of_the_time_are_read(whole: Path, tmp_path: Path) -> None:
    some, here = asyncio.run(in_pieces(whole, tmp_path, Query("fields @message", WINDOW)))
    assert some.results.rows
    assert here.rows is not None
    assert (here.rows[0][0], here.rows[-1][1]) == (2048, 5 * 2048)

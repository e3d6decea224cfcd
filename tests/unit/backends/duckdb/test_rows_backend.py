"""The local engine over rows at hand: which columns it reads, what it keeps, how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from flowtui.backends.base import Handle
from flowtui.backends.duckdb.rows_backend import RowsBackend
from flowtui.model.errors import BackendError, QueryError
from flowtui.model.run import Query, ResultSet, RowsOf, RunId, RunState, Snapshot
from tests.pilot.service import NOON, WINDOW

SOURCE = Query("fields a", WINDOW)


@pytest.fixture
async def backend() -> AsyncIterator[RowsBackend]:
    made = RowsBackend(now=lambda: NOON)
    yield made
    await made.close()


def _query(body: str, run: int = 1) -> Query:
    return Query(body, WINDOW, rows=RowsOf(RunId(run), SOURCE, WINDOW))


async def _answer(backend: RowsBackend, body: str, run: int = 1) -> Snapshot:
    handle = await backend.start(_query(body, run), WINDOW)
    async with asyncio.timeout(120):
        while not (latest := await backend.poll(handle)).state.is_final:  # noqa: ASYNC110  (it is polled)
            await asyncio.sleep(0.001)
    assert latest.state is RunState.COMPLETE, latest.error
    return latest


ODD = ResultSet(
    ("a", "sum(b)", "when", "a-b", "a"),
    (
        ("\x1f\x1e", "1", "2022-04-01 11:00:00.000", "é\ud800", "twice"),
        (None, "-", "2022-04-01 11:05:00.000", "", "x"),
        ("", "20", None, "\n'\"", "x"),
        ("07", "300", "2022-04-01 11:05:00.001", "\x00", "x"),
    ),
)


async def test_odd_texts_names_and_missing_cells_come_through(backend: RowsBackend) -> None:
    backend.hold(RunId(1), ODD)
    found = await _answer(backend, "fields a, `sum(b)`, when, `a-b` | sort @ptr")
    shown = [row[:-1] for row in found.results.rows]
    assert shown == [(*ODD.rows[0][:3], "é?"), *(row[:4] for row in ODD.rows[1:])]


async def test_numbers_and_times_are_what_they_look_like(backend: RowsBackend) -> None:
    backend.hold(RunId(1), ODD)
    found = await _answer(backend, "stats sum(`sum(b)`) as s, count(a) as n by datefloor(when, 5m)")
    assert found.results.rows == (
        ("2022-04-01 11:05:00.000", "300", "1"),
        ("2022-04-01 11:00:00.000", "1", "1"),
        (None, "20", "1"),
    )
    found = await _answer(backend, "stats count(*) by a | sort a")
    assert [row[0] for row in found.results.rows][-1] == "07"


async def test_what_was_scanned_is_nothing_and_what_was_read_is_counted(
    backend: RowsBackend,
) -> None:
    backend.hold(RunId(1), ODD)
    statistics = (await _answer(backend, "filter a = 7 | stats count(*)")).statistics
    assert (statistics.bytes_scanned, statistics.records_scanned) == (0.0, 4)
    assert statistics.records_matched == 1


async def test_no_rows_are_rows_too(backend: RowsBackend) -> None:
    backend.hold(RunId(1), ResultSet(("a",), ()))
    assert (await _answer(backend, "stats count(*) by a")).results.rows == ()
    backend.hold(RunId(2), ResultSet((), ((), ())))
    assert (await _answer(backend, "stats count(*)", 2)).results.rows == (("2",),)


async def test_other_rows_under_the_same_id_are_what_is_read(backend: RowsBackend) -> None:
    backend.hold(RunId(1), ResultSet(("a",), (("1",), ("2",))))
    assert (await _answer(backend, "stats sum(a)")).results.rows == (("3",),)
    backend.hold(RunId(1), ResultSet(("a",), (("5",),)))
    assert (await _answer(backend, "stats sum(a)")).results.rows == (("5",),)


async def test_only_so_many_results_are_held(backend: RowsBackend) -> None:
    for run in range(12):
        backend.hold(RunId(run), ResultSet(("a",), ((str(run),),)))
        assert (await _answer(backend, "stats sum(a)", run)).results.rows == ((str(run),),)
    with pytest.raises(BackendError, match="not at hand"):
        await backend.start(_query("stats sum(a)", 0), WINDOW)


async def test_what_is_wrong_with_a_query_is_said_before_it_runs(backend: RowsBackend) -> None:
    backend.hold(RunId(1), ODD)
    with pytest.raises(QueryError):
        await backend.start(_query("stats nonsense(a)"), WINDOW)
    with pytest.raises(BackendError, match="there is no query"):
        await backend.poll(Handle("rows-99"))


async def test_a_query_that_is_stopped_is_cancelled_and_may_be_stopped_again(
    backend: RowsBackend,
) -> None:
    backend.hold(RunId(1), ResultSet(("a",), (("x",),) * 50_000))
    handle = await backend.start(_query("stats count(*) by concat(a, @ptr)"), WINDOW)
    await backend.stop(handle)
    latest = await backend.poll(handle)
    assert latest.state in (RunState.CANCELLED, RunState.COMPLETE)
    await backend.stop(handle)
    assert (await backend.poll(handle)).state is latest.state

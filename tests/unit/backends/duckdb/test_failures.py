"""What goes wrong inside of the local engine is said in our words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from flowtui.backends.duckdb import query_thread
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.backends.duckdb.dialect import DIALECT
from flowtui.backends.duckdb.failures import sentence
from flowtui.engine.pace import LOCAL
from flowtui.engine.watch import watch
from flowtui.model.run import Query, RunState, Snapshot
from flowtui.model.timerange import TimeRange

NOW = datetime(2022, 4, 1, 18, tzinfo=UTC)
ALL = TimeRange(datetime(1970, 1, 1, tzinfo=UTC), NOW)
RAW = 'Binder Error: column "$3" must appear in the GROUP BY clause\nLINE 1: SELECT'
LINE = "2 123456789012 eni-1 10.0.0.1 10.1.0.1 1 443 6 1 9 1648825200 1648825260 ACCEPT OK\n"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (duckdb.OutOfMemoryException, "more memory than it may"),
        (duckdb.IOException, "free some disk space"),
        (duckdb.HTTPException, "free some disk space"),
        (duckdb.ConversionException, "filter by isNumeric"),
        (duckdb.OutOfRangeException, "too large for this query"),
        (duckdb.BinderException, "a fault of flowtui"),
        (duckdb.InternalException, "a fault of flowtui"),
        (duckdb.Error, "a fault of flowtui"),
        (RecursionError, "nested too deep"),
        (KeyError, "a fault of flowtui"),
    ],
)
def test_each_failure_has_a_sentence(kind: type[Exception], said: str) -> None:
    found = sentence(kind(RAW))
    assert said in found
    assert "\n" not in found
    assert not any(word in found for word in ("Binder Error", "GROUP BY", "$3", "LINE"))


def test_a_refusal_in_sql_says_its_own_words() -> None:
    failure = DIALECT.constants.failure("this is too much; take less")
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as caught:
        connection.execute(f"SELECT {failure}").fetchall()
    assert sentence(caught.value) == "this is too much; take less"


async def _last(path: Path, text: str) -> Snapshot:
    backend = DuckDBBackend((path,), now=lambda: NOW)
    try:
        found = [each async for each in watch(backend, Query(text, ALL), ALL, delays=LOCAL)]
    finally:
        await backend.close()
    return found[-1]


@pytest.mark.parametrize("kind", [duckdb.BinderException, duckdb.OutOfMemoryException, KeyError])
async def test_whoever_polls_reads_the_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def fail(*_: object) -> None:
        raise kind(RAW)

    monkeypatch.setattr(query_thread, "fetch", fail)
    (tmp_path / "a.log").write_text(LINE)
    last = await _last(tmp_path / "a.log", "stats count(*)")
    assert (last.state, last.error) == (RunState.FAILED, sentence(kind(RAW)))


async def test_too_many_bins_are_refused_in_our_words(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(LINE + LINE.replace("1648825200", "0"))
    last = await _last(tmp_path / "a.log", "stats count(*) by bin(1s) | fillmissing")
    assert last.state is RunState.FAILED
    assert last.error == "fillmissing would make more than 1,000,000 bins; use longer ones"

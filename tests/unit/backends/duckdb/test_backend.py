"""The local backend on files: loading, progress, stopping, and what it says when it can't."""

from __future__ import annotations

import asyncio
import gzip
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flowtui.backends.base import Handle
from flowtui.backends.duckdb import backend as backend_module
from flowtui.backends.duckdb import statement as statement_module
from flowtui.backends.duckdb.backend import DuckDBBackend, Shelf
from flowtui.backends.duckdb.database import Store
from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.groups import Group, file_groups
from flowtui.backends.duckdb.ingest import load as load_module
from flowtui.backends.duckdb.ingest.load import Loaded
from flowtui.backends.duckdb.ingest.text import chunks
from flowtui.backends.duckdb.statement import Statement
from flowtui.engine.fold import part_of
from flowtui.engine.formats import Formats
from flowtui.engine.pace import LOCAL
from flowtui.engine.runner import QueryRunner
from flowtui.engine.watch import watch
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import (
    BackendError,
    QueryError,
    QuerySyntaxError,
    SourceError,
    UsageError,
)
from flowtui.model.run import Query, ResultSet, RunState, Snapshot
from flowtui.model.saved_query import Parameter, SavedQuery
from flowtui.model.source import STDIN
from flowtui.model.timerange import TimeRange
from flowtui.sql.compile import Compiled
from flowtui.sql.layout import laid_out
from tests.property.strategies import START

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOW = datetime(2022, 4, 1, 18, tzinfo=UTC)
ALL_DAY = TimeRange(datetime(2022, 4, 1, tzinfo=UTC), datetime(2022, 4, 2, tzinfo=UTC))


def record(number: int = 0) -> str:
    flow = f"10.0.0.{number % 250} 10.1.0.1 {number} 443 6 1 {number}"
    return f"2 123456789012 eni-1 {flow} {START + number % 60} {START + 60} ACCEPT OK"


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def backend(*paths: Path, demo: bool = False, one_shot: bool = False) -> DuckDBBackend:
    return DuckDBBackend(paths, demo=demo, now=lambda: NOW, one_shot=one_shot)


async def ask(
    on: DuckDBBackend, text: str, *groups: str, window: TimeRange = ALL_DAY
) -> list[Snapshot]:
    query = Query(text, None if window is ALL_DAY else window, groups)
    return [snapshot async for snapshot in watch(on, query, window, delays=LOCAL)]


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[DuckDBBackend]:
    """Ten records and one line that does not fit."""
    path = write(tmp_path / "flows.log", [*map(record, range(10)), "what is this"])
    made = backend(path)
    yield made
    await made.close()


async def test_a_query_ends_with_rows_statistics_and_notices(
    small: DuckDBBackend, tmp_path: Path
) -> None:
    *_, last = await ask(small, "filter bytes > 4 | stats sum(bytes) as b by dstport")
    assert last.state is RunState.COMPLETE
    assert last.results == ResultSet(("dstport", "b"), (("443", "35"),), ("dstport",))
    assert (last.statistics.records_scanned, last.statistics.records_matched) == (11, 5)
    assert last.statistics.bytes_scanned == (tmp_path / "flows.log").stat().st_size
    assert last.statistics.progress == 1
    assert last.notices == (f"1 of 11 lines of {tmp_path}/flows.log did not fit its format",)


async def test_numbers_that_64_bits_do_not_hold_are_shown_in_full(tmp_path: Path) -> None:
    odd = [record().replace(" 1 0 ", " 1.5 20000000000000000000 "), record(5)]
    made = backend(write(tmp_path / "flows.log", odd))
    text = "stats max(bytes), min(bytes), sum(bytes), max(toLong(packets)), sum(packets)"
    *_, last = await ask(made, text)
    large = "20000000000000000000"
    assert last.results.rows == ((large, "5", large, "1", "2.5"),)
    await made.close()


async def test_what_lies_outside_the_window_is_not_scanned(small: DuckDBBackend) -> None:
    window = TimeRange(datetime.fromtimestamp(START + 5, UTC), ALL_DAY.end)
    *_, last = await ask(small, "fields bytes", window=window)
    # Five records; who names a window does not see lines without a time.
    assert last.statistics.records_scanned == 5
    assert last.statistics.records_matched == 5
    assert last.statistics.result_count == 5


async def test_the_catalog(small: DuckDBBackend, tmp_path: Path) -> None:
    name = str(tmp_path / "flows.log")
    size = (tmp_path / "flows.log").stat().st_size
    first = datetime.fromtimestamp(START, UTC)
    end = datetime.fromtimestamp(START + 9.001, UTC)
    assert await small.extent((name,)) == TimeRange(first, end)
    described = await small.describe(name)
    assert described == LogGroup(
        name, stored_bytes=size, created=first, format=DEFAULT_FORMAT, progress=1.0,
        taken_for="text, 14 fields; 1 of 11 lines did not fit",
    )  # fmt: skip
    assert [page async for page in small.log_groups()] == [(described,)]
    assert small.place == "files"


async def test_a_wrong_query_is_refused_at_the_start(small: DuckDBBackend) -> None:
    for text, kind in (("stats sum(", QuerySyntaxError), ("fields nope(1)", QueryError)):
        with pytest.raises(kind):
            await small.start(Query(text, ALL_DAY), ALL_DAY)


async def test_unknown_names_are_refused(small: DuckDBBackend, tmp_path: Path) -> None:
    message = f"there is no log group /vpc/x; there are: {tmp_path}/flows.log"
    with pytest.raises(BackendError) as caught:
        await small.describe("/vpc/x")
    assert str(caught.value) == message
    with pytest.raises(BackendError) as caught:
        await small.start(Query("limit 1", ALL_DAY, ("/vpc/x",)), ALL_DAY)
    assert str(caught.value) == message
    with pytest.raises(BackendError, match="there is no query local-9"):
        await small.poll(Handle("local-9"))


async def test_several_queries_at_a_time(small: DuckDBBackend) -> None:
    texts = [f"filter bytes = {number} | fields bytes" for number in range(8)]
    ends = await asyncio.gather(*(ask(small, text) for text in texts))
    assert [end[-1].results.rows[0][0] for end in ends] == [str(n) for n in range(8)]


async def test_a_missing_path_is_a_sentence_and_the_others_work(tmp_path: Path) -> None:
    good = write(tmp_path / "good.log", [record()])
    made = backend(tmp_path / "none.log", good)
    with pytest.raises(SourceError, match=r"none\.log"):
        await made.describe(str(tmp_path / "none.log"))
    with pytest.raises(SourceError, match=r"none\.log"):
        await ask(made, "limit 1")
    *_, last = await ask(made, "limit 1", str(good))
    assert len(last.results.rows) == 1
    await made.close()


async def test_a_load_that_breaks_off_fails_the_query(tmp_path: Path) -> None:
    path = tmp_path / "flows.log.gz"
    whole = gzip.compress("\n".join(map(record, range(20_000))).encode())
    path.write_bytes(whole[: len(whole) // 2])
    made = backend(path)
    *_, last = await ask(made, "stats count(*)")
    assert last.state is RunState.FAILED
    assert str(path) in last.error
    await made.close()


TWO_FORMATS = [
    "srcaddr bytes start", f"10.0.0.1 5 {START}",
    "start bytes srcaddr", f"{START} 7 10.0.0.1",
]  # fmt: skip


async def test_a_header_in_mid_file_is_no_other_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", TWO_FORMATS)
    made = backend(path)
    *_, last = await ask(made, "stats sum(bytes) by srcaddr")
    assert last.results.rows == (("10.0.0.1", "12"),)
    described = await made.describe(str(path))
    assert described.notice.startswith(f"{path} has records of 2 formats, each of which is read")
    await made.close()


async def test_what_comes_by_stdin_is_called_so(tmp_path: Path) -> None:
    path, before = write(tmp_path / "a.log", TWO_FORMATS), os.dup(0)
    with path.open("rb") as file:
        os.dup2(file.fileno(), 0)
    try:
        made = backend(STDIN)
        await ask(made, "stats sum(bytes) by srcaddr")
        described = await made.describe(str(STDIN))
    finally:
        os.dup2(before, 0)
        os.close(before)
    assert described.notice.startswith("stdin has records of 2 formats")
    await made.close()


async def test_files_of_two_formats_name_no_format(tmp_path: Path) -> None:
    write(tmp_path / "a.log", [record()])
    write(tmp_path / "b.log", ["start region bytes", f"{START} eu-west-1 5"])
    made = backend(tmp_path)
    described = await made.describe(str(tmp_path))
    assert described.format is None
    assert described.notice.startswith(f"the files of {tmp_path} have 2 formats")
    *_, last = await ask(made, "stats sum(bytes), count(region)")
    assert last.results.rows == (("5", "1"),)
    await made.close()


async def test_one_shot_reads_large_files_in_place_and_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_module, "_LARGE", 100)
    text = "stats sum(bytes) as b, count(*) as n by srcaddr | sort b desc"
    plain = write(tmp_path / "plain.log", [record(n) for n in range(500)])
    odd = write(tmp_path / "odd.log", [*(record(n) for n in range(500)), "a misfit"])
    lines = [record(1), "x" * (34 << 20), record(2)]
    long = write(tmp_path / "long.log", lines)
    for path, is_plain in ((plain, True), (odd, False), (long, False)):
        direct, loading = backend(path, one_shot=True), backend(path)
        window = await direct.extent(())
        assert window is not None
        *_, in_place = await ask(direct, text, window=window)
        *_, loaded = await ask(loading, text, window=window)
        assert in_place.results == loaded.results
        assert (in_place.statistics.records_scanned is None) == is_plain
        await direct.close()
        await loading.close()


async def test_one_shot_leaves_out_a_large_file_that_breaks_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_module, "_LARGE", 100)
    write(tmp_path / "a.log", [record(n) for n in range(20)])
    whole = gzip.compress("\n".join(record(n) for n in range(20_000)).encode())
    (tmp_path / "b.gz").write_bytes(whole[: len(whole) // 2])
    made = backend(tmp_path, one_shot=True)
    *_, last = await ask(made, "stats count(*)")
    assert last.results.rows == (("20",),)
    (notice,) = last.notices
    assert notice.startswith(f"left out: {tmp_path}/b.gz is a broken gzip file")
    await made.close()


async def test_what_a_query_says_of_its_answer_is_a_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_module, "_LARGE", 100)
    path = write(tmp_path / "flows.log", [record(n) for n in range(20)])
    expected = "filterIndex was run as filter: locally there are no indexes"
    text = 'filterIndex action = "ACCEPT" | stats count(*)'
    for one_shot in (True, False):
        made = backend(path, one_shot=one_shot)
        window = await made.extent(())
        assert window is not None
        *_, last = await ask(made, text, window=window)
        assert last.notices == (expected,)
        assert last.results.rows == (("20",),)
        assert (last.statistics.records_scanned is None) == one_shot
        await made.close()


async def test_large_groups_show_rows_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.backends.duckdb.statement._LARGE", 100)
    monkeypatch.setattr("flowtui.backends.duckdb.query_thread._SLICE", 10)
    made = backend(write(tmp_path / "flows.log", [record(n) for n in range(500)]))
    seen: list[Snapshot] = []
    read = Statement.read

    def reading(self: Statement, *arguments: object) -> None:
        (running,) = made._queries.values()
        seen.append(running.snapshot())
        read(self, *arguments)  # type: ignore[arg-type]  # passed on as they come

    monkeypatch.setattr(Statement, "read", reading)
    *_, last = await ask(made, "stats count(*) as n")
    part, whole = seen
    assert part.results.rows == ()
    assert (whole.state, whole.results.rows) == (RunState.RUNNING, (("10",),))
    assert last.results.rows == (("500",),)
    await made.close()


async def test_for_what_belongs_to_a_fold_no_part_is_read_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.backends.duckdb.statement._LARGE", 100)
    made = backend(write(tmp_path / "flows.log", [record(n) for n in range(500)]))
    read = Statement.read
    limits: list[object] = []

    def reading(self: Statement, cursor: DuckDBPyConnection, rows: int | None = None) -> None:
        limits.append(rows)
        read(self, cursor, rows)

    monkeypatch.setattr(Statement, "read", reading)
    part = part_of(Query("stats count(*) as n", None), ALL_DAY)
    *_, last = [each async for each in watch(made, part.query, ALL_DAY, delays=LOCAL)]
    assert last.results.rows == (("500",),)
    assert limits == [None]
    await made.close()


async def test_the_share_that_is_done_never_falls_and_ends_at_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.backends.duckdb.statement._LARGE", 100)
    monkeypatch.setattr("flowtui.backends.duckdb.query_thread._SLICE", 1000)
    monkeypatch.setattr("flowtui.backends.duckdb.ingest.text.chunks.CHUNK", 100_000)
    monkeypatch.setattr("flowtui.backends.duckdb.ingest.text.chunks._BLOCK", 10_000)
    made = backend(write(tmp_path / "flows.log", [record(n) for n in range(20_000)]))
    name = str(tmp_path / "flows.log")
    reading: list[float] = []
    extent = asyncio.ensure_future(made.extent((name,)))
    while not extent.done():
        reading.append((await made.describe(name)).progress)
        await asyncio.sleep(0)
    await extent
    reading.append((await made.describe(name)).progress)
    assert reading == sorted(reading)
    assert reading[-1] == 1
    text = "filter bytes > 9 | stats sum(bytes) by srcaddr, dstport"
    handle = await made.start(Query(text, None), ALL_DAY)
    seen = [await made.poll(handle)]
    while not seen[-1].state.is_final:
        await asyncio.sleep(0)
        seen.append(await made.poll(handle))
    shares = [one.statistics.progress for one in seen if one.statistics.progress is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    await made.close()


async def test_what_comes_by_a_pipe_says_how_much_it_is_by_now(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (group,) = file_groups([pipe], None)
    made = DuckDBBackend((), now=lambda: ALL_DAY.end, others=(group,))
    made.prepare()
    with pipe.open("wb", buffering=0) as writer:
        writer.write(f"{record()}\n".encode() * 20_000)
        while "so far" not in group.loading:
            assert not group.source.done()
            await asyncio.sleep(0)
        assert group.loading.startswith(f"reading {pipe} to its end: ")
    await made.extent((str(pipe),))
    await made.close()


async def test_a_query_says_what_is_loaded_before_its_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, gate = threading.Event(), threading.Event()
    load = load_module.load

    def slowly(*arguments: Any, **options: Any) -> Loaded:
        begun.set()
        gate.wait()
        return load(*arguments, **options)

    monkeypatch.setattr(load_module, "load", slowly)
    first, second = (write(tmp_path / name, [record()]) for name in "ab")
    made = backend(first, second)
    await made.describe(str(first))
    await asyncio.to_thread(begun.wait)
    handle = await made.start(Query("stats count(*)", None, (str(second),)), ALL_DAY)
    waiting = await made.poll(handle)
    assert waiting.notices == (f"loading {first}: 0 %, then {second}",)
    gate.set()
    await made.extent((str(second),))
    await made.close()


async def test_stop_interrupts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = backend(write(tmp_path / "flows.log", [record()]))
    endless = "SELECT sum(range), '' FROM range(1_000_000_000_000)"
    with monkeypatch.context() as patched:
        patched.setattr(
            statement_module, "compile_query", lambda *a: replace(compile_query(*a), sql=endless)
        )
        handle = await made.start(Query("fields bytes", ALL_DAY), ALL_DAY)
        while (await made.poll(handle)).statistics.progress is None:  # noqa: ASYNC110  (a poll)
            await asyncio.sleep(0)
        async with asyncio.timeout(120):
            await made.stop(handle)
    assert (await made.poll(handle)).state is RunState.CANCELLED
    await made.stop(handle)
    *_, last = await ask(made, "stats count(*)")
    assert last.results.rows == (("1",),)
    await made.close()


BY_SOURCE = "stats count(*) as n, sum(bytes) as b by srcaddr | limit 3"


@pytest.mark.parametrize("is_loaded", [False, True], ids=["while it is loaded", "loaded"])
@pytest.mark.parametrize("is_large", [False, True], ids=["small", "large"])
@pytest.mark.parametrize("is_timed", [False, True], ids=["all there is", "in a window"])
async def test_a_query_is_compiled_once(
    is_loaded: bool,
    is_large: bool,
    is_timed: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled = counted(monkeypatch, loads=is_loaded)
    monkeypatch.setattr(statement_module, "_LARGE", 100 if is_large else 10**6)
    made = backend(write(tmp_path / "flows.log", [record(n) for n in range(500)]))
    window = (await made.extent(())) if is_loaded else ALL_DAY
    assert window is not None
    query = Query(BY_SOURCE, window if is_timed else None)
    *_, last = [snapshot async for snapshot in watch(made, query, window, delays=LOCAL)]
    assert (last.state, len(last.results.rows)) == (RunState.COMPLETE, 3)
    assert compiled == [BY_SOURCE]
    await made.close()


async def test_a_query_over_files_in_place_is_compiled_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = counted(monkeypatch)
    monkeypatch.setattr(backend_module, "_LARGE", 100)
    made = backend(write(tmp_path / "flows.log", [record(n) for n in range(500)]), one_shot=True)
    *_, last = await ask(made, BY_SOURCE)
    assert last.statistics.records_scanned is None
    assert compiled == [BY_SOURCE]
    await made.close()


async def test_what_the_lines_turn_out_to_be_is_compiled_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number that 64 bits do not hold, and a line that does not fit but for a `parse`."""
    compiled = counted(monkeypatch, loads=False)
    odd = record().replace(" 1 0 ", " 1 20000000000000000000 ")
    made = backend(write(tmp_path / "flows.log", [odd, record(5), f"{record(7)} 9"]))
    stars, names = "* " * 13 + "*", ", ".join(f"f{n}" for n in range(14))
    text = "stats max(bytes) as b"
    *_, last = await ask(made, text)
    assert last.results.rows == (("20000000000000000000",),)
    *_, last = await ask(made, f'parse @message "{stars}" as {names} | stats count(f0) as n')
    assert last.results.rows == (("3",),)
    assert compiled[:2] == [text, text]
    assert len(compiled) == 3
    await made.close()


def counted(monkeypatch: pytest.MonkeyPatch, *, loads: bool = True) -> list[str]:
    """The texts that are compiled from now on; `loads` is not to wait for the first one."""
    texts: list[str] = []
    has_begun, load = threading.Event(), Store._load

    def compiling(text: str, *arguments: object) -> Compiled:
        texts.append(text)
        compiled = compile_query(text, *arguments)  # type: ignore[arg-type]  # passed on as they come
        has_begun.set()
        return compiled

    def loading(self: Store, group: Group) -> None:
        assert loads or has_begun.wait(120)
        load(self, group)

    monkeypatch.setattr(statement_module, "compile_query", compiling)
    monkeypatch.setattr(Store, "_load", loading)
    return texts


async def test_a_query_that_waits_for_its_groups_can_be_stopped(tmp_path: Path) -> None:
    made = backend(write(tmp_path / "flows.log", [record(n) for n in range(200_000)]))
    handle = await made.start(Query("stats count(*)", ALL_DAY), ALL_DAY)
    waiting = await made.poll(handle)
    assert waiting.state is RunState.QUEUED
    await made.stop(handle)
    assert (await made.poll(handle)).state is RunState.CANCELLED
    await made.close()


async def test_closing_while_loading_leaves_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    made = backend(write(tmp_path / "flows.log", [record(n) for n in range(200_000)]))
    await made.describe(str(tmp_path / "flows.log"))
    async with asyncio.timeout(120):
        await made.close()
    assert list((tmp_path / "temporary").iterdir()) == []
    with pytest.raises(BackendError):
        await made.describe(str(tmp_path / "flows.log"))


async def test_the_demo() -> None:
    made = backend(demo=True)
    assert made.place == "demo"
    (page,) = [page async for page in made.log_groups()]
    assert [group.name for group in page] == ["/vpc/article", "/vpc/incident"]
    described = await made.describe("/vpc/article")
    assert described.format == ARTICLE_FORMAT
    window = await made.extent(("/vpc/article",))
    assert window is not None
    *_, last = await ask(made, "stats count(*) by @log", "/vpc/article", window=window)
    assert str(last.results.rows[0][0]).endswith("/vpc/article")
    await made.close()


def test_making_one_imports_nothing_heavy_and_an_abandoned_one_exits_in_silence(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "flows.log", [record(n) for n in range(300_000)])
    script = f"""
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from flowtui.backends.duckdb.backend import DuckDBBackend
made = DuckDBBackend([Path({str(path)!r})], now=lambda: datetime.now(UTC))
assert not {{"duckdb", "isal", "boto3", "textual"}} & set(sys.modules)
asyncio.run(made.describe({str(path)!r}))
"""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    done = subprocess.run(  # noqa: S603  (this interpreter, our own script)
        [sys.executable, "-c", script],
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(temporary.iterdir()) == []


# What reads more than the chosen log groups


async def test_the_groups_of_a_query_are_loaded_and_all_are_counted(tmp_path: Path) -> None:
    a, b = (write(tmp_path / f"{n}.log", [record(i) for i in range(n)]) for n in (10, 4))
    made = backend(a, b)
    text = f"filter bytes in (SOURCE '{b}' | fields bytes) | stats count(*) as n"
    *_, last = await ask(made, text, str(a))
    assert last.results.rows == (("4",),)
    assert last.statistics.records_scanned == 14
    assert last.statistics.bytes_scanned == a.stat().st_size + b.stat().st_size
    *_, last = await ask(made, f"SOURCE '{b}' | stats count(*) as n", str(a))
    assert last.results.rows == (("4",),)
    assert last.statistics.bytes_scanned == b.stat().st_size
    *_, last = await ask(made, "filter bytes in (filter bytes > 7 | fields bytes)", str(a))
    assert (len(last.results.rows), last.statistics.records_scanned) == (2, 20)
    window = TimeRange(datetime.fromtimestamp(START + 2, UTC), ALL_DAY.end)
    *_, last = await ask(made, text, str(a), window=window)
    assert (last.results.rows, last.statistics.records_scanned) == ((("2",),), 8 + 2)
    await made.close()


async def test_a_source_with_a_time_is_counted_by_that_time(tmp_path: Path) -> None:
    path = write(tmp_path / "flows.log", [record(n) for n in range(10)])
    made = backend(path)
    *_, last = await ask(made, f"SOURCE '{path}' end={START + 5} | stats count(*) as n")
    assert (last.results.rows, last.statistics.records_scanned) == ((("5",),), 5)
    assert last.statistics.bytes_scanned == path.stat().st_size / 2
    await made.close()


@pytest.mark.parametrize(
    ("end", "odd", "is_asked"),
    [
        (None, "", False),
        (None, "2 1 eni-1 10.0.0.1 10.1.0.1 1 443 6 1 7 - - ACCEPT OK", False),
        (START + 60, "", False),
        (START + 60, "2 1 eni-1 10.0.0.1 10.1.0.1 1 443 6 1 7 - - ACCEPT OK", True),
        (START + 4, "", True),
    ],
)
async def test_the_window_is_asked_only_where_a_line_may_be_outside(
    tmp_path: Path, end: int | None, odd: str, is_asked: bool
) -> None:
    lines = [record(n) for n in range(5)]
    made = backend(write(tmp_path / "flows.log", [*lines, *filter(None, [odd])]))
    whole = await made.extent(())
    assert whole is not None
    window = whole if end is None else TimeRange(whole.start, datetime.fromtimestamp(end, UTC))
    query = Query("stats count(*) as n", None if end is None else window)
    assert ("@timestamp" in (await made.explain(query, window)).text) is is_asked
    *_, last = [snapshot async for snapshot in watch(made, query, window, delays=LOCAL)]
    seen = 4 if end == START + 4 else 6 if odd and end is None else 5
    assert last.results.rows == ((str(seen),),)
    await made.close()


async def test_only_what_a_query_reads_must_be_there(tmp_path: Path) -> None:
    good = write(tmp_path / "good.log", [record()])
    made = backend(tmp_path / "none.log", good)
    *_, last = await ask(made, f"SOURCE '{good}' | limit 1")
    assert len(last.results.rows) == 1
    text = f"filter bytes in (SOURCE '{tmp_path}/none.log' | fields bytes)"
    with pytest.raises(SourceError, match=r"none\.log"):
        await ask(made, text, str(good))
    with pytest.raises(QueryError, match="no log group gone") as caught:
        await ask(made, "SOURCE 'gone' | limit 1")
    assert caught.value.span == (7, 13)
    await made.close()


async def test_only_the_main_groups_are_queried_in_part_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.backends.duckdb.statement._LARGE", 100)
    monkeypatch.setattr("flowtui.backends.duckdb.query_thread._SLICE", 10)
    made = backend(write(tmp_path / "flows.log", [record(n) for n in range(500)]))
    answers: list[ResultSet] = []

    def fetching(*arguments: object) -> ResultSet:
        answers.append(fetch(*arguments))  # type: ignore[arg-type]  # passed on as they come
        return answers[-1]

    monkeypatch.setattr("flowtui.backends.duckdb.query_thread.fetch", fetching)
    await ask(made, "join left=l right=r where l.dstport=r.dstport (limit 500) | stats count(*)")
    assert [answer.rows for answer in answers] == [(("5000",),), (("250000",),)]
    await made.close()


async def test_too_many_keys_fail_the_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.sql.commands.joins.JOIN_KEYS", 5)
    made = backend(write(tmp_path / "flows.log", [record(n) for n in range(9)]))
    *_, last = await ask(made, "join left=l right=r where l.bytes=r.bytes (fields bytes)")
    assert last.state is RunState.FAILED
    assert last.error.startswith("the right side of a join may have 5 different keys")
    await made.close()


async def test_one_shot_loads_what_queries_in_brackets_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_module, "_LARGE", 100)
    a, b = (write(tmp_path / f"{n}.log", [record(i) for i in range(n)]) for n in (50, 4))
    (tmp_path / "nets.csv").write_text("cidr,site\n10.0.0.0/30,few\n")
    shelf = Shelf({"nets": tmp_path / "nets.csv"}, {"Few": "stats count(*) as n by site"})
    made = DuckDBBackend([a, b], now=lambda: NOW, one_shot=True, shelf=shelf)
    text = f"filter bytes in (SOURCE '{b}' | fields bytes) | stats count(*) as n"
    *_, last = await ask(made, text, str(a))
    assert (last.results.rows, last.statistics.records_scanned) == ((("4",),), 54)
    # In place: a SOURCE, a lookup table and a saved query.
    *_, last = await ask(made, f"SOURCE '{a}' | cidrlookup nets srcaddr OUTPUT site | $Few()")
    assert last.results.rows == ((None, "46"), ("few", "4"))
    assert last.statistics.records_scanned is None
    await made.close()


async def test_the_saved_queries_are_those_of_the_settings() -> None:
    shelf = Shelf(queries={"top/of": "filter action = {{action}}", "all": "limit 5"})
    made = DuckDBBackend((), demo=True, now=lambda: NOW, shelf=shelf)
    named = SavedQuery("top/of", "filter action = {{action}}", parameters=(Parameter("action"),))
    assert [page async for page in made.saved_queries()] == [(named, SavedQuery("all", "limit 5"))]
    assert [page async for page in made.saved_queries("top/")] == [(named,)]
    assert "under [queries] in the settings" in made.saving_refused
    with pytest.raises(UsageError, match="saved by hand"):
        await made.save_query(named)
    await made.close()


@pytest.mark.parametrize("one_shot", [False, True])
@pytest.mark.parametrize("line", [record(0), "does not fit", record(0).replace("0", "0.5", 1)])
async def test_what_is_explained_is_what_runs(tmp_path: Path, one_shot: bool, line: str) -> None:
    made = backend(write(tmp_path / "flows.log", [line, record(1)]), one_shot=one_shot)
    query = Query("filter bytes > 0 | stats count(*) as n by action | sort n desc", None)
    window = await made.extent((str(tmp_path / "flows.log"),))
    assert window is not None
    explained = await made.explain(query, window)
    await ask(made, query.text)
    (running,) = made._queries.values()
    assert laid_out(running._statement.compiled.sql) in explained.text
    assert "text, " in explained.text
    assert not explained.notice
    await made.close()


async def test_nothing_is_read_or_run_to_explain_a_query_over_large_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_module, "_LARGE", 100)
    made = backend(write(tmp_path / "flows.log", [record(n) for n in range(50)]), one_shot=True)
    explained = await made.explain(Query("stats count(*)", None), ALL_DAY)
    assert "read where they lie" in explained.text
    assert "large files are not read for this" in explained.notice
    assert not made._queries
    assert not any(group.loaded.done() for group in made._store.groups.values())
    await made.close()


async def test_what_is_wrong_is_said_when_it_is_explained(tmp_path: Path) -> None:
    made = backend(write(tmp_path / "flows.log", [record(0)]))
    with pytest.raises(QueryError, match="there is no function nothing"):
        await made.explain(Query("fields nothing()", None), ALL_DAY)
    await made.close()


async def test_first_rows_are_shown_while_the_rest_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 1 << 10)
    monkeypatch.setattr(chunks, "_BLOCK", 1 << 10)
    is_shown = threading.Event()
    original = Group.arrived

    def held(group: Group, some: Loaded) -> None:
        original(group, some)
        assert is_shown.wait(120)

    monkeypatch.setattr(Group, "arrived", held)
    made = backend(write(tmp_path / "flows.log", list(map(record, range(200)))))
    seen = []
    for text in ("stats count(*) as n", "fields bytes, @ptr | sort bytes | limit 1"):
        query = Query(text, None)
        async for snapshot in watch(made, query, ALL_DAY, delays=LOCAL):
            if snapshot.results.rows:
                is_shown.set()
                seen.append(snapshot)
    await made.close()
    first, last = seen[0], next(each for each in seen if each.state is RunState.COMPLETE)
    assert first.state is RunState.RUNNING
    assert 0 < int(first.results.rows[0][0] or 0) < 200
    assert [each for each in first.notices if each.startswith(f"loading {tmp_path}/flows.log")]
    shares = [each.statistics.progress or 0 for each in seen[: seen.index(last) + 1]]
    assert shares == sorted(shares)
    assert shares[0] < 1
    assert last.results.rows == (("200",),)


async def test_a_question_over_all_there_is_begins_before_all_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the end its window is that of all records."""
    monkeypatch.setattr(chunks, "CHUNK", 1 << 10)
    monkeypatch.setattr(chunks, "_BLOCK", 1 << 10)
    is_shown = threading.Event()
    original = Group.arrived

    def held(group: Group, some: Loaded) -> None:
        original(group, some)
        assert is_shown.wait(120)

    monkeypatch.setattr(Group, "arrived", held)
    path = write(
        tmp_path / "flows.log", [*map(record, range(200)), record().replace("1648", "1649")]
    )
    made = backend(path)
    runner = QueryRunner(made, Formats(), now=lambda: NOW, delays=LOCAL)
    prepared = await runner.prepare(Query("stats count(*) as n", None, (str(path),)))
    async with aclosing(runner.runs(prepared)) as runs:
        async for run in runs:
            if run.latest.results.rows:
                is_shown.set()
    whole = await made.extent((str(path),))
    await made.close()
    assert run.latest.results.rows == (("201",),)
    assert run.window == whole
    assert prepared.window.end < run.window.end


async def test_rows_that_were_shown_are_those_of_a_file_that_breaks_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was shown of it is not in the rows in the end."""
    monkeypatch.setattr(chunks, "CHUNK", 1 << 10)
    monkeypatch.setattr(chunks, "_BLOCK", 1 << 10)
    (tmp_path / "logs").mkdir()
    packed = gzip.compress("\n".join(map(record, range(2000))).encode())
    (tmp_path / "logs" / "a.log.gz").write_bytes(packed[: len(packed) - 20])
    write(tmp_path / "logs" / "b.log", [record(7)])
    made = backend(tmp_path / "logs")
    *_, last = await ask(made, "stats count(*) as n")
    await made.close()
    assert last.state is RunState.COMPLETE
    assert last.results.rows == (("1",),)
    assert [each for each in last.notices if "broken gzip" in each]

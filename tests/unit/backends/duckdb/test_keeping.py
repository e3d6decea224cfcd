"""Large groups are kept between sessions, and grow with their files."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from flowtui.backends.duckdb import keeping as keeping_module
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.backends.duckdb.database import open_database
from flowtui.backends.duckdb.groups import Group, PathFiles
from flowtui.backends.duckdb.ingest import files, room
from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.load import Loaded
from flowtui.backends.duckdb.ingest.text import chunks
from flowtui.backends.duckdb.ingest.text.lines import Lines
from flowtui.backends.duckdb.ingest.text.reader import TextLayout
from flowtui.backends.duckdb.keeping import Keeping, LoadTask
from flowtui.backends.duckdb.loaded_cache import LoadedCache
from flowtui.backends.duckdb.progress import Loading
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.run import RunState, Snapshot
from flowtui.sql.parameters import identifier
from tests.unit.backends.duckdb.shapes import SHAPES
from tests.unit.backends.duckdb.test_backend import NOW, ask, record, write

COUNT = "stats count(*) as n, sum(bytes) as b"


@pytest.fixture(autouse=True)
def _keeps_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping_module, "LEAST", 1)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The files that are read, and from where on."""
    found: list[tuple[str, int]] = []
    original = files.read_plain

    def noted(path: Path, size: int, start: int, end: int) -> Iterator[tuple[bytes, int]]:
        found.append((path.name, start))
        return original(path, size, start, end)

    monkeypatch.setattr(chunks, "read_plain", noted)
    return found


def opened(path: Path, cache: LoadedCache, *, one_shot: bool = False) -> DuckDBBackend:
    return DuckDBBackend([path], now=lambda: NOW, one_shot=one_shot, cache=cache)


def aged(path: Path, second: int = 1_600_000_000) -> Path:
    os.utime(path, (second, second))
    return path


async def last_of(on: DuckDBBackend, text: str = COUNT) -> Snapshot:
    *_, last = await ask(on, text)
    assert last.state is RunState.COMPLETE, last.error
    return last


@pytest.mark.parametrize("one_shot", [False, True])
async def test_a_second_session_reads_nothing(
    tmp_path: Path, read: list[tuple[str, int]], one_shot: bool
) -> None:
    path = aged(write(tmp_path / "flows.log", [*map(record, range(10)), "what is this"]))
    cache = LoadedCache(tmp_path / "cache", 1e9)
    answers = []
    for _ in range(2):
        made = opened(path, cache, one_shot=one_shot)
        answers.append(await last_of(made, "fields @message, @ptr, @ingestionTime | sort bytes"))
        await made.close()
    assert answers[0] == answers[1]
    assert read == [("flows.log", 0)]
    modes = {each.name: each.stat().st_mode & 0o777 for each in cache.folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert cache.folder.stat().st_mode & 0o777 == 0o700
    (kept,) = cache.groups()
    assert kept.name == str(path)


async def test_what_has_come_since_is_read_with_the_next_query(
    tmp_path: Path, read: list[tuple[str, int]]
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    path = aged(write(folder / "a.log", [record(1), record(2)]))
    size = path.stat().st_size
    made = opened(folder, LoadedCache(tmp_path / "cache", 1e9))
    assert (await last_of(made)).results.rows == (("2", "3"),)
    with path.open("a") as file:
        file.write(f"{record(3)}\n")
    aged(path, 1_600_000_001)
    assert (await last_of(made)).results.rows == (("3", "6"),)
    aged(write(folder / "b.log", [record(4)]))
    assert (await last_of(made)).results.rows == (("4", "10"),)
    assert (await last_of(made)).results.rows == (("4", "10"),)
    await made.close()
    assert read == [("a.log", 0), ("a.log", size), ("b.log", 0)]


async def test_a_small_group_that_has_changed_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping_module, "LEAST", 1 << 20)
    path = aged(write(tmp_path / "flows.log", [record(1)]))
    cache = LoadedCache(tmp_path / "cache", 1e9)
    made = opened(path, cache)
    assert (await last_of(made)).results.rows == (("1", "1"),)
    aged(write(path, [record(7), record(8)]), 1_600_000_001)
    assert (await last_of(made)).results.rows == (("2", "15"),)
    await made.close()
    assert cache.groups() == []


async def test_what_was_read_stays_when_its_file_is_gone(tmp_path: Path) -> None:
    path = aged(write(tmp_path / "flows.log", [record(1)]))
    made = opened(path, LoadedCache(tmp_path / "cache", 1e9))
    await last_of(made)
    path.unlink()
    last = await last_of(made)
    await made.close()
    assert last.results.rows == (("1", "1"),)
    assert [each for each in last.notices if "can't be read" in each]


async def test_a_file_that_is_mended_is_read_after_all(tmp_path: Path) -> None:
    path = aged(write(tmp_path / "flows.log", ["no record"]))
    made = opened(path, LoadedCache(tmp_path / "cache", 1e9))
    with pytest.raises(Exception, match="no line of"):
        await ask(made, COUNT)
    aged(write(path, [record(7)]), 1_600_000_001)
    assert (await last_of(made)).results.rows == (("1", "7"),)
    await made.close()


async def test_what_is_kept_is_no_more_than_the_limit(tmp_path: Path) -> None:
    cache = LoadedCache(tmp_path / "cache", 1e9)
    for number in range(4):
        if number == 1:
            (one,) = cache.groups()
            cache = LoadedCache(cache.folder, 2.5 * one.size)
        made = opened(aged(write(tmp_path / f"{number}.log", [record(number)])), cache)
        await last_of(made)
        await made.close()
    kept = cache.groups()
    assert len(kept) == 2
    assert sum(group.size for group in kept) <= cache.limit
    assert len(list(cache.folder.glob("*.duckdb"))) == len(kept)


async def test_nothing_is_kept_where_that_is_set_or_not_possible(tmp_path: Path) -> None:
    path = aged(write(tmp_path / "flows.log", [record(1)]))
    (tmp_path / "file").touch()
    for cache in (LoadedCache(tmp_path / "none", 0), LoadedCache(tmp_path / "file" / "in", 1e9)):
        made = opened(path, cache)
        assert (await last_of(made)).results.rows == (("1", "1"),)
        await made.close()
        assert not cache.folder.exists()


@pytest.mark.parametrize("damage", ["page", "database", "truncated"])
async def test_what_is_damaged_is_read_anew(tmp_path: Path, damage: str) -> None:
    path = aged(write(tmp_path / "flows.log", [record(1), record(2)]))
    cache = LoadedCache(tmp_path / "cache", 1e9)
    for _ in range(2):
        made = opened(path, cache)
        assert (await last_of(made)).results.rows == (("2", "3"),)
        await made.close()
        (page,) = cache.folder.glob("*.json")
        (database,) = cache.folder.glob("*.duckdb")
        match damage:
            case "page":
                page.write_text('{"name": "x", "size": 1, "database": "y", "content": {}}')
            case "database":
                database.write_bytes(b"no database")
            case _:
                os.truncate(database, 4096)


ASKED = """
import asyncio, sys
from pathlib import Path
from flowtui.backends.duckdb import keeping
from flowtui.backends.duckdb.loaded_cache import LoadedCache
from tests.unit.backends.duckdb.test_keeping import last_of, opened
keeping.LEAST = 1
async def main():
    made = opened(Path(sys.argv[1]), LoadedCache(Path(sys.argv[2]), 1e9))
    for _ in range(3):
        print((await last_of(made)).results.rows)
    await made.close()
asyncio.run(main())
"""


def test_several_processes_keep_the_same_group(tmp_path: Path) -> None:
    path = aged(write(tmp_path / "flows.log", [*map(record, range(100))]))
    words = [sys.executable, "-c", ASKED, str(path), str(tmp_path / "cache")]
    running = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603  (our own program)
        for _ in range(3)
    ]
    said = [each.communicate(timeout=120) for each in running]
    assert {out for out, _ in said} == {"(('100', '4950'),)\n" * 3}, said
    assert len(LoadedCache(tmp_path / "cache", 1e9).groups()) == 1
    assert len(list((tmp_path / "cache").glob("*.duckdb"))) == 1


async def test_a_disk_that_is_almost_full_is_said_before_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = aged(write(tmp_path / "flows.log", [record(1)]))
    monkeypatch.setattr(room, "free_bytes", lambda _: 10_000_000)
    cache = LoadedCache(tmp_path / "cache", 1e9)
    made = opened(path, cache)
    *_, last = await ask(made, COUNT)
    await made.close()
    assert last.state is RunState.FAILED
    assert last.error.startswith(
        f"{path} could not be loaded: no more than 10.0 MB are left on the disk of "
    )
    assert last.error.endswith("; free some disk space or set TMPDIR")
    assert cache.groups() == []


async def test_a_cache_without_room_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = aged(write(tmp_path / "flows.log", [record(1)]))
    monkeypatch.setattr(keeping_module, "free_bytes", lambda _: 100_000_000)
    cache = LoadedCache(tmp_path / "cache", 1e9)
    made = opened(path, cache)
    assert (await last_of(made)).results.rows == (("1", "1"),)
    with path.open("a") as file:
        file.write(f"{record(3)}\n")
    aged(path, 1_600_000_001)
    assert (await last_of(made)).results.rows == (("2", "4"),)
    await made.close()
    assert cache.groups() == []


async def test_finding_out_the_formats_of_many_files_has_a_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").mkdir()
    for number in range(4):
        aged(write(tmp_path / "logs" / f"{number}.log", [record(number)]))
    said: list[str] = []
    original = Group.looked

    def noted(group: Group, share: float) -> None:
        original(group, share)
        said.append(group.loading)

    monkeypatch.setattr(Group, "looked", noted)
    made = opened(tmp_path / "logs", LoadedCache(tmp_path / "cache", 0))
    await last_of(made)
    await made.close()
    shares = [25, 50, 75, 100]
    assert said == [f"finding out the formats in {tmp_path}/logs: {each} %" for each in shares]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_kept(shape: str, tmp_path: Path) -> None:
    path, cache = tmp_path / "flows", LoadedCache(tmp_path / "cache", 1e9)
    path.write_bytes(SHAPES[shape]())
    aged(path)
    found = []
    for number in range(2):
        (folder := tmp_path / str(number)).mkdir()
        with open_database(folder) as connection:
            keeping, group = Keeping(cache, lambda folder=folder: folder), PathFiles(path, None)  # type: ignore[misc]  # a default value has no type here
            keeping.open()
            listing = group.list()
            source = keeping.find(group, listing, lambda _: None)
            assert keeping.is_stored(group) is bool(number)
            task = LoadTask(
                connection, group, listing, source, "g", Loading(), threading.Event(), folder
            )
            _, loaded = keeping.load(task)
            rows = connection.execute("SELECT * FROM g ORDER BY ALL").fetchall()
            found.append((source.taken_for, source.format, replace(loaded, held={}), rows))
            keeping.close()
    assert found[0] == found[1]


def test_who_reads_the_first_rows_does_not_fail_the_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 1000)
    monkeypatch.setattr(chunks, "_BLOCK", 100)
    path = aged(write(tmp_path / "flows.log", [*map(record, range(100))]))
    readers: list[DuckDBPyConnection] = []
    waits: list[float | None] = []

    class Closing(threading.Event):
        """Whoever waits finds that the reader has ended."""

        def wait(self, timeout: float | None = None) -> bool:
            while readers:
                readers.pop().commit()
            waits.append(timeout)
            return super().wait(0)

    with open_database(tmp_path) as connection:

        def arrived(some: Loaded) -> None:
            reader = connection.cursor().begin()
            reader.execute(f"SELECT count(*) FROM {identifier(some.relation)}").fetchall()
            readers.append(reader)

        keeping = Keeping(LoadedCache(tmp_path / "cache", 1e9), lambda: tmp_path)
        keeping.open()
        files_of_it = PathFiles(path, None)
        listing = files_of_it.list()
        source = keeping.find(files_of_it, listing, lambda _: None)
        task = LoadTask(
            connection, files_of_it, listing, source, "g", Loading(), Closing(), tmp_path, arrived
        )
        _, loaded = keeping.load(task)
        keeping.close()
    assert waits
    assert loaded.lines == 100


def test_a_checkpoint_merges_little_at_once(tmp_path: Path) -> None:
    groups = "SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('kept.t')"

    def checkpointed(name: str, rows: int) -> int:
        connection.execute(f"ATTACH '{tmp_path}/{name}.duckdb' AS kept (ROW_GROUP_SIZE 2048)")
        connection.execute("CREATE TABLE kept.t (number BIGINT)")
        for _ in range(20):
            connection.execute(f"INSERT INTO kept.t SELECT * FROM range({rows})")
            if name == "grows":
                connection.execute("CHECKPOINT kept")
        connection.execute("CHECKPOINT kept")
        (count,) = connection.execute(groups).fetchone() or (0,)
        connection.execute("DETACH kept")
        assert isinstance(count, int)
        return count

    with open_database(tmp_path) as connection:
        assert checkpointed("large", 3000) >= 38
        assert checkpointed("grows", 10) <= 2


def test_what_files_have_in_common_is_kept_once(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for number in range(20):
        aged(write(tmp_path / "logs" / f"{number}.log", [record(number)]))
    cache, files_of_it = LoadedCache(tmp_path / "cache", 1e9), PathFiles(tmp_path / "logs", None)
    with open_database(tmp_path) as connection:
        keeping = Keeping(cache, lambda: tmp_path)
        keeping.open()
        listing = files_of_it.list()
        source = keeping.find(files_of_it, listing, lambda _: None)
        keeping.load(
            LoadTask(
                connection, files_of_it, listing, source, "g", Loading(), threading.Event(),
                tmp_path,
            )
        )  # fmt: skip
        keeping.close()
    found = cache.find(files_of_it.identity)
    assert found is not None
    assert len(found.content["files"]) == 20
    assert len(found.content["lines"]) == len(found.content["layouts"]) == 1


def test_a_file_is_hashed_without_the_fields_of_its_records(tmp_path: Path) -> None:
    (file,) = find_source(write(tmp_path / "a.log", [record(1)])).files
    layout = TextLayout(Lines(FlowFormat.parse("${srcaddr} ${bytes}")))
    other = replace(file, layout=layout)
    assert hash(other) == hash(file)
    assert other != file


async def test_the_cache_is_listed_without_reading_what_the_files_were(tmp_path: Path) -> None:
    path = aged(write(tmp_path / "flows.log", [record(1)]))
    cache = LoadedCache(tmp_path / "cache", 1e9)
    made = opened(path, cache)
    await last_of(made)
    await made.close()
    (page,) = cache.folder.glob("*.json")
    first, content = page.read_text().splitlines()
    assert "files" in content
    page.write_text(f"{first}\nno JSON")
    assert [group.name for group in cache.groups()] == [str(path)]
    assert cache.find(PathFiles(path, None).identity) is None

"""What the local engine may take of the machine, and that it lets go of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from flowtui.backends.duckdb.database import Store
from flowtui.backends.duckdb.groups import file_groups
from flowtui.backends.duckdb.limits import LEAST_MEMORY, EngineLimits
from flowtui.backends.duckdb.memory_watch import MemoryWatch, resident_bytes
from flowtui.backends.duckdb.temporary import TemporaryFolder
from flowtui.model.errors import BackendError

GB = 10**9


def test_by_default_it_is_a_quarter_of_the_machine() -> None:
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert LEAST_MEMORY <= EngineLimits.of_machine().memory <= max(LEAST_MEMORY, machine // 4)


def test_with_little_memory_there_are_few_threads() -> None:
    assert EngineLimits.of_machine(1).memory == LEAST_MEMORY
    assert EngineLimits.of_machine(LEAST_MEMORY).threads <= 2


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    folder = tmp_path / "it's logs"
    folder.mkdir()
    (folder / "a.log").write_text("a b\n")
    (tmp_path / "b.log").write_text("a b\n")
    groups = file_groups([folder, tmp_path / "b.log"], None)
    store = Store(groups, EngineLimits.of_machine(GB), is_eager=False)
    yield store
    store.close()


@pytest.mark.parametrize("name", ["it's logs/a.log", "b.log"])
def test_the_files_of_the_groups_can_be_read(store: Store, tmp_path: Path, name: str) -> None:
    read = store.cursor().execute(
        "SELECT content FROM read_text($path)", {"path": str(tmp_path / name)}
    )
    assert read.fetchall() == [("a b\n",)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM 'https://example.com/a.csv'",
        "COPY (SELECT 1) TO '{}/copied.csv'",
        "ATTACH '{}/attached.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '100GB'",
        "SET threads = 99",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET lock_configuration = false",
        "SET temp_directory = '{}'",
        "SET max_temp_directory_size = '1TB'",
        "SET autoload_known_extensions = true",
    ],
)
def test_nothing_else_can_be_reached(store: Store, statement: str, tmp_path: Path) -> None:
    with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)):
        store.cursor().execute(statement.format(tmp_path / "elsewhere"))


def test_what_fits_neither_in_memory_nor_on_disk_is_refused() -> None:
    limits = EngineLimits(LEAST_MEMORY, 1)
    assert limits.spill == 10 * LEAST_MEMORY
    store = Store((), limits, is_eager=False)
    (size,) = (
        store.cursor().execute("SELECT current_setting('max_temp_directory_size')").fetchone() or ()
    )
    store.close()
    assert size == "2.3 GiB"


class TestFolders:
    @pytest.fixture(autouse=True)
    def _elsewhere(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def test_a_folder_goes_with_its_program(self, tmp_path: Path) -> None:
        folder = TemporaryFolder()
        (folder.path / "logs").mkdir()
        folder.close()
        assert list(tmp_path.iterdir()) == []

    def test_the_folder_of_a_killed_program_goes_with_the_next_one(self, tmp_path: Path) -> None:
        code = (
            "import os, signal; from flowtui.backends.duckdb.temporary import TemporaryFolder;"
            "made = TemporaryFolder(); (made.path / 'flowtui.duckdb').touch();"
            "os.kill(os.getpid(), signal.SIGKILL)"
        )
        subprocess.run(  # noqa: S603  (what it runs is above)
            [sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)}, check=False
        )
        (left,) = tmp_path.iterdir()
        assert (left / "flowtui.duckdb").exists()
        folder = TemporaryFolder()
        assert list(tmp_path.iterdir()) == [folder.path]
        folder.close()

    def test_what_somebody_uses_stays(self, tmp_path: Path) -> None:
        mine, foreign = TemporaryFolder(), tmp_path / "flowtui-of-others"
        foreign.mkdir()
        (tmp_path / "flowtui-link").symlink_to(foreign)
        other = TemporaryFolder()
        assert mine.path.exists()
        assert foreign.exists()
        other.close()
        mine.close()


class TestWatch:
    def test_the_query_that_came_last_is_ended(self) -> None:
        told, taken = threading.Event(), [0]
        watch = MemoryWatch(100, lambda: taken[0])
        with watch.over(pytest.fail) as first, watch.over(told.set) as second:
            taken[0] = 101
            assert told.wait(10)
            with pytest.raises(BackendError, match="more memory than it may"):
                second.check()
            first.check()
            taken[0] = 0

    def test_below_the_limit_none_is_ended(self) -> None:
        looked, looks = threading.Event(), iter(range(5))

        def resident() -> int:
            if next(looks, None) is None:
                looked.set()
            return 100

        with MemoryWatch(100, resident).over(pytest.fail) as watched:
            assert looked.wait(10)
            watched.check()

    def test_the_process_has_a_size(self) -> None:
        before = resident_bytes()
        held = bytearray(b"x" * 50_000_000)
        assert 40_000_000 < resident_bytes() - before < 200_000_000
        assert len(held) == 50_000_000

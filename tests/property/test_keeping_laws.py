"""What is kept of a log group answers as its files do, whatever has become of them since."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.backends.duckdb import keeping as keeping_module
from flowtui.backends.duckdb.database import open_database
from flowtui.backends.duckdb.groups import PathFiles
from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.load import Loaded, load
from flowtui.backends.duckdb.keeping import Keeping, LoadTask
from flowtui.backends.duckdb.loaded_cache import LoadedCache
from flowtui.backends.duckdb.progress import Loading
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError
from tests.property.laws import searched

FORMAT = FlowFormat.parse("${srcaddr} ${bytes} ${start}")
PIECES = (
    "a 1 1648825200\n", "b 2 1648825201\n", "b 2 1648825201\n", "c 007 1648825202\n", "d - 1\n",
    "what is this\n", "\n", "e 5 16488", "252", "04\n", "f 6 1648825205\r\n", "g", " 7 164882\n",
    "bytes srcaddr start\n", "8 h 1648825207\n", "x", "srcaddr bytes start dstaddr\n", "i 9 1 j\n",
)  # fmt: skip
"""Whole lines, parts of lines, headers and what is no record."""
Answer = tuple[list[tuple[object, ...]], int, int, tuple[str, ...]]


@pytest.fixture(autouse=True)
def _keeps_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping_module, "LEAST", 1)


@dataclass
class Session:
    """A database, and what is kept of it and for others."""

    connection: duckdb.DuckDBPyConnection
    keeping: Keeping

    def answer(self, path: Path) -> Answer | str:
        files = PathFiles(path, FORMAT)
        try:
            listing = files.list()
            source = self.keeping.find(files, listing, lambda _: None)
            _, loaded = self.keeping.load(
                LoadTask(
                    self.connection, files, listing, source, "g",
                    Loading(), threading.Event(), path.parent,
                )
            )  # fmt: skip
        except SourceError as error:
            return str(error)
        return rows(self.connection, loaded)


@contextmanager
def session(folder: Path, cache: LoadedCache) -> Iterator[Session]:
    inner = Path(tempfile.mkdtemp(dir=folder))
    with open_database(inner) as connection:
        keeping = Keeping(cache, lambda: inner)
        keeping.open()
        yield Session(connection, keeping)
        keeping.close()
    shutil.rmtree(inner)


def rows(connection: duckdb.DuckDBPyConnection, loaded: Loaded) -> Answer:
    found = connection.execute(
        'SELECT "@message", srcaddr, bytes, "bytes#", "@timestamp" FROM g ORDER BY ALL'
    ).fetchall()
    assert len(found) == loaded.lines
    (count,) = connection.execute('SELECT count(DISTINCT "@ptr") FROM g').fetchall()[0]
    assert count == len(found)
    return found, loaded.misfits, loaded.bytes, tuple(sorted(map(str, loaded.formats)))


def anew(folder: Path, path: Path) -> Answer | str:
    """What somebody finds who has kept nothing."""
    inner = Path(tempfile.mkdtemp(dir=folder))
    with open_database(inner) as connection:
        try:
            loaded = load(
                connection, find_source(path, FORMAT), "g",
                progress=Loading(), cancelled=threading.Event(),
            )  # fmt: skip
        except SourceError as error:
            return str(error)
        found = rows(connection, loaded)
    shutil.rmtree(inner)
    return found


@dataclass(frozen=True)
class Step:
    verb: str
    file: str
    text: str
    is_new_session: bool


steps = st.builds(
    Step,
    st.sampled_from(
        ["append", "append", "append", "write", "truncate", "replace", "remove", "pack"]
    ),
    st.sampled_from(["a.log", "b.log"]),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join),
    st.booleans(),
)


def take(step: Step, folder: Path, second: int) -> None:
    """Do it to the file; no two times at which something was written are the same."""
    path = folder / step.file
    before = path.read_bytes() if path.exists() else b""
    match step.verb:
        case "append":
            with path.open("ab") as file:
                file.write(step.text.encode())
        case "write":
            path.write_bytes(step.text.encode())
        case "truncate":
            path.write_bytes(before[: len(before) // 2])
        case "replace":
            (folder.parent / "draft").write_bytes(before + step.text.encode())
            (folder.parent / "draft").replace(path)
        case "remove":
            path.unlink(missing_ok=True)
        case "pack":
            path.write_bytes(gzip.compress(step.text.encode(), mtime=0))
    if path.exists():
        os.utime(path, (second, second))


def bytes_apart(answer: Answer | str) -> object:
    """All of it but for the size of the text: what was read twice counts twice."""
    return answer if isinstance(answer, str) else (answer[0], answer[1], answer[3])


def same(text: str, *verbs: str) -> list[Step]:
    return [Step(verb, "a.log", text, is_new_session=bool(n % 2)) for n, verb in enumerate(verbs)]


@searched(12, ci=12)
@given(st.lists(steps, min_size=2, max_size=6))
@example(same("e 5 16488", "append", "append", "append"))
@example([Step("write", "a.log", "a 1 1\n", True), Step("write", "a.log", "b 2 2\nc 3 3\n", True)])
@example([Step("write", "a.log", "a 1 1\n", True), Step("write", "a.log", "b 2 2\n", False)])
@example(
    [
        Step("write", "a.log", "srcaddr bytes", True),
        Step("append", "a.log", " start\na 1 1\n", True),
    ]
)
@example([Step("write", "a.log", "a 1 1\ng", True), Step("append", "a.log", " 7 2\nb 1 1\n", True)])
@example([Step("write", "a.log", "a 1 1\n", True), Step("append", "a.log", "b 1 1\n", False)])
@example([Step("write", "a.log", "a 1 1\n", True), Step("append", "b.log", "b 1 1\n", True)])
@example(
    [
        Step("write", "a.log", "a 1 1\nbytes srcaddr start\n2 b 3\n", True),
        Step("append", "a.log", "4 c 5\n", True),
    ]
)
def test_what_is_kept_is_what_the_files_have(changes: Sequence[Step]) -> None:
    with tempfile.TemporaryDirectory(prefix="keeping-") as name:
        top = Path(name)
        logs, cache = top / "logs", LoadedCache(top / "cache", 1e9)
        logs.mkdir()
        opened = session(top, cache)
        current = opened.__enter__()
        try:
            for second, step in enumerate(changes, 1_600_000_000):
                take(step, logs, second)
                if step.is_new_session:
                    opened.__exit__(None, None, None)
                    opened = session(top, cache)
                    current = opened.__enter__()
                expected = anew(top, logs)
                assert bytes_apart(current.answer(logs)) == bytes_apart(expected)
        finally:
            opened.__exit__(None, None, None)
        assert not list(cache.folder.glob("flowtui-*"))

"""The seam for kinds of files, with one that nobody has: a flow log as lines of JSON."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from flowtui.backends.duckdb.database import open_database
from flowtui.backends.duckdb.ingest import readers
from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.files import Head
from flowtui.backends.duckdb.ingest.in_place import read_in_place
from flowtui.backends.duckdb.ingest.load import Loaded, load
from flowtui.backends.duckdb.ingest.reader import (
    Chunk,
    Contents,
    Home,
    LogFile,
    RecordTable,
    Section,
)
from flowtui.backends.duckdb.ingest.view_columns import (
    Record,
    common,
    each,
    number_column,
    path_list,
)
from flowtui.backends.duckdb.progress import Loading, Part
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError
from flowtui.sql.parameters import identifier

SMALL = FlowFormat.parse("${srcaddr} ${bytes} ${start}")
COLUMNS = '"@message", "@timestamp", srcaddr, bytes, "bytes#"'


class JsonReader:
    name = "JSON"

    def recognise(self, head: Head, _: FlowFormat | None) -> JsonLayout | None:
        first = next(head.lines(), b"")
        if not first.startswith(b"{"):
            return None
        return JsonLayout(FlowFormat.parse(" ".join(f"${{{key}}}" for key in json.loads(first))))


@dataclass(frozen=True, slots=True)
class JsonLayout:
    format: FlowFormat
    is_columnar = True
    is_stored = True
    is_plain = False

    @property
    def description(self) -> str:
        return f"JSON, {len(self.format.fields)} keys"

    def table(
        self, connection: duckdb.DuckDBPyConnection, home: Home, files: Sequence[LogFile]
    ) -> RecordTable:
        return JsonTable(connection, home, self.format, files)

    def in_place(self, files: Sequence[LogFile], section: Section) -> str:
        return selected(
            self.format, files_read(self.format, files), section, "row_number() OVER ()"
        )


def files_read(format_: FlowFormat, files: Sequence[LogFile]) -> str:
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in format_.columns)
    return (
        f'(SELECT *, 0 AS "@ingestionTime" FROM read_json({path_list(files)},'
        f" format='newline_delimited', columns={{{columns}}}))"
    )


def selected(format_: FlowFormat, rows: str, section: Section, row: str) -> str:
    numbers = {
        number_column(info): f"TRY_CAST({identifier(info.column)} AS BIGINT)"
        for info in format_.fields
        if info.type.is_number
    }
    texts = each(format_, lambda info, _: identifier(info.column))
    record = Record(time="", message=f"concat_ws(' ', {texts})", file_name="''", row=row)
    computed = ", ".join(f"{sql} AS {column}" for column, sql in numbers.items())
    return (
        f"SELECT {common(format_, section, record)}, {texts}, {', '.join(numbers)}"
        f" FROM (SELECT *, {computed} FROM {rows})"
    )


@dataclass
class JsonTable:
    connection: duckdb.DuckDBPyConnection
    home: Home
    format: FlowFormat
    files: Sequence[LogFile]

    def create(self) -> None:
        columns = ", ".join(f"{identifier(name)} VARCHAR" for name in self.format.columns)
        self.connection.execute(
            f'CREATE OR REPLACE TABLE {self.home.sql} ({columns}, "@ingestionTime" BIGINT)'
        )

    def drop(self) -> None:
        self.connection.execute(f"DROP TABLE IF EXISTS {self.home.sql}")

    def chunks(
        self, _: Path, __: dict[LogFile, SourceError], read: Callable[[float], None]
    ) -> Iterator[Chunk]:
        consumed = 0
        for number, file in enumerate(self.files, 1):
            consumed += file.size
            read(number / len(self.files))
            yield JsonChunk(self, file, consumed)

    @property
    def parts(self) -> tuple[JsonTable]:
        return (self,)

    @property
    def contents(self) -> Contents:
        table = self.connection.table(self.home.sql)
        return Contents(len(table), untimed=0, first_ms=None, last_ms=None)

    def select(self, section: Section) -> str:
        rows = f"(SELECT *, rowid AS n FROM {self.home.sql})"
        return selected(self.format, rows, section, "n")


@dataclass
class JsonChunk:
    table: JsonTable
    file: LogFile
    consumed: int

    @property
    def size(self) -> int:
        return self.file.size

    def insert(self, part: Part) -> None:
        rows = files_read(self.table.format, [self.file])
        self.table.connection.execute(
            f"INSERT INTO {self.table.home.sql} BY NAME SELECT * FROM {rows}"
        )
        part.at(1)

    def discard(self) -> None:
        pass


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    (tmp_path / "database").mkdir()
    with open_database(tmp_path / "database") as opened:
        yield opened


@pytest.fixture(autouse=True)
def _knows_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "READERS", (JsonReader(), *readers.READERS))


def write(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "a.json").write_text(
        '{"srcaddr": "10.0.0.1", "bytes": "7", "start": "1648825200"}\n'
        '{"srcaddr": "10.0.0.2", "bytes": "-", "start": "1648825201"}\n'
    )
    (folder / "b.log").write_text("srcaddr bytes start\n10.0.0.3 9 1648825202\n")
    return folder


ROWS = [
    ("10.0.0.1 7 1648825200", 1648825200000, "10.0.0.1", "7", 7),
    ("10.0.0.2 - 1648825201", 1648825201000, "10.0.0.2", "-", None),
    ("10.0.0.3 9 1648825202", 1648825202000, "10.0.0.3", "9", 9),
]


class Noted(Loading):
    """Keeps the parts of the load."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[tuple[float, float]] = []

    def filling(self, start: float, end: float) -> Part:
        self.parts.append((start, end))
        return super().filling(start, end)


def loaded(connection: duckdb.DuckDBPyConnection, folder: Path) -> tuple[Loaded, Noted]:
    progress = Noted()
    source = find_source(folder)
    cancelled = threading.Event()
    return load(connection, source, "g", progress=progress, cancelled=cancelled), progress


def test_files_of_two_kinds_are_one_log_group(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = write(tmp_path / "g")
    source = find_source(folder)
    assert [layout.description for layout in source.layouts] == ["JSON, 3 keys", "text, 3 fields"]
    found, progress = loaded(connection, folder)
    assert found.lines == 3
    (start, middle), (same, end) = progress.parts
    assert (start, middle, end) == (0, same, 1)
    assert connection.execute(f"SELECT {COLUMNS} FROM g ORDER BY ALL").fetchall() == ROWS


def test_both_are_read_in_place(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    read_in_place(connection, find_source(write(tmp_path / "g")), "g")
    assert connection.execute(f"SELECT {COLUMNS} FROM g ORDER BY ALL").fetchall() == ROWS


def test_the_pointers_of_both_differ(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    loaded(connection, write(tmp_path / "g"))
    assert connection.execute('SELECT count(DISTINCT "@ptr") FROM g').fetchone() == (3,)


def test_what_no_reader_takes_gets_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(readers, "READERS", (JsonReader(),))
    (tmp_path / "b.log").write_text("10.0.0.3 9 1648825202\n")
    with pytest.raises(SourceError, match="is none of what can be read here: JSON"):
        find_source(tmp_path / "b.log")

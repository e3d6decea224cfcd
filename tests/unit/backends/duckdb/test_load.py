from __future__ import annotations

import gzip
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flowtui.backends.duckdb.database import open_database
from flowtui.backends.duckdb.ingest import load as load_module
from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.in_place import NotPlain, read_in_place
from flowtui.backends.duckdb.ingest.load import Loaded, load
from flowtui.backends.duckdb.ingest.text import apart, chunks, joining
from flowtui.backends.duckdb.ingest.text.lines import Lines, is_stamped, later_header, names_in
from flowtui.backends.duckdb.ingest.text.reader import TextLayout
from flowtui.backends.duckdb.progress import Loading, Part
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.flowlogs.presets import TGW_FORMAT
from flowtui.model.errors import SourceError

SMALL = FlowFormat.parse("${srcaddr} ${bytes} ${start}")
DEFAULT = (
    "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249"
    " 1418530010 1418530070 ACCEPT OK"
)
NODATA = "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA"
PLAIN = re.compile(r"0|-?[1-9][0-9]*")
INTEGER = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path / "database"
    folder.mkdir()
    with open_database(folder) as opened:
        yield opened


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


class Steps(Loading):
    """Tells before each chunk to which share of all bytes it goes."""

    def __init__(self, step: Callable[[float], None]) -> None:
        super().__init__()
        self._step = step

    def filling(self, start: float, end: float) -> Part:
        self._step(end)
        return super().filling(start, end)


def loaded(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    form: FlowFormat | None = None,
    step: Callable[[float], None] = lambda _share: None,
) -> Loaded:
    source = find_source(path, form)
    return load(connection, source, "g", progress=Steps(step), cancelled=threading.Event())


def rows(connection: duckdb.DuckDBPyConnection, *columns: str) -> list[tuple[object, ...]]:
    names = ", ".join(f'"{column}"' for column in columns)
    return connection.execute(f'SELECT {names} FROM g ORDER BY "@ptr"').fetchall()


def test_every_column_of_a_record(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", f"{DEFAULT}\n{NODATA}\n")
    os.utime(path, ns=(0, 1_500_000_000_123_000_000))
    found = loaded(connection, path)
    assert (found.lines, found.misfits, found.untimed) == (2, 0, 0)
    assert (found.first_ms, found.last_ms) == (1418530010000, 1431280876000)
    assert found.bytes == path.stat().st_size
    assert found.format == DEFAULT_FORMAT
    built_in = rows(connection, "@timestamp", "@message", "@logStream", "@log", "@ingestionTime")
    stream = "eni-1235b8ca123456789-all"
    log = f"000000000000:{path}"
    assert built_in == [
        (1418530010000, DEFAULT, stream, log, 1500000000123),
        (1431280876000, NODATA, stream, log, 1500000000123),
    ]
    texts = rows(connection, *DEFAULT_FORMAT.columns)
    assert [" ".join(map(str, row)) for row in texts] == [DEFAULT, NODATA]
    numbers = rows(connection, "version#", "srcport#", "bytes#", "start#")
    assert numbers == [(2, 20641, 4249, 1418530010), (2, None, None, 1431280876)]
    assert len(set(rows(connection, "@ptr"))) == 2


def expected(content: bytes, form: FlowFormat) -> list[tuple[str, list[str] | None]]:
    """What a file holds, told in plain Python: each line, and its fields where it fits."""
    found: list[tuple[str, list[str] | None]] = []
    text = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    for raw in text.removesuffix(b"\r").split(b"\n"):
        line = raw.decode(errors="replace")
        pieces = line.split(" ")
        if line.strip(" ") and [p.replace("_", "-") for p in pieces[:2]] != ["srcaddr", "bytes"]:
            found.append((line, pieces if len(pieces) == len(form.fields) else None))
    return found


def number(text: str) -> int | float | None:
    if INTEGER.fullmatch(text):
        value: int | float = int(text)
    elif NUMBER.fullmatch(text):
        value = float(text)
    else:
        return None
    return value if abs(value) < 1.7e308 else None


def respelled(records: Sequence[Sequence[str]]) -> set[str]:
    """Where a number is not written as a 64-bit integer is."""
    return {
        name
        for name, index in (("bytes", 1), ("start", 2))
        for text in (record[index] for record in records)
        if number(text) is not None and not (PLAIN.fullmatch(text) and abs(int(text)) < 2**63)
    }


STRANGE = [
    "-",
    "007",
    "+7",
    "-0",
    "1e2",
    "1.5",
    "9" * 25,
    "0x10",
    "1_000",
    "inf",
    "nan",
    ".5",
    "7.",
]
tokens = st.one_of(
    st.sampled_from(STRANGE),
    st.integers(0, 2**40).map(str),
    st.text(st.characters(exclude_characters=" \n", exclude_categories=["Cs"]), max_size=5),
).map(str.encode)
glue = st.sampled_from([b" "] * 12 + [b"  ", b"\t", b"\r", b"\xff", b"\0", b"\x1f"])
ends = st.sampled_from([b"\n"] * 6 + [b"\r\n", b"\n\n", b" \n", b"\n  \n", b"\r\r\n"])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    content = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    for _ in range(draw(st.integers(1, 6))):
        words = draw(st.lists(tokens, min_size=3, max_size=draw(st.sampled_from([3, 3, 3, 4]))))
        content += words[0] + b"".join(draw(glue) + word for word in words[1:]) + draw(ends)
    return content


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=files())
@example(b'"a 1 2\nb" 007 1648826281\n')
@example(b"srcaddr bytes start\na 1 2\nsrcaddr bytes start\nb 3 4")
@example(b"a 1 2\n\xef\xbb\xbfb 1 2\n#c 1 2\n\\ 1 2\n")
@example(b"a 1 2\r\nb 1 2\nc 1\r 2\n")
@example(b"- - \r\r\n")
@example(b"a 1 2\r\r\nb 1 2\r\r\n")
@example(b"a 9223372036854775808 2\nb 9223372036854775807 2\n")
def test_what_is_written_comes_back(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, content: bytes
) -> None:
    # So many that it is sure that they fit the given format.
    content = 9 * b"x 1 1\n" + content
    source = find_source(write(tmp_path / "a.log", content), SMALL)
    found = load(connection, source, "g", progress=Loading(), cancelled=threading.Event())
    lines = expected(content, SMALL)
    fitting = dict(lines)
    columns = ("@message", *SMALL.columns, "bytes#")
    actual = rows(connection, *columns)
    assert sorted(str(row[0]) for row in actual) == sorted(message for message, _ in lines)
    assert (found.lines, found.misfits) == (len(lines), sum(p is None for _, p in lines))
    assert {info.column for info in found.respelled} == respelled([p for _, p in lines if p])
    for message, *texts, value in actual:
        pieces = fitting[str(message)]
        assert texts == ([None] * 3 if pieces is None else pieces)
        assert value == (None if pieces is None else pytest.approx(number(pieces[1])))
    check_in_place(connection, tmp_path, actual, columns)


STAMPS = st.sampled_from(
    ("2024-02-29T00:00:00.000Z", "2023-02-29T00:00:00.000Z", "1900-02-29T10:00:00.000Z",
     "0000-01-01T00:00:00.000Z", "2024-04-31T10:00:00.000Z", "2024-01-01T24:00:00.000Z",
     "9999-12-31T23:59:59.999Z", "2024-1-1T0:0:0.0Z", "2024-1-01T00:00:00.0000Z",
     "2024-01-01T00:00:00Z", " 2024-01-01T00:00:00.000Z", "2024")
)  # fmt: skip
STAMPED = st.one_of(
    st.tuples(STAMPS, files()).map(lambda two: two[0].encode() + b" " + two[1]),
    files(),
    st.sampled_from([b"bytes srcaddr start\n", b"\n", b"the start bytes of it\n"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STAMPED, max_size=5), st.sampled_from((7, 64, 1 << 19)))
def test_lines_are_told_apart_wherever_a_block_ends(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, pieces: list[bytes], block: int
) -> None:
    """Each is taken for what it is by itself, a timestamp before it or not."""
    content = 40 * b"2024-01-01T00:00:00.000Z x 1 1\n" + b"".join(pieces)
    source = find_source(write(tmp_path / "a.log", content), SMALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apart, "_BLOCK", block)
        found = load(connection, source, "g", progress=Loading(), cancelled=threading.Event())
    wanted = list(told_one_by_one(content))
    assert (found.lines, found.misfits) == (len(wanted), sum(not fits for *_, fits in wanted))
    stored = rows(connection, "@message", "@timestamp", "srcaddr")
    assert sorted((str(line), stamp) for line, stamp, _ in stored if stamp is not None) == sorted(
        (line, stamp) for line, stamp, _ in wanted if stamp is not None
    )
    assert sorted(str(line) for line, *_ in stored) == sorted(line for line, *_ in wanted)


def told_one_by_one(content: bytes) -> Iterator[tuple[str, int | None, bool]]:
    """Each line without its timestamp, the timestamp, and whether it fits."""
    lines, has_just_begun = Lines(SMALL, stamped=True), False
    for line in content.replace(b"\r\n", b"\n").removesuffix(b"\r").split(b"\n"):
        if header := later_header(line, lines.format):
            lines, has_just_begun = Lines(header, lines.stamped), True
        elif line.strip(b" "):
            if has_just_begun:
                lines, has_just_begun = Lines(lines.format, is_stamped(line)), False
            stamp, record = lines.split(line)
            fits = record.count(b" ") == lines.width - 1
            # Without a timestamp it is the field `start`, as far as that is one.
            if not lines.stamped and fits:
                stamp = start_ms(record.decode(errors="replace"), lines.format)
            yield record.decode(errors="replace"), stamp, fits


def start_ms(record: str, form: FlowFormat) -> int | None:
    text = record.split(" ")[form.columns.index("start")]
    found = number(text)
    if found is None or found != int(found) or not 0 <= found < 10**14:
        return None
    return int(found) * 1000 if found <= 99_999_999_999 else int(found)


def check_in_place(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    wanted: list[tuple[object, ...]],
    columns: tuple[str, ...],
) -> None:
    """Read in place, a file gives the same or asks to be loaded, whatever columns are read."""
    read_in_place(connection, find_source(tmp_path / "a.log", SMALL), "g")
    for chosen in (columns, columns[:1], columns[-1:], columns[1:2]):
        try:
            actual = rows(connection, *chosen)
        except NotPlain:
            continue
        indexes = [columns.index(name) for name in chosen]
        assert sorted(actual, key=str) == sorted(
            (tuple(row[i] for i in indexes) for row in wanted), key=str
        )


def test_clean_files_are_read_in_place(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Quotes and wildcards in a path name that file and no other."""
    path = write(tmp_path / "it's [a]" / "*.log", f"{DEFAULT}\n{NODATA}\n")
    write(tmp_path / "it's [a]" / "b.log", DEFAULT)
    packed = write(tmp_path / "it's [a]" / "z", gzip.compress(f"{DEFAULT}\n".encode()))
    columns = ("@timestamp", "@message", "@logStream", "@log", "@ingestionTime", "bytes", "bytes#")
    for name, count in ((path, 2), (packed, 1), (path.parent, 4)):
        loaded(connection, name)
        wanted = rows(connection, *columns)
        read_in_place(connection, find_source(name), "g")
        assert sorted(rows(connection, *columns), key=str) == sorted(wanted, key=str)
        assert len(set(rows(connection, "@ptr"))) == len(wanted) == count


def test_packed_blank_lines_are_not_read_in_place(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.gz", gzip.compress(f"{DEFAULT}\n".encode() + b"\n" * 1_000_000))
    with pytest.raises(NotPlain, match="blank lines"):
        read_in_place(connection, find_source(path), "g")


def test_a_path_that_is_not_utf8(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.log")
    try:
        write(path, "srcaddr bytes\na 1\n")
    except OSError:
        pytest.skip("this file system takes only UTF-8")
    loaded(connection, path)
    assert rows(connection, "@logStream", "bytes#") == [("caf\ufffd.log", 1)]
    with pytest.raises(NotPlain):
        read_in_place(connection, find_source(path), "g")


def test_headers_say_what_the_fields_are(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Joined objects repeat the header; a file of another format has NULL for what it lacks."""
    write(tmp_path / "1.log", "srcaddr bytes\na 1\nsrcaddr bytes\nb 2\n")
    write(tmp_path / "sub" / "2.log", "bytes tcp_flags srcaddr\n- 18 c\n")
    write(tmp_path / ".hidden", "bytes\n1\n")
    found = loaded(connection, tmp_path)
    assert found.format.columns == ("srcaddr", "bytes", "tcp_flags")
    assert (found.lines, found.misfits, found.untimed) == (3, 0, 3)
    assert sorted(rows(connection, "@message", "srcaddr", "bytes", "bytes#", "tcp_flags#")) == [
        ("- 18 c", "c", "-", None, 18),
        ("a 1", "a", "1", 1, None),
        ("b 2", "b", "2", 2, None),
    ]
    assert sorted(rows(connection, "@logStream")) == [("1.log",), ("1.log",), ("2.log",)]


def test_a_header_in_mid_file_holds_from_there_on(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its order, and wherever a chunk ends; words that look like one are a line."""
    monkeypatch.setattr(chunks, "CHUNK", 40)
    monkeypatch.setattr(chunks, "_BLOCK", 7)
    write(
        tmp_path / "a.log",
        "srcaddr bytes packets\na 1 2\nsrcaddr packets bytes\nb 3 4\nend of export\nb 5 6\n"
        "packets new_field srcaddr bytes\n7 x c 8\nsrcaddr bytes packets\nd 9 10\n",
    )
    found = loaded(connection, tmp_path / "a.log")
    assert found.format.columns == ("srcaddr", "bytes", "packets", "new_field")
    assert (found.lines, found.misfits, found.words, len(found.formats)) == (6, 0, 1, 3)
    assert sorted(rows(connection, "srcaddr", "bytes#", "packets#", "new_field")) == [
        ("a", 1, 2, None), ("b", 4, 3, None), ("b", 6, 5, None), ("c", 8, 7, "x"),
        ("d", 9, 10, None), ("end", None, None, None),
    ]  # fmt: skip


@pytest.mark.parametrize("columns", ['"bytes"', '"@message"', "srcaddr", "count(*)"])
def test_a_header_of_another_order_is_not_passed_over_in_place(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, columns: str
) -> None:
    path = write(tmp_path / "a.log", "srcaddr bytes packets\na 1 2\nsrcaddr packets bytes\nb 3 4\n")
    read_in_place(connection, find_source(path), "g")
    with pytest.raises(NotPlain):
        connection.execute(f"SELECT {columns} FROM g").fetchall()


@pytest.mark.parametrize(
    ("format_", "word", "field"),
    [
        ("${version} ${srcaddr} ${bytes}", "123456789010", "srcaddr"),
        ("${version} ${account-id} ${bytes}", "eni-1235b8ca123456789", "bytes"),
        ("${dstport} ${account-id} ${action}", "eni-1235b8ca123456789", "action"),
    ],
)
def test_a_given_format_that_the_values_contradict(
    tmp_path: Path, format_: str, word: str, field: str
) -> None:
    line = " ".join(DEFAULT.split()[:3])
    path = write(tmp_path / "a.log", f"\n{line}\n{line}\n")
    with pytest.raises(SourceError, match=rf"a\.log has {word} where .* \${{{field}}}; give"):
        find_source(path, FlowFormat.parse(format_))


SYSTEM = ("@aws.account", "@aws.region", "@source.log", "@data_source_name", "@data_source_type")


def test_the_system_fields_that_records_and_paths_tell(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """A record comes first, then its file; without them nothing is made up."""
    here = tmp_path / "AWSLogs" / "111122223333" / "vpcflowlogs" / "eu-west-1"
    name = "{}_vpcflowlogs_{}_fl-1_20261130T0010Z_1a.log"
    write(here / name.format("111122223333", "eu-west-1"), "srcaddr bytes\na 1\n")
    write(here / "renamed.log", "srcaddr bytes\nb 2\n")
    expected = ("111122223333", "eu-west-1", "flow")
    loaded(connection, here)
    assert set(rows(connection, SYSTEM[0], SYSTEM[1], SYSTEM[4])) == {expected}
    read_in_place(connection, find_source(here), "g")
    assert set(rows(connection, SYSTEM[0], SYSTEM[1], SYSTEM[4])) == {expected}
    write(here / name.format("444455556666", "us-east-1"), "srcaddr bytes\nc 3\n")
    named = (("a", *expected[:2]), ("b", None, None), ("c", "444455556666", "us-east-1"))
    loaded(connection, here)
    assert sorted(rows(connection, "srcaddr", *SYSTEM[:2])) == list(named)
    told = write(tmp_path / "own.log", "account-id region\n111122223333 eu-west-3\n- -\n")
    loaded(connection, told)
    source = (str(told), "amazon_vpc", "flow")
    assert rows(connection, *SYSTEM) == [
        ("111122223333", "eu-west-3", *source), (None, None, *source),
    ]  # fmt: skip
    loaded(connection, write(tmp_path / "tgw.log", "tgw-id srcaddr\ntgw-1 a\n"))
    assert rows(connection, *SYSTEM[3:]) == [(None, None)]


def test_export_tasks_write_the_timestamp_first(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    lines = (
        f"2014-12-13T20:46:50.123Z {DEFAULT}",
        "2014-12-13T20:46:51.000Z cut off",
        "2014-13-13T20:46:51.000Z a b c d e f g h i j k l m n",
    )
    found = loaded(connection, write(tmp_path / "000000.gz", "\n".join(lines)))
    assert (found.lines, found.misfits, found.untimed) == (3, 2, 1)
    assert sorted(rows(connection, "@message", "@timestamp", "bytes")) == [
        (DEFAULT, 1418503610123, "4249"),
        (lines[2], None, None),
        ("cut off", 1418503611000, None),
    ]


@pytest.mark.parametrize(
    ("start", "milliseconds"),
    [
        ("1648826281", 1648826281000),
        ("1648826281123", 1648826281123),
        ("1648826281123456", 1648826281123),
        ("4102444800", 4102444800000),
        ("4102444800000", 4102444800000),
        ("4102444800000000", 4102444800000),
        ("007", 7000),
        ("-", None),
        ("-1", None),
        ("9" * 18, None),
        ("x", None),
    ],
)
def test_start_is_the_timestamp(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, start: str, milliseconds: int | None
) -> None:
    found = loaded(connection, write(tmp_path / "a.log", f"a 1 {start}\n"), SMALL)
    assert rows(connection, "@timestamp", "start") == [(milliseconds, start)]
    assert (found.first_ms, found.untimed) == (milliseconds, milliseconds is None)


def test_the_articles_format_is_recognised(tmp_path: Path) -> None:
    words = {"log-status": "OK", "srcaddr": "10.0.0.1", "dstaddr": "10.0.0.2", "bytes": "40"}
    line = " ".join(words.get(info.name, "-") for info in ARTICLE_FORMAT.fields)
    source = find_source(write(tmp_path / "a.log", f"a note\n{line}\n"))
    assert source.layouts == (TextLayout(Lines(ARTICLE_FORMAT)),)


@pytest.mark.parametrize("is_gzip", [False, True])
def test_chunks_keep_lines_whole_and_in_order(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_gzip: bool,
) -> None:
    """A chunk or a block may end anywhere: inside a line, between CR and LF, after a misfit."""
    monkeypatch.setattr(chunks, "CHUNK", 40)
    monkeypatch.setattr(chunks, "_BLOCK", 7)
    lines = [f"10.0.0.{n} {n} {1648826281 + n}" for n in range(200)]
    lines[50] = "misfit"
    content = "\r\n".join(lines).encode()
    halves = (content[:999], content[999:])
    path = write(tmp_path / "a", b"".join(map(gzip.compress, halves)) if is_gzip else content)
    steps: list[float] = []
    found = loaded(connection, path, SMALL, steps.append)
    messages = [str(row[0]) for row in rows(connection, "@message")]
    assert sorted(messages) == sorted(lines)
    assert [line for line in messages if line != "misfit"] == [*lines[:50], *lines[51:]]
    assert (found.lines, found.misfits) == (200, 1)
    assert len(steps) > 20
    assert steps == sorted(steps)
    assert steps[-1] == 1


def test_many_small_files_go_in_together(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    for n in range(300):
        path = write(tmp_path / f"{n:03}.log", f"srcaddr bytes\na {n}\n")
        os.utime(path, ns=(0, n * 1_000_000))
    steps: list[float] = []
    loaded(connection, tmp_path, step=steps.append)
    assert rows(connection, "@logStream", "bytes#", "@ingestionTime") == [
        (f"{n:03}.log", n, n) for n in range(300)
    ]
    assert len(steps) == 1


def test_large_sources_do_not_leave_the_database_unordered(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = "SELECT current_setting('preserve_insertion_order')"
    seen: list[object] = []

    def look(_share: float) -> None:
        seen.append(connection.execute(settings).fetchone())

    path = write(tmp_path / "a.log", f"{DEFAULT}\n")
    loaded(connection, path, step=look)
    monkeypatch.setattr(load_module, "ORDERED", 0)
    loaded(connection, path, step=look)
    assert [*seen, connection.execute(settings).fetchone()] == [(True,), (False,), (True,)]


def tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()


def test_cancelling_leaves_nothing(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 40)
    monkeypatch.setattr(chunks, "_BLOCK", 7)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    source = find_source(write(tmp_path / "a.log", "a 1 1\n" * 100), SMALL)
    cancelled = threading.Event()
    steps: list[float] = []

    def step(share: float) -> None:
        steps.append(share)
        cancelled.set()

    with pytest.raises(CancelledError):
        load(connection, source, "g", progress=Steps(step), cancelled=cancelled)
    assert len(steps) == 1
    assert tables(connection) == []
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("line", [b"\n", b"no flow log\n", b"a 1 1\n", b"x"])
def test_cancelling_ends_the_reading_of_a_single_chunk(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, line: bytes
) -> None:
    """Whatever the file holds, nobody waits for all of a chunk."""
    source = find_source(write(tmp_path / "a.log", b"a 1 1\n" + line * (8 << 20)), SMALL)
    cancelled = threading.Event()
    read: list[float] = []

    class Cancelling(Loading):
        def read(self, share: float) -> None:
            read.append(share)
            cancelled.set()
            super().read(share)

    with pytest.raises(CancelledError):
        load(connection, source, "g", progress=Cancelling(), cancelled=cancelled)
    assert len(read) == 1
    assert tables(connection) == []


def test_cancelling_ends_telling_lines_apart(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_BLOCK", 64)
    source = find_source(write(tmp_path / "a.log", b"a 1 1\n" + b"no log\n" * 1000), SMALL)
    cancelled = threading.Event()
    looked: list[bytes] = []

    def looked_at(text: bytes) -> bool:
        looked.append(text)
        cancelled.set()
        return names_in(text)

    monkeypatch.setattr(apart, "names_in", looked_at)
    with pytest.raises(CancelledError):
        load(connection, source, "g", progress=Loading(), cancelled=cancelled)
    assert len(looked) == 1
    assert tables(connection) == []


def test_interrupting_the_connection_cancels(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    def interrupted(_share: float) -> None:
        raise duckdb.InterruptException

    with pytest.raises(CancelledError):
        loaded(connection, write(tmp_path / "a.log", "a 1 1\n"), SMALL, interrupted)
    assert tables(connection) == []


PACKED = gzip.compress(os.urandom(300_000).hex().encode())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "a.log is empty"),
        (b"\n \n", "no line of .*a.log fits the default format of 14 fields; give --format"),
        (b"only words\n" * 9, "no line of .*a.log fits the default format of 14 fields"),
        (b"PAR1\x15\x04", "a.log is a broken Parquet file"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0", "a.log is not text"),
        (b"\x1f\x8bno more", "a.log is a broken gzip file"),
        (PACKED[:9000] + bytes(100) + PACKED[9100:], "a.log is a broken gzip file"),
    ],
)
def test_what_is_no_flow_log_gets_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        find_source(write(tmp_path / "a.log", content))
    assert "\n" not in str(caught.value)


V3 = "3 123456789012 eni-1 10.0.0.1 10.1.0.2 5 443 6 3 300 1700000000 1700000060 ACCEPT OK"
V3 += " vpc-a subnet-a i-a 2 IPv4 10.0.0.1 10.1.0.2"


def test_the_format_that_lines_without_a_header_look_like_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", f"{V3}\n".encode() * 3)
    with pytest.raises(SourceError) as caught:
        find_source(path)
    message = str(caught.value)
    assert "it looks like all of version 3: give --format '${version} ${account-id} " in message
    found = FlowFormat.parse(message.split("'")[1])
    assert find_source(path, found).format == found


def test_a_transit_gateways_default_format_needs_no_header(tmp_path: Path) -> None:
    line = (
        "6 TransitGateway 123456789012 tgw-1 tgw-attach-1 123456789012 210987654321 vpc-a vpc-b "
        "subnet-a subnet-b eni-a eni-b use1-az1 use1-az2 tgw-attach-9 10.0.0.1 10.1.0.2 "
        "5 443 6 3 300 1700000000 1700000060 OK IPv4 0 0 0 0 2 us-east-1 ingress - -"
    )
    assert find_source(write(tmp_path / "tgw.log", f"{line}\n")).format == TGW_FORMAT


def test_a_format_that_fits_no_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", f"{DEFAULT}\n")
    with pytest.raises(SourceError, match=r"a\.log fits the given format of 3 fields; give"):
        find_source(path, SMALL)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere can't be read: No such file or directory"):
        find_source(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"the folder .*empty has no files"):
        find_source(tmp_path / "empty")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="pipe is not a file"):
        find_source(tmp_path / "pipe")
    write(tmp_path / "notes" / "a", "hello\n")
    with pytest.raises(SourceError, match=r"no file in .*notes has flow logs: no line of .*a fits"):
        find_source(tmp_path / "notes")


def test_a_folder_says_what_it_leaves_out(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path / "a.log", DEFAULT)
    write(tmp_path / "aws-logs-write-test", "Permission Check Successful")
    source = find_source(tmp_path)
    assert [file.name for file in source.files] == ["a.log"]
    assert "aws-logs-write-test fits" in str(source.skipped[0])
    assert loaded(connection, tmp_path).lines == 1


def test_a_file_that_breaks_off_while_it_is_loaded(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    lines = "".join(f"{os.urandom(20).hex()} {n} 1\n" for n in range(30_000))
    whole = gzip.compress(lines.encode())
    path = write(tmp_path / "a.gz", whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"a\.gz is a broken gzip file"):
        loaded(connection, path, SMALL)
    assert tables(connection) == []


@pytest.mark.parametrize("chunk", [1 << 16, 64 << 20])
@pytest.mark.parametrize("name", ["a.gz", "c.gz"])
def test_a_file_of_a_folder_that_breaks_off_is_left_out(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    chunk: int,
    name: str,
) -> None:
    """Also where some of its lines are in the table by then."""
    monkeypatch.setattr(chunks, "CHUNK", chunk)
    lines = "".join(f"{os.urandom(20).hex()} {n} 1\n" for n in range(30_000))
    whole = gzip.compress(lines.encode())
    write(tmp_path / name, whole[: len(whole) // 2])
    write(tmp_path / "b.log", "10.0.0.1 7 1\n10.0.0.2 8 2\n")
    found = loaded(connection, tmp_path, SMALL)
    assert rows(connection, "srcaddr", "bytes#") == [("10.0.0.1", 7), ("10.0.0.2", 8)]
    assert (found.lines, found.last_ms) == (2, 2000)
    (reason,) = found.skipped
    assert re.search(rf"{name} is a broken gzip file", reason)


def test_a_folder_of_which_nothing_can_be_read(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    lines = "".join(f"{os.urandom(20).hex()} {n} 1\n" for n in range(30_000))
    whole = gzip.compress(lines.encode())
    for name in ("a.gz", "b.gz"):
        write(tmp_path / name, whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"no file in .* can be read: .*a\.gz is a broken gzip"):
        loaded(connection, tmp_path, SMALL)
    assert tables(connection) == []


def test_a_full_disk_is_told(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(SourceError, match=r"a\.log could not be loaded: .*; free some disk space"):
        loaded(connection, write(tmp_path / "a.log", DEFAULT))
    assert tables(connection) == []


@pytest.mark.parametrize("end", [b"", b"\n", b"\nb 2 2\n"])
@pytest.mark.parametrize("letter", [b"x", b"\0"])
def test_a_line_without_an_end_is_cut_and_counted(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    letter: bytes,
    end: bytes,
) -> None:
    monkeypatch.setattr(chunks, "LONGEST_KEPT", 3 << 20)
    path = write(tmp_path / "a.log", b"a 1 1\n" + letter * (5 << 20) + end)
    found = loaded(connection, path, SMALL)
    assert (found.lines, found.misfits) == (2 + end.count(b"b"), 1)
    (longest,) = rows(connection, "@message")[1]
    assert isinstance(longest, str)
    assert len(longest) < 3_200_000
    assert end != b"\n" or longest.endswith(f" ... this line of {5 << 20} bytes is cut")


def test_thousands_of_blank_lines_are_nothing(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    blank = "\n" * (3 << 20)
    path = write(tmp_path / "a.log", f"{blank}a 1 1\n{blank}\r\n{blank}b 2 2{blank}what is this\n")
    found = loaded(connection, path, SMALL)
    assert (found.lines, found.misfits) == (3, 0)


def test_long_lines_are_kept(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """DuckDB's CSV reader gives up at 2 MB."""
    long = f"{'x' * (3 << 20)} 1 1"
    assert loaded(connection, write(tmp_path / "a.log", f"a 1 1\n{long}\n"), SMALL).misfits == 0
    assert connection.execute("SELECT max(length(srcaddr)) FROM g").fetchone() == (3 << 20,)


ODD = "\n007 what\nsrcaddr start bytes\n10.1.0.0 1648825200 9\n10.1.0.1 1648825200 007\n"


@pytest.mark.parametrize("odd", ["", ODD])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_many_small_files_are_read_as_each_of_them_is(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pack: Callable[[bytes], bytes],
    odd: str,
) -> None:
    for number in range(100):
        lines = [f"10.0.0.{number} {at} {1_648_825_200 + at}\n" for at in range(number % 5)]
        text = "".join(["srcaddr bytes start\n", *lines]).removesuffix("\n" * (number % 2))
        text += odd if number == 70 else ""
        path = write(tmp_path / "logs" / f"{number:03} a b.log", pack(text.encode()))
        os.utime(path, (1_600_000_000 + number, 1_600_000_000 + number))
    source, found = find_source(tmp_path / "logs"), []
    for many in (10, 10**6):
        monkeypatch.setattr(joining, "_MANY", many)
        load(connection, source, "g", progress=Loading(), cancelled=threading.Event())
        query = 'SELECT * EXCLUDE ("@row", "@part") FROM g ORDER BY ALL'
        found.append(connection.execute(query).fetchall())
    assert found[0] == found[1]
    assert len(found[0]) == sum(number % 5 for number in range(100)) + (3 if odd else 0)
    monkeypatch.setattr(joining, "_MANY", 10)
    with pytest.raises(NotPlain, match="a small file"):
        read_in_place(connection, source, "g")

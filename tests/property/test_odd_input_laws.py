"""Whatever a file, a link or a setting holds: it is read, or refused in one sentence of ours.

`FLOWTUI_ODD=100` tries a hundred times as many, `FLOWTUI_ODD_SEED=x` other ones.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flowtui.backends.duckdb.database import open_database
from flowtui.backends.duckdb.failures import sentence
from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.load import load
from flowtui.backends.duckdb.lookup_files import LookupFiles
from flowtui.backends.duckdb.progress import Loading
from flowtui.engine.export import to_markdown
from flowtui.engine.link import console_link, log_analytics_link, read_link
from flowtui.model.errors import FlowtuiError
from flowtui.model.run import Query, ResultSet
from flowtui.model.timerange import TimeRange
from flowtui.query.parser import parse
from flowtui.settings import load as load_settings
from flowtui.ui.themes import bundled_folder, load_themes
from tests.odd_bytes import odd
from tests.property.laws import law
from tests.unit.backends.duckdb.shapes import RECORDS, SHAPES, parquet

DAY = TimeRange(datetime(2022, 1, 1, tzinfo=UTC), datetime(2022, 1, 2, tzinfo=UTC))
ASKED = Query(
    "fields @timestamp, srcaddr | filter bytes > 5 # \u00e9\n| limit 5",
    DAY,
    ("/vpc/edge", "arn:aws:logs:eu-west-1:123456789012:log-group:/a"),
)
LINKS = tuple(
    link.encode()
    for link in (
        console_link(ASKED, DAY, "eu-west-1"),
        log_analytics_link(ASKED, DAY, "eu-west-1"),
        "https://console.aws.amazon.com/cloudwatch/home#logsV2:logs-insights$3FqueryDetail$3D~(end~0"
        "~start~-3600~timeType~'RELATIVE~unit~'seconds~editorString~'limit*205~source~(~'a~'b))",
    )
)
SETTINGS = (
    b"""theme = "flowtui-dark"
price_per_gb = 0.005
confirm_above_gb = 10
memory_gb = 2.5
local_time = true
since = "1h"
times = ["15m", "1h"]
chart_glyphs = "braille"
[keys]
"editor.run" = "f5,ctrl+r"
[formats]
"/vpc/edge" = "${version} ${srcaddr}"
[lookups]
hosts = "hosts.csv"
[queries]
top = "stats count(*) by {{a}}"
""",
)
TABLES = (
    b'\xef\xbb\xbf"a\nb"\r\n',
    b"ip,name,owner\n10.0.0.1,web,alice\n10.0.0.2,db,bob\n10.0.0.0/8,net,carol\n",
    b'ip;name\r\n10.0.0.0/8;"a\nb"\r\n',
)
LOOKUPS = (
    "lookup t ip as srcaddr OUTPUT name",
    "cidrLookup t ip as srcaddr OUTPUT owner",
)
FOUND = (
    b"@timestamp,@message\r\n1648826280000,a\rb\n1648826280000,c\n",
    b"@timestamp,@message\n1," + b"x" * 200_000 + b"\n",
    b"10.0.0.1 " * 50_000 + b"\n",
)
"""What was not refused well once."""
Read = Callable[[bytes], None]


def refused_well(read: Read, content: bytes) -> None:
    """It is read, or refused in one line that is no confession of ours."""
    try:
        read(content)
    except FlowtuiError as error:
        check(str(error), content)


def check(said: str, content: bytes) -> None:
    assert "\n" not in said, content
    assert "fault of flowtui" not in said, content
    assert len(said) < 2_100, content


def test_odd_settings(tmp_path: Path) -> None:
    def read(content: bytes) -> None:
        (tmp_path / "config.toml").write_bytes(content)
        load_settings(tmp_path / "config.toml")

    every(read, SETTINGS, 300, "settings")


def test_odd_themes(tmp_path: Path) -> None:
    def read(content: bytes) -> None:
        (tmp_path / "odd.toml").write_bytes(content)
        list(load_themes(tmp_path))

    every(read, [path.read_bytes() for path in bundled_folder().glob("*.toml")], 150, "themes")


def test_odd_links() -> None:
    def read(content: bytes) -> None:
        read_link(content.decode("utf-8", "surrogateescape"))

    every(read, LINKS, 400, "links")


def test_odd_lookup_tables(tmp_path: Path) -> None:
    database = duckdb.connect()
    path = tmp_path / "t.csv"

    def read(content: bytes) -> None:
        path.write_bytes(content)
        for query in LOOKUPS:
            LookupFiles({"t": path}).load(parse(query), database)

    refused_well(read, TABLES[0])
    every(read, TABLES[1:], 100, "lookups")


def test_rows_of_csv_that_are_none_are_counted(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = "".join(f"1648826280000,{record}\n" for record in RECORDS[:3])
    path = tmp_path / "flows.csv"
    path.write_text(f"@timestamp,@message\n{rows}1648826280000,a\rb\n", newline="")
    found = load(
        connection, find_source(path), "g", progress=Loading(), cancelled=threading.Event()
    )
    assert (found.lines, found.misfits) == (4, 1)


def test_odd_files(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    samples = [make() for make in SHAPES.values()]
    read = reader_of(connection, tmp_path / "flows.log")
    for content in FOUND:
        refused_well(read, content)
    every(read, samples, 25, "files")


def test_odd_parquet(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    samples = [
        parquet(tmp_path / "a.parquet").read_bytes(),
        parquet(tmp_path / "b.parquet", integers="INTEGER").read_bytes(),
    ]
    every(reader_of(connection, tmp_path / "flows.parquet"), samples, 25, "parquet")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    (tmp_path / "database").mkdir()
    with open_database(tmp_path / "database") as opened:
        yield opened


def reader_of(connection: duckdb.DuckDBPyConnection, path: Path) -> Read:
    """Find out what it is, load it, and ask for all there is."""

    def read(content: bytes) -> None:
        path.write_bytes(content)
        source = find_source(path)
        load(connection, source, "g", progress=Loading(), cancelled=threading.Event())
        try:
            connection.execute("SELECT * FROM g").fetchall()
        except (duckdb.Error, UnicodeDecodeError) as error:
            check(sentence(error, "" if source.is_stored else "g"), content)

    return read


def every(read: Read, samples: Sequence[bytes], tries: int, name: str) -> None:
    for content in odd(samples, tries, name):
        refused_well(read, content)


MARKUP = st.sampled_from(
    (*"<>&[]()!*_`~|\\#+-=.:/@\"'\n\r\t ", "http://a.b", "www.a.b", "a@b.c", "<b>", "</a>",
     "<!--", "-->", "![a](b)", "[a](b)", "[a]: b", "**", "__", "~~", "``", "&lt;", "&#42;",
     "<http://a.b>", "---", "1.", "\u202e", "\ufeff", "word")
)  # fmt: skip
CELLS = st.lists(MARKUP, max_size=6).map("".join)


@law
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=3), CELLS)
def test_a_cell_in_markdown_is_the_text_that_it_was(rows: list[tuple[str, str]], name: str) -> None:
    """No tag, link, picture, emphasis or code comes of it, and no cell or row more."""
    results = ResultSet((f"n{name}", "other"), tuple(rows))
    tokens = MarkdownIt("gfm-like").parse(to_markdown(results))
    cells = [token for token in tokens if token.type == "inline"]
    assert len(cells) == 2 * (1 + len(rows))
    for cell in cells:
        kinds = {child.type for child in cell.children or ()}
        assert kinds <= {"text", "text_special", "hardbreak", "softbreak", "html_inline"}
        breaks = [c.content for c in cell.children or () if c.type == "html_inline"]
        assert set(breaks) <= {"<br>"}

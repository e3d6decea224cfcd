"""Lookup tables: `lookup`, `cidrlookup`, and the CSV files behind them (LANGUAGE.md 1.4)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import duckdb
import pytest

from flowtui.backends.duckdb import lookup_files
from flowtui.backends.duckdb.macros import install
from flowtui.model.errors import FlowtuiError, QueryError, SourceError
from flowtui.model.timerange import TimeRange
from flowtui.query.parser import parse
from tests.tables import Place

pytestmark = pytest.mark.slow

NOW = datetime(2022, 4, 1, 16, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
WINDOW = TimeRange(NOW - timedelta(hours=1), NOW)

Write = Callable[[str, str], None]


@pytest.fixture
def place() -> Iterator[Place]:
    """A group of users' actions in `/app`, and one of flows in `/vpc`."""
    with duckdb.connect(":memory:") as connection:
        install(connection)
        made = Place(connection, WINDOW)
        made.add(
            "/app", "id action email department role start",
            f"1 login old@x Sales lead {SECONDS - 2}", f"2 logout - Sales dev {SECONDS - 1}",
        )  # fmt: skip
        made.add(
            "/vpc", "srcaddr dstaddr dstport bytes start",
            f"10.1.2.3 10.9.9.9 443 1 {SECONDS - 5}", f"10.1.9.9 8.8.8.8 53 2 {SECONDS - 4}",
            f"2001:db8::1 10.9.9.9 443 3 {SECONDS - 3}", f"- 10.9.9.9 22 4 {SECONDS - 2}",
        )  # fmt: skip
        yield made


@pytest.fixture
def write(place: Place, tmp_path: Path) -> Write:
    """Makes a lookup table of a CSV text."""

    def write_table(name: str, text: str) -> None:
        place.lookups[name] = tmp_path / f"{name}.csv"
        place.lookups[name].write_bytes(text.encode("utf-8", "surrogateescape"))

    return write_table


# The examples of CWL_QuerySyntax-Lookup

USERS = "id,user_id,name,email,department\n1,1,Ada,ada@x,Engineering\n3,3,Bob,bob@x,Sales\n"


def test_example_user_details(place: Place, write: Write) -> None:
    write("user_data", USERS)
    text = """fields action, status, name, email, department
| lookup user_data id OUTPUT name, email, department"""
    results = place.ask(text, "/app")
    assert results.columns == ("action", "status", "name", "email", "department", "@ptr")
    assert place.rows(text, "/app") == [
        ("logout", None, None, None, None),
        ("login", None, "Ada", "ada@x", "Engineering"),
    ]


def test_example_aggregation(place: Place, write: Write) -> None:
    write("user_data", USERS.replace("user_id", "user"))
    text = """fields id, action, username, email, department
| lookup user_data id OUTPUT name, email, department
| stats count(*) by email"""
    assert place.rows(text, "/app") == [(None, "1"), ("ada@x", "1")]


def test_example_filter(place: Place, write: Write) -> None:
    write("user_data", USERS)
    text = """fields id, action
| lookup user_data user_id as id OUTPUT name, email, department
| filter department = "Engineering\""""
    assert place.rows(text, "/app") == [("1", "login", "Ada", "ada@x", "Engineering")]


def test_example_outputnew(place: Place, write: Write) -> None:
    write("known_hosts", "ip_address,hostname,region\n10.1.2.3,web,eu\n10.1.9.9,db,us\n")
    text = """fields srcAddr, if(bytes = 1, "typed", if(bytes = 2, "", nothing)) as hostname
| lookup known_hosts ip_address as srcAddr OUTPUTNEW hostname, region | sort bytes"""
    assert place.rows(text, "/vpc") == [
        ("10.1.2.3", "typed", "eu"), ("10.1.9.9", "db", "us"),
        ("2001:db8::1", None, None), ("-", None, None),
    ]  # fmt: skip


def test_example_multiple_match_fields(place: Place, write: Write) -> None:
    write(
        "network_services",
        "ip_address,port,service_name,owner\n10.1.2.3,443,web,ops\n10.1.2.3,53,x,x\n"
        "10.1.9.9,443,y,y\n",
    )
    text = """fields @timestamp, srcAddr, dstAddr, dstPort
| lookup network_services ip_address as srcAddr, port as dstPort OUTPUT service_name, owner
| filter ispresent(service_name)"""
    assert [row[1:] for row in place.rows(text, "/vpc")] == [
        ("10.1.2.3", "10.9.9.9", "443", "web", "ops")
    ]


def test_example_matching_field_names(place: Place, write: Write) -> None:
    write("employees", "department,role,office,manager\nSales,lead,Rome,Eve\nSales,x,Oslo,Kim\n")
    text = """fields department, role
| lookup employees department, role OUTPUT office, manager"""
    assert place.rows(text, "/app") == [
        ("Sales", "dev", None, None),
        ("Sales", "lead", "Rome", "Eve"),
    ]


# What a lookup is


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        # Exact and case-sensitive, so not as numbers; the first line of several counts.
        ("lookup t key as dstport OUTPUT value | fields dstport, value | sort bytes",
         [("443", "first"), ("53", None), ("443", "first"), ("22", None)]),
        ("lookup t key as dstport OUTPUT value as v | stats count(*) as n by v | sort n",
         [(None, "2"), ("first", "2")]),
        # Shown after what is shown already; a column of the same name changes where it is.
        ("fields bytes, dstport | lookup t key as dstport OUTPUT value as bytes | sort dstport",
         [(None, "22"), (None, "53"), ("first", "443"), ("first", "443")]),
        ("stats count(*) as n by dstport | lookup t key as dstport OUTPUT value | sort dstport",
         [("22", "1", None), ("53", "1", None), ("443", "2", "first")]),
        # A display shows what it names, no more.
        ("display bytes | lookup t key as dstport OUTPUT value | filter dstport = 443"
         " | sort bytes", [("1",), ("3",)]),
        ("lookup t key as dstport OUTPUT value | display value | filter ispresent(value)",
         [("first",), ("first",)]),
        # A field that is there stays; what one lookup found, the next may look up.
        ("lookup t key as dstport OUTPUTNEW value as bytes | fields bytes | sort bytes",
         [("1",), ("2",), ("3",), ("4",)]),
        ("lookup t key as dstport OUTPUT value | lookup t value OUTPUT key as k | fields k"
         " | sort bytes", [("443",), (None,), ("443",), (None,)]),
        ("filter bytes > 2 | lookup t key as dstport OUTPUT value | limit 1 | fields value, bytes",
         [(None, "4")]),
        # An empty cell is a missing value; quotes and blanks are CSV's.
        ("fields 'e' as k | lookup t key as k OUTPUT value | limit 1", [("e", None)]),
        ("fields 'q' as k | lookup t key as k OUTPUT value | limit 1", [("q", 'a "b", c\nd')]),
        ("filter bytes = 1 and bytes in (lookup t key as dstport OUTPUT value"
         " | filter value = 'first' | fields bytes) | fields bytes", [("1",)]),
    ],
)  # fmt: skip
def test_lookup(place: Place, write: Write, text: str, rows: list[tuple[str | None, ...]]) -> None:
    write("t", 'key,value\n443,first\n443,second\n0053,no\n\ne,\nq,"a ""b"", c\nd"\n')
    assert place.rows(text, "/vpc") == rows


def test_without_fields_the_outputs_stand_behind_the_message(place: Place, write: Write) -> None:
    write("t", "key,value\n443,first\n")
    text = "lookup t key as dstport OUTPUT value"
    assert place.ask(text, "/vpc").columns == ("@timestamp", "@message", "value", "@ptr")


def test_a_file_with_a_byte_order_mark_carriage_returns_and_nothing_but_a_header(
    place: Place, write: Write
) -> None:
    write("t", "\ufeffkey,value\r\n443,first\r\n")
    text = "lookup t key as dstport OUTPUT value | filter bytes = 1 | fields value"
    assert place.rows(text, "/vpc") == [("first",)]
    write("t", "key,value\n")
    assert place.rows(text, "/vpc") == [(None,)]


# cidrlookup: the example of CWL_QuerySyntax-Cidrlookup, V85, and what is ours

NETS = """cidr,site,owner
0.0.0.0/0,world,
10.0.0.0/8,ten,net
10.1.0.0/16,one,net
10.1.2.0/24,two,web
10.1.2.99/24,twice,web
2001:db8::/32,six,doc
8.8.8.8,dns,google
"""


def test_example_region_owner_datacenter(place: Place, write: Write) -> None:
    write("net_table", "srcAddr,region,owner,datacenter\n10.1.0.0/16,eu,ops,fra1\n")
    text = """fields @timestamp, srcAddr
| cidrlookup net_table srcAddr OUTPUT region, owner, datacenter"""
    assert [row[1:] for row in place.rows(text, "/vpc")] == [
        ("-", None, None, None), ("2001:db8::1", None, None, None),
        ("10.1.9.9", "eu", "ops", "fra1"), ("10.1.2.3", "eu", "ops", "fra1"),
    ]  # fmt: skip


def test_v85(place: Place, write: Write) -> None:
    write("nets", NETS)
    text = """cidrlookup nets srcAddr as cidr OUTPUT site as srcSite, owner
| stats sum(bytes) as b by srcSite"""
    assert place.rows(text, "/vpc") == [(None, "4"), ("one", "2"), ("six", "3"), ("two", "1")]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("cidrlookup nets dstaddr OUTPUT site | fields site | sort bytes",
         [("ten",), ("dns",), ("ten",), ("ten",)]),
        ("cidrlookup nets srcaddr OUTPUTNEW site as dstaddr, owner | fields dstaddr, owner"
         " | sort bytes", [("10.9.9.9", "web"), ("8.8.8.8", "net"), ("10.9.9.9", "doc"),
                           ("10.9.9.9", None)]),
        ("cidrlookup nets srcaddr OUTPUT site as s | cidrlookup nets dstaddr OUTPUT site as d"
         " | stats count(*) as n by s, d | sort s",
         [(None, "ten", "1"), ("one", "dns", "1"), ("six", "ten", "1"), ("two", "ten", "1")]),
        ("stats sum(bytes) as b by dstaddr | cidrlookup nets dstaddr OUTPUT site | sort b",
         [("8.8.8.8", "2", "dns"), ("10.9.9.9", "8", "ten")]),
        ("fields '999.1.1.1' as a | cidrlookup nets a OUTPUT site | limit 1",
         [("999.1.1.1", None)]),
        ("fields '255.255.255.255' as a, '0.0.0.1' as z | cidrlookup nets a OUTPUT site"
         " | cidrlookup nets z OUTPUT site as b | limit 1",
         [("255.255.255.255", "0.0.0.1", "world", "world")]),
    ],
)  # fmt: skip
def test_cidrlookup(
    place: Place, write: Write, text: str, rows: list[tuple[str | None, ...]]
) -> None:
    write("nets", NETS)
    assert place.rows(text, "/vpc") == rows


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("seed", range(3))
def test_the_longest_prefix_wins_as_the_standard_library_has_it(
    place: Place, write: Write, version: int, seed: int
) -> None:
    choose = random.Random(f"{version}/{seed}")  # noqa: S311  (not for secrets)
    bits, make = (32, IPv4Address) if version == 4 else (128, IPv6Address)
    top = choose.getrandbits(bits)
    lengths = [choose.choice([0, 1, 8, bits // 2, bits - 9, bits - 1, bits]) for _ in range(40)]
    # Near to each other, so that they hold each other.
    numbers = [top ^ choose.getrandbits(choose.choice([2, 10, bits])) for _ in range(40)]
    blocks = {
        ip_network((make(number), length), strict=False)
        for number, length in zip(numbers, lengths, strict=True)
    }
    write("nets", "cidr\n" + "".join(f"{block}\n" for block in blocks))
    edges = [address for block in blocks for address in (block[0], block[-1])]
    nearby = [
        make(min(max(int(edge) + step, 0), 2**bits - 1)) for edge in edges for step in (-1, 1)
    ]
    addresses = [*edges, *nearby, *(make(choose.getrandbits(bits)) for _ in range(20))]
    place.add("flows", "srcaddr start", *(f"{address} {SECONDS - 1}" for address in addresses))
    rows = place.rows("cidrlookup nets srcaddr OUTPUT cidr | fields srcaddr, cidr", "flows")
    assert len(rows) == len(addresses)
    for address, found in rows:
        holding = [block for block in blocks if ip_address(str(address)) in block]
        longest = max(holding, key=lambda block: block.prefixlen, default=None)
        assert found == (str(longest) if longest else None), address


# What is wrong with a table


@pytest.mark.parametrize(
    ("text", "content", "sentence"),
    [
        ("lookup gone key OUTPUT value", None, "gone can't be read: .*gone.csv: No such file"),
        ("lookup folder key OUTPUT value", None, "folder can't be read: .*: Is a directory"),
        ("lookup t key OUTPUT value", "", "t.csv has no header line"),
        ("lookup t key OUTPUT value", "\nkey,value\n", "t.csv has no header line"),
        ("lookup t key OUTPUT value", "10.0.0.1,web\n", "no header line: .* '10.0.0.1' is no name"),
        ("lookup t key OUTPUT value", "10.0.0.0/8,web\n", "'10.0.0.0/8' is no name"),
        ("lookup t key OUTPUT value", "443,web\n", "'443' is no name"),
        ("lookup t key OUTPUT value", "key,value,key\n", "'key' is no name, or there twice"),
        ("lookup t key OUTPUT value", "key,,value\n", "'' is no name"),
        ("lookup t key OUTPUT value", "key,value\n\na,b\nc\n", "line 4 of .* has 1 values, and the"
         " header has 2 names"),
        ("lookup t key OUTPUT value", 'key,value\n"a"b,c\n', "line 2 of .* is no CSV"),
        ("lookup t key OUTPUT value", "key,value\n\udcff,b\n", "t.csv is not UTF-8"),
        ("cidrlookup t srcaddr as key OUTPUT value", "key,value\n10.0.0.0/8,a\n10.0.0.0/40,b\n",
         "line 3 of .*t.csv has no CIDR block in key: '10.0.0.0/40'; write it like 10.0.0.0/8"),
        ("cidrlookup t srcaddr as key OUTPUT value", "key,value\n::/129,a\n", "line 2 .* '::/129'"),
        ("cidrlookup t srcaddr as key OUTPUT value", "key,value\nweb,a\n", "line 2 .* 'web'"),
        ("cidrlookup t srcaddr as key OUTPUT value", "key,value\n,a\n", "line 2 .* ''"),
        ("cidrlookup t srcaddr as key OUTPUT value", "key,value\n10.0.0.0/8/9,a\n", "line 2 "),
        ("cidrlookup t srcaddr as key OUTPUT value", "key,value\n10.0.0.0/,a\n", "line 2 "),
    ],
)  # fmt: skip
def test_a_bad_table_is_a_sentence(
    place: Place, write: Write, tmp_path: Path, text: str, content: str | None, sentence: str
) -> None:
    (tmp_path / "folder").mkdir()
    place.lookups |= {"gone": tmp_path / "gone.csv", "folder": tmp_path / "folder"}
    if content is not None:
        write("t", content)
    with pytest.raises(SourceError, match=sentence) as caught:
        place.ask(text, "/vpc")
    assert "\n" not in str(caught.value)


def test_a_table_larger_than_the_service_takes(
    place: Place, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("t", "key,value\n443,a\n")
    monkeypatch.setattr(lookup_files, "_MOST_BYTES", 15)
    with pytest.raises(SourceError, match=r"t is too large: .*t\.csv has more than 10 MB"):
        place.ask("lookup t key as dstport OUTPUT value", "/vpc")


@pytest.mark.parametrize(
    ("text", "sentence", "at"),
    [
        ("lookup hosts key OUTPUT value", "no lookup table hosts; there are: host_names",
         "lookup hosts key OUTPUT value"),
        ("filter bytes in (lookup x key OUTPUT value)", "no lookup table x; there are: host_names",
         "lookup x key OUTPUT value"),
        ("lookup host_names kee as dstport OUTPUT value", "no column kee; there are: key, value",
         "kee as dstport"),
        ("lookup host_names key as dstport OUTPUT valve as v", "no column valve; there are: key",
         "valve as v"),
        ("cidrlookup host_names srcaddr OUTPUT value", "which column of host_names holds the"
         " blocks\\? write srcaddr as COLUMN; there are: key, value", "srcaddr"),
        ("cidrlookup host_names srcaddr as kee OUTPUT value", "no column kee; there are", None),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_is_a_sentence(
    place: Place, write: Write, text: str, sentence: str, at: str | None
) -> None:
    write("host_names", "key,value\n10.0.0.0/8,web\n")
    with pytest.raises(QueryError, match=sentence) as caught:
        place.ask(text, "/vpc")
    assert at is None or text[slice(*caught.value.span)].strip(" )") == at


def test_without_any_table_the_option_is_named(place: Place) -> None:
    with pytest.raises(FlowtuiError, match="give one by --lookup NAME=FILE"):
        place.ask("lookup hosts key OUTPUT value", "/vpc")


def test_a_file_is_loaded_once_and_anew_when_it_has_changed(place: Place, write: Write) -> None:
    write("t", "key,value\n10.0.0.0/8,a\n")
    files = lookup_files.LookupFiles(place.lookups)
    query = parse("lookup t key OUTPUT value | cidrlookup t srcaddr as key OUTPUT value")
    table = files.load(query, place.connection)["t"]
    assert files.load(query, place.connection)["t"] is table
    write("t", "key,value,more\n10.0.0.0/8,a,b\n")
    assert files.load(query, place.connection)["t"].columns == ("key", "value", "more")

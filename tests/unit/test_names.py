"""Names: the user's files, what AWS says, and what is kept of that."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.backends.scripted import ScriptedCatalog
from flowtui.engine.name_tables import NameTable, read_tables
from flowtui.engine.names import NameBook
from flowtui.journal.name_cache import NameCache
from flowtui.model.errors import BackendError, UsageError

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)


def table(tmp_path: Path, text: str) -> NameTable:
    path = tmp_path / "hosts.csv"
    path.write_text(text, "utf-8")
    return read_tables({"inventory": path})


def text(names: NameTable, value: str) -> str:
    found = names.find(value)
    return found.text if found else ""


# Files


def test_the_longest_prefix_wins(tmp_path: Path) -> None:
    names = table(
        tmp_path,
        "cidr,name\n10.0.0.0/8,corp\n10.0.20.0/24,data\n\n10.0.20.11,db 1\n# more\n"
        '2001:db8::/32,"lab, v6"\n0.0.0.0/0,world\neni-0435cbb62960f230e,gateway\n',
    )
    values = ("10.0.20.11", "10.0.20.12", "10.9.9.9", "8.8.8.8", "2001:db8::7", "2600::1",
              "eni-0435cbb62960f230e", "eni-0435cbb62960f230f", "-")  # fmt: skip
    assert [text(names, value) for value in values] == [
        "db 1", "data", "corp", "world", "lab, v6", "", "gateway", "", "",
    ]  # fmt: skip
    found = names.find("10.0.20.11")
    assert found is not None
    assert (found.source, found.since is not None) == ("inventory", True)


@given(
    st.lists(st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), min_size=1, max_size=8),
    st.ip_addresses(v=4),
)
def test_a_name_is_that_of_the_smallest_block_around(
    blocks: list[tuple[object, int]], address: object
) -> None:
    networks = [ip_network(f"{start}/{length}", strict=False) for start, length in blocks]
    around = [net for net in networks if ip_address(str(address)) in net]
    expected = str(max(around, key=lambda net: net.prefixlen)) if around else ""
    lines = "".join(f"{net},{net}\n" for net in networks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flowtui.engine.name_tables.read_bytes", lambda *_: lines.encode())
        names = read_tables({"x": Path("/")})
    assert text(names, str(address)) == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"10.0.0.300,db\n", "line 1 begins with '10.0.0.300'; write an address, a block"),
        (b"name\nweb,x\n", "line 1 has no name; write two columns"),
        (b"10.0.0.1,a\n10.0.0.2\n", "line 2 has no name"),
        (b'10.0.0.1,"a\n', "line 1: unexpected end of data"),
        (b"\xff\xfe", "it is not UTF-8"),
        (None, "No such file or directory"),
    ],
)
def test_a_bad_file_is_told_in_one_sentence(
    content: bytes | None, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "hosts.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as error:
        read_tables({"x": path})
    assert str(error.value).startswith(f"can't read the names in {path}: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


# AWS


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


async def test_aws_is_asked_once_for_what_it_may_know(tmp_path: Path) -> None:
    catalog = ScriptedCatalog()
    catalog.known_names = {"10.0.0.1": "db", "i-0123456789abcdef0": "web"}
    names = NameBook(catalog, NameCache(tmp_path / "names.json"), Clock())
    shown = ("10.0.0.1", "10.0.0.2", "8.8.8.8", "egress", "-", "i-0123456789abcdef0")
    assert await names.learn(shown)
    assert not await names.learn(shown)
    assert catalog.named == [frozenset({"10.0.0.1", "10.0.0.2", "i-0123456789abcdef0"})]
    assert [names.text(value) for value in shown] == ["db", "", "", "", "", "web"]
    found = names.find("10.0.0.1")
    assert found is not None
    assert (found.source, found.since) == ("EC2", NOON)


async def test_another_session_asks_again_another_day(tmp_path: Path) -> None:
    clock, catalog = Clock(), ScriptedCatalog()
    catalog.known_names = {"10.0.0.1": "db"}
    store = NameCache(tmp_path / "names.json")
    await NameBook(catalog, store, clock).learn(["10.0.0.1", "10.0.0.2"])
    later = NameBook(catalog, store, clock)
    assert await later.learn(["10.0.0.1", "10.0.0.2"])
    assert (later.text("10.0.0.1"), len(catalog.named)) == ("db", 1)
    clock.now = NOON + timedelta(days=2)
    catalog.known_names = {"10.0.0.1": "database"}
    assert await NameBook(catalog, store, clock).learn(["10.0.0.1"])
    assert len(catalog.named) == 2


async def test_who_may_not_ask_has_no_names_and_no_trouble(tmp_path: Path) -> None:
    catalog = ScriptedCatalog()
    catalog.known_names = BackendError("the role may not")
    path = tmp_path / "names.json"
    names = NameBook(catalog, NameCache(path), Clock())
    assert not await names.learn(["10.0.0.1"])
    assert not await names.learn(["10.0.0.2"])
    assert len(catalog.named) == 1
    assert not path.exists()


async def test_what_is_on_its_way_is_not_asked_for_again() -> None:
    class Slow(ScriptedCatalog):
        gate = asyncio.Event()

        async def names(self, ids: frozenset[str]) -> Mapping[str, str]:
            found = await super().names(ids)
            await self.gate.wait()
            return found

    catalog = Slow()
    catalog.known_names = {"10.0.0.1": "db"}
    names = NameBook(catalog, None, Clock())
    first = asyncio.create_task(names.learn(["10.0.0.1"]))
    await asyncio.sleep(0)
    assert not await names.learn(["10.0.0.1"])
    catalog.gate.set()
    assert await first
    assert (catalog.named, names.text("10.0.0.1")) == ([frozenset({"10.0.0.1"})], "db")


async def test_the_users_name_comes_first_and_nobody_is_asked(tmp_path: Path) -> None:
    catalog = ScriptedCatalog()
    names = NameBook(catalog, None, Clock(), given=table(tmp_path, "10.0.0.0/24,lab\n"))
    assert not await names.learn(["10.0.0.1"])
    assert (names.text("10.0.0.1"), catalog.named) == ("lab", [])


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"version": 9}', b'{"version": 1, "places": 3}', b"\xff",
                b'{"version": 1, "places": {"p": {"10.0.0.1": ["x", 1e400], "y": ["z"]}}}']
)  # fmt: skip
def test_a_cache_that_cannot_be_read_is_empty(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "names.json"
    path.write_bytes(content)
    cache = NameCache(path)
    assert cache.read("p") == {}
    cache.write("p", {"10.0.0.1": ("db", NOON)})
    assert cache.read("p") == {"10.0.0.1": ("db", NOON)}
    assert cache.read("q") == {}
    assert path.stat().st_mode & 0o777 == 0o600

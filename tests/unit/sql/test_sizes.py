"""Texts that would get too long end the query before they are made (flowtui.sql.sizes)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import pytest

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.failures import sentence
from flowtui.backends.duckdb.macros import install
from flowtui.model.run import Cell
from flowtui.sql.pipelines import Library
from tests.tables import make_table
from tests.unit.sql.test_compile import FORMAT, NOW, WINDOW, record

Ask = Callable[[str], Cell]

LINE = record()
MANY = ", ".join(["@message"] * 20)
"""So many fields together that they might be long."""


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """The first cell of one row, where no text may have more than 10,000 bytes."""
    with duckdb.connect() as connection:
        install(connection)
        table = make_table(connection, "g", [LINE], FORMAT)

        def answer(query: str) -> Cell:
            library = Library(longest=10_000)
            compiled = compile_query(query, [table], WINDOW, None, NOW, library)
            return fetch(connection, compiled).rows[0][0]

        yield answer


def repeated(call: str, times: int, shown: str = "strlen({0})") -> str:
    made = [f"fields {call.format(f'a{at}')} as a{at + 1}" for at in range(times)]
    return " | ".join(["fields srcaddr as a0", *made, f"display {shown.format(f'a{times}')}"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (repeated("concat({0}, {0})", 8), str(8 * 256)),
        (f"display strlen(concat({MANY}))", str(20 * len(LINE))),
        (f'display concat({MANY}, "x", nothing)', None),
        (repeated('replace({0}, "0", "00")', 6), str(3 * 64 + 5)),
        (f'display strlen(replace(concat({MANY}), "", "xyz"))', str(20 * len(LINE))),
        (f'display strlen(replace(concat({MANY}), "10.0.0.1", "x"))', str(20 * (len(LINE) - 7))),
        ("display replace(action, srcaddr, dstaddr)", "ACCEPT"),
        ('display replace(srcaddr, "0", dstaddr)', "110.0.0.2.10.0.0.2.10.0.0.2.1"),
        (f'display strlen(regexReplace(concat({MANY}), "[^ ]+", "{"x" * 20}"))', "2960"),
        (f'display regexReplace(srcaddr, "([0-9]+)", "{"<" * 20}")', ".".join(["<" * 20] * 4)),
        (f'display jsonArraySize(split(concat({MANY[:58]}), " "))', "43"),
    ],
)  # fmt: skip
def test_what_is_short_is_as_it_was(ask: Ask, query: str, found: Cell) -> None:
    assert ask(query) == found


@pytest.mark.parametrize(
    "query",
    [
        repeated("concat({0}, {0})", 20),
        repeated("concat({0}, {0})", 60),
        repeated('replace({0}, "0", "0000000000")', 9),
        repeated('replace({0}, "0", {0})', 9),
        repeated('regexReplace({0}, "[0-9]", "0000000000")', 9),
        repeated(r'regexReplace({0}, "(.*)", "\\1\\1\\1")', 12),
        repeated("urlencode({0})", 60).replace("srcaddr as", "concat(srcaddr, '%') as"),
        repeated("base64encode({0})", 40),
        repeated("jsonStringify(split(concat({0}, {0}), ''))", 12),
    ],
)
def test_what_would_be_too_long_ends_the_query(ask: Ask, query: str) -> None:
    with pytest.raises(duckdb.Error) as caught:
        ask(query)
    assert "bytes would be made" in sentence(caught.value)


def test_a_call_in_a_call_is_compiled_once(ask: Ask) -> None:
    """Else this one would be compiled a thousand million times."""
    nested = "srcaddr"
    for _ in range(30):
        nested = f"tolower(trim({nested}))"
    assert ask(f"display split({nested}, 'x')") == '["10.0.0.1"]'

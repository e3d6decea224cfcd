"""Every statement for Athena is Trino's: its grammar, and the names of its functions."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trino_query_parser import parse_statement
from trino_sql_validator import validate

from flowtui.backends.athena.statement import AthenaCompiler
from flowtui.backends.duckdb.dialect import ENGINE
from flowtui.model.errors import EngineLacks, QueryError
from flowtui.sql.dialects.trino import quoted, trino, unquoted
from tests.athena_tables import article_table
from tests.unit.corpus import ACCEPTED, PLAYBOOK
from tests.unit.sql.test_dialects import MORE, NOW, WINDOW

TABLE = article_table()
COMPILER = AthenaCompiler(ENGINE)


def statements() -> list[str]:
    found = []
    for text in (*ACCEPTED.values(), *PLAYBOOK.values(), *MORE):
        with suppress(QueryError, KeyError):  # of tables and lookups that are not there
            found.append(COMPILER.compile(text, [TABLE], WINDOW, None, NOW).sql)
    return found


STATEMENTS = statements()


def test_most_of_the_language_is_computed_there() -> None:
    assert len(STATEMENTS) >= 100


@pytest.mark.parametrize("sql", STATEMENTS)
def test_names_only_functions_that_trino_has(sql: str) -> None:
    assert validate(sql).valid


@pytest.mark.parametrize("sql", sorted(STATEMENTS, key=len)[::15])
def test_is_in_trinos_own_grammar(sql: str) -> None:
    """Some of them: it takes its time."""
    parse_statement(sql)


def test_only_the_columns_in_use_are_read() -> None:
    query = 'filter action = "REJECT" | stats sum(bytes) as b by srcaddr'
    sql = COMPILER.compile(query, [TABLE], WINDOW, None, NOW).sql
    read = set(re.findall(r'"(\w+)"', sql)) - {"flows", "article"}
    assert read == {"action", "bytes", "srcaddr", "start", "day"}


@given(st.text())
def test_a_text_in_a_statement_is_that_text_and_ends_where_it_ends(text: str) -> None:
    literal = quoted(text)
    assert unquoted(literal) == text
    assert re.fullmatch(r"'(?:[^']|'')*'", literal)


@given(st.text(min_size=1))
def test_no_value_of_a_row_gets_out_of_its_quotes(text: str) -> None:
    """A drill puts what is in a cell into a query: there it is one literal, whatever it is."""
    written = text.replace("\\", "\\\\").replace('"', '\\"')
    try:
        sql = COMPILER.compile(f'filter srcaddr = "{written}"', [TABLE], WINDOW, None, NOW).sql
    except QueryError:
        return
    plain = re.sub(r"'(?:[^']|'')*'", "''", sql)
    assert "'" not in plain.replace("''", "")
    assert re.sub(r"[0-9.]+", "N", plain) in _shapes()


def _shapes() -> set[str]:
    """What the statement is for a text and for a number."""
    made = set()
    for value in ('"a"', '"1"'):
        sql = COMPILER.compile(f"filter srcaddr = {value}", [TABLE], WINDOW, None, NOW).sql
        plain = re.sub(r"'(?:[^']|'')*'", "''", sql)
        made.add(re.sub(r"[0-9.]+", "N", plain))
    return made


@pytest.mark.parametrize(
    "query",
    [
        "fields jsonParse(@message) as m",
        "parse @message csv as a, b",
        "stats count(*) as n by bin(1m), action | fillmissing with 0 for n",
        "fields urlDecode(action)",
    ],
)
def test_what_athena_lacks_is_said_so(query: str) -> None:
    with pytest.raises(EngineLacks, match=r"Athena can't"):
        COMPILER.compile(query, [TABLE], WINDOW, None, NOW)


def test_an_estimate_is_called_one() -> None:
    found = COMPILER.compile("stats pct(bytes, 95)", [TABLE], WINDOW, None, NOW)
    assert any("estimate" in notice for notice in found.notices)


def test_an_expression_that_may_take_for_ever_is_said() -> None:
    found = COMPILER.compile("filter action like /(A+)+$/", [TABLE], WINDOW, None, NOW)
    assert any("/(A+)+$/ repeats what repeats" in notice for notice in found.notices)
    assert not COMPILER.compile("filter action like /A+$/", [TABLE], WINDOW, None, NOW).notices


def test_a_statement_that_is_too_long_is_refused_before_it_is_sent() -> None:
    listed = ", ".join(f'"{number:05000}x"' for number in range(60))
    with pytest.raises(QueryError, match="262,144 bytes"):
        COMPILER.compile(f"filter action in [{listed}]", [TABLE], WINDOW, None, NOW)


def test_constants_are_literals() -> None:
    constants = trino(ENGINE).constants
    assert constants.constant("it's", {}) == "'it''s'"
    assert constants.constant(-5, {}) == "(-5)"
    assert constants.constant(2**70, {}) == "DOUBLE '1.1805916207174113e+21'"
    assert constants.constant(1.5, {}) == "DOUBLE '1.5'"

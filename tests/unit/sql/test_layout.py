"""SQL on several lines says what it said on one."""

from __future__ import annotations

import pytest

from flowtui.backends.duckdb.dialect import DIALECT
from flowtui.sql.explanation import explanation
from flowtui.sql.layout import laid_out, words
from tests.unit.sql.test_dialects import QUERIES, compiled, statements


@pytest.mark.parametrize("text", QUERIES)
def test_only_white_space_is_changed(text: str) -> None:
    for sql in statements(compiled(text, DIALECT)):
        assert words(laid_out(sql)) == words(sql)
        assert laid_out(laid_out(sql)) == laid_out(sql)


def test_a_clause_a_line_and_a_subselect_further_in() -> None:
    sql = """SELECT "$1" FROM (SELECT srcaddr AS "$1", first(x ORDER BY y) FROM g WHERE """
    sql += """a BETWEEN 1 AND 2 AND b IN (SELECT 'FROM (SELECT' FROM t) GROUP BY 1) LIMIT 2"""
    assert laid_out(sql).splitlines() == [
        'SELECT "$1"',
        "FROM (",
        '    SELECT srcaddr AS "$1", first(x ORDER BY y)',
        "    FROM g",
        "    WHERE a BETWEEN 1 AND 2 AND b IN (SELECT 'FROM (SELECT' FROM t)",
        "    GROUP BY 1",
        ")",
        "LIMIT 2",
    ]


def test_a_long_clause_is_broken() -> None:
    names = [f"a_rather_long_name_of_a_column_{number}" for number in range(4)]
    sql = f"SELECT {', '.join(names)} FROM g WHERE {' AND '.join(f'{n} > 0' for n in names)}"
    assert laid_out(sql).splitlines() == [
        "SELECT",
        *(f"  {name}," for name in names[:-1]),
        f"  {names[-1]}",
        "FROM g",
        "WHERE",
        f"  {names[0]} > 0",
        *(f"  AND {name} > 0" for name in names[1:]),
    ]


def test_an_explanation_has_notes_checks_and_the_values_that_are_named() -> None:
    text = 'filter action = "a\nb" | join left=l right=r where l.srcaddr = r.dstaddr (limit 1)'
    told = explanation(compiled(text, DIALECT), ["two\nlines"]).splitlines()
    assert told[0] == "-- two lines"
    assert told[1].startswith("-- where this gives 1: the right side of a join may have 50,000")
    assert sum(line.endswith(";") for line in told) == 2
    assert '-- $v4 = "a\\nb"' in told
    statement = compiled(text, DIALECT).sql
    assert [line.split()[1] for line in told if line.startswith("-- $")] == [
        f"${name}" for name in compiled(text, DIALECT).parameters if f"${name}" in words(statement)
    ]

"""Calls of saved queries (LANGUAGE.md 1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from flowtui.backends.duckdb.macros import install
from flowtui.model.errors import QueryError
from flowtui.model.timerange import TimeRange
from flowtui.query.parser import parse
from flowtui.sql.saved_calls import expanded, parameter_names
from tests.tables import Place

NOW = datetime(2022, 4, 1, 16, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
QUERIES = {
    "ByAction": "filter action = {{action}} | sort bytes desc | limit {{ most }}",
    "Quoted": 'filter action = "{{action}}" or srcaddr like /{{ text }}/',
    "Top talkers (GB)": "stats sum(bytes) as b by srcaddr | sort b desc",
    "Other": "SOURCE '/b' | fields srcaddr",
    "Nested": "$Other()",
    "Deep": "filter srcaddr in ($Other())",
    "Wrong": "stats sum(",
    "Refused": "fields bytes | anomaly",
    "a/b": "fields bytes",
    "Twice": "fields {{x}} as a, {{x}} + 1 as b",
}


@pytest.fixture
def place() -> Iterator[Place]:
    with duckdb.connect(":memory:") as connection:
        install(connection)
        made = Place(connection, TimeRange(NOW - timedelta(hours=1), NOW), queries=QUERIES)
        made.add(
            "/a", "srcaddr bytes action start",
            *(f"10.0.0.{n} {10 * n} {a} {SECONDS - n}" for n, a in enumerate(("OK", "NO", "OK"))),
        )  # fmt: skip
        made.add("/b", "srcaddr bytes action start", f"10.0.0.2 1 OK {SECONDS - 1}")
        yield made


@pytest.mark.parametrize(
    ("call", "meaning"),
    [
        # The value goes where the name is, quotes and all, as on the service.
        ('$ByAction(action="OK", most=1)', 'filter action = "OK" | sort bytes desc | limit 1'),
        ("$ByAction(most=1, action='OK')", "filter action = 'OK' | sort bytes desc | limit 1"),
        ("$Quoted(action=OK, text=0.1)", 'filter action = "OK" or srcaddr like /0.1/'),
        ("$Twice(x=-3)", "fields -3 as a, -3 + 1 as b"),
        ("$`Top talkers (GB)`()", "stats sum(bytes) as b by srcaddr | sort b desc"),
        ("$`a/b`()", "fields bytes"),
        # Piped, after and before commands, and in brackets.
        ("filter bytes > 0 | $`Top talkers (GB)`() | limit 1",
         "filter bytes > 0 | stats sum(bytes) as b by srcaddr | sort b desc | limit 1"),
        ("$ByAction(action='OK', most=9) | $`Top talkers (GB)`()",
         "filter action = 'OK' | sort bytes desc | limit 9"
         " | stats sum(bytes) as b by srcaddr | sort b desc"),
        ("filter srcaddr in ($Other())", "filter srcaddr in (SOURCE '/b' | fields srcaddr)"),
        ("join left=l right=r where l.a=r.a ($`a/b`())",
         "join left=l right=r where l.a=r.a (fields bytes)"),
        ("limit 1", "limit 1"),
    ],
)  # fmt: skip
def test_a_call_is_the_text_of_the_saved_query(call: str, meaning: str) -> None:
    assert expanded(parse(call), QUERIES) == parse(meaning)


def test_it_runs_as_its_text_does(place: Place) -> None:
    assert place.rows("$ByAction(action='OK', most=1) | fields bytes", "/a") == [("20",)]
    assert place.rows("filter srcaddr in ($Other()) | fields bytes", "/a") == [("20",)]
    # A saved query may say itself what to read.
    assert place.rows("$Other()", "/a") == [("10.0.0.2",)]
    assert place.ask("$Twice(x=bytes)", "/b").columns == ("a", "b", "@ptr")


@pytest.mark.parametrize(
    ("text", "sentence", "at"),
    [
        ("limit 1 | $ByActoin(a=1)", "no saved query ByActoin; did you mean ByAction?",
         "$ByActoin(a=1)"),
        ("$Zzz()", "no saved query Zzz; name it under \\[queries\\] in the settings", "$Zzz()"),
        ("$ByAction(action='OK')", "ByAction needs most: \\(action=..., most=...\\)",
         "$ByAction(action='OK')"),
        ("$ByAction()", "ByAction needs action, most", "$ByAction()"),
        ("$ByAction(action='OK', most=1, x=2)", "no parameter x; it has action, most", "x=2"),
        ("$Other(x=2)", "no parameter x; it has none", "x=2"),
        ("$ByAction(action='a', action='b', most=1)", "action is given twice", "action='b'"),
        ("limit 1 | $Nested()", "Nested calls another one, which can't be nested", "$Nested()"),
        ("limit 1 | $Deep()", "Deep calls another one", "$Deep()"),
        ("limit 1 | $Wrong()", "in the saved query Wrong: expected a field or a value", "$Wrong()"),
        ("limit 1 | $Refused()", "does not compute anomaly", "$Refused()"),
        ("$ByAction(action='OK', most='x')", "in the saved query ByAction: ",
         "$ByAction(action='OK', most='x')"),
    ],
)  # fmt: skip
def test_what_is_wrong_points_at_the_call(place: Place, text: str, sentence: str, at: str) -> None:
    with pytest.raises(QueryError, match=sentence) as caught:
        place.ask(text, "/a")
    assert text[slice(*caught.value.span)].strip() == at


def test_a_saved_query_tells_its_parameters() -> None:
    assert parameter_names(QUERIES["ByAction"]) == ("action", "most")
    assert parameter_names(QUERIES["Twice"]) == ("x",)
    assert parameter_names(QUERIES["Other"]) == ()

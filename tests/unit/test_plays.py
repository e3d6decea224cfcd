from __future__ import annotations

from pathlib import Path

import pytest

from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.flowlogs.playbook import PLAYBOOK, Play, in_groups, read_plays
from flowtui.model.errors import UsageError
from flowtui.query.check import check
from flowtui.query.parser import parse
from flowtui.query.prelude import prelude
from flowtui.query.scope import undefined

QUERIES = [play for play in PLAYBOOK if play.query]
FORMATS = {
    play.title: FlowFormat.parse(" ".join(f"${{{n}}}" for n in play.fields)) for play in PLAYBOOK
}
GIVEN = {"address": "10.0.0.1", "interface": "eni-1", "port": "443"}
BY_NUMBER = {play.number: play for play in PLAYBOOK}


def filled(play: Play) -> str:
    return play.filled(" ".join(play.defaults.get(n) or GIVEN[n] for n in play.parameters))


@pytest.mark.parametrize("play", QUERIES, ids=lambda play: play.title)
def test_every_question_is_a_query_without_a_fault(play: Play) -> None:
    query = filled(play)
    text = f"{prelude(query, FORMATS[play.title])}\n| {query}"
    assert check(text, FORMATS[play.title]) == ()


@pytest.mark.parametrize("play", QUERIES, ids=lambda play: play.title)
def test_every_question_names_the_fields_that_it_reads(play: Play) -> None:
    read = {field.name for field in undefined(parse(filled(play))) if field.name[0] != "@"}
    assert read == {name.replace("-", "_") for name in play.fields}


def test_all_44_questions_of_a_triage_are_there() -> None:
    numbers = {int(play.number.rstrip("ab")) for play in PLAYBOOK if play.number}
    assert numbers == set(range(1, 45))


def test_what_a_format_can_not_answer_comes_last_and_says_what_it_lacks() -> None:
    lost = BY_NUMBER["44"]
    assert "packets-lost-no-route" in lost.missing(ARTICLE_FORMAT)
    assert BY_NUMBER["17"].missing(ARTICLE_FORMAT) == ()
    assert lost.missing(None) == ()
    for _, plays in in_groups(PLAYBOOK, DEFAULT_FORMAT):
        fits = [not play.missing(DEFAULT_FORMAT) for play in plays]
        assert fits == sorted(fits, reverse=True)
    assert 8 < sum(not play.missing(DEFAULT_FORMAT) for play in PLAYBOOK) < len(PLAYBOOK)


def test_parameters_come_from_the_row_and_the_cell_under_the_cursor_first() -> None:
    row = {"srcaddr": "10.0.0.1", "dstaddr": "8.8.8.8", "dstport": "22", "interface_id": "-"}
    assert BY_NUMBER["14"].offered(row, "dstaddr") == ("8.8.8.8",)
    assert BY_NUMBER["14"].offered(row, "bytes") == ("10.0.0.1",)
    assert BY_NUMBER["40"].offered(row, "interface_id") == ("",)
    assert BY_NUMBER["17"].offered(row, "dstaddr") == ("100000000",)


def test_a_value_is_a_value_whatever_it_says() -> None:
    assert 'srcaddr = "2001:db8::7"' in BY_NUMBER["14"].filled("2001:db8::7")
    for number, bad in (("14", 'x"or'), ("14", "10.0.0.0/8"), ("40", "foo")):
        with pytest.raises(UsageError, match=r"must be .*; .* is none"):
            BY_NUMBER[number].filled(bad)
    with pytest.raises(UsageError, match="needs: address"):
        BY_NUMBER["14"].filled("")
    with pytest.raises(UsageError, match="bytes must be a number"):
        BY_NUMBER["17"].filled("1|limit")


def test_own_questions_stand_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        '[[question]]\ntitle = "My port"\nquery = "filter dstport = {{port}}"\nfields = "dstport"\n'
    )
    (own,) = read_plays(tmp_path)[len(PLAYBOOK) :]
    assert (own.title, own.group, own.parameters) == ("My port", "Your own", ("port",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there are no questions"),
        ("question = 1", "there are no questions"),
        ('[[question]]\ntitle = "a"', "lacks query"),
        ('[[question]]\ntitle = "a"\nquery = "limit 1"\nlevel = "x"', "has level"),
        ('[[question]]\ntitle = "a"\nquery = "limit 1"\ngroup = 1', "is no text"),
        ("[[question]", "can't read the questions"),
    ],
)
def test_what_is_no_question_is_told_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(UsageError, match=said) as raised:
        read_plays(tmp_path)
    assert "mine.toml" in str(raised.value)

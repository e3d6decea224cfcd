from __future__ import annotations

import pytest

from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.flowlogs.playbook import PLAYBOOK, Play, plays_for
from flowtui.query.check import check
from flowtui.query.parser import parse
from flowtui.query.prelude import prelude
from flowtui.query.scope import undefined

FORMATS = {
    play.title: FlowFormat.parse(" ".join(f"${{{n}}}" for n in play.fields)) for play in PLAYBOOK
}


@pytest.mark.parametrize("play", PLAYBOOK, ids=lambda play: play.title)
def test_every_question_is_a_query_without_a_fault(play: Play) -> None:
    text = f"{prelude(play.query, FORMATS[play.title])}\n| {play.query}"
    assert check(text, FORMATS[play.title]) == ()


@pytest.mark.parametrize("play", PLAYBOOK, ids=lambda play: play.title)
def test_every_question_names_the_fields_that_it_reads(play: Play) -> None:
    read = {field.name for field in undefined(parse(play.query)) if field.name[0] != "@"}
    assert read == {name.replace("-", "_") for name in play.fields}


def test_what_a_format_can_not_answer_is_not_offered() -> None:
    titles = [play.title for play in plays_for(ARTICLE_FORMAT)]
    assert "Exfiltration: most bytes to public addresses" in titles
    assert "Packets that a transit gateway lost" not in titles
    assert len(titles) > 20
    assert 3 < len(list(plays_for(DEFAULT_FORMAT))) < len(titles)
    assert tuple(plays_for(None)) == PLAYBOOK

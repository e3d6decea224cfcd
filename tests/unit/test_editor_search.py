"""Looking for something in the text, and for what was asked before."""

from __future__ import annotations

from flowtui.ui.widgets.earlier_queries import HistoryWalk
from flowtui.ui.widgets.editor_search import Search

TEXT = "sort SrcAddr\n| filter srcaddr = dstaddr"


def test_the_first_match_is_the_one_from_the_cursor_on_and_after_the_last_comes_the_first() -> None:
    search = Search(TEXT, 10).looking_for("addr")
    assert search.matches == (8, 25, 35)
    assert [search.moved(step).cursor for step in (0, 1, 2, -1)] == [25, 35, 8, 8]
    assert Search(TEXT, 39).looking_for("addr").cursor == 8


def test_more_letters_are_looked_for_from_where_one_is() -> None:
    search = Search(TEXT, 0).looking_for("addr").moved(1)
    assert search.looking_for("addr =").cursor == 25
    assert search.looking_for("src").cursor == 5


def test_where_nothing_is_found_the_cursor_stays() -> None:
    search = Search(TEXT, 7).looking_for("nothing")
    assert search.cursor == 7
    assert search.moved(1) == search
    assert search.describe() == "find: nothing  not in this query"
    assert search.looking_for("sort").describe() == "find: sort  1 of 1, Enter next, Up before"


def test_what_is_typed_is_no_pattern() -> None:
    assert Search("a.b (c)", 0).looking_for("(").spans == ((4, 5),)
    assert Search("a.b", 0).looking_for("..").spans == ()


def test_a_walk_skips_what_it_has_told_and_comes_back_to_the_draft() -> None:
    walk = HistoryWalk.begun("draft", ["new", "draft", "old", "new"], 3)
    texts = []
    for step in (1, 1, 1, -1, -1, -1):
        walk = walk.moved(step)
        texts.append((walk.text, walk.cursor))
    assert texts == [
        ("new", 3), ("old", 3), ("old", 3), ("new", 3), ("draft", 3), ("draft", 3),
    ]  # fmt: skip
    assert HistoryWalk.begun("draft", ["older query"], 2).moved(1).cursor == len("older query")

"""The keys of the query editor: the way back, cutting, words, search, earlier queries."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import Key, Paste
from textual.message import Message

from flowtui.journal.history import History
from flowtui.model.errors import UsageError
from flowtui.model.run import Query, QueryRun, RunId
from flowtui.query.check import check
from flowtui.ui.widgets.query_editor import QueryEditor
from tests.pilot.service import (
    EDGE,
    NOON,
    PAIRS,
    PAIRS_DONE,
    WINDOW,
    ScriptedService,
    Seen,
    Terminal,
    make_app,
    using,
)


def state(seen: Seen) -> tuple[str, tuple[int, int]]:
    return seen.editor.text, seen.editor.cursor_location


def border(seen: Seen) -> str:
    return str(seen.editor.border_subtitle)


# The way back


@pytest.mark.parametrize("undo", ["alt+z", "ctrl+underscore", "ctrl+slash", "super+z"])
@pytest.mark.parametrize("redo", ["alt+shift+z", "ctrl+shift+z"])
async def test_words_are_taken_back_and_done_again(undo: str, redo: str) -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press(*"filter action")
        await seen.press(undo)
        assert seen.editor.text == "filter"
        await seen.press(redo)
        assert state(seen) == ("filter action", (0, 13))
        await seen.press(undo, undo)
        assert seen.editor.text == ""
        await seen.press(undo)
        assert seen.remark == "there is nothing to take back"


async def test_another_text_is_one_edit_and_the_cursor_comes_back_with_the_old_one() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press(*"sort a", "left")
        seen.editor.rewrite("# a play\nlimit 5", cursor=9)
        assert state(seen) == ("# a play\nlimit 5", (1, 0))
        seen.editor.text = "stats count(*)"
        await seen.press("alt+z")
        assert state(seen) == ("# a play\nlimit 5", (1, 0))
        await seen.press("alt+z")
        assert state(seen) == ("sort a", (0, 5))
        await seen.press("alt+shift+z", "alt+shift+z")
        assert state(seen) == ("stats count(*)", (0, 0))


async def test_the_playbook_and_the_way_along_the_trail_take_no_text_away() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service, "")) as seen:
        await seen.press(*"limit 7", "f4", *"who talks")
        await seen.press("enter")
        await seen.ended()
        assert seen.editor.text.startswith("# ")
        await seen.press("alt+z")
        assert state(seen) == ("limit 7", (0, 7))


async def test_a_paste_is_one_edit_and_takes_the_place_of_the_selection() -> None:
    async with using(make_app(ScriptedService(), "sort a")) as seen:
        await seen.press("end", "shift+left")
        seen.pilot.app.post_message(Paste("bytes\rx"))
        await seen.press(*" y")
        assert seen.editor.text == "sort bytes\nx y"
        await seen.press("alt+z", "alt+z")
        assert seen.editor.text == "sort a"
        assert seen.editor.selected_text == "a"


async def test_a_letter_with_alt_is_no_text() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        for key, character in (("alt+q", "q"), ("ctrl+equals_sign", "=")):
            seen.pilot.app.post_message(Key(key, character))
            await seen.pilot.pause()
        assert seen.editor.text == ""


# Words, lines, cuts


@pytest.mark.parametrize(
    ("keys", "cursor"),
    [
        (["ctrl+end"], (1, 13)),
        (["ctrl+end", "ctrl+home"], (0, 0)),
        (["alt+right", "alt+right"], (0, 14)),
        (["ctrl+right", "ctrl+right", "ctrl+left"], (0, 7)),
        (["ctrl+end", "alt+left", "alt+left"], (1, 7)),
        (["down", "end", "ctrl+a"], (1, 0)),
        (["down", "ctrl+e"], (1, 13)),
    ],
)
async def test_the_cursor_goes_by_words_lines_and_all(
    keys: list[str], cursor: tuple[int, int]
) -> None:
    async with using(make_app(ScriptedService(), "fields srcaddr\n| sort a desc")) as seen:
        await seen.press(*keys)
        assert seen.editor.cursor_location == cursor
        assert seen.editor.selection.is_empty


async def test_what_is_cut_in_a_row_is_put_back_as_a_whole_and_each_cut_is_one_edit() -> None:
    async with using(make_app(ScriptedService(), "filter a = 10.0.0.1\nlimit 5")) as seen:
        await seen.press("end", "ctrl+w", "ctrl+w")
        assert seen.editor.text == "filter a \nlimit 5"
        await seen.press("ctrl+end", "alt+y")
        assert seen.editor.text == "filter a \nlimit 5= 10.0.0.1"
        await seen.press("alt+z", "alt+z")
        assert seen.editor.text == "filter a = \nlimit 5"


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["ctrl+k"], "fields\n| sort a"),
        (["ctrl+k", "ctrl+k"], "fields| sort a"),
        (["ctrl+u"], " srcaddr\n| sort a"),
        (["alt+d", "ctrl+end", "ctrl+v"], "fields\n| sort a srcaddr"),
        (["alt+backspace"], " srcaddr\n| sort a"),
        (["ctrl+shift+k"], "| sort a"),
        (["down", "ctrl+shift+k"], "fields srcaddr"),
        (["super+x"], "| sort a"),
        (["shift+home", "super+x", "ctrl+end", "ctrl+v"], " srcaddr\n| sort afields"),
        (["shift+home", "ctrl+w", "ctrl+end", "ctrl+v"], " srcaddr\n| sort afields"),
        (["shift+home", "ctrl+c", "ctrl+end", "alt+y"], "fields srcaddr\n| sort afields"),
    ],
)
async def test_cutting_and_copying(keys: list[str], text: str) -> None:
    async with using(make_app(ScriptedService(), "fields srcaddr\n| sort a")) as seen:
        await seen.press("ctrl+right", *keys)
        assert seen.editor.text == text


async def test_ctrl_k_cuts_a_line_that_is_wrapped_as_a_whole() -> None:
    body = "filter a in [" + ", ".join(["10.0.0.1"] * 30) + "]"
    async with using(make_app(ScriptedService(), body), (80, 24)) as seen:
        await seen.press("ctrl+right", "ctrl+k")
        assert seen.editor.text == "filter"


# Tab


async def test_tab_never_leaves_the_editor() -> None:
    async with using(make_app(ScriptedService(), "fields a\n")) as seen:
        await seen.press("ctrl+end", "tab", *"| so", "tab")
        assert seen.editor.text == "fields a\n  | sort"
        await seen.press("shift+tab")
        assert state(seen) == ("fields a\n| sort", (1, 6))
        await seen.press("shift+tab", "shift+tab")
        assert seen.editor.has_focus
        await seen.press("alt+z", "alt+z", "alt+z", "alt+z", "alt+z")
        assert seen.editor.text == "fields a\n"


async def test_tab_offers_what_can_be_written_and_else_indents() -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        await seen.press("tab")
        assert "▸fields" in seen.text
        await seen.press("escape", *"limit 5", "tab")
        assert seen.editor.text == "limit 5  "


async def test_tab_moves_all_selected_lines() -> None:
    async with using(make_app(ScriptedService(), "fields a,\nb,\nc")) as seen:
        await seen.press("down", "shift+down", "shift+right", "tab")
        assert seen.editor.text == "fields a,\n  b,\n  c"
        assert seen.editor.selected_text == "b,\n  c"
        await seen.press("shift+tab")
        assert seen.editor.text == "fields a,\nb,\nc"


async def test_escape_and_ctrl_o_leave_the_editor_and_ctrl_e_returns() -> None:
    async with using(make_app(ScriptedService())) as seen:
        for key in ("escape", "ctrl+o"):
            await seen.press(key)
            assert seen.grid.has_focus
            await seen.press("ctrl+e")
            assert seen.editor.has_focus
            assert seen.editor.cursor_location == (0, 0)
        assert seen.editor.text == PAIRS


# Search


async def test_the_search_goes_on_while_one_types_and_ends_at_the_match() -> None:
    async with using(make_app(ScriptedService(), "sort srcaddr\n| filter SrcAddr = 1")) as seen:
        await seen.press("ctrl+f")
        assert border(seen) == "find: type what to look for"
        await seen.press(*"src")
        assert border(seen) == "find: src  1 of 2, Enter next, Up before"
        assert "find: src  1 of 2" in seen.text
        await seen.press("enter")
        assert state(seen) == ("sort srcaddr\n| filter SrcAddr = 1", (1, 9))
        await seen.press("up", *"x", "backspace", "ctrl+f")
        assert seen.editor.cursor_location == (1, 9)
        await seen.press("escape")
        assert seen.editor.has_focus
        assert not border(seen).startswith("find")
        await seen.press(*"1")
        assert seen.editor.text == "sort srcaddr\n| filter 1SrcAddr = 1"


async def test_what_is_selected_is_looked_for_and_an_arrow_ends_it() -> None:
    async with using(make_app(ScriptedService(), "sort a, b, a")) as seen:
        await seen.press("alt+right", "right", "shift+right", "ctrl+f")
        assert border(seen).startswith("find: a  1 of 2")
        await seen.press("down", "left")
        assert not border(seen).startswith("find")
        assert seen.editor.cursor_location == (0, 10)


async def test_the_border_takes_what_is_looked_for_as_it_is() -> None:
    async with using(make_app(ScriptedService(), "[/x]")) as seen:
        await seen.press("ctrl+f")
        seen.pilot.app.post_message(Paste("[/x]\x1b\rmore"))
        await seen.pilot.pause()
        assert "find: [/x]·  not in this query" in seen.text


async def test_all_that_is_found_is_marked() -> None:
    async with using(make_app(ScriptedService(), "sort aa, b, aa")) as seen:
        await seen.press("end", "ctrl+f", *"aa")
        strip = seen.screen._compositor.render_strips()[2]
        marked = {s.style and s.style.bgcolor for s in strip.crop(14, 16)}
        plain = {s.style and s.style.bgcolor for s in strip.crop(11, 12)}
        assert marked != plain


# Earlier queries


def asked(path: Path, *bodies: str) -> History:
    history = History(path / "state.db")
    for number, body in enumerate(bodies):
        run = QueryRun(RunId(number), Query(body, WINDOW, ("/vpc/edge",)), WINDOW, NOON)
        history.write("s", "p", run)
    return history


async def test_earlier_queries_come_one_by_one_and_the_draft_at_the_end(tmp_path: Path) -> None:
    history = asked(tmp_path, "limit 1", "limit 2", "limit 1", "limit 3\n| sort a")
    async with using(make_app(ScriptedService(), "", history=history)) as seen:
        await seen.press(*"dra", "left")
        texts = []
        for key in ("alt+up", "alt+up", "alt+p", "alt+up"):
            await seen.press(key)
            texts.append(seen.editor.text)
        assert texts == ["limit 3\n| sort a", "limit 1", "limit 2", "limit 2"]
        assert seen.remark == "there is no earlier query"
        assert seen.editor.cursor_location == (0, 7)
        await seen.press("alt+z")
        assert seen.editor.text == "limit 1"
        await seen.press("alt+shift+z", "alt+down", "alt+down", "alt+n")
        assert state(seen) == ("dra", (0, 2))
        await seen.press("alt+down")
        assert seen.remark == "there is no later query"


async def test_what_was_changed_is_the_draft_of_another_walk(tmp_path: Path) -> None:
    history = asked(tmp_path, "limit 1", "limit 2")
    async with using(make_app(ScriptedService(), "", history=history)) as seen:
        await seen.press("alt+up", *"0", "alt+up", "alt+up", "alt+down", "alt+down")
        assert seen.editor.text == "limit 20"


async def test_without_a_history_there_are_no_earlier_queries() -> None:
    async with using(make_app(ScriptedService(), "limit 1")) as seen:
        await seen.press("alt+up")
        assert state(seen) == ("limit 1", (0, 0))
        assert seen.remark == "there is no earlier query"


async def test_a_history_that_can_not_be_read_gets_a_sentence(tmp_path: Path) -> None:
    class Broken(History):
        def texts(self, limit: int) -> tuple[str, ...]:
            raise UsageError(f"can't keep the history of runs in {self.path}: no space left")

    broken = Broken(tmp_path / "state.db")
    async with using(make_app(ScriptedService(), "limit 1", history=broken)) as seen:
        await seen.press("alt+up")
        assert seen.remark.startswith("can't keep the history of runs in")
        assert seen.editor.text == "limit 1"


# What was meant


class Heard(list[Message]):
    """The messages of the editor about what was meant."""

    @property
    def names(self) -> list[str]:
        return [type(message).__name__ for message in self]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    found, post = Heard(), QueryEditor.post_message

    def listen(editor: QueryEditor, message: Message) -> bool:
        if isinstance(message, QueryEditor.SuggestionTaken | QueryEditor.SuggestionDropped):
            found.append(message)
        return post(editor, message)

    monkeypatch.setattr(QueryEditor, "post_message", listen)
    return found


def offer(seen: Seen) -> None:
    editor = seen.editor
    (finding,) = check(editor.text, editor.flow_format)
    editor.offer(finding)


async def test_what_the_class_of_the_log_group_does_not_take_is_seen_while_it_is_written() -> None:
    service = ScriptedService(groups=((replace(EDGE, log_class="INFREQUENT_ACCESS"),),))
    async with using(make_app(service, "pattern @message")) as seen:
        await seen.until(lambda: "Infrequent Access class do not take pattern" in seen.text)
        await seen.press("f5")
        assert "start" not in service.verbs


async def test_enter_takes_what_was_meant_as_one_edit(heard: Heard) -> None:
    async with using(make_app(ScriptedService(), "limit 5\n| filter dstadr = 1")) as seen:
        offer(seen)
        await seen.pilot.pause()
        assert seen.editor.cursor_location == (1, 9)
        assert "! unknown field dstadr; did you mean dstaddr?" in seen.text.split("\n")[1]
        await seen.press("enter")
        assert state(seen) == ("limit 5\n| filter dstaddr = 1", (1, 16))
        assert heard.names == ["SuggestionTaken"]
        await seen.press("alt+z")
        assert state(seen) == ("limit 5\n| filter dstadr = 1", (1, 9))
        await seen.press("enter")
        assert seen.editor.text == "limit 5\n| filter \ndstadr = 1"


@pytest.mark.parametrize("key", ["left", "x", "escape", "shift+tab", "ctrl+f", "alt+q", "f1"])
async def test_any_other_key_makes_enter_a_new_line_again(key: str, heard: Heard) -> None:
    async with using(make_app(ScriptedService(), "filter dstadr = 1")) as seen:
        offer(seen)
        await seen.press(key)
        assert heard.names == ["SuggestionDropped"]
        assert "dstaddr" not in seen.editor.text


async def test_what_nobody_can_guess_is_pointed_at_only(heard: Heard) -> None:
    async with using(make_app(ScriptedService(), "limit 5\n| filter frobnicate = 1")) as seen:
        offer(seen)
        await seen.press("enter")
        assert seen.editor.text == "limit 5\n| filter \nfrobnicate = 1"
        assert not heard
        assert not seen.editor.take_suggestion()


# Faults


async def test_a_fault_of_flowtui_does_not_take_the_text_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise IndexError

    kept: list[object] = []
    async with using(make_app(ScriptedService(), "fields a")) as seen:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: kept.append(type(context["exception"]))
        )
        for function in ("complete.complete", "check.check", "prelude.prelude"):
            monkeypatch.setattr(f"flowtui.query.{function}", fail)
        monkeypatch.setattr("flowtui.ui.widgets.editor_colours.highlight", fail)
        await seen.press("end", *", b")
        await seen.checked()
        assert kept == [IndexError]
        assert seen.editor.text == "fields a, b"
        assert "fields a, b" in seen.text
        assert (
            seen.remark == "flowtui can't read this text, which is a fault of its own (IndexError)"
        )


@pytest.mark.parametrize("text", ["[", "source '/vpc/a' | |", "(" * 500])
async def test_no_text_ends_the_program(text: str) -> None:
    async with using(make_app(ScriptedService(), "")) as seen:
        for letter in text:
            await seen.editor.on_key(Key(letter, letter))
        await seen.checked()
        assert seen.editor.text == text
        assert seen.remark == ""


async def test_what_is_cut_goes_the_way_of_all_copies() -> None:
    terminal = Terminal()
    app = make_app(ScriptedService(), "fields srcaddr", terminal=terminal)
    async with using(app) as seen:
        await seen.press("shift+end", "super+x")
        await seen.until(lambda: bool(terminal.written))
        assert terminal.text == "fields srcaddr"
        await seen.until(lambda: seen.remark == "sent to your terminal")


async def test_after_undo_nothing_is_said_of_what_is_gone() -> None:
    async with using(make_app(ScriptedService(), "filter dstadr = 1")) as seen:
        await seen.press("f5", "enter")
        assert seen.remark == "wrote dstaddr; F5 runs the query"
        await seen.press("alt+z")
        assert seen.editor.text == "filter dstadr = 1"
        assert seen.remark == ""

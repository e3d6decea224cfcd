"""Saved queries: listed as folders, opened, run, and saved, never over another one unasked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.containers import VerticalScroll
from textual.widgets import Input

from flowtui.backends.scripted import ScriptedQueries
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError, FlowtuiError, Unanswered
from flowtui.model.run import Query, RunState
from flowtui.model.saved_query import Parameter, SavedQuery
from flowtui.query.prelude import prelude
from flowtui.ui.app import FlowtuiApp
from flowtui.ui.screens.dialogs import AskScreen, ConfirmScreen
from flowtui.ui.screens.saved_queries import SavedQueriesScreen
from flowtui.ui.widgets.filter_list import FilterList
from tests.pilot.service import (
    CONTROLS,
    EDGE,
    FIRST_PAIRS,
    NOON,
    PAIRS,
    PAIRS_DONE,
    ScriptedService,
    Seen,
    make_app,
    using,
)

TOP = SavedQuery("triage/top", "stats sum(bytes) by srcaddr", ("/vpc/other",), "1", NOON)
PORTS = SavedQuery("triage/rejects/ports", "stats count(*) by dstport", (), "2", NOON)
BILLING = SavedQuery("billing", "limit 7", (), "3")
SQL = SavedQuery("in sql", "SELECT 1", (), "4", NOON, "SQL")
ACTION = SavedQuery(
    "of action", "filter action = {{action}}", (), "5", parameters=(Parameter("action", "REJECT"),)
)
SOME = (TOP, PORTS, BILLING, SQL, ACTION)
OTHER = LogGroup("/vpc/other", format=ARTICLE_FORMAT)
Page = tuple[SavedQuery, ...] | FlowtuiError | asyncio.Event


def service_with(*pages: Page, refusal: FlowtuiError | None = None) -> ScriptedService:
    service = ScriptedService([PAIRS_DONE], groups=((EDGE, OTHER),))
    service.library = ScriptedQueries(*pages, refusal=refusal)
    return service


async def open_list(seen: Seen, *keys: str) -> None:
    await seen.press("f8")
    await seen.until(lambda: isinstance(seen.screen, SavedQueriesScreen))
    await seen.pilot.pause()
    await seen.press(*keys)


@asynccontextmanager
async def browsing(
    *pages: Page, size: tuple[int, int] = (120, 40), groups: tuple[str, ...] = (EDGE.name,)
) -> AsyncIterator[tuple[Seen, ScriptedService]]:
    service = service_with(*pages)
    async with using(make_app(service, groups=groups), size) as seen:
        await open_list(seen)
        yield seen, service


def lines(seen: Seen) -> list[str]:
    return [line.rstrip() for line in seen.screen.query_one(FilterList).lines]


def names(seen: Seen) -> list[str]:
    return [line.split("  2022")[0].rstrip() for line in lines(seen)]


# The list


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_names_are_folders(size: tuple[int, int]) -> None:
    async with browsing(SOME, size=size) as (seen, _):
        assert names(seen) == [
            "triage/", "  rejects/", "    ports", "  top", "billing", "in sql" + lines(seen)[5][6:],
            "of action",
        ]  # fmt: skip
        assert lines(seen)[5].endswith("SQL")
        assert re.search(r"ports +2022-04-01 ", seen.text)
        assert "5 of 5 queries." in seen.text
        assert "stats count(*) by dstport" in seen.text
        assert "triage/rejects/ports, changed 2022-04-01 12:00:00 UTC" in seen.text


async def test_typing_filters_by_name_and_text() -> None:
    async with browsing(SOME) as (seen, _):
        await seen.press(*"BY TRIAGE src")
        assert names(seen) == ["triage/", "  top"]
        assert "on /vpc/other" in seen.text
        await seen.press(*"nothing")
        assert "no query matches" in seen.text


async def test_pages_come_in_and_the_cursor_stays() -> None:
    gate = asyncio.Event()
    async with browsing((BILLING, ACTION), gate, (TOP, PORTS)) as (seen, _):
        assert "2 of 2 queries. Loading." in seen.text
        await seen.press("down")
        gate.set()
        await seen.until(lambda: len(lines(seen)) == 6)
        assert "Loading" not in seen.text
        assert "{{action}} (REJECT)" in seen.text


async def test_nothing_is_saved_yet() -> None:
    async with browsing(()) as (seen, _):
        assert "no query is saved here yet" in seen.text
        await seen.press("enter", "f5")
        assert isinstance(seen.screen, SavedQueriesScreen)


async def test_who_may_not_list_is_told_and_keeps_what_has_come() -> None:
    denied = BackendError("profile dev may not logs:DescribeQueryDefinitions: no; ask for it")
    async with browsing((BILLING,), denied) as (seen, _):
        assert "profile dev may not logs:DescribeQueryDefinitions" in seen.text
        assert names(seen) == ["billing"]


async def test_foreign_text_is_shown_as_it_is_and_steers_nothing() -> None:
    evil = SavedQuery("[red]a\x1b[31m/[/x]\u202eb", "filter [bold]x[/]\x1b]52;c;AA\x07\nlimit 1")
    async with browsing((evil,)) as (seen, _):
        assert "[red]a·[31m" in seen.text
        assert "filter [bold]x[/]·]52;c;AA·" in seen.text
        assert not CONTROLS.search(seen.text.replace("\n", ""))
        await seen.press("enter")
        await seen.ended()
        assert seen.remark.startswith("opened [red]a·[31m/[/x]·b; F5 runs it")
        assert not CONTROLS.search(seen.text.replace("\n", ""))


async def test_tab_goes_to_the_text_and_the_arrows_scroll_it() -> None:
    long = SavedQuery("long", "\n".join(f"| limit {n}" for n in range(60)))
    async with browsing((BILLING, long), size=(80, 24)) as (seen, _):
        await seen.press("down", "tab", "pagedown", "down")
        scroll = seen.screen.query_one(VerticalScroll)
        assert scroll.has_focus
        await seen.until(lambda: scroll.scroll_y > 1)
        await seen.press("enter")
        await seen.ended()
        assert seen.editor.text == long.text


# Opening


async def test_enter_opens_without_running_and_takes_its_groups() -> None:
    async with browsing(SOME) as (seen, service):
        await seen.press(*"top", "enter")
        await seen.ended()
        assert seen.editor.text == TOP.text
        assert seen.editor.has_focus
        assert seen.session.state.groups == TOP.log_groups
        assert "start" not in service.verbs
        await seen.press("alt+z")
        assert seen.editor.text == PAIRS


async def test_without_groups_of_its_own_the_groups_stay() -> None:
    async with browsing(SOME) as (seen, _):
        await seen.press(*"billing", "enter")
        await seen.ended()
        assert seen.session.state.groups == (EDGE.name,)


async def test_f5_opens_and_runs_what_was_typed_for() -> None:
    async with browsing(SOME) as (seen, service):
        await seen.pilot.press(*"billing", "f5")
        await seen.ended()
        await seen.until(lambda: bool(service.started))
        assert service.started[0][0].body == BILLING.text
        assert not isinstance(seen.screen, SavedQueriesScreen)


async def test_a_draft_stays_on_the_trail() -> None:
    service = service_with(SOME)
    async with using(make_app(service)) as seen:
        await seen.run()
        seen.editor.text = "# a draft"
        await open_list(seen, *"billing", "f5")
        await seen.ended()
        await seen.until(lambda: len(service.started) == 2)
        await seen.ended()
        await seen.press("ctrl+o", "backspace")
        assert seen.editor.text == "# a draft"


async def test_flowtuis_own_parse_is_not_piled_up() -> None:
    body = "stats sum(bytes) by srcaddr"
    whole = Query(body, None, (), prelude(body, ARTICLE_FORMAT)).text
    own = 'parse @message "* *" as a, b\n| stats count(*) by a'
    async with browsing((replace(TOP, text=whole), replace(PORTS, text=own))) as (seen, service):
        await seen.press(*"top", "f5")
        await seen.ended()
        await seen.until(lambda: bool(service.started))
        assert seen.editor.text == body
        assert service.started[0][0].text == whole
        await open_list(seen, *"ports", "enter")
        await seen.ended()
        assert seen.editor.text == own


async def test_another_language_is_not_opened() -> None:
    async with browsing(SOME) as (seen, _):
        await seen.press(*"sql")
        assert "in SQL, which flowtui can't open" in seen.text
        for key in ("enter", "f5"):
            await seen.press(key)
            assert "It is written in SQL: flowtui runs Logs Insights QL only." in seen.text
        await seen.press("escape")
        assert seen.editor.text == PAIRS


async def test_a_query_with_parameters_is_opened_but_not_run() -> None:
    async with browsing(SOME) as (seen, service):
        await seen.press(*"action", "f5")
        assert "It needs {{action}}: open it, write values there" in seen.text
        await seen.press("enter")
        await seen.ended()
        assert seen.editor.text == ACTION.text
        assert seen.remark == "opened of action; write values in the place of {{action}}"
        assert not service.started


# Saving


async def name_it(seen: Seen, *keys: str) -> None:
    await seen.press("ctrl+s")
    await seen.until(lambda: isinstance(seen.screen, AskScreen))
    await seen.press(*keys, "enter")


async def warned(seen: Seen) -> str:
    await seen.until(lambda: isinstance(seen.screen, ConfirmScreen))
    await seen.pilot.pause()
    return " ".join(seen.text.replace("│", " ").split())


async def test_a_new_query_is_saved_as_it_runs_with_its_groups() -> None:
    service = service_with(())
    async with using(make_app(service)) as seen:
        await name_it(seen, *"my/pairs")
        await seen.ended()
        whole = f"{prelude(PAIRS, ARTICLE_FORMAT)}\n| {PAIRS}"
        assert service.library.saved == [SavedQuery("my/pairs", whole, (EDGE.name,))]
        assert seen.remark == "saved as my/pairs, with /vpc/edge"
        assert seen.editor.text == PAIRS


@pytest.mark.parametrize("leaving", [["escape"], ["space", "enter"]])
async def test_no_name_saves_nothing(leaving: list[str]) -> None:
    service = service_with(())
    async with using(make_app(service)) as seen:
        await seen.press("ctrl+s")
        await seen.until(lambda: isinstance(seen.screen, AskScreen))
        await seen.press(*leaving)
        await seen.ended()
        assert seen.remark == "not saved"
        assert service.library.saved == []


async def test_a_service_that_does_not_answer_is_named_and_escape_ends_the_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is saved then, and the query that runs meanwhile goes on."""
    monkeypatch.setattr(FlowtuiApp, "PATIENCE", 0.01)
    gate = asyncio.Event()
    running = asyncio.Event()
    service = ScriptedService([FIRST_PAIRS, running, PAIRS_DONE])
    service.library = ScriptedQueries(gate)
    async with using(make_app(service)) as seen:
        await seen.press("f5")
        await seen.rows(len(FIRST_PAIRS.results.rows))
        await name_it(seen, *"mine")
        await seen.until(lambda: seen.remark == "waiting for the saved queries; Escape ends it")
        await seen.press("escape")
        await seen.until(lambda: seen.remark == "no longer waiting for the saved queries")
        gate.set()
        running.set()
        await seen.ended()
        assert seen.state == RunState.COMPLETE
        assert service.library.saved == []


async def test_an_empty_editor_has_nothing_to_save() -> None:
    async with using(make_app(service_with(()), " ", groups=())) as seen:
        await seen.press("ctrl+s")
        await seen.ended()
        assert seen.remark == "there is no query in the editor to save"


@pytest.mark.parametrize("answer", ["enter", "escape"])
async def test_it_asks_before_it_overwrites(answer: str) -> None:
    service = service_with(SOME)
    async with using(make_app(service)) as seen:
        await open_list(seen, *"triage top", "enter")
        await seen.ended()
        seen.editor.text = "limit 1"
        await seen.press("ctrl+s")
        await seen.until(lambda: isinstance(seen.screen, AskScreen))
        assert seen.screen.query_one(Input).value == "triage/top"
        await seen.press("enter")
        text = await warned(seen)
        assert "triage/top is saved already, last changed 2022-04-01 12:00:00 UTC." in text
        assert "It has not been changed since you opened or saved it." in text
        assert "This text and its log groups (/vpc/other) would be lost:" in text
        assert TOP.text in text
        assert service.library.saved == []
        await seen.press(answer)
        await seen.ended()
        if answer == "escape":
            assert service.library.saved == []
            assert seen.remark == "not saved; triage/top is as it was"
        else:
            (saved,) = service.library.saved
            assert (saved.id, saved.text, saved.log_groups) == ("1", "limit 1", TOP.log_groups)
            assert seen.remark == "saved over triage/top, with /vpc/other"


async def test_a_change_by_somebody_else_is_said() -> None:
    service = service_with(SOME)
    async with using(make_app(service)) as seen:
        await open_list(seen, *"triage top", "enter")
        await seen.ended()
        theirs = replace(TOP, text="[red]theirs[/x]\x1b", modified=NOON + timedelta(hours=1))
        service.library.pages = [(theirs,)]
        await name_it(seen)
        text = await warned(seen)
        assert (
            "SOMEBODY HAS CHANGED IT since you opened or saved it, of 2022-04-01 12:00:00" in text
        )
        assert "[red]theirs[/x]·" in text
        await seen.press("escape")
        await seen.ended()
        assert service.library.saved == []


async def test_a_change_while_one_is_asked_is_asked_about_again() -> None:
    service = service_with(SOME)
    async with using(make_app(service)) as seen:
        await name_it(seen, *"billing")
        assert "not the one that the editor's query was opened from" in await warned(seen)
        service.library.pages = [(replace(BILLING, text="limit 8"),)]
        await seen.press("enter")
        await seen.until(lambda: "while you were asked" in seen.text)
        await seen.press("enter")
        await seen.ended()
        assert [query.id for query in service.library.saved] == ["3"]


async def test_one_that_was_deleted_meanwhile_is_saved_anew() -> None:
    service = service_with(SOME)
    async with using(make_app(service)) as seen:
        await name_it(seen, *"billing")
        await warned(seen)
        service.library.pages = [()]
        await seen.press("enter")
        await seen.ended()
        assert [query.id for query in service.library.saved] == [""]
        assert seen.remark == "saved as billing, with /vpc/edge"


async def test_what_is_saved_so_already_is_not_saved_again() -> None:
    service = service_with((SavedQuery("same", "limit 7", (EDGE.name,), "9"),))
    async with using(make_app(service, "limit 7")) as seen:
        await name_it(seen, *"same")
        await seen.ended()
        assert seen.remark == "same is saved so already"
        assert service.library.saved == []


async def test_ctrl_s_in_the_list_begins_with_the_folder() -> None:
    async with browsing(SOME) as (seen, service):
        await seen.press(*"ports", "ctrl+s")
        await seen.until(lambda: isinstance(seen.screen, AskScreen))
        assert seen.screen.query_one(Input).value == "triage/rejects/"
        await seen.press("end", *"mine", "enter")
        await seen.ended()
        assert service.library.saved[0].name == "triage/rejects/mine"


async def test_parameters_go_with_the_text_that_has_them() -> None:
    async with browsing(SOME) as (seen, service):
        await seen.press(*"action", "enter")
        await seen.ended()
        await name_it(seen, *"copy")
        await seen.ended()
        assert service.library.saved[0].parameters == ACTION.parameters


@pytest.mark.parametrize(
    "refusal",
    [
        BackendError("the default profile may not logs:PutQueryDefinition: no; ask for it"),
        Unanswered("no answer. It may be saved all the same; the list of saved queries shows it"),
    ],
)
async def test_what_goes_wrong_is_said(refusal: FlowtuiError) -> None:
    service = service_with((), refusal=refusal)
    async with using(make_app(service)) as seen:
        await name_it(seen, *"x")
        await seen.ended()
        assert seen.remark == str(refusal)


async def test_a_group_named_by_arn_can_not_be_saved_with_it() -> None:
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/vpc/there"
    service = service_with(())
    service._catalog._pages = ((EDGE, LogGroup(arn)),)
    async with using(make_app(service, groups=(EDGE.name, arn))) as seen:
        await name_it(seen, *"x")
        await seen.ended()
        assert service.library.saved[0].log_groups == (EDGE.name,)
        assert seen.remark.endswith("; 1 log group named by ARN can't be saved with it")


async def test_where_nothing_can_be_saved_no_name_is_asked_for() -> None:
    service = service_with(())
    service.saving_refused = "by hand, under [queries]"
    async with using(make_app(service)) as seen:
        await seen.press("ctrl+s")
        await seen.ended()
        assert seen.remark == "by hand, under [queries]"

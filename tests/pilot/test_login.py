"""Questions of threads, and a session that is opened again from inside."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from contextlib import nullcontext

import pytest
from textual.widgets import Input

from flowtui.backends.daemon import submit
from flowtui.backends.scripted import ScriptedCatalog
from flowtui.model.errors import CredentialsError
from flowtui.ui.app import FlowtuiApp
from flowtui.ui.flows import login
from flowtui.ui.flows.questions import Questions
from flowtui.ui.screens.dialogs import AskScreen, MenuScreen
from tests.pilot.service import EDGE, FIRST_PAIRS, PAIRS_DONE, ScriptedService, make_app, using

COMMAND = ("aws", "sso", "login", "--profile", "prod")
EXPIRED = CredentialsError("the SSO session has expired", COMMAND)


async def test_a_thread_gets_the_answer_of_the_user() -> None:
    app, questions = make_app(ScriptedService([PAIRS_DONE])), Questions()
    questions.attach(app)
    async with using(app) as seen:
        answer = asyncio.wrap_future(submit(lambda: questions.ask("MFA code for [/x]\x1b[31m")))
        await seen.until(lambda: isinstance(seen.screen, AskScreen))
        await seen.pilot.pause()
        assert "MFA code for [/x]" in seen.text
        seen.screen.query_one(Input).value = "654321"
        await seen.press("enter")
        assert await answer == "654321"


async def test_escape_is_no_answer() -> None:
    app, questions = make_app(ScriptedService([PAIRS_DONE])), Questions()
    questions.attach(app)
    async with using(app) as seen:
        answer = asyncio.wrap_future(submit(lambda: questions.ask("code?")))
        await seen.until(lambda: isinstance(seen.screen, AskScreen))
        await seen.press("escape")
        assert await answer == ""


async def test_silence_is_no_answer_and_its_question_goes() -> None:
    app, questions = make_app(ScriptedService([PAIRS_DONE])), Questions(seconds=0)
    questions.attach(app)
    async with using(app) as seen:
        assert await asyncio.wrap_future(submit(lambda: questions.ask("code?"))) == ""
        await seen.until(lambda: seen.screen is seen.workspace)


def test_without_an_app_nobody_answers() -> None:
    assert Questions().ask("code?") == ""


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were run while the terminal was lent to them."""
    commands: list[list[str]] = []
    monkeypatch.setattr(FlowtuiApp, "suspend", lambda _: nullcontext())
    run = subprocess.run

    def instead(command: list[str], *, check: bool) -> object:
        commands.append(list(command))
        return run([sys.executable, "-c", ""], check=check)

    monkeypatch.setattr(subprocess, "run", instead)
    return commands


async def test_an_expired_session_is_opened_again_and_the_query_goes_on(
    lent: list[list[str]],
) -> None:
    gate = asyncio.Event()
    service = ScriptedService([FIRST_PAIRS, EXPIRED, gate, PAIRS_DONE])
    app = make_app(service)
    async with using(app) as seen:
        await seen.press("f5")
        await seen.until(lambda: isinstance(seen.screen, MenuScreen))
        assert "aws sso login --profile prod" in seen.text
        assert len(seen.grid.results.rows) == 3
        await seen.press("l")
        await seen.until(lambda: bool(lent))
        assert lent == [list(COMMAND)]
        assert "stop" not in service.verbs
        assert seen.state == "Running"
        await seen.press("escape")


async def test_an_error_at_the_start_offers_the_login_once(lent: list[list[str]]) -> None:
    async with using(make_app(ScriptedService(EXPIRED))) as seen:
        await seen.press("f5")
        await seen.until(lambda: isinstance(seen.screen, MenuScreen))
        await seen.press("n")
        await seen.until(lambda: seen.screen is seen.workspace)
        assert "the SSO session has expired" in seen.remark
        assert lent == []


async def test_the_list_of_groups_comes_after_a_login(lent: list[list[str]]) -> None:
    service = ScriptedService(groups=(EXPIRED,))
    async with using(make_app(service, groups=())) as seen:
        await seen.press("ctrl+g")
        await seen.until(lambda: isinstance(seen.screen, MenuScreen))
        assert "aws sso login --profile prod" in seen.text
        service._catalog = ScriptedCatalog((EDGE,))
        await seen.press("l")
        await seen.until(lambda: "1 of 1 groups" in seen.text)
        assert lent == [list(COMMAND)]


async def test_what_came_of_the_command_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]))) as seen:
        app = seen.pilot.app
        assert login.run_aside(app, COMMAND).startswith("this terminal can't be lent")
        monkeypatch.setattr(FlowtuiApp, "suspend", lambda _: nullcontext())
        assert "install the AWS CLI, version 2" in login.run_aside(app, ["/nowhere/aws"])
        failing = [sys.executable, "-c", "raise SystemExit(252)"]
        assert "ended with code 252; it needs version 2" in login.run_aside(app, failing)
        interrupted = [sys.executable, "-c", "import os, signal; os.kill(os.getppid(), 2)"]
        before = signal.getsignal(signal.SIGINT)
        assert login.run_aside(app, interrupted) == "the session is open again"
        assert signal.getsignal(signal.SIGINT) is before

"""The real exit path: no query is left running."""

from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot

from flowtui.ui.app import FlowtuiApp
from tests.pilot.service import (
    FIRST_PAIRS,
    ScriptedService,
    Seen,
    make_app,
)


def quit_while(service: ScriptedService, *keys: str) -> FlowtuiApp:
    """Run the real exit path: start a query, press `keys`, and return when the app has ended."""
    app = make_app(service)

    async def drive(pilot: Pilot[object]) -> None:
        seen = Seen(pilot)
        await seen.until(lambda: "parse: 27 fields" in seen.text)
        await seen.press("f5")
        await seen.rows(3)
        await seen.press(*keys)

    app.run(headless=True, auto_pilot=drive)
    return app


def test_quitting_waits_until_the_query_has_been_stopped() -> None:
    service = ScriptedService([FIRST_PAIRS, asyncio.Event()])
    app = quit_while(service, "ctrl+q")
    assert service.verbs[-2:] == ["stop", "close"]
    assert not service.running
    assert not app.left_running
    assert app.return_code == 0


def test_quitting_waits_for_a_stop_that_is_on_its_way() -> None:
    gate = asyncio.Event()
    service = ScriptedService([FIRST_PAIRS, asyncio.Event()], stop_gate=gate)
    app = make_app(service)

    async def drive(pilot: Pilot[object]) -> None:
        seen = Seen(pilot)
        await seen.until(lambda: "parse: 27 fields" in seen.text)
        await seen.press("f5")
        await seen.rows(3)
        await seen.press("escape")
        await service.reached("stop")
        asyncio.get_running_loop().call_later(0.1, gate.set)
        await seen.press("ctrl+q")

    app.run(headless=True, auto_pilot=drive)
    assert service.verbs[-1] == "close"
    assert not service.running
    assert not app.left_running


def test_a_stop_that_is_not_answered_is_named_and_does_not_hang(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flowtui.engine.watch.STOP_SECONDS", 0.1)
    service = ScriptedService([FIRST_PAIRS, asyncio.Event()], stop_gate=asyncio.Event())
    app = quit_while(service, "ctrl+q")
    assert list(app.left_running.values()) == [["query-1"]]


def test_quitting_works_from_a_dialogue() -> None:
    service = ScriptedService([FIRST_PAIRS, asyncio.Event()])
    quit_while(service, "ctrl+t", "ctrl+q")
    assert not service.running
    assert service.verbs[-1] == "close"

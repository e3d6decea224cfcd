"""A tour through all screens and dialogues, and what they look like as text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from textual.strip import Strip

from flowtui.backends.base import Profile
from flowtui.backends.scripted import Script, ScriptedQueries
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT
from flowtui.flowlogs.log_group import LogGroup
from flowtui.journal.history import History
from flowtui.memory import Memory
from flowtui.model.errors import BackendError
from flowtui.model.run import RunState, Snapshot
from flowtui.model.saved_query import Parameter, SavedQuery
from flowtui.settings import Settings
from flowtui.ui.flows.switch_account import Accounts
from tests.pilot.service import (
    EDGE,
    FIRST_PAIRS,
    FLOWS_DONE,
    NOON,
    PAIRS_DONE,
    ScriptedService,
    Seen,
    make_app,
    never,
    using,
)

SIZES = ((80, 24), (120, 40))

GROUPS = (
    replace(EDGE, retention_days=30, created=NOON - timedelta(days=90)),
    LogGroup("/vpc/core/a-name-that-has-no-room-in-a-narrow-list-of-groups", format=ARTICLE_FORMAT),
    LogGroup("/vpc/legacy", stored_bytes=52 * 10**9, log_class="INFREQUENT_ACCESS"),
    LogGroup("/vpc/mixed", candidates=(ARTICLE_FORMAT, DEFAULT_FORMAT)),
)  # fmt: skip
SAVED = (
    SavedQuery("triage/top talkers", "stats sum(bytes) by srcaddr", ("/vpc/edge",), "q-1", NOON),
    SavedQuery("triage/by action", "filter action = {{action}}", id="q-2",
               parameters=(Parameter("action", "REJECT"),)),
    SavedQuery("others", "SELECT 1", id="q-3", language="SQL"),
)  # fmt: skip
PROFILES = (Profile("default"), Profile("prod", "role, MFA", "eu-west-1"), Profile("dev", "SSO"))

Look = Callable[[str], Awaitable[None]]
"""Take down what is shown, under a name."""


@dataclass(frozen=True)
class Stop:
    """Keys to press, and the name of what is shown then."""

    keys: str
    name: str
    is_at_rest: bool = True
    """Whether nothing is on its way by then."""


WAYS: dict[str, tuple[Stop, ...]] = {
    "done": (
        Stop("", "empty"),
        Stop("f5", "complete"),
        Stop("down right i", "row"),
        Stop("escape vertical_line", "columns"),
        Stop("escape y", "copy"),
        Stop("escape p", "pivot"),
        Stop("escape w", "watch"),
        Stop("escape slash", "find"),
        Stop("escape space", "menu-of-the-rows"),
        Stop("escape colon", "palette"),
        Stop("escape f1", "help"),
        Stop("escape f3", "whole-query"),
        Stop("escape f4", "playbook"),
        Stop("escape ctrl+g", "groups"),
        Stop("l e g", "groups-filtered"),
        Stop("escape ctrl+t", "time"),
        Stop("escape f8", "saved"),
        Stop("escape f9", "format"),
        Stop("escape f6", "profile"),
        Stop("escape f7", "region"),
        Stop("escape f12", "history"),
        Stop("escape ctrl+s", "save"),
        Stop("escape enter", "drilled"),
        Stop("t", "trail"),
        Stop("escape a", "note"),
        Stop("escape e", "export"),
        Stop("escape greater_than_sign", "save-rows"),
        Stop("escape T left", "charts"),
        Stop("2", "charts-heat"),
        Stop("3", "charts-groups"),
        Stop("escape enter", "flow"),
        Stop("escape ctrl+e ctrl+x", "menu-of-the-query"),
        Stop("escape ctrl+f s r c", "find-in-the-query"),
        Stop("escape f2 delete f i l", "choices"),
        Stop("escape escape ctrl+e t e r space x 1 f5", "refused"),
        Stop("f2 delete f i l t e r space d s t a d r = 1 f5", "misspelt"),
    ),
    "running": (Stop("f5", "running", is_at_rest=False), Stop("escape", "stopped")),
    "failed": (Stop("f5", "failed"),),
    "asked": (Stop("f5", "confirm", is_at_rest=False),),
    "nothing": (Stop("f5", "no-rows"),),
    "groups-failed": (Stop("ctrl+g", "groups-failed"),),
}  # fmt: skip
"""The ways through the program, by the app that they begin with."""


@asynccontextmanager
async def app_of(way: str, folder: Path, theme: str = "flowtui-dark") -> AsyncIterator[Seen]:
    settings = Settings(theme=theme)
    scripts: list[Script] = [[PAIRS_DONE], [FLOWS_DONE]]
    groups: tuple[tuple[LogGroup, ...] | BackendError, ...] = (GROUPS,)
    match way:
        case "running":
            scripts = [[FIRST_PAIRS, never()]]
        case "failed":
            error = "Query throttled 50 times; try again in 30 seconds, or ask for less time"
            scripts = [[Snapshot(RunState.FAILED, error=error)]]
        case "nothing":
            scripts = [[Snapshot(RunState.COMPLETE)]]
        case "asked":
            settings = replace(settings, confirm_above_gb=0.000001)
        case "groups-failed":
            denied = "the role may not list log groups; allow logs:DescribeLogGroups"
            groups = (GROUPS[:1], BackendError(denied))
        case _:
            pass
    service = ScriptedService(*scripts, groups=groups)
    service.library = ScriptedQueries(SAVED)

    async def profiles() -> tuple[Profile, ...]:
        return PROFILES

    async def regions(_: str | None) -> tuple[str, ...]:
        return "eu-west-1", "us-east-1"

    accounts = Accounts(profiles, regions, lambda *_: None, "prod", "eu-west-1")  # type: ignore[arg-type]  # nobody goes there
    app = make_app(
        service, settings=settings, folder=folder, memory=Memory(folder / "memory.json"),
        accounts=accounts, history=History(folder / "state.db"),
    )  # fmt: skip
    async with using(app, SIZES[0]) as seen:
        yield seen


async def walk(way: str, stops: tuple[Stop, ...], folder: Path) -> dict[str, str]:
    """What is shown at each stop in each size, by name and size."""
    looks: dict[str, str] = {}
    async with app_of(way, folder) as seen:
        for stop in stops:
            await seen.pilot.resize_terminal(*SIZES[0])
            await seen.press(*stop.keys.split())
            await settle(seen, stop)
            for width, height in SIZES:
                await seen.pilot.resize_terminal(width, height)
                await seen.pilot.pause()
                looks[f"{stop.name}.{width}x{height}"] = seen.text
    return looks


async def settle(seen: Seen, stop: Stop) -> None:
    """Wait until what was asked for is there."""
    session = seen.session
    if stop.is_at_rest:
        await seen.ended()
    else:
        await seen.until(
            lambda: session.state.shown is not None or session.state.request is not None
        )
    for _ in range(3):
        await asyncio.sleep(0)
        await seen.pilot.pause()


async def walk_in_16_colours(folder: Path) -> dict[str, str]:
    """The main screen with a result, where terminals have 16 colours: the styles stand beside."""
    async with app_of("done", folder, "flowtui-16") as seen:
        await seen.run()
        await seen.press("down")
        strips = seen.screen._compositor.render_strips()
        lines = [styled(strip) for strip in strips]
    return {"complete.16-colours": "\n".join(lines)}


def styled(strip: Strip) -> str:
    """The text of a line, each piece after its style: `{bold blue on black}text`."""
    return "".join(
        f"{{{segment.style}}}{segment.text}" if segment.style else segment.text
        for segment in strip.simplify()
    ).rstrip()

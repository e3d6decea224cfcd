"""Another profile or region, from inside the running app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from flowtui.backends.base import Profile
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import CredentialsError
from flowtui.ui.context import AppContext
from flowtui.ui.flows.switch_account import Accounts, profile_choices
from flowtui.ui.screens.log_groups import LogGroupsScreen
from flowtui.ui.screens.pick import PickScreen
from flowtui.ui.widgets.filter_list import FilterList
from flowtui.ui.widgets.timeline import Timeline
from tests.pilot.service import PAIRS, PAIRS_DONE, ScriptedService, Seen, make_app, using

PROFILES = (Profile("default"), Profile("prod", "role, MFA", "eu-west-1"), Profile("[/x]", "SSO"))
REGIONS = ("eu-west-1", "us-east-1")


class Aws:
    """Places, with a scripted service in each."""

    def __init__(self) -> None:
        self.here = ScriptedService([PAIRS_DONE])
        self.there = ScriptedService([PAIRS_DONE], groups=((LogGroup("/vpc/there"),),))
        self.moves: list[tuple[str | None, str | None]] = []
        self.error: CredentialsError | None = None
        self.work: AppContext | None = None

    def accounts(self) -> Accounts:
        return Accounts(self.profiles, self.regions, self.move, None, "us-east-1")

    async def profiles(self) -> Sequence[Profile]:
        if self.error is not None:
            raise self.error
        return PROFILES

    async def regions(self, _profile: str | None) -> Sequence[str]:
        return REGIONS

    def move(self, profile: str | None, region: str | None) -> AppContext:
        self.moves.append((profile, region))
        assert self.work is not None
        return replace(self.work, account=replace(self.work.account, service=self.there))


@asynccontextmanager
async def at_home(aws: Aws) -> AsyncIterator[Seen]:
    async with using(make_app(aws.here, accounts=aws.accounts())) as seen:
        aws.work = seen.workspace._work
        yield seen


async def pick(seen: Seen, key: str, *keys: str) -> None:
    await seen.press(key)
    await seen.until(lambda: isinstance(seen.screen, PickScreen))
    await seen.press(*keys)


async def test_another_profile_keeps_the_text_and_leaves_the_rest_behind() -> None:
    aws = Aws()
    async with at_home(aws) as seen:
        await seen.run()
        assert seen.grid.results.rows
        await pick(seen, "f6", *"mfa", "enter")
        await seen.until(lambda: isinstance(seen.screen, LogGroupsScreen))
        assert aws.moves == [("prod", "us-east-1")]
        assert seen.editor.text == PAIRS
        assert not seen.grid.results.rows
        assert seen.session.state.trail is None
        assert not seen.session.state.groups
        assert seen.grid.count == ""
        assert seen.workspace.query_one(Timeline).series is None
        assert aws.here.verbs[-1] == "close"
        await seen.press("enter")
        await seen.ended()
        assert seen.session.state.groups == ("/vpc/there",)
        await seen.run()
        assert "start" in aws.there.verbs
        assert aws.here.verbs[-1] == "close"


async def test_another_region_keeps_the_profile() -> None:
    aws = Aws()
    async with at_home(aws) as seen:
        await pick(seen, "f7", *"eu-w", "enter")
        await seen.until(lambda: isinstance(seen.screen, LogGroupsScreen))
        assert aws.moves == [(None, "eu-west-1")]


async def test_the_profiles_say_how_they_get_their_credentials() -> None:
    async with at_home(Aws()) as seen:
        await pick(seen, "f6")
        await seen.pilot.pause()
        assert "○ prod     role, MFA             eu-west-1" in seen.text
        assert "○ [/x]     SSO" in seen.text
        assert "● no profile: what the environment says" in seen.text
        assert seen.screen.query_one(FilterList).cursor == 3


async def test_who_stays_loses_nothing() -> None:
    aws = Aws()
    async with at_home(aws) as seen:
        await seen.run()
        for leaving in ("escape", "enter"):
            await pick(seen, "f7", leaving)
            await seen.ended()
        assert seen.grid.results.rows
        assert aws.moves == []
        assert "close" not in aws.here.verbs


async def test_a_configuration_that_can_not_be_read_is_said() -> None:
    aws = Aws()
    aws.error = CredentialsError("correct ~/.aws/config")
    async with at_home(aws) as seen:
        await seen.press("f6")
        await seen.ended()
        assert seen.remark == "correct ~/.aws/config"


async def test_files_have_no_profile() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]))) as seen:
        await seen.press("f6")
        await seen.ended()
        assert "files have no profile" in seen.remark


async def test_quitting_closes_the_service_that_is_in_use() -> None:
    aws = Aws()
    async with at_home(aws) as seen:
        await pick(seen, "f7", *"eu-w", "enter")
        await seen.until(lambda: isinstance(seen.screen, LogGroupsScreen))
        await seen.press("escape", "ctrl+q")
    assert aws.there.verbs[-1] == "close"


def test_without_profiles_the_environment_is_left() -> None:
    assert profile_choices(()) == [("", "no profile: what the environment says")]

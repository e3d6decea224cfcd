"""Another profile or region, chosen from inside the running app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Literal

from flowtui.model.frozen import frozen
from flowtui.ui.context import AppContext, FlowContext
from flowtui.ui.text import clean

if TYPE_CHECKING:
    from flowtui.backends.base import Profile

AccountPart = Literal["profile", "region"]
Move = Callable[[AppContext], Awaitable[None]]
ENVIRONMENT = ""
"""Stands for no profile: what the environment and the default profile say."""


@frozen
class Accounts:
    """Which places there are in AWS, and the way to another one; the composition root fills it."""

    profiles: Callable[[], Awaitable[Sequence[Profile]]]
    regions: Callable[[str | None], Awaitable[Sequence[str]]]
    move: Callable[[str | None, str | None], AppContext]
    """The context of this profile and region; None leaves them to the environment."""
    profile: str | None = None
    region: str | None = None


async def switch_account(flow: FlowContext, kind: AccountPart, move: Move) -> str:
    """Have the user choose, and `move` to what is chosen. Raises `FlowtuiError`.

    To be called by a worker.
    """
    from flowtui.model.errors import UsageError
    from flowtui.ui.screens.pick import PickScreen

    accounts = flow.context.accounts
    if accounts is None:
        raise UsageError("files have no profile and no region; start flowtui without files for AWS")
    flow.awaits(f"the {kind}s to choose from")
    if kind == "profile":
        title, choices = "Profile", profile_choices(await accounts.profiles())
        current = accounts.profile or ENVIRONMENT
    else:
        names = await accounts.regions(accounts.profile)
        title, choices = "Region", [(name, name) for name in names]
        current = accounts.region or flow.context.account.service.region
    chosen = await flow.app.push_screen_wait(PickScreen(title, choices, current))
    if chosen is None or chosen == current:
        return ""
    flow.awaits(f"the other {kind}")
    if kind == "profile":
        await move(accounts.move(chosen or None, accounts.region))
    else:
        await move(accounts.move(accounts.profile, chosen))
    return ""


def profile_choices(profiles: Sequence[Profile]) -> list[tuple[str, str]]:
    """Ids and lines: `prod   role, MFA   eu-west-1`."""
    longest = max((len(clean(profile.name)) for profile in profiles), default=0)
    lines = [
        (p.name, f"{clean(p.name):{longest}}  {clean(p.means):20}  {clean(p.region)}".rstrip())
        for p in profiles
    ]
    return [*lines, (ENVIRONMENT, "no profile: what the environment says")]

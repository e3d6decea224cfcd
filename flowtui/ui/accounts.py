"""Go to another profile or region from inside the running app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from flowtui.ui.text import clean

if TYPE_CHECKING:
    from textual.app import App

    from flowtui.backends.base import Profile
    from flowtui.ui.workplace import Workplace

Kind = Literal["profile", "region"]
ENVIRONMENT = ""
"""Stands for no profile: what the environment and the default profile say."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Which places there are in AWS, and the way to another one; the composition root fills it."""

    profiles: Callable[[], Awaitable[Sequence[Profile]]]
    regions: Callable[[str | None], Awaitable[Sequence[str]]]
    move: Callable[[str | None, str | None], Workplace]
    """A workplace for this profile and region; None leaves them to the environment."""
    profile: str | None = None
    region: str | None = None


async def choose_place(app: App[None], work: Workplace, kind: Kind) -> Workplace | None:
    """The workplace that the user has chosen; None if they stay.

    Raises `FlowtuiError`. To be called by a worker.
    """
    from flowtui.model.errors import UsageError
    from flowtui.ui.screens.pick import PickScreen

    accounts = work.accounts
    if accounts is None:
        raise UsageError("files have no profile and no region; start flowtui without files for AWS")
    if kind == "profile":
        title, choices = "Profile", profile_choices(await accounts.profiles())
        current = accounts.profile or ENVIRONMENT
    else:
        names = await accounts.regions(accounts.profile)
        title, choices = "Region", [(name, name) for name in names]
        current = accounts.region or work.service.region
    chosen = await app.push_screen_wait(PickScreen(title, choices, current))
    if chosen is None or chosen == current:
        return None
    if kind == "profile":
        return accounts.move(chosen or None, accounts.region)
    return accounts.move(accounts.profile, chosen)


def profile_choices(profiles: Sequence[Profile]) -> list[tuple[str, str]]:
    """Ids and lines: `prod   role, MFA   eu-west-1`."""
    longest = max((len(clean(profile.name)) for profile in profiles), default=0)
    lines = [
        (p.name, f"{clean(p.name):{longest}}  {clean(p.means):20}  {clean(p.region)}".rstrip())
        for p in profiles
    ]
    return [*lines, (ENVIRONMENT, "no profile: what the environment says")]

"""The log groups to ask, picked from those of the place."""

from __future__ import annotations

from collections.abc import Sequence

from flowtui.ui.context import FlowContext


async def choose_groups(flow: FlowContext) -> str:
    """Have the session ask other log groups. Raises `FlowtuiError`; to be called by a worker."""
    if chosen := await pick_groups(flow):
        flow.session.choose_groups(chosen)
        remember(flow, chosen)
    return ""


async def pick_groups(flow: FlowContext) -> tuple[str, ...] | None:
    """The groups that are taken in the picker; None if none are."""
    from flowtui.ui.screens.log_groups import LogGroupsScreen

    def recall() -> Sequence[str]:
        memory = flow.context.memory
        return memory.recent(flow.context.account.service.place) if memory else ()

    session = flow.session
    screen = LogGroupsScreen(session.runner.log_groups, session.state.groups, recall)
    return await flow.app.push_screen_wait(screen)


def remember(flow: FlowContext, groups: tuple[str, ...]) -> None:
    if groups and flow.context.memory is not None:
        flow.context.memory.use(flow.context.account.service.place, groups)

"""The format of a log group's records, as the user confirms or corrects it."""

from __future__ import annotations

from flowtui.model.errors import UsageError
from flowtui.ui.context import FlowContext


async def choose_format(flow: FlowContext) -> str:
    """Let the user choose the format of the first group that has none for certain.

    What is returned says what was done; of files, what they were taken for. Raises `FlowtuiError`.
    To be called by a worker.
    """
    memory, account = flow.context.memory, flow.context.account
    if memory is None:
        return await _taken_for(flow)
    groups = flow.session.runner.described(flow.session.state.groups)
    if not groups:
        raise UsageError("no log group is known yet; choose one with ctrl+g")
    from flowtui.ui.screens.formats import FormatScreen

    formats = account.formats
    group = next((g for g in groups if not (formats.given(g.name) or g.format)), groups[0])
    current = formats.given(group.name) or group.format
    chosen = await flow.app.push_screen_wait(FormatScreen(group, current))
    if chosen is None:
        return ""
    memory.keep_format(account.service.place, group.name, str(chosen))
    flow.session.prepare()
    if formats.given(group.name) != chosen:
        return f"remembered, but --format says what {group.name} is read with"
    return f"{group.name} is read with these {len(chosen.fields)} fields from now on"


async def _taken_for(flow: FlowContext) -> str:
    """What the files of the groups were taken for: that is decided when they are opened."""
    service = flow.context.account.service
    flow.awaits("the files to be looked at")
    groups = [await service.describe(name) for name in flow.session.state.groups]
    found = [f"{group.name} is {group.taken_for}" for group in groups if group.taken_for]
    if not found:
        raise UsageError("the format of files is given by --format when they are opened")
    return ". ".join(found)

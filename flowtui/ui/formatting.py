"""Which format the records of the chosen groups have, and what to say of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import UsageError

if TYPE_CHECKING:
    from textual.app import App

    from flowtui.backends.base import LogGroup
    from flowtui.ui.workplace import Workplace


def told(
    work: Workplace, groups: Iterable[LogGroup]
) -> tuple[set[FlowFormat | None], Sequence[str]]:
    """The formats of these groups, None where one is unknown, and what one should know of them.

    What the user has said comes first: the command line and the settings, then what was confirmed
    before. Raises `UsageError`.
    """
    formats: set[FlowFormat | None] = set()
    notices: list[str] = []
    is_mixed = False
    for group in groups:
        given = _given(work, group.name)
        formats.add(given or group.format)
        notices += [group.notice, _of_other_formats(group, given) if given else group.format_notice]
        is_mixed |= group.is_mixed
    if is_mixed:
        formats = {each and each.among_others() for each in formats}
    return formats, [notice for notice in notices if notice]


def _of_other_formats(group: LogGroup, given: FlowFormat) -> str:
    if not group.is_mixed:
        return ""
    if given.find("log_status"):
        return f"{group.name} has records of other formats too: they are left out"
    return f"{group.name} has records of other formats too, which are not read right"


async def confirm_format(app: App[None], work: Workplace, groups: Sequence[LogGroup]) -> str:
    """Let the user choose the format of the first group that has none for certain.

    What is returned says what was done; empty if nothing was. To be called by a worker.
    """
    if work.memory is None:
        return "the format of files is given by --format when they are opened"
    if not groups:
        return "no log group is known yet; choose one with ctrl+g"
    from flowtui.ui.screens.formats import FormatScreen

    group = next((g for g in groups if not (_given(work, g.name) or g.format)), groups[0])
    current = _given(work, group.name) or group.format
    chosen = await app.push_screen_wait(FormatScreen(group, current))
    if chosen is None:
        return ""
    try:
        work.memory.keep_format(work.service.place, group.name, str(chosen))
    except UsageError as error:
        return str(error)
    if work.given_format(group.name):
        return f"remembered, but --format or the settings say what {group.name} is read with"
    return f"{group.name} is read with these {len(chosen.fields)} fields from now on"


def recall(work: Workplace) -> Sequence[str]:
    """The groups that were used in this place, the latest first."""
    return work.memory.recent(work.service.place) if work.memory else ()


def remember(work: Workplace, groups: Sequence[str]) -> str:
    """Remember that these groups were used; what is returned says if that failed."""
    if work.memory is None:
        return ""
    try:
        work.memory.use(work.service.place, groups)
    except UsageError as error:
        return str(error)
    return ""


def _given(work: Workplace, name: str) -> FlowFormat | None:
    if given := work.given_format(name):
        return given
    text = work.memory.format(work.service.place, name) if work.memory else ""
    return FlowFormat.parse(text) if text else None

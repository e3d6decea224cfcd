"""The log groups to ask, picked from those of the place, and from the tables of its account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from flowtui.model.errors import BackendError, UsageError
from flowtui.ui.context import AppContext, FlowContext

if TYPE_CHECKING:
    from flowtui.flowlogs.log_group import LogGroup

Move = Callable[[AppContext, tuple[str, ...]], Awaitable[None]]
"""Work in another context, on these log groups."""
_OFFERS = (
    ("d", "direct", "read its objects directly, as far as the window needs them"),
    ("y", "copy", "copy the statement that makes a table of them"),
    ("m", "make", "make the table: the statement is shown first"),
)


async def choose_groups(flow: FlowContext, move: Move) -> str:
    """Have the session ask other log groups. Raises `FlowtuiError`; to be called by a worker."""
    chosen, are_elsewhere = await _picked(flow)
    if not chosen:
        return ""
    if are_elsewhere and flow.context.elsewhere is not None:
        await move(flow.context.elsewhere.move(chosen), chosen)
        return ""
    if len(chosen) == 1 and _has_no_table(flow, chosen[0]):
        return await _offer(flow, chosen[0], move)
    flow.session.choose_groups(chosen)
    remember(flow, chosen)
    return ""


async def pick_groups(flow: FlowContext) -> tuple[str, ...] | None:
    """The groups of this place that are taken in the picker; None if none are."""
    chosen, are_elsewhere = await _picked(flow)
    if are_elsewhere:
        raise UsageError("choose these by ctrl+g: the query would run on another service")
    return chosen


async def _picked(flow: FlowContext) -> tuple[tuple[str, ...] | None, bool]:
    """What is taken in the picker, and whether it is of the other service."""
    from flowtui.ui.screens.log_groups import LogGroupsScreen

    others: set[str] = set()
    session, elsewhere = flow.session, flow.context.elsewhere

    def recall() -> Sequence[str]:
        memory = flow.context.memory
        return memory.recent(flow.context.account.service.place) if memory else ()

    async def pages(pattern: str) -> AsyncIterator[tuple[LogGroup, ...]]:
        async for page in session.runner.log_groups(pattern):
            yield page
        if elsewhere is None or pattern:
            return
        with suppress(BackendError):  # whoever may not ask there has these groups all the same
            async for page in elsewhere.pages(""):
                others.update(group.name for group in page)
                if page:
                    yield page

    chosen = await flow.app.push_screen_wait(LogGroupsScreen(pages, session.state.groups, recall))
    found = others.intersection(chosen or ())
    if found and elsewhere is not None and len(found) < len(chosen or ()):
        raise UsageError(
            "log groups of CloudWatch and tables of Athena are not asked together; choose one kind"
        )
    return chosen, bool(found)


def _has_no_table(flow: FlowContext, name: str) -> bool:
    """Whether it is a place in S3 among tables."""
    from flowtui.model.source import AthenaSource

    return isinstance(flow.session.state.source, AthenaSource) and name.startswith("s3://")


async def _offer(flow: FlowContext, destination: str, move: Move) -> str:
    """What can be done with flow logs in S3 that no table is made of."""
    from flowtui.backends.base import TableMaker
    from flowtui.backends.lazy import LazyService
    from flowtui.ui.screens.dialogs import ConfirmScreen, MenuScreen

    chosen = await flow.app.push_screen_wait(MenuScreen(f"{destination} has no table", _OFFERS))
    if chosen is None:
        return ""
    if chosen == "direct" and flow.context.in_s3 is not None:
        await move(flow.context.in_s3(destination), (destination,))
        return ""
    service = flow.context.account.service
    maker = await service.made() if isinstance(service, LazyService) else service
    if not isinstance(maker, TableMaker):
        raise UsageError(f"no table can be made of {destination} here; read it directly")
    name, statement = await maker.table_statement(destination)
    if chosen == "copy":
        return await flow.context.clipboard.copy(statement, flow.context.now())
    question = f"{statement}\n\nThis writes {name} to the catalog; it scans and costs nothing."
    screen = ConfirmScreen("Make this table?", question, "Enter makes it, Escape does not")
    if not await flow.app.push_screen_wait(screen):
        return ""
    await maker.make_table(name, statement)
    flow.session.choose_groups((name,))
    return f"{name} is made, and its partitions need no loading; F5 runs the query on it"


def remember(flow: FlowContext, groups: tuple[str, ...]) -> None:
    if groups and flow.context.memory is not None:
        flow.context.memory.use(flow.context.account.service.place, groups)

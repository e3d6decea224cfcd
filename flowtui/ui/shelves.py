"""Queries of other times and of other people: chosen in a dialogue, made ready for the editor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flowtui.model.errors import FlowtuiError, UsageError
from flowtui.query.prelude import without_prelude
from flowtui.ui.widgets.query_document import with_line_feeds

if TYPE_CHECKING:
    from datetime import tzinfo

    from textual.app import App

    from flowtui.backends.base import SavedQuery
    from flowtui.engine.asking import Asking
    from flowtui.engine.trail import Step
    from flowtui.journal.history import Entry
    from flowtui.model.run import Query, QueryRun
    from flowtui.model.timerange import Time
    from flowtui.ui.workplace import Workplace


@dataclass(frozen=True, slots=True)
class Desk:
    """What the dialogues need to know of the workspace."""

    app: App[None]
    work: Workplace
    asking: Asking
    question: Query
    """What is in the editor, with the groups that are chosen and the time."""
    groups: tuple[str, ...]
    zone: tzinfo
    saved: SavedQuery | None
    """What the editor's text was opened from, or saved as, the last time."""
    run: QueryRun | None


@dataclass(frozen=True, slots=True)
class Opened:
    """What comes into the editor, and with it."""

    body: str
    groups: tuple[str, ...]
    time: Time | None
    said: str
    saved: SavedQuery | None = None
    runs: bool = False
    """Whether the user wants it to be run at once."""


@dataclass(frozen=True, slots=True)
class Naming:
    """The query in the editor is to be saved, in this folder: `triage/`, or empty."""

    folder: str


async def choose_saved(desk: Desk) -> Opened | Naming | None:
    """What the user wants of the saved queries. To be called by a worker."""
    from flowtui.engine.folders import folder_of
    from flowtui.ui.screens.saved_queries import SavedQueriesScreen, opened_text

    screen = SavedQueriesScreen(desk.work.service, desk.zone, desk.saved)
    taken = await desk.app.push_screen_wait(screen)
    if taken is None:
        return None
    query = taken.query
    if taken.wish == "save" or query is None:
        return Naming(folder_of(query.name) if query else "")
    groups = query.log_groups or desk.groups
    # Other programs save queries with other line ends.
    body = await _body(desk, with_line_feeds(query.text), groups)
    said = opened_text(query)
    return Opened(body, groups, desk.question.time, said, query, runs=taken.wish == "run")


async def save_question(desk: Desk, folder: str) -> tuple[str, SavedQuery | None]:
    """Save the query in the editor as it runs: who opens it elsewhere needs its parse command.

    What was done, and what is saved now. Raises `FlowtuiError`. To be called by a worker.
    """
    from flowtui.backends.base import SavedQuery
    from flowtui.ui.save_query import save

    question, saved = desk.question, desk.saved
    if question.log_groups:
        question, _ = await desk.asking.complete(question)
    name, parameters = (saved.name, saved.parameters) if saved else ("", ())
    draft = SavedQuery(folder or name, question.text, question.log_groups, parameters=parameters)
    return await save(desk.app, desk.work.service, draft, saved, desk.zone)


async def choose_run(desk: Desk) -> Opened | Step | None:
    """What the user wants of the history: a query, or a step whose rows are to be read again.

    Raises `FlowtuiError`. To be called by a worker.
    """
    from flowtui.ui.screens.history import HistoryScreen, opened_from

    if desk.work.history is None:
        raise UsageError("no history is kept here")
    screen = HistoryScreen(desk.work.history(), desk.work.now, desk.zone)
    recalled = await desk.app.push_screen_wait(screen)
    if recalled is None:
        return None
    entry = recalled.entry
    if recalled.with_rows:
        return await _step(desk, entry)
    is_here = entry.place == desk.work.service.place or not desk.groups
    groups = entry.query.log_groups if is_here else desk.groups
    body = await _body(desk, entry.query.text, groups)
    return Opened(body, groups, entry.query.time, opened_from(entry, is_here=is_here))


async def _body(desk: Desk, text: str, groups: tuple[str, ...]) -> str:
    """The text without the `parse` command that flowtui will put before it again."""
    try:
        return without_prelude(text, (await desk.asking.known(groups)).format)
    except FlowtuiError:
        # What is wrong with the groups is said when they are chosen.
        return text


async def _step(desk: Desk, entry: Entry) -> Step:
    """The run as a step of the trail; raises `FlowtuiError` where its rows can't be had here."""
    from flowtui.ui.screens.history import step_of

    # Once something was asked there, the service knows its place.
    await desk.asking.known(entry.query.log_groups)
    if _is_elsewhere(desk.work, entry):
        raise UsageError(f"it ran in {entry.place}, and only there are its rows")
    if desk.run is not None and desk.run.handle == entry.handle and not desk.run.is_final:
        raise UsageError("that query is running now")
    step = step_of(entry)
    return replace(step, run=desk.asking.adopted(step.run))


def _is_elsewhere(work: Workplace, entry: Entry) -> bool:
    """Whether it certainly ran in another place; files have no region, and no memory."""
    is_known = bool(work.service.region) or work.memory is None
    return is_known and entry.place != work.service.place

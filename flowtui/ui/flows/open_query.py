"""Queries of other times and of other people: chosen in a dialogue, put into the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.model.errors import FlowtuiError, UsageError
from flowtui.model.run import Query
from flowtui.query.prelude import without_prelude
from flowtui.ui.context import FlowContext
from flowtui.ui.widgets.query_document import with_line_feeds

if TYPE_CHECKING:
    from flowtui.engine.trail import Step
    from flowtui.flowlogs.playbook import Play
    from flowtui.journal.history import Entry

_FORMAT = "the format of the log groups"


async def open_play(flow: FlowContext) -> str:
    """Open a question of the playbook. Raises `FlowtuiError`. To be called by a worker."""
    from flowtui.flowlogs.playbook import PLAYBOOK
    from flowtui.ui.screens.playbook import PlaybookScreen

    session, state = flow.session, flow.session.state
    plays = PLAYBOOK if flow.context.plays is None else flow.context.plays()
    taken = await flow.app.push_screen_wait(PlaybookScreen(plays, state.asked_format))
    if taken is None:
        return ""
    line = await _parameters(flow, taken.play)
    if line is None:
        return ""
    if taken.play.opens:
        body = await _written(flow, taken.play.opens, line)
    else:
        body = f"# {taken.play.title}\n{taken.play.filled(line)}"
    session.load(Query(body, state.time, state.groups), runs=taken.runs)
    return ""


async def _parameters(flow: FlowContext, play: Play) -> str | None:
    """The values of its parameters in one line, as the row under the cursor offers them."""
    from flowtui.engine.about import kind_of_name
    from flowtui.ui.screens.dialogs import AskScreen

    if not play.parameters:
        return ""
    row = flow.grid.cursor_row
    record = {} if row is None else flow.grid.results.record(row)
    offered = play.offered(record, flow.grid.cursor_column_name)
    several = ", in this order, with blanks between" if len(play.parameters) > 1 else ""
    hint = f"{', '.join(play.parameters)}{several}"
    check = kind_of_name if play.opens else play.filled
    ask = AskScreen(play.title, hint, " ".join(offered), check=check)
    return await flow.app.push_screen_wait(ask)


async def _written(flow: FlowContext, opens: str, line: str) -> str:
    """The text that flowtui writes for the records; raises `FlowtuiError`."""
    session, state = flow.session, flow.session.state
    if not state.groups:
        raise UsageError("this reads log groups; choose them with ctrl+g")
    known = await session.runner.known(state.groups)
    question = Query("", state.time, state.groups)
    match opens:
        case "findings":
            from flowtui.engine.findings.question import findings_of_records

            return findings_of_records(known.format)
        case "conversations":
            from flowtui.engine.conversations import conversations_of

            return conversations_of(question, known.format)
        case _:
            from flowtui.engine.about import about_of, kind_of_name

            name = line.strip()
            subject = kind_of_name(name), name
            window = await session.runner.window_of(question)
            return about_of(question, window, subject, known.format)


async def open_saved(flow: FlowContext) -> str:
    """Open a saved query, or save the one in the editor. Raises `FlowtuiError`.

    To be called by a worker.
    """
    from flowtui.engine.folders import folder_of
    from flowtui.ui.screens.saved_queries import SavedQueriesScreen, opened_text

    session, state = flow.session, flow.session.state
    screen = SavedQueriesScreen(session.account.service, flow.zone, state.saved)
    taken = await flow.app.push_screen_wait(screen)
    if taken is None:
        return ""
    saved = taken.query
    if taken.wish == "save" or saved is None:
        return await save_query(flow, folder_of(saved.name) if saved else "")
    groups = saved.log_groups or state.groups
    # Other programs save queries with other line ends.
    body = await _body(flow, with_line_feeds(saved.text), groups)
    said, runs = opened_text(saved), taken.wish == "run"
    session.load(Query(body, state.time, groups), saved=saved, said=said, runs=runs)
    return said


async def save_query(flow: FlowContext, folder: str = "") -> str:
    """Save the query in the editor as it runs: who opens it elsewhere needs its parse command.

    `folder` is where to begin with: `triage/`. Raises `FlowtuiError`. To be called by a worker.
    """
    from flowtui.model.saved_query import SavedQuery
    from flowtui.ui.flows.save_query import save

    session, opened = flow.session, flow.session.state.saved
    question = session.state.question
    if question.log_groups:
        flow.awaits(_FORMAT)
        question = await session.runner.completed(question)
    name, parameters = (opened.name, opened.parameters) if opened else ("", ())
    draft = SavedQuery(folder or name, question.text, question.log_groups, parameters=parameters)
    said, saved = await save(flow, draft, opened)
    if saved is not None:
        session.saved_as(saved)
    return said


async def open_run(flow: FlowContext) -> str:
    """Open a query of the history, or show its rows again. Raises `FlowtuiError`.

    To be called by a worker.
    """
    from flowtui.ui.screens.history import HistoryScreen, opened_from

    context, session, state = flow.context, flow.session, flow.session.state
    if context.history is None:
        raise UsageError("no history is kept here")
    flow.awaits("the history")
    await session.settle()
    screen = HistoryScreen(context.history(), context.now, flow.zone)
    recalled = await flow.app.push_screen_wait(screen)
    if recalled is None:
        return ""
    entry = recalled.entry
    if recalled.wish == "rows":
        session.recall(await _step(flow, entry))
        return session.state.message.text
    is_here = entry.place == session.account.service.place or not state.groups
    is_here = is_here and "log groups" not in entry.unknown
    groups = entry.query.log_groups if is_here else state.groups
    body = await _body(flow, entry.query.text, groups)
    said, runs = opened_from(entry, is_here=is_here), recalled.wish == "run"
    time = entry.query.time if entry.window else state.time
    session.load(Query(body, time, groups), said=said, runs=runs)
    return said


async def _body(flow: FlowContext, text: str, groups: tuple[str, ...]) -> str:
    """The text without the `parse` command that flowtui will put before it again."""
    flow.awaits(_FORMAT)
    try:
        return without_prelude(text, (await flow.session.runner.known(groups)).format)
    except FlowtuiError:
        # What is wrong with the groups is said when they are chosen.
        return text


async def _step(flow: FlowContext, entry: Entry) -> Step:
    """The run as a step of the trail; raises `FlowtuiError` where its rows can't be had here."""
    from flowtui.ui.screens.history import step_of

    # Once something was asked there, the service knows its place.
    flow.awaits(_FORMAT)
    await flow.session.runner.known(entry.query.log_groups)
    if _is_elsewhere(flow, entry):
        raise UsageError(f"it ran in {entry.place}, and only there are its rows")
    run = flow.session.state.run
    if run is not None and run.handle == entry.handle and not run.is_final:
        raise UsageError("that query is running now")
    return step_of(entry)


def _is_elsewhere(flow: FlowContext, entry: Entry) -> bool:
    """Whether it certainly ran in another place; files have no region, and no memory."""
    service = flow.context.account.service
    is_known = bool(service.region) or flow.context.memory is None
    return is_known and entry.place != service.place

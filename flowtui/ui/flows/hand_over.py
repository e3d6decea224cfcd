"""Texts that leave the screen: copies for the clipboard, and the trail for the ticket."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from flowtui.model.command_words import options
from flowtui.model.source import AthenaSource
from flowtui.ui.context import AppContext, FlowContext, Later

if TYPE_CHECKING:
    from flowtui.model.run import QueryRun, ResultSet


async def copy_choice(flow: FlowContext) -> str | Later:
    """Copy what the user chooses of the result; what is returned says what was done.

    Raises `FlowtuiError`. To be called by a worker.
    """
    from flowtui.ui.screens.copy import (
        ATHENA_CHOICES,
        COPY_CHOICES,
        TABLES,
        is_large,
        text_of,
    )
    from flowtui.ui.screens.dialogs import MenuScreen

    source = flow.session.state.source
    choices = ATHENA_CHOICES if isinstance(source, AthenaSource) else COPY_CHOICES
    context, run = flow.context, flow.session.state.shown
    if run is None:
        return "there is no result to copy yet; F5 runs the query"
    chosen = await flow.app.push_screen_wait(MenuScreen("Copy", choices))
    if chosen is None:
        return ""
    if chosen in TABLES and is_large(run.latest.results):
        return partial(_copy_table, chosen, run.latest.results, context)
    step, region = flow.session.state.step_read_by(run.query), context.account.service.region
    if isinstance(source, AthenaSource) and chosen in _OF_SQL and run.query.rows is None:
        text = await _of_sql(chosen, run, source, context)
    else:
        text = text_of(chosen, run, flow.grid, context.origin, region, step)
    done = await context.clipboard.copy(text, context.now())
    return _with_notice(done, _notice(chosen, run.latest.results))


_OF_SQL = frozenset({"sql", "aws", "boto3", "link"})
"""What is of the SQL where there is some, and of the query elsewhere."""


async def _of_sql(choice: str, run: QueryRun, source: AthenaSource, context: AppContext) -> str:
    from flowtui.engine import athena_text

    service = context.account.service
    if choice == "link":
        return athena_text.console_link(run.handle, service.region)
    sql = (await service.explain(run.query, run.window)).text
    match choice:
        case "aws":
            return athena_text.aws_command(sql, source, options(context.origin.account))
        case "boto3":
            return athena_text.boto3_snippet(sql, source)
    return sql


async def show_whole_query(flow: FlowContext) -> str:
    """Show the query as it runs, and the SQL that it becomes. To be called by a worker."""
    from flowtui.ui.screens.dialogs import TextScreen

    state, context = flow.session.state, flow.context
    query, text = state.whole_query, state.whole_query.text
    if isinstance(state.source, AthenaSource) and query.rows is None and query.time is not None:
        window = query.time.resolve(context.now())
        told = await context.account.service.explain(query, window)
        text = f"{text}\n\n{told.text}"
    flow.app.push_screen(TextScreen("The query as it runs", text))
    return ""


async def _copy_table(choice: str, results: ResultSet, context: AppContext) -> str:
    from flowtui.ui.screens.copy import TABLES

    text = await asyncio.to_thread(TABLES[choice], results)
    done = await context.clipboard.copy(text, context.now())
    return _with_notice(done, await asyncio.to_thread(_notice, choice, results))


def _notice(choice: str, results: ResultSet) -> str:
    """What a spreadsheet would do, and was kept from."""
    from flowtui.engine.spreadsheets import formula_notice

    if choice != "csv":
        return ""
    return formula_notice(results, "the table as JSON has them as they are")


def _with_notice(done: str, notice: str) -> str:
    return f"{done}; {notice}" if notice else done


async def copy_query(flow: FlowContext) -> str:
    """Copy the whole query that ran; where none has run, the one in the editor."""
    from flowtui.engine.rows_at_hand import copied_text

    state, context = flow.session.state, flow.context
    run = state.shown or state.run
    query = run.query if run else state.whole_query
    text = copied_text(query, state.step_read_by(query))
    return await context.clipboard.copy(text, context.now())


async def export_trail(flow: FlowContext) -> str | Later:
    """Export the trail as the user chooses; what is returned says what was done.

    Raises `FlowtuiError`. To be called by a worker.
    """
    from flowtui.engine.report import Report
    from flowtui.ui.screens.dialogs import MenuScreen
    from flowtui.ui.screens.export import EXPORT_CHOICES, export, takes_long

    context, trail = flow.context, flow.session.state.trail
    if trail is None:
        return "there is no step to export yet; F5 runs the query"
    chosen = await flow.app.push_screen_wait(MenuScreen("Export the trail", EXPORT_CHOICES))
    if chosen is None:
        return ""
    service = context.account.service
    report = Report(trail, service.place, service.region, context.now())
    written = partial(export, chosen, report, context.exports, context.clipboard)
    return written if takes_long(report) else await written()

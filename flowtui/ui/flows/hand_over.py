"""Texts that leave the screen: copies for the clipboard, and the trail for the ticket."""

from __future__ import annotations

from flowtui.ui.context import FlowContext


async def copy_choice(flow: FlowContext) -> str:
    """Copy what the user chooses of the result; what is returned says what was done.

    Raises `FlowtuiError`. To be called by a worker.
    """
    from flowtui.engine.spreadsheets import formula_notice
    from flowtui.ui.screens.copy import COPY_CHOICES, copied_text
    from flowtui.ui.screens.dialogs import MenuScreen

    context, run = flow.context, flow.session.state.shown
    if run is None:
        return "there is no result to copy yet; F5 runs the query"
    chosen = await flow.app.push_screen_wait(MenuScreen("Copy", COPY_CHOICES))
    if chosen is None:
        return ""
    text = copied_text(chosen, run, flow.grid, context.origin, context.account.service.region)
    done = await context.clipboard.copy(text, context.now())
    if chosen != "csv":
        return done
    notice = formula_notice(run.latest.results, "the table as JSON has them as they are")
    return f"{done}; {notice}" if notice else done


async def copy_query(flow: FlowContext) -> str:
    """Copy the whole query that ran; where none has run, the one in the editor."""
    state, context = flow.session.state, flow.context
    run = state.shown or state.run
    text = run.query.text if run else state.whole_query.text
    return await context.clipboard.copy(text, context.now())


async def export_trail(flow: FlowContext) -> str:
    """Export the trail as the user chooses; what is returned says what was done.

    Raises `FlowtuiError`. To be called by a worker.
    """
    from flowtui.engine.report import Report
    from flowtui.ui.screens.dialogs import MenuScreen
    from flowtui.ui.screens.export import EXPORT_CHOICES, export

    context, trail = flow.context, flow.session.state.trail
    if trail is None:
        return "there is no step to export yet; F5 runs the query"
    chosen = await flow.app.push_screen_wait(MenuScreen("Export the trail", EXPORT_CHOICES))
    if chosen is None:
        return ""
    service = context.account.service
    report = Report(trail, service.place, service.region, context.now())
    return await export(chosen, report, context.exports, context.clipboard)

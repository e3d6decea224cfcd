"""Findings on the screen: asked for by a key, and marked as benign."""

from __future__ import annotations

from dataclasses import replace

from flowtui.model.errors import UsageError
from flowtui.model.run import Query
from flowtui.ui.context import FlowContext


async def ask_findings(flow: FlowContext) -> str:
    """Ask what to look at first. Raises `FlowtuiError`. To be called by a worker."""
    from flowtui.engine.findings.question import findings_of_records

    session, state = flow.session, flow.session.state
    if not state.groups:
        raise UsageError("findings read log groups; choose them with ctrl+g")
    known = await session.runner.known(state.groups)
    text = findings_of_records(known.format)
    session.load(Query(text, state.time, state.groups), runs=True)
    return ""


async def mark_benign(flow: FlowContext) -> str:
    """Take the finding under the cursor for harmless, with a reason, or no longer.

    Raises `FlowtuiError`. To be called by a worker.
    """
    from flowtui.engine.findings.finding import finding_id
    from flowtui.ui.screens.dialogs import AskScreen

    results, index = flow.grid.results, flow.grid.cursor_row
    row = {} if index is None else results.record(index)
    if flow.context.benign is None or not {"rule", "who", "whom", "benign"} <= row.keys():
        raise UsageError("this marks a finding as benign, and this row is none; ! asks for them")
    marks, id_ = flow.context.benign(), finding_id(row["rule"], row["who"], row["whom"])
    known = marks.read().get(id_)
    hint = "It is kept, counted and shown; an empty reason takes the mark away."
    before = known.reason if known else ""
    reason = await flow.app.push_screen_wait(AskScreen("Why is it benign?", hint, before))
    if reason is None:
        return ""
    marks.mark(id_, reason.strip())
    place = results.columns.index("benign")
    rows = list(results.rows)
    cells = list(rows[index or 0])
    cells[place] = reason.strip() or "-"
    rows[index or 0] = tuple(cells)
    flow.session.amend(replace(results, rows=tuple(rows)))
    count = sum(each[place] != "-" for each in rows)
    return f"{count} of these findings {'is' if count == 1 else 'are'} marked as benign"

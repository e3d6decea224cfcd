"""The values of all columns of a result, and the column that is broken down from there."""

from __future__ import annotations

import asyncio

from flowtui.ui.context import FlowContext


async def show_values(flow: FlowContext, narrowed: str) -> str:
    """Raises `FlowtuiError`. To be called by a worker."""
    from flowtui.engine.rows_at_hand import lack_of
    from flowtui.engine.values import ColumnValues, values_in
    from flowtui.ui.screens.values import ValuesScreen

    session = flow.session
    run = session.state.shown
    if run is None or not run.latest.results.rows:
        return "there are no rows whose values could be counted yet; F5 runs the query"
    results = run.latest.results
    shown = flow.grid.shown_rows
    columns = [results.columns[index] for index in results.shown]
    is_whole = bool(lack_of(run)) and session.state.source.is_at_hand and not narrowed
    told = "all records" if is_whole else f"{shown:,} rows"

    async def count(name: str) -> ColumnValues:
        counted = await session.values(run, name) if is_whole else None
        if counted is not None:
            return counted
        kept = flow.grid.kept_results
        return await asyncio.to_thread(values_in, kept, results.columns.index(name))

    column = await flow.app.push_screen_wait(ValuesScreen(columns, told, count))
    if column is not None:
        session.breakdown(column, narrowed)
    return ""

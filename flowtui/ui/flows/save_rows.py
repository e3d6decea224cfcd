"""The rows that are shown, saved to a file of one's choice."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from flowtui.ui.context import FlowContext, Later

if TYPE_CHECKING:
    from pathlib import Path

    from flowtui.model.run import QueryRun


async def save_rows(flow: FlowContext) -> str | Later:
    """Ask where to, and save all rows of the result. Raises `FlowtuiError`.

    To be called by a worker.
    """
    from flowtui.engine.saved_rows import path_of, target_of
    from flowtui.ui.screens.dialogs import ConfirmScreen
    from flowtui.ui.screens.save_rows import SaveRowsScreen

    trail = flow.session.state.trail
    if trail is None:
        return "there are no rows to save yet; F5 runs the query"
    run = trail.current.run
    if not run.is_final:
        return "the query still runs; save its rows when it has ended, or stop it with Escape"
    if trail.current.forgotten:
        return "its rows were forgotten to save memory; t and Enter read them again"
    folder = flow.context.exports.absolute()
    proposed = f"flowtui-{flow.context.now():%Y%m%d-%H%M%S}.csv"
    text = await flow.app.push_screen_wait(SaveRowsScreen(proposed, folder))
    if not text:
        return ""
    path = path_of(text, folder)
    exists = target_of(path, overwrites=True).exists()
    if exists:
        ask = ConfirmScreen(
            "Overwrite the file?", f"{path} is there already.",
            "Enter overwrites it, Escape keeps it", must_be_seen=True,
        )  # fmt: skip
        if not await flow.app.push_screen_wait(ask):
            return "not saved"
    return partial(_save, run, path, overwrites=exists)


async def _save(run: QueryRun, path: Path, *, overwrites: bool) -> str:
    from flowtui.engine.saved_rows import save_rows as save
    from flowtui.engine.truncation import truncation

    said = await asyncio.to_thread(save, run.latest.results, path, overwrites=overwrites)
    is_cut = bool(truncation(run.query, run.latest))
    return f"{said}; there may be more rows than the result has" if is_cut else said

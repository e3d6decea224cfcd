"""Questions that follow from what is shown, and how often they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.ui.context import FlowContext

if TYPE_CHECKING:
    from textual.app import App


async def choose_pivot(app: App[None]) -> str | None:
    """The kind of question about what is around a flow. To be called by a worker."""
    from flowtui.engine.pivot import PIVOTS
    from flowtui.ui.screens.dialogs import MenuScreen

    choices = [(key, kind, PIVOTS[kind][0]) for key, kind in zip("tsdei", PIVOTS, strict=True)]
    return await app.push_screen_wait(MenuScreen("Around this flow", choices))


async def watch(flow: FlowContext) -> str:
    """Have the question asked as often as the user says. Raises `FlowtuiError`.

    To be called by a worker.
    """
    from flowtui.model.timerange import parse_duration
    from flowtui.ui.screens.dialogs import AskScreen

    hint = "Runs the query again that often; each run is a scan. w or Escape ends it."
    text = await flow.app.push_screen_wait(AskScreen("Watch: every", hint, "1m"))
    if text:
        flow.session.watch(parse_duration(text), text.strip())
    return ""

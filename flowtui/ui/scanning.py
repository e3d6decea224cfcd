"""Whether the user agrees to what a scan may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.engine.cost import needs_consent
from flowtui.engine.cost_words import ROUGH, describe

if TYPE_CHECKING:
    from textual.app import App

    from flowtui.engine.cost import Estimate
    from flowtui.model.run import Query
    from flowtui.model.timerange import TimeRange
    from flowtui.settings import Settings


async def agrees(
    app: App[None], settings: Settings, estimate: Estimate, query: Query, window: TimeRange
) -> bool:
    """Ask the user, if it may scan more than they have set; to be called by a worker.

    That is asked, too, where nothing tells how much it may be.
    """
    limit = settings.confirm_above_gb
    if not needs_consent(estimate, limit):
        return True
    from flowtui.ui.screens.dialogs import ConfirmScreen

    text = describe(estimate, query, window, settings.price_per_gb)
    if not estimate.is_unknown:
        text = f"{text}\n{ROUGH}"
    hint = f"Enter runs it, Escape does not. It is asked above confirm_above_gb = {limit:g}."
    answer = await app.push_screen_wait(ConfirmScreen("Run this?", text, hint))
    return answer is True

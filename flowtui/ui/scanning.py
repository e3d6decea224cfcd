"""What a scan may cost, in words, and whether the user agrees to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.engine.cost import GB
from flowtui.ui.text import about_money, human_bytes, human_duration

if TYPE_CHECKING:
    from textual.app import App

    from flowtui.engine.cost import Estimate, Meter
    from flowtui.model.run import Query
    from flowtui.model.timerange import TimeRange
    from flowtui.settings import Settings

ROUGH = """\
It is a rough estimate: the stored bytes are hours old and compressed, and a scan is paid \
by uncompressed bytes, so that it may be several times as much."""


async def agrees(
    app: App[None], settings: Settings, estimate: Estimate, query: Query, window: TimeRange
) -> bool:
    """Ask the user, if it may scan more than they have set; to be called by a worker.

    That is asked, too, where nothing tells how much it may be.
    """
    limit = settings.confirm_above_gb
    if not (is_above(limit, estimate) or (limit and estimate.is_unknown)):
        return True
    from flowtui.ui.screens.dialogs import ConfirmScreen

    text = f"{describe(estimate, query, window, settings.price_per_gb)}\n{ROUGH}"
    if estimate.is_unknown:
        text = f"Nothing tells what this may scan in {_where(query, window)}."
    hint = f"Enter runs it, Escape does not. It is asked above confirm_above_gb = {limit:g}."
    answer = await app.push_screen_wait(ConfirmScreen("Run this?", text, hint))
    return answer is True


def is_above(limit_gb: float, estimate: Estimate) -> bool:
    """Whether it may scan more GB than that; 0 is no limit."""
    return 0 < limit_gb * GB < estimate.size


def describe(estimate: Estimate, query: Query, window: TimeRange, price_per_gb: float) -> str:
    """`This may scan about 52.0 GB (~$0.26) in /vpc/edge over 6h 00m.`"""
    amount = f"{'at least' if estimate.is_partial else 'about'} {human_bytes(estimate.size)}"
    return f"This may scan {amount}{money(estimate.size, price_per_gb)} in {_where(query, window)}."


def _where(query: Query, window: TimeRange) -> str:
    if not query.log_groups:
        # A SOURCE may have a time of its own, too.
        return "the log groups that the query names"
    first, *others = query.log_groups
    groups = f"{first} and {len(others)} more" if others else first
    return f"{groups} over {human_duration(window.length.total_seconds())}"


def money(size: float, price_per_gb: float) -> str:
    """` (~$0.26)`; empty where there is no price."""
    return f" ({about_money(size / GB * price_per_gb)})" if price_per_gb else ""


def in_run(meter: Meter, price_per_gb: float) -> str:
    """`scanned 1.2 GB (~$0.0060); field indexes have saved ~3.1 GB`; empty where it is free."""
    if not (meter.scanned and price_per_gb):
        return ""
    saved = f"; field indexes have saved ~{human_bytes(meter.saved)}" if meter.saved else ""
    return f"scanned {human_bytes(meter.scanned)}{money(meter.scanned, price_per_gb)}{saved}"


def in_session(scanned: float, price_per_gb: float) -> str:
    """`1.2 GB scanned in this session (~$0.0060)`; empty before a scan, and where it is free."""
    if not (scanned and price_per_gb):
        return ""
    return f"{human_bytes(scanned)} scanned in this session{money(scanned, price_per_gb)}"

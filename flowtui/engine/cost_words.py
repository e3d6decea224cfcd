"""The cost of a scan, before and after it, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.engine.cost import GB
from flowtui.model.amounts import about_money, human_bytes, human_duration

if TYPE_CHECKING:
    from flowtui.engine.cost import Estimate, Meter
    from flowtui.model.run import Query
    from flowtui.model.timerange import TimeRange

ROUGH = """\
It is a rough estimate: the stored bytes are hours old and compressed, and a scan is paid \
by uncompressed bytes, so that it may be several times as much."""


def describe(estimate: Estimate, query: Query, window: TimeRange, price_per_gb: float) -> str:
    """`This may scan about 52.0 GB (~$0.26) in /vpc/edge over 6h 00m.`"""
    where = _where(query, window)
    if estimate.is_unknown:
        return f"How much this may scan in {where} is unknown."
    amount = f"{'at least' if estimate.is_partial else 'about'} {human_bytes(estimate.size)}"
    return f"This may scan {amount}{money(estimate.size, price_per_gb)} in {where}."


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


def _where(query: Query, window: TimeRange) -> str:
    if not query.log_groups:
        # A SOURCE may have a time of its own, too.
        return "the log groups that the query names"
    first, *others = query.log_groups
    groups = f"{first} and {len(others)} more" if others else first
    return f"{groups} over {human_duration(window.length.total_seconds())}"

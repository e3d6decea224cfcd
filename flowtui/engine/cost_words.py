"""The cost of a scan, before and after it, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flowtui.engine.cost import GB
from flowtui.model.amounts import about_money, human_bytes, human_duration
from flowtui.model.source import LEAST_PAID
from flowtui.model.timerange import Last

if TYPE_CHECKING:
    from flowtui.backends.base import Objects
    from flowtui.engine.cost import Estimate, Meter
    from flowtui.model.run import Query
    from flowtui.model.timerange import TimeRange

LIST, GET = 0.005 / 1000, 0.0004 / 1000
"""Dollars for a request to S3 in most regions (athena.md 7)."""
TRANSFER = 0.09
"""Dollars for a GB that leaves AWS."""
LOADED = 6e6
"""Bytes of gzip that are loaded in a second: 200 MB took half a minute (athena.md 7)."""
_SHORTER = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 180, 360, 720, 1440, 4320, 10080)
)

ROUGH = """\
It is a rough estimate: the stored bytes are hours old and compressed, and a scan is paid \
by uncompressed bytes, so that it may be several times as much."""


def describe(estimate: Estimate, query: Query, window: TimeRange, price_per_gb: float) -> str:
    """`This may scan about 52.0 GB (~$0.26) in /vpc/edge over 6h 00m.`"""
    where = _where(query, window)
    if estimate.listed is not None and estimate.listed.is_scanned:
        more = ", and more of which the size is unknown," if estimate.is_partial else ""
        return f"This scans {scanned(estimate.listed, price_per_gb)}{more} of {where}."
    if estimate.listed is not None:
        return f"{where} has {in_objects(estimate.listed)}."
    if estimate.is_unknown:
        return f"How much this may scan in {where} is unknown."
    amount = f"{'at least' if estimate.is_partial else 'about'} {human_bytes(estimate.size)}"
    each = f": {' and '.join(map(human_bytes, estimate.each))}" if estimate.each else ""
    return f"This may scan {amount}{money(estimate.size, price_per_gb)} in {where}{each}."


def in_objects(listed: Objects) -> str:
    """`54 objects, 20.1 MB; 43 of them, 15.0 MB, are to be fetched: ...`"""
    if not listed.count:
        return "no objects"
    said = f"{listed.count:,} objects, {human_bytes(listed.size)}"
    if not listed.missing:
        return f"{said}, all of which are here already"
    requests = f"{listed.requests + listed.missing:,} requests, {about_money(of_requests(listed))}"
    transfer = about_money(listed.missing_size / GB * TRANSFER)
    most = "at most " if listed.is_most else ""
    return (
        f"{said}; {listed.missing:,} of them, {most}{human_bytes(listed.missing_size)}, are to be"
        f" fetched: {requests}, and {transfer} for the transfer where this machine is not in the"
        " bucket's region"
    )


def scanned(listed: Objects, price_per_gb: float) -> str:
    """`at most 1.24 GB in 96 objects, $0.0062`."""
    most = "at most " if listed.is_most else ""
    paid = money(max(LEAST_PAID, listed.size), price_per_gb)
    cut = f", cut off at {human_bytes(listed.cutoff)}" if listed.cutoff else ""
    return f"{most}{human_bytes(listed.size)} in {listed.count:,} objects{paid}{cut}"


def of_requests(listed: Objects) -> float:
    """Dollars."""
    return listed.requests * LIST + listed.missing * GET


def too_much(estimate: Estimate, window: TimeRange, limit_gb: float) -> str:
    """That it is much for one machine, and what would be less; empty where it is not."""
    listed = estimate.listed
    if listed is None or listed.is_scanned or not estimate.is_above(limit_gb):
        return ""
    time = human_duration(estimate.size / LOADED)
    share = limit_gb * GB / estimate.size
    fitting = [each for each in _SHORTER if each <= share * window.length]
    hint = f"; a window of {Last(fitting[-1])} would have about {limit_gb:g} GB" if fitting else ""
    return f"That is much for one machine, which takes about {time} to load it{hint}."


def money(size: float, price_per_gb: float) -> str:
    """` (~$0.26)`; empty where there is no price."""
    return f" ({about_money(size / GB * price_per_gb)})" if price_per_gb else ""


def in_run(meter: Meter, price_per_gb: float) -> str:
    """`scanned 1.2 GB (~$0.0060); field indexes have saved ~3.1 GB`; empty where it is free."""
    if not (meter.scanned and price_per_gb):
        return ""
    saved = f"; field indexes have saved ~{human_bytes(meter.saved)}" if meter.saved else ""
    return f"scanned {human_bytes(meter.scanned)}{money(meter.paid, price_per_gb)}{saved}"


def in_session(meter: Meter, price_per_gb: float) -> str:
    """`1.2 GB scanned in this session (~$0.0060)`; empty before a scan, and where it is free."""
    if not (meter.scanned and price_per_gb):
        return ""
    cost = money(meter.paid, price_per_gb)
    return f"{human_bytes(meter.scanned)} scanned in this session{cost}"


def _where(query: Query, window: TimeRange) -> str:
    if not query.log_groups:
        # A SOURCE may have a time of its own, too.
        return "the log groups that the query names"
    first, *others = query.log_groups
    groups = f"{first} and {len(others)} more" if others else first
    return f"{groups} over {human_duration(window.length.total_seconds())}"

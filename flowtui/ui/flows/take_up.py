"""The message about an investigation that goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.ui.widgets.run_status import zone_name

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from flowtui.journal.investigations import Resumed


def describe(resumed: Resumed, now: datetime, zone: tzinfo) -> str:
    """`resumed: 5 steps, last saved 03:12 UTC`."""
    trail = resumed.investigation.trail
    steps = len(trail.steps) if trail else 0
    what = f"{steps} step{'s' * (steps > 1)}" if steps else "the query"
    saved, today = resumed.saved.astimezone(zone), now.astimezone(zone).date()
    clock = f"{saved:%H:%M}" if saved.date() == today else f"{saved:%Y-%m-%d %H:%M}"
    said = f"resumed: {what}, last saved {clock} {zone_name(zone)}"
    return f"{said}; {resumed.passed_over}" if resumed.passed_over else said

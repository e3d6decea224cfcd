"""The time to ask about: typed, one asked about before, or around the row of the cursor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from flowtui.ui.context import FlowContext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowtui.ui.screens.time_range import Chosen, Offer

MOST_EARLIER = 10
AROUND_ROW = ("5m", "1h")


async def choose_time(flow: FlowContext) -> Chosen | None:
    """None if the user thought better of it; raises `FlowtuiError`. To be called by a worker."""
    from flowtui.ui.screens.time_range import TimeRangeScreen

    time, now = flow.session.state.time, flow.context.now
    offers = [*_around_row(flow), *await _earlier(flow), *_presets(flow)]
    distinct: dict[str, Offer] = {}
    for offer in offers:
        distinct.setdefault(offer.text(flow.zone), offer)
    screen = TimeRangeScreen(time, flow.zone, now, tuple(distinct.values()))
    return await flow.app.push_screen_wait(screen)


def _around_row(flow: FlowContext) -> Iterator[Offer]:
    from flowtui.model.timerange import TimeRange, parse_duration
    from flowtui.ui.screens.time_range import Offer

    row = flow.grid.cursor_row
    span = None if row is None else flow.session.span_of(flow.grid.results.record(row))
    if span is not None:
        for text in AROUND_ROW:
            length = parse_duration(text)
            around = TimeRange(span[0] - length, span[1] + length)
            yield Offer(around, f"{text} before and after this row")


async def _earlier(flow: FlowContext) -> list[Offer]:
    """The spans asked about last, of all sessions."""
    from flowtui.ui.screens.time_range import Offer

    history = flow.context.history
    if history is None:
        return []
    flow.awaits("the history")
    await flow.session.settle()
    times = await asyncio.to_thread(lambda: history().times(MOST_EARLIER))
    return [Offer(time, "asked before") for time in times]


def _presets(flow: FlowContext) -> list[Offer]:
    from flowtui.ui.screens.time_range import PRESETS, Offer

    return [Offer(text) for text in flow.context.settings.times or PRESETS]

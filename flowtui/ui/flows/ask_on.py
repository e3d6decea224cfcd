"""Questions that follow from what is shown, and how often they are asked."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from flowtui.model.errors import DrillError
from flowtui.ui.context import FlowContext
from flowtui.ui.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import App

    from flowtui.engine.around_flow import Offer
    from flowtui.engine.overviews import Subject
    from flowtui.engine.pivot import Spot
    from flowtui.ui.widgets.grid.result_grid import ResultGrid


_PIVOT_KEYS = {"tuple": "t", "source": "s", "destination": "d", "interface": "e", "instance": "i"}
_PIVOT_WORDS = {
    "tuple": "over time", "source": "its source", "destination": "its destination",
    "interface": "its interface", "instance": "its instance",
}  # fmt: skip
_SPAN_KEYS = {"5m": "m", "1h": "h", "on": "o", "all": "w"}


def spot_of(grid: ResultGrid) -> Spot:
    """Where the cursor is; without a row that has no values."""
    from flowtui.engine.pivot import Spot

    row = grid.cursor_row
    record = {} if row is None else grid.results.record(row)
    return Spot(record, grid.cursor_column_name, grid.cursor_value)


async def ask_around(flow: FlowContext, *, runs: bool) -> str:
    """Ask what is around the flow of the row, or only write it. To be called by a worker."""
    row = spot_of(flow.grid).row
    offers = flow.session.pivots(row) if row else ()
    if not offers:
        return "this row names nobody to look around for; Enter shows its flows"
    kind = await _choose_pivot(flow.app, offers)
    if kind is not None:
        flow.session.derive(kind, spot_of(flow.grid), runs=runs)
    return ""


async def _choose_pivot(app: App[None], offers: Sequence[Offer]) -> str | None:
    """The question about what is around a flow, and over which time."""
    from flowtui.engine.around_flow import SPANS
    from flowtui.ui.screens.dialogs import MenuScreen

    choices = [
        (_PIVOT_KEYS[each.kind], each.kind, f"{clean(each.about)}, {_PIVOT_WORDS[each.kind]}")
        for each in offers
    ]
    kind = await app.push_screen_wait(MenuScreen("All around this flow of", choices))
    offer = next((each for each in offers if each.kind == kind), None)
    if offer is None or not offer.has_spans:
        return kind
    spans = [(_SPAN_KEYS[span], span, words) for span, words in SPANS.items()]
    span = await app.push_screen_wait(MenuScreen(f"{clean(offer.about)} over", spans))
    return None if span is None else f"{kind} {span}"


async def ask_about(flow: FlowContext) -> str:
    """The page of what the cell names; else of what the row does, of several as chosen.

    Raises `DrillError` where both name nothing. To be called by a worker.
    """
    from flowtui.engine.overviews import subject_of, subjects

    spot = spot_of(flow.grid)
    try:
        subject_of(spot)
    except DrillError:
        found = list(subjects(spot.row))
        if not found:
            raise
        chosen = found[0] if len(found) == 1 else await _choose_subject(flow.app, found)
        if chosen is None:
            return ""
        spot = replace(spot, column=_COLUMNS[chosen[0]], value=chosen[1])
    flow.session.derive("about", spot)
    return ""


_COLUMNS = {"address": "srcaddr", "interface": "interface_id", "instance": "instance_id"}
"""A column that has values of a kind of subject."""


async def _choose_subject(app: App[None], subjects: Sequence[Subject]) -> Subject | None:
    """Whom a page is to be about, of all that a row names."""
    from flowtui.ui.screens.pick import PickScreen

    lines = [(name, f"{clean(name)}  {kind}") for kind, name in subjects]
    name = await app.push_screen_wait(PickScreen("A page about", lines, ""))
    return next((each for each in subjects if each[1] == name), None)


async def choose_baseline(flow: FlowContext) -> str:
    """Have the rows compared with an earlier time. Raises `FlowtuiError`.

    To be called by a worker.
    """
    from flowtui.engine.baseline import WORDS, Baseline
    from flowtui.model.time_entry import read_time
    from flowtui.ui.screens.dialogs import AskScreen, MenuScreen

    keys = zip("byw", WORDS.items(), strict=True)
    choices = [(key, text, f"{text}: {about}{_cost(flow, text)}") for key, (text, about) in keys]
    choices.append(("t", _ANOTHER, "another time"))
    chosen = await flow.app.push_screen_wait(MenuScreen("Compare with", choices))
    if chosen is None:
        return ""
    if chosen != _ANOTHER:
        flow.session.compare(Baseline.read(chosen))
        return ""
    hint = "2h ago to 1h ago, yesterday 17-18; v and V on the timeline compare with a marked span."
    now = flow.context.now()
    check = partial(read_time, now=now, zone=flow.zone)
    text = await flow.app.push_screen_wait(AskScreen("Compare with", hint, check=check))
    time = read_time(text, now, flow.zone) if text else None
    if time is not None:
        flow.session.compare(Baseline.of_span(time.resolve(now)))
    return ""


_ANOTHER = "another"


def _cost(flow: FlowContext, text: str) -> str:
    """What it may scan, in both windows."""
    from flowtui.engine.baseline import Baseline
    from flowtui.engine.cost_words import money
    from flowtui.model.amounts import human_bytes

    estimate = flow.session.comparison_cost(Baseline.read(text))
    if estimate is None or estimate.is_unknown:
        return ""
    each = " and ".join(map(human_bytes, estimate.each or (estimate.size,)))
    price = money(estimate.size, flow.context.settings.price_per_gb)
    return f"; scans about {each}{price}"


async def watch(flow: FlowContext) -> str:
    """Have the question asked as often as the user says; where it is, end that.

    Raises `FlowtuiError`. To be called by a worker.
    """
    if flow.session.state.watch is not None:
        flow.session.unwatch()
        return ""
    from flowtui.model.timerange import parse_duration
    from flowtui.ui.screens.dialogs import AskScreen

    hint = "Runs the query again that often; each run is a scan. w or Escape ends it."
    ask = AskScreen("Watch: every", hint, "1m", check=parse_duration)
    text = await flow.app.push_screen_wait(ask)
    if text:
        flow.session.watch(parse_duration(text), text.strip())
    return ""

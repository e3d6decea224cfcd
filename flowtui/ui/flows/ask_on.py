"""Questions that follow from what is shown, and how often they are asked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flowtui.ui.context import FlowContext
from flowtui.ui.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import App

    from flowtui.engine.around_flow import Offer
    from flowtui.engine.overviews import Subject


_PIVOT_KEYS = {"tuple": "t", "source": "s", "destination": "d", "interface": "e", "instance": "i"}
_PIVOT_WORDS = {
    "tuple": "over time", "source": "its source", "destination": "its destination",
    "interface": "its interface", "instance": "its instance",
}  # fmt: skip
_SPAN_KEYS = {"5m": "m", "1h": "h", "on": "o", "all": "w"}


async def choose_pivot(app: App[None], offers: Sequence[Offer]) -> str | None:
    """The question about what is around a flow, and over which time. To be called by a worker."""
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


async def choose_subject(app: App[None], subjects: Sequence[Subject]) -> Subject | None:
    """Whom a page is to be about, of all that a row names. To be called by a worker."""
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
    """Have the question asked as often as the user says. Raises `FlowtuiError`.

    To be called by a worker.
    """
    from flowtui.model.timerange import parse_duration
    from flowtui.ui.screens.dialogs import AskScreen

    hint = "Runs the query again that often; each run is a scan. w or Escape ends it."
    ask = AskScreen("Watch: every", hint, "1m", check=parse_duration)
    text = await flow.app.push_screen_wait(ask)
    if text:
        flow.session.watch(parse_duration(text), text.strip())
    return ""

"""`flowtui query`: rows to stdout; what it costs, how far it is and how it ends to stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from flowtui.cli.asking import make_question, point, pointing_into, run
from flowtui.cli.leaving import tell_left
from flowtui.cli.options import Asked, follow_link, read_query
from flowtui.cli.output import print_results
from flowtui.cli.report import BACKEND_FAILED, STOPPED, die, say, show
from flowtui.cli.services import service
from flowtui.cli.surroundings import load_settings, now
from flowtui.engine.cost import Estimate, Meter
from flowtui.engine.headless import run_query
from flowtui.model.errors import UsageError
from flowtui.model.run import Query, RunState, Snapshot
from flowtui.model.source import Source
from flowtui.model.timerange import TimeRange
from flowtui.settings import Settings
from flowtui.ui.scanning import describe, in_run, is_above


def print_result(
    text: str, source: Source, asked: Asked, *, output: str, limit: int | None, is_agreed: bool
) -> None:
    """Run the query, print its rows and exit with its code; `is_agreed` is that it may cost."""
    source, asked, body = follow_link(source, asked, read_query(text))
    settings, meter = load_settings(source), Meter()
    question = make_question(body, source, asked, settings, limit)
    left: list[str] = []
    running = run_query(
        service(source, settings, one_shot=True), question, now=now, progress=_progress(),
        warn=partial(point, body), begin=partial(_allow, settings, is_agreed), meter=meter,
        left_running=left,
    )  # fmt: skip
    try:
        with pointing_into(body):
            snapshot = run(running)
        print_results(snapshot.results, output)
    finally:
        if left:
            tell_left(source, left)
        _say_scanned(meter, settings.price_per_gb)
    _finish(snapshot)


def _progress() -> Callable[[str], None]:
    """Progress on one line of stderr, rewritten in place on a terminal and silent elsewhere."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda text: show(f"\r\x1b[K{text}")


def _allow(
    settings: Settings, is_agreed: bool, estimate: Estimate, query: Query, window: TimeRange
) -> None:
    """Say what the query may scan; raises `UsageError` if the user must agree to that first.

    Nobody may be there to be asked, so that a limit the user has set can only refuse.
    """
    limit = settings.confirm_above_gb
    if estimate.is_unknown or not (settings.price_per_gb or limit):
        if limit:
            say(f"nothing tells what this may scan; confirm_above_gb = {limit:g} is not checked")
        return
    said = describe(estimate, query, window, settings.price_per_gb)
    if is_above(limit, estimate) and not is_agreed:
        raise UsageError(f"{said} That is above confirm_above_gb = {limit:g}; --yes runs it")
    say(said)


def _say_scanned(meter: Meter, price_per_gb: float) -> None:
    if said := in_run(meter, price_per_gb):
        # Whoever reads stderr may be gone.
        with suppress(OSError):
            say(said)


def _finish(snapshot: Snapshot) -> None:
    """Say what else is to be said, and exit with another code where the query is not complete."""
    for notice in snapshot.notices:
        say(notice)
    if snapshot.state is RunState.FAILED:
        die(snapshot.error or "the query failed on the service; run it again", BACKEND_FAILED)
    if snapshot.state is not RunState.COMPLETE:
        ended = f"the query ended as {snapshot.state.lower()}; the rows so far are shown"
        die(snapshot.error or ended, STOPPED)

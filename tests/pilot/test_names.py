"""Names beside the values of the rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from flowtui.engine.name_tables import NameTable, read_tables
from flowtui.engine.names import NameBook
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import BackendError
from flowtui.model.run import ResultSet, RunState, Snapshot
from tests.pilot.service import EDGE, NOON, PAIRS_DONE, ScriptedService, Terminal, make_app, using


def now() -> datetime:
    return NOON


def book(service: ScriptedService, given: NameTable | None = None) -> NameBook:
    return NameBook(service, None, now, given=given)


async def test_what_is_on_the_screen_is_asked_for_and_shown_and_never_copied() -> None:
    service, terminal = ScriptedService([PAIRS_DONE]), Terminal()
    service._catalog.known_names = {"172.31.1.1": "web [1]"}
    app = make_app(service, terminal=terminal, names=lambda: book(service))
    async with using(app, (100, 20)) as seen:
        grid = seen.grid
        await seen.run()
        await seen.until(lambda: "web [1]" in seen.text)
        (asked,) = service._catalog.named
        shown = {row[0] for row in grid.results.rows[: grid._page]}
        assert asked == shown
        assert len(shown) < len(grid.results.rows)
        await seen.press("G")
        await seen.until(lambda: len(service._catalog.named) == 2)
        assert not service._catalog.named[1] & asked
        await seen.press("g", "down", "y", "r")
        await seen.until(lambda: bool(terminal.written))
        assert "web" not in terminal.text
        assert "172.31.1.1" in terminal.text


async def test_who_may_not_ask_sees_rows_and_no_word_of_it() -> None:
    service = ScriptedService([PAIRS_DONE])
    service._catalog.known_names = BackendError("the role may not")
    async with using(make_app(service, names=lambda: book(service)), (100, 20)) as seen:
        await seen.run()
        await seen.until(lambda: bool(service._catalog.named))
        await seen.press("G")
        assert "172.31.1.19" in seen.text
        assert "may not" not in seen.text


async def test_names_of_files_and_tags_of_the_record(tmp_path: Path) -> None:
    path = tmp_path / "hosts.csv"
    path.write_text("3.230.172.0/24,partner\n")
    columns = ("srcaddr", "dstaddr", "flow_direction", "interface_tag", "interface_id")
    rows = ResultSet(
        columns,
        (
            ("10.0.0.1", "3.230.172.9", "egress", "web%201", "eni-0435cbb62960f230e"),
            ("3.230.172.8", "10.0.0.1", "ingress", "web%201", "eni-0435cbb62960f230e"),
        ),
    )
    words = " ".join(f"${{{name.replace('_', '-')}}}" for name in columns)
    edge = replace(EDGE, format=FlowFormat.parse(words))
    service = ScriptedService([Snapshot(RunState.COMPLETE, rows)], groups=((edge,),))
    given = read_tables({"inventory": path})
    app = make_app(service, f"fields {', '.join(columns)}", names=lambda: book(service, given))
    async with using(app, (140, 20)) as seen:
        await seen.run()
        first, second = (seen.grid.render_line(y).text.split() for y in (1, 2))
        assert first[:7] == ["▌10.0.0.1", "web", "1", "3.230.172.9", "public", "partner", "→"]
        assert second[:7] == ["3.230.172.8", "public", "partner", "10.0.0.1", "web", "1", "←"]
        assert seen.grid.find("partner") == 2

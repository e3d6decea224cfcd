"""Findings on the screen: asked for by one key, drilled into, marked as benign."""

from __future__ import annotations

from pathlib import Path

from flowtui.engine.names import NameBook
from flowtui.journal.benign import BenignMarks
from flowtui.model.run import ResultSet, RunState, Snapshot, Statistics
from tests.pilot.service import FLOWS_DONE, NOON, PAIRS_DONE, ScriptedService, make_app, using

_NOON = int(NOON.timestamp())
_CONTACT = {
    "client": "10.0.0.5", "server": "8.8.4.4", "service": "443", "protocol": "6", "at": "eni-1",
    "provider": "-", "records": "90", "requests": "60", "passed": "90", "asked": "60",
    "bytes": "910000000", "up": "900000000", "largest_up": "16000000", "largest": "16000000",
    "probes": "0", "ports": "0", "lowest": "443", "highest": "443", "sessions": "1",
    "longest": "59", "relayed": "0", "knocks": "0", "echoes": "0",
    "first": str(_NOON - 1800), "last": str(_NOON - 60),
    "spread": "500", "early": "0",
}  # fmt: skip
_QUIET = {**_CONTACT, "client": "10.0.0.6", "up": "4000", "bytes": "9000", "largest_up": "900"}


def done(*rows: dict[str, str]) -> Snapshot:
    columns = tuple(rows[0]) if rows else ("client", "port", "protocol", "hosts", "late", "at")
    cells = tuple(tuple(row.values()) for row in rows)
    return Snapshot(RunState.COMPLETE, ResultSet(columns, cells), Statistics(1, 1, 1e6, len(rows)))


def service() -> ScriptedService:
    return ScriptedService([done(_CONTACT, _QUIET)], [done()], [done()], [FLOWS_DONE])


async def test_one_key_tells_what_to_look_at_first_and_enter_shows_its_flows() -> None:
    scripted = service()
    async with using(make_app(scripted)) as seen:
        await seen.press("ctrl+o", "!")
        await seen.ended()
        assert [each.split()[0] for each in scripted.calls if "start" in each] == ["start"] * 3
        assert seen.trail == "findings"
        assert "10.0.0.5 sent 900 MB to 8.8.4.4 and got 10.0 MB back" in seen.text
        await seen.press("enter")
        await seen.ended()
        text = scripted.started[-1][0].body
        assert 'client = "10.0.0.5" and server = "8.8.4.4"' in text
        assert seen.trail == "findings > Data leaving: 10.0.0.5"
        await seen.press("backspace")
        assert seen.grid.results.rows[0][1] == "Data leaving"
        assert len(scripted.started) == 4


async def test_a_mark_has_a_reason_is_counted_shown_and_kept(tmp_path: Path) -> None:
    marks = BenignMarks(tmp_path / "benign.json", lambda: NOON)
    async with using(make_app(service(), benign=marks)) as seen:
        await seen.press("ctrl+o", "!")
        await seen.ended()
        await seen.press("x", *"backup", "enter")
        await seen.until(lambda: bool(seen.remark))
        assert seen.remark == "1 of these findings is marked as benign"
        assert "backup" in seen.text
        kept = BenignMarks(tmp_path / "benign.json", lambda: NOON).read()
        assert {id_: mark.reason for id_, mark in kept.items()} == {
            "data-leaving 10.0.0.5 8.8.4.4": "backup"
        }
        await seen.press("x", *["backspace"] * 6, "enter")
        await seen.until(lambda: seen.remark.startswith("0"))
        assert not marks.read()


async def test_what_is_no_finding_is_not_marked(tmp_path: Path) -> None:
    marks = BenignMarks(tmp_path / "benign.json", lambda: NOON)
    async with using(make_app(ScriptedService([PAIRS_DONE]), benign=marks)) as seen:
        await seen.run()
        await seen.press("ctrl+o", "x")
        await seen.until(lambda: bool(seen.remark))
        assert "this row is none" in seen.remark


async def test_findings_need_log_groups() -> None:
    async with using(make_app(service(), groups=())) as seen:
        await seen.press("ctrl+o", "!")
        await seen.until(lambda: bool(seen.remark))
        assert "choose them with ctrl+g" in seen.remark


async def test_who_it_was_is_named_where_it_has_a_name() -> None:
    scripted = service()
    scripted._catalog.known_names = {"10.0.0.5": "db-1"}
    app = make_app(scripted, names=lambda: NameBook(scripted, None, lambda: NOON))
    async with using(app) as seen:
        await seen.press("ctrl+o", "!")
        await seen.ended()
        await seen.until(lambda: "10.0.0.5 db-1" in seen.text)

"""The dialogue of one row."""

from __future__ import annotations

import json
import re

import pytest

from flowtui.engine.name_tables import Named
from flowtui.flowlogs.fields import FIELDS
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.run import ResultSet, RunState, Snapshot
from flowtui.ui.screens.row import RowScreen
from flowtui.ui.screens.row_detail import Known, fields_of, raw_line
from flowtui.ui.widgets.field_list import FieldList
from tests.pilot.service import (
    FLOWS_DONE,
    NOON,
    PAIRS_DONE,
    ScriptedService,
    Seen,
    Terminal,
    make_app,
    showing,
    using,
)


def chosen(seen: Seen) -> str:
    field = seen.screen.query_one(FieldList).field
    return "" if field is None else field.name


async def test_the_next_row_comes_without_closing_and_the_cursor_goes_along() -> None:
    async with showing([PAIRS_DONE]) as (seen, service):
        await seen.press("i", "down", "n", "n", "p")
        assert isinstance(seen.screen, RowScreen)
        assert "Row 2 of 20" in seen.text
        assert (chosen(seen), "3.230.172.1 " in seen.text) == ("dstaddr", True)
        await seen.press("p", "p", "p")
        assert "Row 1 of 20" in seen.text
        await seen.press("n", "escape")
        assert seen.grid.cursor_row == 1
        assert service.calls == []


async def test_rows_come_in_the_order_in_which_they_are_shown() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("s", "s", "i", "n", "escape")
        assert seen.grid.cursor_row == seen.grid.state.order[1]


@pytest.mark.parametrize(("key", "sign"), [("plus", "="), ("minus", "!=")])
async def test_any_field_is_filtered_by_wherever_the_cursor_is(key: str, sign: str) -> None:
    async with showing([PAIRS_DONE], [PAIRS_DONE]) as (seen, service):
        await seen.press("i", "n", "down", "down", key)
        await seen.ended()
        assert f'flow_direction {sign} "egress"' in service.started[-1][0].body
        assert seen.workspace.is_current


async def test_a_value_and_the_line_are_copied_and_it_is_said_where_to() -> None:
    terminal = Terminal()
    async with using(make_app(ScriptedService([PAIRS_DONE]), terminal=terminal)) as seen:
        await seen.run()
        await seen.press("i", "down", "y")
        await seen.until(lambda: bool(terminal.written))
        assert terminal.text == "3.230.172.0"
        await seen.until(lambda: "sent to" in seen.text)
        terminal.written.clear()
        await seen.press("Y")
        await seen.until(lambda: bool(terminal.written))
        assert json.loads(terminal.text) == seen.grid.results.record(0)
        assert seen.screen is not seen.workspace


async def test_fields_stand_by_what_they_are_about_with_what_they_mean() -> None:
    row = {"subnet_id": "subnet-1", "@timestamp": "2022-04-01 15:18:00.000", "n": "3", "@ptr": "x",
           "dstport": "443", "srcaddr": "169.254.169.253", "tcp_flags": "19", "total": "18999",
           "action": "REJECT", "start": "1648826280", "instance_tag": "web%201"}  # fmt: skip
    fields = fields_of(row, Known({}, bytes=frozenset({"total"})))
    told = [f"{each.name}: {each.note}" if each.value else each.name.upper() for each in fields]
    assert told == [
        "FLOW", "@timestamp: 2022-04-01 15:18:00 UTC",
        "start: 2022-04-01 15:18:00 UTC  (first packet of the window, Unix seconds)",
        "action: a security group or network ACL refused it  (allowed or refused)",
        "srcaddr: VPC DNS  (source address; the interface's private address for outgoing traffic)",
        "dstport: https  (destination port)",
        "tcp_flags: SYN-ACK FIN  (TCP flags, or-ed over the window)",
        "INTERFACE", "instance_tag: web 1  (instance tag value, percent-encoded)",
        "subnet_id: (subnet of the interface)",
        "COLUMNS", "n: ", "total: 19.0 kB",
    ]  # fmt: skip


def test_names_and_countries_have_their_source_and_day() -> None:
    found = {"8.8.8.8": Named("resolver", "inventory", NOON), "10.0.0.1": Named("db", "EC2")}
    known = Known({}, find_name=found.get, country=lambda _: "US", registry=lambda: "iptocc 3.3")
    fields = fields_of({"srcaddr": "8.8.8.8", "dstaddr": "10.0.0.1"}, known)
    notes = [field.note.split("  (")[0] for field in fields if not field.is_heading]
    assert notes == [
        "public  resolver (inventory, 2022-04-01)  registered in US (iptocc 3.3)",
        "private  db (EC2)",
    ]


def test_every_field_has_its_section() -> None:
    columns = {info.column: "1" for info in FIELDS.values()}
    headings = [each.name for each in fields_of(columns, Known({})) if each.is_heading]
    assert headings == [
        "Flow", "Packet", "Interface", "Next hop", "ECS", "Transit gateway", "Record",
    ]  # fmt: skip


def test_the_line_is_the_record_where_it_is_whole() -> None:
    values = [str(number) for number in range(len(ARTICLE_FORMAT.fields))]
    whole = dict(zip(ARTICLE_FORMAT.columns, values, strict=True))
    assert raw_line(whole, ARTICLE_FORMAT) == " ".join(values)
    assert raw_line({"@message": "a b", **whole}, ARTICLE_FORMAT) == "a b"
    assert raw_line(dict(list(whole.items())[1:]), ARTICLE_FORMAT) == ""
    assert raw_line(whole, None) == ""


async def test_every_line_fits_and_the_chosen_field_is_on_the_screen() -> None:
    words = " ".join(["wonderful"] * 60)
    rows = ResultSet(
        ("@message", "srcaddr", "n"), (("日本" * 300, "10.0.0.1", words), ("x" * 9000, "a", "b"))
    )
    service = ScriptedService([Snapshot(RunState.COMPLETE, rows)])
    async with using(make_app(service, "fields @message, srcaddr"), (80, 24)) as seen:
        await seen.run()
        await seen.press("i")
        for keys in ("down " * 40, "up " * 40, "n", "end", "home", "pagedown", "pageup"):
            await seen.press(*keys.split())
            fields = seen.screen.query_one(FieldList)
            marked = [y for y in range(fields.size.height)
                      if fields.render_line(y).text.startswith("▌")]  # fmt: skip
            assert marked
            assert {fields.render_line(y).cell_length for y in range(fields.size.height)} == {
                fields.scrollable_content_region.width
            }


async def test_enter_on_a_flow_shows_sizes_in_words() -> None:
    async with showing([FLOWS_DONE]) as (seen, _):
        seen.editor.text = "fields @timestamp, srcaddr, dstaddr, bytes, action"
        await seen.run()
        await seen.press("G", "enter")
        assert re.search(r"bytes +16000 +16\.0 kB", seen.text)
        await seen.press("enter")
        assert seen.workspace.is_current

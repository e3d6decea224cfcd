"""Keys on rows: breakdown, rows at hand, narrow, marks, several columns to sort by."""

from __future__ import annotations

import pytest

from tests.pilot.service import FLOWS_DONE, PAIRS_DONE, ScriptedService, Terminal, make_app, using

SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_breakdown_is_a_step_of_its_own_without_a_scan(size: tuple[int, int]) -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service), size) as seen:
        await seen.run()
        await seen.press("right", "right", "F")
        await seen.until(lambda: seen.grid.results.columns[1:2] == ("rows",))
        assert seen.grid.results.rows == (("egress", "20", "1248243096"),)
        assert "from step 1: 20 rows, free" in seen.text
        assert service.verbs.count("start") == 1
        await seen.press("backspace")
        assert len(seen.grid.results.rows) == 20
        assert "from step 1" not in seen.text


async def test_the_query_goes_over_to_the_rows_and_back() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service), (80, 24)) as seen:
        await seen.run()
        await seen.press("alt+r")
        assert "from step 1: 20 rows, free" in seen.text
        assert seen.remark == "the query asks these 20 rows, for nothing; alt+r goes back"
        await seen.press("ctrl+e", "alt+r")
        assert "from step 1" not in seen.text
        assert seen.remark == "the query asks the log groups again"


async def test_a_copy_of_a_query_over_rows_says_whose_they_are() -> None:
    service, terminal = ScriptedService([PAIRS_DONE]), Terminal()
    async with using(make_app(service, terminal=terminal), (80, 24)) as seen:
        await seen.run()
        await seen.press("F")
        await seen.until(lambda: seen.grid.results.columns[1:2] == ("rows",))
        await seen.press("ctrl+y")
        await seen.until(lambda: bool(terminal.written))
        assert terminal.text.startswith("# This ran over the 20 rows of step 1, without a scan.")


@pytest.mark.parametrize("size", SIZES)
async def test_rows_are_narrowed_while_one_types_and_escape_shows_them_all(
    size: tuple[int, int],
) -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE])), size) as seen:
        await seen.run()
        await seen.press("&", *"srcaddr=172.31.1.1")
        assert seen.grid.shown_rows == 1
        await seen.press("backspace", "0", "/", "3", "2")
        assert seen.grid.shown_rows == 1
        assert seen.grid.cursor_value == "172.31.1.0"
        await seen.press("enter", "j", "G")
        assert seen.grid.has_focus
        assert "narrowed to" in seen.text
        assert "1 row matches" in seen.text
        assert len(seen.grid.results.rows) == 20
        await seen.press("escape")
        assert seen.grid.shown_rows == 20
        assert "narrowed to" not in seen.text


async def test_what_leaves_no_row_says_so_and_no_key_fails() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE])), (80, 24)) as seen:
        await seen.run()
        await seen.press("&", *"nowhere", "enter")
        assert "no row is left" in seen.text
        await seen.press("enter", "m", "F", "S", "s", "G", "plus", "i", "n")
        await seen.press("escape")
        assert seen.grid.shown_rows == 20


async def test_what_rows_are_narrowed_to_becomes_a_filter_that_is_not_run() -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service), (80, 24)) as seen:
        await seen.run()
        await seen.press("&", *"dstaddr~230", "enter", "~")
        assert seen.editor.text.startswith("filter dstaddr like /(?i)230/\n| stats")
        assert service.verbs.count("start") == 1


async def test_another_step_is_shown_whole() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE])), (80, 24)) as seen:
        await seen.run()
        await seen.press("&", *"srcaddr=172.31.1.1", "enter", "right", "right", "F")
        await seen.until(lambda: seen.grid.results.columns[1:2] == ("rows",))
        assert seen.grid.results.rows[0][1] == "1"
        assert seen.editor.text.startswith("filter srcaddr like ")
        assert "narrowed to" not in seen.text


@pytest.mark.parametrize("size", SIZES)
async def test_marked_rows_are_summed_up_on_the_border(size: tuple[int, int]) -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE])), size) as seen:
        await seen.run()
        await seen.press("m", "m", "end")
        assert "2 marked: sum 520 MB" in seen.text
        assert "●" in seen.text
        await seen.press("s")
        assert "2 marked: sum 520 MB" in seen.text
        await seen.press("M")
        assert "marked" not in seen.text


async def test_a_second_column_sorts_what_the_first_leaves_equal() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE])), (120, 40)) as seen:
        await seen.run()
        await seen.press("right", "right", "s", "end", "S")
        assert seen.remark == "sorted by flow_direction ▲, Data_Transferred ▼"
        await seen.press("S")
        assert seen.remark == "sorted by flow_direction ▲, Data_Transferred ▲"
        assert seen.grid.cursor_value == str(346952038 // 20)
        await seen.press("S")
        assert seen.remark == "sorted by flow_direction ▲"


@pytest.mark.parametrize("size", SIZES)
async def test_what_a_step_answers_is_offered_and_taken_by_a_key(size: tuple[int, int]) -> None:
    service = ScriptedService([PAIRS_DONE])
    async with using(make_app(service), size) as seen:
        await seen.run()
        await seen.press("ctrl+e", "f2", *"stats sum(bytes) by srcaddr")
        await seen.until(lambda: "free from step 1 (alt+a)" in seen.text)
        await seen.press("alt+a")
        await seen.until(lambda: seen.grid.results.columns[:2] == ("srcaddr", "sum(bytes)"))
        assert service.verbs.count("start") == 1
        assert seen.editor.text == "stats sum(Data_Transferred) as `sum(bytes)` by srcaddr"


@pytest.mark.parametrize("size", SIZES)
async def test_the_values_of_all_columns_lead_to_a_breakdown(size: tuple[int, int]) -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE])), size) as seen:
        await seen.run()
        await seen.press("v")
        await seen.until(lambda: "egress 100 %" in seen.text)
        assert "Values of 20 rows" in seen.text
        await seen.press("j", "j", "enter")
        await seen.until(lambda: seen.grid.results.columns[:2] == ("flow_direction", "rows"))


async def test_values_are_those_of_the_rows_that_are_left() -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE])), (80, 24)) as seen:
        await seen.run()
        await seen.press("&", *"srcaddr=172.31.1.1", "enter", "v")
        await seen.until(lambda: "172.31.1.1 100 %" in seen.text)
        await seen.press("escape")
        assert "1 row matches" in seen.text


@pytest.mark.parametrize("size", SIZES)
async def test_a_drill_from_rows_at_hand_says_what_it_scans_before_it_does(
    size: tuple[int, int],
) -> None:
    service = ScriptedService([PAIRS_DONE], [FLOWS_DONE])
    async with using(make_app(service), size) as seen:
        await seen.run()
        await seen.press("F")
        await seen.until(lambda: seen.grid.results.columns[1:2] == ("rows",))
        await seen.press("enter")
        await seen.until(lambda: "The rows at hand are free" in seen.text)
        assert service.verbs.count("start") == 1
        await seen.press("escape")
        await seen.until(lambda: "not run" in seen.remark)
        assert service.verbs.count("start") == 1

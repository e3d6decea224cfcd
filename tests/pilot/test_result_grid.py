from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot
from textual.strip import Strip

from flowtui.flowlogs.fields import FIELDS
from flowtui.model.run import ResultSet, Row
from flowtui.ui.widgets.grid.columns import Meanings
from flowtui.ui.widgets.grid.painter import CURSOR_MARK
from flowtui.ui.widgets.grid.result_grid import ResultGrid

BYTES = Meanings(bytes=frozenset({"total"}))


class GridApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.selected: list[ResultGrid.RowSelected] = []

    def compose(self) -> ComposeResult:
        yield ResultGrid()

    def on_mount(self) -> None:
        self.query_one(ResultGrid).focus()

    def on_result_grid_row_selected(self, message: ResultGrid.RowSelected) -> None:
        self.selected.append(message)


@asynccontextmanager
async def showing(
    results: ResultSet, size: tuple[int, int] = (60, 12)
) -> AsyncIterator[tuple[ResultGrid, Pilot[None], list[ResultGrid.RowSelected]]]:
    app = GridApp()
    async with app.run_test(size=size) as pilot:
        grid = app.query_one(ResultGrid)
        grid.show(results)
        await pilot.pause()
        yield grid, pilot, app.selected


def pairs(*rows: Row) -> ResultSet:
    return ResultSet(("srcaddr", "total"), rows, keys=("srcaddr",))


def many(count: int) -> ResultSet:
    return pairs(*((f"10.0.0.{i}", str(i)) for i in range(count)))


def text_of(grid: ResultGrid) -> list[str]:
    return [grid.render_line(y).text.rstrip() for y in range(grid.size.height)]


def repainted(grid: ResultGrid, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lines that the grid asks to draw again; filled in as it does."""
    asked: list[int] = []
    refresh = grid.refresh

    def spy(*regions: object, **options: bool) -> ResultGrid:
        asked.extend(getattr(region, "y", -1) for region in regions or (None,))
        return refresh(*regions, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(grid, "refresh", spy)
    return asked


# What it shows


async def test_numbers_stand_at_the_right_and_missing_is_empty_and_a_dash_is_a_dash() -> None:
    rows = (("10.0.0.1", "7"), ("10.0.0.10", "1200"), (None, "-"))
    async with showing(pairs(*rows)) as (grid, _, _):
        assert text_of(grid)[:4] == [
            " srcaddr    total",
            "▌10.0.0.1       7",
            " 10.0.0.10   1200",
            "                -",
        ]


async def test_ptr_is_carried_and_not_shown() -> None:
    results = ResultSet(("@ptr", "srcaddr"), (("secret", "10.0.0.1"),))
    async with showing(results) as (grid, _, _):
        assert "secret" not in "".join(text_of(grid))
        assert grid.cursor_column_name == "srcaddr"
        assert grid.cursor_key == ("secret",)


async def test_bytes_are_for_people_and_have_a_bar_where_there_is_room() -> None:
    results = pairs(("a", "346952038"), ("b", "173476019"), ("c", "0"))
    async with showing(results, (60, 10)) as (grid, pilot, _):
        await pilot.press("right")
        grid.show(results, BYTES)
        full, half, none = (grid.render_line(y).text for y in (1, 2, 3))
        assert "347 MB" in full
        assert full.count("█") == 2 * half.count("█") > 0
        assert none.rstrip().endswith(" 0 B")
        assert grid.cursor_value == "346952038"
        await pilot.resize_terminal(24, 10)
        await pilot.pause()
        assert "█" not in "".join(text_of(grid))
        assert "347 MB" in grid.render_line(1).text


async def test_foreign_text_is_neither_markup_nor_raw() -> None:
    async with showing(pairs(("[red]x[/] [/nope]", "\x1b]52;c;QQ==\x07\u202e"))) as (grid, _, _):
        line = grid.render_line(1).text
        assert "[red]x[/] [/nope]" in line
        assert "·]52;c;QQ==··" in line
        assert "\x1b" not in line
        assert "\u202e" not in line


async def test_wide_characters_keep_the_columns_in_line() -> None:
    results = ResultSet(("a", "b", "c"), (("漢字", "x" * 30, "1"), ("x", "漢" * 15, "2")))
    async with showing(results, (40, 8)) as (grid, pilot, _):
        await pilot.press("end")
        width = grid.scrollable_content_region.width
        assert [cell_len(grid.render_line(y).text) for y in range(4)] == [width] * 4
        assert [grid.render_line(y).text.rstrip()[-1] for y in (1, 2)] == ["1", "2"]


async def test_a_long_cell_is_cut_unless_there_is_room() -> None:
    async with showing(ResultSet(("a", "@message"), (("x", "y" * 70),)), (60, 8)) as (
        grid,
        pilot,
        _,
    ):
        assert "y…" in grid.render_line(1).text
        await pilot.resize_terminal(100, 8)
        await pilot.pause()
        assert "y" * 70 in grid.render_line(1).text


async def test_the_first_column_stays_and_hidden_ones_are_hinted_at() -> None:
    results = ResultSet(tuple(f"column_{i}" for i in range(9)), (tuple(f"v{i}" for i in range(9)),))
    async with showing(results, (40, 8)) as (grid, pilot, _):
        assert text_of(grid)[0].endswith("»")
        await pilot.press("end")
        header, row = text_of(grid)[:2]
        assert header.startswith(" column_0 «")
        assert row.startswith("▌v0")
        assert row.endswith("v8")
        assert grid.column_position == (9, 9)
        await pilot.press("home")
        assert grid.scroll_offset.x == 0


async def test_beside_the_first_column_stands_the_beginning_of_another() -> None:
    names = ("a", *(f"column_{i}{'x' * i}" for i in range(6)))
    async with showing(ResultSet(names, (names,)), (40, 8)) as (grid, pilot, _):
        for name in names[1:]:
            await pilot.press("right")
            header, row = text_of(grid)[:2]
            assert name in row
            assert row.split()[1] in names
            assert header.endswith("»") == (name != names[-1])


async def test_a_value_that_the_screen_cuts_ends_with_an_ellipsis() -> None:
    results = ResultSet(("a", "b", "c"), (("x", "y" * 20, "z" * 20), ("w", "y", "z" * 4)))
    async with showing(results, (36, 8)) as (grid, pilot, _):
        header, long, short = text_of(grid)[:3]
        assert header.endswith("»")
        assert long.endswith("zz…")
        assert short.endswith("zzzz")
        await pilot.resize_terminal(27, 8)
        await pilot.pause()
        assert not text_of(grid)[1].endswith("…")  # where c has not begun
        await pilot.press("end")
        assert long.count("z") < text_of(grid)[1].count("z") == 20


async def test_no_sign_is_below_the_scrollbar() -> None:
    names = tuple(f"column_{i}" for i in range(9))
    results = ResultSet(names, tuple(names for _ in range(50)))
    async with showing(results, (43, 12)) as (_, pilot, _):
        strips = pilot.app.screen._compositor.render_strips()
        lines = [strip.text for strip in strips]
        assert lines[0][-2] == "»"
        assert lines[3][-2] == "…"


async def test_columns_out_of_sight_are_hinted_at_beside_wide_characters_too() -> None:
    results = ResultSet(("漢字", "b" * 30, "c" * 30), (("x", "y", "z"),))
    async with showing(results, (40, 8)) as (grid, pilot, _):
        assert text_of(grid)[0].endswith("»")
        await pilot.press("end")
        assert "«" in text_of(grid)[0]


# Exact values


async def test_the_border_tells_what_the_cell_does_not_show() -> None:
    rows = (("10.0.0.1", "346952038", "x" * 60), ("10.0.0.2", "512", "y"))
    results = ResultSet(("srcaddr", "total", "note"), rows)
    async with showing(results) as (grid, pilot, _):
        grid.show(results, BYTES)
        grid.count = "2 of 2 rows"
        told = []
        for key in ("home", "right", "down", "right", "up"):
            await pilot.press(key)
            told.append(grid.border_subtitle)
        assert told == [
            "2 of 2 rows",
            "346,952,038 B   2 of 2 rows",
            "2 of 2 rows",
            "2 of 2 rows",
            "x" * 41 + "…   2 of 2 rows",
        ]


async def test_foreign_text_on_the_border_is_neither_markup_nor_raw() -> None:
    async with showing(pairs(("[red]\x1b]52;c;QQ==\x07" + "x" * 60, "1"))) as (grid, _, _):
        assert Content.from_markup(grid.border_subtitle or "").plain.startswith("[red]·]52;c;")


async def test_a_new_text_on_the_border_draws_its_line_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with showing(many(50)) as (grid, pilot, _):
        grid.show(many(50), BYTES)
        await pilot.press("right", "G")
        drawn: list[int] = []
        draw = grid.render_line

        def spy(y: int) -> Strip:
            drawn.append(y)
            return draw(y)

        monkeypatch.setattr(grid, "render_line", spy)
        grid.count = "50 of 50 rows"
        await pilot.pause()
        assert drawn == []
        grid.refresh()
        await pilot.pause()
        assert len(drawn) == grid.size.height


# Times


async def test_unix_seconds_are_shown_as_times_and_told_as_they_are() -> None:
    rows = (("1648826280", "a"), ("-", "b"), ("1648826340", "c"))
    async with showing(ResultSet(("first", "name"), rows)) as (grid, _, _):
        grid.show(ResultSet(("first", "name"), rows), Meanings(fields={"first": FIELDS["start"]}))
        assert grid.cursor_value == "1648826280"
        assert grid.hidden_value == "1648826280"
        lines = [grid.render_line(y).text for y in range(4)]
        assert lines[0].split() == ["first", "04-01", "UTC", "name"]
        assert [line.split()[-2:] for line in lines[1:]] == [
            ["▌15:18:00", "a"], ["-", "b"], ["15:19:00", "c"]
        ]  # fmt: skip
        assert grid.find("15:19") == 1


async def test_numbers_that_stand_for_something_are_shown_with_its_name() -> None:
    rows = (("443", "6"), ("51514", "47"), ("-", "-"), ("22", "200"))
    results = ResultSet(("dstport", "p"), rows)
    async with showing(results) as (grid, _, _):
        fields = {"dstport": FIELDS["dstport"], "p": FIELDS["protocol"]}
        grid.show(results, Meanings(fields=fields))
        lines = [grid.render_line(y).text[1:].rstrip() for y in range(5)]
        assert lines == [
            "dstport      p",
            "  443 https    6 tcp",
            "51514         47 gre",
            "    -          -",
            "   22 ssh    200",
        ]
        assert (grid.cursor_value, grid.hidden_value) == ("443", "")
        assert grid.find("ssh") == 1
        grid.show(results, Meanings(fields=dict(fields)))
        assert grid.matches == 1


async def test_a_refusal_has_a_sign_and_a_colour() -> None:
    results = ResultSet(("action", "n"), (("ACCEPT", "1"), ("REJECT", "2"), ("-", "3")))
    async with showing(results) as (grid, _, _):
        grid.show(results, Meanings(fields={"action": FIELDS["action"]}))
        lines = [grid.render_line(y) for y in range(1, 4)]
        assert [line.text.split()[:-1] for line in lines] == [
            ["▌✓", "ACCEPT"], ["✗", "REJECT"], ["-"]
        ]  # fmt: skip
        accepted, refused, neither = (
            {segment.style.color for segment in line if segment.style} for line in lines
        )
        assert len(refused - accepted) == 1
        assert neither <= accepted
        assert grid.cursor_value == "ACCEPT"


DAY = ResultSet(
    ("@timestamp", "srcaddr"),
    (("2022-04-01 15:18:00.000", "b"), ("-", "-"), ("2022-04-01 16:00:00.000", "a")),
)


async def test_times_of_one_day_are_shown_without_it() -> None:
    async with showing(DAY) as (grid, _, _):
        assert [line.split() for line in text_of(grid)[:4]] == [
            ["@timestamp", "04-01", "UTC", "srcaddr"],
            ["▌15:18:00", "b"],
            ["-", "-"],
            ["16:00:00", "a"],
        ]
        assert grid.cursor_value == "2022-04-01 15:18:00.000"
        assert grid.hidden_value == "2022-04-01 15:18:00.000 UTC"
        grid.show(ResultSet(DAY.columns, (*DAY.rows, ("2022-04-02 00:00:00.250", "c"))))
        assert text_of(grid)[0].split() == ["@timestamp", "UTC", "srcaddr"]
        assert text_of(grid)[4].split() == ["2022-04-02", "00:00:00.250", "c"]


async def test_times_are_in_the_zone_that_is_chosen() -> None:
    async with showing(DAY) as (grid, pilot, _):
        grid.zone = ZoneInfo("Asia/Tokyo")
        await pilot.pause()
        assert text_of(grid)[0].split() == ["@timestamp", "04-02", "local", "srcaddr"]
        assert text_of(grid)[1].split() == ["▌00:18:00", "b"]
        assert text_of(grid)[2].split() == ["-", "-"]
        assert grid.cursor_value == "2022-04-01 15:18:00.000"
        assert (grid.find("00:18"), grid.find("15:18")) == (1, 1)
        await pilot.press("s")
        assert [line.split()[-1] for line in text_of(grid)[1:4]] == ["-", "b", "a"]
        grid.zone = UTC
        assert text_of(grid)[1].split() == ["▌-", "-"]
        assert text_of(grid)[0].split()[:3] == ["@timestamp", "04-01", "UTC▲"]


# The cursor


async def test_keys_move_the_cursor() -> None:
    async with showing(many(50)) as (grid, pilot, _):
        page = grid.size.height - 1
        rows = []
        for key in ("j", "down", "k", "pagedown", "G", "down", "pageup", "g", "up"):
            await pilot.press(key)
            rows.append(grid.cursor_row)
        assert rows == [1, 2, 1, 1 + page, 49, 49, 49 - page, 0, 0]
        await pilot.press("l", "l")
        assert (grid.cursor_column_name, grid.cursor_value) == ("total", "0")


async def test_the_cursor_is_always_on_the_screen_and_visible_without_colour() -> None:
    async with showing(many(50)) as (grid, pilot, _):
        for key in ("pagedown", "j", "G", "pageup", "k", "g"):
            await pilot.press(key)
            marked = [line for line in text_of(grid) if line.startswith(CURSOR_MARK)]
            assert [line.split()[0] for line in marked] == [f"▌10.0.0.{grid.cursor_row}"]
        styles = [segment.style for segment in grid.render_line(1)]
        assert [bool(style and style.reverse) for style in styles] == [True, False]


async def test_enter_selects_the_row_by_its_place_in_the_results() -> None:
    async with showing(many(5)) as (grid, pilot, selected):
        await pilot.press("s", "s", "down", "enter")
        assert [m.index for m in selected] == [3]
        assert selected[0].control is grid


async def test_a_click_moves_the_cursor_and_a_second_one_selects() -> None:
    async with showing(many(50)) as (grid, pilot, selected):
        await pilot.click(ResultGrid, offset=(14, 4))
        assert (grid.cursor_row, grid.cursor_column_name) == (3, "total")
        await pilot.click(ResultGrid, offset=(2, 4), times=2)
        assert [m.index for m in selected] == [3]


async def test_the_mouse_moving_over_it_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with showing(many(50)) as (grid, pilot, _):
        asked = repainted(grid, monkeypatch)
        await pilot.hover(ResultGrid, offset=(3, 3))
        await pilot.hover(ResultGrid, offset=(9, 6))
        assert asked == []


async def test_an_empty_grid_takes_every_key() -> None:
    async with showing(ResultSet()) as (grid, pilot, selected):
        await pilot.press("down", "right", "pagedown", "G", "g", "home", "end", "s", "enter")
        assert (grid.cursor_row, grid.cursor_key, grid.cursor_value) == (None, None, None)
        assert (grid.cursor_column_name, grid.column_position) == ("", (0, 0))
        assert grid.find("x") == 0
        assert not grid.find_next()
        assert selected == []


async def test_without_rows_it_says_the_hint_and_offers_no_drill() -> None:
    async with showing(ResultSet()) as (grid, pilot, _):
        grid.hint = "F5 runs\n? \x1b[keys"
        await pilot.pause()
        assert text_of(grid)[:4] == ["", " F5 runs", " ? ·[keys", ""]
        assert "enter" not in pilot.app.screen.active_bindings
        grid.show(many(1))
        await pilot.pause()
        assert "F5 runs" not in "".join(text_of(grid))
        assert "enter" in pilot.app.screen.active_bindings
        grid.show(pairs())
        assert [line.split() for line in text_of(grid)[:2]] == [
            ["srcaddr", "total"],
            ["F5", "runs"],
        ]


# Partial results


async def test_an_untouched_cursor_stays_on_top() -> None:
    async with showing(many(3)) as (grid, _, _):
        grid.show(pairs(("9.9.9.9", "1"), *many(3).rows))
        assert grid.cursor_key == ("9.9.9.9",)


async def test_a_moved_cursor_stays_on_its_row_through_any_replacement() -> None:
    chance = random.Random(7)  # noqa: S311  (a fixed order)
    async with showing(many(40)) as (grid, pilot, _):
        for key in ("down", "pagedown", "s", "pagedown", "s", "up"):
            await pilot.press(key)
            row = grid.cursor_key
            rows = [(name, str(chance.randrange(10**6))) for name, _ in many(60).rows]
            chance.shuffle(rows)
            grid.show(pairs(*rows))
            await pilot.pause()
            assert grid.cursor_key == row
            assert any(line.startswith(CURSOR_MARK) for line in text_of(grid))


async def test_the_cursor_of_a_row_that_is_gone_stays_on_its_line() -> None:
    async with showing(many(10)) as (grid, pilot, _):
        await pilot.press("down", "down")
        grid.show(pairs(*(row for row in many(10).rows if row[0] != "10.0.0.2")))
        assert grid.cursor_key == ("10.0.0.3",)
        grid.show(many(1))
        assert grid.cursor_key == ("10.0.0.0",)


async def test_only_changed_lines_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with showing(many(50)) as (grid, pilot, _):
        asked = repainted(grid, monkeypatch)
        grid.show(many(50))
        await pilot.pause()
        assert asked == []
        rows = list(many(50).rows)
        rows[2] = (rows[2][0], "77")
        rows[40] = (rows[40][0], "88")
        grid.show(pairs(*rows))
        await pilot.pause()
        assert asked == [3]


async def test_a_scrolled_view_stays_where_the_wheel_left_it() -> None:
    async with showing(many(50)) as (grid, pilot, _):
        grid.scroll_to(y=20, animate=False, force=True)
        await pilot.pause()
        grid.show(many(60))
        await pilot.pause()
        assert grid.scroll_offset.y == 20


async def test_columns_do_not_shrink_while_results_come_in() -> None:
    async with showing(pairs(("a-very-long-name", "1"))) as (grid, _, _):
        before = text_of(grid)[0]
        grid.show(pairs(("a", "1")))
        assert text_of(grid)[0] == before
        grid.clear()
        grid.show(pairs(("a", "1")))
        assert len(text_of(grid)[0]) < len(before)


async def test_restore_finds_the_row_again() -> None:
    async with showing(many(50)) as (grid, pilot, _):
        await pilot.press("G", "up")
        key = grid.cursor_key
        assert key is not None
        grid.clear()
        grid.show(many(50))
        assert grid.cursor_row == 0
        assert grid.restore(key)
        assert grid.cursor_row == 48
        assert not grid.restore(("nobody",))
        assert grid.cursor_row == 48


# Order and search


async def test_the_cursor_comes_back_to_its_column() -> None:
    # A step deeper and back, or without this value: + and - are about the same column again.
    async with showing(many(5)) as (grid, pilot, _):
        await pilot.press("right")
        grid.clear()
        grid.show(ResultSet(("@timestamp", "srcaddr"), (("2022-04-01 15:18:00.000", "10.0.0.1"),)))
        assert grid.cursor_column_name == "@timestamp"
        grid.clear()
        grid.show(many(3))
        assert grid.cursor_column_name == "total"


async def test_s_sorts_up_then_down_then_as_it_came() -> None:
    values = ("10", "9", "-", "x10", "x9", "200")
    results = ResultSet(("v",), tuple((value,) for value in values))
    async with showing(results) as (grid, pilot, _):
        orders = []
        for _ in range(3):
            await pilot.press("s")
            orders.append([line[1:].strip() for line in text_of(grid)[:7]])
        assert orders == [
            ["v▲", "-", "x9", "x10", "9", "10", "200"],
            ["v▼", "200", "10", "9", "x10", "x9", "-"],
            ["v", *values],
        ]


async def test_of_figures_the_largest_come_first() -> None:
    async with showing(many(3)) as (grid, pilot, _):
        await pilot.press("right")
        tops = []
        for _ in range(4):
            await pilot.press("s")
            tops.append([line.split()[-1] for line in text_of(grid)[:2]])
        assert tops == [["total▼", "2"], ["total▲", "0"], ["total", "0"], ["total▼", "2"]]


async def test_the_arrow_is_drawn_with_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    async with showing(many(50)) as (grid, pilot, _):
        for _ in range(4):
            asked = repainted(grid, monkeypatch)
            await pilot.press("s")
            assert 0 in asked


async def test_after_sorting_the_cursor_is_on_the_first_row() -> None:
    async with showing(many(50)) as (grid, pilot, _):
        await pilot.press("pagedown", "pagedown", "right", "s")
        assert (grid.cursor_key, grid.scroll_offset.y) == (("10.0.0.49",), 0)
        grid.show(many(60))
        assert grid.cursor_key == ("10.0.0.59",)


async def test_the_order_stays_while_results_come_in() -> None:
    async with showing(many(3)) as (grid, pilot, _):
        await pilot.press("right", "s")
        grid.show(pairs(("a", "5"), ("b", "70"), ("c", "6")))
        assert [line.split()[-1] for line in text_of(grid)[1:4]] == ["70", "6", "5"]


async def test_find_counts_rows_marks_cells_and_goes_around() -> None:
    results = pairs(("Web-1", "3"), ("db", "4"), ("web-2", "5"))
    async with showing(results) as (grid, pilot, _):
        assert grid.find("WEB") == 2
        marked = [
            segment.text.strip()
            for y in (1, 2, 3)
            for segment in grid.render_line(y)
            if segment.style and segment.style.underline
        ]
        assert marked == ["web-2"]  # Web-1 is under the cursor
        visited = []
        for direction in (1, 1, -1):
            assert grid.find_next(direction)
            visited.append(grid.cursor_row)
        assert visited == [2, 0, 2]
        assert (grid.matches, grid.match_position) == (2, 2)
        await pilot.press("k")
        assert (grid.matches, grid.match_position) == (2, 0)
        assert grid.find("") == 0
        assert not grid.find_next()


async def test_what_is_found_aside_is_of_the_rows_that_are_there_then() -> None:
    async with showing(many(3)) as (grid, _, _):
        await grid.find_aside("LATE")
        assert grid.matches == 0
        searching = asyncio.create_task(grid.find_aside("late"))
        await asyncio.sleep(0)
        grid.show(pairs(*many(3).rows, ("latecomer", "1")))
        await searching
        assert grid.matches == 1
        await grid.find_aside("")
        assert grid.matches == 0


async def test_find_sees_sizes_as_they_came_and_as_they_are_shown() -> None:
    async with showing(ResultSet()) as (grid, _, _):
        grid.show(pairs(("a", "346952038"), ("b", "1")), BYTES)
        assert grid.find("347 mb") == 1
        assert grid.find("34695") == 1


async def test_find_holds_for_rows_that_come_in_later() -> None:
    async with showing(many(3)) as (grid, _, _):
        assert grid.find("late") == 0
        grid.show(pairs(*many(3).rows, ("latecomer", "1")))
        assert grid.find_next()
        assert grid.cursor_row == 3


# Words beside, raw values, what is folded


FLOWS = ResultSet(
    ("srcaddr", "dstport", "bytes", "action"),
    (
        ("10.0.20.11", "443", "18999", "ACCEPT"),
        ("203.0.113.200", "22", "346952038", "REJECT"),
        ("169.254.169.253", "53", "160", "ACCEPT"),
    ),
)
OF_FLOWS = Meanings(
    {name: FIELDS[name] for name in FLOWS.columns}, bytes=frozenset({"bytes"})
)  # fmt: skip


async def test_what_stands_beside_is_dim_and_of_the_row() -> None:
    async with showing(ResultSet(), (90, 12)) as (grid, _, _):
        grid.show(FLOWS, OF_FLOWS)
        lines = [grid.render_line(y) for y in range(1, 4)]
        assert [line.text[1:].split()[:4] for line in lines] == [
            ["10.0.20.11", "private", "443", "https"],
            ["203.0.113.200", "public", "22", "ssh"],
            ["169.254.169.253", "VPC", "DNS", "53"],
        ]
        assert not any(segment.style and segment.style.dim for segment in lines[0])  # the cursor's
        for line, beside in zip(lines[1:], ("public ", "VPC DNS"), strict=True):
            dim = [segment.text for segment in line if segment.style and segment.style.dim]
            assert dim[0] == beside


async def test_values_are_shown_raw_by_one_key_and_back() -> None:
    async with showing(ResultSet(), (90, 12)) as (grid, pilot, _):
        grid.show(FLOWS, OF_FLOWS)
        grid.count = "3 rows"
        shown = text_of(grid)
        assert "19.0 kB" in shown[1]
        await pilot.press("right", "right", "number_sign")
        raw = [line[1:].split() for line in text_of(grid)[1:4]]
        assert raw == [list(row) for row in FLOWS.rows]
        assert grid.border_subtitle == "raw values   3 rows"
        assert grid.find("private") == 0
        assert grid.cursor_column_name == "bytes"
        await pilot.press("number_sign", "home")
        assert text_of(grid)[:4] == shown[:4]


async def test_a_click_knows_the_line_of_what_is_folded() -> None:
    rows = tuple((f"10.0.0.{n}", "x" * 40, "y" * 40) for n in range(30))
    results = ResultSet(("srcaddr", "a", "b"), rows)
    async with showing(results, (60, 12)) as (grid, pilot, _):
        assert text_of(grid)[0].startswith(" in all rows: a xxx")
        assert text_of(grid)[1].split() == ["srcaddr"]
        await pilot.click(ResultGrid, offset=(3, 4))
        assert grid.cursor_row == 2
        await pilot.click(ResultGrid, offset=(3, 1))
        assert "▲" in text_of(grid)[1]
        await pilot.click(ResultGrid, offset=(3, 0))
        assert "▲" in text_of(grid)[1]
        await pilot.press("G")
        assert text_of(grid)[-1].startswith(CURSOR_MARK)
        assert grid.find("yyy") == 30


async def test_the_next_result_of_another_shape_unfolds() -> None:
    same = tuple(("x" * 50, "y" * 50, str(n)) for n in range(3))
    async with showing(ResultSet(("a", "b", "n"), same), (60, 12)) as (grid, _, _):
        assert text_of(grid)[1].split() == ["n"]
        grid.show(ResultSet(("a", "b", "n"), (*same, ("z", "y" * 50, "4"))))
        assert [column.name for column in grid.state.layout.columns] == ["a", "n"]

"""The dialogue of columns, and what it does to the rows."""

from __future__ import annotations

from pathlib import Path

from flowtui.journal.column_layouts import ColumnLayouts
from flowtui.model.columns import AUTOMATIC
from flowtui.model.run import ResultSet, RunState, Snapshot
from flowtui.ui.screens.columns import ColumnsScreen
from tests.pilot.service import PAIRS_DONE, ScriptedService, Seen, make_app, showing, using


def header(seen: Seen) -> list[str]:
    return seen.grid.render_line(seen.grid.state.layout.head - 1).text.split()


async def test_columns_are_hidden_moved_widened_and_stay_so(tmp_path: Path) -> None:
    layouts = ColumnLayouts(tmp_path / "columns.json")
    service = ScriptedService([PAIRS_DONE], [PAIRS_DONE])
    async with using(make_app(service, columns=layouts)) as seen:
        await seen.run()
        await seen.press("vertical_line", "down", "space", "up", "J", "enter")
        assert header(seen)[0] == "srcaddr"
        assert "dstaddr" not in header(seen)
        width = seen.grid.state.layout.widths[0]
        await seen.press("vertical_line", "right", "right", "enter")
        assert seen.grid.state.layout.widths[0] == width + 2
        await seen.run()
        assert "dstaddr" not in header(seen)
    again = ColumnLayouts(tmp_path / "columns.json")
    async with using(make_app(ScriptedService([PAIRS_DONE]), columns=again)) as seen:
        await seen.run()
        assert "dstaddr" not in header(seen)
        await seen.press("vertical_line", "a", "enter")
        assert "dstaddr" in header(seen)
        assert again.of(PAIRS_DONE.results.columns) == AUTOMATIC


async def test_escape_leaves_all_as_it_is() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        before = seen.text
        await seen.press("vertical_line")
        assert isinstance(seen.screen, ColumnsScreen)
        await seen.press("space", "J", "f", "escape")
        assert seen.text == before


async def test_the_cursor_begins_at_its_column_and_the_last_one_stays() -> None:
    async with showing([PAIRS_DONE]) as (seen, _):
        await seen.press("right", "vertical_line")
        screen = seen.screen
        assert isinstance(screen, ColumnsScreen)
        assert screen._column.name == "dstaddr"
        await seen.press("k", "space", "j", "space", "j", "space", "space", "j", "space", "enter")
        assert header(seen) == ["Data_Transferred"]


async def test_what_is_folded_can_be_had_as_a_column(tmp_path: Path) -> None:
    rows = ResultSet(
        tuple("abcdef"), tuple(("x" * 30, "y" * 30, str(n), "z" * 20, "-", "w") for n in range(3))
    )
    service = ScriptedService([Snapshot(RunState.COMPLETE, rows)])
    app = make_app(
        service, "fields 1 as a, 1 as b, 1 as c, 1 as d, 1 as e, 1 as f", folder=tmp_path
    )
    async with using(app, (60, 24)) as seen:
        await seen.run()
        assert header(seen) == ["c"]
        assert f"in all rows: a {'x' * 20}" in seen.text
        assert seen.grid.find("y" * 30) == 3
        await seen.press("vertical_line")
        assert seen.text.count(" folds  ") == 5
        await seen.press("g", "home", "end", "space", "enter")
        assert header(seen) == ["c", "f"]


async def test_frozen_columns_stay_while_others_pass(tmp_path: Path) -> None:
    columns = tuple(f"column_{i}" for i in range(9))
    rows = ResultSet(columns, tuple(tuple(f"{n}v{i}" for i in range(9)) for n in range(2)))
    service = ScriptedService([Snapshot(RunState.COMPLETE, rows)])
    app = make_app(
        service, f"fields {', '.join(f'1 as {name}' for name in columns)}", folder=tmp_path
    )
    async with using(app, (60, 24)) as seen:
        await seen.run()
        await seen.press("right", "vertical_line", "f")
        assert seen.text.count(" frozen ") == 2
        await seen.press("enter", "end")
        assert header(seen)[:2] == ["column_0", "column_1"]
        assert header(seen)[-1] == "column_8"

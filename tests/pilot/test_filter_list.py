"""The list that all dialogues to filter by share: what is drawn of it, and how one gets about."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from flowtui.ui.widgets.filter_list import FilterList, RowList, have_all

ROWS = tuple(f"row {n:05}" for n in range(12_000))


@dataclass
class Seen:
    pilot: Pilot[None]
    drawn: list[str]
    """The rows that were drawn, in order."""
    moved: list[str | None]
    """What was under the cursor at each move."""
    taken: list[str | None]

    @property
    def listing(self) -> FilterList[str]:
        return self.pilot.app.query_one(FilterList)

    @property
    def visible(self) -> list[str]:
        shown = self.pilot.app.query_one(RowList)
        return [shown.render_line(y).text.rstrip() for y in range(shown.size.height)]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()


@asynccontextmanager
async def listing(rows: Sequence[str], *, headings: str = "#") -> AsyncIterator[Seen]:
    """A list in which those that begin with a `#` are headings."""
    drawn: list[str] = []
    moved: list[str | None] = []
    taken: list[str | None] = []

    def line(row: str) -> str:
        drawn.append(row)
        return row

    class Only(App[None]):
        def compose(self) -> ComposeResult:
            yield FilterList(line, is_heading=lambda row: row.startswith(headings))

        def on_mount(self) -> None:
            self.show()

        def show(self) -> None:
            found = self.query_one(FilterList)
            found.show([row for row in rows if have_all(row, found.words)])

        def on_filter_list_typed(self) -> None:
            self.show()

        def on_filter_list_moved(self) -> None:
            moved.append(self.query_one(FilterList).chosen)

        def on_filter_list_taken(self) -> None:
            taken.append(self.query_one(FilterList).chosen)

    async with Only().run_test(size=(40, 20)) as pilot:
        seen = Seen(pilot, drawn, moved, taken)
        await pilot.pause()
        yield seen


async def test_no_more_than_the_visible_rows_is_drawn() -> None:
    async with listing(ROWS) as seen:
        assert seen.visible == list(ROWS[:11])
        seen.drawn.clear()
        await seen.press("7")
        assert set(seen.drawn) <= {row for row in ROWS if "7" in row and row < "row 00137"}
        seen.drawn.clear()
        await seen.press("down")
        assert sorted(set(seen.drawn)) == ["row 00007", "row 00017"]


async def test_moves_end_at_the_ends_and_keep_the_cursor_visible() -> None:
    async with listing(ROWS) as seen:
        for key, row in (("up", 0), ("down", 1), ("pagedown", 11), ("pagedown", 21), ("up", 20)):
            await seen.press(key)
            assert seen.listing.chosen == ROWS[row]
            assert ROWS[row] in seen.visible
        seen.listing.show(ROWS, len(ROWS) - 3)
        await seen.press("pagedown", "down")
        assert seen.listing.chosen == ROWS[-1]
        assert seen.visible == list(ROWS[-11:])


async def test_headings_are_passed_by() -> None:
    async with listing(("# a", "x", "# b", "# c", "y", "# d")) as seen:
        found = [seen.listing.chosen]
        for key in ("up", "down", "down", "up", "pagedown", "pageup"):
            await seen.press(key)
            found.append(seen.listing.chosen)
        assert found == ["x", "x", "y", "y", "x", "y", "x"]
    async with listing(("# a", "# b")) as seen:
        await seen.press("down", "enter")
        assert (seen.listing.cursor, seen.listing.chosen, seen.taken) == (None, None, [None])


async def test_a_filter_that_nothing_matches_and_its_way_back() -> None:
    async with listing(ROWS) as seen:
        await seen.press(*"nothing")
        assert (seen.listing.rows, seen.listing.cursor, seen.visible) == ([], None, [])
        await seen.press("ctrl+u")
        assert (len(seen.listing.rows), seen.listing.cursor) == (12_000, 0)
        assert seen.visible == list(ROWS[:11])
        await seen.press(*"row 00099")
        assert seen.visible == ["row 00099"]


async def test_what_is_under_the_cursor_is_told_also_of_other_rows() -> None:
    async with listing(ROWS) as seen:
        seen.moved.clear()
        await seen.press("down", "3", "enter")
        assert seen.moved == ["row 00001", "row 00003"]
        assert seen.taken == ["row 00003"]


async def test_a_click_takes_the_row_below_it() -> None:
    async with listing(("x", "# a", "y")) as seen:
        await seen.pilot.click(RowList, offset=(2, 1))
        await seen.pilot.click(RowList, offset=(2, 9))
        assert seen.taken == []
        await seen.pilot.click(RowList, offset=(2, 2))
        await seen.pilot.pause()
        assert seen.taken == ["y"]


async def test_rows_are_foreign_text() -> None:
    async with listing(("[/x] [bold]\x1b[31m\x07",)) as seen:
        (line,) = seen.visible
        assert line == "[/x] [bold]·[31m·"


async def test_a_line_that_is_cut_says_so() -> None:
    async with listing(("a" * 500, "漢" * 500, "short")) as seen:
        letters, wide, short = seen.visible
        assert (letters.strip("a"), wide.strip("漢")) == ("…", "…")
        assert short == "short"


@pytest.mark.parametrize(
    ("words", "has"), [((), True), (("a",), True), (("a", "b"), True), (("c",), False)]
)
def test_all_words_are_to_be_there(words: tuple[str, ...], has: bool) -> None:
    assert have_all("B, and A", words) is has

"""Where the choices stand on the screen."""

from __future__ import annotations

import pytest
from textual.geometry import Offset, Region, Size

from flowtui.query.completion_items import CompletionItem, CompletionKind
from flowtui.ui.widgets.choice_list import region_of, window_start

SCREEN = Size(80, 24)


def choices(count: int, detail: str = "what it is") -> list[CompletionItem]:
    return [CompletionItem("name", "name", detail, CompletionKind.FIELD)] * count


@pytest.mark.parametrize(
    ("count", "cursor", "region"),
    [
        (3, Offset(5, 2), Region(5, 3, 18, 3)),
        (99, Offset(5, 2), Region(5, 3, 18, 8)),
        (3, Offset(75, 2), Region(62, 3, 18, 3)),
        (3, Offset(5, 21), Region(5, 18, 18, 3)),
        (3, Offset(-1, 0), Region(0, 1, 18, 3)),
    ],
)
def test_below_the_cursor_or_where_there_is_room(
    count: int, cursor: Offset, region: Region
) -> None:
    assert region_of(choices(count), cursor, SCREEN) == region


def test_a_long_line_is_cut_to_the_screen() -> None:
    assert region_of(choices(1, "x" * 200), Offset(0, 0), SCREEN).width == 64
    assert region_of(choices(1, "x" * 200), Offset(0, 0), Size(30, 24)).width == 30


@pytest.mark.parametrize("y", range(8))
def test_a_low_screen_shows_fewer_and_never_hides_the_cursor(y: int) -> None:
    screen = Size(30, 8)
    region = region_of(choices(99), Offset(3, y), screen)
    assert screen.region.contains_region(region)
    assert not region.y <= y < region.bottom


@pytest.mark.parametrize(
    ("chosen", "count", "start"), [(0, 20, 0), (4, 20, 0), (5, 20, 1), (19, 20, 12), (2, 3, 0)]
)
def test_the_chosen_line_is_in_the_window(chosen: int, count: int, start: int) -> None:
    assert window_start(chosen, count, 8) == start

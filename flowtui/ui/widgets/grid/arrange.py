"""How the columns of a grid are laid out: which are shown, how wide, what gives way. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from rich.cells import cell_len

from flowtui.model.columns import AUTOMATIC, ColumnChoice
from flowtui.model.run import Cell, Row
from flowtui.ui.text import NOTHING, number
from flowtui.ui.widgets.grid.columns import Column
from flowtui.ui.widgets.grid.layout import PADDING, SHARE, Folded, Layout

CAP = 40
"""Cells that a column takes at most, unless there is room to spare."""

ID_CAP = 14
"""The same of ids, whose middle tells nothing: `eni-043…2230e`."""

BAR = range(6, 21)
"""Cells of a bar; with less room there is none."""

SHORT_ASIDE = 8
"""Enough of it to tell one name from another."""

LEAST_ASIDE = len("public")
"""With less room for what stands beside there is none."""


def arrange(
    columns: tuple[Column, ...],
    rows: Sequence[Row],
    available: int,
    choice: ColumnChoice = AUTOMATIC,
) -> Layout:
    """The layout for a screen of `available` cells.

    What is the same in all rows is folded where there is not room for all; what stands beside
    values gives way where the columns fit without it. Spare room goes to cut columns, then to a
    bar.
    """
    columns = _chosen(columns, choice)
    folded: tuple[Folded, ...] = ()
    setting = ""
    widths = _widths(columns, choice)
    if _taken(widths, _asides(columns)) > available:
        columns, folded = _folded(columns, rows, choice)
        columns, setting = _bared(columns)
        widths = _widths(columns, choice)
    asides = _with_room(columns, widths, available)
    widths = _titled(columns, widths, asides)
    spare = max(0, available - _taken(widths, asides))
    for place, column in enumerate(columns):
        if column.name not in choice.widths:
            extra = min(spare, max(0, column.content - widths[place]))
            widths[place] += extra
            spare -= extra
    bar_column = _bar_column(columns)
    length, beside_bar = 0, 0
    if bar_column >= 0 and columns[bar_column].name not in choice.widths:
        # The title stands above the bar too.
        column, width = columns[bar_column], widths[bar_column]
        room = spare + max(0, width - column.least)
        length, beside_bar = _bar_cells(room, has_share=column.is_total)
        if length:
            widths[bar_column] = column.least
            beside_bar = max(beside_bar, cell_len(column.title) - column.least)
    taken = [_cells(width, aside) for width, aside in zip(widths, asides, strict=True)]
    if length:
        taken[bar_column] += beside_bar
    offsets = (0, *accumulate(taken))
    layout = Layout(
        columns, tuple(widths), tuple(asides), offsets, bar_column, length, beside_bar,
        alarming=tuple(place for place, column in enumerate(columns) if column.is_alarming),
        folded=folded, setting=setting, frozen=_frozen(columns, choice),
    )  # fmt: skip
    return _scaled(layout, rows) if length else layout


def _frozen(columns: tuple[Column, ...], choice: ColumnChoice) -> int:
    if choice.frozen is None:
        return 1
    stays = (column.name in choice.frozen for column in columns)
    return next((place for place, each in enumerate(stays) if not each), len(columns))


def _chosen(columns: tuple[Column, ...], choice: ColumnChoice) -> tuple[Column, ...]:
    """The columns that the user wants, in their order; all where none would be left."""
    places = {name: at for at, name in enumerate(choice.order)}
    ordered = sorted(columns, key=lambda column: places.get(column.name, len(places)))
    shown = tuple(column for column in ordered if column.name not in choice.hidden)
    return shown or columns


def _folded(
    columns: tuple[Column, ...], rows: Sequence[Row], choice: ColumnChoice
) -> tuple[tuple[Column, ...], tuple[Folded, ...]]:
    """The columns that stay, and those that are told in one line."""
    folds = [c for c in columns if c.is_constant and c.name not in choice.unfolded]
    kept = tuple(column for column in columns if column not in folds)
    if not kept or not folds:
        return columns, ()
    return kept, tuple(Folded(column, column.text(rows[0]).strip()) for column in folds)


def _bared(columns: tuple[Column, ...]) -> tuple[tuple[Column, ...], str]:
    """The columns without what the titles of all times say, and that; where these differ, as is."""
    settings = {column.cells.setting for column in columns} - {""}
    if len(settings) != 1:
        return columns, ""
    bare = [replace(c, cells=c.cells.bare()) if c.cells.setting else c for c in columns]
    fitted = (
        replace(c, content=max(c.least, cell_len(c.title) - (c.aside and c.aside + 1)))
        for c in bare
    )
    return tuple(fitted), settings.pop()


def _titled(columns: tuple[Column, ...], widths: Sequence[int], asides: Sequence[int]) -> list[int]:
    """Widths with room for the titles where nothing, or less than was thought, stands beside."""
    return [
        max(width, min(CAP, cell_len(column.title) - (aside and aside + 1)))
        if aside < column.aside
        else width
        for column, width, aside in zip(columns, widths, asides, strict=True)
    ]


def _widths(columns: tuple[Column, ...], choice: ColumnChoice) -> list[int]:
    return [_width(column, choice.widths) for column in columns]


def _width(column: Column, chosen: Mapping[str, int]) -> int:
    if column.name in chosen:
        return max(1, chosen[column.name])
    least = cell_len(column.title) - (column.aside and column.aside + 1)
    return min(column.content, max(ID_CAP, least) if column.cells.is_id else CAP)


def _asides(columns: tuple[Column, ...]) -> list[int]:
    return [column.aside for column in columns]


def _with_room(columns: tuple[Column, ...], widths: list[int], available: int) -> list[int]:
    """What stands beside is cut, the widest first, where then all columns fit."""
    asides = _asides(columns)

    def missing(kept: list[int]) -> int:
        return _taken(_titled(columns, widths, kept), kept) - available

    if missing([0] * len(asides)) > 0:
        return _with_most(columns, widths, available)
    kept = list(asides)
    while missing(kept) > 0:
        widest = max(range(len(kept)), key=kept.__getitem__)
        if kept[widest] > LEAST_ASIDE:
            kept[widest] -= 1
        else:
            kept[max(place for place, aside in enumerate(kept) if aside)] = 0
    for place, aside in enumerate(asides):
        # One that is gone leaves more room than was missing.
        kept[place] = min(aside, kept[place] - missing(kept)) if kept[place] else 0
    return kept


def _with_most(columns: tuple[Column, ...], widths: list[int], available: int) -> list[int]:
    """What stands beside where no cut of it lets all columns fit.

    It gives way to the amounts that are on the screen without it, for those are what one asks for;
    and to any other column only as long as enough of it is left to be told apart.
    """

    def ends(beside: list[int]) -> list[int]:
        needed = _titled(columns, widths, beside)
        each_end = range(1, len(columns) + 1)
        return [end for end in each_end if _taken(needed[:end], beside[:end]) <= available]

    asides = _asides(columns)
    amounts = {place + 1 for place, each in enumerate(columns) if each.is_bytes}
    amounts = amounts or {place + 1 for place, each in enumerate(columns) if each.is_total}
    bare, cut = ends([0] * len(asides)), ends([min(SHORT_ASIDE, aside) for aside in asides])
    shown = max((*amounts.intersection(bare), *cut), default=0)
    return _with_room(columns[:shown], widths[:shown], available) + asides[shown:]


def _taken(widths: Iterable[int], asides: Iterable[int]) -> int:
    return sum(_cells(width, aside) for width, aside in zip(widths, asides, strict=True))


def _cells(width: int, aside: int) -> int:
    return width + PADDING + (aside and aside + 1)


def _bar_cells(room: int, *, has_share: bool) -> tuple[int, int]:
    """The cells of a bar, and of it with the share and a space; nothing where it has no room."""
    share = SHARE if has_share and room > BAR.start + SHARE else 0
    length = min(room - 1 - share, BAR.stop - 1)
    return (length, length + 1 + share) if length >= BAR.start else (0, 0)


def _bar_column(columns: tuple[Column, ...]) -> int:
    """The first that counts bytes, else the first that adds up; -1 where there is neither."""
    wanted = [(not c.is_bytes, i) for i, c in enumerate(columns) if c.is_bytes or c.is_total]
    return min(wanted)[1] if wanted else -1


def _scaled(layout: Layout, rows: Sequence[Row]) -> Layout:
    """The layout with the scale of its bar."""
    column = layout.columns[layout.bar_column]
    peak, total = _extent([row[column.index] for row in rows])
    return replace(layout, peak=peak, total=total if column.is_total else 0)


def _extent(cells: list[Cell]) -> tuple[float, float]:
    """The largest of some numbers and their sum."""
    told = [value for value in cells if value is not None and value != NOTHING]
    joined = "".join(told)
    if joined.isascii() and joined.isdigit() and max(map(len, told)) < 19:
        whole = list(map(int, told))
        return max(whole), sum(whole)
    numbers = [number(value) for value in told]
    return max(numbers, default=0), sum(numbers)

"""The records over time on the whole screen: areas, a heat map, or the groups as bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Static

from flowtui.engine.series import Series
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange
from flowtui.ui.charts.areas import GUTTER, areas
from flowtui.ui.charts.canvas import Line, words
from flowtui.ui.charts.groups import Group, groups
from flowtui.ui.charts.heat import NAMES, by_the_hour, heat
from flowtui.ui.charts.panel import MOST_NAMES, Look, Selected, span_of
from flowtui.ui.charts.stack import Glyphs
from flowtui.ui.charts.table import readout, table
from flowtui.ui.screens.dialogs import TextScreen
from flowtui.ui.screens.pick import Choice, PickScreen
from flowtui.ui.text import clean
from flowtui.ui.widgets.chart_canvas import ChartCanvas
from flowtui.ui.widgets.key_bar import KeyBar
from flowtui.ui.widgets.timeline import offset_at

KINDS: Mapping[str, str] = {"areas": "over time", "heat": "heat map", "groups": "groups"}
"""What there is to see, and how it is called."""

NOTHING_EARLIER = "no records in the window before"

FEWEST_LINES = 6
"""A picture of fewer says nothing: the table gives way."""


@frozen
class ChartView:
    """What is to be seen of a step."""

    title: str = ""
    series: Series | None = None
    earlier: Series | None = None
    groups: tuple[Group, ...] = ()
    split: str = ""
    columns: tuple[Choice, ...] = ()
    """The columns whose values can be told apart."""
    queries: tuple[str, ...] = ()
    """The texts that were asked for it."""
    wants_earlier: bool = False
    missing: str = ""
    """Why there is nothing over time."""


@frozen
class Wishes:
    """What the user wants otherwise; it comes with another view."""

    split: Callable[[str], None] = field(default=lambda _: None)
    earlier: Callable[[bool], None] = field(default=lambda _: None)


class ChartScreen(Screen[TimeRange | None]):
    """Returns a span of time to ask about; None where there was enough to see."""

    DEFAULT_CSS = """
    ChartScreen { background: $background; }
    ChartScreen > .title {
        height: 1; color: $text-muted; background: $surface; padding: 0 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    ChartScreen > .readout { height: 1; padding: 0 1; }
    ChartScreen > ChartCanvas { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,T", "dismiss(None)", "Back", key_display="Esc"),
        Binding("1,a", "kind('areas')", "Areas", key_display="1"),
        Binding("2", "kind('heat')", "Heat map"),
        Binding("3", "kind('groups')", "Groups"),
        Binding("tab", "next_kind", "Next", show=False),
        Binding("left,h", "select(-1)", "Earlier", show=False),
        Binding("right,l", "select(1)", "Later", show=False),
        Binding("shift+left,H", "select(-1, True)", "Wider", show=False),
        Binding("shift+right,L", "select(1, True)", "Wider", show=False),
        Binding("home", "select(-100000)", "First", show=False),
        Binding("end", "select(100000)", "Last", show=False),
        Binding("v", "mark", "Mark"),
        Binding("enter", "zoom", "Zoom"),
        Binding("b", "split", "Bands"),
        Binding("p", "earlier", "Window before"),
        Binding("f3", "queries", "Queries", key_display="F3"),
    ]

    view: reactive[ChartView] = reactive(ChartView())
    kind: reactive[str] = reactive("areas")
    selected: reactive[Selected | None] = reactive["Selected | None"](None)

    def __init__(
        self,
        view: ChartView,
        *,
        zone: tzinfo = UTC,
        glyphs: Glyphs = Glyphs.BLOCKS,
        wishes: Wishes = Wishes(),
    ) -> None:
        super().__init__()
        self.set_reactive(ChartScreen.view, view)
        self._zone, self._glyphs, self._wishes = zone, glyphs, wishes
        self._is_marking = False
        self._grip = 0

    def compose(self) -> ComposeResult:
        drawn = self.view.series
        yield Static(Content(self._title(drawn)), classes="title")
        yield ChartCanvas(self._picture)
        yield Static(Content(self._said(drawn)), classes="readout")
        yield KeyBar()

    def on_resize(self) -> None:
        """The steps are others where there is another room."""
        self.selected = None
        self.call_after_refresh(self._draw)

    def watch_view(self) -> None:
        self.selected, self._is_marking = None, False
        self._draw()

    def watch_kind(self) -> None:
        self.selected = None
        self._draw()

    def watch_selected(self) -> None:
        self._draw()

    # What is drawn

    @property
    def look(self) -> Look:
        options = self.app.console.options
        glyphs = Glyphs.ASCII if options.ascii_only else self._glyphs
        return Look(glyphs, not self.app.no_color, self._zone)

    @property
    def drawn(self) -> Series | None:
        return None if self.view.series is None else self._fitted(self.view.series)

    def _fitted(self, series: Series) -> Series:
        offset, most = offset_at(series, self._zone), self._room * self.look.glyphs.across
        return _fitted(series, max(2, most), offset, by_hour=self.kind == "heat")

    @property
    def _left(self) -> int:
        """The cells at the left of the bars."""
        return NAMES if self.kind == "heat" else GUTTER

    @property
    def _room(self) -> int:
        return max(1, self.query_one(ChartCanvas).content_size.width - self._left)

    def _draw(self) -> None:
        if not self.is_mounted or not self.query(ChartCanvas):
            return
        drawn = self.drawn
        self.query_one(ChartCanvas).refresh()
        title, said = self.query(Static)
        title.update(Content(self._title(drawn)), layout=False)
        said.update(Content(self._said(drawn)), layout=False)

    def _picture(self, width: int, height: int) -> tuple[Sequence[Line], Sequence[str]]:
        """The lines, and the names of their parts."""
        drawn = self.drawn
        if self.kind == "groups":
            return groups(self.view.groups, width, height, self.look), [""]
        if drawn is None:
            return (words(self.view.missing or "nothing is known over time", width),), [""]
        below = table(drawn, width, self.look)
        room = height - len(below)
        if room < FEWEST_LINES:
            below, room = (), height
        names = [band.name for band in drawn.top(MOST_NAMES).by_name()]
        return (*self._chart(drawn, width, room), *below), names

    def _chart(self, drawn: Series, width: int, height: int) -> Sequence[Line]:
        if self.kind == "heat":
            return heat(drawn, width, height, self.look, self.selected)
        earlier, look = self._earlier, self.look
        return areas(drawn, width, height, look, selected=self.selected, earlier=earlier)

    @property
    def _earlier(self) -> Series | None:
        found = self.view.earlier
        is_shown = found is not None and self.kind == "areas" and self.is_mounted
        return self._fitted(found) if found is not None and is_shown else None

    def _title(self, drawn: Series | None) -> str:
        label = "" if drawn is None or self.kind == "groups" else drawn.label
        by = f"by {self.view.split}" if self.view.split and self.kind != "groups" else ""
        return clean("  ".join(filter(None, [KINDS[self.kind], label, by, self.view.title])))

    def _said(self, drawn: Series | None) -> str:
        if drawn is None or self.kind == "groups":
            return ""
        earlier = self._earlier
        said = readout(drawn, self.selected, self.look, earlier)
        is_empty = earlier is not None and not any(earlier.values)
        return clean("  ".join(filter(None, [said, NOTHING_EARLIER if is_empty else ""])))

    # Keys

    def action_kind(self, kind: str) -> None:
        self.kind = kind

    def action_next_kind(self) -> None:
        kinds = [*KINDS]
        self.kind = kinds[(kinds.index(self.kind) + 1) % len(kinds)]

    def action_select(self, step: int, wider: bool = False) -> None:
        drawn = self.drawn
        if drawn is None or self.kind == "groups":
            return
        at = drawn.values.index(drawn.peak) if self.selected is None else self.selected.to + step
        to = max(0, min(len(drawn.values) - 1, at))
        is_wider = (wider or self._is_marking) and self.selected is not None
        anchor = self.selected.anchor if self.selected is not None and is_wider else to
        self.selected = Selected(anchor, to)

    def action_mark(self) -> None:
        self._is_marking = not self._is_marking
        if self.selected is not None and not self._is_marking:
            self.selected = Selected(self.selected.to, self.selected.to)

    @on(ChartCanvas.Pointed)
    def point(self, message: ChartCanvas.Pointed) -> None:
        drawn = self.drawn
        if drawn is None or self.kind == "groups":
            return
        cell = max(0, min(self._room - 1, message.x - self._left))
        self._grip = cell if message.is_first else self._grip
        self.selected = Selected.between(len(drawn.values), self._room, self._grip, cell)

    def action_zoom(self) -> None:
        drawn = self.drawn
        if drawn is not None and self.selected is not None:
            self.dismiss(span_of(drawn, self.selected))

    @work
    async def action_split(self) -> None:
        screen = PickScreen("Over time, tell apart by", self.view.columns, self.view.split)
        column = await self.app.push_screen_wait(screen)
        if column is not None:
            self._wishes.split(column)

    def action_earlier(self) -> None:
        self._wishes.earlier(not self.view.wants_earlier)

    def action_queries(self) -> None:
        text = "\n\n".join(self.view.queries) or "it was drawn from the rows; nothing was asked"
        self.app.push_screen(TextScreen("What was asked for it", text))


@lru_cache(maxsize=8)
def _fitted(series: Series, most: int, offset_ms: int, *, by_hour: bool) -> Series:
    """In steps that there is room for; kept, as each key asks for them several times."""
    return (by_the_hour(series, offset_ms) if by_hour else series).fitted(most, offset_ms)

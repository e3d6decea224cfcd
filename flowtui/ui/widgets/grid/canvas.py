"""What draws the state of a grid on the screen, and no more than has changed of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import ClassVar, Self

from textual.content import Content
from textual.geometry import Region, Size
from textual.reactive import reactive, var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from flowtui.model.columns import AUTOMATIC, ColumnChoice
from flowtui.ui.widgets.grid.border import border_text
from flowtui.ui.widgets.grid.columns import Naming, nameless
from flowtui.ui.widgets.grid.layout import NO_LAYOUT
from flowtui.ui.widgets.grid.painter import GridPainter
from flowtui.ui.widgets.grid.state import GridState
from flowtui.ui.widgets.grid.viewport import Viewport


class GridCanvas(ScrollView):
    """The header and the first column stay in place; who gives it another state has it drawn."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    GridCanvas {
        background: $surface;
        color: $foreground;
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-horizontal: 0;
        scrollbar-size-vertical: 1;
        & > .result-grid--header { background: $panel; text-style: bold; }
        & > .result-grid--odd { background: $foreground 4%; }
        & > .result-grid--row { background: $foreground 12%; text-style: bold; }
        & > .result-grid--cursor { text-style: bold underline; }
        & > .result-grid--bar { color: $primary 60%; }
        & > .result-grid--aside { text-style: dim; }
        & > .result-grid--folded { color: $text-muted; }
        & > .result-grid--refused { color: $error; }
        & > .result-grid--match { text-style: bold underline; color: $accent; }
        & > .result-grid--changed { text-style: bold underline; color: $warning; }
        & > .result-grid--hint { color: $text-muted; }
        &:focus > .result-grid--cursor {
            background: $surface; color: $foreground; text-style: bold reverse;
        }
    }
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "result-grid--header",
        "result-grid--odd",
        "result-grid--row",
        "result-grid--cursor",
        "result-grid--bar",
        "result-grid--aside",
        "result-grid--folded",
        "result-grid--refused",
        "result-grid--match",
        "result-grid--changed",
        "result-grid--hint",
    }

    zone: var[tzinfo] = var[tzinfo](UTC)
    """The zone that timestamps are shown in; the values stay as they came, in UTC."""
    is_raw: var[bool] = var(False)
    """Whether values are shown as they came."""
    count: var[str] = var("")
    """How many rows there are, in words, for the border."""
    hint: reactive[str] = reactive("")
    """The words in the place of rows while there are none; may have several lines."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, classes=classes)
        self.state = GridState()
        self._painter = GridPainter(self)
        self._is_writing_border = False
        self._last_view = Viewport(NO_LAYOUT, 0, 0)
        self.naming: Naming = nameless
        """What addresses and resources are called."""
        self.country: Naming = nameless
        """Where an address is registered."""
        self.choice_of: Callable[[tuple[str, ...]], ColumnChoice] = lambda _: AUTOMATIC
        """The user's choice of the columns, by their names; after a change, `arrange_anew`."""

    def _arranged(self, state: GridState) -> GridState:
        """The columns as the user wants to see them, in the room there is."""
        if not state.results.columns:
            return state.without_columns()
        # The first frame has no rows, and needs nothing of it.
        from flowtui.ui.widgets.grid.measure import Look

        look = Look(self.zone, self.is_raw, self.naming, self.country)
        return state.arranged(look, self._width, self.choice_of(state.results.columns))

    def _become(self, state: GridState, *, reveals: bool = False) -> None:
        """Show another state; lines that look different then are drawn again, and no others."""
        had_rows = bool(self.state.order)
        before = [self.render_line(y) for y in range(self.size.height)]
        self._take(state)
        if reveals:
            self._reveal()
        for y, line in enumerate(before):
            if self.render_line(y) != line:
                self.refresh(Region(0, y, self._width, 1))
        if bool(state.order) != had_rows:
            self.refresh_bindings()

    def _take(self, state: GridState) -> None:
        self.state = state
        # So wide that the last column can stand beside the head.
        width = state.layout.width + self._width if state.results.columns else 2 * self._width
        self.virtual_size = Size(width, len(state.order) + self._head)

    def on_resize(self) -> None:
        """Room to spare, the bar among it, depends on the width."""
        self._take(self._arranged(self.state))
        self._reveal()
        self.refresh()
        self._write_border()

    # What is in sight

    def _is_visible(self) -> bool:
        return 0 <= self.state.row - self.scroll_offset.y < self._page

    def _reveal(self) -> None:
        """Scroll as little as shows the cursor's cell."""
        row = self.state.row
        top = min(row, max(self.scroll_offset.y, row - self._page + 1))
        self._scroll(self._view.left_to_show(self.state.column), top)

    def _scroll(self, left: float, top: float) -> None:
        if (left, top) != self.scroll_offset:
            self.scroll_to(left, top, animate=False, force=True)

    @property
    def _head(self) -> int:
        return self.state.layout.head

    @property
    def _page(self) -> int:
        return max(1, self.size.height - self._head)

    @property
    def _width(self) -> int:
        """The cells of a line; the `size` has the scrollbar too, and it hides what is below it."""
        return self.scrollable_content_region.width

    @property
    def _view(self) -> Viewport:
        view, left = self._last_view, self.scroll_offset.x
        layout, width = self.state.layout, self._width
        if view.layout is not layout or (view.width, view.left) != (width, left):
            view = self._last_view = Viewport(layout, width, left)
        return view

    def _place_at(self, y: int) -> int:
        """The place in `order` of the row at a line of the screen; below 0 for those above it."""
        return y - self._head if y < self._head else self.scroll_offset.y + y - self._head

    # Drawing

    def _write_border(self) -> None:
        """On the lower border: the cursor's value, where its cell shows less, and the count."""
        text = Content(border_text(self.state, self.count, self._width, is_raw=self.is_raw))
        if text.markup == (self.border_subtitle or ""):
            return
        self._is_writing_border = True
        self.border_subtitle = text
        self._is_writing_border = False

    def watch_count(self) -> None:
        self._write_border()

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Draw again, of a new text on the border only its line: all rows would cost too much."""
        if self._is_writing_border:
            regions = (Region(0, self.size.height, self._width, 1),)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _refresh_row(self, row: int) -> None:
        y = row - self.scroll_offset.y + self._head
        if self._head <= y < self.size.height:
            self.refresh(Region(0, y, self._width, 1))

    def render_line(self, y: int) -> Strip:
        """The line at `y` of the screen: what is folded, the titles, a row, or nothing."""
        return self._painter.line(self.state, self._view, self._place_at(y), self.hint)

    def notify_style_update(self) -> None:
        self._painter.forget()
        super().notify_style_update()

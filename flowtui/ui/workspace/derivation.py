"""From a row, a cell or a span of time to the next question."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import on

from flowtui.model.errors import QueryError
from flowtui.model.run import Query
from flowtui.ui.terminal.input_order import flow
from flowtui.ui.widgets.query_editor import QueryEditor
from flowtui.ui.widgets.result_grid import ResultGrid
from flowtui.ui.widgets.timeline import Timeline
from flowtui.ui.workspace.lasting import Lasting

if TYPE_CHECKING:
    from flowtui.engine.drill import Target


class Derivation(Lasting):
    """Asks what follows from the cursor: the flows behind a row, around one, in a span."""

    @on(ResultGrid.RowSelected)
    def open_row(self, message: ResultGrid.RowSelected) -> None:
        """Drill into a group; a raw flow has nothing behind it, so all its fields are shown."""
        run = self._shown
        if run is None:
            return
        if run.latest.results.keys or _is_aggregate(run.query):
            self.action_derive("drill")
            return
        from flowtui.ui.screens.dialogs import TextScreen
        from flowtui.ui.screens.row_detail import describe_row

        row = run.latest.results.record(message.index)
        self.app.push_screen(TextScreen("Flow", describe_row(row, self.flow_format)))

    def action_derive(self, kind: str, prepare: bool = False) -> None:
        """Run the question that follows from the cursor, or only write it into the editor."""
        run, index = self._shown, self._grid.cursor_row
        if run is None or index is None:
            return
        from flowtui.engine.pivot import Asked, Spot, derive

        row = run.latest.results.record(index)
        spot = Spot(row, self._grid.cursor_column_name, self._grid.cursor_value)
        on_it = Asked(run.query, run.window, self.flow_format)
        self._go(lambda: derive(kind, on_it, spot), prepare=prepare)

    @flow
    async def action_pivot(self, prepare: bool = False) -> None:
        from flowtui.engine.pivot import PIVOTS
        from flowtui.ui.screens.dialogs import MenuScreen

        choices = [(key, kind, PIVOTS[kind][0]) for key, kind in zip("tsdei", PIVOTS, strict=True)]
        kind = await self.app.push_screen_wait(MenuScreen("Around this flow", choices))
        if kind is not None:
            self.action_derive(kind, prepare)

    @on(Timeline.Zoomed)
    def zoom(self, message: Timeline.Zoomed) -> None:
        run = self._shown
        if run is None:
            return
        from flowtui.engine.pivot import Asked, zoom

        on_it = Asked(run.query, run.window, self.flow_format)
        self._go(lambda: zoom(on_it, message.span))
        self._grid.focus()

    def action_focus_timeline(self) -> None:
        if self.query_one(Timeline).series is None:
            self._say("these rows have no times to zoom into; group by bin(5m)")
        else:
            self.query_one(Timeline).focus()

    def _go(self, derive: Callable[[], Target], *, prepare: bool = False) -> None:
        """Derive a question, put it into the editor, and run it unless it is only prepared."""
        try:
            target = derive()
        except QueryError as error:
            self._say(str(error), is_error=True)
            return
        self._end_watch()
        self._leave_step()
        self._load(target.query, None)
        if prepare:
            self._say("the query is in the editor; F5 runs it")
            self.query_one(QueryEditor).focus()
            return
        self._replaces = False
        self._hold_for_answer()
        self._ask(target.query, target.window, target.title)


def _is_aggregate(query: Query) -> bool:
    from flowtui.engine.columns import last_grouping
    from flowtui.query.parser import parse_tolerant

    return last_grouping(parse_tolerant(query.text).pipeline) is not None

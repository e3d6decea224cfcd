"""The grid of the workspace: its keys ask about rows, the screen answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import var

from flowtui.model.errors import UsageError
from flowtui.ui.messages import Remarked
from flowtui.ui.widgets.grid.columns import nameless
from flowtui.ui.widgets.grid.result_grid import ResultGrid
from flowtui.ui.widgets.key_bar import LEADER, MORE

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer

    from flowtui.engine.name_tables import Named
    from flowtui.engine.names import NameBook
    from flowtui.engine.pivot import Spot
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.model.columns import ColumnChoice
    from flowtui.ui.context import AppContext
    from flowtui.ui.screens.row import Left

FIRST_STEPS = "F5 runs the query\nctrl+g log groups  ctrl+t time  ctrl+x menu"
"""The words in the grid until there was an answer."""


def _ask(
    key: str, kind: str, name: str, tooltip: str, *, group: Binding.Group | None = None
) -> Binding:
    """The key that runs the question `kind`."""
    display = {"plus": "+", "minus": "-"}.get(key)
    return Binding(
        key, f"screen.derive('{kind}')", name, id=kind, key_display=display, tooltip=tooltip,
        group=group,
    )  # fmt: skip


def _prepare(key: str, kind: str, name: str, about: str) -> Binding:
    """The key that writes the question `kind` into the editor, and runs nothing."""
    display = {"D,shift+enter": "D", "equals_sign": "=", "underscore": "_"}.get(key)
    return Binding(
        key, f"screen.derive('{kind}', True)", name, id=f"prepare_{kind}", show=False,
        key_display=display, tooltip=f"Write the query for {about} into the editor; F5 runs it",
    )  # fmt: skip


def _window(key: str, sign: str, action: str, id_: str, about: str) -> Binding:
    """The key that changes the time, and over files runs the query anew."""
    return Binding(
        key, f"screen.{action}", f"Window {id_}", id=f"window.{id_}", show=False,
        key_display=sign, tooltip=f"The window {about}; over files the query runs at once",
    )  # fmt: skip


class FlowGrid(ResultGrid):
    REST: ClassVar[float] = 0.2
    """So many seconds without a move, and the names of what is shown are looked up."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("backspace", "screen.back", "Back", id="back", tooltip="One step back, free"),
        Binding(
            "f", "screen.forward", "Forward", id="forward", show=False,
            tooltip="To the step that Back left, free",
        ),
        _ask("plus", "include", "Only", "Only this value; of a total: at least it"),
        _ask("minus", "exclude", "Without", "Without this value; of a total: less"),
        _ask(
            "c", "conversation", "Pair", "Both directions between this row's two endpoints",
            group=MORE,
        ),
        Binding(
            "p", "screen.pivot", "Pivot", id="pivot", group=MORE,
            tooltip="What is around this flow",
        ),
        _ask(
            "C", "conversations", "Convs",
            "All conversations of these flows, each once: who opened it, how it ended", group=MORE,
        ),
        Binding(
            "V", "screen.flow('compare')", "Compare", id="compare", group=MORE,
            tooltip="What has changed against an earlier time",
        ),
        Binding(
            "at", "screen.flow('about')", "About", id="about", key_display="@", group=MORE,
            tooltip="A page about the address, interface or instance of this cell",
        ),
        Binding(
            "F", "screen.breakdown", "Break down", id="breakdown", group=MORE,
            tooltip="By this column: each value, how often, and its bytes; without a scan",
        ),
        Binding(
            "v", "screen.values", "Values", id="values", show=False,
            tooltip="Of each column: how many values, the most frequent ones, how often none",
        ),
        Binding(
            "y", "screen.flow('copy')", "Copy", id="copy", tooltip="The query, a row, the table"
        ),
        _prepare("D,shift+enter", "drill", "Write drill", "the drill"),
        _prepare("equals_sign", "include", "Write only", "only this value"),
        _prepare("underscore", "exclude", "Write without", "all but this value"),
        _prepare("K", "conversation", "Write pair", "the conversation"),
        Binding(
            "P", "screen.pivot(True)", "Write pivot", id="prepare_pivot", show=False,
            tooltip="Write the query for what is around this flow into the editor",
        ),
        Binding(
            "t", "screen.flow('trail')", "Trail", id="trail", group=MORE,
            tooltip="All steps of the investigation, to go to any of them",
        ),
        Binding(
            "a", "screen.flow('note')", "Note", id="note", show=False,
            tooltip="Write a note on this step, for the ticket",
        ),
        Binding(
            "e", "screen.flow('export')", "Export", id="export", group=MORE,
            tooltip="The whole trail for the ticket, as Markdown or JSON",
        ),
        Binding(
            "greater_than_sign", "screen.flow('save_rows')", "Save rows", id="save_rows",
            key_display=">", show=False,
            tooltip="All rows to a file: CSV, JSON, NDJSON, Markdown or Parquet",
        ),
        Binding(
            "i", "inspect", "Inspect", id="inspect", group=MORE,
            tooltip="All fields of this row, exactly and in words; n to the next row",
        ),
        Binding(
            "vertical_line", "columns", "Columns", id="columns", key_display="|", show=False,
            tooltip="Which columns are shown, in what order, how wide, which stay in place",
        ),
        Binding(
            "z", "screen.focus_timeline", "Zoom", id="zoom", group=MORE,
            tooltip="To the timeline: arrows select, Enter zooms in",
        ),
        Binding(
            "T", "screen.flow('charts')", "Charts", id="charts", group=MORE,
            tooltip="The whole screen over time: areas, a heat map, groups as bars, figures",
        ),
        Binding(
            "b", "screen.flow('split_time')", "Bands", id="split_time", show=False,
            tooltip="Choose the column whose values the timeline tells apart",
        ),
        _window("left_square_bracket", "[", "move_window(-1)", "earlier", "before"),
        _window("right_square_bracket", "]", "move_window(1)", "later", "after"),
        _window("left_curly_bracket", "{", "scale_window(0.5)", "halve", "half as long"),
        _window("right_curly_bracket", "}", "scale_window(2)", "double", "twice as long"),
        Binding(
            "exclamation_mark", "screen.flow('findings')", "Findings", id="findings",
            key_display="!", group=MORE,
            tooltip="What to look at first, ranked, each with the flows behind it",
        ),
        Binding(
            "x", "screen.flow('benign')", "Benign", id="benign", show=False,
            tooltip="Mark this finding as benign, with a reason that is kept",
        ),
        Binding(
            "w", "screen.flow('watch')", "Watch", id="watch", show=False,
            tooltip="Run again every so many seconds",
        ),
        Binding(
            "slash", "screen.find", "Find", id="find", key_display="/", show=False,
            tooltip="Find in the rows",
        ),
        Binding(
            "ampersand", "screen.narrow", "Narrow", id="narrow", key_display="&", show=False,
            tooltip="Show only the rows with some words; the query stays as it is",
        ),
        Binding(
            "tilde", "screen.filter_query", "Narrow query", id="filter_query",
            key_display="~", show=False,
            tooltip="What the rows are narrowed to as a filter of the query",
        ),
        Binding(
            "n", "screen.find_next(1)", "Next match", id="find_next", show=False,
            tooltip="The next row that was found",
        ),
        Binding(
            "N", "screen.find_next(-1)", "Match before", id="find_previous", show=False,
            tooltip="The row before that was found",
        ),
    ]  # fmt: skip

    flow_format: var[FlowFormat | None] = var["FlowFormat | None"](None)
    """The meanings of a row's fields, where these are known."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, classes=classes)
        self.set_reactive(FlowGrid.hint, FIRST_STEPS)
        self._here: AppContext | None = None
        self._make_names: Callable[[], NameBook] | None = None
        self._names: NameBook | None = None
        self._soon: Timer | None = None
        self._explained: set[str] = set()
        """The keys of which has been said that they do nothing."""

    def action_columns(self) -> None:
        """Which columns are shown, and how, in results of this shape."""
        layouts = None if self._here is None else self._here.columns
        if layouts is None or not self.results.columns:
            return
        from flowtui.ui.screens.columns import ColumnsScreen, Offered

        shape, layout = self.results.columns, self.state.layout
        widths = {c.name: w for c, w in zip(layout.columns, layout.widths, strict=True)}
        row = self.results.rows[0] if self.results.rows else (None,) * len(shape)
        offered = [
            Offered(c.name, c.show(row), widths.get(c.name, c.content), c.is_constant)
            for c in self.state.all_columns
        ]

        def take(choice: ColumnChoice | None) -> None:
            if choice is not None:
                try:
                    layouts.keep(shape, choice)
                except UsageError as error:
                    self.post_message(Remarked(str(error)))
                self.arrange_anew()
                self.refresh()

        screen = ColumnsScreen(offered, layouts.of(shape), self.cursor_column_name)
        self.app.push_screen(screen, take)

    # What things are called

    def work_for(self, context: AppContext) -> None:
        """Show names, countries and columns as they are known in this account."""
        self._here = context
        self._make_names, self._names = context.names, None
        self.naming = self._name_of
        self.country = context.country or nameless
        if context.columns is not None:
            self.choice_of = context.columns.of

    @property
    def names(self) -> NameBook | None:
        """Made when it is first needed: the first frame has no rows."""
        if self._names is None and self._make_names is not None:
            self._names = self._make_names()
        return self._names

    def _name_of(self, value: str) -> str:
        return "" if self.names is None else self.names.text(value)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._look_names_up_soon()

    @on(ResultGrid.CursorMoved)
    def _look_names_up_soon(self) -> None:
        """Once nobody moves, for then it is known which rows are read."""
        if self._make_names is not None and self.results.rows:
            if self._soon is not None:
                self._soon.stop()
            self._soon = self.set_timer(self.REST, self._look_names_up)

    @work(group="names")
    async def _look_names_up(self) -> None:
        names = self.names
        if names is not None and await names.learn(self.named_values()):
            self.arrange_anew()
            # The names are there already where lines are compared.
            self.refresh()

    def on_key(self, event: events.Key) -> None:
        """Of a key that does nothing say so, once; who types expects something."""
        if not event.is_printable or event.key in self._explained:
            return
        from flowtui.ui.actions import key_name

        active = self.screen.active_bindings
        if event.key not in active:
            self._explained.add(event.key)
            menus = [key for key, each in active.items() if each.binding.id == LEADER]
            shows = "".join(f"; {key_name(key)} shows what the keys do" for key in menus[:1])
            self.post_message(Remarked(f"{event.character} does nothing here{shows}"))

    @dataclass
    class FieldChosen(Message):
        """A field of a row was chosen to filter by, wherever the cursor is."""

        kind: str
        spot: Spot

    def action_inspect(self) -> None:
        """Show every field of the row, of a group as well as of a flow."""
        if self.cursor_row is None or self._here is None:
            return
        from flowtui.ui.screens.row import RowScreen, Shown
        from flowtui.ui.screens.row_detail import Known, fields_of, raw_line

        results, order = self.results, tuple(self.state.order)
        known = Known(
            self.state.meanings.fields, self.flow_format, self.zone, self._found_name, self.country,
            self._here.registry, self.state.meanings.bytes,
        )  # fmt: skip

        def line(place: int) -> str:
            row = results.record(order[place])
            return raw_line(row, self.flow_format) or json.dumps(row, ensure_ascii=False)

        context = self._here
        shown = Shown(
            len(order),
            lambda place: fields_of(results.record(order[place]), known),
            line,
            lambda text: context.clipboard.copy(text, context.now()),
        )

        def leave(left: Left | None) -> None:
            if left is None:
                return
            index = order[left.place]
            if index != self.cursor_row:
                self.restore(results.key(index))
            if left.kind:
                spot = Spot(results.record(index), left.name, left.value)
                self.post_message(self.FieldChosen(left.kind, spot))

        from flowtui.engine.pivot import Spot

        self.app.push_screen(RowScreen(shown, self.state.row), leave)

    def _found_name(self, value: str) -> Named | None:
        return None if self.names is None else self.names.find(value)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("inspect", "columns"):
            return self.cursor_row is not None
        return super().check_action(action, parameters)

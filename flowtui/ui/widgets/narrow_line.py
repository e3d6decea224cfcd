"""The line that narrows the rows: an entry while it has the focus, a chip when it has not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from flowtui.engine.narrow import Texts
    from flowtui.model.run import ResultSet
    from flowtui.ui.widgets.grid.columns import Column

HINT = "text  col=value  col!=value  col~text  col>n  10.0.0.0/8"
"""What can be typed; Tab makes a filter of the query of it."""


class RowTexts:
    """The texts of the rows that are shown, kept while one types."""

    def __init__(self) -> None:
        self._known: tuple[tuple[Column, ...], Texts] | None = None

    def of(self, results: ResultSet, columns: tuple[Column, ...]) -> Texts:
        if self._known is not None:
            of_columns, texts = self._known
            if texts.results is results and of_columns is columns:
                return texts
        from flowtui.engine.narrow import Texts

        reworded = [each for each in columns if each.cells.is_reworded]
        texts = Texts(results, [(each.index, each.text) for each in reworded])
        self._known = columns, texts
        return texts


@frozen
class Narrowed:
    """The rows that a text leaves, whatever results come."""

    text: str
    texts: RowTexts

    def kept(self, results: ResultSet, columns: tuple[Column, ...]) -> Sequence[int]:
        from flowtui.engine.narrow import kept, terms_of

        terms = terms_of(self.text, [results.columns[index] for index in results.shown])
        return kept(self.texts.of(results, columns), terms)


class NarrowLine(Horizontal):
    """Out of sight until it is opened."""

    DEFAULT_CSS = """
    NarrowLine {
        display: none; height: 1; padding: 0 1; background: $panel;
        &.-open { display: block; }
        Label { color: $text-muted; }
        Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $panel; }
        Input:focus { border: none; background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "screen.filter_query", "Filter query", show=False, id="narrow.query",
            tooltip="What the rows are narrowed to as a filter of the query",
        ),
    ]  # fmt: skip

    @dataclass
    class Narrowing(Message):
        """The rows are to be narrowed to another text; None is to show all of them."""

        narrowed: Narrowed | None

        def can_replace(self, message: Message) -> bool:
            """While one types only the newest text counts."""
            return isinstance(message, NarrowLine.Narrowing)

    @dataclass
    class Kept(Message):
        """The user goes on in the rows."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._texts = RowTexts()

    def compose(self) -> ComposeResult:
        yield Label("narrowed to")
        yield Input(placeholder=HINT, select_on_focus=False)
        yield Label("& changes it, Escape shows all")

    @property
    def _entry(self) -> Input:
        return self.query_one(Input)

    @property
    def text(self) -> str:
        """What the rows are narrowed to; empty where they are not."""
        return self._entry.value.strip() if self.has_class("-open") else ""

    def open(self) -> None:
        self.add_class("-open")
        self._entry.focus()

    def drop(self) -> None:
        """Show all rows again, if they were narrowed."""
        if self.has_class("-open"):
            self.remove_class("-open")
            self._entry.value = ""
            self.post_message(self.Narrowing(None))

    @on(Input.Changed)
    def narrow(self, message: Input.Changed) -> None:
        message.stop()
        if self.has_class("-open"):
            narrowed = Narrowed(self.text, self._texts) if self.text else None
            self.post_message(self.Narrowing(narrowed))

    @on(Input.Submitted)
    def keep(self, message: Input.Submitted) -> None:
        message.stop()
        if not self.text:
            self.drop()
        self.post_message(self.Kept())

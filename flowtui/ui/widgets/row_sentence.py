"""The sentence of the row under the cursor, whole, where rows have one: findings do."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from flowtui.ui.text import clean
from flowtui.ui.widgets.grid.result_grid import ResultGrid

SENTENCE = "sentence"
_BESIDE = ("beside",)
"""Columns that are said after it, where they have something to say."""


class RowSentence(Static):
    DEFAULT_CSS = """
    RowSentence { height: 2; background: $surface; color: $text; padding: 0 1; display: none; }
    RowSentence.-told { display: block; }
    """

    def tell(self, grid: ResultGrid) -> None:
        """Of the row that the cursor is on now."""
        row, results = grid.cursor_row, grid.results
        record = {} if row is None or SENTENCE not in results.columns else results.record(row)
        said = record.get(SENTENCE, "")
        beside = "; ".join(value for name in _BESIDE if (value := record.get(name, "-")) != "-")
        self.set_class(bool(said), "-told")
        self.update(Content(clean(f"{said} ({beside})" if beside else said)))

"""The search in the query: one line at the lower border, and the keys that are its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from flowtui.query.highlight import Piece
from flowtui.ui.text import clean
from flowtui.ui.widgets.editor_colours import Pieces, by_line, line_starts
from flowtui.ui.widgets.query_document import location_at

if TYPE_CHECKING:
    from flowtui.ui.widgets.editor_search import Search

_NEXT = ("enter", "down")
_PREVIOUS = ("shift+enter", "up")


class FindLine:
    """Open while `search` is there; an edit or a move of the cursor ends it."""

    def __init__(self, area: TextArea, changed: Callable[[], None]) -> None:
        self._area = area
        self._changed = changed
        self._search: Search | None = None
        self.matches: Pieces = {}
        """The matches."""

    @property
    def is_open(self) -> bool:
        return self._search is not None

    def open(self, origin: int) -> None:
        """Look for what is selected, or for what is typed next; once it is open, for the next."""
        from flowtui.ui.widgets.editor_search import Search

        if self._search is not None:
            self._seek(self._search.moved(1))
        else:
            selected = self._area.selected_text
            sought = "" if "\n" in selected else selected
            self._seek(Search(self._area.text, origin).looking_for(sought))

    def write(self, text: str) -> None:
        """Look for more."""
        if self._search is not None:
            self._seek(self._search.looking_for(self._search.sought + text.partition("\n")[0]))

    def press(self, key: str) -> bool:
        """Whether it is a key of the search."""
        if self._search is None:
            return False
        if key in _NEXT or key in _PREVIOUS:
            self._seek(self._search.moved(1 if key in _NEXT else -1))
        elif key == "backspace":
            self._seek(self._search.looking_for(self._search.sought[:-1]))
        elif key == "escape":
            self.close()
        else:
            return False
        return True

    def close(self) -> bool:
        """Whether it was open; the cursor stays where it is."""
        was_open, self._search, self.matches = self.is_open, None, {}
        if was_open:
            self._changed()
        return was_open

    def describe(self) -> str:
        return clean(self._search.describe()) if self._search is not None else ""

    def _seek(self, search: Search) -> None:
        self._search = search
        pieces = (Piece(start, end, "match") for start, end in search.spans)
        self.matches = by_line(pieces, line_starts(search.text))
        self._area.selection = Selection.cursor(location_at(search.text, search.cursor))
        self._changed()

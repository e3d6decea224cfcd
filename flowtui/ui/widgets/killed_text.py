"""The text that was cut out of the editor last."""

from __future__ import annotations


class KilledText:
    """Cuts without anything between them add up, as in readline."""

    def __init__(self) -> None:
        self.text = ""
        self._left: tuple[str, int] | None = None
        """The result of the last cut: the text, and where its cursor is."""

    def cut(self, text: str, span: tuple[int, int], cursor: int) -> None:
        """Keep what is cut out of `text`, where the cursor is at one end of the span."""
        start, end = span
        piece = text[start:end]
        if self._left != (text, cursor):
            self.text = piece
        elif cursor == end:
            self.text = piece + self.text
        else:
            self.text += piece
        self._left = (text[:start] + text[end:], start)

    def copy(self, piece: str) -> None:
        self.text, self._left = piece, None

"""The text to find in the editor, and the places where it is."""

from __future__ import annotations

import re
from dataclasses import replace

from flowtui.model.frozen import frozen


@frozen
class Search:
    """The search begins at `origin`; whether letters are capital does not count."""

    text: str
    origin: int
    sought: str = ""
    matches: tuple[int, ...] = ()
    """Where each match begins."""
    at: int = 0
    """Which of the matches the cursor is at."""

    def looking_for(self, sought: str) -> Search:
        """At the first match from the origin on."""
        pattern = re.compile(re.escape(sought), re.IGNORECASE)
        matches = tuple(m.start() for m in pattern.finditer(self.text)) if sought else ()
        ahead = sum(start < self.origin for start in matches)
        return replace(self, sought=sought, matches=matches, at=ahead if matches[ahead:] else 0)

    def moved(self, step: int) -> Search:
        """To the next match or the one before; after the last comes the first."""
        if not self.matches:
            return self
        at = (self.at + step) % len(self.matches)
        return replace(self, at=at, origin=self.matches[at])

    @property
    def cursor(self) -> int:
        return self.matches[self.at] if self.matches else self.origin

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        return tuple((start, start + len(self.sought)) for start in self.matches)

    def describe(self) -> str:
        """The words on the border: as many as are needed to go on."""
        if not self.sought:
            return "find: type what to look for"
        if not self.matches:
            return f"find: {self.sought}  not in this query"
        return f"find: {self.sought}  {self.at + 1} of {len(self.matches)}, Enter next, Up before"

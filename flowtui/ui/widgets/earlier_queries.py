"""The way through the queries that were asked before, from the editor's text and back to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

from flowtui.model.frozen import frozen

EarlierTexts = Callable[[], Awaitable[Sequence[str]]]
"""Gives the queries that were asked before, the latest first; raises `UsageError`."""


async def no_earlier_texts() -> Sequence[str]:
    return ()


@frozen
class HistoryWalk:
    """`texts` are the draft that was in the editor, then the earlier queries, each once."""

    texts: tuple[str, ...]
    draft_cursor: int
    at: int = 0

    @classmethod
    def begun(cls, draft: str, earlier: Iterable[str], cursor: int) -> HistoryWalk:
        return cls(tuple(dict.fromkeys((draft, *earlier))), cursor)

    @property
    def cursor(self) -> int:
        """At the end of an earlier query; in the draft where it was."""
        return len(self.text) if self.at else self.draft_cursor

    @property
    def text(self) -> str:
        return self.texts[self.at]

    def moved(self, step: int) -> HistoryWalk:
        """To an earlier query, or with -1 to a later one, as far as there are any."""
        at = min(max(0, self.at + step), len(self.texts) - 1)
        return replace(self, at=at)

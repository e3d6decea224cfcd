"""The completion that is offered at the cursor, and the list that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Offset
from textual.widgets import TextArea

from flowtui.ui.widgets.faults import Report, safely

if TYPE_CHECKING:
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.model.errors import Span
    from flowtui.query.complete import Completion
    from flowtui.ui.widgets.choice_list import ChoiceList


class CompletionMenu:
    """Open for one text only: what is chosen is for the place that it was offered at."""

    def __init__(self, area: TextArea, report: Report) -> None:
        self._area = area
        self._report = report
        self._list: ChoiceList | None = None
        self._offered: Completion | None = None
        self._text = ""
        self._at = Offset()

    @property
    def is_open(self) -> bool:
        return self._offered is not None

    def offer(self, cursor: int, flow_format: FlowFormat | None, *, is_asked: bool = False) -> bool:
        """Show what can be written there, if a word is begun or somebody asks; whether it shows."""
        from flowtui.query.complete import Completion, complete

        text, nothing = self._area.text, Completion((cursor, cursor))
        completion = safely(lambda: complete(text, cursor, flow_format), nothing, self._report)
        is_at_end = not text[cursor : cursor + 1].isidentifier()
        is_begun = completion.span[0] < cursor and is_at_end
        if not completion.choices or not (is_asked or is_begun or completion.is_eager):
            self.close()
            return False
        self._offered, self._text = completion, text
        self._open(completion, self._place(cursor, completion))
        return True

    def _place(self, cursor: int, completion: Completion) -> Offset:
        """Where the word begins on the screen, and a cell before it for the mark of the choice."""
        return self._area.cursor_screen_offset - (cursor - completion.span[0] + 1, 0)

    def follow(self, cursor: int) -> None:
        """The text may have moved on the screen; the choices go with it."""
        if self._offered is not None and self._place(cursor, self._offered) != self._at:
            self._open(self._offered, self._place(cursor, self._offered))

    def _open(self, completion: Completion, at: Offset) -> None:
        self._at = at
        if self._list is None:
            # The first frame waits for no list.
            from flowtui.ui.widgets.choice_list import ChoiceList

            self._list = ChoiceList()
            self._area.screen.mount(self._list)
        self._list.open(completion.choices, at)

    def close(self) -> bool:
        """Whether it was open."""
        was_open, self._offered = self.is_open, None
        if was_open and self._list is not None:
            self._list.close()
        return was_open

    def move(self, step: int) -> bool:
        """Choose another one, if there are several; past a single one the cursor goes its way."""
        if self._offered is None or self._list is None or len(self._offered.choices) < 2:
            return False
        self._list.move(step)
        return True

    def take(self) -> tuple[str, Span] | None:
        """Close it: what is chosen, and the part of the text that it replaces."""
        offered, chosen = self._offered, self._list.chosen if self._list is not None else None
        self.close()
        if offered is None or chosen is None or self._area.text != self._text:
            return None
        return chosen.insert, offered.span

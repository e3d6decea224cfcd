"""The check of the text that is being written: when it is done, and what of it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widgets import TextArea

from flowtui.ui.widgets.delay import Delay
from flowtui.ui.widgets.faults import Report, safely
from flowtui.ui.widgets.findings import ShownFindings, findings_of, named_prelude, summary
from flowtui.ui.widgets.query_document import offset_at

if TYPE_CHECKING:
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.ui.widgets.undo_history import Change


class QueryChecker:
    """No key waits for a check: it is done when none has come for a moment.

    Until then what was wrong moves along with the text. While a command is written nothing new is
    said of it; after a longer rest all is.
    """

    CHECK_AFTER: ClassVar[float] = 0.12
    """So many seconds without a change, and the text is checked."""
    REST: ClassVar[float] = 0.5
    """So many without a key, and the errors of an unfinished command show too."""

    def __init__(
        self,
        area: TextArea,
        changed: Callable[[], None],
        report: Report,
        is_choosing: Callable[[], bool],
    ) -> None:
        """`is_choosing` says whether a word is being completed, which is writing too."""
        self.findings = ShownFindings()
        self.prelude = ""
        """The name of the `parse` command that is put before the text."""
        self.flow_format: FlowFormat | None = None
        self.log_class = ""
        self._area = area
        self._changed = changed
        self._report = report
        self._is_choosing = is_choosing
        self._checked: str | None = None
        self._soon = Delay(area, self.check)
        self._rest = Delay(area, self.rest)

    def follow(self, change: Change, *, is_typed: bool) -> None:
        """The text has changed; it is checked in a moment."""
        self.findings.move(change, self._area.text)
        self._soon.start(self.CHECK_AFTER)
        if is_typed:
            self._rest.start(self.REST)
        else:
            self._rest.stop()

    def check(self) -> None:
        """At once."""
        text, flow_format, log_class = self._area.text, self.flow_format, self.log_class
        self._soon.stop()
        self.findings.take(
            safely(lambda: findings_of(text, flow_format, log_class), (), self._report)
        )
        self.prelude = safely(lambda: named_prelude(text, flow_format), "", self._report)
        self._checked = text
        self._show()

    def rest(self) -> None:
        """Nobody types any more: all that is wrong shows, as soon as it is known."""
        self._rest.stop()
        if self._checked == self._area.text:
            self._show()

    def settle(self) -> None:
        """As after a rest, but at once."""
        self.rest()
        if self._checked != self._area.text:
            self.check()

    def _show(self) -> None:
        is_writing = self._rest.is_running or self._is_choosing()
        cursor = offset_at(self._area.document, self._area.cursor_location)
        self.findings.show(self._area.text, cursor if is_writing else None)
        self._changed()

    @property
    def title(self) -> Content:
        """The error at the cursor, or how many are elsewhere."""
        cursor = offset_at(self._area.document, self._area.cursor_location)
        found = summary(self.findings.shown, cursor)
        return Content.assemble("Query  ", found) if found else Content("Query")

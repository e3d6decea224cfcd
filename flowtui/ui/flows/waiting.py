"""What a flow waits for, told when it takes long, and ended by Escape."""

from __future__ import annotations

from collections.abc import Callable

from textual.worker import Worker

from flowtui.ui.terminal.input_order import Wait


class FlowWait:
    """The wait of one flow; `say` shows what it is, and its `worker` is cancelled to end it."""

    def __init__(self, say: Callable[[str], None], worker: Worker[None]) -> None:
        self._say, self._worker = say, worker
        self._awaited = "an answer"
        self.is_told = False
        """Whether something about it is to be seen."""

    @property
    def of_hold(self) -> Wait:
        return Wait(self._tell, self._end)

    def awaits(self, what: str) -> None:
        """From here on it is this: `the saved queries`."""
        self._awaited = what
        if self.is_told:
            self._tell()

    def _tell(self) -> None:
        self.is_told = True
        self._say(f"waiting for {self._awaited}; Escape ends it")

    def _end(self) -> None:
        self._say(f"no longer waiting for {self._awaited}")
        self._worker.cancel()

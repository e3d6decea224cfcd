"""Work that is done once a while has passed in which nothing else happened."""

from __future__ import annotations

from collections.abc import Callable

from textual.message_pump import MessagePump
from textual.timer import Timer


class Delay:
    """Each start begins the while anew."""

    def __init__(self, node: MessagePump, act: Callable[[], None]) -> None:
        self._node = node
        self._act = act
        self._timer: Timer | None = None

    @property
    def is_running(self) -> bool:
        return self._timer is not None

    def start(self, seconds: float) -> None:
        self.stop()
        self._timer = self._node.set_timer(seconds, self._end)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        self._act()

"""Holds the state of a session, and has everybody who listens see each new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from flowtui.engine.session_state import Request, SessionState
    from flowtui.model.run import Row

Listener = Callable[["SessionState"], None]


class Journal(Protocol):
    """Keeps what a session does in one account."""

    def see(self, state: SessionState) -> None:
        """Note what is new in the state; it must not take long."""

    async def settle(self) -> None:
        """Wait until what was seen can be read where it is kept, but not for long."""

    async def finish(self, still_running: Sequence[str]) -> None:
        """Keep the last state, in which nothing is followed any more.

        `still_running` are the ids of queries whose stop went unanswered.
        """


class SessionStore:
    def __init__(self, state: SessionState) -> None:
        self.state = state
        self.cursor: Row | None = None
        """Where the user is in the rows that are shown, by the row's key."""
        self.listeners: list[Listener] = []
        self.journals: Sequence[Journal] = ()

    @property
    def left(self) -> SessionState:
        """The state with where the user is in the rows, before it is about others."""
        return self.state.left(self.cursor)

    def become(self, state: SessionState) -> None:
        """Take over the state; it is seen at once, and on this thread."""
        self.state = state
        for journal in self.journals:
            journal.see(state)
        for listener in tuple(self.listeners):
            listener(state)

    def say(self, text: str, *, is_error: bool = False) -> None:
        if text or self.state.message.text:
            self.become(self.state.said(text, is_error=is_error))

    def request(self, request: Request) -> None:
        self.become(replace(self.state, request=request))

    def answered(self, request: Request) -> None:
        """The user has decided it."""
        if self.state.request is request:
            self.become(replace(self.state, request=None))

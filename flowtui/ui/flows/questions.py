"""Questions of a thread that waits for the answer: an MFA code in the middle of a request."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App

ANSWER_SECONDS = 75.0
"""A little less than the longest that a request may take."""


class Questions:
    """Asks in a dialogue of the app, one question at a time."""

    def __init__(self, seconds: float = ANSWER_SECONDS) -> None:
        self._seconds = seconds
        self._app: App[None] | None = None
        self._lock = threading.Lock()

    def attach(self, app: App[None]) -> None:
        """Until there is an app, every question goes without an answer."""
        self._app = app

    def ask(self, question: str) -> str:
        """The answer; empty if the user gave none in time. Never to be called on the loop."""
        app = self._app
        if app is None or not app.is_running:
            return ""
        with self._lock:
            return _ask(app, question, self._seconds)


def _ask(app: App[None], question: str, seconds: float) -> str:
    from flowtui.ui.screens.dialogs import AskScreen
    from flowtui.ui.text import clean

    answer: Future[str | None] = Future()
    screen = AskScreen("Login", clean(question))

    def show() -> None:
        app.push_screen(screen, answer.set_result)

    def close() -> None:
        if screen.is_current:
            screen.dismiss(None)

    app.call_from_thread(show)
    try:
        return answer.result(seconds) or ""
    except TimeoutError:
        app.call_from_thread(close)
        return ""

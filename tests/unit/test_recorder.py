from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from flowtui.engine.session_state import SessionState
from flowtui.journal.history import History
from flowtui.journal.recorder import HistoryRecorder
from flowtui.model.run import Query, QueryRun, RunId
from flowtui.model.source import CloudWatchSource
from tests.pilot.service import NOON, WINDOW


class SlowHistory(History):
    """Writes when it is let."""

    may_write = threading.Event()

    def write(self, session: str, place: str, run: QueryRun) -> None:
        self.may_write.wait()
        super().write(session, place, run)


async def test_who_has_waited_reads_what_was_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However busy the machine is.
    monkeypatch.setattr("flowtui.journal.recorder.SETTLE_SECONDS", 600)
    history = SlowHistory(tmp_path / "state.db")
    recorder = HistoryRecorder(lambda: history, print)
    run = QueryRun(RunId(1), Query("limit 1", None, ()), WINDOW, NOON)
    recorder.see(SessionState(CloudWatchSource(), run=run))
    asyncio.get_running_loop().call_soon(history.may_write.set)
    await recorder.settle()
    assert [entry.query.body for entry in history.find("")] == ["limit 1"]

"""A process that writes runs and an investigation from three threads, as a flowtui in a hurry.

It prints the number of each run that is written. It does not wait for the disk: only a loss of
power would tell the difference.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from flowtui.engine.investigation import Investigation
from flowtui.journal import state_file
from flowtui.journal.history import History
from flowtui.journal.investigations import InvestigationStore, StoredInvestigation
from flowtui.journal.sqlite import connect
from flowtui.model.errors import UsageError
from flowtui.model.run import RunId
from flowtui.model.source import CloudWatchSource
from tests.unit.test_history import BEGUN, ENDED, NAMED


def main(path: Path, session: str, count: int) -> None:
    state_file.connect = connect_at_ease  # type: ignore[attr-defined]  # it imports that
    failures: list[str] = []

    def loop(work: Callable[[int], None]) -> None:
        try:
            for number in range(count):
                work(number)
        except UsageError as error:
            failures.append(str(error))

    works = (Runs(path, session).write, Saves(path, session).save, History(path).texts)
    threads = [threading.Thread(target=loop, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.exit("; ".join(failures) or 0)


def connect_at_ease(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    connection.execute("pragma synchronous = off")
    return connection


class Runs:
    """Three writes each: as it begins, as it gets its id, and as it ends."""

    def __init__(self, path: Path, session: str) -> None:
        self._path, self._session = path, session

    def write(self, number: int) -> None:
        handle = f"{self._session}-{number}"
        for state in (BEGUN, replace(NAMED, handle=handle), replace(ENDED, handle=handle)):
            # Whoever writes makes a history anew.
            History(self._path).write(self._session, "p", replace(state, id=RunId(number)))
        print(number, flush=True)  # noqa: T201  (whoever has started it counts them)


class Saves:
    """Each tenth time it leaves its investigation, and goes on with whatever it can have."""

    def __init__(self, path: Path, session: str) -> None:
        self._records = InvestigationStore(path, lambda: datetime.now(UTC))
        self._session = session
        self._record = StoredInvestigation(self._records)

    def save(self, number: int) -> None:
        text = f"{self._session} {number} {'x' * (number % 7 * 1000)}"
        self._record.save(Investigation(CloudWatchSource(), text=text))
        if number % 10 == 9:
            self._record.let_go()
            self._record = self._records.take_up(CloudWatchSource()).stored


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))

"""The state file: one SQLite database, which several flowtui may write to and one user may read.

All of a process goes through one connection in one thread. SQLite relies on POSIX locks, which a
process has on a file: when it closes any descriptor of the file it loses all of them, and another
process writes into the midst of a transaction (sqlite.org/howtocorrupt.html, 2.2). So nobody opens
the file but SQLite.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from flowtui.journal.state_file import StateFile, Work
from flowtui.model.errors import UsageError
from flowtui.model.foreign import shown
from flowtui.model.frozen import frozen

ANSWER_SECONDS = 30.0
"""After that the disk is taken for one that will not answer, such as that of a dead server."""

_SILENCE = "the disk does not answer"

T = TypeVar("T")


@frozen
class Database:
    """The file at `path`; its methods block, and raise `UsageError` where nothing can be kept."""

    path: Path
    what: str
    """The content, for sentences: "the history of runs"."""

    def read(self, work: Work[T]) -> T:
        """The result of `work` on the file as it is at one moment."""
        return self._do(lambda file: file.transaction(work, writes=False))

    def write(self, work: Work[T]) -> T:
        """Do all of `work` or nothing, while nobody else writes."""
        return self._do(lambda file: file.transaction(work, writes=True))

    def check(self) -> None:
        """Look for damage, and begin a new file if there is any; where there is none, make none."""
        if os.path.lexists(self.path):
            self._do(StateFile.check)

    def take_notice(self) -> str:
        """The damage found and the work done, in a sentence that is given once; mostly none."""
        return _unsaid.pop(self.path, "")

    def _do(self, job: Callable[[StateFile], T]) -> T:
        def noticing(file: StateFile) -> T:
            try:
                return job(file)
            finally:
                if file.said:
                    _unsaid[self.path], file.said = file.said, ""

        try:
            return _owner.do(self.path, noticing)
        except (OSError, sqlite3.Error, ValueError, OverflowError) as error:
            strerror = error.strerror if isinstance(error, OSError) else None
            reason = f"can't keep {self.what} in {shown(self.path)}: {strerror or error}"
            raise UsageError(reason) from error


class _Owner:
    """The thread that works with the file; it does not keep the program from ending."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Without any file: a process that was forked has no threads, and no locks on files."""
        self._at_work = threading.Lock()
        self._starting = threading.Lock()
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._files: dict[Path, StateFile] = {}
        self._began: float | None = None
        """When it began what it does now."""

    def do(self, path: Path, job: Callable[[StateFile], T]) -> T:
        """Its result; raises what it raises, and `TimeoutError`."""
        began = self._began
        if began is not None and time.monotonic() - began > ANSWER_SECONDS:
            raise TimeoutError(_SILENCE)
        future: Future[T] = Future()
        self._start()
        self._jobs.put(partial(self._do, path, job, future))
        try:
            return future.result(ANSWER_SECONDS)
        except TimeoutError:
            if future.cancel() or not future.done():
                raise TimeoutError(_SILENCE) from None
            raise

    def pause(self) -> None:
        """Once what it does now is done."""
        self._at_work.acquire()

    def go_on(self) -> None:
        self._at_work.release()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, args=(self._jobs,), name="flowtui-state", daemon=True
                )
                self._thread.start()

    def _work(self, jobs: SimpleQueue[Callable[[], None]]) -> None:
        while True:
            job = jobs.get()
            with self._at_work:
                self._began = time.monotonic()
                job()
                self._began = None

    def _do(self, path: Path, job: Callable[[StateFile], T], future: Future[T]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = job(self._file(path))
        except BaseException as error:  # noqa: BLE001  (it is raised where the result is awaited)
            future.set_exception(error)
        else:
            future.set_result(result)

    def _file(self, path: Path) -> StateFile:
        """In practice a process works with one; what it has locked in another stays so."""
        if path not in self._files:
            for other, file in list(self._files.items()):
                file.close()
                if not file.locks.held:
                    file.locks.close()
                    del self._files[other]
            self._files[path] = StateFile(path)
        return self._files[path]


_owner = _Owner()
_unsaid: dict[Path, str] = {}
# Nobody forks amidst a transaction, for the child would take its locks for its own.
os.register_at_fork(
    before=_owner.pause,
    after_in_parent=_owner.go_on,
    after_in_child=_owner.begin,
)

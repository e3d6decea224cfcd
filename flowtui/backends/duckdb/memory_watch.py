"""A look at the memory of the process while queries run: the engine counts not all that it takes.

Texts and lists that are computed of a batch of rows, and rows that are fetched, are in nobody's
account. So a thread looks how much the whole process takes, and ends the query that has come last
where it is too much.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flowtui.model.errors import BackendError

TOO_MUCH_MEMORY = (
    "the query takes more memory than it may: choose a shorter time, fewer rows or shorter texts,"
    " or raise memory_gb in the settings"
)
_INTERVAL = 0.01
"""Seconds between two looks: in this time the process grows by some ten MB."""
_PATIENCE = 100
"""Looks until the next query is ended, too, because the last one does not let go."""


class Watched:
    """One query that runs."""

    def __init__(self, interrupt: Callable[[], None]) -> None:
        self.interrupt = interrupt
        self.is_over = False
        """Whether it is to end, because the process takes too much."""

    def check(self) -> None:
        """Raises `BackendError` where the query is to end."""
        if self.is_over:
            raise BackendError(TOO_MUCH_MEMORY)


class MemoryWatch:
    """Ends queries while the process takes more than `most` bytes."""

    def __init__(self, most: int, resident: Callable[[], int] | None = None) -> None:
        self._most = most
        self._resident = resident or resident_bytes
        self._watched: list[Watched] = []
        self._change = threading.Condition()
        self._is_looking = False

    @contextmanager
    def over(self, interrupt: Callable[[], None]) -> Iterator[Watched]:
        """Watch the query that runs meanwhile; `interrupt` ends it, and may be called often."""
        watched = Watched(interrupt)
        with self._change:
            self._watched.append(watched)
            if not self._is_looking:
                self._is_looking = True
                threading.Thread(target=self._look, name="flowtui-memory", daemon=True).start()
        try:
            yield watched
        finally:
            with self._change:
                self._watched.remove(watched)
                self._change.notify()

    def _look(self) -> None:
        patience = 0
        while True:
            with self._change:
                if not self._watched:
                    self._is_looking = False
                    return
                ending = [each for each in self._watched if each.is_over]
                patience = patience - 1 if ending else 0
                if patience <= 0 and len(ending) < len(self._watched) and self._is_too_much():
                    ending.append(self._end_latest())
                    patience = _PATIENCE
                self._change.wait(_INTERVAL)
            # An interrupt says nothing to who is between two statements: so it comes again.
            for each in ending:
                each.interrupt()

    def _is_too_much(self) -> bool:
        """What queries before have left free is the process's until it is given back."""
        if self._resident() <= self._most:
            return False
        give_back()
        return self._resident() > self._most

    def _end_latest(self) -> Watched:
        latest = next(each for each in reversed(self._watched) if not each.is_over)
        latest.is_over = True
        return latest


def resident_bytes() -> int:
    """What the process has in memory; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123  (a hundred times a second)
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return _of_macos() if sys.platform == "darwin" else 0


def _of_macos() -> int:
    """`ri_resident_size` of `struct rusage_info_v0` (sys/resource.h): all of it in 8 bytes each."""
    info = (ctypes.c_uint64 * 32)()
    library = ctypes.CDLL("/usr/lib/libproc.dylib")
    if library.proc_pid_rusage(os.getpid(), 0, ctypes.byref(info)):
        return 0
    # After the uuid (two of 8 bytes), two times, two counts of wake-ups, page-ins and wired_size.
    return int(info[8])


def give_back() -> None:
    """Let the C library return to the system what is free."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)

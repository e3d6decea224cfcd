"""How far work is that goes on in another thread: a true share of it, that never falls."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from threading import Event, Lock
from typing import TYPE_CHECKING

from flowtui.model.amounts import human_bytes, human_duration
from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Measure = Callable[[], float]
"""Tells how much of some work is done, 0 to 1; may be called in any thread."""

_READING = 0.2
"""The share of a load's time for reading the files; the rest is filling the tables."""
_TELLING = 1.0
"""Seconds after which it can be told how long the rest takes."""
_NOT_ENDED = 0.99
"""The most that is shown of work that has not ended: something may be left to do."""


class Progress:
    """The share that is done: one thread does the work and says where it is, others look."""

    def __init__(self) -> None:
        self.cancelled: Event | None = None
        """Once it is set, whoever works on is told so by `CancelledError` at the next step."""
        self._now: tuple[float, float, Measure] = (0.0, 0.0, _none)
        self._told = 0.0
        self._telling = Lock()

    @property
    def whole(self) -> Part:
        return Part(self, 0.0, 1.0)

    @property
    def share(self) -> float:
        start, end, measure = self._now
        done = start + (end - start) * min(max(measure(), 0.0), 1.0)
        with self._telling:
            # The measure of one piece of work may be less than was shown of the one before.
            self._told = max(self._told, done if measure is _all else min(done, _NOT_ENDED))
            return self._told

    def goes(self, start: float, end: float, measure: Measure) -> None:
        """The work goes from one share to another as `measure` goes from 0 to 1."""
        self.check()
        self._now = (start, end, measure)

    def check(self) -> None:
        if self.cancelled is not None and self.cancelled.is_set():
            raise CancelledError

    def rest(self) -> None:
        """The work goes no further for now: what has measured it is let go."""
        self._now = (0.0, 1.0, _none)

    def end(self) -> None:
        """All of it is done."""
        self._now = (0.0, 1.0, _all)


@frozen
class Part:
    """The part of some work between two shares of it."""

    progress: Progress
    start: float
    end: float

    def between(self, start: float, end: float) -> Part:
        """The part of this one between two shares of it."""
        size = self.end - self.start
        return Part(self.progress, self.start + start * size, self.start + end * size)

    def at(self, share: float) -> None:
        """So much of it is done."""
        self.follow(lambda: share)

    def follow(self, measure: Measure) -> None:
        """From here on `measure` says how much of it is done."""
        self.progress.goes(self.start, self.end, measure)

    def watch(self, connection: DuckDBPyConnection) -> None:
        """It is what the connection is about to execute."""
        import duckdb

        def measure() -> float:
            try:
                return connection.query_progress() / 100
            except duckdb.Error:
                # It is closed, and the work has ended or failed.
                return 0.0

        self.follow(measure)


class Loading:
    """How far a load is: by the bytes on disk that were read, and by those that are in tables."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._read, self._size = 0.0, 0
        self._clock, self._begun = clock, 0.0
        self._filled, self._whole = Progress(), Progress()
        self._whole.whole.follow(self._done)

    @property
    def share(self) -> float:
        return self._whole.share

    @property
    def said(self) -> str:
        """`1.20 GB of 3.40 GB, 12.0s left`."""
        share, seconds = self.share, self._clock() - self._begun
        if not self._size:
            return f"{100 * share:.0f} %"
        said = f"{human_bytes(share * self._size)} of {human_bytes(self._size)}"
        if not share or seconds < _TELLING:
            return said
        return f"{said}, {human_duration((1 - share) * seconds / share)} left"

    def begin(self, size: int, cancelled: Event) -> None:
        """So many bytes are to be read; each step raises `CancelledError` once that is set."""
        self._size, self._begun = size, self._clock()
        self._filled.cancelled = cancelled

    def read(self, share: float) -> None:
        """So much of the files was read; called in the thread that reads."""
        self._filled.check()
        self._read = share

    def filling(self, start: float, end: float) -> Part:
        """The part of filling the tables that lies between two shares of all bytes on disk."""
        return self._filled.whole.between(min(start, 1.0), min(end, 1.0))

    def rest(self) -> None:
        """Nothing is filled any more."""
        self._filled.rest()

    def end(self) -> None:
        """All of it is in the tables, and what is in them is known."""
        self._whole.end()

    def _done(self) -> float:
        return _READING * self._read + (1 - _READING) * self._filled.share


def observed(connection: DuckDBPyConnection) -> DuckDBPyConnection:
    """The connection, made to keep count of its progress."""
    for setting in ("enable_progress_bar = true", "enable_progress_bar_print = false"):
        connection.execute(f"SET {setting}")
    return connection


def _none() -> float:
    return 0.0


def _all() -> float:
    return 1.0

"""Brings objects into the cache, several at a time; who looks is told how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from functools import partial
from pathlib import Path
from typing import BinaryIO

from flowtui.backends.s3.cache import Cache
from flowtui.backends.s3.errors import LeftOut
from flowtui.backends.s3.parquet import Pieces
from flowtui.backends.s3.ranges import Ranges
from flowtui.backends.s3.requests import Object, Requests
from flowtui.backends.s3.workers import in_parallel
from flowtui.model.amounts import human_bytes, human_duration
from flowtui.model.errors import BackendError, Unreachable
from flowtui.model.frozen import frozen

_GAP = 64 << 10
"""Bytes between two pieces that are fetched with them: a request takes more time than they do."""
_TELLING = 1.0
"""Seconds after which a rate can be told."""


@frozen
class Fetched:
    paths: dict[Object, Path]
    left_out: tuple[str, ...]
    """Why the others are not there."""


class Fetch:
    """One fetch, in a thread that waits for it; `said` may be asked in any thread."""

    def __init__(
        self,
        objects: Sequence[Object],
        cache: Cache,
        requests: Requests,
        pieces: Mapping[Object, Pieces] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Of some objects, only `pieces` are needed."""
        self.cancelled = threading.Event()
        self._objects, self._cache, self._requests, self._clock = objects, cache, requests, clock
        self.pieces = pieces or {}
        found = ((each, self._left(each)) for each in objects)
        self.missing = {each: left.size for each, left in found if left}
        """How many bytes of which objects are to be fetched."""
        self._size = sum(self.missing.values())
        self._begun = clock()
        self._lock = threading.Lock()
        self._bytes = self._done = 0

    @property
    def said(self) -> str:
        """`fetching 12 of 54 objects: 3.1 MB of 20.1 MB, 1.2 MB/s, 14.0s left`."""
        if self._done >= len(self.missing):
            return f"finding out the format of {len(self._objects):,} objects"
        bytes_, seconds = self._bytes, self._clock() - self._begun
        what = f"fetching {self._done:,} of {len(self.missing):,} objects"
        said = f"{what}: {human_bytes(bytes_)} of {human_bytes(self._size)}"
        if seconds < _TELLING or not bytes_:
            return said
        left = max(0, self._size - bytes_) * seconds / bytes_
        return f"{said}, {human_bytes(bytes_ / seconds)}/s, {human_duration(left)} left"

    def run(self) -> Fetched:
        """Raises `BackendError`, and `CancelledError` soon after it is cancelled."""
        try:
            found = in_parallel(self._objects, self._brought, self.cancelled)
        except BackendError:
            self.cancelled.set()  # the other threads let go of what they are at
            raise
        pairs = list(zip(self._objects, found, strict=True))
        return Fetched(
            {each: path for each, path in pairs if isinstance(path, Path)},
            tuple(str(why) for _, why in pairs if isinstance(why, LeftOut)),
        )

    def _left(self, wanted: Object) -> Ranges:
        """What is not here."""
        if wanted in self.pieces:
            left = self.pieces[wanted].ranges - self._cache.pieces(wanted)
            return Ranges.of(left, _GAP)
        return Ranges() if self._cache.has(wanted) else Ranges.of([(0, wanted.size)])

    def _brought(self, wanted: Object) -> Path | LeftOut:
        if path := self._here(wanted):
            return path
        try:
            if wanted in self.pieces:
                self._fetch_pieces(wanted)
            else:
                with self._cache.draft(wanted) as draft:
                    self._requests.again(lambda: self._go_on(wanted, draft, 0, wanted.size))
        except LeftOut as why:
            return why
        finally:
            with self._lock:
                self._done += 1
        return self._here(wanted) or LeftOut(f"{wanted} was removed from the cache; run again")

    def _here(self, wanted: Object) -> Path | None:
        """Where it lies, with all that is needed of it."""
        if wanted not in self.pieces:
            return self._cache.kept(wanted)
        return None if self._left(wanted) else self._cache.in_pieces(wanted)

    def _fetch_pieces(self, wanted: Object) -> None:
        for start, end in self._left(wanted):
            with self._cache.piece(wanted, start, end) as file:
                self._requests.again(partial(self._go_on, wanted, file, start, end))

    def _go_on(self, wanted: Object, file: BinaryIO, start: int, end: int) -> None:
        """Fetch what is not there yet of these bytes."""
        at = file.tell()
        for block in self._requests.blocks(wanted, at, end) if at < end else ():
            if self.cancelled.is_set():
                raise CancelledError
            at += len(block)
            if at > end:
                file.seek(start)
                break
            file.write(block)
            with self._lock:
                self._bytes += len(block)
        if at == end:
            return
        raise Unreachable(f"{wanted} broke off after {human_bytes(at)}; run the query again")

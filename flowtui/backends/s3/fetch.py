"""Brings objects into the cache, several at a time; who looks is told how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from flowtui.backends.s3.cache import Cache
from flowtui.backends.s3.errors import LeftOut
from flowtui.backends.s3.requests import Object, Requests
from flowtui.backends.s3.workers import in_parallel
from flowtui.model.amounts import human_bytes, human_duration
from flowtui.model.errors import Unreachable

_TELLING = 1.0
"""Seconds after which a rate can be told."""


@dataclass(frozen=True, slots=True)
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
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cancelled = threading.Event()
        self._objects, self._cache, self._requests, self._clock = objects, cache, requests, clock
        self.missing = [each for each in objects if not cache.has(each)]
        self._size = sum(each.size for each in self.missing)
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
        found = in_parallel(self._objects, self._brought, self.cancelled)
        pairs = list(zip(self._objects, found, strict=True))
        return Fetched(
            {each: path for each, path in pairs if isinstance(path, Path)},
            tuple(str(why) for _, why in pairs if isinstance(why, LeftOut)),
        )

    def _brought(self, wanted: Object) -> Path | LeftOut:
        if path := self._cache.kept(wanted):
            return path
        try:
            with self._cache.draft(wanted) as draft:
                self._requests.again(lambda: self._go_on(wanted, draft))
        except LeftOut as why:
            return why
        finally:
            with self._lock:
                self._done += 1
        return self._cache.kept(wanted) or LeftOut(
            f"{wanted} was removed from the cache; run again"
        )

    def _go_on(self, wanted: Object, draft: BinaryIO) -> None:
        """Fetch what is not there yet of it."""
        start = draft.tell()
        for block in self._requests.blocks(wanted, start) if start < wanted.size else ():
            if self.cancelled.is_set():
                raise CancelledError
            draft.write(block)
            with self._lock:
                self._bytes += len(block)
        if draft.tell() == wanted.size:
            return
        if draft.tell() > wanted.size:
            draft.seek(0)
            draft.truncate()
        raise Unreachable(
            f"{wanted} broke off after {human_bytes(draft.tell())}; run the query again"
        )

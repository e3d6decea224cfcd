"""The names that AWS has told, kept in a file of the cache folder, by place."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from flowtui.model.user_files import read_bytes

VERSION = 1
MOST_BYTES = 16 << 20
MOST_NAMES = 20_000
"""Of one place; the oldest are forgotten."""

Told = Mapping[str, tuple[str, datetime]]


class NameCache:
    """Only the user can read it; one that can't be read, or is of another version, is empty.

    It is a cache: what can't be written is asked again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, place: str) -> Told:
        known = self._read().get(place, {})
        entries = known.items() if isinstance(known, dict) else ()
        return {key: entry for key, value in entries if (entry := _entry(value)) is not None}

    def write(self, place: str, found: Told) -> None:
        together = {**self.read(place), **found}
        latest = sorted(together.items(), key=lambda item: item[1][1], reverse=True)[:MOST_NAMES]
        kept = {key: [name, int(since.timestamp())] for key, (name, since) in latest}
        places = {**self._read(), place: kept}
        draft = self._path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"version": VERSION, "places": places}, file)
            draft.replace(self._path)

    def _read(self) -> Mapping[str, object]:
        try:
            told = json.loads(read_bytes(self._path, MOST_BYTES))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(told, dict) or told.get("version") != VERSION:
            return {}
        places = told.get("places")
        return places if isinstance(places, dict) else {}


def _entry(value: object) -> tuple[str, datetime] | None:
    match value:
        case [str(name), int(seconds)] if 0 <= seconds < 2**40:
            with suppress(ValueError, OverflowError, OSError):
                return name, datetime.fromtimestamp(seconds, UTC)
    return None

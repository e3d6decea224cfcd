"""The findings that the user takes for harmless, and why, in a file that only the user can read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen


@frozen
class Mark:
    reason: str
    since: str
    """When it was made, in UTC."""


class BenignMarks:
    """By the id of a finding; the file is read anew each time, as another flowtui may write it."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path, self._now = path, now

    def read(self) -> Mapping[str, Mark]:
        """Raises `UsageError` for a file that can't be read: no mark may get lost unseen."""
        try:
            told = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise UsageError(f"can't read the marks in {self._path}: {error.strerror}") from error
        except ValueError as error:
            raise UsageError(f"can't read the marks in {self._path}: {error}") from error
        if not isinstance(told, dict):
            raise UsageError(f"can't read the marks in {self._path}: it is no list of marks")
        return {
            id_: Mark(str(mark.get("reason", "")), str(mark.get("since", "")))
            for id_, mark in told.items()
            if isinstance(mark, dict)
        }

    def mark(self, finding: str, reason: str) -> None:
        """Take it for harmless; an empty reason takes that back. Raises `UsageError`."""
        marks = dict(self.read())
        marks.pop(finding, None)
        if reason:
            marks[finding] = Mark(reason, f"{self._now():%Y-%m-%d %H:%M}")
        self._write(marks)

    def _write(self, marks: Mapping[str, Mark]) -> None:
        told = {id_: {"reason": each.reason, "since": each.since} for id_, each in marks.items()}
        draft = self._path.with_suffix(f".{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(told, file, indent=1)
            draft.replace(self._path)
        except OSError as error:
            raise UsageError(f"can't keep the mark in {self._path}: {error.strerror}") from error

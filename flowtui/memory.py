"""The memory from one session to the next, in a file that only the user can read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, field, replace
from pathlib import Path

from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen

MOST_RECENT = 20
"""Log groups that are remembered for one profile and region."""


@frozen
class _Remembered:
    """By place, as `prod/eu-west-1`."""

    recent: Mapping[str, Sequence[str]] = field(default_factory=dict)
    formats: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=dict)
    """By work group: where Athena writes results, as a URL."""


class Memory:
    """The log groups that were used last, and the formats that the user has confirmed.

    The file is read anew each time, for another flowtui may have written it meanwhile; one that
    can't be read counts as empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def recent(self, place: str) -> tuple[str, ...]:
        """The groups used there, the latest first."""
        return tuple(self._read().recent.get(place, ()))

    def format(self, place: str, group: str) -> str:
        """The text of the format that the user has confirmed; empty where there is none."""
        return self._read().formats.get(place, {}).get(group, "")

    def knows_format(self, group: str) -> bool:
        """Whether a format has been confirmed for a group of that name, in whatever place."""
        return any(group in there for there in self._read().formats.values())

    def use(self, place: str, groups: Sequence[str]) -> None:
        """Remember that these were used together just now; raises `UsageError`."""
        before = self._read()
        recent = tuple(dict.fromkeys([*groups, *before.recent.get(place, ())]))
        self._write(replace(before, recent={**before.recent, place: recent[:MOST_RECENT]}))

    def keep_format(self, place: str, group: str, text: str) -> None:
        """Remember the format that the user has confirmed; raises `UsageError`."""
        before = self._read()
        there = {**before.formats.get(place, {}), group: text}
        self._write(replace(before, formats={**before.formats, place: there}))

    def results(self, work_group: str) -> str:
        """Where results of the work group go; empty where nobody has said it yet."""
        return self._read().results.get(work_group, "")

    def keep_results(self, work_group: str, url: str) -> None:
        """Remember where results go; raises `UsageError`."""
        before = self._read()
        if before.results.get(work_group) != url:
            self._write(replace(before, results={**before.results, work_group: url}))

    def _read(self) -> _Remembered:
        try:
            told = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return _Remembered()
        if not isinstance(told, dict):
            return _Remembered()
        return _Remembered(_recent(told), _formats(told), _texts(told.get("results")))

    def _write(self, remembered: _Remembered) -> None:
        told = asdict(remembered)
        draft = self._path.with_suffix(f".{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(told, file, indent=1)
            draft.replace(self._path)
        except OSError as error:
            raise UsageError(f"can't remember this in {self._path}: {error.strerror}") from error


def _recent(told: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    recent = told.get("recent")
    if not isinstance(recent, dict):
        return {}
    return {
        place: tuple(name for name in names if isinstance(name, str))
        for place, names in recent.items()
        if isinstance(names, list)
    }


def _formats(told: Mapping[str, object]) -> dict[str, dict[str, str]]:
    formats = told.get("formats")
    if not isinstance(formats, dict):
        return {}
    return {place: _texts(there) for place, there in formats.items() if isinstance(there, dict)}


def _texts(told: object) -> dict[str, str]:
    pairs = told.items() if isinstance(told, dict) else ()
    return {name: text for name, text in pairs if isinstance(text, str)}

"""The columns that the user has chosen, by the shape of the result, in a file of the state."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from flowtui.model.columns import AUTOMATIC, ColumnChoice
from flowtui.model.errors import UsageError
from flowtui.model.user_files import read_bytes

VERSION = 1
MOST_SHAPES = 200
"""The ones that were chosen first are forgotten."""
WIDEST = 1_000

Shape = tuple[str, ...]
"""The names of all columns of a result: queries of one shape have the same."""


class ColumnLayouts:
    """Read once, and again before each change, for another flowtui may have written it meanwhile.

    A file that can't be read, or is of another version, counts as empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, ColumnChoice] | None = None

    def of(self, shape: Shape) -> ColumnChoice:
        if self._known is None:
            self._known = self._read()
        return self._known.get(_key(shape), AUTOMATIC)

    def keep(self, shape: Shape, choice: ColumnChoice) -> None:
        """Remember it for this session, and for others; raises `UsageError` where it can't be."""
        session = self._known or {}
        written = {**self._read()}
        for known in (session, written):
            known.pop(_key(shape), None)
            if choice != AUTOMATIC:
                known[_key(shape)] = choice
        self._known = session
        self._write(dict(list(written.items())[-MOST_SHAPES:]))

    def _read(self) -> dict[str, ColumnChoice]:
        try:
            told = json.loads(read_bytes(self._path))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(told, dict) or told.get("version") != VERSION:
            return {}
        shapes = told.get("shapes")
        found = shapes.items() if isinstance(shapes, dict) else ()
        return {key: _choice(value) for key, value in found if isinstance(value, dict)}

    def _write(self, choices: Mapping[str, ColumnChoice]) -> None:
        shapes = {
            key: {
                "order": choice.order, "hidden": sorted(choice.hidden),
                "unfolded": sorted(choice.unfolded), "widths": dict(choice.widths),
                "frozen": choice.frozen,
            }
            for key, choice in choices.items()
        }  # fmt: skip
        draft = self._path.with_suffix(f".{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"version": VERSION, "shapes": shapes}, file)
            draft.replace(self._path)
        except OSError as error:
            raise UsageError(
                f"can't remember the columns in {self._path}: {error.strerror};"
                " they are so until flowtui ends"
            ) from error


def _key(shape: Shape) -> str:
    return json.dumps(shape)


def _choice(told: Mapping[str, object]) -> ColumnChoice:
    """What is of another kind than we write counts as not chosen."""
    widths, frozen = told.get("widths"), told.get("frozen")
    entries = widths.items() if isinstance(widths, dict) else ()
    return ColumnChoice(
        _texts(told.get("order")),
        frozenset(_texts(told.get("hidden"))),
        frozenset(_texts(told.get("unfolded"))),
        {name: cells for name, cells in entries if type(cells) is int and 0 < cells <= WIDEST},
        _texts(frozen) if isinstance(frozen, list) else None,
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()

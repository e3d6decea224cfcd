"""Room on the disk, which is looked at before there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from flowtui.model.amounts import human_bytes
from flowtui.model.errors import SourceError

LEAST = 256 << 20
"""Bytes that have to be free: those of the chunks on their way, and of what they become."""


_SMALL = 16 << 20
"""Bytes that a database of little takes."""


def check_room(name: str, size: int, folders: Iterable[Path]) -> None:
    """Raise `SourceError` where a disk of the folders is almost full, for `size` bytes of text."""
    for folder in dict.fromkeys(folders):
        free = free_bytes(folder)
        if free is not None and free < min(LEAST, _SMALL + 4 * size):
            raise SourceError(
                f"{name} could not be loaded: no more than {human_bytes(free)} are left on the disk"
                f" of {folder}; free some disk space or set TMPDIR"
            )


def free_bytes(folder: Path) -> int | None:
    """Bytes that may be written there; None where the system does not tell."""
    with suppress(OSError):
        return shutil.disk_usage(folder).free
    return None

"""The private folder of a running flowtui, where the log groups lie; it goes with the program.

Each folder holds a lock file. The system lets go of the lock whatever ends the program, so that the
next one can tell which folders nobody uses any more, and removes them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "flowtui-"
_LOCK = "in-use"


class TemporaryFolder:
    """Made when it is made; `close` removes it. Raises `OSError`."""

    def __init__(self, parent: Path | None = None) -> None:
        """In `parent`, or where temporary files are."""
        remove_abandoned(parent)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        draft = self.path / f"{_LOCK}.new"
        self._lock = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Nobody sees the lock before it is held.
        draft.rename(self.path / _LOCK)

    def close(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def remove_abandoned(parent: Path | None = None) -> None:
    """Remove the folders of programs that were killed, as far as they are ours to remove."""
    with suppress(OSError):
        for folder in (parent or Path(tempfile.gettempdir())).glob(f"{PREFIX}*"):
            with suppress(OSError):
                _remove_if_abandoned(folder)


def _remove_if_abandoned(folder: Path) -> None:
    """Raises `OSError` where somebody uses it, or where it is not ours."""
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)

"""Log groups as they were loaded, kept from one session to the next in a folder of the user's.

Each is a database and a page that names it: a line of JSON, and below it a second one with what
the group's files were when they were read, which may be thousands. The page is put in place last
and at once, so that another flowtui sees the old group or the new one. What was used least lately
goes first.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from flowtui import __version__
from flowtui.model.frozen import frozen

LOADER = 3
"""Another one where what is loaded of the same files would be another table or another page."""
_LOCK = "lock"


@frozen
class CachedGroup:
    name: str
    size: int
    """Bytes on disk."""
    used: float
    """When it was used last, in seconds of the epoch."""
    page: Path


@frozen
class Found:
    database: Path
    content: Mapping[str, Any]


class LoadedCache:
    def __init__(self, folder: Path, limit: float) -> None:
        """`limit` is in bytes; 0 keeps nothing."""
        self.folder, self.limit = folder, limit

    def find(self, identity: Sequence[str]) -> Found | None:
        """What is kept of a group, which counts as a use of it."""
        page = self._page(identity)
        found = _read(page)
        if found is None:
            return None
        try:
            content = _content(page)
        except (OSError, ValueError, RecursionError):
            return None
        with suppress(OSError):
            os.utime(page)
        return Found(self.folder / found["database"], content)

    def keep(
        self, identity: Sequence[str], name: str, content: Mapping[str, Any], draft: Path
    ) -> Path:
        """Take the database at `draft` over, in the place of an older one; raises `OSError`."""
        page = self._page(identity)
        database = f"{page.stem}-{secrets.token_hex(4)}.duckdb"
        size = draft.stat().st_size
        told = {"name": name, "size": size, "database": database}
        with self._locked():
            older = _read(page)
            written = page.with_suffix(".new")
            descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"{json.dumps(told)}\n")
                # `json.dump` takes several times as long.
                file.write(json.dumps(content))
            draft.chmod(0o600)
            draft.rename(self.folder / database)
            written.rename(page)
            if older is not None:
                (self.folder / older["database"]).unlink(missing_ok=True)
            self._trim({page})
        return self.folder / database

    def forget(self, identity: Sequence[str], database: Path) -> None:
        """Remove a group whose database can't be used, unless it has another one by now."""
        page = self._page(identity)
        with suppress(OSError), self._locked():
            told = _read(page)
            if told is None or told["database"] == database.name:
                self._remove(page)

    def groups(self) -> list[CachedGroup]:
        """All that are kept, the latest used first."""
        found: list[CachedGroup] = []
        for page in self.folder.glob("*.json"):
            if (told := _read(page)) is not None:
                with suppress(OSError):
                    size = told["size"] + page.stat().st_size
                    found.append(CachedGroup(told["name"], size, page.stat().st_mtime, page))
        return sorted(found, key=lambda group: group.used, reverse=True)

    def clear(self) -> int:
        """Remove all; how many bytes that were. Raises `OSError`."""
        if not self.folder.is_dir():
            return 0
        with self._locked():
            size = 0
            for path in (*self.folder.glob("*.json"), *self.folder.glob("*.duckdb")):
                size += path.stat().st_size
                path.unlink()
        return size

    def make(self) -> None:
        """Have the folder, which only the user can look into; raises `OSError`."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _trim(self, spared: Collection[Path]) -> None:
        """Keep to the limit, and remove databases that no page names: of who was killed."""
        groups = self.groups()
        total = sum(group.size for group in groups)
        for group in reversed(groups):
            if total > self.limit and group.page not in spared:
                self._remove(group.page)
                total -= group.size
        named = {told["database"] for page in self.folder.glob("*.json") if (told := _read(page))}
        for database in self.folder.glob("*.duckdb"):
            if database.name not in named:
                database.unlink(missing_ok=True)

    def _remove(self, page: Path) -> None:
        told = _read(page)
        page.unlink(missing_ok=True)
        if told is not None:
            (self.folder / told["database"]).unlink(missing_ok=True)

    def _page(self, identity: Sequence[str]) -> Path:
        told = "\0".join((__version__, str(LOADER), *identity))
        digest = hashlib.sha256(told.encode(errors="surrogateescape")).hexdigest()[:32]
        return self.folder / f"{digest}.json"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Nobody else changes what is kept meanwhile."""
        lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _read(page: Path) -> Mapping[str, Any] | None:
    """What a page says first; None where there is none, or where it is none of ours."""
    try:
        with page.open("rb") as file:
            told = json.loads(file.readline())
        kinds = (("name", str), ("size", int), ("database", str))
        if not all(isinstance(told[key], kind) for key, kind in kinds):
            return None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    is_inside = Path(told["database"]).name == told["database"]
    return told if is_inside else None


def _content(page: Path) -> Mapping[str, Any]:
    """The rest of a page; raises `OSError` and `ValueError`."""
    with page.open("rb") as file:
        file.readline()
        content = json.loads(file.read())
    if not isinstance(content, dict):
        raise ValueError(page)  # noqa: TRY004  (it is what the file says that is wrong)
    return content

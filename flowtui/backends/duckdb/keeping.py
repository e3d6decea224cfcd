"""Large log groups in databases of their own: taken up from the cache, gone on with, and kept.

Such a database is only read once it is filled. More records go into a copy, so that whoever reads
it, also in another flowtui, goes on reading what there was.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from flowtui.backends.duckdb.ingest.room import free_bytes
from flowtui.backends.duckdb.temporary import TemporaryFolder
from flowtui.model.errors import SourceError
from flowtui.model.frozen import frozen
from flowtui.sql.parameters import identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from flowtui.backends.duckdb.ingest.filling import Before
    from flowtui.backends.duckdb.ingest.listing import Listing, Seen
    from flowtui.backends.duckdb.ingest.load import Loaded
    from flowtui.backends.duckdb.ingest.reader import LogFile, SourceFiles
    from flowtui.backends.duckdb.ingest.stored import Continuation, Stored
    from flowtui.backends.duckdb.loaded_cache import LoadedCache
    from flowtui.backends.duckdb.progress import Loading

LEAST = 4 << 20
"""Bytes on disk from which on a group is kept: less is loaded before anybody waits."""
_SETTLED = 2_000_000_000
"""Nanoseconds after which a file that was written to has another time than one written before: the
coarsest clocks of file systems have two seconds."""
_PAUSE = 0.02
"""Seconds between two looks whether a database is let go."""
_MARGIN = 512 << 20
"""Bytes that are left free on the disk of the cache."""


class GroupFiles(Protocol):
    """The files of a log group, which can be looked for again."""

    @property
    def identity(self) -> Sequence[str]:
        """What tells the group from others, whatever its files are at the moment."""

    @property
    def root(self) -> Path:
        """The folder, or the file, in which all files are."""

    @property
    def are_lasting(self) -> bool:
        """Whether they can be read more than once."""

    def list(self) -> Listing:
        """Raises `SourceError`."""

    def recognised(
        self,
        listing: Listing,
        known: Mapping[Seen, LogFile],
        looked: Callable[[float], None],
    ) -> SourceFiles:
        """Raises `SourceError`."""


@frozen
class _Base:
    """A database that has records of a group."""

    path: Path
    stored: Stored
    continuation: Continuation
    is_cached: bool
    """Whether another session has made it."""


@frozen
class _Held:
    """The database that a group is read from now."""

    alias: str
    path: Path
    stored: Stored | None = None
    """None as long as it is being filled."""


@frozen
class LoadTask:
    """A group that is to be loaded."""

    connection: DuckDBPyConnection
    files: GroupFiles
    listing: Listing
    source: SourceFiles
    relation: str
    progress: Loading
    cancelled: threading.Event
    folder: Path
    """For what has to lie on disk meanwhile."""
    arrived: Callable[[Loaded], None] | None = None

    def load(self, database: str = "", before: Before | None = None) -> Loaded:
        from flowtui.backends.duckdb.ingest.load import load

        return load(
            self.connection,
            self.source,
            self.relation,
            progress=self.progress,
            cancelled=self.cancelled,
            folder=self.folder,
            database=database,
            before=before,
            arrived=self.arrived,
        )


class Keeping:
    """For the thread that loads; raises what `load` does."""

    def __init__(self, cache: LoadedCache | None, temporary: Callable[[], Path]) -> None:
        """`temporary` gives the folder for what is not kept."""
        self._cache = cache if cache is not None and cache.limit > 0 else None
        self._temporary = temporary
        self._drafts: TemporaryFolder | None = None
        self._bases: dict[GroupFiles, _Base] = {}
        self._held: dict[GroupFiles, _Held] = {}
        self._numbers = count(1)

    def open(self) -> Path | None:
        """The folder that the engine may open files in; None where nothing is kept."""
        if self._cache is None:
            return None
        try:
            self._cache.make()
        except OSError:
            self._cache = None  # what can't be kept is loaded all the same
            return None
        return self._cache.folder

    def close(self) -> None:
        if self._drafts is not None:
            self._drafts.close()
            self._drafts = None

    def find(
        self, files: GroupFiles, listing: Listing, looked: Callable[[float], None]
    ) -> SourceFiles:
        """The files as readers take them; those whose records are stored are not opened."""
        base = self._bases.pop(files, None) or self._base(files, listing)
        if base is None:
            return files.recognised(listing, {}, looked)
        followed = base.continuation
        known = {file.seen: file for file in followed.kept}
        unfit = [seen for seen in listing.files if seen in followed.unfit]
        rest = replace(listing, files=tuple(f for f in listing.files if f not in followed.unfit))
        source = files.recognised(rest, known, looked)
        now = {file.seen: file for file in source.files}
        if not all(_is_as_before(tail, now.get(tail.seen)) for _, tail in followed.tails):
            return files.recognised(listing, {}, looked)
        self._bases[files] = base
        reasons = (SourceError(followed.unfit[seen]) for seen in unfit)
        return replace(source, skipped=(*source.skipped, *reasons))

    def is_stored(self, files: GroupFiles) -> bool:
        """Whether nothing of what was found is to be read."""
        base = self._bases.get(files)
        return base is not None and base.continuation.is_complete

    def load(self, task: LoadTask) -> tuple[SourceFiles, Loaded]:
        """The group as it was found, or found anew where what was stored is of no use."""
        import duckdb

        from flowtui.backends.duckdb.ingest.filling import NotContinuous

        base = self._bases.pop(task.files, None)
        if base is not None:
            try:
                return task.source, self._from(base, task)
            except duckdb.InterruptException:
                raise
            except (NotContinuous, duckdb.Error, OSError, SourceError):
                if base.is_cached and self._cache is not None:
                    self._cache.forget(task.files.identity, base.path)
                task = replace(task, source=task.files.recognised(task.listing, {}, _nobody))
        if not task.source.is_stored or task.source.size < LEAST:
            return task.source, task.load()
        draft = self._draft(task)
        loaded = self._filled(task, draft, None)
        self._settle(task, draft, loaded, None)
        return task.source, loaded

    def _base(self, files: GroupFiles, listing: Listing) -> _Base | None:
        """What is stored of a group, if it can be gone on with."""
        held = self._held.get(files)
        if held is not None and held.stored is not None:
            path, stored, is_cached = held.path, held.stored, False
        else:
            found = self._cache.find(files.identity) if self._cache is not None else None
            if found is None:
                return None
            from flowtui.backends.duckdb.ingest.stored_json import from_json

            try:
                path, stored, is_cached = found.database, from_json(found.content, files.root), True
            except (LookupError, TypeError, ValueError):
                return None
        try:
            continuation = stored.follows(listing)
        except OSError:
            return None
        return None if continuation is None else _Base(path, stored, continuation, is_cached)

    def _from(self, base: _Base, task: LoadTask) -> Loaded:
        """The group from a database that has all of its records, or from a copy with more."""
        from flowtui.backends.duckdb.ingest.load import take_up

        if base.continuation.is_complete:
            held = _Held(self._alias(), base.path, base.stored)
            _attach(task.connection, held, is_read_only=True)
            loaded = take_up(task.connection, task.source, task.relation, held.alias, base.stored)
            self._hold(task, held)
            return loaded
        draft = self._draft(task, base.path)
        loaded = self._filled(task, draft, (base.stored, base.continuation))
        self._settle(task, draft, loaded, base)
        return loaded

    def _filled(self, task: LoadTask, draft: _Held, before: Before | None) -> Loaded:
        """What the database has then; it is removed where loading fails."""
        try:
            return task.load(draft.alias, before)
        except BaseException:
            _detach(task.connection, draft.alias)
            draft.path.unlink(missing_ok=True)
            raise

    def _draft(self, task: LoadTask, copied: Path | None = None) -> _Held:
        """A database to be filled."""
        alias = self._alias()
        draft = _Held(alias, self._draft_folder(copied) / f"{alias}.duckdb")
        if copied is not None:
            shutil.copyfile(copied, draft.path)
        _attach(task.connection, draft, is_read_only=False)
        draft.path.chmod(0o600)
        return draft

    def _draft_folder(self, copied: Path | None) -> Path:
        """On the disk of the cache, where there is room for it."""
        if self._cache is None:
            return self._temporary()
        try:
            free = free_bytes(self._cache.folder) or 0
            if free < _MARGIN + (copied.stat().st_size if copied else 0):
                return self._temporary()
            if self._drafts is None:
                self._drafts = TemporaryFolder(self._cache.folder)
        except OSError:
            return self._temporary()
        return self._drafts.path

    def _settle(self, task: LoadTask, draft: _Held, loaded: Loaded, base: _Base | None) -> None:
        """Keep what was filled, for this session and, if its files have not changed, for others."""
        task.connection.execute(f"CHECKPOINT {identifier(draft.alias)}")
        stored = _stored(task, loaded, base)
        if stored is not None:
            held = replace(draft, stored=stored)
            self._hold(task, replace(held, path=self._moved(task, held, stored)))

    def _moved(self, task: LoadTask, held: _Held, stored: Stored) -> Path:
        """Where the database is now: in the cache, if that takes it, and only to be read."""
        from flowtui.backends.duckdb.ingest.stored_json import to_json

        path, cache, files = held.path, self._cache, task.files
        if cache is None or self._drafts is None or path.parent != self._drafts.path:
            return path
        if path.stat().st_size > cache.limit:
            return path
        # It is open before others see it: they may put another one in its place at any time.
        _detach(task.connection, held.alias)
        _attach_when_free(task, held)
        with suppress(OSError):
            content = to_json(stored, files.root)
            path = cache.keep(files.identity, task.source.name, content, path)
        return path

    def _hold(self, task: LoadTask, held: _Held) -> None:
        before = self._held.get(task.files)
        self._held[task.files] = held
        if before is not None and before.alias != held.alias:
            _detach(task.connection, before.alias)
            if self._cache is None or before.path.parent != self._cache.folder:
                before.path.unlink(missing_ok=True)

    def _alias(self) -> str:
        return f"kept {next(self._numbers)}"


def _is_as_before(tail: LogFile, now: LogFile | None) -> bool:
    """Whether a file that has grown is still taken for the same."""
    from flowtui.backends.duckdb.ingest.text.reader import TextLayout

    before, found = tail.layout, now.layout if now else None
    return (
        isinstance(before, TextLayout)
        and isinstance(found, TextLayout)
        and before == found
        and before.has_header == found.has_header
    )


def _stored(task: LoadTask, loaded: Loaded, base: _Base | None) -> Stored | None:
    """What was loaded; None where its files may have something else by now."""
    from flowtui.backends.duckdb.ingest.stored import Stored, found_in, is_unchanged, stored_file

    before = {each.file.seen: each for each in base.stored.files} if base else {}
    read = [file for file in task.source.files if file.seen not in before]
    is_settled = all(time.time_ns() - file.seen.modified_ns > _SETTLED for file in read)
    if not is_settled or not loaded.tables:
        return None
    try:
        files = tuple(
            before.get(file.seen) or stored_file(file, loaded.held.get(file.seen))
            for file in task.source.files
        )
        if not is_unchanged(read):
            return None
        unfit = found_in(task.source, task.listing)
    except (OSError, ValueError):
        return None
    return Stored(loaded.tables, files, unfit, loaded.bytes, loaded.skipped)


def _nobody(_: float) -> None:
    """Nobody asks how far it is."""


def _attach(connection: DuckDBPyConnection, held: _Held, *, is_read_only: bool) -> None:
    path = str(held.path).replace("'", "''")
    option = " (READ_ONLY)" if is_read_only else ""
    connection.execute(f"ATTACH '{path}' AS {identifier(held.alias)}{option}")


def _attach_when_free(task: LoadTask, held: _Held) -> None:
    """Attach what was detached just now, to be read: a query may still be at its first rows."""
    import duckdb

    while True:
        try:
            return _attach(task.connection, held, is_read_only=True)
        except duckdb.ResourceInUseException:
            if task.cancelled.wait(_PAUSE):
                raise CancelledError from None


def _detach(connection: DuckDBPyConnection, alias: str) -> None:
    import duckdb

    with suppress(duckdb.Error):
        connection.execute(f"DETACH {identifier(alias)}")

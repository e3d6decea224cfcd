"""The database that the log groups are loaded into, one after the other, in a daemon thread."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowtui.backends.duckdb.failures import sentence
from flowtui.backends.duckdb.groups import Group
from flowtui.backends.duckdb.ingest.room import LEAST, free_bytes
from flowtui.backends.duckdb.keeping import Keeping, LoadTask
from flowtui.backends.duckdb.limits import EngineLimits
from flowtui.backends.duckdb.memory_watch import MemoryWatch
from flowtui.backends.duckdb.progress import observed
from flowtui.backends.duckdb.temporary import TemporaryFolder
from flowtui.model.errors import BackendError, FlowtuiError
from flowtui.model.foreign import shown

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from flowtui.backends.duckdb.loaded_cache import LoadedCache
    from flowtui.flowlogs.fields import FieldInfo

STOP_SECONDS = 2.0
"""How long a stop waits for DuckDB to let go; it mostly does at once."""
_INTERVAL = 0.05
_OUTSIDE = 0.25
"""The share of this time for a thread that is not yet inside DuckDB."""
CLOSED = "the local engine is closed; start flowtui again"


class Store:
    """Loads each group once; `want` brings groups forward, `close` gives all back."""

    def __init__(
        self,
        groups: Sequence[Group],
        limits: EngineLimits,
        *,
        is_eager: bool,
        cache: LoadedCache | None = None,
    ) -> None:
        """`cache` has large groups of other sessions."""
        self.limits = limits
        self._keeping = Keeping(cache, self._temporary)
        self.memory = MemoryWatch(limits.process_memory)
        self.groups = {group.name: group for group in groups}
        self._waiting = list(groups) if is_eager else []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._database: DuckDBPyConnection | None = None
        self._folder: TemporaryFolder | None = None
        self._loading: DuckDBPyConnection | None = None
        self._is_found = False
        self._loader_ended = threading.Event()
        self._loader_ended.set()

    def chosen(self, names: Sequence[str]) -> tuple[Group, ...]:
        """The groups of these names, or all of them; raises `BackendError`."""
        for name in names:
            if name not in self.groups:
                known = ", ".join(self.groups) or "none"
                raise BackendError(f"there is no log group {name}; there are: {known}")
        return tuple(self.groups[name] for name in names or self.groups)

    @property
    def respelled(self) -> frozenset[FieldInfo]:
        """Of the groups that are loaded, the fields with a number in an uncommon spelling."""
        loads = [group.loaded for group in self.groups.values() if group.loaded.done()]
        loaded = [load.result() for load in loads if not load.exception()]
        return frozenset(info for each in loaded for info in each.respelled)

    @property
    def loading(self) -> tuple[Group, ...]:
        """Those that are being loaded now: one, or none."""
        groups = self.groups.values()
        return tuple(each for each in groups if each.is_loading and not each.loaded.done())

    def prepare(self) -> None:
        """Find the sources, and load what is to be loaded."""
        self.want(())

    def want(self, groups: Sequence[Group]) -> None:
        """Load these groups next, and the others after them."""
        with self._lock:
            if self._closed.is_set():
                raise BackendError(CLOSED)
            first = [group for group in groups if not group.is_loading]
            self._waiting = first + [group for group in self._waiting if group not in groups]
            if not self._loader_ended.is_set() or (self._is_found and not self._waiting):
                return
            self._loader_ended.clear()
        # A thread that is inside DuckDB while the interpreter ends would abort the process.
        atexit.register(self.close)
        threading.Thread(target=self._work, name="flowtui-load", daemon=True).start()

    def refresh(self, groups: Sequence[Group]) -> None:
        """Have those read again whose files are no longer what was read; looks at the disk."""
        changed = [group for group in groups if group.has_changed()]
        with self._lock:
            for group in changed:
                group.renew()
        if changed:
            self.want(changed)

    @property
    def _read_paths(self) -> list[Path]:
        return [group.path for group in self.groups.values() if group.path is not None]

    def cursor(self) -> DuckDBPyConnection:
        """A connection of one's own to the database, for a thread that may block."""
        folder = self._temporary()
        with self._lock:
            if self._closed.is_set():
                raise BackendError(CLOSED)
            if self._database is None:
                kept = self._keeping.open()
                reads = [*self._read_paths, *([kept] if kept else [])]
                self._database = _open(folder, self.limits, reads)
            return self._database.cursor()

    def close(self) -> None:
        """End the loading and remove the temporary files; queries are their owners' to stop."""
        atexit.unregister(self.close)
        with self._lock:
            self._closed.set()
            folder, self._folder = self._folder, None
        end(self._loader_ended, lambda: self._loading, STOP_SECONDS)
        # DuckDB's binding complains on stderr of connections that outlive the interpreter.
        self._loading = self._database = None
        self._keeping.close()
        if folder is not None:
            folder.close()

    def _work(self) -> None:
        """The work of the daemon thread: all sources first, for they are found quickly."""
        try:
            self._find_all()
            while (group := self._next()) is not None:
                with _failing(group.loaded):
                    self._load(group)
        except BaseException:
            self._loader_ended.set()
            raise
        # `_next` has said that it ends: from then on there may be another one.

    def _find_all(self) -> None:
        with self._lock:
            rest = [group for group in self.groups.values() if group not in self._waiting]
            groups = [] if self._is_found else [*self._waiting, *rest]
        for group in groups:
            self._find(group)
        self._is_found = True

    def _find(self, group: Group) -> None:
        if group.source.done():
            return
        with _failing(group.source, group.loaded):
            if group.files is None or not group.files.are_lasting:
                group.files = None
                group.source.set_result(group.find(self._temporary()))
                return
            group.listing = group.files.list()
            source = self._keeping.find(group.files, group.listing, group.looked)
            group.is_stored = self._keeping.is_stored(group.files)
            group.source.set_result(source)

    def _temporary(self) -> Path:
        """The private folder, which `close` removes."""
        with self._lock:
            if self._closed.is_set():
                raise BackendError(CLOSED)
            if self._folder is None:
                self._folder = _temporary_folder()
            return self._folder.path

    def _next(self) -> Group | None:
        """The next group to load; those that were not found are left out."""
        while group := self._next_waiting():
            self._find(group)
            if group.source.exception() is None:
                return group
        return None

    def _next_waiting(self) -> Group | None:
        with self._lock:
            if self._waiting and not self._closed.is_set():
                group = self._waiting.pop(0)
                group.is_loading = True
                return group
            self._loader_ended.set()
        return None

    def _load(self, group: Group) -> None:
        from flowtui.backends.duckdb.ingest.load import load

        self._loading = connection = observed(self.cursor())
        source, name, folder = group.source.result(), group.name, self._temporary()
        if group.files is None or group.listing is None:
            loaded = load(
                connection, source, name,
                progress=group.reading, cancelled=self._closed, folder=folder,
                arrived=group.arrived,
            )  # fmt: skip
        else:
            found, loaded = self._keeping.load(
                LoadTask(
                    connection, group.files, group.listing, source, name,
                    group.reading, self._closed, folder, group.arrived,
                )
            )  # fmt: skip
            if found is not source:
                group.found_anew(found)
        group.reading.end()
        group.loaded.set_result(loaded)


def _temporary_folder() -> TemporaryFolder:
    try:
        return TemporaryFolder()
    except OSError as error:
        reason = error.strerror or error
        raise BackendError(
            f"there is no room for temporary files: {reason}; set TMPDIR to a folder that has some"
        ) from error


def end(
    ended: threading.Event, cursor: Callable[[], DuckDBPyConnection | None], seconds: float
) -> None:
    """Interrupt what a thread runs on its cursor until it has ended, but no longer than `seconds`.

    One call is not enough: it says nothing to a thread that is between two statements, or that
    has no cursor yet. One that gets none is outside of DuckDB: it may be left alone.
    """
    steps, outside = max(1, int(seconds / _INTERVAL)), 0
    for _ in range(steps):
        if ended.is_set() or outside > steps * _OUTSIDE:
            return
        if (running := cursor()) is not None:
            running.interrupt()
        else:
            outside += 1
        ended.wait(_INTERVAL)


@contextmanager
def _failing(*futures: Future[Any]) -> Iterator[None]:
    """Hand a failure to those who wait for the futures."""
    try:
        yield
    except CancelledError:
        _fail(futures, BackendError(CLOSED))
    except FlowtuiError as error:
        _fail(futures, error)
    except Exception as error:  # noqa: BLE001  (whoever waits would wait for ever)
        _fail(futures, BackendError(f"the local engine could not load: {sentence(error)}"))


def _fail(futures: Sequence[Future[Any]], error: Exception) -> None:
    """The groups keep the error; its traceback and causes would keep the loader's connection."""
    error.__cause__ = error.__context__ = None
    for future in futures:
        future.set_exception(error.with_traceback(None))


def open_database(folder: Path, limits: EngineLimits | None = None) -> DuckDBPyConnection:
    """A database in a file in `folder`, which also takes what does not fit in memory."""
    import duckdb

    limits = limits or EngineLimits.of_machine()
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{limits.engine_memory}B",
        "threads": limits.threads,
        "temp_directory": str(folder),
        "max_temp_directory_size": f"{_spill(folder, limits)}B",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
    }
    database = duckdb.connect(str(folder / "flowtui.duckdb"), config=settings)
    # Nobody opens this database again: what is on its way to the file may stay where it is.
    database.execute("SET checkpoint_threshold = '1TB'; PRAGMA disable_checkpoint_on_shutdown")
    # A checkpoint merges row groups, and has all of them in memory; one merge is enough for what
    # has been added to a group that was kept.
    database.execute("SET max_vacuum_tasks = 1")
    return database


def _spill(folder: Path, limits: EngineLimits) -> int:
    """Bytes that may go to disk: never all that is free there."""
    free = free_bytes(folder)
    return limits.spill if free is None else max(LEAST, min(limits.spill, free - LEAST))


_CHANGED = ("preserve_insertion_order", "enable_progress_bar", "enable_progress_bar_print")
"""The settings that loads and queries change."""


def lock(database: DuckDBPyConnection, reads: Iterable[Path]) -> None:
    """From here on nothing but what is at these paths can be opened, whatever a statement says."""
    paths = [path.absolute() for path in reads if shown(path) == str(path)]
    folders = [path for path in paths if path.is_dir()]
    database.execute(f"SET allowed_directories = {_listed(folders)}")
    database.execute(f"SET allowed_paths = {_listed(set(paths) - set(folders))}")
    database.execute("SET enable_external_access = false")
    database.execute(f"SET allowed_configs = {_listed(_CHANGED)}")
    database.execute("SET lock_configuration = true")


def _listed(names: Iterable[str | Path]) -> str:
    quoted = (str(name).replace("'", "''") for name in names)
    return "[" + ", ".join(f"'{name}'" for name in quoted) + "]"


def _open(folder: Path, limits: EngineLimits, reads: Iterable[Path]) -> DuckDBPyConnection:
    import duckdb

    try:
        database = open_database(folder, limits)
        lock(database, [folder, *reads])
    except duckdb.Error as error:
        raise BackendError(f"the local engine can't be opened: {sentence(error)}") from error
    return database

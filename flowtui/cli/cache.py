"""`flowtui cache`: what is kept between sessions so that nothing is read or fetched twice."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flowtui.backends.duckdb.loaded_cache import LoadedCache
from flowtui.backends.s3.cache import Cache
from flowtui.cli.environment import cache_folder
from flowtui.cli.output import print_text
from flowtui.model.amounts import human_bytes
from flowtui.model.errors import UsageError
from flowtui.model.foreign import clean

LOADED, OBJECTS = "loaded", "s3"
"""The folders in that of the cache: of groups as they were loaded, and of objects."""


def print_cache() -> None:
    """The groups, the latest used first, and the objects of S3 as one."""
    loaded, objects = _caches(cache_folder())
    groups = loaded.groups()
    for group in groups:
        used = f"{datetime.fromtimestamp(group.used, UTC):%Y-%m-%d %H:%M}"
        print_text(f"{human_bytes(group.size):>9}  {used}  {clean(group.name)}\n")
    size, count = objects.held()
    if count:
        print_text(f"{human_bytes(size):>9}  {count:,} objects fetched from S3\n")
    total = human_bytes(size + sum(group.size for group in groups))
    print_text(f"{total:>9}  in {clean(str(cache_folder()))}; flowtui cache clear removes it\n")


def clear_cache() -> None:
    """Raises `UsageError`. What another flowtui has open it goes on reading."""
    loaded, objects = _caches(cache_folder())
    try:
        size = loaded.clear() + objects.clear()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"the cache in {cache_folder()} can't be cleared: {reason}; remove the folder yourself"
        ) from error
    print_text(f"{human_bytes(size)} removed from {clean(str(cache_folder()))}\n")


def _caches(folder: Path) -> tuple[LoadedCache, Cache]:
    return LoadedCache(folder / LOADED, 0), Cache(folder / OBJECTS, 0)

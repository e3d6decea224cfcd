"""Which objects have the records of a span of time: by folders of days, never the whole bucket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from flowtui.backends.s3.layout import (
    Part,
    Tree,
    is_delivered,
    is_hour_needed,
    is_needed,
    leads_on,
    needed,
    number,
    parts,
    tree_around,
    tree_in,
)
from flowtui.backends.s3.location import Location
from flowtui.backends.s3.requests import Object, Page
from flowtui.backends.s3.workers import in_parallel
from flowtui.model.errors import BackendError
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange

MOST_FOLDERS = 2000
"""Above the days; whoever has more has given too short a prefix."""
_MOST_LOOKED_INTO = 20
"""Trees in which the latest day is looked for."""


class Lister(Protocol):
    @property
    def sent(self) -> int:
        """Requests so far."""

    def pages(self, bucket: str, prefix: str, *, is_deep: bool = True) -> Iterator[Page]:
        """See `Requests.pages`."""


@frozen
class Roots:
    """Where the flow logs of a location lie."""

    trees: tuple[Tree, ...] = ()
    loose: tuple[str, ...] = ()
    """Folders with objects in them, and single objects, outside of any tree."""
    within: str = ""
    """Only what is below it, which may be deeper than a tree's root."""


@frozen
class Found:
    objects: tuple[Object, ...]
    requests: int
    """That it took."""


class Listing:
    """Lists locations, in threads that wait; where their trees are is found out once."""

    def __init__(self, lister: Lister, cancelled: threading.Event) -> None:
        self._lister, self._cancelled = lister, cancelled
        self._roots: dict[Location, Roots] = {}

    def objects(self, location: Location, window: TimeRange) -> Found:
        """Those that may have records of the window; raises `BackendError`."""
        return self.stamped(location, needed(window))

    def stamped(self, location: Location, span: TimeRange) -> Found:
        """Those that were delivered in the span; raises `BackendError`."""
        before = self._lister.sent
        roots = self.roots(location)
        folders = [
            Part(narrowed, part.span)
            for tree in roots.trees
            for part in parts(tree, span)
            if (narrowed := _narrowed(part.prefix, roots.within)) is not None
        ]
        found = in_parallel(folders, lambda part: self._of_part(location, part), self._cancelled)
        loose = in_parallel(
            roots.loose, lambda name: _meant(name, self._shallow(location, name)), self._cancelled
        )
        objects = {each.key: each for some in found for each in some if each.size}
        objects |= {each.key: each for page in loose for each in page.objects if each.size}
        return Found(
            tuple(each for key, each in sorted(objects.items()) if is_needed(key, span)),
            self._lister.sent - before,
        )

    def roots(self, location: Location) -> Roots:
        """Raises `BackendError` where nothing lies there."""
        if location not in self._roots:
            self._roots[location] = self._found(location)
        return self._roots[location]

    def latest(self, location: Location) -> str:
        """The latest day of which there is anything, as `2026-11-28`; empty where none tells."""
        trees = self.roots(location).trees[:_MOST_LOOKED_INTO]
        return max((self._latest_in(location, tree) for tree in trees), default="")

    def _found(self, location: Location) -> Roots:
        prefix = location.prefix
        folder = prefix.rstrip("/") + "/"
        if around := tree_around(folder):
            return Roots((around,), within=folder)
        roots, asked = Roots(), 0
        folders = list(self._entrances(location))
        while folders:
            asked += len(folders)
            if asked > MOST_FOLDERS:
                raise BackendError(
                    f"{location} has more than {MOST_FOLDERS:,} folders above those of days; give a"
                    " longer prefix, such as that of an account and region"
                )
            pages = in_parallel(
                folders, lambda name: _meant(name, self._shallow(location, name)), self._cancelled
            )
            roots, folders = _grown(roots, folders, pages)
        if not (roots.trees or roots.loose):
            raise _nothing(location)
        # Where flow logs are delivered, what lies elsewhere in the bucket is something else.
        delivered = tuple(tree for tree in roots.trees if is_delivered(tree))
        return Roots(delivered) if delivered else roots

    def _entrances(self, location: Location) -> Iterator[str]:
        """The folder that is meant, or the object: S3 itself takes a prefix for any beginning."""
        prefix = location.prefix
        if not prefix or prefix.endswith("/"):
            yield prefix
            return
        page = self._shallow(location, prefix)
        if prefix + "/" in page.folders:
            yield prefix + "/"
        elif any(each.key == prefix for each in page.objects):
            yield prefix

    def _of_part(self, location: Location, part: Part) -> list[Object]:
        if part.span is None:
            return self._deep(location, part.prefix)
        page = self._shallow(location, part.prefix)
        day = part.span.start.replace(hour=0, minute=0, second=0, microsecond=0)
        found = list(page.objects)
        for folder in page.folders:
            if is_hour_needed(folder.removeprefix(part.prefix), part.span, day):
                found += self._deep(location, folder)
        return found

    def _deep(self, location: Location, prefix: str) -> list[Object]:
        return [each for page in self._pages(location, prefix) for each in page.objects]

    def _shallow(self, location: Location, prefix: str) -> Page:
        pages = list(self._pages(location, prefix, is_deep=False))
        return Page(
            tuple(folder for page in pages for folder in page.folders),
            tuple(each for page in pages for each in page.objects),
        )

    def _pages(self, location: Location, prefix: str, *, is_deep: bool = True) -> Iterator[Page]:
        yield from self._lister.pages(location.bucket, prefix, is_deep=is_deep)

    def _latest_in(self, location: Location, tree: Tree) -> str:
        folder, found = tree.root, []
        for _ in ("year", "month", "day"):
            page = self._shallow(location, folder)
            below = [each for each in page.folders if number(each.removeprefix(folder)) >= 0]
            if not below:
                return ""
            folder = max(below, key=lambda name: number(name.removesuffix("/").rpartition("/")[2]))
            found.append(number(folder.removesuffix("/").rpartition("/")[2]))
        try:
            return f"{datetime(found[0], found[1], found[2], tzinfo=UTC):%Y-%m-%d}"
        except ValueError:
            return ""


def _grown(roots: Roots, folders: list[str], pages: list[Page]) -> tuple[Roots, list[str]]:
    """The roots with those that these pages show, and the folders to look into next."""
    trees, loose, next_ones = list(roots.trees), list(roots.loose), list[str]()
    for folder, page in zip(folders, pages, strict=True):
        names = [each.removeprefix(folder) for each in page.folders]
        if tree := tree_in(folder, names):
            trees.append(tree)
        if any(each.size for each in page.objects):
            loose.append(folder)
        next_ones += [
            folder + name
            for name in names
            if leads_on(folder, name) and tree_in(folder, [name]) is None
        ]
    return replace(roots, trees=tuple(trees), loose=tuple(loose)), next_ones


def _meant(name: str, page: Page) -> Page:
    """What of a page is in the folder of this name, or is the one object that has it."""
    if name.endswith("/") or not name:
        return page
    return Page((), tuple(each for each in page.objects if each.key == name))


def _narrowed(prefix: str, within: str) -> str | None:
    """What both stand for; None where that is nothing."""
    if prefix.startswith(within):
        return prefix
    return within if within.startswith(prefix) else None


def _nothing(location: Location) -> BackendError:
    return BackendError(
        f"nothing lies in {location}; a prefix must be whole folders, and `aws s3 ls` shows what"
        " there is"
    )

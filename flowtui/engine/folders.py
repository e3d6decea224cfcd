"""Saved queries as a tree of folders, and those of them that match what is typed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flowtui.model.frozen import frozen
from flowtui.model.saved_query import SavedQuery

Path = tuple[str, ...]


@frozen
class Line:
    """A folder, or a query in one."""

    depth: int
    label: str
    query: SavedQuery | None = None
    """None for a folder."""


def matching(queries: Iterable[SavedQuery], typed: str) -> list[SavedQuery]:
    """Those that have each of the words in their name or their text, whatever the case."""
    words = typed.casefold().split()
    return [query for query in queries if _has_all(query, words)]


def tree(queries: Iterable[SavedQuery]) -> Iterator[Line]:
    """A line for each folder and each query, in the order of the names.

    `/` stands between folders; one at the end of a name or beside another has nothing to
    separate, and stays in the label.
    """
    above: Path = ()
    for query in sorted(queries, key=_order):
        *folders, label = parts(query.name)
        path = tuple(folders)
        for depth in range(_shared(above, path), len(path)):
            yield Line(depth, path[depth])
        yield Line(len(path), label, query)
        above = path


def parts(name: str) -> Path:
    """The folders and the label: joined by `/` they are the name again."""
    found: list[str] = []
    for piece in name.split("/"):
        if found and not (piece and found[-1].strip("/")):
            found[-1] = f"{found[-1]}/{piece}"
        else:
            found.append(piece)
    return tuple(found)


def folder_of(name: str) -> str:
    """The beginning of a name in the same folder: `triage/`, or nothing."""
    return "".join(f"{folder}/" for folder in parts(name)[:-1])


def _has_all(query: SavedQuery, words: Sequence[str]) -> bool:
    text = f"{query.name}\n{query.text}".casefold()
    return all(word in text for word in words)


def _order(query: SavedQuery) -> tuple[object, ...]:
    path = parts(query.name)
    # A folder's own queries stand after the folders in it, and each folder in one piece.
    keys = [(0, folder.casefold(), folder) for folder in path[:-1]]
    return (*keys, (1, path[-1].casefold(), path[-1])), query.id


def _shared(one: Path, other: Path) -> int:
    """How many folders from the top both are in."""
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count

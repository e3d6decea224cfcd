"""What is stored of a log group, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from flowtui.backends.duckdb.ingest.compression import Compression
from flowtui.backends.duckdb.ingest.encoding import Encoding
from flowtui.backends.duckdb.ingest.listing import Seen
from flowtui.backends.duckdb.ingest.reader import Contents, LogFile
from flowtui.backends.duckdb.ingest.stored import (
    Ending,
    Stored,
    StoredFile,
    StoredPart,
    StoredTable,
)
from flowtui.backends.duckdb.ingest.text.lines import Lines
from flowtui.backends.duckdb.ingest.text.reader import TextLayout
from flowtui.backends.duckdb.ingest.wrapped.wrapping import Blocks
from flowtui.flowlogs.fields import FieldInfo, field_info
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError
from flowtui.model.frozen import frozen

Json = Mapping[str, Any]
T = TypeVar("T")


def to_json(stored: Stored, root: Path) -> Json:
    """Paths are told from `root` on. They may be no UTF-8: then they have surrogates."""
    layouts, lines = _Numbers(_layout), _Numbers(_lines)
    files = [
        [
            _seen(each.file.seen, root),
            layouts.of(each.file.layout),
            each.file.compression.value,
            each.file.encoding.value,
            each.file.modified_ms,
            [each.ending.digest, each.ending.start] if each.ending else None,
            lines.of(each.held) if each.held else None,
        ]
        for each in stored.files
    ]
    return {
        "tables": [
            {"first": _lines(table.first), "parts": [_part(part) for part in table.parts]}
            for table in stored.tables
        ],
        "layouts": layouts.written,
        "lines": lines.written,
        "files": files,
        "unfit": [[_seen(seen, root), reason] for seen, reason in stored.unfit],
        "bytes": stored.bytes,
        "broken": list(stored.broken),
    }


def from_json(found: Json, root: Path) -> Stored:
    """Raises `LookupError`, `TypeError` or `ValueError` for what `to_json` has not written."""
    layouts = [_layout_from(each) for each in found["layouts"]]
    lines = [_lines_from(each) for each in found["lines"]]
    return Stored(
        tuple(
            StoredTable(_lines_from(table["first"]), tuple(map(_part_from, table["parts"])))
            for table in found["tables"]
        ),
        tuple(
            StoredFile(
                LogFile(
                    _seen_from(seen, root),
                    layouts[layout],
                    Compression(compression),
                    modified,
                    encoding=Encoding(encoding),
                ),
                Ending(*ending) if ending else None,
                None if held is None else lines[held],
            )
            for seen, layout, compression, encoding, modified, ending, held in found["files"]
        ),
        tuple((_seen_from(seen, root), str(reason)) for seen, reason in found["unfit"]),
        int(found["bytes"]),
        tuple(map(str, found["broken"])),
    )


class _Numbers(Generic[T]):
    """Numbers for what thousands of files have in common, mostly as the same object."""

    def __init__(self, write: Callable[[T], Hashable]) -> None:
        self._write = write
        self._numbers: dict[Hashable, int] = {}
        self._seen: dict[int, tuple[T, int]] = {}

    def of(self, value: T) -> int:
        if id(value) not in self._seen:
            number = self._numbers.setdefault(self._write(value), len(self._numbers))
            self._seen[id(value)] = value, number
        return self._seen[id(value)][1]

    @property
    def written(self) -> list[Hashable]:
        return list(self._numbers)


@frozen
class _Unwrapped:
    """How records were wrapped that are stored."""

    name: str

    def unwrapped(self, blocks: Blocks) -> Blocks:
        raise SourceError(f"the {self.name} was read before, and is not read again")


def _seen(seen: Seen, root: Path) -> Sequence[object]:
    return [str(seen.path.relative_to(root)), seen.size, seen.modified_ns, seen.inode, seen.device]


def _seen_from(found: Sequence[Any], root: Path) -> Seen:
    path, *numbers = found
    return Seen(root / path, *map(int, numbers))


def _lines(lines: Lines) -> tuple[tuple[str, ...], bool]:
    return tuple(info.name for info in lines.format.fields), lines.stamped


def _lines_from(found: Sequence[Any]) -> Lines:
    names, stamped = found
    return Lines(FlowFormat(tuple(map(field_info, names))), bool(stamped))


def _layout(layout: object) -> tuple[object, ...]:
    """That of a text: no other records are stored."""
    if not isinstance(layout, TextLayout):
        raise TypeError(layout)
    names = tuple(info.name for info in layout.format.fields)
    wrapped = layout.wrapping.name if layout.wrapping else ""
    return (names, layout.lines.stamped, layout.has_header, wrapped, layout.is_columnar)


def _layout_from(found: Sequence[Any]) -> TextLayout:
    names, stamped, has_header, wrapped, is_columnar = found
    wrapping = _Unwrapped(str(wrapped)) if wrapped else None
    lines = _lines_from((names, stamped))
    return TextLayout(lines, bool(has_header), wrapping, is_columnar=bool(is_columnar))


def _part(part: StoredPart) -> Json:
    held = part.contents
    return {
        "table": part.table,
        "lines": _lines(part.lines),
        "counts": [held.lines, held.untimed, held.first_ms, held.last_ms, held.misfits, held.words],
        "wide": _names(held.wide),
        "respelled": _names(held.respelled),
        "odd": held.has_odd_lines,
    }


def _part_from(found: Json) -> StoredPart:
    lines, untimed, first_ms, last_ms, misfits, words = found["counts"]
    contents = Contents(
        int(lines),
        int(untimed),
        first_ms,
        last_ms,
        int(misfits),
        int(words),
        wide=_infos(found["wide"]),
        respelled=_infos(found["respelled"]),
        has_odd_lines=bool(found["odd"]),
    )
    return StoredPart(str(found["table"]), _lines_from(found["lines"]), contents)


def _names(infos: Iterable[FieldInfo]) -> list[str]:
    return sorted(info.name for info in infos)


def _infos(names: Iterable[str]) -> frozenset[FieldInfo]:
    return frozenset(map(field_info, names))

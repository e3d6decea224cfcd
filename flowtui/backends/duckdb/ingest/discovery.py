"""What lies at a path: which files, in which layout, plain or gzip."""

from __future__ import annotations

import gzip
import re
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.flowlogs.infer import infer
from flowtui.flowlogs.presets import preset_name
from flowtui.model.errors import SourceError
from flowtui.model.foreign import shown
from flowtui.model.timerange import to_ms

LONGEST_LINE = 1 << 20
"""Bytes; CloudWatch takes no longer event."""
_SMALL = 1 << 20
"""Bytes on disk of a file that can be read to its end before anybody waits."""
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")
_GUESSES = (DEFAULT_FORMAT, ARTICLE_FORMAT)
_SAMPLE = 100
"""So many lines tell what format they may be in, where they fit none of these."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of a file are written."""

    format: FlowFormat
    stamped: bool = False
    """Each record follows its event timestamp: an export task to S3 writes so (flowlogs.md 3.2)."""

    @property
    def width(self) -> int:
        """How many fields a record has."""
        return len(self.format.fields)

    def split(self, line: bytes) -> tuple[int | None, bytes]:
        """The event timestamp before the record, in epoch milliseconds, and the record."""
        if self.stamped and _STAMP.match(line):
            try:
                return to_ms(datetime.fromisoformat(line[:24].decode())), line[25:]
            except ValueError:
                pass
        return None, line

    def fits(self, line: bytes) -> bool:
        """Whether the record splits at each space into one piece for every field.

        So does the glob `* * ...` of a `parse`: a second space makes an empty piece.
        """
        stamp, record = self.split(line)
        return (stamp is not None or not self.stamped) and record.count(b" ") == self.width - 1

    def is_plain(self, line: bytes) -> bool:
        """Whether DuckDB's CSV reader finds the same pieces in it, and is sure that they fit."""
        return (
            self.fits(line)
            and not self.split(line)[1].startswith(b" ")
            and b"\r" not in line
            and len(line) < LONGEST_LINE
            and (line.isascii() or _is_utf8(line))
        )

    def is_header(self, line: bytes) -> bool:
        """Whether it is a header: a line that begins with the names of its first two fields."""
        words = line.split(b" ", 2)[:2]
        names = [info.name.encode() for info in self.format.fields[:2]]
        return [word.replace(b"_", b"-") for word in words] == names


@dataclass(frozen=True, slots=True)
class LogFile:
    path: Path
    size: int
    """Bytes on disk."""
    modified_ms: int
    layout: Layout
    is_gzip: bool

    @property
    def name(self) -> str:
        """The last part of the path, as text that can be shown and stored."""
        return shown(self.path.name)


@dataclass(frozen=True, slots=True)
class Source:
    """A log group on disk: one file, or all files of a folder."""

    name: str
    """The path as the user gave it, as text that can be shown and stored."""
    files: tuple[LogFile, ...]
    skipped: tuple[SourceError, ...] = ()
    """Why files of the folder are left out."""

    @property
    def layouts(self) -> tuple[Layout, ...]:
        return tuple(dict.fromkeys(file.layout for file in self.files))

    @property
    def format(self) -> FlowFormat:
        """Every field that a file of the group has."""
        fields: dict[FieldInfo, None] = {}
        for layout in self.layouts:
            fields.update(dict.fromkeys(layout.format.fields))
        return FlowFormat(tuple(fields))

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)


def find_source(path: Path, given: FlowFormat | None = None) -> Source:
    """The log group at `path`; raises `SourceError` where there is none.

    `given` is the format of the files that have no header.
    """
    try:
        if not path.is_dir():
            return Source(shown(path), (sniff(path, given),))
        paths = sorted(_visible_files(path))
    except OSError as error:
        raise unreadable(path, error) from error
    if not paths:
        raise _no_files(path)
    return _folder(path, paths, given)


def check_source(path: Path, given: FlowFormat | None = None) -> None:
    """Raise the `SourceError` of what can't be loaded, as far as a look at little of it tells.

    A large file in which no line fits takes long to read, so that is left to who loads it.
    """
    try:
        if not path.is_dir():
            _check_head(path, given)
        elif not any(True for _ in _visible_files(path)):
            raise _no_files(path)
    except OSError as error:
        raise unreadable(path, error) from error


def _check_head(path: Path, given: FlowFormat | None) -> None:
    if path.stat().st_size <= _SMALL:
        sniff(path, given)
    else:
        _has_magic(path)


def sniff(path: Path, given: FlowFormat | None = None) -> LogFile:
    """The layout of one file, from its first lines; raises `SourceError` or `OSError`."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(f"{path} is not a file; save the flow logs in one and give that")
    if not status.st_size:
        raise SourceError(f"{path} is empty; give a file with flow logs")
    is_gzip = _has_magic(path)
    layout = _layout(path, read_lines(path, is_gzip=is_gzip), given)
    return LogFile(path, status.st_size, status.st_mtime_ns // 1_000_000, layout, is_gzip)


def read_blocks(path: Path, size: int, *, is_gzip: bool) -> Iterator[tuple[bytes, int]]:
    """The text in blocks of `size` bytes at most, and how many bytes on disk it took so far.

    A byte order mark at the beginning is left out. Raises `SourceError`.
    """
    try:
        with path.open("rb") as raw, gzip.open(raw, "rb") if is_gzip else raw as text:
            block = text.read(size).removeprefix(_BOM)
            while block:
                yield block, raw.tell()
                block = text.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"{path} is a broken gzip file ({error}); fetch it again") from error
    except OSError as error:
        raise unreadable(path, error) from error


def read_lines(path: Path, *, is_gzip: bool) -> Iterator[bytes]:
    """The lines without their ends; a line longer than the longest is cut."""
    rest = b""
    for block, _ in read_blocks(path, 1 << 16, is_gzip=is_gzip):
        *lines, rest = (rest + block).split(b"\n")
        yield from (line.removesuffix(b"\r") for line in lines)
        if len(rest) > LONGEST_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest.removesuffix(b"\r")


def unreadable(path: Path, error: OSError) -> SourceError:
    reason = error.strerror or str(error)
    return SourceError(f"{path} can't be read: {reason}; check the path and its permissions")


def _no_files(folder: Path) -> SourceError:
    return SourceError(f"the folder {folder} has no files; give one with flow logs")


def _visible_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if not any(part.startswith(".") for part in parts) and path.is_file():
            yield path


def _folder(folder: Path, paths: list[Path], given: FlowFormat | None) -> Source:
    files: list[LogFile] = []
    skipped: list[SourceError] = []
    for path in paths:
        try:
            files.append(sniff(path, given))
        except OSError as error:
            skipped.append(unreadable(path, error))
        except SourceError as error:
            skipped.append(error)
    if not files:
        raise SourceError(f"no file in {folder} has flow logs: {skipped[0]}")
    return Source(shown(folder), tuple(files), tuple(skipped))


def _has_magic(path: Path) -> bool:
    with path.open("rb") as raw:
        return raw.read(2) == _GZIP


def _layout(path: Path, lines: Iterator[bytes], given: FlowFormat | None) -> Layout:
    first = next((line for line in lines if line.strip()), b"")
    _check_text(path, first)
    if header := FlowFormat.from_header(first.decode(errors="replace")):
        return Layout(header)
    seen: list[str] = []
    for line in _chain(first, lines):
        if layout := _fitting(line, given):
            return layout
        if len(seen) < _SAMPLE:
            seen.append(line.decode(errors="replace"))
    raise _no_fit(path, given, seen)


def _chain(first: bytes, lines: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from lines


def _fitting(line: bytes, given: FlowFormat | None) -> Layout | None:
    """The layout that this line is written in, with or without a timestamp before it."""
    for form in (given,) if given else _GUESSES:
        for layout in (Layout(form), Layout(form, stamped=True)):
            if layout.fits(line) and (given or _is_believable(layout, line)):
                return layout
    return None


def _is_believable(layout: Layout, line: bytes) -> bool:
    """Whether every number is one and every word is of its field's value set."""
    _, record = layout.split(line)
    words = record.decode(errors="replace").split(" ")
    return all(map(_is_value, layout.format.fields, words))


def _is_value(info: FieldInfo, word: str) -> bool:
    if word == "-":
        return True
    if info.type.is_number:
        return word.isdecimal()
    return info.name not in ("action", "log-status", "flow-direction") or word in info.values


def _check_text(path: Path, line: bytes) -> None:
    if line.startswith(b"PAR1"):
        raise SourceError(f"{path} is a Parquet file; export it as text with a header line")
    strange = len(line) - len(line.translate(None, bytes(range(9))))
    if line.startswith((b"\xff\xfe", b"\xfe\xff")) or strange * 10 > len(line):
        raise SourceError(f"{path} is not text in UTF-8; give flow logs as text, plain or gzip")


def _no_fit(path: Path, given: FlowFormat | None, lines: Sequence[str]) -> SourceError:
    if given:
        count = len(given.fields)
        return SourceError(
            f"no line of {path} fits the given format of {count} field{'' if count == 1 else 's'}; "
            "give --format with all fields of a line, in their order"
        )
    advice = "give --format '${account-id} ...' as the flow log has it"
    inferred = infer(lines)
    if inferred.is_certain:
        # Never taken without asking: the order of the fields is no more than inferred.
        (found,) = inferred.formats
        advice = f"it looks like {preset_name(found)}: give --format '{found}'"
    count = len(DEFAULT_FORMAT.fields)
    return SourceError(f"no line of {path} fits the default format of {count} fields; {advice}")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True

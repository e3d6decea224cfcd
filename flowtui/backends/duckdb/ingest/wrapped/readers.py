"""Kinds of files in which records are wrapped: each is a reader that makes plain lines of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from flowtui.backends.duckdb.ingest.files import Head
from flowtui.backends.duckdb.ingest.text.lines import Lines, is_stamped
from flowtui.backends.duckdb.ingest.text.reader import GUESSES, TextLayout, find_lines
from flowtui.backends.duckdb.ingest.wrapped.cli_text import Tabbed, Tail, is_tabbed, is_tail
from flowtui.backends.duckdb.ingest.wrapped.csv_rows import (
    SEPARATORS,
    Csv,
    is_directive,
    is_header,
    rows,
)
from flowtui.backends.duckdb.ingest.wrapped.json_records import Json
from flowtui.backends.duckdb.ingest.wrapped.surrounded import surrounded
from flowtui.backends.duckdb.ingest.wrapped.wrapping import Wrapping
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import SourceError
from flowtui.model.frozen import frozen

_SAMPLE = 10_000
"""So many records are looked at for their format."""
_FIRST = 5
"""Lines of a file that tell what kind it is of."""
_FEWEST = 8
"""Cells that a row without a header has at least."""


@frozen
class WrappedReader:
    name: str
    ways: Callable[[Head, FlowFormat | None], Iterable[Wrapping]]
    """The ways in which the records may be wrapped, in the format that was given, if any; none for
    a file of another kind."""

    def recognise(self, head: Head, given: FlowFormat | None) -> TextLayout | None:
        errors: list[SourceError] = []
        for wrapping in self.ways(head, given):
            try:
                return _layout(head, wrapping, given)
            except SourceError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return None


def _layout(head: Head, wrapping: Wrapping, given: FlowFormat | None) -> TextLayout:
    """Raises `SourceError` where the records are none of flow logs."""
    unwrapped = _lines(wrapping, head)
    first = next(unwrapped, None)
    if first is None:
        raise SourceError(
            f"{head.path} is {wrapping.name} without flow logs in it; give a file with records"
        )
    if header := FlowFormat.from_marked(first.decode()):
        lines = Lines(header, is_stamped(next(unwrapped, b"")))
        return TextLayout(lines, wrapping=wrapping, is_columnar=True)
    try:
        found = find_lines(head.path, islice(chain([first], unwrapped), _SAMPLE), given)
    except SourceError as error:
        of_lines, of_records = f"no line of {head.path}", f"no record of the {wrapping.name} in"
        raise SourceError(str(error).replace(of_lines, f"{of_records} {head.path}")) from None
    return TextLayout(found, wrapping=wrapping)


def _lines(wrapping: Wrapping, head: Head) -> Iterator[bytes]:
    for block, _ in wrapping.unwrapped(head.blocks()):
        yield from block.splitlines()


def _json(head: Head, _: FlowFormat | None) -> Iterator[Wrapping]:
    if next(head.lines(), b"").lstrip()[:1] in (b"{", b"["):
        yield Json()
        yield Json(prefers_columns=True)


def _csv(head: Head, _: FlowFormat | None) -> Iterator[Wrapping]:
    line = next((line for line in _beginning(head) if not is_directive([line])), "")
    for separator in SEPARATORS:
        cells = rows(line, separator)
        is_several = len(cells) > 1 or line.startswith('"')
        if is_several and (is_header(cells) or _is_bare(cells)):
            yield Csv(separator)
            yield Csv(separator, prefers_columns=True)


def _is_bare(cells: list[str]) -> bool:
    """Whether a row may be a record, without a header."""
    return len(cells) >= _FEWEST and not any(" " in cell for cell in cells)


def _lined(head: Head, given: FlowFormat | None) -> Iterator[Wrapping]:
    lines = _beginning(head)
    if is_tabbed(lines):
        yield Tabbed()
    elif lines and is_tail(lines[0]) and not is_stamped(lines[0].encode()):
        yield Tail(has_stream=True)
        yield Tail(has_stream=False)
    yield from surrounded(lines, GUESSES if given is None else (given,))


def _beginning(head: Head) -> list[str]:
    """The first lines that are not blank."""
    lines = (line for line in islice(head.lines(), 2 * _FIRST) if line.strip())
    return [line.decode(errors="replace") for line in islice(lines, _FIRST)]


WRAPPED_READERS = (
    WrappedReader("JSON", _json),
    WrappedReader("CSV", _csv),
    WrappedReader("text of the AWS CLI", _lined),
)

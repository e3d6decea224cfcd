"""What files are taken for: kinds, fields, and why some are left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from flowtui.backends.s3.location import is_in_s3
from flowtui.cli.options import parse_format
from flowtui.cli.output import print_text
from flowtui.model.errors import UsageError
from flowtui.model.foreign import clean

if TYPE_CHECKING:
    from flowtui.backends.duckdb.ingest.reader import SourceFiles


def print_formats(paths: Sequence[Path], format_: str | None) -> None:
    """Raises `SourceError` for a path without flow logs."""
    from flowtui.backends.duckdb.ingest.discovery import find_source
    from flowtui.backends.duckdb.ingest.streams import find_streamed, is_stream

    given = parse_format(format_)
    with TemporaryDirectory(prefix="flowtui-") as folder:
        for path in paths:
            if is_in_s3(str(path)):
                raise UsageError(
                    f"{path} is not on this machine; flowtui open shows its formats with F9"
                )
            if is_stream(path):
                found = find_streamed(path, Path(folder), given)
            else:
                found = find_source(path, given)
            print_text("".join(f"{clean(line)}\n" for line in _lines(found)))


def _lines(source: SourceFiles) -> Iterator[str]:
    yield f"{source.name}: {source.taken_for}; {source.size:,} bytes"
    for format_ in dict.fromkeys(layout.format for layout in source.layouts):
        yield f"  {format_}"
    for reason in source.skipped:
        yield f"  left out: {reason}"

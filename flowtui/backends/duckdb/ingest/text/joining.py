"""Many small files as one: each takes DuckDB's CSV reader as long as thousands of lines do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_MANY = 32
"""From so many on they are joined."""
_SMALL = 64 << 10
"""Bytes of text that they have on average, at most."""


def are_many_small(sizes: Sequence[int]) -> bool:
    """Whether files of so many bytes of text are read faster when they are joined."""
    return len(sizes) >= _MANY and sum(sizes) <= _SMALL * len(sizes)


@contextmanager
def joined(paths: Sequence[Path]) -> Iterator[Path]:
    """A file with all lines of these, each begun with the name of its own file and a blank.

    The lines are ended by LF.
    """
    whole = paths[0].with_name(f"{paths[0].name}-joined")
    try:
        with whole.open("xb") as file:
            for path in paths:
                name = f"{path.name} ".encode()
                lines = path.read_bytes().removesuffix(b"\n")
                file.write(name + lines.replace(b"\n", b"\n" + name) + b"\n")
        yield whole
    finally:
        whole.unlink(missing_ok=True)

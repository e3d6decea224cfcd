"""Files that the user writes: settings, themes and lookup tables.

At such a path may lie anything: what is no file, such as a pipe that nobody writes to or a device
that never ends, is not read, and of a file no more than what is asked for.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

MOST_BYTES = 1 << 20
"""More than anybody writes by hand."""


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """The whole file; raises `OSError`, also where it has more than `most` bytes."""
    # Opening a pipe would wait for who writes to it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is not a file", str(path))
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most >> 20} MB", str(path))
    return content


def read_toml(path: Path) -> dict[str, Any]:
    """What the file says; raises `OSError`, and `ValueError` where it is no TOML."""
    text = read_bytes(path).decode()
    # Most people have no such file.
    import tomllib

    try:
        # Python's own newlines: TOML takes no lone CR.
        return tomllib.loads(text.replace("\r\n", "\n"))
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except ValueError as error:
        # A number of thousands of digits has a reason of Python's, which is of no use here.
        is_known = isinstance(error, tomllib.TOMLDecodeError)
        raise error if is_known else ValueError("it has a number that is too long") from None

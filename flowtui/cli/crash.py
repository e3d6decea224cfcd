"""A fault of flowtui itself: one sentence for the user, the details in a file.

The details are where it happened and what kind of error it was. The values of variables and the
texts of errors are left out: a key, a token or a log line may be in them.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowtui import __version__

if TYPE_CHECKING:
    import asyncio
    from datetime import datetime

_MOST_CAUSES = 20


def install() -> None:
    """Record what no caller can catch, in threads and destructors: nothing of it on stderr."""
    import logging

    # What libraries log, such as a header that can't be read, with its traceback.
    logging.getLogger().addHandler(logging.NullHandler())
    threading.excepthook = lambda raised: _quietly(raised.exc_value)
    sys.unraisablehook = lambda raised: _quietly(raised.exc_value)


def record_of_loop(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The handler of an event loop for an error that nobody awaits."""
    _quietly(context.get("exception"))


def recorded(error: BaseException) -> str:
    """Keep the details of the fault; the sentence that says so."""
    from flowtui.cli.environment import now, state_folder

    fault = f"that was a fault of flowtui ({type(error).__name__})"
    path = _file_in(state_folder())
    try:
        write_details(path, error, now())
    except OSError as failure:
        return f"{fault}; its details can't be kept in {path}: {failure.strerror}"
    return f"{fault}; where it happened is in {path}: please report it with that file"


@cache
def _file_in(folder: Path) -> Path:
    """One file for all faults of a process: one may lead to another a second later."""
    from flowtui.cli.environment import now

    return folder / f"crash-{now():%Y%m%dT%H%M%SZ}.txt"


def write_details(path: Path, error: BaseException, moment: datetime) -> None:
    """Append them to a file that only its owner may read; raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
        file.write(details(error, moment))


def details(error: BaseException, moment: datetime) -> str:
    """The errors, the first cause first, with the calls that led to each."""
    import platform

    system = f"Python {platform.python_version()} on {platform.system()}"
    head = f"flowtui {__version__}, {system}, {moment.astimezone(UTC).isoformat('T', 'seconds')}"
    return "\n".join([head, *map(_one, reversed(_chain(error))), ""])


def _one(error: BaseException) -> str:
    import traceback

    calls = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__))
    lines = [f"  {_short(call.filename)}:{call.lineno} {call.name}: {call.line}" for call in calls]
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, OSError) and error.errno is not None:
        kind += f" (errno {error.errno})"
    return "\n".join([*lines, kind])


def _short(filename: str) -> str:
    """The name of a source file without the folder that its package is in."""
    folders = (f"{folder.rstrip('/')}/" for folder in sys.path if folder)
    return min((filename.removeprefix(folder) for folder in folders), key=len, default=filename)


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what led to it, the nearest first."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < _MOST_CAUSES:
        each = waiting.pop()
        if any(each is other for other in found):
            continue
        found.append(each)
        waiting += each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        waiting += filter(None, (each.__context__, each.__cause__))
    return found


def _quietly(error: BaseException | None) -> None:
    if error is not None:
        recorded(error)

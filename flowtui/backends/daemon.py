"""Calls that block, in daemon threads.

The threads of `asyncio.to_thread` are joined when the interpreter ends, so a call that hangs on a
dead network would keep the program from exiting. These are not.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def submit(work: Callable[[], T]) -> Future[T]:
    """The result of `work`, which runs in a thread of its own; await it by `asyncio.wrap_future`.

    A future that is cancelled lets the work go on and drops its result.
    """
    future: Future[T] = Future()
    threading.Thread(target=_run, args=(work, future), name="flowtui-call", daemon=True).start()
    return future


async def in_thread(work: Callable[[], T]) -> T:
    """The result of `work`; whoever is cancelled meanwhile lets it go on and drops its result."""
    return await asyncio.wrap_future(submit(work))


def _run(work: Callable[[], T], future: Future[T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001  (it is raised where the result is awaited)
        future.set_exception(error)
    else:
        future.set_result(result)

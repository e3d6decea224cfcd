"""Run one query to its end, and never leave it running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from flowtui.backends.base import Handle
from flowtui.engine.pace import REMOTE, Delays
from flowtui.model.errors import (
    CredentialsError,
    Declined,
    FlowtuiError,
    Throttled,
    Unanswered,
    Unreachable,
)
from flowtui.model.run import Query, RunState, Snapshot
from flowtui.model.timerange import TimeRange

if TYPE_CHECKING:
    from flowtui.backends.base import Backend

Sleep = Callable[[float], Awaitable[None]]

Left = Callable[["Handle | None"], None]
"""Told the id of what may still be running because its stop, or its start, went unanswered; None
where the start did, so that nobody knows the id."""

UNKNOWN_ID = "(unknown id)"

STOP_SECONDS = 3.0
"""The longest that leaving a query may take, so that quitting never hangs."""

RENEWAL_DELAY = 5.0
"""Seconds between two looks whether somebody has renewed the credentials."""

RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0, 8.0)
"""Seconds before a failed poll is tried again: a change of network outlasts the first ones."""

THROTTLED_POLLS = 40
"""Some five minutes: others who ask too often have the service refuse us, which costs nothing."""


Started = Callable[["Handle"], None]
"""Told what the backend calls the query, as soon as it has been started."""


def _nobody(handle: Handle | None) -> None:
    """Tell nobody what was started or left running."""


def id_of(handle: Handle | None) -> str:
    """The name of a query that may have been left running."""
    return UNKNOWN_ID if handle is None else str(handle)


async def watch(  # noqa: PLR0913  (those after the star have defaults)
    backend: Backend,
    query: Query,
    window: TimeRange,
    *,
    delays: Delays = REMOTE,
    sleep: Sleep = asyncio.sleep,
    left: Left = _nobody,
    started: Started = _nobody,
    renewal: float = 0.0,
) -> AsyncGenerator[Snapshot, None]:
    """Start `query`, and yield each snapshot of it until it ends.

    Consume it under `contextlib.aclosing`, so that leaving early stops the query. Raises what
    the backend raises, after it has stopped the query. When the credentials expire meanwhile, the
    query goes on by itself: for `renewal` seconds it is waited for new ones.
    """
    handle = await _start(backend, query, window, left)
    started(handle)
    async with aclosing(
        follow(backend, handle, delays=delays, sleep=sleep, left=left, renewal=renewal)
    ) as snapshots:
        async for snapshot in snapshots:
            yield snapshot


async def follow(
    backend: Backend,
    handle: Handle,
    *,
    delays: Delays = REMOTE,
    sleep: Sleep = asyncio.sleep,
    left: Left = _nobody,
    renewal: float = 0.0,
) -> AsyncGenerator[Snapshot, None]:
    """Yield each snapshot of a started query until it ends, and stop it when left earlier."""
    latest = Snapshot(RunState.QUEUED)
    endurance = _Endurance(renewal)
    try:
        for polls in count():
            try:
                latest = await backend.poll(handle)
            except FlowtuiError as error:
                if isinstance(error, Unanswered):
                    # It had waited for its turn, and may have had it.
                    left(_id_in(error))
                delay = endurance.delay_after(error)
                if delay is None:
                    raise
                yield _troubled(latest, error, delay)
            else:
                endurance = _Endurance(renewal)
                delay = delays(polls, latest)
                yield latest
            if latest.state.is_final:
                return
            await sleep(delay)
    finally:
        if not latest.state.is_final:
            await stop(backend, handle, left)


async def stop(backend: Backend, handle: Handle, left: Left = _nobody) -> None:
    """Stop a started query; it takes a few seconds at most."""
    await _stop(backend, handle, left, STOP_SECONDS)


@dataclass(slots=True)
class _Endurance:
    """How much trouble is borne between two polls that succeed."""

    renewal: float
    failures: int = 0
    refusals: int = 0
    waited: float = 0.0

    def delay_after(self, error: FlowtuiError) -> float | None:
        """Seconds until the next poll; None where there is no use in one."""
        match error:
            case Unanswered() | Declined():
                # A query that waited for its turn may run by now: it must not be started twice.
                return None
            case CredentialsError() if self.waited < self.renewal:
                self.waited += RENEWAL_DELAY
                return RENEWAL_DELAY
            case Throttled() if self.refusals < THROTTLED_POLLS:
                self.refusals += 1
                return RETRY_DELAYS[min(self.refusals, len(RETRY_DELAYS)) - 1]
            case Unreachable() if self.failures < len(RETRY_DELAYS):
                self.failures += 1
                return RETRY_DELAYS[self.failures - 1]
            case _:
                return None


def _troubled(latest: Snapshot, error: FlowtuiError, delay: float) -> Snapshot:
    """The latest snapshot, with the trouble as a notice."""
    notice, login = f"{error}; trying again in {delay:g} s", tuple[str, ...]()
    if isinstance(error, CredentialsError):
        notice = f"{error}; the query runs on, and its rows come once the session is renewed"
        login = error.login
    return replace(latest, notices=(*latest.notices, notice), login=login)


async def _start(backend: Backend, query: Query, window: TimeRange, left: Left) -> Handle:
    starting = asyncio.ensure_future(backend.start(query, window))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await _stop_late(backend, starting, left)
        raise
    except Unanswered as error:
        left(_id_in(error))
        raise


async def _stop_late(backend: Backend, starting: asyncio.Future[Handle], left: Left) -> None:
    """Stop a query whose start is on the wire: only its answer tells what to stop."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + STOP_SECONDS
    await _wait(starting, STOP_SECONDS)
    if not starting.done():
        starting.cancel()
        left(None)
    elif starting.cancelled():
        # The end of the loop cancels every task there is.
        left(None)
    elif isinstance(error := starting.exception(), Unanswered):
        left(_id_in(error))
    elif error is None:
        await _stop(backend, starting.result(), left, deadline - clock())


async def _stop(backend: Backend, handle: Handle, left: Left, seconds: float) -> None:
    """Stop the query, through any further cancelling of the caller, within `seconds`."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    stopping = asyncio.ensure_future(backend.stop(handle))
    interrupted = await _wait(stopping, seconds)
    if stopping.cancelled():
        # The end of the loop cancels every task there is; a second stop does no harm.
        stopping = asyncio.ensure_future(backend.stop(handle))
        interrupted |= await _wait(stopping, deadline - clock())
    if not _has_stopped(stopping):
        left(Handle(backend.query_id(handle)) or _id_that_came_late(stopping))
    if interrupted:
        raise asyncio.CancelledError


def _has_stopped(stopping: asyncio.Future[None]) -> bool:
    if not stopping.done():
        stopping.cancel()
        return False
    try:
        stopping.result()
    except (FlowtuiError, asyncio.CancelledError):
        return False
    return True


def _id_that_came_late(stopping: asyncio.Future[None]) -> Handle | None:
    """The id in the end of a stop that had to wait for the start."""
    error = None if stopping.cancelled() or not stopping.done() else stopping.exception()
    return _id_in(error) if isinstance(error, Unanswered) else None


def _id_in(error: Unanswered) -> Handle | None:
    return Handle(error.query_id) if error.query_id else None


async def _wait(work: asyncio.Future[Handle] | asyncio.Future[None], seconds: float) -> bool:
    """Wait for `work`, at most `seconds`; True if somebody wanted to cancel us meanwhile."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    interrupted = False
    while not work.done() and clock() < deadline:
        try:
            await asyncio.wait([work], timeout=deadline - clock())
        except asyncio.CancelledError:
            interrupted = True
    return interrupted

"""One request to AWS: in a daemon thread, tried again where that helps, errors made ours."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, TypeVar

from flowtui.backends.aws.client import Clients, Service
from flowtui.backends.aws.decode import Entry, Misshapen
from flowtui.backends.aws.errors import (
    is_out_of_slots,
    may_have_arrived,
    misshapen,
    no_answer,
    ours,
    refused_query,
)
from flowtui.backends.aws.request_context import RequestContext
from flowtui.backends.daemon import submit
from flowtui.model.errors import (
    BackendError,
    CredentialsError,
    FlowtuiError,
    Throttled,
    Unanswered,
    Unreachable,
)
from flowtui.model.frozen import frozen

T = TypeVar("T")

_STARTS = ("StartQuery", "StartQueryExecution")
_MOST_PAGES = 2_000
"""Two million log groups, of which an account has at most one."""


@frozen
class Patience:
    """How long the adapter waits, and for what. Seconds, but for the numbers of tries."""

    connect: float = 3.0
    read: float = 10.0
    hedge: float = 0.4
    """For an answer that a query can do without, before another source of the same is asked."""
    aside: float = 1.6
    """For that answer, after this; then it is left out."""
    silence: float = 30.0
    """After such an answer stayed out, so long nobody waits for another one."""
    throttled_tries: int = 5
    network_tries: int = 2
    slot: float = 120.0
    """For a free query slot of the account."""
    end: float = 3900.0
    """For the end of a query: the service ends it after 60 minutes at the latest."""
    longest_call: float = 90.0
    """For one request with all that comes before it: logins, helpers, a queue at the lock."""
    lookup: float = 8.0
    """For finding out what has become of a start that was not answered."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic

    def backoff(self, failures: int) -> float:
        """Seconds to wait after so many failures: 0.2 to 0.4, 0.4 to 0.8, at most 5."""
        return min(0.4 * 2.0 ** (failures - 1), 5.0) * (0.5 + self.jitter() / 2)


@frozen
class Request:
    """A request. `member` is one that every true answer has."""

    service: Service
    operation: str
    member: str
    parameters: Mapping[str, Any]
    repeatable: bool = True
    """Whether it does no harm when it reaches the service twice."""
    text: str = ""
    """The query that it sends, so that an error can point into it."""
    patient: bool = True
    """Whether to try again here, or to leave that to whoever asks."""
    may_ask: bool = True
    """Whether the user may be asked for a code that it needs."""


class OutOfSlots(Throttled):
    """The account runs, or begins, as many queries as it may."""


class Endless(BackendError):
    """The pages of an answer have no end."""


class Calls:
    """Sends requests with the clients; all that goes wrong leaves as an error of ours."""

    def __init__(self, clients: Clients, patience: Patience) -> None:
        self.clients = clients
        self._patience = patience

    async def send(
        self,
        request: Request,
        read: Callable[[Entry], T],
        undo: Callable[[T], None] | None = None,
    ) -> T:
        """The result of `read` on the answer, in the thread that fetched it.

        `read` may raise `Misshapen`. If the caller is cancelled meanwhile, `undo` gets what comes
        too late, in that thread too. Raises `Unanswered` where what is not repeatable may have
        been done all the same.
        """
        failures = 0
        while True:
            try:
                return await self._send_once(request, read, undo)
            except (Throttled, Unreachable) as error:
                failures += 1
                if failures >= self._tries(request, error):
                    raise
                await self._patience.sleep(self._patience.backoff(failures))

    async def pages(
        self, request: Request, read: Callable[[Entry], T], link: str = "nextToken"
    ) -> AsyncGenerator[T, None]:
        """What `read` makes of each page; `link` is the member that names the next one."""
        seen = {""}
        for _ in range(_MOST_PAGES):
            page, following = await self.send(
                request, lambda entry: (read(entry), entry.text(link))
            )
            yield page
            if not following:
                return
            if following in seen:
                raise self._endless(request, "names the same next page again")
            seen.add(following)
            request = replace(request, parameters={**request.parameters, link: following})
        raise self._endless(request, f"goes on after {_MOST_PAGES:,} pages")

    def send_now(self, request: Request, read: Callable[[Entry], T]) -> T:
        """`send` for a thread, which waits for it; once."""
        try:
            return self._read(request, self._answer(request), read)
        except FlowtuiError as error:
            is_sent = self.clients.was_sent(request.operation)
            if request.repeatable or not is_sent or not may_have_arrived(error.__cause__):
                raise
            raise Unanswered(str(error)) from error.__cause__

    def _tries(self, request: Request, error: FlowtuiError) -> int:
        if not request.patient or isinstance(error, OutOfSlots | Unanswered):
            return 1
        throttled = isinstance(error, Throttled)
        return self._patience.throttled_tries if throttled else self._patience.network_tries

    async def _send_once(
        self, request: Request, read: Callable[[Entry], T], undo: Callable[[T], None] | None
    ) -> T:
        future = submit(lambda: self.send_now(request, read))
        try:
            async with asyncio.timeout(self._patience.longest_call):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            _when_late(future, undo)
            kind = Unreachable if request.repeatable else Unanswered
            raise kind(
                f"{request.operation} got no answer in {self._patience.longest_call:g} s; "
                "check the network and how the profile gets its credentials"
            ) from None
        except asyncio.CancelledError:
            _when_late(future, undo)
            raise

    def _answer(self, request: Request) -> Mapping[str, Any]:
        silence = nullcontext() if request.may_ask else self.clients.silently()
        try:
            with silence:
                return self._answer_of(request)
        except CredentialsError:
            self.clients.reset()
            raise

    def _answer_of(self, request: Request) -> Mapping[str, Any]:
        from botocore import xform_name

        try:
            client = self.clients.get(request.service)
            answer: Mapping[str, Any] = getattr(client, xform_name(request.operation))(
                **request.parameters
            )
        except FlowtuiError:
            raise
        except Exception as error:
            # boto3 raises what its parts raise, of any kind.
            raise self._meaning(error, request) from error
        return answer

    def _read(self, request: Request, answer: Mapping[str, Any], read: Callable[[Entry], T]) -> T:
        if answer.get(request.member) is None:
            raise no_answer(request.operation, self._place_of(request))
        try:
            return read(Entry(answer))
        except Misshapen as error:
            raise misshapen(error, request.operation, self._place_of(request)) from error

    def _endless(self, request: Request, what: str) -> Endless:
        where = self._place_of(request).where
        return Endless(
            f"{request.operation} got an answer from {where} that has no end: it {what}; "
            "check what answers there"
        )

    def _meaning(self, error: BaseException, request: Request) -> FlowtuiError:
        place = self._place_of(request)
        meaning = refused_query(error, place, request.text) or ours(error, place, request.operation)
        # A start that is throttled waits for its turn as one without a slot does, and is seen to.
        is_too_early = isinstance(meaning, Throttled) and request.operation in _STARTS
        return OutOfSlots(str(meaning)) if is_too_early or is_out_of_slots(error) else meaning

    def _place_of(self, request: Request) -> RequestContext:
        return self.clients.place.of(request.service)


def _when_late(future: Future[T], undo: Callable[[T], None] | None) -> None:
    """Give the result to `undo` when it comes after all."""

    def arrived(done: Future[T]) -> None:
        if undo is not None and not done.cancelled() and done.exception() is None:
            undo(done.result())

    future.add_done_callback(arrived)

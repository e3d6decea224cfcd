"""What has become of a StartQuery that got no answer: it may be running, and cost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container
from datetime import UTC, datetime, timedelta
from typing import Any

from flowtui.backends.aws.calls import Calls, Request
from flowtui.backends.aws.decode import Entry
from flowtui.model.errors import BackendError
from flowtui.model.frozen import frozen

LOOKS = (0.0, 1.0)
"""Seconds before each look: the service may not be through with the request yet."""

_AT_ONCE = ("Running", "Scheduled", "Complete")
"""The states that are looked through; a query that failed or was cancelled does no harm."""
_PAGE = 1000
_SLACK = timedelta(seconds=3)
"""The date of an answer is in whole seconds, and takes its time to arrive."""


@frozen
class Lost:
    """A start that was on the wire from `sent` to `failed`, by the clock here."""

    text: str
    sent: datetime
    failed: datetime


@frozen
class Found:
    id: str
    has_ended: bool


async def find(
    calls: Calls,
    lost: Lost,
    ours: Container[str],
    sleep: Callable[[float], Awaitable[None]],
    seconds: float,
) -> Found | None:
    """The query that the start has begun; None where nothing tells, or not for sure.

    It is the only one of its text and its time that is none of `ours`. Who may not ask for
    queries, or gets no answer to that in so many `seconds`, finds nothing.
    """
    try:
        async with asyncio.timeout(seconds):
            for delay in LOOKS:
                await sleep(delay)
                if found := await _look(calls, lost, ours):
                    return found[0] if len(found) == 1 else None
    except (BackendError, TimeoutError):
        pass
    return None


async def _look(calls: Calls, lost: Lost, ours: Container[str]) -> list[Found]:
    found = []
    for status in _AT_ONCE:
        parameters: dict[str, Any] = {"status": status, "maxResults": _PAGE}
        # Whoever leaves waits for this, and is not held up by a question.
        request = Request(
            "logs", "DescribeQueries", "queries", parameters, patient=False, may_ask=False
        )
        ids = await calls.send(request, lambda answer: _of(answer, lost))
        found += [Found(each, status == "Complete") for each in ids if each not in ours]
    return found


def _of(answer: Entry, lost: Lost) -> list[str]:
    """The ids of the queries with the text that were begun in the time, by the service's clock."""
    now = datetime.now(UTC)
    skew = (answer.served_at or now) - now
    first, last = lost.sent + skew - _SLACK, lost.failed + skew + _SLACK
    return [
        entry.name("queryId")
        for entry in answer.entries("queries")
        if entry.text("queryString") == lost.text
        and (begun := entry.moment("createTime")) is not None
        and first <= begun <= last
    ]

"""Flow logs, as EC2 describes them. No query needs this to run, so nobody waits long for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from flowtui.backends.aws.calls import Calls, Patience, Request
from flowtui.backends.aws.decode import Entry
from flowtui.backends.aws.errors import not_in_time
from flowtui.flowlogs.delivery import FlowLog, group_of_arn

T = TypeVar("T")
Logs = tuple[FlowLog, ...]
Filter = dict[str, object]

_EVERY = ""


def _nothing() -> None:
    """Do nothing meanwhile."""


class FlowLogs:
    """Asks for the flow logs of log groups; belongs to one event loop.

    An answer that comes too late is there for the next call. While EC2 is known to be silent, it
    is asked as before but not waited for.
    """

    def __init__(self, calls: Calls, patience: Patience) -> None:
        self._calls = calls
        self._patience = patience
        self._asking: dict[str, asyncio.Future[Logs]] = {}
        self._silent_until = patience.clock()

    async def of(self, name: str, meanwhile: Callable[[], None] = _nothing) -> Logs:
        """Those that deliver to the log group; raises `BackendError`.

        `meanwhile` is called, once at most, when the answer takes its time.
        """
        # An endpoint of one's own answers for both: no other service is there to be silent.
        if self._calls.clients.knows_ec2 and not self._calls.clients.endpoint_url:
            await self._hurry(self._asked(name), meanwhile)
        return await self._answer(name)

    async def every(self) -> Logs:
        """Those that deliver to any log group, however long that takes; raises `BackendError`."""
        return await self._answer(_EVERY)

    async def _answer(self, name: str) -> Logs:
        if not self._calls.clients.knows_ec2:
            return ()
        asking = self._asked(name)
        # A call that is cancelled leaves it to the next one.
        await asyncio.wait({asking})
        self._asking.pop(name, None)
        return asking.result()

    async def _hurry(self, asking: asyncio.Future[Logs], meanwhile: Callable[[], None]) -> None:
        """Wait for the end, but not long; raises `Unreachable`."""
        patience = self._patience
        is_silent = patience.clock() < self._silent_until
        if not await _ends(asking, 0 if is_silent else patience.hedge):
            meanwhile()
            if is_silent or not await _ends(asking, patience.aside):
                self._silent_until = patience.clock() + patience.silence
                raise not_in_time(self._calls.clients.place.of("ec2"))
        self._silent_until = patience.clock()

    def _asked(self, name: str) -> asyncio.Future[Logs]:
        """The request that is on its way, or a new one."""
        if name not in self._asking:
            self._asking[name] = begun(self._flow_logs(name))
        return self._asking[name]

    def close(self) -> None:
        for asking in self._asking.values():
            asking.cancel()

    async def _flow_logs(self, name: str) -> Logs:
        """One that was made with the ARN of its destination may have no group name to filter by."""
        by_name: Filter = {"Name": "log-group-name", "Values": [name]}
        by_kind: Filter = {"Name": "log-destination-type", "Values": ["cloud-watch-logs"]}
        found = await self._all([by_name]) if name else ()
        return found or tuple(
            log for log in await self._all([by_kind]) if log.group and name in ("", log.group)
        )

    async def _all(self, filters: list[Filter]) -> Logs:
        request = Request("ec2", "DescribeFlowLogs", "FlowLogs", {"Filters": filters})
        found: Logs = ()
        async for page in self._calls.pages(request, _read, "NextToken"):
            found += page
        return found


def begun(work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
    """A task for it, whose error need not be looked at by anybody."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


async def _ends(task: asyncio.Future[Any], seconds: float) -> bool:
    """Whether it has ended after so many seconds at most."""
    await asyncio.wait({task}, timeout=seconds)
    return task.done()


def _read(answer: Entry) -> Logs:
    return tuple(
        FlowLog(
            log.text("FlowLogId"),
            log.text("LogGroupName") or group_of_arn(log.text("LogDestination")),
            log.text("LogFormat"),
            log.text("ResourceId"),
            log.text("TrafficType"),
            log.date("CreationTime"),
            log.text("DeliverLogsErrorMessage"),
        )
        for log in answer.entries("FlowLogs")
    )

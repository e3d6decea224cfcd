"""Executions of statements on Athena: started once, looked at, stopped."""

from __future__ import annotations

from flowtui.backends.athena.execution import Execution, read_execution
from flowtui.backends.athena.workgroup import WorkGroup
from flowtui.backends.aws.calls import Calls, OutOfSlots, Patience, Request
from flowtui.backends.aws.decode import Entry
from flowtui.backends.daemon import submit
from flowtui.model.errors import BackendError, FlowtuiError, Unanswered
from flowtui.model.run import RunState
from flowtui.model.source import AthenaSource

PRIMARY = "primary"
"""The work group of those who name none."""
_LOOK_SECONDS = 0.5


class Executions:
    """Those of one work group, which says where results go; `calls` send the requests."""

    def __init__(self, calls: Calls, patience: Patience, source: AthenaSource) -> None:
        self._calls, self._patience = calls, patience
        self._name = source.workgroup or PRIMARY
        self._results = source.results
        self._known: WorkGroup | None = None

    async def group(self) -> WorkGroup:
        if self._known is None:
            request = Request("athena", "GetWorkGroup", "WorkGroup", {"WorkGroup": self._name})
            self._known = await self._calls.send(request, WorkGroup.read)
        return self._known

    async def place_of_results(self) -> str:
        """As a URL; empty where Athena keeps them itself. Raises `UsageError` for none at all."""
        group = await self.group()
        return group.output_for(self._results) or ("" if group.is_managed else group.output)

    async def begin(self, sql: str, token: str) -> str:
        """The id; where an answer is lost, it is asked for again with the token.

        Raises `OutOfSlots`, and `Unanswered` where it may be running all the same.
        """
        group = await self.group()
        request = _start(sql, token, group.name, group.output_for(self._results))
        failures = 0
        while True:
            try:
                return await self._calls.send(request, _execution_id, self._stop_late)
            except OutOfSlots:
                raise
            except FlowtuiError as error:
                if not (failures or isinstance(error, Unanswered)):
                    raise
                failures += 1
                if failures >= self._patience.throttled_tries or not isinstance(error, Unanswered):
                    said = f"{error}. The query may be running all the same"
                    raise Unanswered(said) from error.__cause__
            await self._patience.sleep(self._patience.backoff(failures))

    async def look(self, query_id: str) -> Execution:
        return await self._calls.send(_execution_of(query_id), read_execution)

    async def stop(self, query_id: str) -> None:
        await self._calls.send(_stop_of(query_id), _nothing)

    async def complete(self, sql: str, token: str, what: str) -> None:
        """Run a statement without rows to its end; raises `BackendError`."""
        query_id = await self.begin(sql, token)
        while not (found := await self.look(query_id)).state.is_final:
            await self._patience.sleep(_LOOK_SECONDS)
        if found.state is not RunState.COMPLETE:
            raise BackendError(f"{what}: {found.error}")

    def _stop_late(self, query_id: str) -> None:
        """Stop a query that nobody waits for any more; nobody hears whether that works."""
        submit(lambda: self._calls.send_now(_stop_of(query_id), _nothing))


def _start(sql: str, token: str, workgroup: str, output: str) -> Request:
    parameters: dict[str, object] = {
        "QueryString": sql, "ClientRequestToken": token, "WorkGroup": workgroup,
    }  # fmt: skip
    if output:
        parameters["ResultConfiguration"] = {"OutputLocation": output}
    # Its token makes it repeatable; but who gives up has to say that it may be running.
    return Request(
        "athena", "StartQueryExecution", "QueryExecutionId", parameters, repeatable=False
    )


def _execution_of(query_id: str) -> Request:
    # The poll loop asks again at a pace of its own.
    return Request(
        "athena", "GetQueryExecution", "QueryExecution", {"QueryExecutionId": query_id},
        patient=False,
    )  # fmt: skip


def _stop_of(query_id: str) -> Request:
    # A user who leaves is not held up by a question.
    return Request(
        "athena", "StopQueryExecution", "ResponseMetadata", {"QueryExecutionId": query_id},
        may_ask=False,
    )  # fmt: skip


def _execution_id(answer: Entry) -> str:
    return answer.name("QueryExecutionId")


def _nothing(answer: Entry) -> None:
    """Read no more than that there is an answer."""

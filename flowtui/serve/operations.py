"""The operations that the endpoint knows, over any backend and catalog."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from flowtui.backends.base import Backend, Catalog
from flowtui.model.errors import FlowtuiError
from flowtui.serve import wire
from flowtui.serve.athena.executions import Executions
from flowtui.serve.athena.operations import Athena
from flowtui.serve.athena.tables import ServedTables
from flowtui.serve.definitions import Definitions
from flowtui.serve.events import Events
from flowtui.serve.groups import LogGroups
from flowtui.serve.latency import SlowBackend
from flowtui.serve.network import Network
from flowtui.serve.parameters import Parameters
from flowtui.serve.protocols import Call
from flowtui.serve.queries import Queries
from flowtui.serve.questions import Questions
from flowtui.serve.records import Records
from flowtui.serve.runs import Runs
from flowtui.serve.streams import Streams
from flowtui.serve.wire import Json, WireError

Operation = Callable[[Parameters], Awaitable[Json]]


class Operations:
    """Answers calls by service and operation; belongs to one event loop.

    A query that a client starts takes at least `latency` seconds; what the operations ask for
    themselves does not.
    """

    def __init__(
        self,
        backend: Backend,
        catalog: Catalog,
        now: Callable[[], datetime],
        latency: float = 0.0,
        athena: Executions | None = None,
        tables: ServedTables | None = None,
    ) -> None:
        self._runs = Runs(SlowBackend(backend, latency) if latency else backend, now)
        self._executions = athena
        self._known = _operations(self._runs, Questions(backend), catalog, now)
        if athena is not None and tables is not None:
            self._known |= _of_athena(Athena(athena, tables))

    async def answer(self, call: Call) -> Json:
        """Raises `WireError` for whatever is refused."""
        operation = self._known.get((call.service, call.operation))
        if operation is None:
            known = ", ".join(name for service, name in self._known if service == call.service)
            message = f"this endpoint does not know {call.operation[:64]!r}; it knows {known}"
            raise WireError("UnknownOperationException", message)
        try:
            return await operation(Parameters(call.operation, call.values))
        except FlowtuiError as error:
            raise wire.refusal(error) from error

    async def close(self) -> None:
        """Stop what still runs."""
        await self._runs.stop_all()
        if self._executions is not None:
            self._executions.stop_all()


def _operations(
    runs: Runs, questions: Questions, catalog: Catalog, now: Callable[[], datetime]
) -> dict[tuple[str, str], Operation]:
    log_groups = LogGroups(catalog)
    queries = Queries(runs, log_groups)
    definitions = Definitions(now)
    streams = Streams(questions, log_groups)
    events = Events(questions, log_groups, streams)
    records = Records(questions, log_groups, now)
    network = Network(questions, log_groups, catalog)
    return {
        ("logs", "StartQuery"): queries.start,
        ("logs", "GetQueryResults"): queries.results,
        ("logs", "StopQuery"): queries.stop,
        ("logs", "DescribeQueries"): queries.describe,
        ("logs", "DescribeLogGroups"): log_groups.describe_groups,
        ("logs", "ListLogGroups"): log_groups.list_groups,
        ("logs", "DescribeLogStreams"): streams.describe,
        ("logs", "FilterLogEvents"): events.filter,
        ("logs", "GetLogEvents"): events.get,
        ("logs", "GetLogGroupFields"): records.fields,
        ("logs", "GetLogRecord"): records.record,
        ("logs", "PutQueryDefinition"): definitions.put,
        ("logs", "DescribeQueryDefinitions"): definitions.describe,
        ("logs", "DeleteQueryDefinition"): definitions.delete,
        ("ec2", "DescribeFlowLogs"): network.flow_logs,
        ("ec2", "DescribeNetworkInterfaces"): network.interfaces,
        ("ec2", "DescribeInstances"): network.instances,
        ("ec2", "DescribeSubnets"): network.subnets,
        ("ec2", "DescribeVpcs"): network.vpcs,
        ("sts", "GetCallerIdentity"): _caller_identity,
    }


def _of_athena(athena: Athena) -> dict[tuple[str, str], Operation]:
    return {
        ("athena", "StartQueryExecution"): athena.start,
        ("athena", "GetQueryExecution"): athena.get,
        ("athena", "GetQueryResults"): athena.results,
        ("athena", "StopQueryExecution"): athena.stop,
        ("athena", "ListQueryExecutions"): athena.list_executions,
        ("athena", "GetWorkGroup"): athena.workgroup,
        ("athena", "ListWorkGroups"): athena.workgroups,
        ("athena", "ListDataCatalogs"): athena.catalogs,
        ("athena", "ListDatabases"): athena.databases,
        ("athena", "ListTableMetadata"): athena.list_tables,
        ("athena", "GetTableMetadata"): athena.table,
    }


async def _caller_identity(parameters: Parameters) -> Json:
    parameters.refuse_the_rest()
    return {"Arn": wire.IDENTITY, "UserId": "flowtui", "Account": wire.ACCOUNT}

"""Athena on the wire: ten operations, as boto3 and the AWS CLI send them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from flowtui.serve import wire
from flowtui.serve.athena.executions import Execution, Executions
from flowtui.serve.athena.tables import CATALOG, DATABASE, ServedTables
from flowtui.serve.parameters import Parameters
from flowtui.serve.wire import Json, WireError

WORKGROUP = "primary"
LONGEST = 262_144
"""Bytes of a statement."""
_MOST_ROWS = 1000


class Athena:
    """Its methods are the operations."""

    def __init__(self, executions: Executions, tables: ServedTables) -> None:
        self._executions, self._tables = executions, tables

    async def start(self, parameters: Parameters) -> Json:
        """StartQueryExecution."""
        if not find_spec("sqlglot"):
            raise invalid(
                "this endpoint runs no SQL: install flowtui[athena-serve], which brings sqlglot"
            )
        sql = parameters.text("QueryString", longest=LONGEST)
        token = parameters.text("ClientRequestToken", "", longest=128)
        workgroup = parameters.text("WorkGroup", WORKGROUP)
        _known_group(workgroup)
        output = parameters.member("ResultConfiguration").text("OutputLocation", "", longest=2048)
        parameters.member("QueryExecutionContext")
        parameters.refuse_the_rest()
        if len(sql.encode()) > LONGEST:
            raise invalid(f"Query string exceeds {LONGEST} bytes")
        if not output.startswith("s3://"):
            raise invalid(
                "No output location provided. An output location is required either through the"
                " Workgroup result configuration setting or as an API input."
            )
        folder = output if output.endswith("/") else f"{output}/"
        return {"QueryExecutionId": self._executions.start(sql, token, workgroup, folder).id}

    async def get(self, parameters: Parameters) -> Json:
        """GetQueryExecution."""
        execution = self._find(parameters)
        parameters.refuse_the_rest()
        return {"QueryExecution": _described(execution)}

    async def results(self, parameters: Parameters) -> Json:
        """GetQueryResults: the first row of the first page has the names."""
        execution = self._find(parameters)
        size = parameters.integer("MaxResults", 1, _MOST_ROWS, _MOST_ROWS)
        start = parameters.offset("NextToken")
        parameters.refuse_the_rest()
        if execution.state != "SUCCEEDED":
            raise invalid(
                f"Query did not finish successfully. Final query state: {execution.state}"
                if execution.is_final
                else f"Query has not yet finished. Current state: {execution.state}"
            )
        rows: Sequence[Sequence[str | None]] = (execution.names, *execution.rows)
        page = rows[start : start + size]
        following = {"NextToken": str(start + size)} if start + size < len(rows) else {}
        return {
            "UpdateCount": 0,
            "ResultSet": {
                "ResultSetMetadata": {"ColumnInfo": _columns(execution)},
                "Rows": [{"Data": list(map(_datum, row))} for row in page],
            },
            **following,
        }

    async def stop(self, parameters: Parameters) -> Json:
        """StopQueryExecution; of one that has ended it changes nothing."""
        execution = self._find(parameters)
        parameters.refuse_the_rest()
        self._executions.stop(execution)
        return {}

    async def list_executions(self, parameters: Parameters) -> Json:
        """ListQueryExecutions: the newest first."""
        workgroup = parameters.text("WorkGroup", WORKGROUP)
        ids = [each.id for each in self._executions if each.workgroup == workgroup]
        page, more = parameters.page(ids, "MaxResults", "NextToken", most=50)
        return {"QueryExecutionIds": list(page), **_capital(more)}

    async def workgroup(self, parameters: Parameters) -> Json:
        """GetWorkGroup."""
        name = parameters.text("WorkGroup")
        parameters.refuse_the_rest()
        _known_group(name)
        configuration = {
            "EnforceWorkGroupConfiguration": False,
            "ResultConfiguration": {},
            "EngineVersion": {"EffectiveEngineVersion": "Athena engine version 3"},
        }
        return {"WorkGroup": {"Name": name, "State": "ENABLED", "Configuration": configuration}}

    async def workgroups(self, parameters: Parameters) -> Json:
        """ListWorkGroups."""
        found = [{"Name": WORKGROUP, "State": "ENABLED"}]
        page, more = parameters.page(found, "MaxResults", "NextToken", most=50)
        return {"WorkGroups": list(page), **_capital(more)}

    async def catalogs(self, parameters: Parameters) -> Json:
        """ListDataCatalogs."""
        found = [{"CatalogName": CATALOG, "Type": "GLUE"}]
        page, more = parameters.page(found, "MaxResults", "NextToken", most=50)
        return {"DataCatalogsSummary": list(page), **_capital(more)}

    async def databases(self, parameters: Parameters) -> Json:
        """ListDatabases."""
        _known_catalog(parameters)
        page, more = parameters.page([{"Name": DATABASE}], "MaxResults", "NextToken", most=50)
        return {"DatabaseList": list(page), **_capital(more)}

    async def list_tables(self, parameters: Parameters) -> Json:
        """ListTableMetadata."""
        _known_catalog(parameters)
        _known_database(parameters)
        found = [table.metadata for table in await self._tables.all()]
        page, more = parameters.page(found, "MaxResults", "NextToken", most=50)
        return {"TableMetadataList": list(page), **_capital(more)}

    async def table(self, parameters: Parameters) -> Json:
        """GetTableMetadata."""
        _known_catalog(parameters)
        _known_database(parameters)
        name = parameters.text("TableName")
        parameters.refuse_the_rest()
        return {"TableMetadata": (await self._tables.find(name)).metadata}

    def _find(self, parameters: Parameters) -> Execution:
        return self._executions.find(parameters.text("QueryExecutionId"))


def invalid(message: str) -> WireError:
    return WireError("InvalidRequestException", message, extra={"AthenaErrorCode": "INVALID_INPUT"})


def _capital(more: Json) -> Json:
    return {name[0].upper() + name[1:]: token for name, token in more.items()}


def _known_group(name: str) -> None:
    if name != WORKGROUP:
        raise invalid(f"WorkGroup {name[:64]} is not found.")


def _known_catalog(parameters: Parameters) -> None:
    if parameters.text("CatalogName") != CATALOG:
        raise wire.invalid(f"there is one catalog, {CATALOG}")


def _known_database(parameters: Parameters) -> None:
    if parameters.text("DatabaseName") != DATABASE:
        message = f"EntityNotFoundException: there is one database, {DATABASE}"
        raise WireError("MetadataException", message)


def _described(execution: Execution) -> Json:
    status: Json = {
        "State": execution.state,
        "SubmissionDateTime": execution.submitted.timestamp(),
    }
    if execution.completed is not None:
        status["CompletionDateTime"] = execution.completed.timestamp()
    if execution.reason:
        status["StateChangeReason"] = execution.reason
    if execution.state == "FAILED":
        status["AthenaError"] = {
            "ErrorCategory": 2, "ErrorType": 1, "Retryable": False,
            "ErrorMessage": execution.reason,
        }  # fmt: skip
    is_scanning = execution.state != "QUEUED"
    return {
        "QueryExecutionId": execution.id,
        "Query": execution.sql,
        "StatementType": "DML",
        "ResultConfiguration": {"OutputLocation": execution.url},
        "WorkGroup": execution.workgroup,
        "EngineVersion": {"EffectiveEngineVersion": "Athena engine version 3"},
        "Status": status,
        "Statistics": {"DataScannedInBytes": execution.scanned if is_scanning else 0},
    }


def _columns(execution: Execution) -> list[Json]:
    pairs = zip(execution.names, execution.types, strict=True)
    return [
        {"Name": name, "Label": name, "Type": type_, "CatalogName": "hive", "SchemaName": "",
         "TableName": "", "Precision": 0, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": True}
        for name, type_ in pairs
    ]  # fmt: skip


def _datum(value: str | None) -> Json:
    return {} if value is None else {"VarCharValue": value}

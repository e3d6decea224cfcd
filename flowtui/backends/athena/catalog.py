"""Tables of flow logs in the catalogs of the account, offered as log groups are."""

from __future__ import annotations

from collections.abc import AsyncIterator

from flowtui.backends.athena.table import GLUE, FlowTable
from flowtui.backends.aws.calls import Calls, Request
from flowtui.backends.aws.decode import Entry
from flowtui.flowlogs.log_group import TABLE, LogGroup
from flowtui.model.errors import BackendError

_MOST_DATABASES = 200


class Tables:
    """What is read of a table is kept: its columns don't change in the middle of an incident."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._known: dict[str, FlowTable] = {}

    async def table(self, name: str) -> FlowTable:
        """`database.table`, or with its catalog before that; raises `BackendError`."""
        if name not in self._known:
            catalog, database, table = _parts(name)
            parameters = {"CatalogName": catalog, "DatabaseName": database, "TableName": table}
            request = Request("athena", "GetTableMetadata", "TableMetadata", parameters)
            self._known[name] = await self._calls.send(
                request,
                lambda answer: FlowTable.read(answer.member("TableMetadata"), catalog, database),
            )
        found = self._known[name]
        if not found.holds_flow_logs:
            del self._known[name]
            raise BackendError(
                f"{name} is no table of flow logs: it needs the columns srcaddr, dstaddr, start,"
                " end, and bytes or packets; ctrl+g shows those that have them"
            )
        return found

    async def pages(self) -> AsyncIterator[list[FlowTable]]:
        """Those of all databases of the account's own catalog and of others; flow logs only."""
        async for catalog in self._catalogs():
            async for database in self._databases(catalog):
                async for page in self._tables(catalog, database):
                    yield page

    async def _catalogs(self) -> AsyncIterator[str]:
        """The account's own where the others may not be listed."""
        request = Request("athena", "ListDataCatalogs", "DataCatalogsSummary", {})
        names = [GLUE]
        try:
            async for page in self._calls.pages(
                request,
                lambda answer: [each.name("CatalogName") for each in answer.entries(_CATALOGS)],
                "NextToken",
            ):
                names += page
        except BackendError:
            pass  # its own catalog is tried by itself, and says what is wrong
        for name in dict.fromkeys(names):
            yield name

    async def _databases(self, catalog: str) -> AsyncIterator[str]:
        request = Request("athena", "ListDatabases", "DatabaseList", {"CatalogName": catalog})
        seen = 0
        async for page in self._calls.pages(
            request, lambda answer: [each.name("Name") for each in answer.entries("DatabaseList")],
            "NextToken",
        ):  # fmt: skip
            for name in page:
                seen += 1
                if seen > _MOST_DATABASES:
                    return
                yield name

    async def _tables(self, catalog: str, database: str) -> AsyncIterator[list[FlowTable]]:
        parameters = {"CatalogName": catalog, "DatabaseName": database}
        request = Request("athena", "ListTableMetadata", "TableMetadataList", parameters)

        def read(answer: Entry) -> list[FlowTable]:
            entries = answer.entries("TableMetadataList")
            tables = [FlowTable.read(entry, catalog, database) for entry in entries]
            return [table for table in tables if table.holds_flow_logs]

        async for page in self._calls.pages(request, read, "NextToken"):
            for table in page:
                self._known[table.label] = table
            yield page


_CATALOGS = "DataCatalogsSummary"


def as_group(table: FlowTable) -> LogGroup:
    return LogGroup(
        table.label,
        format=table.format,
        format_source=TABLE,
        taken_for=_described(table),
    )


def _described(table: FlowTable) -> str:
    """`29 fields, Parquet, by day and hour, s3://logs/AWSLogs/`."""
    parts = [f"{len(table.fields)} fields"]
    if table.is_view:
        parts.append("a view")
    elif table.parameters:
        parts.append("Parquet" if table.is_columnar else "text")
    if table.partition_keys:
        parts.append(f"by {', '.join(key.name for key in table.partition_keys)}")
    return ", ".join([*parts, table.location] if table.location else parts)


def _parts(name: str) -> tuple[str, str, str]:
    *before, table = name.split(".")
    match before:
        case [database]:
            return GLUE, database, table
        case [*catalog, database] if catalog:
            return ".".join(catalog), database, table
    raise BackendError(f"{name} names no table; write it as database.table")

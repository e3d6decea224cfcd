"""The log groups of the endpoint as tables of a catalog: each as text and as Parquet."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from flowtui.backends.base import Catalog
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.frozen import frozen
from flowtui.serve.wire import Json, WireError

CATALOG, DATABASE = "AwsDataCatalog", "flows"
PARQUET = "_parquet"
_FORMATS = {
    False: "org.apache.hadoop.mapred.TextInputFormat",
    True: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
}


@frozen
class ServedTable:
    """One of the two tables of a log group."""

    group: str
    name: str
    format: FlowFormat
    location: str
    """Empty where its objects can't be listed."""
    is_columnar: bool

    @property
    def metadata(self) -> Json:
        """A TableMetadata, as Athena has it of AWS's own statement with projection."""
        columns = [
            {"Name": info.column, "Type": "bigint" if info.type.is_number else "string"}
            for info in self.format.fields
        ]
        parameters = {
            "EXTERNAL": "TRUE",
            "inputformat": _FORMATS[self.is_columnar],
            "projection.enabled": "true",
            "projection.day.type": "date",
            "projection.day.format": "yyyy/MM/dd",
            "projection.day.range": "2020/01/01,NOW+1DAY",
            **({"location": self.location} if self.location else {}),
        }
        return {
            "Name": self.name,
            "TableType": "EXTERNAL_TABLE",
            "Columns": columns,
            "PartitionKeys": [{"Name": "day", "Type": "string"}],
            "Parameters": parameters,
        }


class ServedTables:
    """Those of the log groups whose format is known."""

    def __init__(self, catalog: Catalog, location: str = "") -> None:
        self._catalog, self._location = catalog, location

    async def all(self) -> list[ServedTable]:
        return [table async for table in self._tables()]

    async def find(self, name: str) -> ServedTable:
        """Raises `WireError`."""
        async for table in self._tables():
            if table.name == name.lower():
                return table
        message = f"EntityNotFoundException: Table {name} not found."
        raise WireError("MetadataException", message)

    async def _tables(self) -> AsyncIterator[ServedTable]:
        async for page in self._catalog.log_groups():
            for group in page:
                described = await self._catalog.describe(group.name)
                if described.format is None:
                    continue
                name = re.sub(r"\W+", "_", group.name.lower()).strip("_")
                for is_columnar in (False, True):
                    suffix = PARQUET if is_columnar else ""
                    location = "" if is_columnar else self._location
                    yield ServedTable(
                        group.name, f"{name}{suffix}", described.format, location, is_columnar
                    )

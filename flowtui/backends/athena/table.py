"""Tables of the catalog that hold flow logs, recognised by their columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flowtui.backends.aws.decode import Entry
from flowtui.flowlogs.fields import FIELDS, FieldInfo, field_info
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.frozen import frozen
from flowtui.sql.parameters import identifier

GLUE = "AwsDataCatalog"
"""The catalog that every account has."""
_OLDER: Mapping[str, str] = {
    "account": "account-id", "interfaceid": "interface-id", "sourceaddress": "srcaddr",
    "destinationaddress": "dstaddr", "sourceport": "srcport", "destinationport": "dstport",
    "numpackets": "packets", "numbytes": "bytes", "starttime": "start", "endtime": "end",
    "logstatus": "log-status",
}  # fmt: skip
"""Names in the statement that AWS's guide gave until 2021."""
_ALWAYS = frozenset({"srcaddr", "dstaddr", "start", "end"})
_AMOUNTS = frozenset({"bytes", "packets"})
_LEAST_KNOWN = 0.6
"""The share of columns that are fields of a flow log, in a table of flow logs."""
_WHOLE = frozenset({"tinyint", "smallint", "int", "integer", "bigint"})


@frozen
class Column:
    """A column of the record, and the field that it is."""

    name: str
    """As the catalog has it."""
    type: str
    """Hive's, in lower case: `bigint`, `string`, `timestamp`."""

    @property
    def info(self) -> FieldInfo:
        plain = self.name.lower().replace("_", "-")
        return field_info(_OLDER.get(plain.replace("-", ""), plain))

    @property
    def is_whole(self) -> bool:
        return self.type in _WHOLE


@dataclass(frozen=True)
class FlowTable:
    """A table or view: its columns in order, what it is partitioned by, where its objects are."""

    database: str
    name: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    catalog: str = GLUE
    is_view: bool = False

    @classmethod
    def read(cls, entry: Entry, catalog: str, database: str) -> FlowTable:
        """A TableMetadata of Athena; raises `Misshapen`."""
        parameters = entry.member("Parameters")
        return cls(
            database,
            entry.name("Name"),
            tuple(_columns(entry.entries("Columns"))),
            tuple(_columns(entry.entries("PartitionKeys"))),
            {key: parameters.text(key) for key in parameters.names},
            catalog,
            is_view=entry.text("TableType") == "VIRTUAL_VIEW",
        )

    @property
    def label(self) -> str:
        """What the user calls it, as a log group: `flows.vpc_flow_logs`."""
        return ".".join(self._names)

    @property
    def relation(self) -> str:
        return ".".join(map(identifier, self._names))

    @property
    def _names(self) -> tuple[str, ...]:
        own = () if self.catalog == GLUE else (self.catalog,)
        return (*own, self.database, self.name)

    @cached_property
    def fields(self) -> Mapping[FieldInfo, Column]:
        """Those of the record, in the table's order; of two columns for one field the first."""
        found: dict[FieldInfo, Column] = {}
        for column in self.columns:
            found.setdefault(column.info, column)
        return found

    @cached_property
    def format(self) -> FlowFormat:
        return FlowFormat(tuple(self.fields))

    @property
    def location(self) -> str:
        """Where its objects lie: `s3://bucket/folder/`; empty for a view."""
        return self.parameters.get("location", "")

    @property
    def is_columnar(self) -> bool:
        """Whether its objects keep columns apart, so that only those in use are read."""
        return any(kind in self.parameters.get("inputformat", "").lower() for kind in _COLUMNAR)

    @property
    def holds_flow_logs(self) -> bool:
        """Whether enough of its columns are fields of a flow log."""
        names = {info.name for info in self.fields}
        known = names & FIELDS.keys()
        is_record = names >= _ALWAYS and bool(names & _AMOUNTS)
        return is_record and len(known) >= _LEAST_KNOWN * len(names)


_COLUMNAR = ("parquet", "orc", "iceberg")


def _columns(entries: Iterable[Entry]) -> Iterable[Column]:
    for entry in entries:
        yield Column(entry.name("Name"), entry.text("Type").lower())

"""The statement that makes a table of what is delivered: partitions by projection, none to load.

It follows the statement of AWS's guide (Athena user guide, "Query Amazon VPC flow logs"), with the
columns of the flow log's own format. The region is the partition `aws_region`, so that a format
with a field `region` keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from flowtui.backends.s3.destinations import Destination
from flowtui.backends.s3.layout import Style, Tree
from flowtui.flowlogs.fields import FieldInfo
from flowtui.model.errors import BackendError
from flowtui.model.frozen import frozen
from flowtui.sql.dialects.trino import quoted

DATABASE = "default"
"""The database that every catalog has."""
_REGION = re.compile(r"(?P<root>.*/vpcflowlogs/)(?P<region>[a-z0-9-]+)/")


@frozen
class TableStatement:
    name: str
    """`default.flow_logs_0ab12`."""
    text: str


def create_table(destination: Destination, trees: Sequence[Tree], now: datetime) -> TableStatement:
    """Of the account that has most regions there; raises `BackendError` where none can be made."""
    if destination.format is None:
        raise BackendError(
            f"the flow logs that are delivered to {destination.location} have several formats, and"
            " a table has one: make one for each by hand, or read them directly"
        )
    if destination.is_hive or any(tree.style is Style.HIVE for tree in trees):
        raise BackendError(
            f"{destination.location} has Hive's folders, whose spelling of days differs: run MSCK"
            " REPAIR TABLE on a table of AWS's guide, or read them directly"
        )
    root, regions = _regions(destination, trees)
    columns = ", ".join(map(_column, destination.format.fields))
    keys = ["`aws_region` string", "`day` string"]
    template = f"{root}${{aws_region}}/${{day}}/"
    properties = {
        "projection.enabled": "true",
        "projection.aws_region.type": "enum",
        "projection.aws_region.values": ",".join(regions),
        "projection.day.type": "date",
        "projection.day.range": f"{(destination.created or now):%Y/%m/%d},NOW+1DAY",
        "projection.day.format": "yyyy/MM/dd",
    }
    if destination.is_hourly:
        keys.append("`hour` string")
        template += "${hour}/"
        properties |= {
            "projection.hour.type": "integer",
            "projection.hour.range": "0,23",
            "projection.hour.digits": "2",
        }
    properties["storage.location.template"] = template
    if not destination.is_parquet:
        properties = {"skip.header.line.count": "1", **properties}
    stored = (
        "STORED AS PARQUET"
        if destination.is_parquet
        else "ROW FORMAT DELIMITED FIELDS TERMINATED BY ' '"
    )
    listed = ",\n".join(f"  {quoted(key)} = {quoted(value)}" for key, value in properties.items())
    table = _name(destination)
    text = (
        f"CREATE EXTERNAL TABLE IF NOT EXISTS `{DATABASE}`.`{table}` (\n  {columns})\n"
        f"PARTITIONED BY ({', '.join(keys)})\n{stored}\nLOCATION {quoted(root)}\n"
        f"TBLPROPERTIES (\n{listed})"
    )
    return TableStatement(f"{DATABASE}.{table}", text)


def _regions(destination: Destination, trees: Sequence[Tree]) -> tuple[str, tuple[str, ...]]:
    """The folder above those of regions, as a URL, and the regions in it."""
    found: dict[str, list[str]] = {}
    for tree in trees:
        if match := _REGION.fullmatch(tree.root):
            found.setdefault(match["root"], []).append(match["region"])
    if not found:
        raise BackendError(
            f"{destination.location} has no folders of flow logs yet, or none by region: wait for"
            " the first objects, some ten minutes after a flow log was made"
        )
    root = max(found, key=lambda each: len(found[each]))
    return f"s3://{destination.location.bucket}/{root}", tuple(sorted(found[root]))


def _column(info: FieldInfo) -> str:
    return f"`{info.column}` {'bigint' if info.type.is_number else 'string'}"


def _name(destination: Destination) -> str:
    return re.sub(r"\W+", "_", f"flow_logs_{destination.flow_logs[0].removeprefix('fl-')}".lower())

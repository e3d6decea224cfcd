"""Tables of a catalog as Athena describes them."""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.backends.athena.table import Column, FlowTable
from flowtui.flowlogs.format import ARTICLE_FORMAT, FlowFormat

PROJECTED = {
    "location": "s3://logs/AWSLogs/123456789012/vpcflowlogs/us-east-1/",
    "inputformat": "org.apache.hadoop.mapred.TextInputFormat",
    "projection.enabled": "true",
    "projection.day.type": "date",
    "projection.day.format": "yyyy/MM/dd",
    "projection.day.range": "2021/01/01,NOW",
}


def article_table(parameters: Mapping[str, str] = PROJECTED, **keys: str) -> FlowTable:
    """The article's fields; partitioned by `day`, or by the keys that are named with a type."""
    return flow_table(ARTICLE_FORMAT, "article", parameters, **(keys or {"day": "string"}))


def flow_table(
    format_: FlowFormat, name: str, parameters: Mapping[str, str], **keys: str
) -> FlowTable:
    columns = (
        Column(info.column, "bigint" if info.type.is_number else "string")
        for info in format_.fields
    )
    partitions = tuple(Column(key, type_) for key, type_ in keys.items())
    return FlowTable("flows", name, tuple(columns), partitions, dict(parameters))

"""OCSF network activity, as Security Lake keeps VPC flow logs, read as flow log fields.

Source: the OCSF examples' mapping of AWS VPC flow logs, 1.1.0, and the schema's `boundary_id`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from flowtui.backends.duckdb.ingest.parquet.columns import Column, column
from flowtui.flowlogs.fields import FIELDS
from flowtui.model.frozen import frozen

CLASS = 4001
"""`class_uid` of network activity."""
_UNMAPPED = ("sublocation-type", "sublocation-id", "reject-reason", "resource-id")
_MILLISECONDS = 100_000_000_000
"""A number of seconds this large is one of milliseconds: it would be the year 5138."""


@frozen
class Values:
    """The values of a file: SQL and type by their names with dots."""

    of: Mapping[str, tuple[str, str]]

    def first(self, *names: str) -> str | None:
        """The first of them that a record has; None where the file has none of them."""
        found = [self.of[name][0] for name in names if name in self.of]
        if len(found) > 1:
            return f"coalesce({', '.join(f'CAST({each} AS VARCHAR)' for each in found)})"
        return f"CAST({found[0]} AS VARCHAR)" if found else None

    def type(self, name: str) -> str:
        return self.of.get(name, ("", ""))[1]


def is_ocsf(values: Values) -> bool:
    return {"class_uid", "src_endpoint.ip", "dst_endpoint.ip"} <= values.of.keys()


def columns(values: Values) -> tuple[Column, ...]:
    return tuple(_columns(values))


def _columns(values: Values) -> Iterator[Column]:
    for name, find in _FIELDS.items():
        if sql := find(values):
            yield column(FIELDS[name], sql, "VARCHAR")
    if values.type("unmapped").startswith("MAP"):
        for name in _UNMAPPED:
            key = name.replace("-", "_")
            yield column(FIELDS[name], f"{values.of['unmapped'][0]}['{key}']", "VARCHAR")


Find = Callable[[Values], str | None]


def _of(*names: str) -> Find:
    return lambda values: values.first(*names)


def _either(name: str) -> Find:
    """Of the endpoint on whose side the record was made: the other one has nothing."""
    return _of(f"src_endpoint.{name}", f"dst_endpoint.{name}")


def _address(side: str) -> Find:
    """That of the interface: where the packet has another one, this one is an intermediate."""

    def find(values: Values) -> str | None:
        ip = values.first(f"{side}.ip")
        between = f"{side}.intermediate_ips"
        if between not in values.of:
            return ip
        return f"coalesce(CAST({values.of[between][0]}[1] AS VARCHAR), {ip})"

    return find


def _word(words: Mapping[str, str], *names: str) -> Find:
    """A word of OCSF's as flow logs have it; any other one stays."""

    def find(values: Values) -> str | None:
        if (value := values.first(*names)) is None:
            return None
        cases = " ".join(f"WHEN '{word}' THEN '{ours}'" for word, ours in words.items())
        return f"CASE lower({value}) {cases} ELSE {value} END"

    return find


def _seconds(name: str) -> Find:
    def find(values: Values) -> str | None:
        for each in (f"{name}_time", f"{name}_time_dt", *(("time",) if name == "start" else ())):
            sql, kind = values.of.get(each, ("", ""))
            if kind.startswith("TIMESTAMP"):
                return f"CAST(CAST(floor(epoch({sql})) AS BIGINT) AS VARCHAR)"
            if sql:
                number = f"TRY_CAST({sql} AS BIGINT)"
                return (
                    f"CAST(CASE WHEN {number} >= {_MILLISECONDS} THEN {number} // 1000"
                    f" ELSE {number} END AS VARCHAR)"
                )
        return None

    return find


def _traffic_path(values: Values) -> str | None:
    """OCSF's boundaries 4 to 11 are AWS's paths 1 to 8."""
    if (value := values.first("connection_info.boundary_id")) is None:
        return None
    path = f"TRY_CAST({value} AS INTEGER) - 3"
    return f"CAST(CASE WHEN {path} BETWEEN 1 AND 8 THEN {path} END AS VARCHAR)"


_ACTIONS = dict.fromkeys(("allowed", "accept", "traffic", "open"), "ACCEPT") | dict.fromkeys(
    ("denied", "reject", "refuse", "blocked", "fail"), "REJECT"
)
_DIRECTIONS = {"inbound": "ingress", "outbound": "egress"}

_FIELDS: Mapping[str, Find] = {
    "version": _of("metadata.product.version"),
    "account-id": _of("cloud.account.uid", "cloud.account_uid"),
    "interface-id": _either("interface_uid"),
    "srcaddr": _address("src_endpoint"),
    "dstaddr": _address("dst_endpoint"),
    "srcport": _of("src_endpoint.port"),
    "dstport": _of("dst_endpoint.port"),
    "protocol": _of("connection_info.protocol_num"),
    "packets": _of("traffic.packets"),
    "bytes": _of("traffic.bytes"),
    "start": _seconds("start"),
    "end": _seconds("end"),
    "action": _word(_ACTIONS, "action", "disposition", "activity_name"),
    "log-status": _of("status_code"),
    "vpc-id": _either("vpc_uid"),
    "subnet-id": _either("subnet_uid"),
    "instance-id": _either("instance_uid"),
    "tcp-flags": _of("connection_info.tcp_flags"),
    "type": _of("connection_info.protocol_ver"),
    "pkt-srcaddr": _of("src_endpoint.ip"),
    "pkt-dstaddr": _of("dst_endpoint.ip"),
    "region": _of("cloud.region"),
    "az-id": _of("cloud.zone"),
    "pkt-src-aws-service": _of("src_endpoint.svc_name"),
    "pkt-dst-aws-service": _of("dst_endpoint.svc_name"),
    "flow-direction": _word(_DIRECTIONS, "connection_info.direction"),
    "traffic-path": _traffic_path,
}

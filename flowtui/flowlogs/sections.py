"""The fields of a record by what they are about, in the order in which one reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowtui.flowlogs.fields import FIELDS, FieldInfo

FLOW, EVENT, OTHER = "Flow", "Event", "Columns"

_SECTIONS: Mapping[str, Sequence[str]] = {
    FLOW: (
        "start", "end", "action", "reject-reason", "log-status", "srcaddr", "srcport", "dstaddr",
        "dstport", "protocol", "tcp-flags", "bytes", "packets", "flow-direction", "traffic-path",
        "encryption-status", "type",
    ),
    "Packet": ("pkt-srcaddr", "pkt-src-aws-service", "pkt-dstaddr", "pkt-dst-aws-service"),
    "Interface": (
        "interface-id", "interface-type", "interface-tag", "interface-tag-2", "instance-id",
        "instance-tag", "instance-tag-2", "asg-tag", "asg-tag-2", "subnet-id", "vpc-id",
        "account-id", "region", "az-id", "sublocation-type", "sublocation-id", "resource-id",
    ),
    "Next hop": tuple(name for name in FIELDS if name.startswith("next-hop-")),
    "ECS": tuple(name for name in FIELDS if name.startswith("ecs-")),
    "Transit gateway": tuple(
        name for name in FIELDS if name.startswith(("tgw-", "resource-type", "packets-lost"))
    ),
    "Record": ("version",),
}  # fmt: skip

_PLACES: Mapping[str, tuple[int, str, int]] = {
    name: (order, title, place)
    for order, (title, names) in enumerate(_SECTIONS.items(), 1)
    for place, name in enumerate(names)
}


def section_of(info: FieldInfo | None, column: str) -> tuple[int, str, int]:
    """Where a column stands among the others: its section's place, its title, its own place."""
    if info is not None and info.name in _PLACES:
        return _PLACES[info.name]
    if column == "@timestamp":
        return 1, FLOW, -1
    if column.startswith("@"):
        return len(_SECTIONS) + 2, EVENT, 0
    return len(_SECTIONS) + 1, OTHER, 0

"""The fields of VPC flow log records: name, type, version, meaning and value set.

Source: VPC user guide, "Flow log records" and "Transit Gateway Flow Logs records"
(the reference's flowlogs.md, section 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from flowtui.model.frozen import frozen


class FieldType(StrEnum):
    STRING = "string"
    INTEGER = "integer"
    ADDRESS = "address"
    SECONDS = "seconds"
    """Unix seconds."""
    BYTES = "bytes"

    @property
    def is_number(self) -> bool:
        return self in (FieldType.INTEGER, FieldType.SECONDS, FieldType.BYTES)


@frozen
class FieldInfo:
    """One field of the record; `name` is hyphenated, as AWS writes it."""

    name: str
    version: int
    type: FieldType
    meaning: str
    values: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The value set, each with its meaning; empty where any value may come."""

    @property
    def column(self) -> str:
        """The name that `parse` gives it: `pkt_srcaddr`."""
        return self.name.replace("-", "_")

    @property
    def discovered(self) -> str:
        """The name under which Logs Insights discovers it: `pktSrcAddr`, `startTime`."""
        return _discovered(self.name)


PROTOCOLS: Mapping[str, str] = {
    "1": "ICMP", "2": "IGMP", "4": "IP-in-IP", "6": "TCP", "17": "UDP", "41": "IPv6", "47": "GRE",
    "50": "ESP", "51": "AH", "58": "ICMPv6", "89": "OSPF", "112": "VRRP", "132": "SCTP",
}  # fmt: skip
TCP_FLAGS: Mapping[str, str] = {
    "0": "none or ACK only", "1": "FIN", "2": "SYN", "3": "SYN FIN", "4": "RST", "5": "FIN RST",
    "6": "SYN RST", "7": "SYN FIN RST", "18": "SYN-ACK", "19": "SYN-ACK FIN", "22": "SYN-ACK RST",
    "23": "SYN-ACK FIN RST",
}  # fmt: skip
TRAFFIC_PATHS: Mapping[str, str] = {
    "1": "another resource in the same VPC",
    "2": "internet gateway or gateway VPC endpoint",
    "3": "virtual private gateway",
    "4": "peering within the region",
    "5": "peering between regions",
    "6": "local gateway or Local Zone",
    "7": "gateway VPC endpoint",
    "8": "internet gateway",
}
_ACTIONS = {
    "ACCEPT": "the traffic was allowed",
    "REJECT": "a security group or network ACL refused it",
}
_LOG_STATUSES = {
    "OK": "logged normally",
    "NODATA": "no traffic in the window",
    "SKIPDATA": "records were lost: totals are lower bounds",
}
_DIRECTIONS = {"ingress": "into the interface", "egress": "out of the interface"}
_TYPES = {"IPv4": "IPv4", "IPv6": "IPv6", "EFA": "Elastic Fabric Adapter"}
_SERVICES = dict.fromkeys(
    (
        "AMAZON", "AMAZON_APPFLOW", "AMAZON_CONNECT", "API_GATEWAY", "CHIME_MEETINGS",
        "CHIME_VOICECONNECTOR", "CLOUD9", "CLOUDFRONT", "CODEBUILD", "DYNAMODB", "EBS", "EC2",
        "EC2_INSTANCE_CONNECT", "GLOBALACCELERATOR", "KINESIS_VIDEO_STREAMS", "ROUTE53",
        "ROUTE53_HEALTHCHECKS", "ROUTE53_HEALTHCHECKS_PUBLISHING", "ROUTE53_RESOLVER", "S3",
        "WORKSPACES_GATEWAYS",
    ),
    "AWS service range",
)  # fmt: skip
_SUBLOCATIONS = {"wavelength": "Wavelength Zone", "outpost": "Outpost", "localzone": "Local Zone"}
_ENCRYPTION = {
    "0": "not encrypted", "1": "encrypted by Nitro", "2": "encrypted by the application",
    "3": "encrypted by both",
}  # fmt: skip
_REJECTIONS = {"BPA": "VPC Block Public Access", "EC": "VPC encryption controls"}

_S, _I, _A = FieldType.STRING, FieldType.INTEGER, FieldType.ADDRESS


def _f(
    name: str,
    version: int,
    kind: FieldType,
    meaning: str,
    values: Mapping[str, str] | None = None,
) -> FieldInfo:
    return FieldInfo(name, version, kind, meaning, values or {})


VPC_FIELDS: tuple[FieldInfo, ...] = (
    _f("version", 2, _I, "flow log version"),
    _f("account-id", 2, _S, "account that owns the interface"),
    _f("interface-id", 2, _S, "network interface that recorded the flow"),
    _f("srcaddr", 2, _A, "source address; the interface's private address for outgoing traffic"),
    _f(
        "dstaddr",
        2,
        _A,
        "destination address; the interface's private address for incoming traffic",
    ),
    _f("srcport", 2, _I, "source port"),
    _f("dstport", 2, _I, "destination port"),
    _f("protocol", 2, _I, "IANA protocol number", PROTOCOLS),
    _f("packets", 2, _I, "packets during the window"),
    _f("bytes", 2, FieldType.BYTES, "bytes during the window"),
    _f("start", 2, FieldType.SECONDS, "first packet of the window, Unix seconds"),
    _f("end", 2, FieldType.SECONDS, "last packet of the window, Unix seconds"),
    _f("action", 2, _S, "allowed or refused", _ACTIONS),
    _f("log-status", 2, _S, "how the logging went", _LOG_STATUSES),
    _f("vpc-id", 3, _S, "VPC of the interface"),
    _f("subnet-id", 3, _S, "subnet of the interface"),
    _f(
        "instance-id",
        3,
        _S,
        "instance of the interface; - for NAT gateways, load balancers, endpoints",
    ),
    _f("tcp-flags", 3, _I, "TCP flags, or-ed over the window", TCP_FLAGS),
    _f("type", 3, _S, "kind of traffic", _TYPES),
    _f("pkt-srcaddr", 3, _A, "source address in the packet, behind NAT"),
    _f("pkt-dstaddr", 3, _A, "destination address in the packet, behind NAT"),
    _f("region", 4, _S, "region of the interface"),
    _f("az-id", 4, _S, "availability zone id of the interface"),
    _f("sublocation-type", 4, _S, "kind of sublocation", _SUBLOCATIONS),
    _f("sublocation-id", 4, _S, "id of the sublocation"),
    _f("pkt-src-aws-service", 5, _S, "AWS service of the packet's source", _SERVICES),
    _f("pkt-dst-aws-service", 5, _S, "AWS service of the packet's destination", _SERVICES),
    _f("flow-direction", 5, _S, "direction, seen from the interface", _DIRECTIONS),
    _f("traffic-path", 5, _I, "path of outgoing traffic", TRAFFIC_PATHS),
    _f("ecs-cluster-arn", 7, _S, "ECS cluster ARN"),
    _f("ecs-cluster-name", 7, _S, "ECS cluster name"),
    _f("ecs-container-instance-arn", 7, _S, "ECS container instance ARN"),
    _f("ecs-container-instance-id", 7, _S, "ECS container instance id"),
    _f("ecs-container-id", 7, _S, "container runtime id"),
    _f("ecs-second-container-id", 7, _S, "second container runtime id"),
    _f("ecs-service-name", 7, _S, "ECS service name"),
    _f("ecs-task-definition-arn", 7, _S, "ECS task definition ARN"),
    _f("ecs-task-arn", 7, _S, "ECS task ARN"),
    _f("ecs-task-id", 7, _S, "ECS task id"),
    _f("reject-reason", 8, _S, "why the traffic was refused", _REJECTIONS),
    _f("resource-id", 9, _S, "regional NAT gateway id"),
    _f("encryption-status", 10, _I, "encryption of the traffic", _ENCRYPTION),
    _f("instance-tag", 11, _S, "instance tag value, percent-encoded"),
    _f("instance-tag-2", 11, _S, "second instance tag value, percent-encoded"),
    _f("interface-tag", 11, _S, "interface tag value, percent-encoded"),
    _f("interface-tag-2", 11, _S, "second interface tag value, percent-encoded"),
    _f("asg-tag", 11, _S, "Auto Scaling group tag value, percent-encoded"),
    _f("asg-tag-2", 11, _S, "second Auto Scaling group tag value, percent-encoded"),
    _f("interface-type", 11, _S, "kind of interface"),
    _f("next-hop-interface-id", 11, _S, "interface at the other end of the hop"),
    _f("next-hop-subnet-id", 11, _S, "subnet at the other end of the hop"),
    _f("next-hop-az-id", 11, _S, "availability zone id at the other end of the hop"),
    _f("next-hop-vpc-id", 11, _S, "VPC at the other end of the hop"),
    _f("next-hop-interface-type", 11, _S, "kind of interface at the other end of the hop"),
)
TGW_FIELDS: tuple[FieldInfo, ...] = (
    _f("resource-type", 6, _S, "TransitGateway or TransitGatewayAttachment"),
    _f("tgw-id", 6, _S, "transit gateway"),
    _f("tgw-attachment-id", 6, _S, "transit gateway attachment"),
    _f("tgw-src-vpc-account-id", 6, _S, "account of the source VPC"),
    _f("tgw-dst-vpc-account-id", 6, _S, "account of the destination VPC"),
    _f("tgw-src-vpc-id", 6, _S, "source VPC"),
    _f("tgw-dst-vpc-id", 6, _S, "destination VPC"),
    _f("tgw-src-subnet-id", 6, _S, "source subnet"),
    _f("tgw-dst-subnet-id", 6, _S, "destination subnet"),
    _f("tgw-src-eni", 6, _S, "source attachment interface"),
    _f("tgw-dst-eni", 6, _S, "destination attachment interface"),
    _f("tgw-src-az-id", 6, _S, "source availability zone"),
    _f("tgw-dst-az-id", 6, _S, "destination availability zone"),
    _f("tgw-pair-attachment-id", 6, _S, "attachment at the other side"),
    _f("packets-lost-no-route", 6, _I, "packets lost: no route"),
    _f("packets-lost-blackhole", 6, _I, "packets lost: blackhole"),
    _f("packets-lost-mtu-exceeded", 6, _I, "packets lost: MTU exceeded"),
    _f("packets-lost-ttl-expired", 6, _I, "packets lost: TTL expired"),
)

FIELDS: Mapping[str, FieldInfo] = {info.name: info for info in (*VPC_FIELDS, *TGW_FIELDS)}
"""Every known field by its hyphenated name."""


def field_info(name: str) -> FieldInfo:
    """The field of that hyphenated name; an unknown one is kept as a string."""
    return FIELDS.get(name) or FieldInfo(name, 0, FieldType.STRING, "unknown to flowtui")


_WORDS = {"srcaddr": "srcAddr", "dstaddr": "dstAddr", "srcport": "srcPort", "dstport": "dstPort"}


def _discovered(name: str) -> str:
    """CamelCase of the AWS name (flowlogs.md 1.5); `start` and `end` gain `Time`."""
    if name in ("start", "end"):
        return f"{name}Time"
    first, *rest = (_WORDS.get(word, word) for word in name.split("-"))
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


SPELLINGS: Mapping[str, FieldInfo] = {
    spelling: info for info in FIELDS.values() for spelling in (info.discovered, info.column)
}
"""Every known field by the names that queries give it: `pkt_srcaddr`, `pktSrcAddr`."""

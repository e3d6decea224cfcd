"""Whether a word can be a value of a field, and a record one of a format. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address

from flowtui.flowlogs.fields import FIELDS, FieldInfo, FieldType
from flowtui.flowlogs.format import FlowFormat

NOTHING = "-"
"""The sign for a value that does not apply."""

_HEADER_BYTES = 20
"""The shortest packet is an IPv4 header."""
_EARLIEST, _LATEST = 1_000_000_000, 4_102_444_800
"""2001 and 2100, in seconds."""
_UNITS = {13: 1000, 16: 1_000_000}
"""How many digits a time in these years has in smaller units than seconds."""

Check = Callable[[str], object]

_ARN = r"arn:[a-z-]+:.+"
_INTERFACE_TYPE = r"[a-z][a-z_]+"
_ZONE = r"[a-z]{2,6}\d+(-[a-z]+\d*)*-[a-z]+\d+"
_SHAPES: Mapping[str, str] = {
    "version": r"[2-9]|1\d",
    "account-id": r"\d{12}|unknown",
    "interface-id": r"eni-\w[\w-]*",
    "vpc-id": r"vpc-\w+",
    "subnet-id": r"subnet-\w+",
    "instance-id": r"i-\w+",
    "region": r"[a-z]{2,5}(-[a-z]+)+-\d{1,2}",
    "az-id": _ZONE,
    "sublocation-id": r"[\w:/.-]+",
    "pkt-src-aws-service": r"[A-Z][A-Z0-9_]+",
    "pkt-dst-aws-service": r"[A-Z][A-Z0-9_]+",
    "traffic-path": r"[1-9]",
    "ecs-cluster-arn": _ARN,
    "ecs-container-instance-arn": _ARN,
    "ecs-task-definition-arn": _ARN,
    "ecs-task-arn": _ARN,
    "reject-reason": r"[A-Z][A-Z_]*",
    "resource-id": r"[a-z]+-\w+",
    "encryption-status": r"[0-3]",
    "interface-type": _INTERFACE_TYPE,
    "next-hop-interface-id": r"eni-\w[\w-]*",
    "next-hop-subnet-id": r"subnet-\w+",
    "next-hop-az-id": _ZONE,
    "next-hop-vpc-id": r"vpc-\w+",
    "next-hop-interface-type": _INTERFACE_TYPE,
    "resource-type": r"TransitGateway(Attachment)?",
    "tgw-id": r"tgw-(?!attach-)\w+",
    "tgw-attachment-id": r"tgw-attach-\w+",
    "tgw-pair-attachment-id": r"tgw-attach-\w+",
    "tgw-src-vpc-account-id": r"\d{12}",
    "tgw-dst-vpc-account-id": r"\d{12}",
    "tgw-src-vpc-id": r"vpc-\w+",
    "tgw-dst-vpc-id": r"vpc-\w+",
    "tgw-src-subnet-id": r"subnet-\w+",
    "tgw-dst-subnet-id": r"subnet-\w+",
    "tgw-src-eni": r"eni-\w+",
    "tgw-dst-eni": r"eni-\w+",
    "tgw-src-az-id": _ZONE,
    "tgw-dst-az-id": _ZONE,
}
_MOST = {"srcport": 65_535, "dstport": 65_535, "protocol": 255, "tcp-flags": 255}
_CLOSED = ("action", "log-status", "type", "flow-direction", "sublocation-type")


def is_value(info: FieldInfo, word: str) -> bool:
    """Whether `word` can be a value of the field; what flowtui does not know takes any word."""
    if word == NOTHING:
        # Whatever else is missing, the status of the logging is there.
        return info.name != "log-status"
    check = _CHECKS.get(info.name)
    return check is None or bool(check(word))


def contradiction(flow_format: FlowFormat, words: Sequence[str]) -> tuple[str, FieldInfo] | None:
    """The first word of a record that plainly is a value of another field, and the field it is at.

    A word that may be anything, such as `x`, contradicts nothing.
    """
    pairs = zip(words, flow_format.fields, strict=True)
    return next(((word, info) for word, info in pairs if _is_of_another(info, word)), None)


def _is_of_another(info: FieldInfo, word: str) -> bool:
    return not is_value(info, word) and _kind(word) not in (None, _kind_of(info))


def _kind_of(info: FieldInfo) -> str:
    """The kinds that the values of a field plainly have."""
    if info.type.is_number or info.name == "account-id":
        return FieldType.INTEGER
    return FieldType.ADDRESS if info.type is FieldType.ADDRESS else info.name


def _kind(word: str) -> str | None:
    """The plain kind of a word: a number, an address, or a value of one of the telling fields."""
    if is_whole(word):
        return FieldType.INTEGER
    if is_address(word):
        return FieldType.ADDRESS
    return next((kind for kind, check in _TELLING.items() if check(word)), None)


def fits(flow_format: FlowFormat, words: list[str]) -> bool:
    """Whether the words of a record can be one of this format."""
    if len(words) != len(flow_format.fields):
        return False
    if not all(map(is_value, flow_format.fields, words)):
        return False
    return _is_plausible(
        {info.name: word for info, word in zip(flow_format.fields, words, strict=True)}
    )


def _is_plausible(values: Mapping[str, str]) -> bool:
    """Whether the values go together: no window ends before its start, no packet is empty."""
    start, end = _whole(values.get("start")), _whole(values.get("end"))
    if start is not None and end is not None and start > end:
        return False
    packets, size = _whole(values.get("packets")), _whole(values.get("bytes"))
    if packets is not None and size is not None and size < packets * _HEADER_BYTES:
        return False
    is_silent = values.get("log-status") == "NODATA"
    return not is_silent or values.get("action", NOTHING) == NOTHING


def _whole(word: str | None) -> int | None:
    return int(word) if word is not None and is_whole(word) else None


def is_whole(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 20


def is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def is_moment(word: str) -> bool:
    """Unix seconds, or milliseconds, which were seen too (flowlogs.md 1.1), or microseconds."""
    if not is_whole(word):
        return False
    seconds = int(word) // _UNITS.get(len(word), 1)
    return _EARLIEST <= seconds <= _LATEST


def _check_of(info: FieldInfo) -> Check | None:
    if info.name in _CLOSED:
        return info.values.__contains__
    if shape := _SHAPES.get(info.name):
        return re.compile(shape, re.ASCII).fullmatch
    if most := _MOST.get(info.name):
        return lambda word: is_whole(word) and int(word) <= most
    return _BY_TYPE.get(info.type)


_BY_TYPE: Mapping[FieldType, Check] = {
    FieldType.ADDRESS: is_address,
    FieldType.SECONDS: is_moment,
    FieldType.INTEGER: is_whole,
    FieldType.BYTES: is_whole,
}
_CHECKS = {name: check for name, info in FIELDS.items() if (check := _check_of(info)) is not None}

_TELLING = {
    name: _CHECKS[name]
    for name in (
        "interface-id", "vpc-id", "subnet-id", "tgw-id", "action", "log-status", "flow-direction",
    )
}  # fmt: skip
"""Fields whose values look like no other field's."""

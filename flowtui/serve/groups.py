"""Log groups on the wire: DescribeLogGroups, ListLogGroups, and which group a parameter names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flowtui.backends.base import Catalog
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.timerange import to_ms
from flowtui.serve.parameters import Parameters
from flowtui.serve.wire import ACCOUNT, REGION, Json, invalid, not_found

CLASSES = ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS")

_PATTERN = re.compile(r"\^?[.\-_/#A-Za-z0-9]{3,24}")
_MOST_PATTERNS = 5
_OF_PATTERN = ("logGroupName", "arn", "creationTime")
"""The parts of a group that DescribeLogGroups returns for one that was found by a pattern."""


class LogGroups:
    """The groups of `catalog`, in the order of their names."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def all(self) -> list[LogGroup]:
        found = [group async for page in self._catalog.log_groups() for group in page]
        return sorted(found, key=lambda group: group.name)

    async def named(self, parameters: Parameters) -> LogGroup:
        """The group of `logGroupName` or `logGroupIdentifier`; raises `WireError`."""
        given = [n for n in ("logGroupName", "logGroupIdentifier") if n in parameters]
        if len(given) != 1:
            raise invalid("give either logGroupName or logGroupIdentifier")
        return find(parameters.text(given[0], longest=2048), await self.all())

    async def described(self, group: LogGroup) -> LogGroup:
        """The group with its format."""
        return await self._catalog.describe(group.name)

    async def describe_groups(self, parameters: Parameters) -> Json:
        """DescribeLogGroups."""
        criteria = [name for name in _CRITERIA if name in parameters]
        if len(criteria) > 1:
            raise invalid(f"{criteria[0]} and {criteria[1]} exclude each other")
        prefix = parameters.text("logGroupNamePrefix", "")
        pattern = parameters.text("logGroupNamePattern", "")
        log_class = parameters.choice("logGroupClass", CLASSES, "")
        if log_class and "logGroupIdentifiers" in parameters:
            raise invalid("logGroupIdentifiers and logGroupClass exclude each other")
        wanted = _chosen(parameters, await self.all())
        parameters.refuse_flag("includeLinkedAccounts")
        found = [
            group
            for group in wanted
            if group.name.startswith(prefix)
            and pattern in group.name
            and log_class in ("", class_of(group))
        ]
        groups, more = parameters.page(found, "limit", most=50)
        told = [_described(group) for group in groups]
        if pattern:
            told = [{name: entry[name] for name in _OF_PATTERN if name in entry} for entry in told]
        return {"logGroups": told, **more}

    async def list_groups(self, parameters: Parameters) -> Json:
        """ListLogGroups."""
        patterns = _patterns(parameters.text("logGroupNamePattern", ""))
        log_class = parameters.choice("logGroupClass", CLASSES, "")
        parameters.refuse_flag("includeLinkedAccounts")
        found = [
            group
            for group in await self.all()
            if any(_matches(group.name, pattern) for pattern in patterns)
            and log_class in ("", class_of(group))
        ]
        groups, more = parameters.page(found, "limit", most=1000, default=50)
        told = [
            {"logGroupName": g.name, "logGroupArn": arn(g), "logGroupClass": class_of(g)}
            for g in groups
        ]
        return {"logGroups": told, **more}


_CRITERIA = ("logGroupNamePrefix", "logGroupNamePattern", "logGroupIdentifiers")


def arn(group: LogGroup) -> str:
    return group.arn or f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group.name}"


def class_of(group: LogGroup) -> str:
    return group.log_class or "STANDARD"


def find(identifier: str, groups: Iterable[LogGroup]) -> LogGroup:
    """The group with this name or ARN, which may end in `:*`; raises `WireError`."""
    wanted = identifier.removesuffix(":*") if identifier.startswith("arn:") else identifier
    for group in groups:
        if wanted in (group.name, arn(group)):
            return group
    raise not_found(f"The specified log group does not exist: {identifier}")


def _chosen(parameters: Parameters, groups: list[LogGroup]) -> list[LogGroup]:
    """The groups of `logGroupIdentifiers`, else all."""
    if "logGroupIdentifiers" not in parameters:
        return groups
    wanted = parameters.texts("logGroupIdentifiers", 50)
    named = {find(identifier, groups).name for identifier in wanted}
    return [group for group in groups if group.name in named]


def _patterns(text: str) -> list[str]:
    """The alternatives of a ListLogGroups pattern; the empty one matches every name."""
    parts = text.split("|") if text else []
    if len(parts) > _MOST_PATTERNS or not all(map(_PATTERN.fullmatch, parts)):
        raise invalid(
            f"logGroupNamePattern is up to {_MOST_PATTERNS} texts of 3 to 24 letters, digits and "
            "./_-# with | between them, each after a ^ where it is a prefix"
        )
    return parts or [""]


def _matches(name: str, pattern: str) -> bool:
    if pattern.startswith("^"):
        return name.startswith(pattern[1:])
    return pattern in name


def _described(group: LogGroup) -> Json:
    entry: Json = {
        "logGroupName": group.name,
        "arn": f"{arn(group)}:*",
        "logGroupArn": arn(group),
        "logGroupClass": class_of(group),
        "storedBytes": group.stored_bytes,
        "retentionInDays": group.retention_days,
        "creationTime": None if group.created is None else to_ms(group.created),
    }
    return {name: value for name, value in entry.items() if value is not None}

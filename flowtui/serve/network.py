"""EC2 on the wire: flow logs, and what interfaces, instances, subnets and VPCs they tell of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import translate
from hashlib import sha256

from flowtui.backends.base import Catalog
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.timerange import to_ms
from flowtui.query.catalogue.limits import MAX_ROWS
from flowtui.query.printer import name_text
from flowtui.serve.groups import LogGroups, arn
from flowtui.serve.parameters import Parameters
from flowtui.serve.questions import Questions
from flowtui.serve.wire import Json, WireError, invalid

_MOST_VALUES = 200
_MOST_IDS = 1000

Filters = dict[str, list[re.Pattern[str]]]

_FLOW_LOG_FILTERS = {
    "deliver-log-status": "deliverLogsStatus",
    "log-destination-type": "logDestinationType",
    "flow-log-id": "flowLogId",
    "log-group-name": "logGroupName",
    "resource-id": "resourceId",
    "traffic-type": "trafficType",
}
_INTERFACE_FILTERS = {
    "network-interface-id": "networkInterfaceId",
    "vpc-id": "vpcId",
    "subnet-id": "subnetId",
    "owner-id": "ownerId",
    "private-ip-address": "privateIpAddress",
    "addresses.private-ip-address": "privateIpAddress",
    "ipv6-addresses.ipv6-address": "ipv6Address",
    "status": "status",
}


_INSTANCE_FILTERS = {
    "instance-id": "instanceId",
    "vpc-id": "vpcId",
    "subnet-id": "subnetId",
    "private-ip-address": "privateIpAddress",
}
_SUBNET_FILTERS = {"subnet-id": "subnetId", "vpc-id": "vpcId", "owner-id": "ownerId"}
_VPC_FILTERS = {"vpc-id": "vpcId", "owner-id": "ownerId"}


class Network:
    """Knows of the network what stands in the records of the groups, and what it is called."""

    def __init__(self, questions: Questions, log_groups: LogGroups, catalog: Catalog) -> None:
        self._questions = questions
        self._groups = log_groups
        self._catalog = catalog

    async def flow_logs(self, parameters: Parameters) -> Json:
        """DescribeFlowLogs: one for each group whose format is known."""
        ids = _ids(parameters, "FlowLogId")
        wanted = _filters(parameters, _FLOW_LOG_FILTERS)
        _refuse_dry_run(parameters)
        found = [
            await self._flow_log(group, group.format)
            for group in await self._known()
            if group.format is not None
        ]
        chosen = _chosen(found, "flowLogId", ids, "InvalidFlowLogId.NotFound")
        page, more = _page(parameters, [entry for entry in chosen if _meets(entry, wanted)])
        return {"flowLogSet": list(page), **more}

    async def interfaces(self, parameters: Parameters) -> Json:
        """DescribeNetworkInterfaces: those whose records are there."""
        ids = _ids(parameters, "NetworkInterfaceId")
        if ids and "MaxResults" in parameters:
            message = "MaxResults and NetworkInterfaceIds exclude each other"
            raise WireError("InvalidParameterCombination", message)
        wanted = _filters(parameters, _INTERFACE_FILTERS)
        _refuse_dry_run(parameters)
        every = await self._every_interface()
        chosen = _chosen(every, "networkInterfaceId", ids, "InvalidNetworkInterfaceID.NotFound")
        page, more = _page(parameters, [entry for entry in chosen if _meets(entry, wanted)])
        named = await self._named(page, "networkInterfaceId", "tagSet")
        return {"networkInterfaceSet": list(named), **more}

    async def instances(self, parameters: Parameters) -> Json:
        """DescribeInstances: those that an interface is of."""
        ids = _ids(parameters, "InstanceId")
        wanted = _filters(parameters, _INSTANCE_FILTERS)
        _refuse_dry_run(parameters)
        every = _instances(await self._every_interface())
        chosen = _chosen(every, "instanceId", ids, "InvalidInstanceID.NotFound")
        page, more = _page(parameters, [entry for entry in chosen if _meets(entry, wanted)])
        named = await self._named(page, "instanceId", "tagSet")
        return {"reservationSet": [{"instancesSet": [each]} for each in named], **more}

    async def subnets(self, parameters: Parameters) -> Json:
        return await self._places(parameters, "subnet", _SUBNET_FILTERS)

    async def vpcs(self, parameters: Parameters) -> Json:
        return await self._places(parameters, "vpc", _VPC_FILTERS)

    async def _places(self, parameters: Parameters, kind: str, known: Mapping[str, str]) -> Json:
        """DescribeSubnets and DescribeVpcs: those that an interface is in."""
        member = f"{kind}Id"
        ids = _ids(parameters, f"{kind.capitalize()}Id")
        wanted = _filters(parameters, known)
        _refuse_dry_run(parameters)
        told = ("subnetId", "vpcId", "availabilityZoneId", "ownerId")[kind == "vpc" :]
        found = {
            str(each[member]): {"state": "available"} | {n: each[n] for n in told if n in each}
            for each in await self._every_interface()
            if member in each
        }
        every: list[Json] = [found[name] for name in sorted(found)]
        code = f"Invalid{kind.capitalize()}ID.NotFound"
        chosen = _chosen(every, member, ids, code)
        page, more = _page(parameters, [entry for entry in chosen if _meets(entry, wanted)])
        return {f"{kind}Set": list(await self._named(page, member, "tagSet")), **more}

    async def _named(self, entries: Sequence[Json], member: str, tags: str) -> Sequence[Json]:
        """With the Name tag of those that are called something."""
        names = await self._catalog.names(frozenset(str(entry[member]) for entry in entries))
        return [
            {**entry, tags: [{"key": "Name", "value": name}]}
            if (name := names.get(str(entry[member])))
            else entry
            for entry in entries
        ]

    async def _every_interface(self) -> list[Json]:
        found: dict[str, Json] = {}
        for group in await self._known():
            if group.format is not None and group.format.find("interface_id"):
                found |= await self._interfaces_of(group, group.format)
        return [found[name] for name in sorted(found)]

    async def _known(self) -> list[LogGroup]:
        return [await self._groups.described(group) for group in await self._groups.all()]

    async def _flow_log(self, group: LogGroup, flow_format: FlowFormat) -> Json:
        entry: Json = {
            "flowLogId": _flow_log_id(group.name),
            "flowLogStatus": "ACTIVE",
            "deliverLogsStatus": "SUCCESS",
            "resourceId": await self._vpc_of(group, flow_format),
            "trafficType": "ALL",
            "logGroupName": group.name,
            "logDestinationType": "cloud-watch-logs",
            "logDestination": arn(group),
            "logFormat": str(flow_format),
            "maxAggregationInterval": 60,
            "creationTime": None if group.created is None else _iso(group.created),
        }
        return {name: value for name, value in entry.items() if value is not None}

    async def _vpc_of(self, group: LogGroup, flow_format: FlowFormat) -> str | None:
        """The VPC that a flow log is of; None where the records name none, or several."""
        if not flow_format.find("vpc_id"):
            return None
        rows = await self._questions.ask("stats count(*) as n by vpcId", (group.name,))
        found = {vpc for row in rows if (vpc := row.get("vpcId", "-")) != "-"}
        return found.pop() if len(found) == 1 else None

    async def _interfaces_of(self, group: LogGroup, flow_format: FlowFormat) -> dict[str, Json]:
        told = [info.discovered for n in _TOLD if (info := flow_format.find(n)) is not None]
        keys = ", ".join(map(name_text, told))
        # Of records that contradict each other, the most frequent come last, and count.
        text = f"stats count(*) as n by {keys}\n| sort n asc\n| limit {MAX_ROWS}"
        rows = await self._questions.ask(text, (group.name,))
        addresses = await self._addresses(group, flow_format)
        return {
            name: _interface(name, row, addresses.get(name))
            for row in rows
            if (name := row.get("interfaceId", "-")) != "-"
        }

    async def _addresses(self, group: LogGroup, flow_format: FlowFormat) -> dict[str, str]:
        """The address of each interface: the one that is in most of its records, at either end."""
        counts: dict[str, Counter[str]] = {}
        ends = [info.discovered for n in ("srcaddr", "dstaddr") if (info := flow_format.find(n))]
        for end in ends:
            text = f"stats count(*) as n by interfaceId, {end}\n| sort n desc\n| limit {MAX_ROWS}"
            for row in await self._questions.ask(text, (group.name,)):
                if (address := row.get(end, "-")) != "-":
                    interface = row.get("interfaceId", "-")
                    counts.setdefault(interface, Counter())[address] += int(row["n"])
        return {interface: found.most_common(1)[0][0] for interface, found in counts.items()}


def _flow_log_id(group: str) -> str:
    """The same in every run; a name that comes from a file need not be text."""
    return f"fl-{sha256(group.encode(errors='surrogatepass')).hexdigest()[:17]}"


_TOLD = ("interface_id", "vpc_id", "subnet_id", "instance_id", "account_id", "az_id")


def _interface(name: str, row: Mapping[str, str], address: str | None) -> Json:
    known = {field: value for field, value in row.items() if value != "-"}
    instance = known.get("instanceId")
    is_v6 = ":" in (address or "")
    entry: Json = {
        "networkInterfaceId": name,
        "interfaceType": "interface",
        "status": "in-use",
        "ownerId": known.get("accountId"),
        "vpcId": known.get("vpcId"),
        "subnetId": known.get("subnetId"),
        "availabilityZoneId": known.get("azId"),
        "attachment": {"instanceId": instance, "status": "attached"} if instance else None,
        "privateIpAddress": None if is_v6 else address,
        "privateIpAddressesSet": (
            [{"privateIpAddress": address, "primary": True}] if address and not is_v6 else None
        ),
        "ipv6AddressesSet": [{"ipv6Address": address}] if is_v6 else None,
    }
    return {member: value for member, value in entry.items() if value is not None}


def _instances(interfaces: Iterable[Json]) -> list[Json]:
    found: dict[str, Json] = {}
    for each in interfaces:
        attachment = each.get("attachment")
        if isinstance(attachment, dict):
            name = attachment["instanceId"]
            told = ("vpcId", "subnetId", "privateIpAddress")
            found.setdefault(name, {"instanceId": name} | {n: each[n] for n in told if n in each})
    return [found[name] for name in sorted(found)]


def _ids(parameters: Parameters, name: str) -> list[str]:
    return parameters.texts(name, _MOST_IDS) if parameters.is_filled(name) else []


def _filters(parameters: Parameters, known: Mapping[str, str]) -> Filters:
    """By the member that a filter looks at, what it must match; raises `WireError`."""
    wanted: Filters = {}
    for name, values in parameters.filters("Filter", _MOST_VALUES):
        # No entry has its tags yet where it is filtered, so none is found by them.
        member = "tagSet" if name == "tag-key" or name.startswith("tag:") else known.get(name)
        if member is None or member in wanted:
            raise invalid(f"The filter {name[:64]!r} is not known here, or given twice")
        wanted[member] = [re.compile(_wildcards(value)) for value in values]
    return wanted


def _wildcards(value: str) -> str:
    """`*` is any text and `?` any character; a backslash takes their meaning away."""
    parts = re.findall(r"\\.|.", value, re.DOTALL)
    # fnmatch writes expressions that do not backtrack for ever; it has brackets too.
    return translate("".join(part if part in ("*", "?") else _literal(part[-1]) for part in parts))


def _literal(character: str) -> str:
    return f"[{character}]" if character in "*?[" else character


def _meets(entry: Json, wanted: Filters) -> bool:
    return all(
        isinstance(value := entry.get(member), str) and any(p.fullmatch(value) for p in patterns)
        for member, patterns in wanted.items()
    )


def _chosen(found: list[Json], member: str, ids: Iterable[str], code: str) -> list[Json]:
    """The entries with these ids, else all; raises `WireError` for one that is not there."""
    by_id = {str(entry[member]): entry for entry in found}
    for wanted in ids:
        if wanted not in by_id:
            raise WireError(code, f"The ID {wanted[:128]!r} does not exist")
    return [by_id[wanted] for wanted in dict.fromkeys(ids)] or found


def _page(parameters: Parameters, found: list[Json]) -> tuple[Sequence[Json], Json]:
    return parameters.page(found, "MaxResults", "NextToken", most=1000)


def _refuse_dry_run(parameters: Parameters) -> None:
    if parameters.flag("DryRun", default=False):
        message = "Request would have succeeded, but DryRun flag is set."
        raise WireError("DryRunOperation", message, 412)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{to_ms(moment) % 1000:03}Z"

"""Where flow logs of the account are delivered in S3, as EC2 tells it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from flowtui.backends.aws.client import Clients
from flowtui.backends.aws.decode import Entry, Misshapen
from flowtui.backends.aws.errors import misshapen, ours
from flowtui.backends.s3.location import Location
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen

_TO_S3 = ({"Name": "log-destination-type", "Values": ["s3"]},)


@frozen
class Destination:
    """A place in S3, and how flow logs are written there."""

    location: Location
    format: FlowFormat | None
    """None where they differ."""
    flow_logs: tuple[str, ...]
    """Their ids."""
    is_parquet: bool = False
    is_hive: bool = False
    is_hourly: bool = False
    created: datetime | None = None
    """When the first of them was."""

    @property
    def group(self) -> LogGroup:
        return LogGroup(
            str(self.location), format=self.format, format_source=", ".join(self.flow_logs)
        )


def destinations(clients: Clients) -> tuple[Destination, ...]:
    """Each once, with the format where all its flow logs have one; raises `BackendError`.

    A flow log of another account that delivers into a bucket of ours is not told.
    """
    if not clients.knows_ec2:
        return ()
    try:
        pages = clients.get("ec2").get_paginator("describe_flow_logs").paginate(Filters=_TO_S3)
        logs = [log for page in pages for log in Entry(page).entries("FlowLogs")]
        return tuple(_places(logs))
    except Misshapen as error:
        raise misshapen(error, "DescribeFlowLogs", clients.place.of("ec2")) from error
    except Exception as error:
        # boto3 raises what its parts raise, of any kind; a repeated token is among that.
        raise ours(error, clients.place.of("ec2"), "DescribeFlowLogs") from error


def _places(logs: Iterable[Entry]) -> Iterable[Destination]:
    found: defaultdict[Location, list[Entry]] = defaultdict(list)
    for log in logs:
        with suppress(UsageError):  # one that is no bucket can't be read
            found[Location.parse(log.text("LogDestination"))].append(log)
    for location, delivering in found.items():
        formats = {_format(log) for log in delivering}
        options = [log.member("DestinationOptions") for log in delivering]
        created = [made for log in delivering if (made := log.date("CreationTime"))]
        yield Destination(
            location,
            formats.pop() if len(formats) == 1 else None,
            tuple(log.name("FlowLogId") for log in delivering),
            is_parquet=any(each.text("FileFormat") == "parquet" for each in options),
            is_hive=any(each.raw("HiveCompatiblePartitions") is True for each in options),
            is_hourly=any(each.raw("PerHourPartition") is True for each in options),
            created=min(created, default=None),
        )


def _format(log: Entry) -> FlowFormat | None:
    with suppress(UsageError):  # it is shown without one
        return FlowFormat.parse(log.text("LogFormat"))
    return None

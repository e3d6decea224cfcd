"""Where flow logs of the account are delivered in S3, as EC2 tells it: for the picker alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

from flowtui.backends.cloudwatch.client import Clients
from flowtui.backends.cloudwatch.decode import Entry, Misshapen
from flowtui.backends.cloudwatch.errors import misshapen, ours
from flowtui.backends.s3.location import Location
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import UsageError

_TO_S3 = ({"Name": "log-destination-type", "Values": ["s3"]},)


def destinations(clients: Clients) -> tuple[LogGroup, ...]:
    """Each once, with the format where all its flow logs have one; raises `BackendError`.

    A flow log of another account that delivers into a bucket of ours is not told.
    """
    if not clients.knows_ec2:
        return ()
    try:
        pages = clients.get("ec2").get_paginator("describe_flow_logs").paginate(Filters=_TO_S3)
        logs = [log for page in pages for log in Entry(page).entries("FlowLogs")]
        return tuple(_groups(logs))
    except Misshapen as error:
        raise misshapen(error, "DescribeFlowLogs", clients.place.of("ec2")) from error
    except Exception as error:
        # boto3 raises what its parts raise, of any kind; a repeated token is among that.
        raise ours(error, clients.place.of("ec2"), "DescribeFlowLogs") from error


def _groups(logs: Iterable[Entry]) -> Iterable[LogGroup]:
    found: defaultdict[Location, list[Entry]] = defaultdict(list)
    for log in logs:
        with suppress(UsageError):  # one that is no bucket can't be read
            found[Location.parse(log.text("LogDestination"))].append(log)
    for location, delivering in found.items():
        formats = {_format(log) for log in delivering}
        yield LogGroup(
            str(location),
            format=formats.pop() if len(formats) == 1 else None,
            format_source=", ".join(log.name("FlowLogId") for log in delivering),
        )


def _format(log: Entry) -> FlowFormat | None:
    with suppress(UsageError):  # it is shown without one
        return FlowFormat.parse(log.text("LogFormat"))
    return None

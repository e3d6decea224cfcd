"""The sample as flow logs are delivered to S3: a file for each five minutes, by day."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.sample.records import ACCOUNT

BUCKET = "flow-logs"
_REGION = "us-east-1"
_SLOT = 300
"""Seconds."""
_HEADER = " ".join(info.name for info in ARTICLE_FORMAT.fields)
_END = ARTICLE_FORMAT.columns.index("end")


def delivered(lines: Iterable[str], flow_log: str) -> Iterator[tuple[str, bytes]]:
    """Key and bytes of each file of a flow log: its records ended in the file's five minutes."""
    slots: defaultdict[int, list[str]] = defaultdict(list)
    for line in lines:
        slots[int(line.split(" ")[_END]) // _SLOT].append(line)
    for slot, records in slots.items():
        stamp = datetime.fromtimestamp(slot * _SLOT, UTC)
        folder = f"AWSLogs/{ACCOUNT}/vpcflowlogs/{_REGION}/{stamp:%Y/%m/%d}"
        name = f"{ACCOUNT}_vpcflowlogs_{_REGION}_{flow_log}_{stamp:%Y%m%dT%H%MZ}_sample.log.gz"
        text = "".join(f"{line}\n" for line in (_HEADER, *records))
        yield f"{folder}/{name}", gzip.compress(text.encode(), 6, mtime=0)

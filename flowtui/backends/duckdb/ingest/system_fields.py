"""The system fields that files know: whose the records are, and where they come from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flowtui.backends.duckdb.ingest.view_columns import SOURCES
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.s3_path import origin_of


def told(format_: FlowFormat, paths: Iterable[Path]) -> frozenset[str]:
    """Those that records of the format, or the paths of their files, tell."""
    origins = [origin_of(path) for path in paths]
    found = {"@source.log"}
    if "tgw_id" not in format_.columns:
        found.update(SOURCES)
    if "account_id" in format_.columns or any(origin.account for origin in origins):
        found.add("@aws.account")
    if "region" in format_.columns or any(origin.region for origin in origins):
        found.add("@aws.region")
    return frozenset(found)

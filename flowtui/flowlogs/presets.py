"""Formats that are seen in the wild (flowlogs.md, section 4)."""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.flowlogs.fields import VPC_FIELDS
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat

_VERSIONS = {3: 21, 4: 25, 5: 29, 7: 39, 8: 40, 9: 41, 10: 42, 11: 54}
"""How many fields a record has that takes all of a version (flowlogs.md 1.1)."""

_TGW = (
    "version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id "
    "tgw-dst-vpc-account-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id "
    "tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr "
    "srcport dstport protocol packets bytes start end log-status type packets-lost-no-route "
    "packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired tcp-flags region "
    "flow-direction pkt-src-aws-service pkt-dst-aws-service"
)
TGW_FORMAT = FlowFormat.parse(" ".join(f"${{{name}}}" for name in _TGW.split()))
"""The default format of a transit gateway's flow logs."""

PRESETS: Mapping[str, FlowFormat] = {
    "default, version 2": DEFAULT_FORMAT,
    "the article's 27 fields": ARTICLE_FORMAT,
    **{f"all of version {v}": FlowFormat(VPC_FIELDS[:count]) for v, count in _VERSIONS.items()},
    "all of version 5, alphabetical": FlowFormat(
        tuple(sorted(VPC_FIELDS[:29], key=lambda info: info.name))
    ),
    "transit gateway": TGW_FORMAT,
}
"""By a name for people; the console writes all fields in the order of the alphabet."""


def preset_name(flow_format: FlowFormat) -> str:
    """The common name of this format; empty where it has none."""
    return next((name for name, each in PRESETS.items() if each.fields == flow_format.fields), "")

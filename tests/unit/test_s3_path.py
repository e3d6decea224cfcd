"""What the path of a delivery to S3 says of its records."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from flowtui.flowlogs.s3_path import NOWHERE, Origin, common_origin, origin_of

NAME = "111122223333_vpcflowlogs_eu-west-1_fl-0ab_20261130T0010Z_12ab34.log.gz"
HIVE = "aws-account-id=444455556666/aws-service=vpcflowlogs/aws-region=us-gov-west-1"
DUBLIN = Origin("111122223333", "eu-west-1")
PLAIN = "AWSLogs/444455556666/vpcflowlogs/ap-southeast-3"


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        (f"/home/me/{NAME}", DUBLIN),
        (f"{PLAIN}/2026/11/30/{NAME}", DUBLIN),
        (f"b/{PLAIN}/2026/11/30/renamed.log", Origin("444455556666", "ap-southeast-3")),
        (f"{PLAIN}/x.log", Origin("444455556666", "ap-southeast-3")),
        (
            "AWSLogs/o-1a2b/444455556666/vpcflowlogs/us-east-1/x",
            Origin("444455556666", "us-east-1"),
        ),
        (f"p/AWSLogs/{HIVE}/year=2026/month=11/day=30/x", Origin("444455556666", "us-gov-west-1")),
        ("/home/me/flows.log", NOWHERE),
        ("111122223333_cloudtrail_eu-west-1_x.log", NOWHERE),
        ("AWSLogs/4444/vpcflowlogs/us-east-1/x", NOWHERE),
    ],
)
def test_the_name_of_a_file_says_it_or_its_folders_do(path: str, origin: Origin) -> None:
    assert origin_of(PurePosixPath(path)) == origin


def test_what_all_files_have_in_common() -> None:
    other = NAME.replace("eu-west-1", "eu-west-2")
    assert common_origin([PurePosixPath(NAME), PurePosixPath(other)]) == Origin("111122223333")
    assert common_origin([PurePosixPath(NAME), PurePosixPath("x.log")]) == NOWHERE

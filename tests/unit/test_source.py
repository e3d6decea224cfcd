from __future__ import annotations

from pathlib import Path

import pytest

from flowtui.model.source import (
    ANYWHERE,
    CloudWatchSource,
    DataSource,
    DemoSource,
    FileSource,
    S3Source,
)

FILES = FileSource((Path("vpc.log"), Path("other logs")), "${srcaddr}", ("hosts=h.csv",))
PROD = CloudWatchSource("prod", "eu-west-1", "http://h", "${srcaddr}")
BUCKET = S3Source(("s3://logs/edge", "s3://b"), "prod", endpoint_url="http://h", is_payer=True)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (FILES, ("flowtui", "open", "vpc.log", "other logs", "--format", "${srcaddr}")),
        (DemoSource(), ("flowtui", "demo")),
        (ANYWHERE, ("flowtui",)),
        (PROD, ("flowtui", "--profile", "prod", "--region", "eu-west-1",
                "--format", "${srcaddr}", "--endpoint-url", "http://h")),
        (BUCKET, ("flowtui", "open", "s3://logs/edge", "s3://b", "--profile", "prod",
                  "--endpoint-url", "http://h", "--request-payer", "requester")),
    ],
)  # fmt: skip
def test_the_command_that_opens_it_again(source: DataSource, words: tuple[str, ...]) -> None:
    assert source.command == words


def test_only_what_costs_has_a_window_and_no_groups_to_begin_with() -> None:
    assert (FILES.is_at_hand, FILES.since, FILES.groups) == (True, None, ("vpc.log", "other logs"))
    assert (DemoSource.is_at_hand, DemoSource.since, len(DemoSource.groups)) == (True, None, 1)
    assert (PROD.is_at_hand, PROD.since, PROD.groups) == (False, "1h", ())
    assert [each.is_listed for each in (FILES, DemoSource(), PROD, BUCKET)] == [False] * 3 + [True]
    assert (BUCKET.is_at_hand, BUCKET.since, BUCKET.groups) == (False, "1h", BUCKET.urls)


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        (FILES, ANYWHERE),
        (FILES, CloudWatchSource(format="${srcaddr}")),
        (FILES, FileSource((Path("other logs"), Path("./vpc.log")))),
        (FILES, FILES),
        (DemoSource(("hosts=h.csv",)), ANYWHERE),
        (DemoSource(("hosts=h.csv",)), DemoSource()),
        (PROD, ANYWHERE),
        (PROD, CloudWatchSource(region="eu-west-1")),
        (BUCKET, ANYWHERE),
        (BUCKET, CloudWatchSource("prod")),
        (BUCKET, S3Source(("s3://b", "s3://logs/edge"))),
    ],
)
def test_what_was_not_said_may_be_anything(source: DataSource, asked: DataSource) -> None:
    assert source.is_meant_by(asked)


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        (FILES, CloudWatchSource(format="${dstaddr}")),
        (FILES, CloudWatchSource("prod")),
        (FILES, FileSource(FILES.files, "${dstaddr}")),
        (FILES, FileSource((Path("vpc.log"),))),
        (FILES, DemoSource()),
        (DemoSource(), DemoSource(("hosts=h.csv",))),
        (DemoSource(), FILES),
        (PROD, DemoSource()),
        (PROD, CloudWatchSource("test")),
        (BUCKET, S3Source(("s3://b",))),
        (BUCKET, S3Source(BUCKET.urls, "test")),
        (BUCKET, FILES),
        (FILES, BUCKET),
    ],
)
def test_another_one_is_not_meant(source: DataSource, asked: DataSource) -> None:
    assert not source.is_meant_by(asked)

"""The statement that makes a table of flow logs in S3."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlglot

from flowtui.backends.athena.ddl import create_table
from flowtui.backends.athena.partitions import pruned
from flowtui.backends.s3.destinations import Destination
from flowtui.backends.s3.layout import Style, Tree
from flowtui.backends.s3.location import Location
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT
from flowtui.model.errors import BackendError
from flowtui.model.timerange import TimeRange
from tests.athena_tables import flow_table

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ROOT = "AWSLogs/123456789012/vpcflowlogs/"
PLACE = Destination(
    Location.parse("s3://logs"),
    DEFAULT_FORMAT,
    ("fl-0AB-12",),
    created=datetime(2026, 1, 1, tzinfo=UTC),
)
TREES = tuple(
    Tree(f"{ROOT}{region}/", Style.PLAIN, frozenset({2026}))
    for region in ("us-east-1", "eu-west-1")
)


def test_text_by_day() -> None:
    made = create_table(PLACE, TREES, NOW)
    assert made.name == "default.flow_logs_0ab_12"
    assert made.text.startswith("CREATE EXTERNAL TABLE IF NOT EXISTS `default`.`flow_logs_0ab_12`")
    assert "`version` bigint, `account_id` string, `interface_id` string" in made.text
    assert "PARTITIONED BY (`aws_region` string, `day` string)" in made.text
    assert f"LOCATION 's3://logs/{ROOT}'" in made.text
    assert "'projection.aws_region.values' = 'eu-west-1,us-east-1'" in made.text
    assert "'projection.day.range' = '2026/01/01,NOW+1DAY'" in made.text
    assert f"'storage.location.template' = 's3://logs/{ROOT}${{aws_region}}/${{day}}/'" in made.text
    assert "'skip.header.line.count' = '1'" in made.text


def test_parquet_by_hour() -> None:
    made = create_table(replace(PLACE, is_parquet=True, is_hourly=True), TREES, NOW)
    assert "STORED AS PARQUET" in made.text
    assert "skip.header" not in made.text
    assert "/${day}/${hour}/'" in made.text


@pytest.mark.parametrize("place", [PLACE, replace(PLACE, format=ARTICLE_FORMAT, is_parquet=True)])
def test_it_is_a_statement_that_parses(place: Destination) -> None:
    tree = sqlglot.parse_one(create_table(place, TREES, NOW).text, read="athena")
    assert isinstance(tree, sqlglot.exp.Create)


def test_what_it_makes_is_pruned_by_its_days() -> None:
    text = create_table(replace(PLACE, is_hourly=True), TREES, NOW).text
    properties = dict(
        line.strip(" ,)").replace("'", "").split(" = ")
        for line in text.splitlines()
        if line.startswith("  'projection")
    )
    table = flow_table(
        DEFAULT_FORMAT, "made", properties, aws_region="string", day="string", hour="string"
    )
    start = datetime(2026, 4, 1, 15, tzinfo=UTC)
    found = pruned(table, TimeRange(start, start.replace(hour=16)), NOW)
    assert "\"day\" BETWEEN '2026/04/01' AND '2026/04/01'" in found.condition
    assert "\"hour\" >= '15'" in found.condition
    assert not found.notices


@pytest.mark.parametrize(
    ("place", "trees", "sentence"),
    [
        (replace(PLACE, format=None), TREES, "several formats"),
        (replace(PLACE, is_hive=True), TREES, "Hive's folders"),
        (PLACE, (), "no folders of flow logs yet"),
    ],
)
def test_where_none_can_be_made_it_says_why(
    place: Destination, trees: tuple[Tree, ...], sentence: str
) -> None:
    with pytest.raises(BackendError, match=sentence):
        create_table(place, trees, NOW)

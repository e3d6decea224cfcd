from __future__ import annotations

from collections import Counter

import pytest

from flowtui.flowlogs.fields import FIELDS, VPC_FIELDS, FieldType, field_info
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.model.errors import UsageError


@pytest.mark.parametrize(
    ("name", "column", "discovered"),
    [
        ("srcaddr", "srcaddr", "srcAddr"),
        ("pkt-srcaddr", "pkt_srcaddr", "pktSrcAddr"),
        ("start", "start", "startTime"),
        ("end", "end", "endTime"),
        ("account-id", "account_id", "accountId"),
        ("pkt-dst-aws-service", "pkt_dst_aws_service", "pktDstAwsService"),
        ("instance-tag-2", "instance_tag_2", "instanceTag2"),
        ("az-id", "az_id", "azId"),
    ],
)
def test_the_names_of_a_field(name: str, column: str, discovered: str) -> None:
    info = FIELDS[name]
    assert (info.column, info.discovered) == (column, discovered)


def test_every_field_of_a_format_is_found_by_both_its_names() -> None:
    everything = FlowFormat(tuple(FIELDS.values()))
    for info in everything.fields:
        assert everything.find(info.column) is info
        assert everything.find(info.discovered) is info
    assert everything.find("srcaddr2") is None


@pytest.mark.parametrize("flow_format", [DEFAULT_FORMAT, ARTICLE_FORMAT], ids=["14", "27"])
def test_a_format_reads_back(flow_format: FlowFormat) -> None:
    assert FlowFormat.parse(str(flow_format)) == flow_format
    assert FlowFormat.parse(str(flow_format).replace(" ", ", ")) == flow_format
    header = " ".join(info.name for info in flow_format.fields)
    assert FlowFormat.from_header(header) == flow_format
    assert FlowFormat.from_header(" ".join(flow_format.columns)) == flow_format


def test_the_formats_have_the_fields_that_aws_says() -> None:
    assert len(ARTICLE_FORMAT.fields) == 27
    assert DEFAULT_FORMAT.columns == (
        "version", "account_id", "interface_id", "srcaddr", "dstaddr", "srcport", "dstport",
        "protocol", "packets", "bytes", "start", "end", "action", "log_status",
    )  # fmt: skip
    assert Counter(info.version for info in VPC_FIELDS) == {
        2: 14,
        3: 7,
        4: 4,
        5: 4,
        7: 10,
        8: 1,
        9: 1,
        10: 1,
        11: 12,
    }


def test_an_unknown_field_is_kept_as_text() -> None:
    info = FlowFormat.parse("${srcaddr} ${new-in-12}").fields[1]
    assert (info.column, info.discovered, info.type) == ("new_in_12", "newIn12", FieldType.STRING)
    assert not field_info("account-id").type.is_number
    assert field_info("bytes").type.is_number


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "needs at least one field"),
        ("srcaddr dstaddr", "'srcaddr' is not a field of a flow log format"),
        ("${srcaddr}${dstaddr}", "is not a field of a flow log format"),
        ("${version} ${account_id}", r"write \$\{account-id\} instead of \$\{account_id\}"),
        ("${SrcAddr}", "is not a field of a flow log format"),
        ("${srcaddr} ${srcaddr}", "names srcaddr twice"),
    ],
)
def test_a_bad_format_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        FlowFormat.parse(text)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "2 123456789012 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 1 1 1 ACCEPT OK",
        "hello world",
        "srcaddr srcaddr",
        "srcaddr 10.0.0.1",
        "srcaddr -",
    ],
)
def test_what_is_no_header(line: str) -> None:
    assert FlowFormat.from_header(line) is None

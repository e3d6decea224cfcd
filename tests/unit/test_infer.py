"""The format of records, inferred from the records."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.flowlogs.fields import FIELDS
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.flowlogs.infer import Inference, infer
from flowtui.flowlogs.presets import PRESETS, TGW_FORMAT, preset_name
from flowtui.flowlogs.validate import fits, is_value

Draw = Callable[[random.Random], str]


def _hex(prefix: str) -> Draw:
    return lambda r: f"{prefix}{r.getrandbits(68):017x}"


def _one_of(*words: str) -> Draw:
    return lambda r: r.choice(words)


def _zone(r: random.Random) -> str:
    return r.choice(["use1-az4", "euw1-az1", "usw2-lax1-az1", "apse2-az3"])


def _address(r: random.Random) -> str:
    number = r.randrange(1, 255)
    return r.choice([f"10.0.{number}.7", f"203.0.113.{number}", f"2001:db8::{number:x}"])


_DRAWS: dict[str, Draw] = {
    "account-id": _one_of("123456789012", "012345678901", "unknown"),
    "interface-id": _hex("eni-"),
    "srcaddr": _address,
    "dstaddr": _address,
    "pkt-srcaddr": _address,
    "pkt-dstaddr": _address,
    "srcport": lambda r: str(r.choice([0, 22, 443, 49152, 65535])),
    "dstport": lambda r: str(r.choice([0, 22, 443, 49152, 65535])),
    "protocol": _one_of("1", "6", "17", "58"),
    "type": _one_of("IPv4", "IPv6"),
    "tcp-flags": _one_of("0", "2", "3", "18", "19"),
    "region": _one_of("us-east-1", "eu-west-3", "us-gov-west-1"),
    "sublocation-type": _one_of("-", "wavelength"),
    "sublocation-id": _one_of("-", "lgw-1"),
    "flow-direction": _one_of("ingress", "egress"),
    "traffic-path": _one_of("-", "1", "8"),
    "resource-type": _one_of("TransitGateway", "TransitGatewayAttachment"),
    "tgw-id": _hex("tgw-"),
    "tgw-attachment-id": _hex("tgw-attach-"),
    "tgw-pair-attachment-id": _hex("tgw-attach-"),
    "tgw-src-vpc-account-id": _one_of("123456789012"),
    "tgw-dst-vpc-account-id": _one_of("210987654321"),
    "encryption-status": _one_of("0", "1", "-"),
    "reject-reason": _one_of("-", "BPA"),
    "resource-id": _one_of("-", "nat-0a1"),
    "interface-type": _one_of("nat_gateway", "-"),
    "next-hop-interface-type": _one_of("vpc_endpoint", "-"),
    "ecs-cluster-arn": _one_of("-", "arn:aws:ecs:eu-west-1:123456789012:cluster/c"),
    "ecs-task-arn": _one_of("-"),
    "ecs-task-definition-arn": _one_of("-"),
    "ecs-container-instance-arn": _one_of("-"),
}
_BY_END: dict[str, Draw] = {
    "vpc-id": _hex("vpc-"), "subnet-id": _hex("subnet-"), "instance-id": _hex("i-"),
    "az-id": _zone, "eni": _hex("eni-"), "interface-id": _hex("eni-"),
    "service": _one_of("-", "S3", "AMAZON"),
}  # fmt: skip
_FILLED_WITHOUT_FLOW = (
    "version", "account-id", "interface-id", "vpc-id", "subnet-id", "instance-id", "region",
    "az-id", "start", "end", "log-status", "resource-type",
)  # fmt: skip


def record(flow_format: FlowFormat, r: random.Random, *, is_silent: bool = False) -> str:
    """A record of the format; silent ones are those of windows without traffic."""
    packets, start = r.randrange(1, 500), 1_700_000_000 + r.randrange(10_000)
    values = {
        "version": str(max(info.version for info in flow_format.fields)),
        "packets": str(packets),
        "bytes": str(packets * r.randrange(40, 1400)),
        "start": str(start),
        "end": str(start + r.randrange(60)),
        "action": r.choice(["ACCEPT", "REJECT"]),
        "log-status": "NODATA" if is_silent else "OK",
    }
    for info in flow_format.fields:
        ending = next((draw for end, draw in _BY_END.items() if info.name.endswith(end)), None)
        draw = _DRAWS.get(info.name) or ending or _one_of("0", "7")
        values.setdefault(info.name, draw(r))
        if is_silent and info.name not in _FILLED_WITHOUT_FLOW and "tgw" not in info.name:
            values[info.name] = "-"
    return " ".join(values[info.name] for info in flow_format.fields)


def records(flow_format: FlowFormat, seed: int, count: int, *, silent: int = 0) -> list[str]:
    r = random.Random(seed)  # noqa: S311  (it is to be repeatable)
    return [record(flow_format, r, is_silent=at < silent) for at in range(count)]


PRESET = st.sampled_from(sorted(PRESETS))
SEEDS = st.integers(0, 2**32)


@given(PRESET, SEEDS, st.integers(1, 30), st.integers(0, 30))
def test_records_of_a_preset_are_inferred_right_or_not_for_certain(
    name: str, seed: int, count: int, silent: int
) -> None:
    flow_format = PRESETS[name]
    found = infer(records(flow_format, seed, count, silent=silent))
    assert flow_format in found.formats
    assert found.is_certain == (len(found.formats) == 1)


@given(PRESET, SEEDS)
def test_records_with_traffic_are_inferred_for_certain(name: str, seed: int) -> None:
    found = infer(records(PRESETS[name], seed, 20, silent=5))
    assert found == Inference((PRESETS[name],), is_certain=True, records=20)


@given(SEEDS, st.integers(4, len(ARTICLE_FORMAT.fields)), st.randoms(use_true_random=False))
def test_an_order_that_no_preset_has_is_never_certain(
    seed: int, width: int, shuffler: random.Random
) -> None:
    fields = list(PRESETS["all of version 5"].fields)
    shuffler.shuffle(fields)
    flow_format = FlowFormat(tuple(fields[:width]))
    found = infer(records(flow_format, seed, 10))
    assert not found.is_certain or flow_format in found.formats
    for guess in found.formats:
        assert len(guess.fields) == width


@given(st.lists(st.text(max_size=60), max_size=20))
def test_any_text_is_read_without_an_error(messages: list[str]) -> None:
    assert isinstance(infer(messages), Inference)


@pytest.mark.parametrize("messages", [[], ["", " "], ["GET /index.html 200"], ['{"a": 1}'] * 9])
def test_what_is_no_flow_log_has_no_format(messages: list[str]) -> None:
    assert infer(messages).formats == ()


def test_two_known_formats_that_fit_are_not_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    one = FlowFormat.parse("${srcaddr} ${dstaddr} ${log-status}")
    other = FlowFormat.parse("${dstaddr} ${srcaddr} ${log-status}")
    monkeypatch.setattr("flowtui.flowlogs.infer.PRESETS", {"one": one, "other": other})
    assert infer(["10.0.0.1 10.0.0.2 OK"]) == Inference((one, other), records=1)


def test_most_records_decide_and_the_others_are_told() -> None:
    mixed = records(DEFAULT_FORMAT, 1, 12) + records(ARTICLE_FORMAT, 2, 5)
    found = infer(mixed)
    assert found.formats == (DEFAULT_FORMAT,)
    assert found.other_widths == (27,)
    assert found.records == 12


def test_one_broken_record_of_many_does_not_matter() -> None:
    broken = " ".join(["x"] * 14)
    assert infer([broken, *records(DEFAULT_FORMAT, 1, 19)]).is_certain
    assert not infer([broken, *records(DEFAULT_FORMAT, 1, 3)]).is_certain


def test_a_custom_order_is_guessed_for_the_user_to_confirm() -> None:
    flow_format = FlowFormat.parse(
        "${vpc-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
        "${bytes} ${packets} ${end} ${start} ${action} ${flow-direction} ${log-status}"
    )
    found = infer(records(flow_format, 3, 40))
    assert not found.is_certain
    assert found.formats == (flow_format,)


def test_the_address_of_the_packet_is_that_of_the_flow_mostly() -> None:
    lines = [
        f"10.0.0.{n} 10.0.9.{n} 10.0.9.{n} 10.0.0.{n if n % 3 else 99} OK" for n in range(1, 30)
    ]
    assert infer(lines).formats[0].columns == (
        "srcaddr", "dstaddr", "pkt_dstaddr", "pkt_srcaddr", "log_status",
    )  # fmt: skip


def test_a_column_without_evidence_gets_a_name_of_its_own() -> None:
    lines = [f"10.0.0.{n} - OK" for n in range(1, 30)]
    assert infer(lines).formats[0].columns == ("srcaddr", "field_2", "log_status")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("srcport", "65535", "65536"),
        ("srcaddr", "2001:db8::1", "10.0.0"),
        ("account-id", "012345678901", "12345678901"),
        ("start", "1700000000", "17"),
        ("action", "REJECT", "DROP"),
        ("az-id", "usw2-lax1-az1", "us-west-2"),
        ("region", "us-gov-west-1", "use1-az4"),
        ("tgw-id", "tgw-0a1", "tgw-attach-0a1"),
        ("log-status", "SKIPDATA", "-"),
        ("bytes", "0", "٣"),
        ("protocol", "6", "256"),
    ],
)
def test_each_field_knows_its_values(name: str, good: str, bad: str) -> None:
    assert is_value(FIELDS[name], good)
    assert not is_value(FIELDS[name], bad)


@pytest.mark.parametrize("swap", [("start", "end"), ("packets", "bytes")])
def test_values_must_go_together(swap: tuple[str, str]) -> None:
    line = (
        "2 123456789012 eni-0a1 10.0.0.1 10.0.0.2 443 49152 6 10 840 1700000000 1700000060 "
        "ACCEPT OK"
    )
    words = line.split()
    assert fits(DEFAULT_FORMAT, words)
    one, other = (DEFAULT_FORMAT.columns.index(name) for name in swap)
    words[one], words[other] = words[other], words[one]
    assert not fits(DEFAULT_FORMAT, words)


def test_the_presets_have_the_numbers_of_fields_that_aws_names() -> None:
    widths = [len(each.fields) for each in PRESETS.values()]
    assert widths == [14, 27, 21, 25, 29, 39, 40, 41, 42, 54, 29, 36]
    assert preset_name(TGW_FORMAT) == "transit gateway"
    assert preset_name(FlowFormat.parse("${srcaddr}")) == ""

"""Conversations: what is said of each, and how they are asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flowtui.cli.commands import cli
from flowtui.engine.conversations import conversations_of
from flowtui.engine.fold import Answer
from flowtui.engine.folds import fold_of
from flowtui.engine.overviews import subjects
from flowtui.engine.pivot import ShownQuestion, Spot, derive
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT
from flowtui.model.errors import BackendError, DrillError, QueryError
from flowtui.model.run import Query, ResultSet
from flowtui.model.timerange import TimeRange, from_ms
from flowtui.query.check import Severity, check

ALL = Query("", None, ("flows",))
WINDOW = TimeRange(from_ms(0), from_ms(3_600_000))
CLIENT, SERVER, NAT, PEER = "10.0.1.5", "10.0.2.9", "10.0.0.20", "203.0.113.7"


def record(  # noqa: PLR0913  (a record has many fields)
    eni: str, flow: str, *, direction: str, figures: str = "4 400", action: str = "ACCEPT",
    flags: int = 0, times: str = "1000 1030", packet: str = "",
) -> str:  # fmt: skip
    """A record; `flow` is `source:port target:port`, `packet` the addresses in the packet."""
    (source, source_port), (target, target_port) = (end.split(":") for end in flow.split(" "))
    packet_source, packet_target = packet.split(" ") if packet else (source, target)
    return (
        f"123456789012 vpc-1 subnet-1 {eni} i-1 {source} {source_port} {target} {target_port} 6"
        f" {figures} {action} OK {times} {direction} - {flags} {packet_source} - {packet_target} -"
        " eu-west-1 euw1-az1 - -"
    )


def asked(
    folder: Path, capsys: pytest.CaptureFixture[str], lines: list[str], *words: str
) -> list[dict[str, str]]:
    file = folder / "flows.log"
    header = " ".join(info.name for info in ARTICLE_FORMAT.fields)
    file.write_text("\n".join([header, *lines, ""]))
    words = ("conversations", *words, "--file", str(file), "--output", "json")
    cli.main(list(words), standalone_mode=False)
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)
    return found


def test_a_conversation_that_both_ends_have_recorded_counts_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, back = f"{CLIENT}:40000 {SERVER}:5432", f"{SERVER}:5432 {CLIENT}:40000"
    (found,) = asked(
        tmp_path, capsys,
        [
            record("eni-client", there, direction="egress", flags=2),
            record("eni-server", there, direction="ingress", flags=2),
            record("eni-server", back, direction="egress", flags=19, figures="9 9000"),
            record("eni-client", back, direction="ingress", flags=19, figures="8 8000"),
        ],
    )  # fmt: skip
    assert found == {
        "client": CLIENT, "client_port": "40000", "server": SERVER, "server_port": "5432",
        "protocol": "6", "state": "closed", "marks": "", "bytes_sent": "400",
        "bytes_received": "9000", "packets_sent": "4", "packets_received": "9", "start": "1000",
        "end": "1030", "seconds": "30", "action_sent": "ACCEPT", "action_received": "ACCEPT",
        "opened_by": "SYN", "counted_at": "eni-client / eni-server", "recorded_by": "2",
    }  # fmt: skip


def test_the_largest_is_the_one_whose_counted_records_have_most(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small, large = f"{CLIENT}:40000 {SERVER}:5432", f"{CLIENT}:40001 {SERVER}:5432"
    (found,) = asked(
        tmp_path, capsys,
        [
            record("eni-client", small, direction="egress", figures="9 100"),
            record("eni-server", small, direction="ingress", figures="1 9000"),
            record("eni-client", large, direction="egress", figures="4 200"),
        ],
        "--limit", "1",
    )  # fmt: skip
    assert (found["client_port"], found["bytes_sent"]) == ("40001", "200")


def test_a_flow_through_a_nat_gateway_counts_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inside, gateway = f"{CLIENT}:40000 {NAT}:443", f"{CLIENT} {PEER}"
    found = asked(
        tmp_path, capsys,
        [
            record("eni-client", f"{CLIENT}:40000 {PEER}:443", direction="egress", flags=2),
            record("eni-nat", inside, direction="ingress", flags=2, packet=gateway),
            record("eni-nat", f"{NAT}:1717 {PEER}:443", direction="egress", flags=2),
        ],
        f'filter dstaddr = "{PEER}"',
    )  # fmt: skip
    assert [(each["client"], each["server"], each["bytes_sent"]) for each in found] == [
        (CLIENT, PEER, "400")
    ]


def test_a_filter_on_one_way_takes_the_replies_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        record("eni-1", f"{CLIENT}:40000 {SERVER}:22", direction="ingress"),
        record("eni-1", f"{SERVER}:22 {CLIENT}:40000", direction="egress", action="REJECT"),
        record("eni-1", f"{CLIENT}:40000 {SERVER}:80", direction="ingress"),
    ]
    (found,) = asked(tmp_path, capsys, lines, "filter dstport = 22")
    assert (found["marks"], found["state"]) == ("reply rejected, one side not logged", "attempt")
    assert found["opened_by"] == "action"


@pytest.mark.parametrize("flow_format", [ARTICLE_FORMAT, DEFAULT_FORMAT])
def test_its_text_is_a_query_that_nothing_is_wrong_with(flow_format: object) -> None:
    given = ARTICLE_FORMAT if flow_format is ARTICLE_FORMAT else DEFAULT_FORMAT
    text = conversations_of(replace(ALL, body='filter srcaddr = "10.0.0.1" | limit 5'), given)
    assert [each for each in check(text, given) if each.severity is Severity.ERROR] == []
    assert fold_of(text) is not None


def test_a_format_without_addresses_has_no_conversations() -> None:
    with pytest.raises(DrillError, match="nobody knows who talks to whom"):
        conversations_of(ALL, replace(ARTICLE_FORMAT, fields=ARTICLE_FORMAT.fields[:5]))


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(QueryError, match="#! talk is no question that flowtui knows"):
        fold_of("#! talk\nfilter 1 = 1")


def test_rows_that_a_limit_has_cut_are_not_folded() -> None:
    text = conversations_of(ALL, ARTICLE_FORMAT)
    fold = fold_of(text)
    assert fold is not None
    (part,) = fold.parts(replace(ALL, body=text), WINDOW)
    with pytest.raises(BackendError, match=r"more than 1 rows, .* address.*this scan is paid"):
        fold.fold([Answer(part, ResultSet(("srcaddr",), (("a",),)), is_cut=True)])


@pytest.mark.parametrize(
    ("column", "value", "subject"),
    [
        ("pkt_srcaddr", "10.0.0.1", ("address", "10.0.0.1")),
        ("client", "2001:db8::1", ("address", "2001:db8::1")),
        ("who", "203.0.113.9", ("address", "203.0.113.9")),
        ("interface_id", "eni-0ab1", ("interface", "eni-0ab1")),
        ("what", "i-0ab1", ("instance", "i-0ab1")),
        ("srcaddr", "-", None),
        ("dstport", "443", None),
        ("state", "closed", None),
    ],
)
def test_there_is_a_page_of_addresses_interfaces_and_instances(
    column: str, value: str, subject: tuple[str, str] | None
) -> None:
    assert list(subjects({column: value})) == ([] if subject is None else [subject])


def test_a_page_is_asked_from_any_rows_over_the_whole_window() -> None:
    body = conversations_of(replace(ALL, body="filter dstport = 22"), ARTICLE_FORMAT)
    on = ShownQuestion(replace(ALL, body=body, time=WINDOW), WINDOW, ARTICLE_FORMAT)
    target = derive("about", on, Spot({"client": CLIENT}, "client", CLIENT))
    assert target.query.body.startswith(f"#! about address {CLIENT}\nfilter log_status")
    assert "dstport = 22" not in target.query.body
    assert (target.window, target.query.time) == (WINDOW, WINDOW)

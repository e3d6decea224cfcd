"""The playbook's questions, put to the local engine: they find what was planted where it was.

`test_sample` finds the same stories in plain Python. What the sample has no field or no traffic
for is planted in a few records of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from flowtui.backends.duckdb.database import open_database
from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.load import load
from flowtui.backends.duckdb.macros import install
from flowtui.backends.duckdb.progress import Loading
from flowtui.flowlogs.format import ARTICLE_FORMAT, FlowFormat
from flowtui.flowlogs.playbook import PLAYBOOK
from flowtui.model.timerange import TimeRange
from flowtui.sample import incident, incident_lines, network
from flowtui.sql.scope import Table
from tests.article import PARSE
from tests.incidents.asking import asking, rows_of
from tests.unit.test_sample import NOW, flows, size, where

pytestmark = pytest.mark.slow

Rows = list[dict[str, str]]
"""Each row by its columns, without what it lacks."""
Ask = Callable[[str], Rows]

_GIVEN = {"14": incident.SCANNER.address, "37": incident.DROP.address, "40": network.BASTION.eni}
"""What the questions leave open."""
PLAYS = {play.number: play for play in PLAYBOOK if play.number}
_BASTION, _NAT = network.BASTION.address, network.NAT.address
_SCANNER, _ATTACKER = incident.SCANNER.address, incident.ATTACKER.address
_COMPROMISED, _DROP = incident.COMPROMISED, incident.DROP.address
_DATABASE = network.DATABASE
_PARTNER, _COMMAND = incident.PARTNER.address, incident.COMMAND.address


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    folder = tmp_path_factory.mktemp("incident")
    path = folder / "incident.log"
    path.write_text("\n".join(incident_lines(NOW)) + "\n")
    with open_database(folder) as connection:
        install(connection)
        source = find_source(path, ARTICLE_FORMAT)
        loaded = load(connection, source, "g", progress=Loading(), cancelled=threading.Event())
        table = Table('"g"', loaded.format, "g", has_misfits=bool(loaded.misfits))

        @cache
        def answer(number: str) -> Rows:
            play = PLAYS[number]
            question = play.filled(_GIVEN.get(number, " ".join(play.offered({}, ""))))
            window = TimeRange(NOW - timedelta(hours=7), NOW)
            compiled = compile_query(f"{PARSE} | {question}", [table], window, None, NOW)
            found = fetch(connection, compiled)
            return [found.record(index) for index in range(len(found.rows))]

        yield answer


def columns(rows: Rows, names: str) -> list[tuple[str | None, ...]]:
    return [tuple(row.get(name) for name in names.split()) for row in rows]


WITHOUT_ANSWER = {
    "22": "no odd protocol is planted",
    "31": "nor is a peering",
    "41": "the format lacks reject_reason, and what is missing is in no list",
    "42": "it lacks encryption_status, and what is missing equals nothing",
}


@pytest.mark.parametrize("number", PLAYS)
def test_every_question_is_answered(ask: Ask, number: str) -> None:
    assert bool(ask(number)) == (number not in WITHOUT_ANSWER)


_TOPS: list[tuple[str, str, list[tuple[str | None, ...]]]] = [
    # records that were lost, by interface: NODATA and SKIPDATA
    ("1b", "interface_id skipped", [(network.NAT.eni, "4")]),
    ("33", "interface_id records status", [(network.IDLE.eni, "360", "NODATA")]),
    # port scan
    ("12", "srcaddr dstaddr", [(_SCANNER, _BASTION)] * 2),
    ("14", "action dstaddr dstport", [("ACCEPT", _BASTION, "22")]),
    # brute force, and the session that it won
    ("10", "pkt_srcaddr dstaddr dstport", [(_ATTACKER, _BASTION, "22")]),
    ("11", "srcaddr dstaddr dstport", [(_ATTACKER, _BASTION, "22")] * 5),
    ("9", "srcaddr dstaddr tcp_flags", [(_ATTACKER, _BASTION, "4")]),
    # sweep and lateral movement
    ("8", "srcaddr", [(_BASTION,)] * 28),
    ("13", "srcaddr dstport", [(_BASTION, "22")] * 2),
    ("15", "srcaddr dstport", [(_BASTION, "22")]),
    ("16", "srcaddr resets", [(_BASTION, "2")]),
    ("23", "instance_id dstport action", [(network.BASTION.instance, "22", "ACCEPT")]),
    # beacon
    ("19", "pkt_srcaddr pkt_dstaddr dstport minutes", [
        (_NAT, _COMMAND, "4443", str(len(incident.BEACON))),
        (_COMPROMISED.address, _COMMAND, "4443", str(len(incident.BEACON))),
    ]),
    ("20", "instance_id pkt_dstaddr dstport", [
        ("-", _COMMAND, "4443"), (_COMPROMISED.instance, _COMMAND, "4443"),
    ]),
    ("21", "instance_id pkt_dstaddr", [
        ("-", network.RESOLVER.address), (_COMPROMISED.instance, network.RESOLVER.address),
    ]),
    # what was read from the database, and left
    ("3", "pkt_srcaddr pkt_dstaddr", [
        (_DATABASE.address, _COMPROMISED.address), (_NAT, _DROP), (_COMPROMISED.address, _DROP),
        (_DATABASE.address, network.S3.address),
    ]),
    ("4", "instance_id flow_direction", [
        (_DATABASE.instance, "egress"), (_COMPROMISED.instance, "ingress"),
        ("-", "ingress"), ("-", "egress"),
    ]),
    ("5", "interface_id flow_direction", [(_DATABASE.eni, "egress")] * 3),
    ("17", "instance_id pkt_dstaddr pkt_dst_aws_service", [
        ("-", _DROP, "-"), (_COMPROMISED.instance, _DROP, "-"),
        (_DATABASE.instance, network.S3.address, "S3"),
    ]),
    ("18", "interface_id", [(network.NAT.eni,), (_COMPROMISED.eni,)]),
    ("26a", "srcaddr pkt_dstaddr", [(_COMPROMISED.address, _DROP)]),
    ("34", "srcaddr dstaddr dstport", [
        (_DATABASE.address, _COMPROMISED.address, str(incident.STAGING_PORT)),
    ]),
    # services, by way of the gateway and past it
    ("27", "pkt_dst_aws_service", [("S3",)] * 2),
    ("28", "pkt_dst_aws_service instance_id", [("S3", _DATABASE.instance)]),
    ("29", "traffic_path", [("1",), ("8",), ("7",)]),
    # both zones
    ("30", "srcaddr dstaddr zones", [
        (_DATABASE.address, _COMPROMISED.address, "2"),
        (_DATABASE.address, network.REPLICA.address, "2"),
    ]),
    # a network ACL that forgets the way back
    ("25", "srcaddr srcport dstaddr rejects", [
        (network.REPORTS.address, "443", _PARTNER, str(2 * len(incident.ACL_MISTAKE))),
    ]),
    ("7", "srcaddr ports", [
        (network.REPORTS.address, "484"), (_SCANNER, str(len(incident.SCANNED_PORTS) - 1)),
        (_ATTACKER, "1"),
    ]),
    # who listens, to IPv6 as well
    ("24", "srcaddr srcport clients", [
        (network.BALANCERS[0].address, "443", "60"), (network.BALANCERS[1].address, "443", "60"),
        (network.BALANCER_IPV6.address, "443", "12"), (_BASTION, "22", "3"),
    ]),
    # what everybody gets
    ("6", "dstport protocol", [("23", "6"), ("445", "6"), ("3389", "6")]),
]  # fmt: skip


@pytest.mark.parametrize(("number", "names", "top"), _TOPS, ids=[number for number, *_ in _TOPS])
def test_the_story_comes_out_on_top(
    ask: Ask, number: str, names: str, top: list[tuple[str | None, ...]]
) -> None:
    assert columns(ask(number), names)[: len(top)] == top


@pytest.mark.parametrize("number", ["8", "11", "12", "13", "17", "18", "19", "20", "21", "25"])
def test_and_nothing_else_does(ask: Ask, number: str) -> None:
    (top,) = (top for known, _, top in _TOPS if known == number)
    assert len(ask(number)) == len(top)


def test_each_status_is_counted(ask: Ask) -> None:
    counts = dict.fromkeys(("OK", "NODATA", "SKIPDATA"), 0)
    for status, count in columns(ask("1a"), "log_status records"):
        counts[status or ""] += int(count or 0)
    lost = sum(len(minutes) for _, minutes in incident.LOST)
    assert counts == {"OK": len(flows()), "NODATA": 360, "SKIPDATA": lost}
    interfaces = {interface.eni for interface, _ in incident.LOST}
    assert {row["interface_id"] for row in ask("1b")} == interfaces


def test_what_was_sent_out_is_all_there(ask: Ask) -> None:
    sent = where(flows(), pkt_dstaddr=_DROP, instance_id=_COMPROMISED.instance)
    row = ask("17")[1]
    assert (int(row["bytes_sent"]), int(row["flows"])) == (size(sent), len(sent))
    assert {row["pkt_dstaddr"] for row in ask("39")} >= {_DROP}


def test_the_intruders_sessions_are_among_the_long_ones(ask: Ask) -> None:
    sessions = set(columns(ask("32"), "srcaddr srcport dstaddr dstport"))
    intrusion = (_ATTACKER, str(incident.INTRUSION_PORT), _BASTION, "22")
    hop = (_BASTION, str(incident.HOP_PORT), _COMPROMISED.address, "22")
    assert {intrusion, hop} <= sessions


def test_an_address_is_followed_at_every_interface_that_saw_it(ask: Ask) -> None:
    seen = {row["interface_id"] for row in ask("37")}
    assert seen == {_COMPROMISED.eni, network.NAT.eni}
    first = {int(row["first"]) for row in ask("37")}
    assert min(first) == min(int(r.start) for r in where(flows(), pkt_dstaddr=_DROP))


def test_downloads_come_back_through_the_gateway(ask: Ask) -> None:
    assert (_COMPROMISED.address, _DROP) in columns(ask("26b"), "dstaddr pkt_srcaddr")


def test_other_families_and_protocols(ask: Ask) -> None:
    assert all(":" in row["srcaddr"] for row in ask("36"))
    assert len(ask("36")) == 2 * len(network.CUSTOMERS_IPV6)
    assert any(":" in row["srcaddr"] for row in ask("35"))


def test_one_row_for_each_conversation(ask: Ask) -> None:
    conversations = columns(ask("38"), "srcaddr dstaddr dstport protocol")
    assert len(set(conversations)) == len(conversations) == 50


def test_the_port_that_is_used_comes_last(ask: Ask) -> None:
    assert columns(ask("40"), "dstport protocol")[-1] == ("22", "6")


def test_the_lag_is_that_of_the_file(ask: Ask) -> None:
    assert all(float(row["worst_s"]) >= float(row["lag_s"]) for row in ask("2"))


def test_what_the_format_lacks_is_missing(ask: Ask) -> None:
    """3.1: `!=` keeps the rows that lack the field; sums of nothing are missing (3.2)."""
    directions = columns(ask("43"), "ecs_cluster_name ecs_service_name flow_direction")
    assert set(directions) == {(None, None, way) for way in ("-", "egress", "ingress")}
    assert set(columns(ask("44"), "tgw_attachment_id no_route blackhole mtu ttl")) == {(None,) * 5}


# What the sample lacks, each in records of its own


async def rows_behind(tmp_path: Path, number: str, names: str, *records: str) -> Rows:
    flow_format = FlowFormat.parse(" ".join(f"${{{name}}}" for name in names.split()))
    play = PLAYS[number]
    async with asking(tmp_path, records, flow_format) as asker:
        return rows_of(await asker.run(play.filled(" ".join(play.offered({}, "")))))


async def test_odd_protocols(tmp_path: Path) -> None:
    names = "srcaddr dstaddr protocol bytes start end log-status"
    found = await rows_behind(
        tmp_path, "22", names,
        "10.0.0.1 10.0.0.2 47 900 1648800000 1648800060 OK",
        "10.0.0.1 10.0.0.2 6 400 1648800000 1648800060 OK",
        "10.0.0.1 10.0.0.3 50 100 1648800000 1648800060 OK",
    )  # fmt: skip
    assert columns(found, "protocol dstaddr bytes_seen") == [
        ("47", "10.0.0.2", "900"), ("50", "10.0.0.3", "100"),
    ]  # fmt: skip


async def test_peering_and_vpn(tmp_path: Path) -> None:
    names = "srcaddr dstaddr traffic-path bytes start end log-status"
    found = await rows_behind(
        tmp_path, "31", names,
        "10.0.0.1 10.9.0.2 4 900 1648800000 1648800060 OK",
        "10.0.0.1 10.9.0.2 4 100 1648800000 1648800060 OK",
        "10.0.0.1 10.0.0.2 1 700 1648800000 1648800060 OK",
        "10.0.0.1 192.168.0.2 3 10 1648800000 1648800060 OK",
    )  # fmt: skip
    assert columns(found, "traffic_path dstaddr bytes_sent") == [
        ("4", "10.9.0.2", "1000"), ("3", "192.168.0.2", "10"),
    ]  # fmt: skip


async def test_what_block_public_access_and_encryption_refuse(tmp_path: Path) -> None:
    names = "srcaddr dstaddr dstport action reject-reason start end log-status"
    found = await rows_behind(
        tmp_path, "41", names,
        "8.8.8.8 10.0.0.2 443 REJECT BPA 1648800000 1648800060 OK",
        "8.8.8.8 10.0.0.2 443 REJECT BPA 1648800060 1648800120 OK",
        "10.0.0.1 10.0.0.2 80 REJECT EC 1648800000 1648800060 OK",
        "10.0.0.1 10.0.0.2 80 REJECT - 1648800000 1648800060 OK",
    )  # fmt: skip
    assert columns(found, "reject_reason rejects") == [("BPA", "2"), ("EC", "1")]


async def test_clear_text_inside(tmp_path: Path) -> None:
    names = "srcaddr dstaddr dstport encryption-status traffic-path bytes start end log-status"
    found = await rows_behind(
        tmp_path, "42", names,
        "10.0.0.1 10.0.0.2 80 0 1 900 1648800000 1648800060 OK",
        "10.0.0.1 10.0.0.2 443 1 1 700 1648800000 1648800060 OK",
        "10.0.0.1 8.8.8.8 80 0 8 500 1648800000 1648800060 OK",
    )  # fmt: skip
    assert columns(found, "dstport bytes_seen") == [("80", "900")]


async def test_ecs_services(tmp_path: Path) -> None:
    names = "ecs-cluster-name ecs-service-name flow-direction bytes start end log-status"
    found = await rows_behind(
        tmp_path, "43", names,
        "blue web egress 900 1648800000 1648800060 OK",
        "blue web egress 100 1648800060 1648800120 OK",
        "- - egress 700 1648800000 1648800060 OK",
    )  # fmt: skip
    assert columns(found, "ecs_service_name bytes_seen") == [("web", "1000")]


async def test_what_a_transit_gateway_lost(tmp_path: Path) -> None:
    names = (
        "tgw-attachment-id dstaddr packets-lost-no-route packets-lost-blackhole"
        " packets-lost-mtu-exceeded packets-lost-ttl-expired start end log-status"
    )
    found = await rows_behind(
        tmp_path, "44", names,
        "tgw-attach-1 10.0.0.1 3 0 9 0 1648800000 1648800060 OK",
        "tgw-attach-1 10.0.0.1 1 0 0 2 1648800060 1648800120 OK",
    )  # fmt: skip
    assert columns(found, "no_route blackhole mtu ttl") == [("4", "0", "9", "2")]


async def test_a_byte_that_two_interfaces_saw_counts_once(tmp_path: Path) -> None:
    names = (
        "interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr flow-direction bytes packets"
        " start end log-status"
    )
    client, nat, site = "10.0.0.5", "10.0.1.9", "8.8.8.8"
    found = await rows_behind(
        tmp_path, "3", names,
        f"eni-1 {client} {site} {client} {site} egress 900 9 1648800000 1648800060 OK",
        f"eni-nat {client} {nat} {client} {site} ingress 900 9 1648800000 1648800060 OK",
        f"eni-nat {nat} {site} {nat} {site} egress 900 9 1648800000 1648800060 OK",
    )  # fmt: skip
    assert columns(found, "pkt_srcaddr pkt_dstaddr bytes_sent") == [
        (client, site, "900"), (nat, site, "900"),
    ]  # fmt: skip

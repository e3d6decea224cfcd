"""The bundled sample: the article's tables to the digit, and every planted story to be found.

The queries are evaluated in plain Python over the split lines, so that no part of the engine
vouches for itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address, ip_network
from operator import attrgetter
from statistics import fmean, median, stdev
from sys import intern
from typing import NamedTuple

import pytest

from flowtui.flowlogs.fields import TCP_FLAGS
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.sample import article_lines, incident, incident_lines, network

pytestmark = pytest.mark.slow

NOW = datetime(2026, 4, 2, 9, 41, 27, tzinfo=UTC)
_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_DOCUMENTATION = tuple(
    map(ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"))
)


class Record(NamedTuple):
    account_id: str
    vpc_id: str
    subnet_id: str
    interface_id: str
    instance_id: str
    srcaddr: str
    srcport: str
    dstaddr: str
    dstport: str
    protocol: str
    packets: str
    bytes: str
    action: str
    log_status: str
    start: str
    end: str
    flow_direction: str
    traffic_path: str
    tcp_flags: str
    pkt_srcaddr: str
    pkt_src_aws_service: str
    pkt_dstaddr: str
    pkt_dst_aws_service: str
    region: str
    az_id: str
    sublocation_type: str
    sublocation_id: str


def split(lines: Iterable[str]) -> list[Record]:
    """Interned, because 200,000 records hold few different words."""
    return [Record(*map(intern, line.split(" "))) for line in lines]


@cache
def article() -> list[Record]:
    return split(article_lines())


@cache
def all_incident() -> list[Record]:
    return split(incident_lines(NOW))


@cache
def flows() -> list[Record]:
    """The incident's records with `log_status = "OK"`."""
    return [record for record in all_incident() if record.log_status == "OK"]


@cache
def is_private(address: str) -> bool:
    return any(ip_address(address) in network for network in _PRIVATE)


def where(records: Iterable[Record], **wanted: str) -> list[Record]:
    values = tuple(wanted.values()) if len(wanted) > 1 else next(iter(wanted.values()))
    fields = attrgetter(*wanted)
    return [record for record in records if fields(record) == values]


def grouped(records: Iterable[Record], *names: str) -> dict[tuple[str, ...], list[Record]]:
    groups: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for record in records:
        groups[tuple(getattr(record, name) for name in names)].append(record)
    return groups


def binned(records: Iterable[Record], seconds: int) -> dict[int, list[Record]]:
    groups: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        groups[int(record.start) // seconds * seconds].append(record)
    return groups


def size(records: Iterable[Record]) -> int:
    return sum(int(record.bytes) for record in records)


def top(records: Iterable[Record], *names: str) -> list[tuple[tuple[str, ...], int]]:
    """`stats sum(bytes) by names | sort desc`."""
    sums = Counter({key: size(group) for key, group in grouped(records, *names).items()})
    return sums.most_common()


def outward(records: Iterable[Record]) -> list[Record]:
    """Accepted, egress, to a public address."""
    return [
        record
        for record in where(records, action="ACCEPT", flow_direction="egress")
        if not is_private(record.pkt_dstaddr)
    ]


def newest(records: list[Record], *names: str) -> list[tuple[str, ...]]:
    """`sort start desc | limit 2`, which must not depend on how ties fall."""
    ordered = sorted(records, key=lambda record: int(record.start), reverse=True)[:3]
    assert len({record.start for record in ordered}) == 3
    return [tuple(getattr(record, name) for name in names) for record in ordered[:2]]


def test_lines_are_in_the_articles_format() -> None:
    assert Record._fields == ARTICLE_FORMAT.columns


class TestArticle:
    def test_all_is_in_the_window(self) -> None:
        starts = {datetime.fromtimestamp(int(record.start), UTC) for record in article()}
        assert min(starts) >= datetime(2022, 4, 1, 15, 18, tzinfo=UTC)
        assert max(starts) < datetime(2022, 4, 1, 15, 24, tzinfo=UTC)
        assert len(article()) > 3000

    def test_latest(self) -> None:
        names = ("account_id", "vpc_id", "subnet_id", "interface_id", "srcaddr", "srcport")
        owner = (
            "123456789012",
            "vpc-0b69ce8d04278ddd1",
            "subnet-002bdfe1767d0ddb0",
            "eni-0435cbb62960f230e",
        )
        assert newest(article(), *names) == [
            (*owner, "172.31.0.104", "55125"),
            (*owner, "91.240.118.81", "49422"),
        ]

    def test_by_pair(self) -> None:
        assert top(article(), "srcaddr", "dstaddr", "flow_direction")[:2] == [
            (("172.31.1.247", "3.230.172.154", "egress"), 346952038),
            (("172.31.0.46", "3.230.172.154", "egress"), 343799447),
        ]

    def test_by_instance(self) -> None:
        assert top(article(), "instance_id")[:5] == [
            (("-",), 1443477306),
            (("i-03205758c9203c979",), 517558754),
            (("i-0ae33894105aa500c",), 324629414),
            (("i-01506ab9e9e90749d",), 198063232),
            (("i-0724007fef3cb06f3",), 54847643),
        ]

    def test_rejected_ssh(self) -> None:
        ranking = top(where(article(), action="REJECT", protocol="6", dstport="22"), "srcaddr")
        assert ranking[:2] == [(("23.95.222.129",), 160), (("179.43.167.74",), 80)]
        assert ranking[2][1] < 80

    def test_http_of_the_pair(self) -> None:
        names = (
            "interface_id", "srcaddr", "srcport", "dstaddr", "dstport", "protocol", "bytes",
            "action", "log_status",
        )  # fmt: skip
        eni = "eni-0b74120275654905e"
        there, here = ("172.31.11.212", "80"), ("172.31.1.247", "29376")
        assert newest(self._pair(), *names) == [
            (eni, *there, *here, "6", "5160876", "ACCEPT", "OK"),
            (eni, *here, *there, "6", "97380", "ACCEPT", "OK"),
        ]

    def test_http_of_the_pair_by_minute(self) -> None:
        series = {
            f"{datetime.fromtimestamp(start, UTC):%H:%M}": size(records)
            for start, records in binned(self._pair(), 60).items()
        }
        assert series == {
            "15:23": 17225787,
            "15:21": 17724499,
            "15:20": 1125500,
            "15:19": 101525,
            "15:18": 81376,
        }

    def _pair(self) -> list[Record]:
        ends = {"172.31.1.247", "172.31.11.212"}
        return [
            record
            for record in where(article(), protocol="6")
            if {record.srcaddr, record.dstaddr} <= ends and "80" in (record.srcport, record.dstport)
        ]


@pytest.fixture(params=["article", "incident"])
def records(request: pytest.FixtureRequest) -> list[Record]:
    return article() if request.param == "article" else flows()


class TestRecords:
    """What is true of every record of both groups."""

    def test_sizes_are_those_of_packets(self, records: list[Record]) -> None:
        ratios = [int(record.bytes) / int(record.packets) for record in records]
        assert min(ratios) >= 40
        assert max(ratios) <= 1500

    def test_windows_last_a_minute_at_most(self, records: list[Record]) -> None:
        assert {int(record.end) - int(record.start) for record in records} <= set(range(60))

    def test_traffic_path_is_of_egress_only(self, records: list[Record]) -> None:
        assert all(
            (record.traffic_path == "-") == (record.flow_direction == "ingress")
            for record in records
        )

    def test_interface_is_at_the_right_end(self, records: list[Record]) -> None:
        """Its own address is the source of what goes out, the destination of what comes in."""
        own = defaultdict(set)
        for record in records:
            mine = "srcaddr" if record.flow_direction == "egress" else "dstaddr"
            own[record.interface_id].add(getattr(record, mine))
        assert all(len({a for a in addresses if "." in a}) == 1 for addresses in own.values())

    def test_flags_are_known_and_zero_without_tcp(self, records: list[Record]) -> None:
        assert {record.tcp_flags for record in records} <= set(TCP_FLAGS)
        assert {r.tcp_flags for r in records if r.protocol != "6"} <= {"0"}

    def test_clients_send_syn_and_servers_syn_ack(self, records: list[Record]) -> None:
        for record in where(records, protocol="6", action="ACCEPT"):
            from_server = int(record.srcport) < int(record.dstport)
            has_syn = int(record.tcp_flags) & 2
            assert not has_syn or bool(int(record.tcp_flags) & 16) == from_server


class TestIncident:
    def test_six_hours_that_end_now(self) -> None:
        starts = [int(record.start) for record in all_incident()]
        assert starts == sorted(starts)
        assert starts[0] >= (NOW - timedelta(hours=6)).timestamp()
        assert starts[-1] > (NOW - timedelta(seconds=10)).timestamp()
        assert max(int(record.end) for record in all_incident()) < NOW.timestamp()
        assert 190_000 <= len(starts) <= 210_000

    def test_is_the_same_for_the_same_now(self) -> None:
        assert incident_lines(NOW) == incident_lines(NOW)

    def test_another_now_only_moves_it(self) -> None:
        later = incident_lines(NOW + timedelta(seconds=4321))
        moved = [
            record._replace(start=str(int(record.start) + 4321), end=str(int(record.end) + 4321))
            for record in all_incident()
        ]
        assert later == [" ".join(record) for record in moved]

    def test_accuses_no_real_host(self) -> None:
        names = ("srcaddr", "dstaddr", "pkt_srcaddr", "pkt_dstaddr")
        addresses = {getattr(record, name) for record in flows() for name in names}
        assert all(
            is_private(address) or any(ip_address(address) in net for net in _DOCUMENTATION)
            for address in addresses
        )

    def test_both_ends_of_a_flow_inside_agree(self) -> None:
        inside = [
            record
            for record in where(flows(), action="ACCEPT", dstport="5432", traffic_path="1")
            if record.dstaddr == network.DATABASE.address
        ]
        names = ("srcaddr", "srcport", "start", "bytes", "packets", "tcp_flags")
        received = where(flows(), interface_id=network.DATABASE.eni, flow_direction="ingress")
        arrived = {tuple(getattr(record, name) for name in names) for record in received}
        assert inside
        assert all(tuple(getattr(record, name) for name in names) in arrived for record in inside)


class TestStories:
    """Each is found by the playbook's query and threshold, and little else with it."""

    def test_port_scan(self) -> None:
        suspects = self._above(
            [r for r in where(flows(), flow_direction="ingress", protocol="6")
             if int(r.dstport) < 32768],
            ("srcaddr", "dstaddr"), lambda group: len({r.dstport for r in group}) > 15,
        )  # fmt: skip
        assert set(suspects) == {(incident.SCANNER.address, network.BASTION.address)}

    def test_scanner_found_ssh_open(self) -> None:
        found = where(flows(), srcaddr=incident.SCANNER.address, action="ACCEPT")
        assert {record.dstport for record in found} == {"22"}

    def test_brute_force(self) -> None:
        def is_guessing(group: list[Record]) -> bool:
            sessions = {record.srcport for record in group}
            return len(sessions) > 20 and fmean(int(r.packets) for r in group) < 40

        sessions = [
            record
            for record in where(flows(), action="ACCEPT", flow_direction="ingress")
            if record.dstport in {"22", "3389", "3306", "5432", "1433"}
        ]
        suspects = self._above(sessions, ("srcaddr", "dstaddr", "dstport"), is_guessing)
        assert set(suspects) == {(incident.ATTACKER.address, network.BASTION.address, "22")}
        assert where(flows(), srcaddr=incident.ATTACKER.address, action="REJECT")

    def test_one_long_session_follows(self) -> None:
        sessions = grouped(
            where(flows(), srcaddr=incident.ATTACKER.address, dstport="22"), "srcport"
        )
        long = {port: group for port, group in sessions.items() if self._duration(group) > 3600}
        (group,) = long.values()
        assert set(long) == {(str(incident.INTRUSION_PORT),)}
        guesses = [r for port, g in sessions.items() if port not in long for r in g]
        assert int(group[0].start) > max(int(record.start) for record in guesses)
        assert [record.tcp_flags for record in group[:2]] == ["2", "0"]

    def test_host_sweep(self) -> None:
        suspects = self._above(
            where(flows(), protocol="6", tcp_flags="2"),
            ("srcaddr", "dstport"), lambda group: len({r.dstaddr for r in group}) > 15,
        )  # fmt: skip
        assert set(suspects) == {(network.BASTION.address, "22")}

    def test_lateral_movement(self) -> None:
        ports = {"22", "445", "3306", "3389", "5432", "6379", "9200"}
        openings = [
            record
            for record in where(flows(), flow_direction="egress", srcaddr=network.BASTION.address)
            if is_private(record.dstaddr) and record.dstport in ports and int(record.tcp_flags) & 2
        ]
        assert {record.dstport for record in openings} == ports
        hop = where(flows(), srcport=str(incident.HOP_PORT), interface_id=incident.COMPROMISED.eni)
        assert self._duration(hop) > 3600

    def test_beacon(self) -> None:
        def is_regular(group: list[Record]) -> bool:
            minutes = [size(records) for records in binned(group, 60).values()]
            if len(minutes) < 20:
                return False
            mean = fmean(minutes)
            return mean < 20_000 and stdev(minutes) < 0.3 * mean

        talks = grouped(outward(flows()), "pkt_srcaddr", "pkt_dstaddr", "dstport")
        target = (incident.COMMAND.address, str(incident.COMMAND_PORT.number))
        assert {key for key, group in talks.items() if is_regular(group)} == {
            (incident.COMPROMISED.address, *target),
            (network.NAT.address, *target),
        }

    def test_exfiltration(self) -> None:
        names = ("instance_id", "pkt_dstaddr", "dstport", "pkt_dst_aws_service")
        large = [row for row in top(outward(flows()), *names) if row[1] > 100_000_000]
        target = (incident.DROP.address, "443", "-")
        assert {key for key, _ in large[:2]} == {
            (incident.COMPROMISED.instance, *target),
            ("-", *target),
        }
        assert large[1][1] > 1_500_000_000
        assert [key for key, _ in large[2:]] == [
            (network.DATABASE.instance, network.S3.address, "443", "S3")
        ]

    def test_stolen_data_was_read_before_it_left(self) -> None:
        read = where(
            flows(), interface_id=incident.COMPROMISED.eni, dstport=str(incident.STAGING_PORT)
        )
        sent = where(flows(), interface_id=incident.COMPROMISED.eni, dstaddr=incident.DROP.address)
        assert size(read) == pytest.approx(size(sent), rel=0.05)
        assert max(int(r.end) for r in read) < min(int(r.start) for r in sent)

    def test_spike_at_the_interface(self) -> None:
        sent = where(flows(), interface_id=incident.COMPROMISED.eni, flow_direction="egress")
        minutes = [size(records) for records in binned(sent, 60).values()]
        assert max(minutes) > 5 * median(minutes)

    def test_network_acl_refuses_replies(self) -> None:
        refused = where(flows(), flow_direction="egress", action="REJECT")
        assert {(r.srcaddr, r.srcport, r.dstaddr) for r in refused} == {
            (network.REPORTS.address, "443", incident.PARTNER.address)
        }
        let_in = where(flows(), srcaddr=incident.PARTNER.address, action="ACCEPT")
        asked = {(record.srcport, record.start) for record in let_in}
        assert all((record.dstport, record.start) in asked for record in refused)
        before = where(flows(), dstaddr=incident.PARTNER.address, action="ACCEPT")
        assert max(int(r.start) for r in before) < min(int(r.start) for r in refused)

    def test_nat_hides_the_real_ends(self) -> None:
        at_nat = where(flows(), interface_id=network.NAT.eni)
        coming = [r for r in at_nat if r.pkt_dstaddr != r.dstaddr]
        assert {record.flow_direction for record in coming} == {"ingress"}
        assert incident.DROP.address in {record.pkt_dstaddr for record in coming}
        assert "S3" in {record.pkt_dst_aws_service for record in coming}
        going = [r for r in at_nat if r.pkt_srcaddr != r.srcaddr]
        assert {record.flow_direction for record in going} == {"egress"}

    def test_cross_zone_traffic(self) -> None:
        inside = [r for r in flows() if is_private(r.srcaddr) and is_private(r.dstaddr)]
        zones = [
            {record.az_id for record in group}
            for group in grouped(inside, "srcaddr", "dstaddr").values()
        ]
        assert sum(len(pair) == 2 for pair in zones) > 20

    def test_lost_records(self) -> None:
        lost = where(all_incident(), log_status="SKIPDATA")
        assert {record.interface_id for record in lost} == {
            interface.eni for interface, _ in incident.LOST
        }

    def test_idle_interface(self) -> None:
        idle = where(all_incident(), interface_id=network.IDLE.eni)
        assert {record.log_status for record in idle} == {"NODATA"}
        (filled,) = {
            tuple(name for name, value in record._asdict().items() if value != "-")
            for record in idle
        }
        assert filled == (
            "account_id", "vpc_id", "subnet_id", "interface_id", "log_status", "start", "end",
            "region", "az_id",
        )  # fmt: skip

    def test_other_kinds_of_traffic(self) -> None:
        assert {record.protocol for record in flows()} == {"1", "6", "17", "58"}
        assert any(":" in record.srcaddr for record in where(flows(), protocol="6"))
        asked = where(flows(), dstport="53", srcaddr=incident.COMPROMISED.address)
        assert {record.pkt_dstaddr for record in asked} == {network.RESOLVER.address}
        assert {"1", "7", "8", "-"} == {record.traffic_path for record in flows()}

    def test_background_noise(self) -> None:
        ports = Counter(record.dstport for record in where(flows(), action="REJECT"))
        assert min(ports[port] for port in ("23", "445", "3389")) > 500

    def _above(
        self,
        records: list[Record],
        names: tuple[str, ...],
        is_suspect: Callable[[list[Record]], bool],
    ) -> list[Hashable]:
        """The groups that cross a threshold in some ten minutes."""
        return [
            key
            for slot in binned(records, 600).values()
            for key, group in grouped(slot, *names).items()
            if is_suspect(group)
        ]

    def _duration(self, group: list[Record]) -> int:
        return max(int(r.end) for r in group) - min(int(r.start) for r in group)

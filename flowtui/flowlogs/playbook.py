"""Questions to begin with: a triage playbook (flowlogs.md section 5), with underscored names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flowtui.flowlogs.format import FlowFormat


@dataclass(frozen=True, slots=True)
class Play:
    """A question and the query that answers it."""

    title: str
    query: str
    fields: tuple[str, ...]
    """The fields that the format must have, as AWS writes them."""


def _play(title: str, query: str, fields: str) -> Play:
    return Play(title, query, tuple(fields.split()))


PLAYBOOK: tuple[Play, ...] = (
    _play(
        "Who talks most? Pairs, each byte counted once",
        'filter log_status = "OK" and flow_direction = "egress"\n'
        "| stats sum(bytes) as bytes_sent, sum(packets) as packets_sent by pkt_srcaddr, pkt_dstaddr\n"
        "| sort bytes_sent desc\n| limit 20",
        "log-status flow-direction bytes packets pkt-srcaddr pkt-dstaddr",
    ),
    _play(
        "Who is rejected? Sources, with the ports and hosts that they try",
        'filter action = "REJECT"\n'
        "| stats count(*) as rejects, count_distinct(dstport) as ports, count_distinct(dstaddr) as hosts"
        " by srcaddr\n| sort rejects desc\n| limit 50",
        "action dstport dstaddr srcaddr",
    ),
    _play(
        "What is rejected? Ports, by how many sources try them",
        'filter action = "REJECT"\n'
        "| stats count(*) as rejects, count_distinct(srcaddr) as sources by dstport, protocol\n"
        "| sort sources desc\n| limit 50",
        "action srcaddr dstport protocol",
    ),
    _play(
        "Rejects over time",
        'filter action = "REJECT"\n| stats count(*) as rejects by bin(5m)',
        "action",
    ),
    _play(
        "Port scan: one source, many ports of one host",
        'filter log_status = "OK" and protocol = 6 and dstport < 32768\n'
        "| stats count_distinct(dstport) as ports, count(*) as flows by srcaddr, dstaddr, bin(10m)\n"
        "| filter ports > 15\n| sort ports desc",
        "log-status protocol dstport srcaddr dstaddr",
    ),
    _play(
        "Host sweep: one source, one port of many hosts",
        'filter log_status = "OK" and protocol = 6 and tcp_flags = 2\n'
        "| stats count_distinct(dstaddr) as hosts by srcaddr, dstport, bin(10m)\n"
        "| filter hosts > 15\n| sort hosts desc",
        "log-status protocol tcp-flags dstaddr srcaddr dstport",
    ),
    _play(
        "Brute force: many short accepted sessions on a login port",
        'filter action = "ACCEPT" and dstport in [22, 3389, 3306, 5432, 1433]\n'
        "| stats count_distinct(srcport) as sessions, avg(packets) as mean_packets, sum(bytes) as b"
        " by srcaddr, dstaddr, dstport, bin(10m)\n"
        "| filter sessions > 20 and mean_packets < 40\n| sort sessions desc",
        "action dstport srcport packets bytes srcaddr dstaddr",
    ),
    _play(
        "SSH and RDP from the internet that were let in",
        'filter action = "ACCEPT" and flow_direction = "ingress" and log_status = "OK"'
        " and protocol = 6 and dstport in [22, 3389] and not isPrivateIP(pkt_srcaddr)\n"
        "| stats count(*) as flows, sum(bytes) as b by dstaddr, dstport, pkt_srcaddr\n"
        "| sort flows desc",
        "action flow-direction log-status protocol dstport pkt-srcaddr bytes dstaddr",
    ),
    _play(
        "Exfiltration: most bytes to public addresses",
        'filter log_status = "OK" and action = "ACCEPT" and flow_direction = "egress"'
        " and not isPrivateIP(pkt_dstaddr)\n"
        "| stats sum(bytes) as b, count(*) as flows, min(start) as first, max(end) as last"
        " by instance_id, pkt_dstaddr, dstport\n| sort b desc\n| limit 20",
        "log-status action flow-direction pkt-dstaddr bytes start end instance-id dstport",
    ),
    _play(
        "Beacons: small, regular traffic to the outside in many minutes",
        'filter action = "ACCEPT" and flow_direction = "egress" and log_status = "OK"'
        " and not isPrivateIP(pkt_dstaddr)\n"
        "| stats sum(bytes) as b by pkt_srcaddr, pkt_dstaddr, dstport, bin(1m) as m\n"
        "| stats count(*) as minutes, avg(b) as mean_b, stddev(b) as sd_b"
        " by pkt_srcaddr, pkt_dstaddr, dstport\n"
        "| filter minutes >= 20 and mean_b < 20000 and sd_b < 0.3 * mean_b\n| sort minutes desc",
        "action flow-direction log-status pkt-dstaddr pkt-srcaddr bytes dstport",
    ),
    _play(
        "Unusual ports to the outside",
        'filter flow_direction = "egress" and action = "ACCEPT" and log_status = "OK" and protocol = 6'
        " and not isPrivateIP(pkt_dstaddr)"
        " and dstport not in [22, 25, 53, 80, 123, 443, 465, 587, 993, 8080, 8443]"
        " and dstport < 32768\n"
        "| stats sum(bytes) as b, count(*) as flows by instance_id, pkt_dstaddr, dstport\n"
        "| sort b desc",
        "flow-direction action log-status protocol pkt-dstaddr dstport bytes instance-id",
    ),
    _play(
        "Lateral movement: an inside host that opens sessions to many others",
        'filter flow_direction = "egress" and protocol = 6 and isPrivateIP(srcaddr)'
        " and isPrivateIP(dstaddr) and floor(tcp_flags / 2) % 2 = 1"
        " and dstport in [22, 135, 139, 445, 1433, 3306, 3389, 5432, 5985, 5986, 6379, 9200, 27017]\n"
        "| stats count_distinct(dstaddr) as targets, count(*) as flows"
        " by instance_id, srcaddr, dstport, action\n| sort targets desc",
        "flow-direction protocol srcaddr dstaddr tcp-flags dstport instance-id action",
    ),
    _play(
        "DNS around the resolver",
        'filter flow_direction = "egress" and log_status = "OK" and dstport in [53, 853, 5353]'
        " and not isPrivateIP(pkt_dstaddr)\n"
        "| stats count(*) as flows, sum(bytes) as b by instance_id, pkt_dstaddr\n| sort flows desc",
        "flow-direction log-status dstport pkt-dstaddr bytes instance-id",
    ),
    _play(
        "Replies that a network ACL rejects",
        'filter flow_direction = "egress" and action = "REJECT" and log_status = "OK"\n'
        "| stats count(*) as rejects by interface_id, srcaddr, srcport, dstaddr, protocol\n"
        "| sort rejects desc",
        "flow-direction action log-status interface-id srcaddr srcport dstaddr protocol",
    ),
    _play(
        "Inside clients that are rejected",
        'filter action = "REJECT" and isPrivateIP(srcaddr) and isPrivateIP(dstaddr) and tcp_flags = 2\n'
        "| stats count(*) as rejects by srcaddr, dstaddr, dstport, instance_id\n| sort rejects desc",
        "action srcaddr dstaddr tcp-flags dstport instance-id",
    ),
    _play(
        "Connection resets",
        "filter protocol = 6 and floor(tcp_flags / 4) % 2 = 1\n"
        "| stats count(*) as resets, sum(packets) as p by srcaddr, srcport, dstaddr\n"
        "| sort resets desc\n| limit 50",
        "protocol tcp-flags packets srcaddr srcport dstaddr",
    ),
    _play(
        "Throughput of each interface, in Mbit/s",
        'filter log_status = "OK"\n'
        "| stats sum(bytes) * 8 / 60 / 1000000 as mbps by interface_id, flow_direction, bin(1m)\n"
        "| sort mbps desc",
        "log-status bytes interface-id flow-direction",
    ),
    _play(
        "Instances, and who is '-'",
        'filter log_status = "OK"\n'
        "| stats sum(bytes) as b by instance_id, interface_id, flow_direction\n| sort b desc",
        "log-status bytes instance-id interface-id flow-direction",
    ),
    _play(
        "Traffic by path: internet, peering, gateway",
        'filter flow_direction = "egress" and log_status = "OK"\n'
        "| stats sum(bytes) as b, count_distinct(interface_id) as interfaces by traffic_path\n"
        "| sort b desc",
        "flow-direction log-status bytes interface-id traffic-path",
    ),
    _play(
        "Traffic to AWS services",
        'filter flow_direction = "egress" and pkt_dst_aws_service != "-"\n'
        "| stats sum(bytes) as b by pkt_dst_aws_service, instance_id\n| sort b desc",
        "flow-direction pkt-dst-aws-service bytes instance-id",
    ),
    _play(
        "Behind a NAT gateway: who sends how much to whom",
        'filter flow_direction = "ingress" and pkt_dstaddr != dstaddr and log_status = "OK"\n'
        "| stats sum(bytes) as b by interface_id, srcaddr, pkt_dstaddr, pkt_dst_aws_service\n"
        "| sort b desc\n| limit 50",
        "flow-direction pkt-dstaddr dstaddr log-status bytes interface-id srcaddr"
        " pkt-dst-aws-service",
    ),
    _play(
        "Pairs across availability zones",
        'filter log_status = "OK" and isPrivateIP(srcaddr) and isPrivateIP(dstaddr)\n'
        "| stats sum(bytes) / 2 as about, count_distinct(az_id) as zones, sortsFirst(az_id) as one,"
        " sortsLast(az_id) as other by srcaddr, dstaddr\n| filter zones = 2\n| sort about desc",
        "log-status srcaddr dstaddr bytes az-id",
    ),
    _play(
        "Long-lived connections",
        'filter log_status = "OK" and protocol = 6\n'
        "| stats min(start) as first, max(end) as last, max(end) - min(start) as seconds,"
        " sum(bytes) as b by srcaddr, srcport, dstaddr, dstport\n"
        "| filter seconds > 3600\n| sort seconds desc",
        "log-status protocol start end bytes srcaddr srcport dstaddr dstport",
    ),
    _play(
        "Protocols other than TCP, UDP and ICMP",
        'filter log_status = "OK" and protocol not in [1, 6, 17, 58]\n'
        "| stats sum(bytes) as b by protocol, srcaddr, dstaddr\n| sort b desc",
        "log-status protocol bytes srcaddr dstaddr",
    ),
    _play(
        "IPv6 traffic",
        "filter isValidIpV6(srcaddr)\n| stats sum(bytes) as b by srcaddr, dstaddr\n| sort b desc",
        "srcaddr dstaddr bytes",
    ),
    _play(
        "Is the data whole? Records without data, or skipped",
        "stats count(*) as records by log_status, bin(10m)",
        "log-status",
    ),
    _play(
        "How late do records come?",
        "stats avg(toMillis(@ingestionTime) / 1000 - end) as seconds,"
        " max(toMillis(@ingestionTime) / 1000 - end) as worst by bin(10m)",
        "end",
    ),
    _play(
        "Interfaces without traffic",
        "stats count(*) as records, count_distinct(log_status) as kinds,"
        " sortsFirst(log_status) as status by interface_id, subnet_id, instance_id\n"
        '| filter kinds = 1 and status = "NODATA"\n| sort records desc',
        "log-status interface-id subnet-id instance-id",
    ),
    _play(
        "Rejected by block public access or encryption controls",
        'filter reject_reason in ["BPA", "EC"]\n'
        "| stats count(*) as rejects by reject_reason, srcaddr, dstaddr, dstport\n"
        "| sort rejects desc",
        "reject-reason srcaddr dstaddr dstport",
    ),
    _play(
        "Clear text inside the VPC",
        "filter encryption_status = 0 and traffic_path = 1\n"
        "| stats sum(bytes) as b by srcaddr, dstaddr, dstport\n| sort b desc",
        "encryption-status traffic-path bytes srcaddr dstaddr dstport",
    ),
    _play(
        "Traffic of ECS services",
        'filter ecs_service_name != "-"\n'
        "| stats sum(bytes) as b by ecs_cluster_name, ecs_service_name, flow_direction\n"
        "| sort b desc",
        "ecs-service-name ecs-cluster-name bytes flow-direction",
    ),
    _play(
        "Packets that a transit gateway lost",
        "stats sum(packets_lost_no_route) as no_route, sum(packets_lost_blackhole) as blackhole,"
        " sum(packets_lost_mtu_exceeded) as mtu, sum(packets_lost_ttl_expired) as ttl"
        " by tgw_attachment_id, dstaddr",
        "packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded"
        " packets-lost-ttl-expired tgw-attachment-id dstaddr",
    ),
)


def plays_for(flow_format: FlowFormat | None) -> Iterator[Play]:
    """The questions that a format can answer; all of them where it is not known."""
    names = None if flow_format is None else {info.name for info in flow_format.fields}
    for play in PLAYBOOK:
        if names is None or names.issuperset(play.fields):
            yield play

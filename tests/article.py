"""The AWS article's six queries, to the letter, and the tables that it prints."""

from __future__ import annotations

from dataclasses import dataclass

PARSE = (
    'parse @message "* * * * * * * * * * * * * * * * * * * * * * * * * * *" as account_id, vpc_id, '
    "subnet_id, interface_id,instance_id, srcaddr, srcport, dstaddr, dstport, protocol, packets, "
    "bytes, action, log_status, start, end, flow_direction, traffic_path, tcp_flags, pkt_srcaddr, "
    "pkt_src_aws_service, pkt_dstaddr, pkt_dst_aws_service, region, az_id, sublocation_type, "
    "sublocation_id"
)
_PAIR = (
    '| filter srcaddr in ["172.31.1.247","172.31.11.212"] and dstaddr in '
    '["172.31.1.247","172.31.11.212"] and protocol = 6 and (dstport = 80 or srcport=80)'
)


@dataclass(frozen=True)
class Case:
    """`table` is the head line and the rows; only the columns that the article prints."""

    name: str
    query: str
    table: tuple[tuple[str, ...], ...]


CASES = (
    Case(
        "latest",
        f"#Retrieve latest custom VPC Flow Logs\n{PARSE}\n| sort start desc\n| limit 2",
        (
            ("account_id", "vpc_id", "subnet_id", "interface_id", "srcaddr", "srcport"),
            ("123456789012", "vpc-0b69ce8d04278ddd1", "subnet-002bdfe1767d0ddb0",
             "eni-0435cbb62960f230e", "172.31.0.104", "55125"),
            ("123456789012", "vpc-0b69ce8d04278ddd1", "subnet-002bdfe1767d0ddb0",
             "eni-0435cbb62960f230e", "91.240.118.81", "49422"),
        ),
    ),
    Case(
        "pairs",
        f"{PARSE}\n| stats sum(bytes) as Data_Transferred by srcaddr, dstaddr, flow_direction\n"
        "| sort by Data_Transferred desc\n| limit 2",
        (
            ("srcaddr", "dstaddr", "flow_direction", "Data_Transferred"),
            ("172.31.1.247", "3.230.172.154", "egress", "346952038"),
            ("172.31.0.46", "3.230.172.154", "egress", "343799447"),
        ),
    ),
    Case(
        "instances",
        f"{PARSE}\n| stats sum(bytes) as Data_Transferred by instance_id\n"
        "| sort by Data_Transferred desc\n| limit 5",
        (
            ("instance_id", "Data_Transferred"),
            ("-", "1443477306"),
            ("i-03205758c9203c979", "517558754"),
            ("i-0ae33894105aa500c", "324629414"),
            ("i-01506ab9e9e90749d", "198063232"),
            ("i-0724007fef3cb06f3", "54847643"),
        ),
    ),
    Case(
        "rejected ssh",
        f'{PARSE}\n| filter action = "REJECT" and protocol = 6 and dstport = 22\n'
        "| stats sum(bytes) as SSH_Traffic_Volume by srcaddr\n"
        "| sort by SSH_Traffic_Volume desc\n| limit 2",
        (
            ("srcaddr", "SSH_Traffic_Volume"),
            ("23.95.222.129", "160"),
            ("179.43.167.74", "80"),
        ),
    ),
    Case(
        "stream",
        f"#HTTP Data Stream for Specific Source/Destination Pair\n{PARSE}\n{_PAIR}\n"
        "| display interface_id,srcaddr, srcport, dstaddr, dstport, protocol, bytes, action, "
        "log_status, start, end, flow_direction, tcp_flags\n| sort by start desc\n| limit 2",
        (
            ("interface_id", "srcaddr", "srcport", "dstaddr", "dstport", "protocol", "bytes",
             "action", "log_status"),
            ("eni-0b74120275654905e", "172.31.11.212", "80", "172.31.1.247", "29376", "6",
             "5160876", "ACCEPT", "OK"),
            ("eni-0b74120275654905e", "172.31.1.247", "29376", "172.31.11.212", "80", "6",
             "97380", "ACCEPT", "OK"),
        ),
    ),
    Case(
        "series",
        f"{PARSE}\n{_PAIR}\n| stats sum(bytes) as Data_Transferred by bin(1m)",
        (
            ("bin(1m)", "Data_Transferred"),
            ("2022-04-01 15:23:00.000", "17225787"),
            ("2022-04-01 15:21:00.000", "17724499"),
            ("2022-04-01 15:20:00.000", "1125500"),
            ("2022-04-01 15:19:00.000", "101525"),
            ("2022-04-01 15:18:00.000", "81376"),
        ),
    ),
)  # fmt: skip


def shown(case: Case, records: list[dict[str, str]]) -> tuple[tuple[str, ...], ...]:
    """The records as the table of the case: its columns only."""
    head = case.table[0]
    return (head, *(tuple(record[name] for name in head) for record in records))

"""Flow logs of conversations that are known: who opened them, how much went each way, what failed.

Some are recorded at both ends, some go through a NAT gateway; windows of records are lost, ports
are used again, packets come late; there are ICMP, UDP and IPv6.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

from flowtui.flowlogs.format import FlowFormat

EPOCH, WINDOW = 1_700_000_000, 60
ICMP, TCP, UDP = 1, 6, 17
_SERVICES = (443, 443, 443, 80, 22, 53, 25, 3306, 5432, 6379, 8080, 8443, 9200, 11211)
_NAT = "10.9.0.4"

End = tuple[str, int]
Talk = tuple[frozenset[End], int]
"""The two ends of a conversation and its protocol: what it is known by."""


@dataclass
class Truth:
    """A conversation as it was."""

    client: End
    server: End
    protocol: int
    sent: int = 0
    received: int = 0
    is_reply_rejected: bool = False
    is_rejected: bool = False

    @property
    def name(self) -> Talk:
        return frozenset({self.client, self.server}), self.protocol


@dataclass(frozen=True)
class Window:
    """What went each way in one window, and where it is not recorded."""

    start: int
    sent: int
    received: int
    is_first: bool
    is_last: bool
    lost_at: frozenset[str]


@dataclass
class Log:
    truths: dict[Talk, Truth] = field(default_factory=dict)
    records: list[dict[str, object]] = field(default_factory=list)

    def lines(self, flow_format: FlowFormat) -> Iterator[str]:
        names = [info.name for info in flow_format.fields]
        yield " ".join(names)
        for record in self.records:
            yield " ".join(str(record.get(name, "-")) for name in names)


def write_log(random: Random, count: int, *, has_nat: bool = True) -> Log:
    """A log of so many conversations, its records in no order."""
    log = Log()
    servers = _servers(random, max(4, count // 25))
    while len(log.truths) < count:
        _converse(log, random, servers, has_nat=has_nat)
    random.shuffle(log.records)
    return log


def _servers(random: Random, count: int) -> list[tuple[End, int]]:
    found = []
    for _ in range(count):
        port = random.choice(_SERVICES)
        protocol = UDP if port == 53 else TCP
        found.append(((_address(random, is_inside=random.random() < 0.6), port), protocol))
    return found


def _address(random: Random, *, is_inside: bool) -> str:
    if random.random() < 0.15:
        net = "fd00:1::" if is_inside else "2600:1f18::"
        return f"{net}{random.randrange(1, 65536):x}"
    if is_inside:
        return f"10.0.{random.randrange(8)}.{random.randrange(4, 250)}"
    return f"198.51.{random.randrange(1, 250)}.{random.randrange(1, 250)}"


def _converse(log: Log, random: Random, servers: list[tuple[End, int]], *, has_nat: bool) -> None:
    (server, protocol), low = random.choice(servers), random.random() < 0.2
    kind = random.choices(("plain", "rejected", "reply rejected", "icmp", "ntp"), (80, 8, 6, 2, 2))[
        0
    ]
    client_port = random.randrange(1024 if low else 32768, 61000)
    if kind == "icmp":
        server, protocol, client_port = (server[0], 0), ICMP, 0
    elif kind == "ntp":
        server, protocol, client_port = (server[0], 123), UDP, 123
    is_six = ":" in server[0]
    client_address = _address(
        random, is_inside=not server[0].startswith(("10.", "fd")) or random.random() < 0.7
    )
    if (":" in client_address) != is_six:
        return
    truth = Truth((client_address, client_port), server, protocol)
    if truth.name in log.truths or client_address == server[0]:
        return
    log.truths[truth.name] = truth
    truth.is_rejected, truth.is_reply_rejected = kind == "rejected", kind == "reply rejected"
    through_nat = (
        has_nat and kind == "plain" and client_address.startswith("10.")
        and server[0].startswith("198.") and random.random() < 0.5
    )  # fmt: skip
    start = EPOCH + random.randrange(4 * 3600)
    enis = _recorders(random, truth)
    for _ in range(2 if kind == "plain" and random.random() < 0.03 else 1):
        # The second time the port is used again.
        start = _write(log, random, truth, enis, start, through_nat=through_nat) + 600


def _recorders(random: Random, truth: Truth) -> tuple[str, str, str]:
    """The interfaces at the client and at the server, as far as they log, and one that is whole."""
    at_client = f"eni-{truth.client[0]}" if _is_inside(truth.client[0]) else ""
    at_server = f"eni-{truth.server[0]}" if _is_inside(truth.server[0]) else ""
    if at_client and at_server and random.random() < 0.2:
        at_client, at_server = random.choice([("", at_server), (at_client, "")])
    if truth.is_rejected or truth.is_reply_rejected:
        # Only there it is known.
        at_server = f"eni-{truth.server[0]}"
        return at_client, at_server, at_server
    return at_client, at_server, random.choice([each for each in (at_client, at_server) if each])


def _write(
    log: Log,
    random: Random,
    truth: Truth,
    enis: tuple[str, str, str],
    start: int,
    *,
    through_nat: bool,
) -> int:
    """One connection; returns when it ended."""
    at_client, at_server, whole = enis
    nat_port = random.randrange(1024, 65000)
    count = random.choice([1, 1, 1, 2, 3, 8])
    for index in range(count):
        others = {at_client, at_server, "eni-nat"} - {whole, ""}
        lost = {each for each in others if random.random() < 0.1}
        window = Window(
            start + index * WINDOW, 60 * random.randrange(1, 90), 52 * random.randrange(1, 900),
            index == 0, index == count - 1, frozenset(lost),
        )  # fmt: skip
        _record(log, random, truth, window, (at_client, at_server))
        if through_nat:
            _record_nat(log, truth, window, nat_port)
        truth.sent += window.sent
        is_answered = not truth.is_rejected
        truth.received += window.received if is_answered else 0
    if truth.protocol == TCP and whole == at_server and random.random() < 0.05:
        late = _line(truth, at_server, "ingress", 0, (40, 4), is_there=True, start=start + 99)
        log.records.append(late | {"action": "REJECT"})
        truth.sent += 40
    return start + count * WINDOW


def _is_inside(address: str) -> bool:
    return address.startswith(("10.", "fd"))


def _flags(truth: Truth, window: Window) -> tuple[int, int]:
    if truth.protocol != TCP:
        return 0, 0
    there = (2 if window.is_first else 0) | (1 if window.is_last and not truth.is_rejected else 0)
    return there, (18 if window.is_first else 0) | (1 if window.is_last else 0)


def _line(  # noqa: PLR0913  (a record has many fields)
    truth: Truth, eni: str, direction: str, index: int, figures: tuple[int, int], *,
    is_there: bool, start: int,
) -> dict[str, object]:  # fmt: skip
    source, target = (truth.client, truth.server) if is_there else (truth.server, truth.client)
    size, flags = figures
    return {
        "version": 5, "account-id": "123456789012", "interface-id": eni, "srcaddr": source[0],
        "dstaddr": target[0], "srcport": source[1], "dstport": target[1],
        "protocol": truth.protocol, "packets": max(1, size // 60), "bytes": size, "start": start,
        "end": start + min(58, 1 + size // 100 % 58), "action": "ACCEPT", "log-status": "OK",
        "tcp-flags": flags, "pkt-srcaddr": source[0], "pkt-dstaddr": target[0],
        "flow-direction": direction, "instance-id": f"i-{index % 3}", "vpc-id": "vpc-1",
    }  # fmt: skip


def _record(log: Log, random: Random, truth: Truth, window: Window, enis: tuple[str, str]) -> None:
    """At both ends, as far as they are logged."""
    flags_there, flags_back = _flags(truth, window)
    delay = 0 if random.random() < 0.5 else 1
    for eni, sends in zip(enis, ("egress", "ingress"), strict=True):
        if not eni or eni in window.lost_at:
            continue
        gets = "ingress" if sends == "egress" else "egress"
        there = _line(truth, eni, sends, 0, (window.sent, flags_there), is_there=True,
                      start=window.start)  # fmt: skip
        back = _line(truth, eni, gets, 0, (window.received, flags_back), is_there=False,
                     start=window.start + delay)  # fmt: skip
        is_server = sends == "ingress"
        if truth.is_rejected and is_server:
            there["action"] = "REJECT"
        log.records.append(there)
        if truth.is_reply_rejected and is_server:
            log.records.append(back | {"action": "REJECT"})
        elif not truth.is_rejected and not truth.is_reply_rejected:
            log.records.append(back)


def _record_nat(log: Log, truth: Truth, window: Window, port: int) -> None:
    """At the gateway: from inside and to it, then from its own address and back."""
    if "eni-nat" in window.lost_at:
        return
    flags_there, flags_back = _flags(truth, window)
    there = _line(truth, "eni-nat", "ingress", 0, (window.sent, flags_there), is_there=True,
                  start=window.start)  # fmt: skip
    back = _line(truth, "eni-nat", "egress", 0, (window.received, flags_back), is_there=False,
                 start=window.start)  # fmt: skip
    beyond = {"srcaddr": _NAT, "srcport": port, "pkt-srcaddr": _NAT, "flow-direction": "egress"}
    home = {"dstaddr": _NAT, "dstport": port, "pkt-dstaddr": _NAT, "flow-direction": "ingress"}
    log.records += [there | {"dstaddr": _NAT}, back | {"srcaddr": _NAT}]
    log.records += [there | beyond, back | home]


def share_right(truths: Iterable[Truth], clients: dict[Talk, End]) -> float:
    """The share of the conversations whose opener is told rightly."""
    told = [clients[truth.name] == truth.client for truth in truths]
    return sum(told) / len(told)


def by_name(rows: Iterable[dict[str, str]]) -> dict[Talk, dict[str, str]]:
    """The rows of the answer; a conversation that is there twice fails the test."""
    found: dict[Talk, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        ends = {(row["client"], int(row["client_port"])), (row["server"], int(row["server_port"]))}
        found[frozenset(ends), int(row["protocol"])].append(row)
    assert all(len(each) == 1 for each in found.values()), "some conversation is there twice"
    return {name: row for name, (row,) in found.items()}

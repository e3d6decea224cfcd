"""What happens in the log group /vpc/incident, and to whom: the facts, then the writing of them.

One incident in time order, from a port scan to an exfiltration, and beside it a few troubles
that have nothing to do with it. Times are minutes on the tape, of 360.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from flowtui.sample import network
from flowtui.sample.records import (
    GATEWAY_ENDPOINT,
    UDP,
    Exchange,
    Outside,
    Path,
    Port,
    Volume,
    arriving,
    leaving,
    tcp,
    through_nat,
    within,
)
from flowtui.sample.traffic import Tape, write_ordinary

SCANNER = Outside("203.0.113.66")
SCAN = range(72, 80)
"""It tries `SCANNED_PORTS` of the bastion and finds SSH open."""
SCANNED_PORTS = tuple(range(1, 1024, 3))

ATTACKER = Outside("203.0.113.71")
BRUTE_FORCE = range(95, 139)
"""It guesses passwords on the bastion."""
INTRUSION = range(139, 355)
INTRUSION_PORT = 51514
"""The guess that was right: one SSH session, held for hours."""

SWEEP = range(152, 166)
"""From the bastion it looks for SSH and data stores inside."""
COMPROMISED = network.APP[2]
"""It goes on to this application server, over SSH."""
HOP_PORT = 46210

COMMAND = Outside("198.51.100.77")
COMMAND_PORT = Port(4443)
BEACON = range(171, 360)
"""The server calls its new master once a minute."""
LOOKUPS = range(168, 176)
"""And asks a public resolver, which nothing else here does."""

STAGING = range(205, 229)
STAGING_PORT = 55890
"""It reads the database, all of it."""
EXFILTRATION = range(236, 260)
DROP = Outside("203.0.113.200")
"""And the data leaves through the NAT gateway, to this address."""
EXFILTRATED = 1_870_000_000
"""Bytes of data, about."""

PARTNER = Outside("198.51.100.140")
ACL_MISTAKE = range(118, 360)
"""A network ACL without ephemeral ports outward: the partner's requests get no reply."""

BACKUP = range(58, 66)
BACKUP_SIZE = 620_000_000
"""The nightly backup to S3: large, and in order."""
OFFICE = Outside("198.51.100.12")
OFFICE_HOURS = range(8, 47)
"""An administrator at work on the bastion."""
LOST = (
    (network.BALANCERS[0], (31, 214)),
    (network.DATABASE, (209, 217)),
    (network.NAT, (238, 243, 251, 256)),
)
"""Interfaces and the minutes in which records of them were lost."""

_SSH, _SQL, _HTTPS = Port(22), Port(5432), Port(443)
_NOTHING = Volume(0, 0)


def write_incident(tape: Tape, random: Random) -> None:
    """Fill the tape."""
    write_ordinary(tape, random)
    _scan(tape, random)
    _brute_force(tape, random)
    _sessions(tape, random)
    _sweep(tape, random)
    _beacon(tape, random)
    _look_up(tape, random)
    _steal(tape, random)
    _refuse_replies(tape, random)
    _back_up(tape, random)
    for interface, minutes in LOST:
        for minute in minutes:
            tape.write_without_flow(interface, "SKIPDATA", minute)


def _syn(random: Random, start: int, packets: int = 1) -> Exchange:
    """Nobody answers."""
    port = random.randint(32768, 60999)
    return Exchange(port, start, start + 1, Volume(packets, 60 * packets, 2), _NOTHING)


def _scan(tape: Tape, random: Random) -> None:
    ports = random.sample(SCANNED_PORTS, len(SCANNED_PORTS))
    for index, number in enumerate(ports):
        second = index * len(SCAN) * 60 // len(ports)
        exchange = _syn(random, tape.second(SCAN.start, second))
        path = arriving(SCANNER, network.BASTION, Port(number))
        is_open = number == _SSH.number
        if is_open:
            exchange = exchange._replace(request=Volume(2, 104, 6), reply=Volume(1, 60, 18))
        tape.write(path if is_open else path.refused(), exchange)


def _brute_force(tape: Tape, random: Random) -> None:
    path = arriving(ATTACKER, network.BASTION, _SSH)
    elsewhere = arriving(ATTACKER, network.REPORTS, _SSH).refused()
    for minute in BRUTE_FORCE:
        for index in range(14):
            start = tape.second(minute, 4 * index + random.randint(0, 3))
            port = 33000 + (minute - BRUTE_FORCE.start) * 160 + index * 11 + random.randint(0, 10)
            tape.write(path, _attempt(random, port, start))
            if index % 5 == 0:
                # Packets after the connection was closed are recorded as refused.
                late = Exchange(port, start + 3, start + 3, Volume(1, 40, 4), _NOTHING)
                tape.write(path.refused(), late)
        tape.write(elsewhere, _syn(random, tape.second(minute, random.randint(0, 58)), 3))


def _attempt(random: Random, port: int, start: int) -> Exchange:
    """One password that was wrong."""
    sent, got = random.randint(11, 16), random.randint(10, 14)
    request = Volume(sent, 52 * sent + random.randint(1200, 1500), 3)
    reply = Volume(got, 52 * got + random.randint(1700, 2100), 19)
    return Exchange(port, start, start + 2, request, reply)


def _sessions(tape: Tape, random: Random) -> None:
    intruder = arriving(ATTACKER, network.BASTION, _SSH)
    _type(tape, random, intruder, INTRUSION_PORT, INTRUSION)
    hop = within(network.BASTION, COMPROMISED, _SSH)
    _type(tape, random, hop, HOP_PORT, range(SWEEP.stop + 1, INTRUSION.stop - 2))
    _type(tape, random, arriving(OFFICE, network.BASTION, _SSH), 50122, OFFICE_HOURS)


def _type(tape: Tape, random: Random, path: Path, port: int, minutes: range) -> None:
    """Somebody at a prompt: bursts of keys and output, pauses to read."""
    for minute in minutes:
        is_first, is_last = minute == minutes[0], minute == minutes[-1]
        if not (is_first or is_last) and random.random() < 0.2:
            continue
        sent, got = (2, 18) if is_first else (1, 1) if is_last else (0, 0)
        keys = int(random.expovariate(1 / 1500))
        start = tape.second(minute, random.randint(0, 5))
        volumes = tcp(keys, int(keys * random.uniform(2, 12)), (sent, got))
        tape.write(path, Exchange(port, start, start + random.randint(20, 54), *volumes))


def _sweep(tape: Tape, random: Random) -> None:
    """First every address of two subnets, then what is known to be there."""
    hosts = {host.address: host for host in (*network.WEB, *network.APP, network.MONITOR)}
    addresses = [f"10.0.{subnet}.{host}" for subnet in (10, 11) for host in range(4, 64)]
    for index, address in enumerate(addresses):
        start = tape.second(SWEEP.start, index * 4)
        if host := hosts.get(address):
            tape.write(within(network.BASTION, host, _SSH), _greeting(random, start))
        else:
            # Nobody has the address, so only the sender's interface records anything.
            nobody = leaving(network.BASTION, Outside(address), _SSH)
            tape.write(Path(nobody.forward), _syn(random, start))
    _try_data_stores(tape, random)


def _greeting(random: Random, start: int) -> Exchange:
    """A connection for the server's banner, and away."""
    port = random.randint(32768, 60999)
    return Exchange(port, start, start + 1, *tcp(22, 1100, (7, 19)))


def _try_data_stores(tape: Tape, random: Random) -> None:
    targets = (network.DATABASE, network.REPLICA, *network.CACHES)
    for index, target in enumerate(targets):
        for number in (22, 445, 3306, 3389, 5432, 6379, 9200):
            path = within(network.BASTION, target, Port(number)).refused()
            start = tape.second(SWEEP.start + 9 + index, random.randint(0, 55))
            tape.write(path, _syn(random, start, 3))


def _beacon(tape: Tape, random: Random) -> None:
    path = through_nat(COMPROMISED, network.NAT, COMMAND, COMMAND_PORT)
    for minute in BEACON:
        start = tape.second(minute, 17)
        volumes = tcp(random.randint(410, 450), random.randint(180, 210))
        tape.write(path, Exchange(34000 + 17 * minute, start, start + 1, *volumes))


def _look_up(tape: Tape, random: Random) -> None:
    path = through_nat(COMPROMISED, network.NAT, network.RESOLVER, Port(53, UDP))
    for minute in LOOKUPS:
        for _ in range(random.randint(2, 6)):
            start = tape.second(minute, random.randint(0, 58))
            request, reply = Volume(1, random.randint(60, 90)), Volume(1, random.randint(90, 400))
            port = random.randint(32768, 60999)
            tape.write(path, Exchange(port, start, start, request, reply))


class _Transfer(NamedTuple):
    """One long connection; `up` and `down` are its bytes of data in all."""

    path: Path
    port: int
    minutes: range
    up: int
    down: int


def _steal(tape: Tape, random: Random) -> None:
    read = within(COMPROMISED, network.DATABASE, _SQL)
    _transfer(tape, random, _Transfer(read, STAGING_PORT, STAGING, 60_000, EXFILTRATED))
    send = through_nat(COMPROMISED, network.NAT, DROP, _HTTPS)
    for port in (57204, 57218, 57236):
        part = EXFILTRATED // 3
        _transfer(tape, random, _Transfer(send, port, EXFILTRATION, part, 90_000))


def _transfer(tape: Tape, random: Random, transfer: _Transfer) -> None:
    path, port, minutes, up, down = transfer
    for minute in minutes:
        flags = (2, 18) if minute == minutes[0] else (0, 0)
        share = random.uniform(0.94, 1.06) / len(minutes)
        start = tape.second(minute, random.randint(0, 2))
        volumes = tcp(int(up * share), int(down * share), flags)
        tape.write(path, Exchange(port, start, start + random.randint(52, 57), *volumes))


def _refuse_replies(tape: Tape, random: Random) -> None:
    path = arriving(PARTNER, network.REPORTS, _HTTPS)
    for minute in range(ACL_MISTAKE.stop):
        for half in (0, 30):
            start = tape.second(minute, half + random.randint(0, 18))
            port = 33000 + minute * 60 + half + random.randint(0, 29)
            if minute in ACL_MISTAKE:
                again = Exchange(port, start, start + 7, Volume(4, 240, 2), Volume(4, 240, 18))
                tape.write(path.reply_refused(), again)
            else:
                volumes = tcp(random.randint(700, 1900), random.randint(9_000, 90_000))
                tape.write(path, Exchange(port, start, start + 3, *volumes))


def _back_up(tape: Tape, random: Random) -> None:
    path = leaving(network.DATABASE, network.S3, _HTTPS, traffic_path=GATEWAY_ENDPOINT)
    _transfer(tape, random, _Transfer(path, 41876, BACKUP, BACKUP_SIZE, 40_000))

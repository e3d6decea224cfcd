"""What may happen on a day, of each kind one function; it says who did what to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from tests.incidents.network import TCP, UDP, Connection, Day, Host
from tests.incidents.quiet import Town, build, outward, write_quiet


@dataclass(frozen=True, slots=True)
class Planted:
    """An incident, and what a finding must say to have found it."""

    kind: str
    rules: tuple[str, ...]
    """The rules that tell of it, by name."""
    who: str
    """The address, or interface, that did it; the finding's `who` or `whom`."""


Plant = Callable[[Day, Town], Planted]


def vertical_scan(day: Day, town: Town) -> Planted:
    draw = day.random
    if draw.random() < 0.5:
        scanner, target = day.outside(), draw.choice(town.fronts)
    else:
        scanner, target = day.inside(), draw.choice(_logged(town.servers))
    ports = draw.sample(range(1, 30_000), draw.randint(40, 900))
    start, seconds = day.second(draw.uniform(0.05, 0.85)), draw.uniform(20, 1500)
    fixed = day.port() if draw.random() < 0.4 else 0
    is_refused = draw.random() < 0.7
    for port in ports:
        is_open = draw.random() < 0.02
        day.connect(
            Connection(scanner, target, port, start + draw.uniform(0, seconds), 0, 0, 0,
                       refused=is_refused and not is_open, client_port=fixed or day.port(),
                       is_answered=is_open)
        )  # fmt: skip
    return Planted("vertical scan", ("vertical-scan",), scanner.address)


def horizontal_sweep(day: Day, town: Town) -> Planted:
    draw = day.random
    scanner = draw.choice(_logged(town.servers)) if draw.random() < 0.6 else day.outside()
    port = draw.choice((22, 23, 445, 3389, 5900, 1433, 6379, 9200, 2049, 7001))
    start, seconds = day.second(draw.uniform(0.05, 0.85)), draw.uniform(20, 1200)
    is_inside = scanner.is_logged
    targets: list[Host] = [day.inside(logged=not is_inside) for _ in range(draw.randint(18, 90))]
    for target in targets:
        day.connect(
            Connection(scanner, target, port, start + draw.uniform(0, seconds), 0, 0, 0,
                       refused=draw.random() < 0.5, client_port=day.port(), is_answered=False)
        )  # fmt: skip
    rules = ("horizontal-sweep", "lateral-movement")
    return Planted("horizontal sweep", rules, scanner.address)


def brute_force(day: Day, town: Town) -> Planted:
    draw = day.random
    attacker = day.outside() if draw.random() < 0.7 else _logged(town.webs)[0]
    port = draw.choice((22, 3389, 21, 3306, 5432))
    target = town.bastion
    start = day.second(draw.uniform(0.05, 0.5))
    gap, tries = draw.uniform(2, 10), draw.randint(60, 300)
    for number in range(tries):
        day.connect(
            Connection(attacker, target, port, start + number * gap, draw.uniform(0.5, 3),
                       draw.randint(900, 1600), draw.randint(1200, 2300), client_port=day.port())
        )  # fmt: skip
    begins = start + tries * gap + draw.uniform(5, 60)
    seconds = draw.uniform(300, 1800)
    day.connect(
        Connection(attacker, target, port, begins, seconds, draw.randint(30_000, 200_000),
                   draw.randint(80_000, 900_000), client_port=day.port())
    )  # fmt: skip
    return Planted("brute force", ("brute-force", "brute-force-success"), attacker.address)


def data_leaving(day: Day, town: Town) -> Planted:
    draw = day.random
    thief, drop = draw.choice(_logged(town.servers)), day.outside()
    size = draw.randrange(250_000_000, 6_000_000_000)
    start = day.second(draw.uniform(0.2, 0.7))
    seconds = min(draw.uniform(300, 2400), (day.last - day.first) * 0.25)
    parts = draw.randint(1, 4)
    for number in range(parts):
        outward(
            day, town,
            Connection(thief, drop, draw.choice((443, 22, 8443)), start + number * 11, seconds,
                       size // parts, size // parts // 300, client_port=day.port()),
        )  # fmt: skip
    return Planted("data leaving", ("data-leaving",), thief.address)


def beacon(day: Day, town: Town) -> Planted:
    draw = day.random
    host, master = draw.choice(_logged(town.servers)), day.outside()
    every = min(draw.choice((30, 60, 60, 120, 300)), day.hours * 3600 / 30)
    jitter = draw.choice((0.0, 0.05, 0.2))
    at, end = day.second(draw.uniform(0.1, 0.4)), day.second(draw.uniform(0.9, 1.0))
    port, size = draw.choice((443, 443, 80, 8443, 4443, 53_211)), draw.randint(150, 900)
    while at < end:
        outward(
            day, town,
            Connection(host, master, port, at, 0.5, size + draw.randint(0, 60),
                       size // 2 + draw.randint(0, 60), client_port=day.port()),
        )  # fmt: skip
        at += every * (1 + draw.uniform(-jitter, jitter))
    return Planted("beacon", ("beacon",), host.address)


def new_talker(day: Day, town: Town) -> Planted:
    """A host that was not there before speaks to servers inside."""
    draw = day.random
    talker = day.inside()
    start = draw.uniform(0.45, 0.8)
    port = draw.choice((5432, 8080, 3306, 9000))
    for _ in range(draw.randint(15, 80)):
        day.connect(
            Connection(talker, draw.choice(town.databases), port,
                       day.second(draw.uniform(start, 1)), draw.uniform(0.5, 30),
                       draw.randint(400, 4000), draw.randint(1000, 90_000),
                       client_port=day.port())
        )  # fmt: skip
    return Planted("new talker", ("new-talker",), talker.address)


def reply_rejected(day: Day, town: Town) -> Planted:
    draw = day.random
    client, server = day.outside(), draw.choice(town.fronts)
    port = draw.choice((443, 8443, 25, 22))
    begins = draw.uniform(0.1, 0.6)
    for _ in range(draw.randint(20, 200)):
        day.connect(
            Connection(client, server, port, day.second(draw.uniform(begins, 1)), 3, 0, 0,
                       reply_refused=True, client_port=day.port())
        )  # fmt: skip
    return Planted("reply rejected", ("reply-rejected",), client.address)


def internal_rejected(day: Day, town: Town) -> Planted:
    draw = day.random
    client, server = draw.choice(_logged(town.webs)), draw.choice(_logged(town.databases))
    port = draw.choice((5672, 9092, 11211, 8500, 389))
    begins = draw.uniform(0, 0.6)
    for _ in range(draw.randint(20, 200)):
        day.connect(
            Connection(client, server, port, day.second(draw.uniform(begins, 1)), 3, 0, 0,
                       refused=True, client_port=day.port(), is_answered=False)
        )  # fmt: skip
    return Planted("internal client rejected", ("internal-client-rejected",), client.address)


def resolver_bypassed(day: Day, town: Town) -> Planted:
    draw = day.random
    host = draw.choice(_logged(town.servers))
    resolvers = [day.outside() for _ in range(draw.randint(1, 2))]
    begins = draw.uniform(0.1, 0.7)
    for _ in range(draw.randint(20, 300)):
        outward(
            day, town,
            Connection(host, draw.choice(resolvers), 53, day.second(draw.uniform(begins, 1)), 0,
                       draw.randint(30, 90), draw.randint(60, 400), UDP, client_port=day.port()),
        )  # fmt: skip
    return Planted("resolver bypassed", ("resolver-bypassed",), host.address)


def unusual_port(day: Day, town: Town) -> Planted:
    draw = day.random
    host, other = draw.choice(_logged(town.servers)), day.outside()
    port = draw.choice((4444, 6667, 1337, 31_337, 9001, 5555, 8531, 12_345))
    begins = draw.uniform(0.1, 0.6)
    for _ in range(draw.randint(8, 60)):
        outward(
            day, town,
            Connection(host, other, port, day.second(draw.uniform(begins, 1)),
                       draw.uniform(1, 300), draw.randint(800, 60_000),
                       draw.randint(800, 200_000), client_port=day.port()),
        )  # fmt: skip
    rules = ("unusual-port", "beacon")
    return Planted("unusual port outward", rules, host.address)


def lateral_movement(day: Day, town: Town) -> Planted:
    draw = day.random
    intruder = _logged(town.webs)[0]
    port = draw.choice((22, 3389, 445, 5985))
    start = day.second(draw.uniform(0.2, 0.6))
    others = [host for host in _logged(town.servers) if host is not intruder]
    others += [day.inside() for _ in range(max(0, 5 - len(others)))]
    for number, target in enumerate(others):
        at = start + number * draw.uniform(20, 240)
        for _ in range(draw.randint(1, 3)):
            day.connect(
                Connection(intruder, target, port, at, draw.uniform(5, 300),
                           draw.randint(3000, 60_000), draw.randint(5000, 200_000),
                           client_port=day.port())
            )  # fmt: skip
    rules = ("lateral-movement", "horizontal-sweep")
    return Planted("lateral movement", rules, intruder.address)


def clear_text(day: Day, town: Town) -> Planted:
    draw = day.random
    client = day.outside() if draw.random() < 0.3 else town.bastion
    server = draw.choice(town.fronts if not client.is_logged else _logged(town.servers))
    port = draw.choice((23, 23, 21, 513))
    for _ in range(draw.randint(1, 6)):
        day.connect(
            Connection(client, server, port, day.second(draw.uniform(0.1, 0.8)),
                       draw.uniform(30, 900), draw.randint(900, 9000),
                       draw.randint(4000, 90_000), client_port=day.port())
        )  # fmt: skip
    return Planted("clear-text administration", ("clear-text-administration",), client.address)


def log_health(day: Day, town: Town) -> Planted:
    draw = day.random
    host = town.monitor
    kind = draw.choice(("skipped", "gap", "twice"))
    if kind == "skipped":
        for _ in range(draw.randint(3, 40)):
            day.without_flow(host, "SKIPDATA", int(day.second(draw.random())) // 60 * 60)
        return Planted("log health", ("log-skipped",), host.eni)
    if kind == "gap":
        start = draw.uniform(0.3, 0.6)
        length = max(1500.0, 0.08 * (day.last - day.first))
        begins, ends = day.second(start), day.second(start) + length
        day.records = [each for each in day.records if not begins <= each[0] < ends]
        return Planted("log health", ("log-gap",), "")
    begins = day.second(draw.uniform(0, 0.5))
    again = [each for each in day.records if each[0] >= begins and host.eni in each[1]]
    day.records += again
    return Planted("log health", ("log-twice",), host.eni)


PLANTS: Mapping[str, Plant] = {
    plant.__name__: plant
    for plant in (
        vertical_scan, horizontal_sweep, brute_force, data_leaving, beacon, new_talker,
        reply_rejected, internal_rejected, resolver_bypassed, unusual_port, lateral_movement,
        clear_text, log_health,
    )
}  # fmt: skip


def a_day(
    seed: int, plant: str = "", hours: tuple[int, ...] = (1, 2, 3, 6, 12, 24)
) -> tuple[Day, Planted | None]:
    """The day of that seed, with the incident, or quiet; as much of it as one of `hours`."""
    draw = Random(seed)  # noqa: S311  (the same day every time)
    day = Day(draw, draw.choice(hours))
    town = build(day)
    write_quiet(day, town)
    return day, PLANTS[plant](day, town) if plant else None


def _logged(hosts: tuple[Host, ...]) -> tuple[Host, ...]:
    return tuple(host for host in hosts if host.is_logged) or hosts


__all__ = ["PLANTS", "TCP", "Planted", "a_day"]

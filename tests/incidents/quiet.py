"""A quiet day: customers, tiers, noise from the internet, and six things that only look bad."""

from __future__ import annotations

from dataclasses import dataclass

from tests.incidents.network import TCP, UDP, Connection, Day, Host

_NOISE_PORTS = (22, 23, 23, 23, 25, 80, 445, 445, 1433, 2375, 3389, 3389, 5900, 6379, 8080, 8443)
_LOOKALIKES = ("ntp", "health", "backup", "scrape", "nat", "cron")


@dataclass(frozen=True, slots=True)
class Town:
    """The hosts of a day by what they are for."""

    fronts: tuple[Host, ...]
    webs: tuple[Host, ...]
    databases: tuple[Host, ...]
    monitor: Host
    bastion: Host
    nat: Host | None
    customers: tuple[Host, ...]
    partners: tuple[Host, ...]

    @property
    def servers(self) -> tuple[Host, ...]:
        return (*self.webs, *self.databases)


def build(day: Day) -> Town:
    draw = day.random
    some = draw.random() < 0.3
    """Whether only some of the interfaces are logged."""

    def hosts(least: int, most: int) -> tuple[Host, ...]:
        return tuple(
            day.inside(logged=not some or draw.random() < 0.8)
            for _ in range(draw.randint(least, most))
        )

    has_nat = draw.random() < 0.6
    return Town(
        fronts=tuple(day.inside(instance=False) for _ in range(draw.randint(1, 3))),
        webs=hosts(3, 10),
        databases=hosts(2, 4),
        monitor=day.inside(),
        bastion=day.inside(),
        nat=day.inside(instance=False) if has_nat else None,
        customers=tuple(day.outside() for _ in range(draw.randint(10, 60))),
        partners=tuple(day.outside() for _ in range(draw.randint(3, 9))),
    )


def outward(day: Day, town: Town, connection: Connection) -> None:
    """Through the NAT gateway where there is one."""
    from dataclasses import replace

    day.connect(replace(connection, by=town.nat))


def write_quiet(day: Day, town: Town) -> None:
    _customers(day, town)
    _tiers(day, town)
    _partners(day, town)
    _noise(day, town)
    _ntp(day, town)
    _health(day, town)
    _backup(day, town)
    _scrape(day, town)
    _cron(day, town)
    _administration(day, town)


def _times(day: Day, count: float) -> list[float]:
    """So many moments an hour, more or less."""
    total = max(1, int(count * day.hours))
    return [day.second(day.random.random()) for _ in range(min(total, 2500))]


def _customers(day: Day, town: Town) -> None:
    draw = day.random
    for at in _times(day, draw.randint(200, 800)):
        day.connect(
            Connection(
                draw.choice(town.customers), draw.choice(town.fronts), draw.choice((443, 443, 80)),
                at, draw.uniform(0.2, 40), int(draw.expovariate(1 / 1500)) + 200,
                int(draw.expovariate(1 / 60_000)) + 300, client_port=day.port(),
            )
        )  # fmt: skip


def _tiers(day: Day, town: Town) -> None:
    draw = day.random
    app = draw.choice((80, 8080, 3000, 8000))
    sql = draw.choice((5432, 3306, 1433, 6379, 27017))
    for at in _times(day, draw.randint(150, 500)):
        up, down = int(draw.expovariate(1 / 3000)) + 200, int(draw.expovariate(1 / 40_000)) + 300
        day.connect(
            Connection(draw.choice(town.fronts), draw.choice(town.webs), app, at,
                       draw.uniform(0.1, 20), up, down, client_port=day.port())
        )  # fmt: skip
    for at in _times(day, draw.randint(100, 400)):
        up, down = int(draw.expovariate(1 / 2000)) + 200, int(draw.expovariate(1 / 30_000)) + 300
        day.connect(
            Connection(draw.choice(town.webs), draw.choice(town.databases), sql, at,
                       draw.uniform(0.1, 100), up, down, client_port=day.port())
        )  # fmt: skip


def _partners(day: Day, town: Town) -> None:
    """What servers ask of others outside, each of several partners."""
    draw = day.random
    for at in _times(day, draw.randint(30, 150)):
        up, down = int(draw.expovariate(1 / 3000)) + 200, int(draw.expovariate(1 / 20_000)) + 300
        partner = draw.choice(town.partners)
        outward(
            day, town,
            Connection(draw.choice(town.webs), partner, 443, at, draw.uniform(0.2, 30), up, down,
                       client_port=day.port()),
        )  # fmt: skip


def _noise(day: Day, town: Town) -> None:
    """The internet knocks: each stranger once or a few times."""
    draw = day.random
    for _ in range(int(draw.randint(20, 90) * max(1.0, day.hours / 3))):
        stranger, port = day.outside(), draw.choice(_NOISE_PORTS)
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            day.connect(
                Connection(stranger, draw.choice(town.fronts), port, day.second(draw.random()), 0,
                           0, 0, refused=True, client_port=day.port(), is_answered=False)
            )  # fmt: skip


def _ntp(day: Day, town: Town) -> None:
    """Every host asks public time servers, to the second."""
    draw = day.random
    servers = [day.outside() for _ in range(draw.randint(1, 4))]
    every = draw.choice((64, 256, 512, 1024))
    every = max(every, int(day.hours * 3600 / 250))
    for host in (*town.webs, *town.databases):
        server, at = draw.choice(servers), day.first + draw.uniform(0, every)
        while at < day.last:
            outward(day, town, Connection(host, server, 123, at, 0, 48, 48, UDP, client_port=123))
            at += every


def _health(day: Day, town: Town) -> None:
    """The balancer looks after each server, and checkers from outside look after the balancer."""
    draw = day.random
    every = max(draw.choice((10, 15, 30)), int(day.hours * 3600 / 150))
    port = draw.choice((80, 8080, 9000))
    for front in town.fronts:
        for web in town.webs:
            at = day.first + draw.uniform(0, every)
            while at < day.last:
                day.connect(Connection(front, web, port, at, 0, 120, 240, client_port=day.port()))
                at += every
    checkers = [day.outside("ROUTE53_HEALTHCHECKS") for _ in range(draw.randint(2, 5))]
    for checker in checkers:
        day.services[checker.address] = checker.service
        at = day.first + draw.uniform(0, 60)
        while at < day.last:
            day.connect(
                Connection(checker, town.fronts[0], 443, at, 1, 700, 3000, client_port=day.port())
            )
            at += max(30, day.hours * 3600 / 150)


def _backup(day: Day, town: Town) -> None:
    """Large, and in order: to S3 or to a host inside."""
    draw = day.random
    store = day.inside() if draw.random() < 0.4 else day.outside("S3")
    day.services[store.address] = store.service
    begins = draw.uniform(0.05, 0.6)
    for number, database in enumerate(town.databases):
        size = draw.randrange(80_000_000, 900_000_000)
        seconds = min(draw.uniform(200, 1500), (day.last - day.first) * 0.3)
        start = day.second(begins) + number * draw.uniform(1, 60)
        day.connect(
            Connection(database, store, 443 if store.service == "S3" else 873, start, seconds,
                       size, size // 400, client_port=day.port())
        )  # fmt: skip


def _scrape(day: Day, town: Town) -> None:
    draw = day.random
    every = max(draw.choice((15, 30, 60)), int(day.hours * 3600 / 150))
    port = draw.choice((9100, 9090, 8125, 10050))
    for host in town.servers:
        at = day.first + draw.uniform(0, every)
        while at < day.last:
            day.connect(
                Connection(town.monitor, host, port, at, 0.3, 200, draw.randint(9000, 14000),
                           client_port=day.port())
            )  # fmt: skip
            at += every


def _cron(day: Day, town: Town) -> None:
    """A job on every server asks one address outside; one on the monitor goes over all by SSH."""
    draw = day.random
    target = day.outside()
    every = draw.choice((300, 600, 900))
    for web in town.webs:
        at = day.first + draw.uniform(0, every)
        while at < day.last:
            outward(
                day, town,
                Connection(web, target, 443, at, draw.uniform(0.5, 4), draw.randint(700, 9000),
                           draw.randint(2000, 90_000), client_port=day.port()),
            )  # fmt: skip
            at += every
    at = day.first + draw.uniform(30, 600)
    while at < day.last:
        for host in town.servers:
            day.connect(
                Connection(town.monitor, host, 22, at + draw.uniform(0, 20), draw.uniform(2, 9),
                           4000, 6000, client_port=day.port())
            )  # fmt: skip
        at += draw.choice((900, 1800, 3600))


def _administration(day: Day, town: Town) -> None:
    """Somebody works on the bastion, from a known office."""
    draw = day.random
    office = day.outside()
    for _ in range(draw.randint(1, 3)):
        start, seconds = day.second(draw.uniform(0, 0.8)), draw.uniform(60, 1500)
        day.connect(
            Connection(office, town.bastion, 22, start, seconds, 20_000, 60_000,
                       client_port=day.port())
        )  # fmt: skip
        day.connect(
            Connection(town.bastion, draw.choice(town.webs), 22, start + 20, seconds * 0.7, 9000,
                       30_000, client_port=day.port())
        )  # fmt: skip


__all__ = ["TCP", "Town", "build", "outward", "write_quiet"]

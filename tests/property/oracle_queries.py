"""Queries for the oracle's tests, as people type them.

What the local engine does not compute yet, by the catalogue, is never written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random

from flowtui.query.catalogue import FUNCTIONS, Engine, canonical, find_command
from tests.property.oracle_logs import Chooser
from tests.property.strategies import FORMAT

STARS = " ".join("*" * len(FORMAT.fields))
OWN_SHAPE = f'parse @message "{STARS}" as {", ".join(FORMAT.columns)}'
_PRELUDES = (
    ("", ()),
    ("", ()),
    (OWN_SHAPE, ()),
    ('parse @message "* *.*" as w1, w2, rest', ("w1", "w2", "rest")),
    (r"parse @message /(?<host>[a-z]+-[0-9]+) (?<next>.)/", ("host", "next")),
    (r'parse @message "*\t*" as before, behind', ("before", "after")),
    (r"parse @message /eni-([0-9]+)/ as eni", ("eni",)),
)
_LITERALS = (
    '"-"', '"22"', '"022"', "22", "0", "1", "5", "0.5", "-3", '"REJECT"', '"a"', '""', "1e3",
    '"10.0.0.9"', "18446744073709551616",
)  # fmt: skip
_PERIODS = (
    "1s", "20s", "7s", "300s", "1m", "5m", "25m", "7 mins", "1h", "7h", "2d", "1w", "2w", "1mo",
    "5months", "1q", "1y", "250ms",
)  # fmt: skip
_BLOCKS = (
    "10.0.0.0/8", "10.0.0.8/29", "10.0.0.9/32", "0.0.0.0/0", "::/0", "2001:db8::/32", "fd00::/8",
)  # fmt: skip
_PATTERNS = ('"1"', '"."', '"a"', '"%"', "/^10[.]/", "/(?i)eject/", "/[0-9]{2}$/")
_AGGREGATES = (
    "count", "count_distinct", "sum", "avg", "min", "max", "stddev", "variance", "sortsFirst",
    "sortsLast", "values",
)  # fmt: skip


def local(names: Iterable[str]) -> list[str]:
    """The functions that the local engine computes."""
    return [name for name in names if FUNCTIONS[canonical(name)].runs_on(Engine.LOCAL)]


def is_local(command: str) -> bool:
    """Whether the local engine runs the command."""
    info = find_command(command)
    return info is not None and info.runs_on(Engine.LOCAL)


class Writer(Chooser):
    """Writes one query; knows which names are in reach."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        by_both_names = [name for f in FORMAT.fields for name in (f.column, f.discovered)]
        # The numbers are where there is more to get wrong.
        more = [*["bytes", "packets"] * 5, "action", "action", "@message", "nothing"]
        self.names = [*by_both_names, *more]
        self.moments = ["@timestamp"]
        self.are_events = True
        self.has_single_rows = True
        """Whether there is one row at most for each event."""
        self._made = 0

    def alias(self, letter: str) -> str:
        self._made += 1
        return f"{letter}{self._made}"

    # Expressions

    def field(self) -> str:
        return self.pick(self.names)

    def leaf(self) -> str:
        return self.pick(_LITERALS) if self.chance(3) else self.field()

    def number(self) -> str:
        one = ("abs", "ceil", "floor", "log", "sqrt", "round", "toNumber", "toInt", "toLong")
        match self.below(7):
            case 5 if self.moments:
                moments = ("now()", "queryStartTime()", f"toMillis({self.pick(self.moments)})")
                return self.pick((*moments, *moments, "queryEndTime() - queryTimeRange()"))
            case 0 | 6:
                return f"{self.pick((*one, 'toDouble'))}({self.leaf()})"
            case 1:
                return f"{self.pick(('greatest', 'least'))}({self.leaf()}, {self.leaf()})"
            case 2:
                return self.pick((f"round({self.leaf()}, {self.below(4)})", f"-{self.field()}"))
            case 3 if self.chance(3):
                return f"({self.leaf()} ^ {self.pick(('2', '0.5', '-1', '3'))})"
            case _:
                return f"({self.leaf()} {self.pick('+-*/%')} {self.leaf()})"

    def text(self) -> str:
        name, literal = self.field(), self.pick(('"a"', '"-"', '"0"', '"7"', '"é"', '"10."'))
        start, length = self.below(6) - 1, self.below(4)
        return self.pick(
            (
                f"{self.pick(('trim', 'ltrim', 'rtrim', 'toupper', 'tolower'))}({name})",
                f"{self.pick(('strlen', 'messageSize', 'ipv4ToNumber'))}({name})",
                f"{self.pick(('trim', 'ltrim', 'rtrim'))}({name}, {literal})",
                f"{self.pick(('strcontains', 'startsWith', 'endsWith'))}({name}, {literal})",
                f"concat({name}, {literal}, {self.leaf()})",
                f"substr({name}, {start})",
                f"substr({name}, {start}, {length})",
                f'replace({name}, {literal}, "*")',
                f'regexReplace({name}, "[0-9]+", {literal})',
            )
        )

    def condition(self, depth: int = 0) -> str:
        if depth < 2 and self.chance(3):
            inner = self.condition(depth + 1)
            if self.chance(3):
                return f"not ({inner})"
            return f"({inner} {self.pick(('and', 'or'))} {self.condition(depth + 1)})"
        listed = ", ".join(self.several(_LITERALS, 3))
        tests = (
            "ispresent", "isNumeric", "isempty", "isblank", "isValidIp", "isValidIpV4",
            "isValidIpV6", "isPrivateIP", "isPublicIP", "isReservedIP",
        )  # fmt: skip
        subnets = ("isIpInSubnet", "isIpv4InSubnet", "isIpv6InSubnet")
        match self.below(8):
            case 0:
                return f"{self.field()} {self.pick(('in', 'not in'))} [{listed}]"
            case 1:
                return f"{self.field()} {self.pick(('like', 'not like'))} {self.pick(_PATTERNS)}"
            case 2:
                return f"{self.pick(tests)}({self.field()})"
            case 3:
                return f'{self.pick(subnets)}({self.field()}, "{self.pick(_BLOCKS)}")'
            case 4:
                return self.field()
            case _:
                sides = [self.number() if self.chance(3) else self.leaf() for _ in range(2)]
                return self.pick(("=", "!=", "<", "<=", ">", ">=", "==")).join(
                    (f"{sides[0]} ", f" {sides[1]}")
                )

    def choice(self) -> str:
        match self.below(3):
            case 0:
                return f"coalesce({self.field()}, {self.field()})"
            case 1:
                return f"if({self.condition()}, {self.field()}, {self.field()})"
            case _:
                return (
                    f"case({self.condition()}, {self.field()}, {self.condition()}, {self.leaf()})"
                )

    def bin(self) -> str:
        if self.are_events and self.chance(2):
            return f"bin({self.pick(_PERIODS)})"
        moment = self.moved(self.pick(self.moments))
        rounded = (
            f"{self.pick(('datefloor', 'dateceil', 'dateceil'))}({moment}, {self.pick(_PERIODS)})"
        )
        return self.moved(rounded) if self.chance(4) else rounded

    def moved(self, moment: str) -> str:
        """The moment, or another one that is computed from it."""
        forms = ("{}", "{}", "fromMillis(toMillis({}) + 59999)", "{} - 21600000", "{} + 9 * 1000")
        return self.pick(forms).format(moment)

    def expression(self) -> str:
        kinds: list[Callable[[], str]] = [self.number, self.text, self.condition, self.choice]
        return self.pick([*kinds, self.bin] if self.moments else kinds)()

    def aggregate(self) -> str:
        by_time = ("earliest", "latest") if self.are_events and self.has_single_rows else ()
        name = self.field()
        match self.below(14):
            case 0:
                return "count(*)"
            case 1:
                return f"pct({name}, {self.pick((0, 50, 90, 95, 100))})"
            case 2:
                return f"{self.pick(('count', 'min', 'max'))}({self.number()})"
            case 3:
                return f"sum({self.condition()})"
            case 4:
                return self.pick((f"sum({name}) / count(*) * 100", f"max({name}) - min({name})"))
            case _:
                return f"{self.pick((*_AGGREGATES, *by_time))}({name})"

    # Commands

    def prelude(self) -> list[str]:
        command, names = self.pick(_PRELUDES)
        self.names += names * 2
        return [command] if command else []

    def fields(self) -> str:
        return f"fields {self._items()}"

    def display(self) -> str:
        return f"display {self._items()}"

    def _items(self) -> str:
        """A later item may use an earlier alias."""
        items = []
        for _ in range(1 + self.below(3)):
            if self.chance(2):
                items.append(self.field())
                continue
            expression, alias = self.expression(), self.alias("a")
            items.append(f"{expression} as {alias}")
            self.names += [alias, alias]
        return ", ".join(items)

    def filter(self) -> str:
        if is_local("filterIndex") and self.chance(9):
            return f"filterIndex {self.field()} = {self.pick(_LITERALS)}"
        return f"{self.pick(('filter', 'where'))} {self.condition()}"

    def stats(self) -> str:
        keys, moments = [], []
        for _ in range(self.below(3)):
            name = self.alias("k")
            if self.moments and self.chance(3):
                keys.append(f"{self.bin()} as {name}")
                moments.append(name)
            else:
                key = self.pick((self.field, self.field, self.number, self.text, self.condition))()
                keys.append(f"{key} as {name}")
        made = [f"{self.aggregate()} as {self.alias('s')}" for _ in range(1 + self.below(3))]
        if self.chance(3):
            made.append(f"{self.of_group(keys, moments)} as {self.alias('s')}")
        # A list can't be used where a value is wanted (2.4), so nobody gets to know its name.
        usable = [item for item in (*keys, *made) if not item.startswith("values(")]
        self.grouped([item.rpartition(" as ")[2] for item in usable], moments)
        return f"stats {', '.join(made)}" + (f" by {', '.join(keys)}" if keys else "")

    def of_group(self, keys: Sequence[str], moments: Sequence[str]) -> str:
        """An item of `stats` with what the rows of a group have in common.

        Not what is a time in some groups only: how such a column is ordered, nothing says.
        """
        parts = [each.rsplit(" as ", 1) for each in keys]
        key = self.pick([part for each in parts for part in each] or ["1"])
        other = self.pick([name for _, name in parts if name not in moments] or ["1"])
        return self.pick(
            (
                f"max({self.field()}) - ({key})",
                f"strlen({key}) + count(*)",
                f"({key}) * 2",
                key,
                "0.20 / 1000000",
                f"if({other} = 1, count(*), {other})",
            )
        )

    def grouped(self, names: Sequence[str], moments: Sequence[str] = ()) -> None:
        """After a command that leaves these names only."""
        self.names, self.moments = [*names, *names, "nothing"], list(moments)
        self.are_events = False

    def sort(self) -> str:
        keyword = self.pick(("sort", "sort", "order", "sort by"))
        names = self.several([*self.names, *self.moments], 2)
        return f"{keyword} {', '.join(name + self.pick(('', ' asc', ' desc')) for name in names)}"

    def limit(self) -> str:
        return f"{self.pick(('limit', 'limit', 'head'))} {1 + self.below(9)}"

    def dedup(self) -> str:
        return f"dedup {', '.join(self.several(self.names, 2))}"

    def ending(self) -> list[str]:
        """Only `limit` may follow `dedup` (1.8)."""
        match self.below(4):
            case 0:
                return [self.display()]
            case 1:
                return [self.dedup(), self.limit()]
            case _:
                return []


def core_query(random: Random) -> str:
    """Two to five of fields, display, filter, stats, sort, limit, parse and dedup."""
    writer = Writer(random)
    commands = writer.prelude()
    for _ in range(1 + writer.below(4)):
        kinds = (
            writer.filter,
            writer.filter,
            writer.fields,
            writer.stats,
            writer.sort,
            writer.limit,
        )
        commands.append(writer.pick(kinds)())
    return " | ".join([*commands, *writer.ending()])

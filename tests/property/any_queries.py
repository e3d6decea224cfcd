"""Queries of anything with anything: what the checker lets pass, whatever it may mean."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from flowtui.query.catalogue import FUNCTIONS, Engine, FunctionInfo, parameters
from tests.property.oracle_logs import Chooser

FIELDS = (
    "bytes", "packets", "dstport", "srcaddr", "action", "protocol", "start", "interface_id",
    "@timestamp", "@timestamp", "@message", "@ingestionTime", "@ptr", "@logStream", "nothing",
)  # fmt: skip
_LITERALS = (
    "0", "1", "-1", "2", "0.5", "-0.25", "7", "1e308", "-1e308", "1e-300", "9223372036854775807",
    "-9223372036854775808", "18446744073709551616", "2147483648", "253402300800000", "1e19", "64",
    '"a"', '""', '"-"', '"7"', '"1e400"', '"inf"', '"nan"', '"0x1f"', '"10.0.0.1"', '"::1"', "true",
    '"é→日本"', '"%zz"', '"2022-04-01"', '"[1, {}]"', '"{"', '"\\\\"', '"a.b"', '"\\n"', '"1_0"',
)  # fmt: skip
_PERIODS = (
    "1ms", "250ms", "7s", "60s", "90m", "25m", "1h", "24h", "1d", "999999d", "3w", "1mo", "5mo",
    "1q", "1y", "9999y", "999999999999999999s", "99999999999999999w", "999999999999999999d",
)  # fmt: skip
_ARGUMENTS = {
    "period": _PERIODS,
    "cidr": ('"10.0.0.0/8"', '"0.0.0.0/0"', '"::/0"', '"fd00::/8"', '"10.0.0.9/32"'),
    "regex": ('"[0-9]+"', '"(a)|b"', '"^$"', '"."', '"\\\\s*"'),
    "zone": ('"UTC"', '"Europe/Berlin"', '"Asia/Kolkata"', '"+02:00"'),
    "percent": ("0", "50", "95", "99.9", "100"),
    "k": ("1", "3", "10000"),
}
_FORMATS = {
    "parsedate": ('"yyyy-MM-dd"', '"dd.MM.yyyy HH:mm"', '"uuuu-DDD"', "\"yy-MM-dd'T'hh:mm a\""),
    "formatdate": ('"%Y-%m-%d %H:%M:%S"', '"%s %z %e"', '"%C%%"', '"%j %U %V %G"', '"x"'),
}
_SCALARS = tuple(
    info
    for info in FUNCTIONS.values()
    if info.runs_on(Engine.LOCAL) and not info.aggregate and info.name != "jsonParse"
)
_AGGREGATES = tuple(
    info
    for info in FUNCTIONS.values()
    if info.runs_on(Engine.LOCAL) and info.aggregate and info.name != "topk"
)


_HEAVY = frozenset(
    info.name
    for info in _SCALARS
    if "Ip" in info.name or "IP" in info.name or "code" in info.name or "json" in info.name
)
"""DuckDB plans them for seconds where they read what was computed."""
_DEEPEST = 3


class Anything(Chooser):
    """Writes one query; `names` are those in reach."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.names = list(FIELDS)
        self.plain = list(FIELDS)
        """Those of the event."""
        self.are_events = True
        self._made = 0

    def alias(self) -> str:
        self._made += 1
        return f"x{self._made}"

    def expression(self, depth: int = 0) -> str:
        kinds: list[Callable[[int], str]] = [self.leaf, self.leaf]
        if depth < _DEEPEST:
            kinds += [self.operation, self.call, self.call, self.condition, self.inside]
        return self.pick(kinds)(depth)

    def leaf(self, _depth: int = 0) -> str:
        return self.pick(_LITERALS) if self.chance(3) else self.pick(self.names)

    def operation(self, depth: int) -> str:
        if self.chance(6):
            return f"(-{self.expression(depth + 1)})"
        sides = self.expression(depth + 1), self.expression(depth + 1)
        return f"({sides[0]} {self.pick('+-*/%^')} {sides[1]})"

    def inside(self, depth: int) -> str:
        """What may be in a map or a list; one in another takes long to plan."""
        way = self.pick((".a", "[0]", ".`user.id`", ".list[1]", ".a.b"))
        return f"jsonParse({self.pick(self.plain)}){way}" if depth < 2 else self.leaf()

    def call(self, depth: int = 0) -> str:
        info = self.pick(_SCALARS)
        if info.name in ("case", "if"):
            return f"if({', '.join((self.condition(depth + 1), *self._values(2, depth)))})"
        return self.written(info, depth)

    def written(self, info: FunctionInfo, depth: int) -> str:
        depth = _DEEPEST if info.name in _HEAVY else depth
        most = info.least + 2 if info.most is None else info.most
        count = info.least + self.below(most - info.least + 1)
        named = (*parameters(info), *["value"] * count)
        parts = [self.argument(info, each, depth) for each in named[:count]]
        return f"{info.name}({', '.join(parts)})"

    def argument(self, info: FunctionInfo, parameter: str, depth: int) -> str:
        if parameter == "*":
            return "*"
        choices = _ARGUMENTS.get(parameter)
        if parameter == "format":
            choices = _FORMATS[info.name.lower()]
        return self.pick(choices) if choices else self.expression(depth + 1)

    def _values(self, count: int, depth: int) -> list[str]:
        return [self.expression(depth + 1) for _ in range(count)]

    def condition(self, depth: int = 0) -> str:
        left = self.expression(depth + 1)
        match self.below(7):
            case 0:
                listed = ", ".join(self.several(_LITERALS, 3))
                return f"({left} {self.pick(('in', 'not in'))} [{listed}])"
            case 1:
                pattern = self.pick(("/[0-9]/", "/^a|b$/", '"1"', '"%"'))
                return f"({left} {self.pick(('like', 'not like'))} {pattern})"
            case 2:
                return f"(not {left})"
            case 3 if depth < 2:
                both = self.condition(depth + 1), self.condition(depth + 1)
                return f"({both[0]} {self.pick(('and', 'or'))} {both[1]})"
            case _:
                operator = self.pick(("=", "!=", "<", "<=", ">", ">="))
                return f"({left} {operator} {self.expression(depth + 1)})"

    def aggregate(self) -> str:
        info = self.pick(_AGGREGATES)
        if info.name in ("earliest", "latest", "rate") and not self.are_events:
            return f"count({self.expression(1)})"
        return self.written(info, 1)

    # Commands

    def fields(self) -> str:
        items = []
        for _ in range(1 + self.below(2)):
            alias = self.alias()
            items.append(f"{self.expression()} as {alias}")
        self.names += [item.rpartition(" as ")[2] for item in items] * 2
        return f"{self.pick(('fields', 'fields', 'display'))} {', '.join(items)}"

    def filter(self) -> str:
        return f"filter {self.condition()}"

    def stats(self) -> str:
        keys = [f"{self.expression(1)} as {self.alias()}" for _ in range(self.below(3))]
        if self.are_events and self.chance(3):
            keys.append(f"bin({self.pick(_PERIODS)}) as {self.alias()}")
        items = [f"{self.aggregate()} as {self.alias()}" for _ in range(1 + self.below(3))]
        if self.chance(3):
            key = self.pick([each.rpartition(" as ")[2] for each in keys] or ["1"])
            items.append(f"({self.aggregate()} {self.pick('+-*/%^')} {key}) as {self.alias()}")
        self.names = [each.rpartition(" as ")[2] for each in (*keys, *items)] + ["nothing"]
        self.plain = ["nothing", *self.names[:1]]
        self.are_events = False
        by = f" by {', '.join(keys)}" if keys else ""
        return f"stats {', '.join(items)}{by}"

    def rows(self) -> str:
        """A command that makes rows of rows."""
        name, other, new = self.pick(self.names), self.pick(self.names), self.alias()
        made = self.pick((
            f"accum {name} as {new}", f"autoregress {name} as {new} p=2", f"filldown {name}",
            f"outlier mark=true uselower=true {name}", f"outlier param=0.1 action=remove {name}",
            f"addtotals fieldname={new} col=true {name}, {other}", f"sort {name} desc, {other}",
            f"unnest jsonParse({name}) into {new}", f"expand {name}", f"tail {1 + self.below(5)}",
            f"parse {name} /(?<{new}>[0-9]+)/", f'parse {name} "* *" as {new}, y{new}',
            f'parse {name} "a*.*" as {new}, y{new}', f"parse {name} logfmt as {new}",
            f"parse {name} csv as {new}, y{new}", f"parse {name} /([0-9])/ as {new} multi",
            f'json field={name} "a[0].b" as {new}', f"sort {self.expression(1)}",
            f"limit {1 + self.below(5)}", f"addtotals {name}", "filldown",
        ))  # fmt: skip
        if f"as {new}" in made or f"into {new}" in made:
            self.names += [new] * 2
        return made

    def ending(self) -> str:
        name = self.pick(self.names)
        ends = [f"dedup {name}", f"dedup {name} | limit 3", "estimate", f"countFrequent {name}"]
        if self.are_events:
            bins = f"stats count(*) as n, max({name}) as m by bin({self.pick(_PERIODS)}) as t"
            ends += [f"sessionize {name} maxspan {self.pick(_PERIODS)}", f"stats topk(3, {name})"]
            ends += [f"{bins} | fillmissing with 0 for n", f"{bins} offset {self.pick(_PERIODS)}"]
        return self.pick(ends)


def any_query(random: Random) -> str:
    """One to five commands."""
    writer = Anything(random)
    kinds = (writer.fields, writer.filter, writer.stats, writer.rows, writer.rows)
    commands = [writer.pick(kinds)() for _ in range(1 + writer.below(4))]
    if writer.chance(3):
        commands.append(writer.ending())
    return " | ".join(commands)

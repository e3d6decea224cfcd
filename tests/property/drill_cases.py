"""Generated aggregations, and the flow logs that they read.

Hypothesis keeps what makes them for ever, so nothing here knows DuckDB.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.timerange import TimeRange, to_ms
from flowtui.query import ast
from flowtui.query.catalogue import Engine, find_command
from flowtui.query.parser import parse
from flowtui.query.printer import name_text

START = datetime(2022, 4, 1, 15, 0, tzinfo=UTC)
FORMAT = FlowFormat.parse(
    "${account-id} ${srcaddr} ${dstport} ${bytes} ${action} ${instance-id} ${start} ${tcp-flags}"
)
NOW = START + timedelta(hours=2)

# Data

_TEXTS = {
    "account_id": ("000000000001", "000000000002", "-"),
    # Nothing that AWS writes: what exact quoting and loose comparison must survive.
    "srcaddr": (
        "10.0.0.1", "10.0.0.10", "-", '"', "\\", "a`b", "é|#", "01", "1", "1.0", "/", "1e0", "+1",
        "٣", "'", "\\n", "NaN", "日本", "\x1b[1m", "\u202e", "0x1", "1_0", "{{a}}", "<*>", "%1",
    ),
    "dstport": ("22", "443", "0443", "443.0", "0", "65535", "-"),
    "bytes": ("-", "0", "7", "40", "4999", "7000", "7e3", "007", str(2**31 + 1)),
    "action": ("ACCEPT", "REJECT", "-"),
    "instance_id": (
        "i-1", "-", '{"k":"01","n":1.0}', '{"k":1,"n":1}', '{"k":"","n":[1]}', '{"k":{"n":2}}',
        '{"k":true,"n":null}', '{"k":"a\\nb\\u0001","n":-0.5}', "[1,2]",
    ),
    "tcp_flags": ("0", "2", "+2", "18", "3", "-"),
}  # fmt: skip
_SECONDS = (0, 1, 59, 60, 420, 1499, 1500, 3000, 3599, 3600, 7199, 7200, 32400, -54000)
"""Both ends of bins, inside and outside of the windows."""
_MISFITS = ("not a record", "- 10.0.0.1 22 01 ACCEPT i-1 1648825200 - more words", "")


def _line(row: Mapping[str, str], second: int) -> str:
    start = str(to_ms(START) // 1000 + second)
    return " ".join(row.get(name, start) for name in FORMAT.columns)


def respelled(lines: Iterable[str]) -> frozenset[FieldInfo]:
    """The fields of which a line writes a number as AWS never does."""
    records = [line.split(" ") for line in lines]
    words = {
        info: [record[index] for record in records if len(record) == len(FORMAT.fields)]
        for index, info in enumerate(FORMAT.fields)
    }
    return frozenset(
        info
        for info, found in words.items()
        if info.type.is_number and not all(map(_USUAL.fullmatch, found))
    )


_USUAL = re.compile(r"-|0|[1-9][0-9]*")

_SAMPLED = {name: st.sampled_from(texts) for name, texts in _TEXTS.items()}
_BYTES = st.integers(0, 5000).map(str)
_ROWS = st.fixed_dictionaries(_SAMPLED | {"bytes": _SAMPLED["bytes"] | _BYTES})
_RECORDS = st.builds(_line, _ROWS, st.sampled_from(_SECONDS) | st.integers(-60, 7260))
LINES = st.lists(_RECORDS, min_size=1, max_size=12) | st.lists(
    _RECORDS | st.sampled_from(_MISFITS), min_size=1, max_size=12
)


def every_text() -> list[str]:
    """Lines in which each of the texts is, with different ones beside it."""
    steps = {name: step for step, name in enumerate(_TEXTS, 1)}
    return [
        _line(
            {name: texts[n // steps[name] % len(texts)] for name, texts in _TEXTS.items()},
            _SECONDS[n % len(_SECONDS)],
        )
        for n in range(100)
    ]


def spelled(*ports: str) -> list[str]:
    """Lines that differ in the spelling of their port."""
    texts = {name: each[0] for name, each in _TEXTS.items()}
    return [_line({**texts, "dstport": port}, 60) for port in ports]


WHOLE = TimeRange(START, START + timedelta(hours=2))
WINDOWS = st.sampled_from([
    WHOLE,
    WHOLE,
    TimeRange(START, START + timedelta(hours=1)),
    TimeRange(START + timedelta(seconds=59), START + timedelta(minutes=57, seconds=1)),
    TimeRange(START + timedelta(milliseconds=1), START + timedelta(minutes=7, milliseconds=999)),
    TimeRange(START - timedelta(days=1), START + timedelta(days=3)),
])  # fmt: skip


# Queries


@dataclass(frozen=True, slots=True)
class Before:
    """A command before the `stats`, and the names or expressions that it makes a key of."""

    text: str
    keys: tuple[str, ...] = ()


_BEFORE = st.sampled_from([
    Before('filter action = "ACCEPT"'),
    Before("FILTER  dstport!=22"),
    Before("sort bytes desc"),
    Before("sort bytes desc | limit 7"),
    Before("limit 5"),
    Before("display srcaddr"),
    Before("fields bytes * 2 as twice", ("twice",)),
    Before("fields bytes / 3 as third, third as also", ("third", "also")),
    Before('fields replace(srcaddr, "1", "\n") as lines', ("lines", "concat(lines, lines)")),
    Before('fields replace(srcaddr, "-", "") as blank', ("blank",)),
    Before('fields concat(srcaddr, "\x07\x00") as bell', ("bell",)),
    Before('fields concat("0", dstport) as zeros', ("zeros",)),
    Before('fields concat("0", dstport) as dstport', ("dstport",)),
    Before("fields bin(7m) as seven", ("seven", "datefloor(seven, 1h)")),
    Before("fields bin(5m) as five, five as also5", ("also5", "five as f", "five + 1000")),
    Before("fields jsonParse(instance_id) as m", ("m.k", "m.n", "m.n + 1", "m.k.n", "concat(m.k)")),
    Before('parse srcaddr "*.*" as head, rest', ("head", "rest")),
    Before("parse srcaddr /(?<digits>[0-9]+)/", ("digits",)),
    Before('parse @message "* * *" as one, two, three', ("two", "strlen(three)")),
    Before('parse @message "* * * *" as a, b, dstport, bytes', ("b", "dstport")),
    Before("filter bytes > queryTimeRange() / 5000"),
])  # fmt: skip

_KEYS = (
    "srcaddr", "dstport", "account_id", "action as a", "instance_id", "nowhere", "bytes",
    "bin(1m)", "bin(7m) as t", "bin(1h)", "datefloor(@timestamp, 10m)", "bytes / 3",
    "bin(25m)", "bin(7h)", "bin(1d)", "bin(2d)", "bin(1w)", "bin(1mo)", "bin(250ms)", "bin(1s)",
    "bin(700ms)", "bin(90s)", "dateceil(@timestamp, 1h)", "@timestamp", "@logStream",
    "bytes / 7000 as share", "substr(srcaddr, 0, 2)", 'concat(srcaddr, "/", dstport)',
    "dstport = 22", "strlen(srcaddr) as n", 'if(action = "REJECT", srcaddr, dstport)',
    "ispresent(bytes)", "coalesce(nowhere, srcaddr)", "-bytes", "toNumber(srcaddr)",
    'case(dstport = 22, "ssh", dstport > 99, concat("0", dstport), "")',
    'case(bytes > 100, bytes / 7, action = "-", @timestamp)', "if(bytes > 9, 1.50, bytes / 3)",
    'regexReplace(srcaddr, "[0-9]+", "\\\\\\\\")', 'replace(srcaddr, "1", "\n\t ")',
    'formatDate(@timestamp, "%H:%M", "Europe/Berlin")', "floor(tcp_flags / 2) % 2 = 1",
    "floor(tcp_flags / 2) % 2", "tcp_flags % 3 as rest", "histogram(bytes, 100)",
    "round(bytes / 7, 2)", "log(bytes)", "sqrt(bytes)", "bytes ^ 2", "1 / bytes",
    "toupper(action) as `odd name`",
    'isIpInSubnet(srcaddr, "10.0.0.0/29")', "@timestamp as moment", "toMillis(@timestamp) / 7",
    "fromMillis(start * 1000)", "greatest(bytes, dstport)", "coalesce(bytes, srcaddr, @timestamp)",
    "decToHex(bytes)", "md5(srcaddr)", "queryStartTime() + bytes", "srcaddr like /1/",
    "trim(srcaddr)", "tolower(srcaddr) as S, toupper(srcaddr) as s", "concat(account_id)",
    "isempty(nowhere)", "1 as one", '"01"', "now()", "@timestamp - 1000 as earlier",
    "datefloor(@timestamp - 21600000, 1h) + 21600000", "bytes + @timestamp", "bytes / 7e6 as tiny",
)  # fmt: skip
_SHIFTED = ("bin(1m)", "bin(1h) as h", "bin(1d)", "bin(250ms)", "bin(1mo)", "strlen(bin(1h))",
            'formatDate(bin(10m), "%H:%M")')  # fmt: skip
_OFFSETS = st.sampled_from(["1h", "7m", "250ms", "90m", "1d", "2w"])
_AGGREGATES = (
    "count(*)", "sum(bytes)", "max(dstport)", "min(bytes) as low", "avg(bytes)",
    "count_distinct(srcaddr)", "sum(bytes) / count(*) as mean", "count(bytes)", "pct(bytes, 90)",
    "earliest(srcaddr)", "latest(instance_id) as last", "sortsFirst(srcaddr)", "sortsLast(srcaddr)",
    "values(action)", "max(@timestamp)", "stddev(dstport)", "sum(dstport > 30) as some",
    "max(queryEndTime()) as until", "min(srcaddr)", "rate(bytes, 1m)", "sum(bytes / 3)",
    "0.20 / 1000000 as cost",
)  # fmt: skip
_CONSTANTS = _AGGREGATES[-1:]
AGGREGATES = st.lists(st.sampled_from(_AGGREGATES), min_size=1, max_size=3, unique=True).filter(
    lambda chosen: not set(chosen) <= set(_CONSTANTS)
)  # alone they are refused
_BETWEEN = st.sampled_from([" | ", "\n| ", "|", " # what | for?\n  |\t"])


@st.composite
def aggregations(draw: st.DrawFn, *, is_limited: bool = True) -> str:
    """`[commands |] stats ... [by ... [offset ...]] [| commands]`; no group is cut off if so."""
    before = draw(st.lists(_BEFORE, max_size=3, unique_by=lambda each: each.text))
    made = [key for each in before for key in each.keys]
    keys = draw(st.lists(st.sampled_from([*_KEYS, *made, *made]), max_size=3, unique=True))
    offset = ""
    if draw(st.integers(0, 7)) == 0:
        keys = [*keys, draw(st.sampled_from(_SHIFTED))]
        offset = f" offset {draw(_OFFSETS)}"
    by = f" by {', '.join(keys)}{offset}" if keys else ""
    grouping = f"stats {', '.join(draw(AGGREGATES))}{by}"
    commands = [*(each.text for each in before), grouping]
    commands += draw(_after(grouping, is_limited=is_limited))
    return commands[0] + "".join(draw(_BETWEEN) + command for command in commands[1:])


@st.composite
def raw_queries(draw: st.DrawFn) -> str:
    """Commands of which none cuts events off, and what chooses the columns."""
    before = draw(st.lists(_BEFORE, max_size=3, unique_by=lambda each: each.text))
    before = [each for each in before if "limit" not in each.text]
    made = [key for each in before for key in each.keys]
    shown = draw(st.lists(st.sampled_from([*_KEYS, *made, *made]), min_size=1, unique=True))
    chosen = f"{draw(st.sampled_from(['fields', 'display']))} {', '.join(shown[:5])}"
    added = draw(st.sampled_from(["", "fields concat(action, dstport) as more", "display action"]))
    commands = [*(each.text for each in before), chosen, added]
    if draw(st.booleans()):
        commands.insert(draw(st.integers(0, len(commands))), "sort bytes desc")
    return " | ".join(filter(None, commands))


@st.composite
def _after(draw: st.DrawFn, grouping: str, *, is_limited: bool) -> list[str]:
    stats = parse(grouping).commands[0]
    assert isinstance(stats, ast.Stats)
    keys = [name_text(item.name) for item in stats.keys]
    names = [*keys, *(name_text(item.name) for item in stats.aggregates)]
    last = names[-1]
    choices = st.sampled_from([
        "limit 3", f"sort {(keys or ['1'])[0]} desc", "filter 1 = 1 # all",
        f"filter ispresent({last})",
        f"display {', '.join(reversed(names))}", f"fields {', '.join([*names, last])} ",
        f"fields {', '.join(names)}, {last} * 2 as double", f"display {', '.join(names)}, 1 as one",
    ])  # fmt: skip
    commands = draw(st.lists(choices, max_size=2, unique=True))
    is_list = "values" in last
    others = [text for text in _of_rows(last) if _is_local(text) and not is_list]
    if others and is_limited and draw(st.integers(0, 3)) == 0:
        return [*commands, draw(st.sampled_from(others))]
    if not is_limited:
        return [command for command in commands if "limit" not in command]
    is_deduped = draw(st.integers(0, 9)) == 0 and not is_list
    return [*commands, f"dedup {last}"] if is_deduped else commands


_STEPS = st.sampled_from([
    ("stats sum(bytes) as b, count(*) as n by srcaddr, action, bin(5m) as t", "b n t action"),
    ("stats sum(bytes) / 3 as b, count(*) as n, max(dstport) as p by srcaddr, bin(1h) as t",
     "b n t p srcaddr"),
    ("stats avg(bytes) as b, latest(srcaddr) as n by concat(dstport, action) as action,"
     " bin(7m) as t offset 30m", "b n t action"),
    ("filter ispresent(srcaddr) | stats count(*) as b, min(srcaddr) as n, b / 2 as t by action",
     "b n t action"),
    ("fields bytes / 3 as bytes | stats max(bytes) as b, sortsLast(action) as n by action, bin(5m)",
     "b n action"),
])  # fmt: skip


def _is_local(text: str) -> bool:
    info = find_command(text.split(maxsplit=1)[0])
    return info is not None and info.runs_on(Engine.LOCAL)


def _of_rows(name: str) -> list[str]:
    """What computes columns from the rows before, where the engine does; none changes a total."""
    return [
        f"accum {name} as running", f"autoregress {name} p=1-2",
        "addtotals fieldname=all", f"outlier action=remove {name}",
    ]  # fmt: skip


@st.composite
def steps(draw: st.DrawFn) -> str:
    """`stats ... | stats ...` and perhaps a third one, each by columns of the one before."""
    first, names = draw(_STEPS)
    keys = [*names.split(), "b / 7", "concat(n, b) as `n b`"]
    by = draw(st.lists(st.sampled_from(keys), max_size=2, unique=True))
    second = "stats sum(b) as total, max(n) as top" + (f" by {', '.join(by)}" if by else "")
    if not draw(st.booleans()):
        return f"{first} | {second}"
    # The last bit of a sum of fractions goes with the order in which threads add them.
    third = draw(st.sampled_from(["top", "total", "total > 9", "top, round(total) % 7 as r"]))
    return f"{first} | {second}\n| stats count(*) as k, sum(total) by {third} | sort k desc"


QUERIES = st.one_of(aggregations(), aggregations(), steps())

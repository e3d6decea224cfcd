"""Queries of one part of the language each, for the oracle's tests.

A function or command that the local engine does not compute yet, by the catalogue, is not
written; where a whole part is missing its queries are the core's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.property.oracle_queries import Writer, is_local, local

_STRFTIME = ("%Y-%m-%d", "%H:%M:%S", "%d.%m.%y %H Uhr", "%j", "%Y-%m-%dT%H:%M:%SZ", "%%", "%b %d")
_ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
_JAVA = (
    ("yyyy-MM-dd HH:mm:ss", "2022-04-01 15:18:31"),
    ("yyyy-MM-dd'T'HH:mm:ss", "2022-02-30T00:00:60"),
    ("dd.MM.yyyy", "01.04.2022"),
    ("yyyyMMddHHmmssSSS", "20220401151831123"),
)


def date_query(random: Random) -> str:
    """formatDate, parseDate, bins and offsets, rate and histogram."""
    writer = Writer(random)
    kinds: list[Callable[[], str]] = [writer.bin]
    if local(["formatDate"]):
        kinds += [lambda: _format_date(writer)] * 2
    if local(["parseDate"]):
        kinds += [lambda: _parse_date(writer)] * 2
    if local(["histogram"]):
        kinds.append(lambda: f"histogram({writer.field()}, {writer.pick(('1', '10', '0.5'))})")
    if writer.chance(2):
        items = [f"{writer.pick(kinds)()} as {writer.alias('a')}" for _ in range(3)]
        return f"fields {', '.join(items)}"
    keys = [f"{writer.pick(kinds)()} as {writer.alias('k')}" for _ in range(1 + writer.below(2))]
    aggregates = ["count(*) as s1", f"{writer.aggregate()} as s2"]
    if local(["rate"]):
        bin_ = f"bin({writer.pick(('1m', '25m', '7m', '1h', '1d'))})"
        keys = [f"{bin_} as k1"] if writer.chance(2) else keys
        if not any("date" in key for key in keys):
            aggregates.append(f"rate({writer.field()}, {writer.pick(('1s', '1m', '2h'))}) as s3")
        if keys == [f"{bin_} as k1"] and writer.chance(2):
            keys.append(f"{writer.field()} as k2 offset {writer.pick(('1h', '90m', '1d'))}")
    return f"stats {', '.join(aggregates)} by {', '.join(keys)}"


def _format_date(writer: Writer) -> str:
    moment, pattern = writer.pick(("@timestamp", "@ingestionTime")), writer.pick(_STRFTIME)
    zone = f', "{writer.pick(_ZONES)}"' if writer.chance(2) else ""
    return f'{writer.pick(("formatDate", "strftime"))}({moment}, "{pattern}"{zone})'


def _parse_date(writer: Writer) -> str:
    pattern, written = writer.pick(_JAVA)
    source = writer.pick((f'"{written}"', f'"{written}"', writer.field()))
    zone = f', "{writer.pick(_ZONES)}"' if writer.chance(2) else ""
    return f'parseDate({source}, "{pattern}"{zone})'


_PARTS = ("m.a", "m.b", "m.list", "m.a.b", "m.list.0", "m.b.list", "m.`user.id`", "m[0]", "m[1].a")


def json_query(random: Random) -> str:
    """jsonParse and the ways into it, and the commands that take lists apart."""
    writer = Writer(random)
    if not local(["jsonParse"]):
        return f"fields @message, {writer.text()} as a1"
    commands = ["fields jsonParse(@message) as m"]
    parts = list(_PARTS)
    if is_local("unnest") and writer.chance(3):
        commands.append(f"unnest {writer.pick(('m', 'm.list', 'm.a'))} into e")
        parts += ["e", "e.a", "e.list"] * 3
    if is_local("expand") and writer.chance(5):
        commands.append("expand @message")
    elif is_local("json") and writer.chance(4):
        commands.append(f'json field=@message "{writer.pick(("a", "a.b", "list[0]"))}" as j')
        parts += ["j", "j"]
    match writer.below(4):
        case 0:
            commands.append(f"filter {_json_condition(writer, parts)}")
            commands.append(f"display {', '.join(_part_items(writer, parts))}")
        case 1:
            key, counted = writer.pick(parts[:4]), writer.pick(parts)
            key = "concat(m.a)" if key == "m.list" else key
            commands.append(f"stats count(*) as s1, count({counted}) as s2 by {key} as k1")
        case _:
            commands.append(f"display {', '.join(_part_items(writer, parts))}")
    return " | ".join(commands)


def _part_items(writer: Writer, parts: Sequence[str]) -> list[str]:
    items = []
    for _ in range(1 + writer.below(3)):
        part = writer.pick(parts)
        written = writer.pick(
            (
                part,
                part,
                f"jsonArraySize({part})",
                f"jsonArrayContains({part}, {writer.pick(('7', '1', chr(34) + 'x' + chr(34)))})",
                f"ispresent({part})",
                f'concat({part}, "!")',
                f"{part} + 1",
                f'coalesce({part}, "none")',
                _json_condition(writer, parts),
            )
        )
        items.append(f"{written} as {writer.alias('a')}")
    if writer.chance(4):
        items.append(f"jsonStringify(m) as {writer.alias('a')}")
    return items


def _json_condition(writer: Writer, parts: Sequence[str]) -> str:
    operator = writer.pick(("=", "!=", "<", ">="))
    return f"{writer.pick(parts)} {operator} {writer.pick(('7', '1', chr(34) + 'x' + chr(34)))}"


_ENCODINGS = (
    "urlencode", "urldecode", "base64encode", "base64decode", "hexToAscii", "hexToDec", "md5",
    "sha256", "decToHex",
)  # fmt: skip
_ENCODED = (
    '"a b/ü?&+"', '"%41%c3%bc+"', '"%zz%4"', '"%ff"', '"YWJjw7w="', '"YWJ"', '"/w=="', '"414243"',
    '"4g"', '"0xff"', '"-0x1F"', '"ff"', '"0x"', "255", "-255.9", "0", '"0xC0A80001"', '""',
)  # fmt: skip


def encoding_query(random: Random) -> str:
    """Encodings and hashes of fields and of texts that are encoded, or nearly."""
    writer = Writer(random)
    functions = local(_ENCODINGS)
    if not functions:
        return f"fields {writer.text()} as a1"
    items = []
    for _ in range(1 + writer.below(4)):
        source = writer.field() if writer.chance(2) else writer.pick(_ENCODED)
        items.append(f"{writer.pick(functions)}({source}) as {writer.alias('a')}")
    if local(["split"]):
        items.append(f'split({writer.field()}, ".") as {writer.alias("a")}')
    if local(["haversine"]):
        places = ", ".join(writer.pick(("52.5", "13.4", "-33.9", "0", "180")) for _ in range(3))
        items.append(f"haversine({places}, {writer.leaf()}) as {writer.alias('a')}")
    return f"fields {', '.join(items)}"


def order_query(random: Random) -> str:
    """The commands that read a row together with others, after an order."""
    writer = Writer(random)
    # The forms of `parse` that the catalogue does not tell apart came with `accum`.
    kinds = [kind for kind in _ORDER_KINDS if is_local(kind) or (" " in kind and is_local("accum"))]
    commands = [writer.fields()] if writer.chance(2) else []
    if writer.chance(2):
        commands.append(writer.sort())
    for _ in range(1 + writer.below(2) if kinds else 0):
        commands.append(_in_order(writer, writer.pick(kinds)))
        if not writer.are_events or "col=true" in commands[-1]:
            return " | ".join(commands)
    ending = writer.pick((writer.filter, writer.stats, writer.limit))
    return " | ".join([*commands, ending()])


_ORDER_KINDS = (
    "accum", "autoregress", "filldown", "sessionize", "outlier", "addtotals", "fillmissing",
    "countFrequent", "parse multi", "parse csv", "parse logfmt",
)  # fmt: skip


def _in_order(writer: Writer, kind: str) -> str:  # noqa: C901, PLR0912  (one case a command)
    """One of the commands; a new name is in reach after it."""
    field, other, name = writer.pick(_PLAIN), writer.pick(_PLAIN), writer.alias("o")
    match kind:
        case "accum":
            written = f"accum {field} as {name}"
        case "autoregress":
            written = f"autoregress {field} as {name} p={1 + writer.below(3)}"
        case "filldown":
            return f"filldown {writer.pick((field, f'{field} {other}', 's*', ''))}".strip()
        case "sessionize" if writer.are_events:
            span = writer.pick(("", " maxspan 10m", " maxspan 90s"))
            written = f"sessionize {field}, srcaddr{span} as {name}"
        case "outlier":
            return _outlier(writer, field)
        case "addtotals":
            # Another name of `bytes` would have its total, too, which is as good.
            column = writer.pick(("", "col=true ")) if name == "o1" else ""
            written = f"addtotals fieldname={name} {column}bytes, packets"
        case "fillmissing":
            return _fill_missing(writer)
        case "countFrequent":
            writer.grouped([field, other, "_approxcount"])
            return f"{writer.pick(('countFrequent', 'count_frequent'))} {field}, {other}"
        case "parse multi":
            # Of the rows that one event became none is the latest.
            writer.has_single_rows = False
            written = f"parse @message /([0-9]+)[.]/ as {name} multi"
        case "parse logfmt":
            return "parse @message logfmt as m"
        case _:
            written = f"parse {writer.pick(('@message', 'action'))} csv as {name}"
    writer.names += [name] * 3
    return written


_PLAIN = ("bytes", "packets", "dstport", "srcaddr", "action", "protocol", "interface_id", "start")


def _outlier(writer: Writer, field: str) -> str:
    action = writer.pick(("", "action=remove ", "action=transform "))
    param = writer.pick(("", "param=0.5 ", "param=1 "))
    lower, mark = writer.pick(("", "uselower=true ")), writer.pick(("", "mark=true "))
    return f"outlier {action}{param}{lower}{mark}{field}"


def _fill_missing(writer: Writer) -> str:
    key = writer.pick(("", ", srcaddr as k2", ", protocol as k2"))
    fills = writer.pick(("", " with 0 for s1", ' with "none" for s2, 0 for s1'))
    bin_ = writer.pick(("5m", "25m", "1h"))
    # Some misfit may have a start of 1970, and bins between that and the others are millions.
    recent = "filter not toMillis(@timestamp) < 1600000000000"
    grouping = f"{recent} | stats count(*) as s1, max(bytes) as s2 by bin({bin_}) as k1{key}"
    writer.grouped(["s1", "s2", "k1"], ["k1"])
    return f"{grouping} | fillmissing{fills}"


LOOKUPS = {
    "hosts": [
        {"ip": "10.0.0.1", "name": "web", "owner": "ann"},
        {"ip": "10.0.0.9", "name": "db", "owner": ""},
        {"ip": "10.0.0.9", "name": "second", "owner": "bob"},
        {"ip": "fd00::9", "name": "six", "owner": "cy"},
        {"ip": "-", "name": "nobody", "owner": ""},
    ],
    "nets": [
        {"cidr": "10.0.0.0/8", "site": "all", "zone": "a"},
        {"cidr": "10.0.0.8/29", "site": "small", "zone": ""},
        {"cidr": "fd00::/8", "site": "six", "zone": "c"},
        {"cidr": "0.0.0.0/0", "site": "world", "zone": "w"},
    ],
}
"""Lookup tables for `source_queries`."""


def source_query(random: Random) -> str:
    """SOURCE, subqueries, joins and lookups, over the log groups `g` and `h`."""
    writer = Writer(random)
    kinds = [kind for kind in _SOURCE_KINDS if is_local(kind)]
    commands = []
    if "source" in kinds and writer.chance(2):
        commands.append(writer.pick(("SOURCE 'h'", "SOURCE 'g' 'h'", "SOURCE logGroups()")))
    commands += [writer.filter()] if writer.chance(3) else []
    if kinds:
        commands += _from_elsewhere(writer, writer.pick(kinds))
    ending = writer.pick((writer.filter, writer.stats, writer.limit))
    return " | ".join([*commands, ending()])


_SOURCE_KINDS = ("source", "join", "appendcols", "lookup", "cidrlookup")


def _from_elsewhere(writer: Writer, kind: str) -> list[str]:
    output = writer.pick(("OUTPUT", "OUTPUTNEW"))
    key = writer.pick(("srcaddr", "dstport", "bytes", "action"))
    match kind:
        case "source":
            inner = f"SOURCE 'h' | filter {writer.condition()} | fields {key}"
            return [f"filter {key} {writer.pick(('in', 'not in'))} ({inner})"]
        case "join":
            inner = writer.pick(
                ("SOURCE 'h'", f"SOURCE 'h' | stats count(*) as n, max(bytes) as x by {key}")
            )
            joined = f"join type={writer.pick(('inner', 'left'))} left=l right=r"
            shown = "fields l.srcaddr, r.n, bytes, r.x"
            return [f"{joined} where l.{key}=r.{key} ({inner})", shown]
        case "appendcols":
            inner = f"SOURCE 'h' | stats count(*) as n, sum(bytes) as b by {key}"
            options = writer.pick(("", "override=true ", "max=2 ", "override=true max=1 "))
            here = f"stats count(*) as n by {writer.pick(('srcaddr', 'action'))} as k1"
            writer.grouped(["n", "k1", "b"])
            return [here, f"appendcols {options}({inner})"]
        case "lookup":
            writer.names += ["name", "who", "name"]
            return [f"lookup hosts ip as srcaddr {output} name, owner as who"]
        case _:
            writer.names += ["site", "action", "site"]
            return [f"cidrlookup nets srcaddr as cidr {output} site, zone as action"]

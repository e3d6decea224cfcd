"""The commands and functions of Logs Insights QL as data (LANGUAGE.md 1.4 and 2).

The parser, the checker, completion, help and the local engine all read this one list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache


@dataclass(frozen=True, slots=True)
class CommandInfo:
    name: str
    syntax: str
    help: str
    local: bool = False
    """Whether the local engine runs it."""


@dataclass(frozen=True, slots=True)
class FunctionInfo:
    name: str
    signature: str
    help: str
    least: int
    most: int | None
    """The number of arguments; None is any number."""
    aggregate: bool = False
    local: bool = False
    """Whether the local engine computes it."""


def _commands(*rows: tuple[str, str, str, bool]) -> Mapping[str, CommandInfo]:
    return {row[0].lower(): CommandInfo(*row) for row in rows}


COMMANDS: Mapping[str, CommandInfo] = _commands(
    ("fields", "fields expr [as name], ...", "choose or compute columns", True),
    ("display", "display expr [as name], ...", "the columns to show; the last one counts", True),
    ("filter", "filter condition", "keep what meets the condition", True),
    ("where", "where condition", "the same as filter", True),
    ("stats", "stats aggregate [as name], ... [by key, ...]", "aggregate, in groups", True),
    ("sort", "sort field [asc|desc], ...", "order the rows", True),
    ("order", "order field [asc|desc], ...", "the same as sort", True),
    ("limit", "limit count", "at most that many rows", True),
    ("head", "head count", "the same as limit", True),
    ("tail", "tail count", "the last rows", True),
    ("parse", 'parse [field] "glob * glob" as name, ...', "take fields out of text", True),
    ("dedup", "dedup field, ...", "one row for each value; only limit may follow", True),
    ("filterIndex", "filterIndex field = value", "filter by a field index", True),
    ("pattern", "pattern field", "group messages by shape", False),
    (
        "diff",
        "diff [previousDay|previousWeek|previousMonth]",
        "compare with the time before",
        False,
    ),
    ("anomaly", "anomaly", "find anomalies; after pattern", False),
    ("unnest", "unnest list into name", "one row for each element", True),
    ("expand", "expand field", "one row for each element of a JSON array", True),
    ("lookup", "lookup table column [as field] OUTPUT column", "join a lookup table", True),
    ("cidrlookup", "cidrlookup table field OUTPUT column", "join a table by CIDR block", True),
    ("join", "join left=a right=b where a.k=b.k (query)", "join another query", True),
    ("appendcols", "appendcols (query)", "put another query's columns beside", True),
    ("unmask", "unmask", "show masked data", False),
    ("addtotals", "addtotals [fieldname=name] [field, ...]", "add a total", True),
    ("accum", "accum field [as name]", "running total", True),
    ("autoregress", "autoregress field [as name] [p=n]", "earlier values beside", True),
    ("filldown", "filldown [field ...]", "fill gaps from above", True),
    ("fillmissing", "fillmissing [with value for field]", "add the missing bins", True),
    ("outlier", "outlier field ...", "mark or remove outliers", True),
    ("sessionize", "sessionize field, ... [maxspan period]", "group events into sessions", True),
    ("countFrequent", "countFrequent field, ...", "approximate counts of values", True),
    ("count_frequent", "count_frequent field, ...", "the same as countFrequent", True),
    ("logcompare", "logcompare timeshift period", "compare with another time", False),
    ("relevantfields", "relevantfields where condition", "fields that set events apart", False),
    ("estimate", "estimate", "the bytes that the query would scan", True),
    ("json", 'json field=name "path" as name', "take a value out of JSON", True),
    ("source", "SOURCE logGroups(...)", "choose log groups in the query", True),
    ("search", "search", "undocumented", False),
)


def _functions(*rows: FunctionInfo) -> Mapping[str, FunctionInfo]:
    return {canonical(row.name): row for row in rows}


def _scalar(signature: str, help_: str, least: int, most: int | None) -> FunctionInfo:
    return FunctionInfo(signature.partition("(")[0], signature, help_, least, most, local=True)


def _remote(signature: str, help_: str, least: int, most: int | None) -> FunctionInfo:
    return FunctionInfo(signature.partition("(")[0], signature, help_, least, most)


def _aggregate(signature: str, help_: str, least: int, most: int | None) -> FunctionInfo:
    name = signature.partition("(")[0]
    return FunctionInfo(name, signature, help_, least, most, aggregate=True, local=True)


def canonical(name: str) -> str:
    """A function's name without case and underscores: `count_distinct` is `countDistinct`."""
    lowered = name.lower().replace("_", "")
    return _ALIASES.get(lowered, lowered)


_ALIASES = {"percentile": "pct", "strftime": "formatdate", "collectvalues": "values"}

FUNCTIONS: Mapping[str, FunctionInfo] = _functions(
    _aggregate("count(*)", "number of events, or of those that have the field", 0, 1),
    _aggregate("count_distinct(field)", "number of distinct values", 1, 1),
    _aggregate("sum(number)", "total", 1, 1),
    _aggregate("avg(number)", "mean", 1, 1),
    _aggregate("min(value)", "smallest", 1, 1),
    _aggregate("max(value)", "largest", 1, 1),
    _aggregate("pct(number, percent)", "percentile: pct(bytes, 95)", 2, 2),
    _aggregate("stddev(number)", "standard deviation", 1, 1),
    _aggregate("variance(number)", "variance", 1, 1),
    _aggregate("earliest(field)", "value of the earliest event that has it", 1, 1),
    _aggregate("latest(field)", "value of the latest event that has it", 1, 1),
    _aggregate("sortsFirst(field)", "value that sorts first", 1, 1),
    _aggregate("sortsLast(field)", "value that sorts last", 1, 1),
    _aggregate("values(field)", "list of the distinct values", 1, 1),
    _aggregate("topk(k, field)", "the k most frequent values", 2, 2),
    _aggregate("rate(field, period)", "average change of a number per period", 2, 2),
    _aggregate("countOverTime(*)", "the same as count", 0, 1),
    _aggregate("sumOverTime(number)", "total over time", 1, 1),
    _scalar("bin(period)", "start of the time bin of @timestamp", 1, 1),
    _scalar("datefloor(timestamp, period)", "timestamp rounded down", 2, 2),
    _scalar("dateceil(timestamp, period)", "timestamp rounded up", 2, 2),
    _scalar("fromMillis(number)", "timestamp of epoch milliseconds", 1, 1),
    _scalar("toMillis(timestamp)", "epoch milliseconds of a timestamp", 1, 1),
    _scalar("now()", "start of the query, epoch seconds", 0, 0),
    _scalar("parseDate(text, format, zone)", "epoch milliseconds of a text", 2, 3),
    _scalar("formatDate(timestamp, format, zone)", "timestamp as text", 2, 3),
    _scalar("queryStartTime()", "start of the window, epoch milliseconds", 0, 0),
    _scalar("queryEndTime()", "end of the window, epoch milliseconds", 0, 0),
    _scalar("queryTimeRange()", "length of the window, milliseconds", 0, 0),
    _scalar("histogram(number, width)", "bucket of a number", 2, 2),
    _scalar("abs(number)", "absolute value", 1, 1),
    _scalar("ceil(number)", "rounded up", 1, 1),
    _scalar("floor(number)", "rounded down", 1, 1),
    _scalar("greatest(number, ...)", "largest of the arguments", 1, None),
    _scalar("least(number, ...)", "smallest of the arguments", 1, None),
    _scalar("log(number)", "natural logarithm", 1, 1),
    _scalar("round(number, digits)", "rounded", 1, 2),
    _scalar("sqrt(number)", "square root", 1, 1),
    _scalar("haversine(lat1, lon1, lat2, lon2)", "distance in km", 4, 4),
    _scalar("toNumber(field)", "as a number", 1, 1),
    _scalar("toInt(field)", "as a 32-bit integer", 1, 1),
    _scalar("toLong(field)", "as a 64-bit integer", 1, 1),
    _scalar("toDouble(field)", "as a floating-point number", 1, 1),
    _scalar("ispresent(field)", "whether the field exists", 1, 1),
    _scalar("coalesce(field, ...)", "first that exists", 1, None),
    _scalar("case(condition, value, ..., default)", "value of the first condition met", 2, 21),
    _scalar("if(condition, value, else)", "one of two values", 3, 3),
    _scalar("isNumeric(field)", "whether it is a number", 1, 1),
    _scalar("messageSize(field)", "length in bytes", 1, 1),
    _remote("unmask(field)", "masked data in clear", 1, 1),
    _scalar("jsonParse(text)", "map or list of a JSON text", 1, 1),
    _scalar("jsonStringify(value)", "JSON text", 1, 1),
    _scalar("jsonArraySize(field)", "length of a JSON array", 1, 1),
    _scalar("jsonArrayContains(field, value)", "whether a JSON array holds a value", 2, 2),
    _scalar("isValidIp(field)", "whether it is an address", 1, 1),
    _scalar("isValidIpV4(field)", "whether it is an IPv4 address", 1, 1),
    _scalar("isValidIpV6(field)", "whether it is an IPv6 address", 1, 1),
    _scalar("isIpInSubnet(field, cidr)", "whether the address is in the block", 2, 2),
    _scalar("isIpv4InSubnet(field, cidr)", "whether the IPv4 address is in the block", 2, 2),
    _scalar("isIpv6InSubnet(field, cidr)", "whether the IPv6 address is in the block", 2, 2),
    _scalar("ipv4ToNumber(field)", "IPv4 address as a number", 1, 1),
    _scalar("isPrivateIP(field)", "whether it is private: RFC 1918", 1, 1),
    _scalar("isPublicIP(field)", "whether the internet can reach it", 1, 1),
    _scalar("isReservedIP(field)", "whether it is neither private nor public", 1, 1),
    _scalar("isempty(field)", "missing or empty", 1, 1),
    _scalar("isblank(field)", "missing, empty or white space", 1, 1),
    _scalar("concat(value, ...)", "joined text", 1, None),
    _scalar("ltrim(text, characters)", "trimmed at the left", 1, 2),
    _scalar("rtrim(text, characters)", "trimmed at the right", 1, 2),
    _scalar("trim(text, characters)", "trimmed at both ends", 1, 2),
    _scalar("strlen(text)", "length in characters", 1, 1),
    _scalar("toupper(text)", "in upper case", 1, 1),
    _scalar("tolower(text)", "in lower case", 1, 1),
    _scalar("substr(text, start, length)", "part of a text; the first character is 0", 2, 3),
    _scalar("replace(text, find, by)", "every occurrence replaced", 3, 3),
    _scalar("regexReplace(text, regex, by)", "every match replaced", 3, 3),
    _scalar("strcontains(text, find)", "1 if it contains the text", 2, 3),
    _scalar("startsWith(text, start)", "1 if it starts so", 2, 2),
    _scalar("endsWith(text, end)", "1 if it ends so", 2, 2),
    _scalar("urlencode(text)", "percent-encoded", 1, 1),
    _scalar("urldecode(text)", "percent-decoded", 1, 1),
    _scalar("base64encode(text)", "in base64", 1, 1),
    _scalar("base64decode(text)", "from base64", 1, 1),
    _scalar("split(text, delimiter)", "list of the parts", 2, 2),
    _scalar("hexToAscii(text)", "text of hex digits", 1, 1),
    _scalar("hexToDec(text)", "number of hex digits", 1, 1),
    _scalar("decToHex(number)", "hex digits of a number", 1, 1),
    _scalar("md5(text)", "MD5 hash", 1, 1),
    _scalar("sha256(text)", "SHA-256 hash", 1, 1),
)


@cache
def parameters(info: FunctionInfo) -> tuple[str, ...]:
    """The names of the arguments, as far as the signature has them in order."""
    inside = info.signature.partition("(")[2].rstrip(")")
    named = inside.partition(", ...")[0]
    return tuple(named.split(", "))


def find_function(name: str) -> FunctionInfo | None:
    return FUNCTIONS.get(canonical(name))


_COMPARED = 200
"""How many names are compared: hundreds of unknown words with hundreds of names take too long."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` was probably meant to be; the first of two that differ in case."""
    return _nearest(word, tuple(known)[:_COMPARED])


@lru_cache(maxsize=256)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    """It takes a millisecond, and the editor asks after each key."""
    lowered = {name.lower(): name for name in reversed(known)}
    close = get_close_matches(word.lower(), lowered, n=1, cutoff=0.7)
    return lowered[close[0]] if close else None


TIME_UNITS: Mapping[str, str] = {
    spelling: unit
    for unit, spellings in {
        "millisecond": "ms msec msecs millisecond milliseconds",
        "second": "s sec secs second seconds",
        "minute": "m min mins minute minutes",
        "hour": "h hr hrs hour hours",
        "day": "d day days",
        "week": "w week weeks",
        "month": "mo mon mons mos month months",
        "quarter": "q qtr qtrs quarter quarters",
        "year": "y yr yrs year years",
    }.items()
    for spelling in spellings.split()
}
"""Every spelling of a time unit, in lower case (LANGUAGE.md 1.6)."""

PERIOD_CAPS: Mapping[str, int] = {"millisecond": 1000, "second": 60, "minute": 60, "hour": 24}
"""A longer period is cut to this many of its unit, silently: `bin(300s)` is `bin(60s)` (1.6)."""

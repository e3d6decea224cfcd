"""Everything that is true of each function of the language (LANGUAGE.md 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum, Flag, auto
from functools import cache

from flowtui.model.frozen import frozen
from flowtui.query.catalogue.engines import NO_MASKED_DATA, NOT_IN_CLASS, Engine, Refusals
from flowtui.query.catalogue.limits import CASE_BRANCHES


class Result(Enum):
    """The type of a function's values."""

    NUMBER = auto()
    TEXT = auto()
    CONDITION = auto()
    """Shown as 1 or 0."""
    TIME = auto()
    """A timestamp."""
    STRUCTURE = auto()
    """A map or a list, which no filter compares."""
    ARGUMENT = auto()
    """The type of its arguments."""


class FunctionRole(Flag):
    """The properties of a function beside its result."""

    NONE = 0
    AGGREGATE = auto()
    """It is computed over the rows of a group, in `stats` only."""
    COUNTS = auto()
    """It counts rows or values, so that it is a whole number."""
    KEEPS_WHOLE = auto()
    """Of whole numbers it makes whole numbers."""
    KEEPS_UNIT = auto()
    """Of bytes it makes bytes."""
    PICKS = auto()
    """Its value is that of one of the rows."""
    ALONE = auto()
    """Neither `by` nor another aggregate stands with it."""
    BINS_TIME = auto()
    """Its values are the starts of bins, so that results by it are a series over time."""
    CAPPED = auto()
    """It cuts its period (1.6)."""
    READS_TIMESTAMP = auto()
    """It reads `@timestamp` without naming it."""
    READS_WINDOW = auto()
    """It gives what the query's time is."""
    ADDS_UP = auto()
    """Its values of parts make its value of the whole, by addition."""
    ASKS_PRESENCE = auto()
    """It takes fields that are not there."""
    OF_GROUPS = auto()
    """It stands in `by`, whatever the documentation says of it as an aggregate (2.10)."""


@frozen(eq=False)
class FunctionInfo:
    """An entry of the catalogue; two are equal only if they are the same one."""

    name: str
    signature: str
    """What stands in square brackets may be left out; three dots are any number more."""
    help: str
    result: Result
    example: str
    """A call that can be computed for a flow log."""
    roles: FunctionRole
    least: int
    most: int | None
    """The number of arguments; None is any number."""
    aliases: tuple[str, ...]
    """Other names of it."""
    page: str
    """The AWS page that documents it."""
    refused: Refusals = field(default_factory=dict)

    @property
    def aggregate(self) -> bool:
        return self.roles._value_ & FunctionRole.AGGREGATE._value_ != 0

    @property
    def takes_numbers(self) -> bool:
        """Whether its first argument is a number."""
        return parameters(self)[:1] == ("number",)

    def runs_on(self, engine: Engine) -> bool:
        return engine not in self.refused


_FUNCTIONS_PAGE = "CWL_QuerySyntax-operations-functions"
_STATS_PAGE = "CWL_QuerySyntax-Stats"
_SERIES_PAGE = "CWL_QuerySyntax-timeseries"
_HASH_PAGE = "CWL_QuerySyntax-hash"


class _Kind:
    """Makes the entries of one kind: a call is a row of the table."""

    def __init__(
        self,
        result: Result,
        roles: FunctionRole = FunctionRole.NONE,
        page: str = _FUNCTIONS_PAGE,
    ) -> None:
        self.result, self.roles, self.page = result, roles, page

    def __call__(  # noqa: PLR0913  (the columns of the table)
        self,
        signature: str,
        help_: str,
        example: str,
        roles: FunctionRole = FunctionRole.NONE,
        *,
        most: int | None = None,
        aliases: tuple[str, ...] = (),
        page: str = "",
        refused: Refusals | None = None,
    ) -> FunctionInfo:
        name, _, inside = signature.rstrip(")").partition("(")
        fewest, several = _arity(inside)
        return FunctionInfo(
            name, signature, help_, self.result, example, self.roles | roles, fewest,
            several if most is None else most, aliases, page or self.page, refused or {},
        )  # fmt: skip


def _arity(inside: str) -> tuple[int, int | None]:
    """How many arguments a function takes; a `*` may be left out, or be a field instead."""
    written = [part for part in inside.split(", ") if part]
    always = [part for part in inside.partition("[")[0].split(", ") if part not in ("", "...", "*")]
    before_dots = written.index("...") if "..." in written else None
    if before_dots is not None:
        return before_dots, None
    return len(always), len(written)


@cache
def parameters(info: FunctionInfo) -> tuple[str, ...]:
    """The names of the arguments, as far as the signature has them in order."""
    inside = info.signature.partition("(")[2].rstrip(")").partition(", ...")[0]
    return tuple(inside.replace("[", "").replace("]", "").split(", "))


def canonical(name: str) -> str:
    """A function's name without case and underscores: `count_distinct` is `countDistinct`."""
    lowered = name.lower().replace("_", "")
    return _ALIASES.get(lowered, lowered)


def find_function(name: str) -> FunctionInfo | None:
    return FUNCTIONS.get(canonical(name))


def has_role(name: str, role: FunctionRole) -> bool:
    """Whether the function of that name, however it is spelled, is such a one."""
    info = find_function(name)
    return info is not None and info.roles._value_ & role._value_ != 0


def _by_name(*rows: FunctionInfo) -> Mapping[str, FunctionInfo]:
    return {row.name.lower().replace("_", ""): row for row in rows}


_number, _text = _Kind(Result.NUMBER), _Kind(Result.TEXT)
_condition, _time = _Kind(Result.CONDITION), _Kind(Result.TIME)
_structure, _argument = _Kind(Result.STRUCTURE), _Kind(Result.ARGUMENT)
_total = _Kind(Result.NUMBER, FunctionRole.AGGREGATE, _STATS_PAGE)
_choice = _Kind(Result.ARGUMENT, FunctionRole.AGGREGATE, _STATS_PAGE)
_listing = _Kind(Result.STRUCTURE, FunctionRole.AGGREGATE, _STATS_PAGE)
_series = _Kind(Result.NUMBER, FunctionRole.AGGREGATE, _SERIES_PAGE)

_UNMASKED: Refusals = {
    Engine.LOCAL: NO_MASKED_DATA,
    Engine.INFREQUENT_ACCESS: NOT_IN_CLASS,
}

# fmt: off
FUNCTIONS: Mapping[str, FunctionInfo] = _by_name(
    # 2.8, 2.9: aggregates
    _total("count(*)", "number of events, or of those that have the field", "count(*)",
           FunctionRole.COUNTS | FunctionRole.ADDS_UP),
    _total("count_distinct(field)", "number of distinct values", "count_distinct(srcaddr)",
           FunctionRole.COUNTS),
    _total("sum(number)", "total", "sum(bytes)",
           FunctionRole.KEEPS_UNIT | FunctionRole.KEEPS_WHOLE | FunctionRole.ADDS_UP),
    _total("avg(number)", "mean", "avg(bytes)", FunctionRole.KEEPS_UNIT),
    _choice("min(value)", "smallest", "min(bytes)",
            FunctionRole.KEEPS_UNIT | FunctionRole.KEEPS_WHOLE),
    _choice("max(value)", "largest", "max(bytes)",
            FunctionRole.KEEPS_UNIT | FunctionRole.KEEPS_WHOLE),
    _total("pct(number, percent)", "percentile: pct(bytes, 95)", "pct(bytes, 95)",
           FunctionRole.KEEPS_UNIT, aliases=("percentile",)),
    _total("stddev(number)", "standard deviation", "stddev(bytes)"),
    _total("variance(number)", "variance", "variance(bytes)"),
    _choice("earliest(field)", "value of the earliest event that has it", "earliest(action)",
            FunctionRole.PICKS),
    _choice("latest(field)", "value of the latest event that has it", "latest(action)",
            FunctionRole.PICKS),
    _choice("sortsFirst(field)", "value that sorts first", "sortsFirst(srcaddr)",
            FunctionRole.PICKS),
    _choice("sortsLast(field)", "value that sorts last", "sortsLast(srcaddr)", FunctionRole.PICKS),
    _listing("values(field)", "list of the distinct values", "values(dstport)",
             aliases=("collect_values",)),
    _listing("topk(k, field)", "the k most frequent values", "topk(10, srcaddr)",
             FunctionRole.ALONE),
    # 2.10: time series
    _series("rate(field, period)", "average change of a number per period", "rate(bytes, 1m)"),
    _series("countOverTime(*)", "the same as count", "countOverTime(*)",
            FunctionRole.COUNTS | FunctionRole.ADDS_UP),
    _series("sumOverTime(number)", "total over time", "sumOverTime(bytes)",
            FunctionRole.KEEPS_UNIT | FunctionRole.KEEPS_WHOLE | FunctionRole.ADDS_UP),
    _number("histogram(number, width)", "bucket of a number", "histogram(bytes, 1000)",
            FunctionRole.OF_GROUPS, page=_SERIES_PAGE),
    # 2.2: times
    _time("bin(period)", "start of the time bin of @timestamp", "bin(5m)",
          FunctionRole.BINS_TIME | FunctionRole.CAPPED | FunctionRole.READS_TIMESTAMP),
    _time("datefloor(timestamp, period)", "timestamp rounded down", "datefloor(@timestamp, 1h)",
          FunctionRole.BINS_TIME | FunctionRole.CAPPED),
    _time("dateceil(timestamp, period)", "timestamp rounded up", "dateceil(@timestamp, 1h)",
          FunctionRole.CAPPED),
    _time("fromMillis(number)", "timestamp of epoch milliseconds", "fromMillis(start * 1000)"),
    _number("toMillis(timestamp)", "epoch milliseconds of a timestamp", "toMillis(@timestamp)"),
    _number("now()", "start of the query, epoch seconds", "now()"),
    _number("parseDate(text, format[, zone])", "epoch milliseconds of a text",
            'parseDate("2022-04-01 15:18", "yyyy-MM-dd HH:mm")'),
    _text("formatDate(timestamp, format[, zone])", "timestamp as text",
          'formatDate(@timestamp, "%Y-%m-%d", "Europe/Berlin")', aliases=("strftime",)),
    _number("queryStartTime()", "start of the window, epoch milliseconds", "queryStartTime()",
            FunctionRole.READS_WINDOW),
    _number("queryEndTime()", "end of the window, epoch milliseconds", "queryEndTime()",
            FunctionRole.READS_WINDOW),
    _number("queryTimeRange()", "length of the window, milliseconds", "queryTimeRange()",
            FunctionRole.READS_WINDOW),
    # 2.1: numbers
    _number("abs(number)", "absolute value", "abs(bytes - 1000)"),
    _number("ceil(number)", "rounded up", "ceil(bytes / 1024)"),
    _number("floor(number)", "rounded down", "floor(bytes / 1024)"),
    _number("greatest(number, ...)", "largest of the arguments", "greatest(bytes, packets)"),
    _number("least(number, ...)", "smallest of the arguments", "least(bytes, packets)"),
    _number("log(number)", "natural logarithm", "log(bytes)"),
    _number("round(number[, digits])", "rounded", "round(bytes / 1024, 2)"),
    _number("sqrt(number)", "square root", "sqrt(bytes)"),
    _number("haversine(lat1, lon1, lat2, lon2)", "distance in km",
            "haversine(52.5, 13.4, 48.1, 11.6)"),
    _number("toNumber(field)", "as a number", "toNumber(bytes)"),
    _number("toInt(field)", "as a 32-bit integer", "toInt(dstport)"),
    _number("toLong(field)", "as a 64-bit integer", "toLong(bytes)"),
    _number("toDouble(field)", "as a floating-point number", "toDouble(bytes)"),
    # 2.3: general
    _condition("ispresent(field)", "whether the field exists", "ispresent(bytes)",
               FunctionRole.ASKS_PRESENCE),
    _argument("coalesce(field, ...)", "first that exists", 'coalesce(srcaddr, "unknown")',
              FunctionRole.ASKS_PRESENCE),
    _argument("case(condition, value, ..., default)", "value of the first condition met",
              'case(bytes > 1000, "large", bytes > 100, "medium", "small")',
              most=2 * CASE_BRANCHES + 1),
    _argument("if(condition, value, else)", "one of two values", 'if(bytes > 1000, "large", "x")'),
    _condition("isNumeric(field)", "whether it is a number", "isNumeric(bytes)"),
    _number("messageSize(field)", "length in bytes", "messageSize(@message)"),
    _argument("unmask(field)", "masked data in clear", "unmask(@message)",
              page="CWL_QuerySyntax-Unmask", refused=_UNMASKED),
    # 2.4: maps and lists
    _structure("jsonParse(text)", "map or list of a JSON text", "jsonParse(@message)"),
    _text("jsonStringify(value)", "JSON text", "jsonStringify(jsonParse(@message))"),
    _number("jsonArraySize(field)", "length of a JSON array", 'jsonArraySize("[22, 443]")'),
    _condition("jsonArrayContains(field, value)", "whether a JSON array holds a value",
               'jsonArrayContains("[22, 443]", dstport)'),
    # 2.5: addresses
    _condition("isValidIp(field)", "whether it is an address", "isValidIp(srcaddr)"),
    _condition("isValidIpV4(field)", "whether it is an IPv4 address", "isValidIpV4(srcaddr)"),
    _condition("isValidIpV6(field)", "whether it is an IPv6 address", "isValidIpV6(srcaddr)"),
    _condition("isIpInSubnet(field, cidr)", "whether the address is in the block",
               'isIpInSubnet(srcaddr, "10.0.0.0/8")'),
    _condition("isIpv4InSubnet(field, cidr)", "whether the IPv4 address is in the block",
               'isIpv4InSubnet(srcaddr, "10.0.0.0/8")'),
    _condition("isIpv6InSubnet(field, cidr)", "whether the IPv6 address is in the block",
               'isIpv6InSubnet(srcaddr, "fd00::/8")'),
    _number("ipv4ToNumber(field)", "IPv4 address as a number", "ipv4ToNumber(srcaddr)"),
    _condition("isPrivateIP(field)", "whether it is private: RFC 1918", "isPrivateIP(srcaddr)"),
    _condition("isPublicIP(field)", "whether the internet can reach it", "isPublicIP(dstaddr)"),
    _condition("isReservedIP(field)", "whether it is neither private nor public",
               "isReservedIP(srcaddr)"),
    # 2.6: texts
    _condition("isempty(field)", "missing or empty", "isempty(action)", FunctionRole.ASKS_PRESENCE),
    _condition("isblank(field)", "missing, empty or white space", "isblank(action)",
               FunctionRole.ASKS_PRESENCE),
    _text("concat(value, ...)", "joined text", 'concat(srcaddr, ":", srcport)'),
    _text("ltrim(text[, characters])", "trimmed at the left", 'ltrim(srcaddr, "1")'),
    _text("rtrim(text[, characters])", "trimmed at the right", 'rtrim(srcaddr, "1")'),
    _text("trim(text[, characters])", "trimmed at both ends", "trim(action)"),
    _number("strlen(text)", "length in characters", "strlen(srcaddr)"),
    _text("toupper(text)", "in upper case", "toupper(action)"),
    _text("tolower(text)", "in lower case", "tolower(action)"),
    _text("substr(text, start[, length])", "part of a text; the first character is 0",
          "substr(srcaddr, 0, 3)"),
    _text("replace(text, find, by)", "every occurrence replaced", 'replace(srcaddr, ".", "-")'),
    _text("regexReplace(text, regex, by)", "every match replaced",
          'regexReplace(srcaddr, "[0-9]+$", "0")'),
    # The third argument was seen to have no effect (7).
    _number("strcontains(text, find)", "1 if it contains the text", 'strcontains(action, "REJ")',
            most=3),
    _number("startsWith(text, start)", "1 if it starts so", 'startsWith(srcaddr, "10.")'),
    _number("endsWith(text, end)", "1 if it ends so", 'endsWith(srcaddr, ".1")'),
    _text("urlencode(text)", "percent-encoded", "urlencode(@message)"),
    _text("urldecode(text)", "percent-decoded", 'urldecode("%C3%BC")'),
    _text("base64encode(text)", "in base64", "base64encode(srcaddr)"),
    _text("base64decode(text)", "from base64", 'base64decode("MTAuMC4wLjE=")'),
    _structure("split(text, delimiter)", "list of the parts", 'split(srcaddr, ".")'),
    _text("hexToAscii(text)", "text of hex digits", 'hexToAscii("414243")'),
    _number("hexToDec(text)", "number of hex digits", 'hexToDec("0x1f")'),
    _text("decToHex(number)", "hex digits of a number", "decToHex(dstport)"),
    # 2.7: hashes
    _text("md5(text)", "MD5 hash", "md5(srcaddr)", page=_HASH_PAGE),
    _text("sha256(text)", "SHA-256 hash", "sha256(srcaddr)", page=_HASH_PAGE),
)
# fmt: on

_ALIASES: Mapping[str, str] = {
    alias.replace("_", ""): name for name, info in FUNCTIONS.items() for alias in info.aliases
}

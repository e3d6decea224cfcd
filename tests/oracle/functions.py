"""The functions of a row (2.1 to 2.7), each from its values to one."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote, unquote_to_bytes

from tests.oracle import times
from tests.oracle.values import (
    Number,
    Structure,
    Timestamp,
    Value,
    finite,
    number,
    plain_text,
    text,
)

Function = Callable[..., Value]
Address = IPv4Address | IPv6Address


def decimal(value: Value) -> float | None:
    """Arithmetic is in floating point (3.4)."""
    found = number(value)
    return None if found is None else float(found)


def numeric(rule: Callable[..., Number | None]) -> Function:
    """3.1: a numeric function on what is no number, or missing, is missing."""

    def apply(*arguments: Value) -> Value:
        numbers = [decimal(argument) for argument in arguments]
        found = None if None in numbers else rule(*numbers)
        return finite(found) if isinstance(found, float) else found

    return apply


def textual(rule: Callable[..., Value]) -> Function:
    """2.6: a text function on what is missing is missing, as seen with strcontains."""

    def apply(*arguments: Value) -> Value:
        texts = [plain_text(argument) for argument in arguments]
        return None if None in texts else rule(*texts)

    return apply


# 1.2, 3.4: operators


def divide(a: float, b: float) -> float | None:
    return a / b if b else None


def remainder(a: float, b: float) -> float | None:
    """Truncated: the sign is that of the dividend."""
    return math.fmod(a, b) if b else None


def power(a: float, b: float) -> float | None:
    try:
        found = a**b
    except (OverflowError, ZeroDivisionError):
        return None
    return None if isinstance(found, complex) else found


OPERATORS: Mapping[str, Function] = {
    "+": numeric(lambda a, b: a + b),
    "-": numeric(lambda a, b: a - b),
    "*": numeric(lambda a, b: a * b),
    "/": numeric(divide),
    "%": numeric(remainder),
    "^": numeric(power),
}


# 2.1: numbers


def round_(value: float, digits: float = 0) -> float:
    step = Decimal(1).scaleb(-int(digits))
    return float(Decimal(repr(value)).quantize(step, ROUND_HALF_UP))


def round_value(value: Value, digits: Value = 0) -> Value:
    return numeric(round_)(value, digits)


def whole(bits: int) -> Function:
    """`toInt`, `toLong`: the fraction is cut, what does not fit is missing (ours)."""

    def apply(value: Value) -> Value:
        found = number(value)
        cut = None if found is None else math.trunc(found)
        return cut if cut is not None and -(2 ** (bits - 1)) <= cut < 2 ** (bits - 1) else None

    return apply


def haversine(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Kilometres on a sphere of 6371 km."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    across = math.sin(math.radians(lon2 - lon1) / 2) ** 2
    share = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * across
    return 2 * 6371 * math.asin(math.sqrt(share))


# 2.3: any value


def coalesce(*choices: Value) -> Value:
    return next((choice for choice in choices if choice is not None), None)


def message_size(value: str) -> int:
    return len(value.encode())


# 2.4: structures


def json_parse(value: str) -> Value:
    """A map or a list, else nothing."""
    try:
        found = json.loads(value)
    except ValueError:
        return None
    return found if isinstance(found, dict | list) else None


def json_stringify(value: Value) -> Value:
    """Of a map or a list (ours, `json_functions.py`: nothing for anything else)."""
    return text(value) if isinstance(value, dict | list) else None


def _as_list(value: Value) -> list[object] | None:
    if isinstance(value, str):
        value = json_parse(value)
    return value if isinstance(value, list) else None


def json_array_size(value: Value) -> Value:
    found = _as_list(value)
    return None if found is None else len(found)


def json_array_contains(value: Value, wanted: Value) -> Value:
    """1 or 0, letter by letter; 0 for what is no array."""
    sought = plain_text(wanted)
    parts = (plain_text(element(part)) for part in _as_list(value) or [])
    return int(any(part is not None and part == sought for part in parts))


def element(part: object) -> Value:
    """What stands in JSON is a loose text; true and false are 1 and 0 (3.1)."""
    match part:
        case bool():
            return str(int(part))
        case int() | float():
            return json.dumps(part)
        case None | str() | dict() | list():
            return part
        case _:
            raise TypeError(part)


def inside(value: Value, key: str) -> Value:
    """`value.key` and `value[0]` (1.1): nothing where there is no such thing."""
    match value:
        case dict():
            return element(value.get(key))
        case list() if key.isdecimal() and int(key) < len(value):
            return element(value[int(key)])
        case _:
            return None


# 2.5: addresses

_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
_RESERVED = (  # IANA's special-purpose registries, and multicast
    "0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "::/127",
    "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
    "3fff::/20", "fc00::/7", "fe80::/10", "ff00::/8",
)  # fmt: skip
_REACHABLE = ("192.0.0.9/32", "192.0.0.10/32", "2001:3::/32", "2001:4:112::/48", "2001:20::/27")


def address(value: Value) -> Address | None:
    try:
        return ip_address(plain_text(value) or "")
    except ValueError:
        return None


def is_valid(*versions: int) -> Function:
    def apply(value: Value) -> Value:
        found = address(value)
        return int(found is not None and found.version in versions)

    return apply


def is_in(value: Value, *blocks: str) -> bool:
    """False for what is no address; the host bits of a block are masked."""
    found = address(value)
    networks = [ip_network(block, strict=False) for block in blocks]
    return any(found is not None and found.version == n.version and found in n for n in networks)


def in_subnet(*versions: int) -> Function:
    def apply(value: Value, block: Value) -> Value:
        written = text(block) or ""
        return int(ip_network(written, strict=False).version in versions and is_in(value, written))

    return apply


def is_reserved(value: Value) -> bool:
    return is_in(value, *_RESERVED) and not is_in(value, *_REACHABLE)


def is_public(value: Value) -> Value:
    is_other = is_in(value, *_PRIVATE) or is_reserved(value)
    return int(address(value) is not None and not is_other)


def ipv4_number(value: Value) -> Value:
    found = address(value)
    return int(found) if isinstance(found, IPv4Address) else None


# 2.6: texts

_BLANKS = " \t\n\r\f\v"


def substr(value: Value, start: Value, length: Value = None) -> Value:
    """Counted from 0; a start or length below that is 0 (ours)."""
    whole_text, first = plain_text(value), decimal(start)
    if whole_text is None or first is None:
        return None
    begin = max(int(first), 0)
    end = None if length is None else begin + max(int(decimal(length) or 0), 0)
    return whole_text[begin:end]


def regex_replace(value: str, pattern: str, by: str) -> str:
    return re.sub(pattern, lambda _: by, value)


def split(value: str, delimiter: str) -> Structure:
    return list(value.split(delimiter))


def hex_to_ascii(value: str) -> Value:
    """With or without `0x`."""
    found = re.fullmatch("(?:0[xX])?((?:[0-7][0-9a-fA-F])*)", value)
    return bytes.fromhex(found[1]).decode("ascii") if found else None


def hex_to_dec(value: str) -> Value:
    """With or without `0x`; missing beyond 64 bits (ours, `encoding.py`)."""
    found = re.fullmatch(r"(-?)(?:0[xX])?([0-9a-fA-F]+)", value)
    return whole(64)(int(found[1] + found[2], 16)) if found else None


def dec_to_hex(value: Value) -> Value:
    """In lower case, `-0x` where negative, truncated."""
    found = whole(64)(value)
    return hex(found) if isinstance(found, int) else None


def base64_decode(value: str) -> Value:
    """What decodes to no UTF-8 is missing (ours, `encoding.py`)."""
    try:
        return base64.b64decode(value, validate=True).decode()
    except ValueError:
        return None


def url_decode(value: str) -> Value:
    try:
        return unquote_to_bytes(value).decode()
    except ValueError:
        return None


# 2.2: moments


def from_millis(value: Value) -> Value:
    """A moment from 1970 to 9999, else nothing (ours)."""
    found = decimal(value)
    return Timestamp(int(found)) if found is not None and 0 <= found <= 253402300799999 else None


def format_date(moment: Value, pattern: str, zone: str = "UTC") -> Value:
    found = number(moment)
    return None if found is None else times.format_ms(int(found), pattern, zone)


def parse_date(value: Value, pattern: str, zone: str = "UTC") -> Value:
    found = plain_text(value)
    return None if found is None else times.parse_ms(found, pattern, zone)


FUNCTIONS: Mapping[str, Function] = {
    "frommillis": from_millis,
    "tomillis": number,
    "formatdate": format_date,
    "parsedate": parse_date,
    "abs": numeric(abs),
    "ceil": numeric(lambda n: float(math.ceil(n))),
    "floor": numeric(lambda n: float(math.floor(n))),
    "greatest": numeric(max),
    "least": numeric(min),
    "log": numeric(lambda n: math.log(n) if n > 0 else None),
    "round": round_value,
    "sqrt": numeric(lambda n: math.sqrt(n) if n >= 0 else None),
    "haversine": numeric(haversine),
    "tonumber": number,
    "toint": whole(32),
    "tolong": whole(64),
    "todouble": numeric(lambda n: n),
    "histogram": numeric(lambda n, width: math.floor(n / width) * width),  # 2.10, 7: a width
    "ispresent": lambda v: int(v is not None),
    "coalesce": coalesce,
    "isnumeric": lambda v: int(number(v) is not None),
    "messagesize": textual(message_size),
    "jsonparse": textual(json_parse),
    "jsonstringify": json_stringify,
    "jsonarraysize": json_array_size,
    "jsonarraycontains": json_array_contains,
    "isvalidip": is_valid(4, 6),
    "isvalidipv4": is_valid(4),
    "isvalidipv6": is_valid(6),
    "isipinsubnet": in_subnet(4, 6),
    "isipv4insubnet": in_subnet(4),
    "isipv6insubnet": in_subnet(6),
    "ipv4tonumber": ipv4_number,
    "isprivateip": lambda v: int(is_in(v, *_PRIVATE)),
    "isreservedip": lambda v: int(is_reserved(v)),
    "ispublicip": is_public,
    "isempty": lambda v: int((plain_text(v) or "") == ""),
    "isblank": lambda v: int((plain_text(v) or "").strip(_BLANKS) == ""),
    "concat": textual(lambda *parts: "".join(parts)),
    "trim": textual(lambda t, characters=_BLANKS: t.strip(characters)),
    "ltrim": textual(lambda t, characters=_BLANKS: t.lstrip(characters)),
    "rtrim": textual(lambda t, characters=_BLANKS: t.rstrip(characters)),
    "strlen": textual(len),
    "toupper": textual(str.upper),
    "tolower": textual(str.lower),
    "substr": substr,
    "replace": textual(str.replace),
    "regexreplace": textual(regex_replace),
    "strcontains": textual(lambda t, find, _ignored="": int(find in t)),  # 7: no third argument
    "startswith": textual(lambda t, start: int(t.startswith(start))),
    "endswith": textual(lambda t, end: int(t.endswith(end))),
    "urlencode": textual(lambda t: quote(t, safe="")),
    "urldecode": textual(url_decode),
    "base64encode": textual(lambda t: base64.b64encode(t.encode()).decode()),
    "base64decode": textual(base64_decode),
    "split": textual(split),
    "hextoascii": textual(hex_to_ascii),
    "hextodec": textual(hex_to_dec),
    "dectohex": dec_to_hex,
    "md5": textual(lambda t: hashlib.md5(t.encode(), usedforsecurity=False).hexdigest()),
    "sha256": textual(lambda t: hashlib.sha256(t.encode()).hexdigest()),
}
"""By canonical name (1.1); those of choices and of the whole query are in `expressions`."""

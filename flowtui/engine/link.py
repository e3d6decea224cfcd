"""Deep links of the CloudWatch console: written, and read in both forms (insights-ql.md 5.7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from flowtui.model.errors import UsageError
from flowtui.model.run import Query
from flowtui.model.timerange import Last, Time, TimeRange, from_ms, parse_moment

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

_MARK = "queryDetail$3D"
_HOSTS = (("cn-", "console.amazonaws.cn"), ("us-gov-", "console.amazonaws-us-gov.com"))
_PLAIN = re.compile(r"[A-Za-z0-9_.\-]")
_TOKEN = re.compile(r"[^~()]*")
_ESCAPE = re.compile(
    r"\*\*(?P<wide>[0-9a-f]{4})|(?P<bytes>(?:\*[0-9a-f]{2})+)|(?P<dollar>!)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Link:
    """What a link asks for."""

    text: str
    time: Time
    log_groups: tuple[str, ...]
    """Names or ARNs, as they stand in the link."""
    region: str


def console_link(query: Query, window: TimeRange, region: str) -> str:
    """The link that opens this query in the console of `region`."""
    detail: dict[str, Json] = {
        "end": _iso(window.end_ms),
        "start": _iso(window.start_ms),
        "timeType": "ABSOLUTE",
        "tz": "UTC",
        "editorString": query.text,
        "source": list(query.log_groups),
        "lang": "CWLI",
    }
    host = next((host for prefix, host in _HOSTS if region.startswith(prefix)), None)
    base = f"https://{host or f'{region}.console.aws.amazon.com'}/cloudwatch/home?region={region}"
    return f"{base}#logsV2:logs-insights$3F{_MARK}{_write(detail)}"


def is_link(text: str) -> bool:
    """Whether a text is a link to a query in the console."""
    return text.startswith("https://") and "logs-insights" in text and "queryDetail" in text


def read_link(url: str) -> Link:
    """What a console link asks for, in the form of today or the older one; raises `UsageError`."""
    _, found, detail = url.partition(_MARK)
    if not found:
        raise UsageError(
            "this link holds no query of Logs Insights; copy it from the console again"
        )
    # Older consoles wrote ~ ( ) ' as $257E and so on; browsers write ' as %27.
    plain = unquote(re.sub(r"\$25([0-9A-Fa-f]{2})", r"%\1", detail))
    try:
        value = _Reader(plain).value()
    except (ValueError, IndexError) as error:
        raise UsageError(f"this link is broken: {error}; copy it from the console again") from None
    if not isinstance(value, dict) or not isinstance(value.get("editorString"), str):
        raise UsageError("this link holds no query text; copy it from the console again")
    source = value.get("source")
    names = source if isinstance(source, list) else [source]
    return Link(
        str(value["editorString"]),
        _time(value),
        tuple(name for name in names if isinstance(name, str) and name),
        urlsplit(url).query.removeprefix("region=").partition("&")[0],
    )


def _time(detail: Mapping[str, Json]) -> Time:
    start, end = detail.get("start"), detail.get("end")
    if detail.get("timeType") == "RELATIVE" and isinstance(start, int) and start < 0:
        if end not in (0, None):
            raise UsageError("this link's time does not end now; give --start and --end instead")
        return Last(timedelta(seconds=-start))
    begun, ended = parse_moment(str(start)), parse_moment(str(end))
    if begun >= ended:
        raise UsageError("this link's time range is empty; give --start and --end instead")
    return TimeRange(begun, ended)


def _write(value: Json) -> str:
    match value:
        case None | bool():
            return f"~{'null' if value is None else str(value).lower()}"
        case int() | float():
            return f"~{value}"
        case str():
            return "~'" + "".join(map(_write_char, value))
        case list():
            return f"~({''.join(map(_write, value)) or '~'})"
        case dict():
            return f"~({'~'.join(key + _write(each) for key, each in value.items())})"


def _write_char(char: str) -> str:
    """Non-ASCII as one `*xx` per UTF-8 byte: the form that link builders in use agree on."""
    if _PLAIN.fullmatch(char):
        return char
    return "".join(f"*{byte:02x}" for byte in char.encode("utf-8", "replace"))


class _Reader:
    """Reads the notation of the link: value = "~" ("(" object | list ")" | "'" text | word)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def value(self) -> Json:
        self._expect("~")
        match self._text[self._at : self._at + 1]:
            case "(":
                self._at += 1
                return self._inside()
            case "'":
                self._at += 1
                return _unescaped(self._word())
            case _:
                return _scalar(self._word())

    def _inside(self) -> Json:
        """The values of a list, or the names and values of an object, up to the bracket."""
        if self._text.startswith("~)", self._at):
            self._at += 2
            return []
        if self._text[self._at] == "~":
            values: list[Json] = []
            while self._text[self._at] != ")":
                values.append(self.value())
            self._at += 1
            return values
        found: dict[str, Json] = {}
        while self._text[self._at] != ")":
            name = _unescaped(self._word())
            found[name] = self.value()
            if self._text[self._at] == "~":
                self._at += 1
        self._at += 1
        return found

    def _word(self) -> str:
        match = _TOKEN.match(self._text, self._at)
        word = match[0] if match else ""
        self._at += len(word)
        return word

    def _expect(self, char: str) -> None:
        if self._text[self._at : self._at + 1] != char:
            raise ValueError(f"{char} is missing at character {self._at}")
        self._at += 1


def _unescaped(text: str) -> str:
    """`*2f` is a byte, of UTF-8 where it is that; `**20ac` a code unit; `!` a dollar."""

    def char(match: re.Match[str]) -> str:
        if match["wide"]:
            return chr(int(match["wide"], 16))
        if match["dollar"]:
            return "$"
        raw = bytes.fromhex(match["bytes"].replace("*", ""))
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    joined = _ESCAPE.sub(char, text)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _scalar(word: str) -> Json:
    if word in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[word]
    return float(word) if "." in word else int(word)


def _iso(milliseconds: int) -> str:
    moment = from_ms(milliseconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"

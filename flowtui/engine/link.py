"""Deep links of the CloudWatch console, written and read (LANGUAGE.md 5.7).

Three forms go round: `#logsV2:logs-insights...queryDetail=~(...)` of the console of one query,
`#logs-insights:queryDetail=~(...)` of Grafana and of older consoles, and `#log-analytics?...` of
the console with tabs, where the query's own SOURCE says what is read and over what time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote, unquote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from flowtui.model.errors import QueryError, UsageError
from flowtui.model.frozen import frozen
from flowtui.model.run import Query
from flowtui.model.timerange import Last, Time, TimeRange, from_ms, parse_moment
from flowtui.query import ast
from flowtui.query.moments import is_relative, moment
from flowtui.query.parser import parse_tolerant
from flowtui.query.printer import command_text, to_source

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

_MARK = "queryDetail$3D"
_DETAIL = re.compile(r"queryDetail(?:=|\$3D|%3D|[$%]253D)", re.IGNORECASE)
_TABS = re.compile(r"(?:#|%23)log-analytics(?:\?|%3F|\$3F)", re.IGNORECASE)
_HOSTS = (
    ("cn-", "console.amazonaws.cn"),
    ("us-gov-", "console.amazonaws-us-gov.com"),
    ("eusc-", "{region}.console.amazonaws-eusc.eu"),
    ("us-iso-", "{region}.console.c2shome.ic.gov"),
    ("us-isob-", "{region}.console.sc2shome.sgov.gov"),
    ("eu-isoe-", "{region}.console.csphome.adc-e.uk"),
    ("us-isof-", "{region}.console.csphome.hci.ic.gov"),
    ("", "{region}.console.aws.amazon.com"),
)
"""Of each partition, by how the names of its regions begin; those of the secret ones are belief."""
_CONSOLE = re.compile(r"https://(?:([a-z]{2,4}(?:-[a-z]+)+-[0-9]+)\.)?console\.")
_WHILE_UNTOLD = Last(timedelta(hours=1))
"""The time that the console begins with."""
_PLAIN = re.compile(r"[A-Za-z0-9_.\-]")
_TOKEN = re.compile(r"[^~()]*")
_ESCAPE = re.compile(
    r"\*\*(?P<wide>[0-9a-f]{4})|(?P<bytes>(?:\*[0-9a-f]{2})+)|(?P<dollar>!)", re.IGNORECASE
)


@frozen
class ConsoleLink:
    """The question of a link."""

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
    return f"{_home(region)}#logsV2:logs-insights$3F{_MARK}{_write(detail)}"


def log_analytics_link(query: Query, window: TimeRange, region: str) -> str:
    """The link that opens this query in a tab of the console of `region`."""
    text = _with_source(query, window)
    tab = {
        "id": str(uuid5(NAMESPACE_URL, text)),
        "pos": "0",
        "label": "Query 1",
        "type": "query",
        "tz": "UTC",
        "query": text,
    }
    told = "".join(f"&a.{key}={quote(_write(value), '*')}" for key, value in tab.items())
    return f"{_home(region)}#log-analytics?active={quote(_write('a'))}{told}"


def _home(region: str) -> str:
    host = next(host for prefix, host in _HOSTS if region.startswith(prefix))
    return f"https://{host.format(region=region)}/cloudwatch/home?region={region}"


def is_link(text: str) -> bool:
    """Whether a text is a link to a query in the console."""
    names_it = "logs-insights" in text and "queryDetail" in text
    return text.startswith("https://") and (names_it or _TABS.search(text) is not None)


def read_link(url: str) -> ConsoleLink:
    """The question of a console link of any form; raises `UsageError`."""
    try:
        return _read_link(url)
    except RecursionError:
        reason = "it is nested too deep"
    except (ValueError, OverflowError):
        reason = "its address or a number in it is none"
    raise UsageError(f"this link is broken: {reason}; copy it from the console again")


def _read_link(url: str) -> ConsoleLink:
    # A link with tabs may end with the older one that it was opened from.
    if tabs := _TABS.search(url):
        return _of_tabs(url[tabs.end() :], _region(url))
    found = _DETAIL.search(url)
    if not found:
        raise UsageError(
            "this link holds no query of Logs Insights; copy it from the console again"
        )
    return _of_detail(_plain(url[found.end() :]), _region(url))


def _plain(detail: str) -> str:
    """Older consoles wrote ~ ( ) ' as $257E and so on; browsers write ' as %27."""
    for mark in ("$25", "$"):
        detail = re.sub(rf"{re.escape(mark)}([0-9A-Fa-f]{{2}})", r"%\1", detail)
    # Text in quotes has a * for each %: it has none of its own.
    while (plain := unquote(detail)) != detail:
        detail = plain
    return detail


def _region(url: str) -> str:
    """From the question of the link, or from its host."""
    told = parse_qs(urlsplit(re.split("#|%23", url)[0]).query).get("region")
    host = _CONSOLE.match(url)
    return told[0] if told else (host and host[1]) or ""


def _of_detail(plain: str, region: str) -> ConsoleLink:
    try:
        value = _Reader(plain).value()
    except (ValueError, IndexError) as error:
        raise UsageError(f"this link is broken: {error}; copy it from the console again") from None
    if not isinstance(value, dict) or not isinstance(value.get("editorString"), str):
        raise UsageError("this link holds no query text; copy it from the console again")
    source = value.get("source")
    names = source if isinstance(source, list) else [source]
    return ConsoleLink(
        str(value["editorString"]),
        _time(value),
        tuple(name for name in names if isinstance(name, str) and name),
        region,
    )


def _of_tabs(told: str, region: str) -> ConsoleLink:
    """The tab that is open: `active=~'a&a.query=~'...`."""
    parts = (part.partition("=") for part in (told if "=" in told else unquote(told)).split("&"))
    values = {unquote(key): _unescaped(_plain(value).removeprefix("~'")) for key, _, value in parts}
    texts = {key: value for key, value in values.items() if key.endswith(".query")}
    text = texts.get(f"{values.get('active')}.query") or next(iter(texts.values()), "")
    if not text.strip():
        raise UsageError("this link holds no query text; copy it from the console again")
    return _without_source(text, region)


def _without_source(text: str, region: str) -> ConsoleLink:
    """What the SOURCE in front asks for, apart from the query: so it runs over files, too.

    A SOURCE that does not just name log groups stays in the query.
    """
    whole = ConsoleLink(text, _WHILE_UNTOLD, (), region)
    commands = parse_tolerant(text).pipeline.commands
    if len(commands) < 2 or not isinstance(first := commands[0], ast.Source):
        return whole
    names = tuple(item.name for item in first.items if isinstance(item, ast.LogGroupName))
    time = _time_of(first)
    if time is None:
        return whole
    if len(names) < len(first.items) or isinstance(commands[1], ast.Source):
        return replace(whole, time=time)
    return ConsoleLink(text[commands[1].chunk[0] :].strip(), time, names, region)


def _time_of(source: ast.Source) -> Time | None:
    """None where no query can have it. What goes with the clock is read off it now."""
    now = datetime.now(UTC)
    start, end = source.start, source.end
    if start is None and end is None:
        return _WHILE_UNTOLD
    try:
        ended = moment(end, now) if end else now
        begun = moment(start, now) if start else ended - _WHILE_UNTOLD.length
        ends_now = ended == now and (start is None or is_relative(start))
        return Last(now - begun) if ends_now else TimeRange(begun, ended)
    except (QueryError, ValueError, OverflowError):
        return None


def _with_source(query: Query, window: TimeRange) -> str:
    """The query with all that the link has no other place for: its log groups and its time."""
    start, end = (ast.IsoTime(_iso(ms)) for ms in (window.start_ms, window.end_ms))
    pipeline = parse_tolerant(query.text).pipeline
    if any(isinstance(command, ast.Source) for command in pipeline.commands):
        timed = tuple(_timed(command, start, end) for command in pipeline.commands)
        return to_source(replace(pipeline, commands=timed))
    if not query.log_groups:
        return query.text
    names = tuple(map(ast.LogGroupName, query.log_groups))
    return f"{command_text(ast.Source(names, start, end))} |\n{query.text}"


def _timed(command: ast.Command, start: ast.Moment, end: ast.Moment) -> ast.Command:
    if not isinstance(command, ast.Source) or (command.start and command.end):
        return command
    start, end = command.start or start, command.end or end
    return replace(command, start=start, end=end, chunk=ast.NOWHERE)


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

"""Questions to begin with: a triage playbook, in files; the user's own stand beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from ipaddress import ip_address
from pathlib import Path

from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen
from flowtui.model.user_files import read_toml

_FILE = Path(__file__).parent / "playbook.toml"
_PARAMETER = re.compile(r"\{\{(\w+)\}\}")
OWN_GROUP = "Your own"
_TEXTS = ("number", "group", "title", "query", "fields")
ADDRESS, INTERFACE = "address", "interface"
_OF_COLUMNS: Mapping[str, tuple[str, ...]] = {
    ADDRESS: (
        "pkt_srcaddr",
        "srcaddr",
        "client",
        "who",
        "pkt_dstaddr",
        "dstaddr",
        "server",
        "whom",
    ),
    INTERFACE: ("interface_id", "counted_at"),
    "port": ("dstport", "server_port", "srcport"),
    "name": ("pkt_srcaddr", "srcaddr", "client", "who", "interface_id", "instance_id", "dstaddr"),
}
"""Where a row has what a parameter asks for."""


@frozen
class Play:
    """A question and the query that answers it."""

    title: str
    query: str
    """With `{{name}}` for each parameter."""
    fields: tuple[str, ...]
    """The fields that the format must have, as AWS writes them."""
    group: str = OWN_GROUP
    """What one wants to know, for those that belong together."""
    number: str = ""
    """That in the table of triage questions which it comes from."""
    defaults: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Of parameters that are thresholds."""
    opens: str = ""
    """The question that flowtui writes for the records, in the place of a query."""
    about: str = ""
    """What it does, where it has no query to show."""

    @property
    def parameters(self) -> tuple[str, ...]:
        if self.opens == "about":
            return ("name",)
        return tuple(dict.fromkeys(_PARAMETER.findall(self.query)))

    def missing(self, flow_format: FlowFormat | None) -> tuple[str, ...]:
        """The fields that it needs and the format lacks; none where the format is not known."""
        if flow_format is None:
            return ()
        names = {info.name for info in flow_format.fields}
        return tuple(name for name in self.fields if name not in names)

    def offered(self, row: Mapping[str, str], column: str) -> tuple[str, ...]:
        """What a row has of the parameters, the cell under the cursor first; else the default."""
        return tuple(
            self.defaults.get(name) or _in_row(name, row, column) for name in self.parameters
        )

    def filled(self, line: str) -> str:
        """The query with the values of one line, in order, blanks between; raises `UsageError`."""
        values = line.split()
        if len(values) != len(self.parameters):
            wanted = " ".join(self.parameters)
            raise UsageError(f"this question needs: {wanted}; give that many words, blanks between")
        written = {
            name: _written(name, value) for name, value in zip(self.parameters, values, strict=True)
        }
        return _PARAMETER.sub(lambda found: written[found[1]], self.query)


def _in_row(name: str, row: Mapping[str, str], column: str) -> str:
    columns = _OF_COLUMNS.get(name, ())
    if column in columns and row.get(column, "-") != "-":
        return row[column]
    return next((row[each] for each in columns if row.get(each, "-") != "-"), "")


def _written(name: str, value: str) -> str:
    """A text in quotes; a number as it is. Raises `UsageError`."""
    if name == ADDRESS and not _is_address(value):
        raise UsageError(f"{name} must be one IPv4 or IPv6 address; {value!r} is none")
    if name == INTERFACE and not re.fullmatch(r"[a-z]+-[0-9a-z-]+", value, re.ASCII):
        raise UsageError(f"{name} must be an id such as eni-0a1b2c3d; {value!r} is none")
    if name in (ADDRESS, INTERFACE):
        return json.dumps(value, ensure_ascii=False)
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value, re.ASCII):
        raise UsageError(f"{name} must be a number; {value!r} is none")
    return value


def read_plays(own: Path | None = None) -> tuple[Play, ...]:
    """Those of the package, and those of the files in the folder `own`; raises `UsageError`."""
    plays = [*DOORS, *_read(_FILE)]
    if own is not None and own.is_dir():
        for path in sorted(own.glob("*.toml")):
            plays += _read(path)
    return tuple(plays)


def _read(path: Path) -> Iterator[Play]:
    try:
        told = read_toml(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"can't read the questions in {path}: {error}") from error
    questions = told.get("question")
    if not isinstance(questions, list) or set(told) != {"question"}:
        raise UsageError(f"there are no questions in {path}; begin each with [[question]]")
    for question in questions:
        yield _play(question, path)


def _play(told: object, path: Path) -> Play:
    if not isinstance(told, dict):
        raise UsageError(f"a question in {path} is no table; begin it with [[question]]")
    name = told.get("title", "a question")
    if unknown := sorted(told.keys() - {*_TEXTS, "defaults"}):
        raise UsageError(f"{name} in {path} has {unknown[0]}; known are {', '.join(_TEXTS)}")
    for key in ("title", "query"):
        if not isinstance(told.get(key), str) or not told[key].strip():
            raise UsageError(f"{name} in {path} lacks {key}; write it as a text")
    defaults = told.get("defaults", {})
    texts = [told.get(key, "") for key in _TEXTS]
    if not isinstance(defaults, dict) or not all(map(_is_text, (*texts, *defaults.values()))):
        raise UsageError(f"{name} in {path} has a value that is no text; write it in quotes")
    return Play(
        told["title"], told["query"].strip(), tuple(told.get("fields", "").split()),
        told.get("group", OWN_GROUP), told.get("number", ""), defaults,
    )  # fmt: skip


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_TUPLE = (
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
)
_FIRST = "What happened?"
DOORS = (
    Play(
        "What to look at first: findings, ranked", "", (*_TUPLE, "action"), _FIRST,
        opens="findings",
        about="Scans, theft, beacons, rejected replies and so on, each in a sentence with its"
        " figures; Enter leads to the flows. Its key in the rows is !",
    ),
    Play(
        "Conversations: who opened it, bytes each way, how it ended", "", _TUPLE, _FIRST,
        opens="conversations",
        about="One line for each conversation, counted once though several interfaces saw it.",
    ),
    Play(
        "A page on an address, an interface or an instance", "", _TUPLE, "What of this one?",
        opens="about",
        about="First and last seen, peers, ports served and used, bytes over time, rejects,"
        " the conversations that matter.",
    ),
)  # fmt: skip
"""The questions that flowtui itself writes for the records at hand."""

PLAYBOOK: tuple[Play, ...] = read_plays()


def in_groups(
    plays: Iterable[Play], flow_format: FlowFormat | None
) -> list[tuple[str, list[Play]]]:
    """By what one wants to know, in order; those that do not fit the format come last in each."""
    groups: dict[str, list[Play]] = {}
    for play in plays:
        groups.setdefault(play.group, []).append(play)
    for those in groups.values():
        those.sort(key=lambda play: bool(play.missing(flow_format)))
    return list(groups.items())


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True

"""The few queries that all rules are answered from, written for a format."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from flowtui.flowlogs.format import FlowFormat
from flowtui.model.frozen import frozen

_FILE = Path(__file__).parent / "rules" / "aggregates.toml"
_NAME = re.compile(r"\$(\w+)")


@frozen
class Aggregate:
    """A query in parts; `$name` stands for the first alternative that fits the format."""

    name: str
    fields: tuple[str, ...]
    reading: str
    """Gives each record the names that rules speak of."""
    select: str
    measures: str
    keys: str
    after: str

    def fits(self, flow_format: FlowFormat) -> bool:
        return {info.name for info in flow_format.fields}.issuperset(self.fields)

    def text(self, flow_format: FlowFormat) -> str:
        """The whole query for records of that format."""
        stats = f"stats {self.measures.strip()}\n    by {self.keys}"
        parts = [self.reading.strip(), self.select, stats, self.after, "limit 100000"]
        return _written("\n| ".join(filter(None, parts)), flow_format)


def _written(text: str, flow_format: FlowFormat) -> str:
    names = {info.name for info in flow_format.fields}

    def alternative(found: re.Match[str]) -> str:
        choices = _ALTERNATIVES[found[1]]
        return next(text for needs, text in choices if names.issuperset(needs))

    return _NAME.sub(alternative, text)


def _load() -> tuple[
    Mapping[str, Aggregate], Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
]:
    told = tomllib.loads(_FILE.read_text("utf-8"))
    reading = told.pop("reading")["text"]
    alternatives = {
        name: tuple((tuple(each["fields"]), each["text"]) for each in choices)
        for name, choices in told.pop("alternatives").items()
    }
    aggregates = {
        name: Aggregate(
            name, tuple(each["fields"]), each.get("reading", reading), each["select"],
            each["measures"], each["keys"], each["after"],
        )
        for name, each in told.items()
    }  # fmt: skip
    return aggregates, alternatives


AGGREGATES, _ALTERNATIVES = _load()

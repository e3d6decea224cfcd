"""A finding: a row of a rule, told in a sentence, with the way back to its records."""

from __future__ import annotations

import json
import string
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from flowtui.flowlogs.rule import Rule
from flowtui.model.amounts import human_bytes
from flowtui.model.frozen import frozen
from flowtui.model.run import ResultSet, Row

COLUMNS = (
    "severity", "what", "who", "whom", "when", "until", "attack", "benign", "sentence", "beside",
    "false_positives", "limits", "score", "figures", "rule", "aggregate", "flows",
)  # fmt: skip
KEYS = ("rule", "who", "whom")
INNER = ("figures", "aggregate", "flows")

LEAST_SCORE = 40
_AGAIN = 0.75
"""What the fourth finding of a rule, and each after it, counts for: they say the same."""
_FIRST_OF_RULE = 3
_MOST_WEAK = 2
_LEVELS = ((85, "critical"), (70, "high"), (50, "medium"), (0, "low"))


def finding_id(rule: str, who: str, whom: str) -> str:
    """What makes a finding the same one in another window, where more hosts are counted."""
    return f"{rule} {who} {whom if _names_one(whom) else '*'}"


@frozen
class Finding:
    rule: Rule
    row: Mapping[str, str]
    """The row of the rule's query."""
    score: float
    also: tuple[str, ...] = ()
    """Other addresses that did the same."""
    benign: str = ""
    """Why the user takes it for harmless."""

    @property
    def who(self) -> str:
        return self.row.get("who", "-")

    @property
    def whom(self) -> str:
        return self.row.get("whom", "-")

    @property
    def id(self) -> str:
        """What makes it the same finding in another window."""
        return finding_id(self.rule.name, self.who, self.whom)

    @property
    def severity(self) -> str:
        return next(name for least, name in _LEVELS if self.score >= least)

    @property
    def sentence(self) -> str:
        said = _Words().vformat(self.rule.sentence, (), self.row)
        if self.also:
            some = ", ".join(self.also[:3]) + (" ..." if len(self.also) > 3 else "")
            said += f" So did {some}."
        return said

    @property
    def flows(self) -> str:
        """The condition for the records behind it."""
        return _Conditions().vformat(self.rule.flows, (), self.row)

    @property
    def cells(self) -> Row:
        rule, row = self.rule, self.row
        figures = {name: row.get(name, "") for name in rule.figures or {}}
        return (
            self.severity, rule.title, self.who, self.whom, _moment(row.get("first")),
            _moment(row.get("last")), rule.attack or "-", self.benign or "-", self.sentence,
            row.get("beside", "-"), "; ".join(rule.false_positives) or "-", rule.limits or "-",
            str(round(self.score)), json.dumps(figures), rule.name, rule.aggregate, self.flows,
        )  # fmt: skip


def findings_of(rule: Rule, results: ResultSet) -> list[Finding]:
    rows = (results.record(index) for index in range(len(results.rows)))
    return [Finding(rule, row, _number(row.get("score"))) for row in rows]


def ranked(found: Iterable[Finding], gateways: frozenset[str]) -> list[Finding]:
    """Each incident once, what matters first."""
    once = _without_gateways(_once(found), gateways)
    kept = _without_weaker(_together([each for each in once if each.score >= LEAST_SCORE]))
    kept.sort(key=_order)
    weak = [each for each in kept if each.rule.is_weak][_MOST_WEAK:]
    kept = [each for each in kept if each not in weak]
    counts: dict[str, int] = {}
    weighed = []
    for each in kept:
        counts[each.rule.name] = counts.get(each.rule.name, 0) + 1
        is_more = counts[each.rule.name] > _FIRST_OF_RULE
        weighed.append(replace(each, score=each.score * _AGAIN) if is_more else each)
    return sorted(weighed, key=_order)


def _order(finding: Finding) -> tuple[float, str, str, str]:
    return -finding.score, finding.rule.name, finding.who, finding.whom


def _once(found: Iterable[Finding]) -> list[Finding]:
    """Of what several interfaces recorded, and of both ways of a pair, the one that says more."""
    best: dict[tuple[str, frozenset[str]], Finding] = {}
    for each in sorted(found, key=_order):
        ends = {each.who, each.whom} if _names_one(each.whom) else {each.who}
        best.setdefault((each.rule.name, frozenset((*ends, _port(each)))), each)
    return list(best.values())


def _port(finding: Finding) -> str:
    return f"port {finding.row.get('port', '-')}"


def _without_gateways(found: list[Finding], gateways: frozenset[str]) -> list[Finding]:
    """What a gateway sends is somebody's: told of that one, where it is recorded."""
    others = {(f.rule.name, f.whom, _port(f)) for f in found if f.who not in gateways}
    return [
        each for each in found
        if each.who not in gateways or (each.rule.name, each.whom, _port(each)) not in others
    ]  # fmt: skip


def _together(found: list[Finding]) -> list[Finding]:
    """Several who did the same to one address are one finding."""
    first: dict[tuple[str, str, str], Finding] = {}
    for each in sorted(found, key=_order):
        key = each.rule.name, each.whom, _port(each)
        if key in first and _names_one(each.whom):
            known = first[key]
            if each.who != known.who:
                first[key] = replace(known, also=(*known.also, each.who))
        else:
            first[key if _names_one(each.whom) else (each.id, "", "")] = each
    return list(first.values())


def _names_one(whom: str) -> bool:
    """Whether it is an address, and not `port 22` or `5 hosts`."""
    return " " not in whom


def _without_weaker(found: list[Finding]) -> list[Finding]:
    by_rule: dict[str, set[str]] = {}
    pairs: dict[str, set[tuple[str, str]]] = {}
    for each in found:
        by_rule.setdefault(each.rule.name, set()).update((each.who, each.whom))
        for other in each.rule.replaces:
            pairs.setdefault(other, set()).add((each.who, each.whom))
    return [
        each for each in found
        if (each.who, each.whom) not in pairs.get(each.rule.name, ())
        and not any(each.who in by_rule.get(other, ()) for other in each.rule.gives_way)
    ]  # fmt: skip


class _Words(string.Formatter):
    """A sentence: numbers with commas, `:bytes` as sizes, `:raw` as they are."""

    def get_value(self, key: int | str, args: object, kwargs: Mapping[str, object]) -> object:
        del args  # columns have names
        return kwargs.get(str(key), "-")

    def format_field(self, value: object, format_spec: str) -> str:
        text = str(value)
        if format_spec == "bytes":
            return human_bytes(_number(text))
        if format_spec == "raw" or not _is_number(text):
            return text
        return f"{_number(text):,.0f}"


class _Conditions(string.Formatter):
    """A condition of the query language: texts are quoted, `:raw` stands as it is."""

    def get_value(self, key: int | str, args: object, kwargs: Mapping[str, object]) -> object:
        del args  # columns have names
        return kwargs.get(str(key), "-")

    def format_field(self, value: object, format_spec: str) -> str:
        return str(value) if format_spec == "raw" else json.dumps(str(value), ensure_ascii=False)


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _is_number(text: str) -> bool:
    return text.lstrip("-").isdigit()


def _moment(seconds: str | None) -> str:
    if not seconds:
        return "-"
    return f"{datetime.fromtimestamp(_number(seconds), UTC):%Y-%m-%d %H:%M:%S}.000"

"""The question for findings: its text, the plain queries in it, and what is made of their rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowtui.engine.drill import Target, asked, raw_tail
from flowtui.engine.findings.contacts import Contacts, sweeps
from flowtui.engine.findings.finding import COLUMNS, INNER, KEYS, Finding, findings_of, ranked
from flowtui.engine.findings.log_bins import log_bins
from flowtui.engine.findings.shelf import Shelf
from flowtui.engine.fold import Answer, Folded, Part, named, part_of, plain
from flowtui.engine.timeline import Chart
from flowtui.flowlogs.fields import SPELLINGS
from flowtui.flowlogs.format import FlowFormat
from flowtui.flowlogs.rule import Rule
from flowtui.flowlogs.rule_aggregates import AGGREGATES
from flowtui.model.errors import DrillError, FlowtuiError, UsageError
from flowtui.model.run import Query, ResultSet
from flowtui.query import ast
from flowtui.query.parser import parse
from flowtui.query.printer import to_source

if TYPE_CHECKING:
    from flowtui.engine.pivot import ShownQuestion, Spot
    from flowtui.model.timerange import TimeRange

NAME = "findings"
FIRST = "contacts"
_ENTER = "a finding leads to its flows by Enter; go on from those"
_MORE = "#+"
"""Begins a line of a further query: a comment to Logs Insights."""
_HEAD = re.compile(rf"^{re.escape(_MORE)} \[(?P<name>\w+)\]$")


def findings_text(flow_format: FlowFormat) -> str:
    """The text that asks for findings in records of that format. Raises `UsageError`."""
    first = AGGREGATES[FIRST]
    if not first.fits(flow_format):
        names = {info.name for info in flow_format.fields}
        lacking = ", ".join(name for name in first.fields if name not in names)
        raise UsageError(f"findings can't be told of these records: they lack {lacking}")
    lines = [first.text(flow_format)]
    for name, aggregate in AGGREGATES.items():
        if name != FIRST and aggregate.fits(flow_format):
            lines.append(f"{_MORE} [{name}]")
            lines += [f"{_MORE} {line}" for line in aggregate.text(flow_format).splitlines()]
    return named(NAME, "\n".join(lines))


def findings_of_records(flow_format: FlowFormat | None) -> str:
    """The text for the records of some log groups. Raises `UsageError`."""
    if flow_format is None:
        raise UsageError("findings need the format of the records; give --format, or F9 on screen")
    return findings_text(flow_format)


def texts_in(body: str) -> dict[str, str]:
    """The plain queries of a question, by the names of their aggregates."""
    found: dict[str, list[str]] = {FIRST: []}
    name = FIRST
    for line in plain(body).splitlines():
        if head := _HEAD.match(line):
            name = head["name"]
            found[name] = []
        elif line.startswith(_MORE):
            found[name].append(line[len(_MORE) + 1 :])
        else:
            found[FIRST].append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


class Findings:
    def __init__(self, text: str, shelf: Callable[[], Shelf] = Shelf) -> None:
        """`shelf` is looked at when rows are there: a mark that was made since then counts."""
        self._texts, self._shelf = texts_in(text), shelf

    def parts(self, query: Query, window: TimeRange) -> tuple[Part, ...]:
        whole = part_of(query, window)
        return tuple(
            replace(whole, query=replace(whole.query, body=text)) for text in self._texts.values()
        )

    def fold(self, answers: Sequence[Answer]) -> Folded:
        answered = dict(zip(self._texts, answers, strict=True))
        rows = {name: answer.results for name, answer in answered.items()}
        contacts = Contacts(rows[FIRST])
        tables = {FIRST: contacts.extended()}
        if "sweeps" in rows:
            tables["sweeps"] = sweeps(rows["sweeps"], contacts)
        if "health" in rows:
            tables["health"] = log_bins(rows["health"])
        shelf = self._shelf()
        fit, unfit = _unfit(shelf.rules, _fields_of(answers[0].part.query.prelude))
        found, said = _evaluated(fit, tables, answers[0].part.window)
        once = ranked(found, frozenset(contacts.gateways))
        marked = [replace(each, benign=shelf.benign.get(each.id, "")) for each in once]
        marked.sort(key=lambda each: bool(each.benign))
        cut = [name for name, answer in answered.items() if answer.is_cut]
        said += [f"{name} has more rows than are given: narrow the time" for name in cut]
        said += unfit
        if harmless := sum(bool(each.benign) for each in marked):
            said.append(f"{harmless} marked as benign, at the end")
        results = ResultSet(COLUMNS, tuple(each.cells for each in marked), KEYS, INNER)
        return Folded(results, tuple(said))

    def derive(self, kind: str, on: ShownQuestion, spot: Spot) -> Target:
        if kind != "drill":
            raise DrillError(_ENTER)
        return self._flows_behind(on, spot.row)

    def events(self, on: ShownQuestion) -> ShownQuestion:  # noqa: ARG002  (as any fold)
        """Each finding has flows of its own."""
        raise DrillError(_ENTER)

    def as_flow(self, row: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG002  (as any fold)
        return {}

    def _flows_behind(self, on: ShownQuestion, row: Mapping[str, str]) -> Target:
        text = self._texts.get(row.get("aggregate", ""))
        if text is None or not row.get("flows"):
            raise DrillError("this row does not say which flows are behind it")
        # One text, so that what is kept of it is written as it was.
        pipeline = parse(f"{text}\n| filter {row['flows']}")
        *commands, condition = pipeline.commands
        place = next(i for i, each in enumerate(commands) if isinstance(each, ast.Stats))
        before = (*commands[:place], condition)
        tail = raw_tail(before, on.query, on.format)
        body = to_source(replace(pipeline, commands=(*before, *tail)))
        time = None if on.query.time is None else on.window
        query = replace(asked(on.query, body, on.format), time=time)
        title = f"{row.get('what', 'finding')}: {row.get('who', '-')}"
        return Target(query, on.window, title)

    def chart(self) -> Chart:
        ends = {"who": SPELLINGS["srcaddr"], "whom": SPELLINGS["dstaddr"]}
        return Chart(frozenset(), ends, None)


def _evaluated(
    rules: Sequence[Rule], tables: Mapping[str, ResultSet], window: TimeRange
) -> tuple[list[Finding], list[str]]:
    from flowtui.backends.duckdb.rows_evaluation import evaluate

    found, said = list[Finding](), list[str]()
    asked_of = [[rule for rule in rules if rule.aggregate == name] for name in tables]
    texts = [[rule.whole_query for rule in those] for those in asked_of]
    answered = evaluate(list(zip(tables.values(), texts, strict=True)), window, datetime.now(UTC))
    for those, answers in zip(asked_of, answered, strict=True):
        for rule, answer in zip(those, answers, strict=True):
            if isinstance(answer, FlowtuiError):
                said.append(f"the rule {rule.name} can't be evaluated: {answer}")
            else:
                found += findings_of(rule, answer)
    return found, said


def _unfit(rules: Sequence[Rule], names: frozenset[str]) -> tuple[list[Rule], list[str]]:
    """The rules that records with these fields can answer, and what the others lack."""
    lacking: dict[str, list[str]] = {}
    for rule in rules:
        if missing := rule.missing(names):
            lacking.setdefault(", ".join(missing), []).append(rule.name)
    said = [f"not told, for want of {lack}: {', '.join(those)}" for lack, those in lacking.items()]
    if "tcp-flags" not in names:
        said.append("without tcp-flags, who opened a connection is read from its ports")
    return [rule for rule in rules if not rule.missing(names)], said


def _fields_of(prelude: str) -> frozenset[str]:
    """The fields of the records, as the `parse` command names them, hyphenated."""
    named = prelude.partition(" as ")[2].partition("\n")[0]
    return frozenset(each.strip().replace("_", "-") for each in named.split(","))

"""The question for all about one address, interface or instance: one page of blocks, one scan."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import reduce
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flowtui.engine.about_page import BINS, page_of
from flowtui.engine.conversation import Flows
from flowtui.engine.conversations import as_flow, between, notices, torn
from flowtui.engine.drill import Target, asked, raw_tail
from flowtui.engine.flow_aggregate import Flows as Aggregate
from flowtui.engine.fold import Answer, Folded, Naming, Part, named, part_of, plain
from flowtui.engine.series import STEPS, step_name
from flowtui.engine.timeline import Bins, Chart
from flowtui.flowlogs.fields import PROTOCOLS, SPELLINGS
from flowtui.model.errors import DrillError, QueryError, UsageError
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue import CommandRole, does
from flowtui.query.parser import parse
from flowtui.query.predicates import equals
from flowtui.query.printer import expr_text, to_source
from flowtui.query.timebin import bin_length, bin_span, parse_timestamp

if TYPE_CHECKING:
    from flowtui.engine.pivot import ShownQuestion, Spot
    from flowtui.flowlogs.format import FlowFormat

NAME = "about"
KINDS: Mapping[str, tuple[str, ...]] = {
    "address": ("srcaddr", "dstaddr", "pkt_srcaddr", "pkt_dstaddr"),
    "interface": ("interface_id",),
    "instance": ("instance_id",),
}
"""What there is a page of, and the fields that have it."""
_MORE = ("instance_id", "subnet_id", "pkt_src_aws_service", "pkt_dst_aws_service")
_MOST_BINS = 30
_LINE = re.compile(r"(\w+) (\S+)")
_ID = re.compile(r"(?:eni|i)-[0-9a-f]+")


def kind_of(column: str) -> str | None:
    """Of what the values of a column have a page; None where they have none."""
    column = {"client": "srcaddr", "server": "dstaddr"}.get(column, column)
    field = SPELLINGS[column].column if column in SPELLINGS else column
    return next((kind for kind, names in KINDS.items() if field in names), None)


def kind_of_name(name: str) -> str:
    """The kind of what has this name; raises `UsageError`."""
    if _ID.fullmatch(name):
        return "interface" if name.startswith("eni-") else "instance"
    try:
        ip_address(name)
    except ValueError:
        raise UsageError(
            f"{name[:60]!r} is no address, interface (eni-...) or instance (i-...); write one"
        ) from None
    return "address"


def about_of(
    query: Query, window: TimeRange, subject: tuple[str, str], flow_format: FlowFormat | None
) -> str:
    """The text that asks for the page of a subject, a kind and a value, over a whole window.

    It is about all flows of the log groups, whatever the question at hand has chosen. Raises
    `DrillError`.
    """
    kind, value = subject
    pipeline = parse(plain(query.body)) if query.body.strip() else ast.Pipeline(())
    front = [each for each in pipeline.commands if does(each, CommandRole.OWNS_FIELDS)]
    body = to_source(replace(pipeline, commands=tuple(front))) if front else ""
    flows = Aggregate.behind(body, query.prelude, flow_format)
    names = [name for name in KINDS[kind] if name in flows.fields]
    if not names:
        raise DrillError(f"the records have no {KINDS[kind][0]}, so there is no page of it")
    same = [ast.Binary("=", ast.Field(name), ast.String(value)) for name in names]
    condition = reduce(lambda left, right: ast.Binary("or", left, right), same)
    text = expr_text(condition) if len(same) == 1 else f"({expr_text(condition)})"
    return named(f"{NAME} {kind} {value}", flows.text(more=_MORE, where=text, bins=_bins(window)))


def _bins(window: TimeRange) -> str:
    """The step in which some thirty bins make the window."""
    least = window.length / timedelta(milliseconds=1) / _MOST_BINS
    return step_name(next((step for step in STEPS if step >= max(least, 60_000)), STEPS[-1]))


class About:
    def __init__(self, text: str, naming: Naming) -> None:
        """Raises `QueryError`."""
        found = _LINE.fullmatch(naming.rest)
        if found is None or found[1] not in KINDS:
            kinds = ", ".join(KINDS)
            raise QueryError(f"write what it is about, one of {kinds}, and its name", naming.span)
        self._kind, self._value = found[1], found[2]
        self._body, self._line = plain(text), f"{NAME} {naming.rest}"

    def parts(self, query: Query, window: TimeRange) -> tuple[Part, ...]:
        return (part_of(query, window),)

    def fold(self, answers: Sequence[Answer]) -> Folded:
        (answer,) = answers
        if answer.is_cut:
            raise torn(answer)
        flows = Flows.of(answer.results)
        results = page_of(answer.results, flows, self._kind, self._value).results()
        return Folded(results, notices(answer.results.columns, flows.beyond_nat, self._body))

    def derive(self, kind: str, on: ShownQuestion, spot: Spot) -> Target:
        from flowtui.engine.pivot import derive

        if kind in ("include", "exclude"):
            raise DrillError("a page has no rows to choose from; Enter shows the flows of a row")
        if kind == "drill":
            return self._behind(on, spot.row)
        return derive(kind, self.events(on), replace(spot, row=self.as_flow(spot.row)))

    def events(self, on: ShownQuestion) -> ShownQuestion:
        target = self._behind(on, {"block": "about"})
        return replace(on, query=target.query, window=target.window)

    def as_flow(self, row: Mapping[str, str]) -> Mapping[str, str]:
        return as_flow(row)

    def chart(self) -> Chart:
        meanings = {
            "start": "start", "end": "end", "protocol": "protocol", "client": "srcaddr",
            "client_port": "srcport", "server": "dstaddr", "server_port": "dstport",
        }  # fmt: skip
        fields = {name: SPELLINGS[field] for name, field in meanings.items()}
        values = "bytes_in", "bytes_out"
        step = bin_length(_period(_stats(parse(self._body))))
        milliseconds = 0 if step is None else step // timedelta(milliseconds=1)
        counts = frozenset({"conversations", "rejected"})
        bins = Bins("what", values, milliseconds, is_bytes=True)
        return Chart(frozenset(values), fields, bins, counts)

    # Back to the flows

    def _behind(self, on: ShownQuestion, row: Mapping[str, str]) -> Target:
        pipeline = parse(self._body)
        stats = _stats(pipeline)
        names = {key.name for key in stats.keys}
        conditions, window = self._conditions(on, names, row), on.window
        if row["block"] == "time":
            window = _bin(stats, row.get("what")).intersect(on.window) or on.window
        before = pipeline.commands[: pipeline.commands.index(stats)]
        chosen = (ast.Filter(_joined("and", conditions)),) if conditions else ()
        tail = raw_tail(before, on.query, on.format)
        body = to_source(replace(pipeline, commands=(*before, *chosen, *tail)))
        time = None if on.query.time is None and window == on.window else window
        query = replace(asked(on.query, body, on.format), time=time)
        what = row.get("what", "")
        title = f"{self._value} {row['block']} {what}" if what != self._value else self._value
        return Target(query, window, title.strip())

    def _conditions(
        self, on: ShownQuestion, names: set[str], row: Mapping[str, str]
    ) -> list[ast.Expr]:
        block, what = row.get("block", ""), row.get("what", "")
        match block:
            case "about" | "time":
                return []
            case "peer":
                return [_joined("or", [_is(name, what, on) for name in _ends(names)])]
            case "port served" | "port used":
                return self._of_port(what, names, on, serves=block == "port served")
            case "interface" | "instance":
                return [_is(f"{block}_id", what, on)]
            case "accepted" | "rejected":
                action = "ACCEPT" if block == "accepted" else "REJECT"
                return [_is("action", action, on), *self._going(what, names, on)]
            case _:
                ends = [
                    (row["client"], row.get("client_port")),
                    (row["server"], row.get("server_port")),
                ]
                there = between(ends[0], ends[1], names, on.respelled)
                back = between(ends[1], ends[0], names, on.respelled)
                protocol = [_is("protocol", row["protocol"], on)] if "protocol" in names else []
                return [*protocol, _joined("or", [there, back])]

    def _of_port(
        self, what: str, names: set[str], on: ShownQuestion, *, serves: bool
    ) -> list[ast.Expr]:
        """The flows to the port, and from it, where the subject has it or its peer."""
        port, _, word = what.partition("/")
        number = next((n for n, name in PROTOCOLS.items() if name == word), word)
        to, back = _is("dstport", port, on), _is("srcport", port, on)
        if self._kind == "address":
            source, target = (_is(name, self._value, on) for name in _ends(names))
            to = ast.Binary("and", to, target if serves else source)
            back = ast.Binary("and", back, source if serves else target)
        elif "flow_direction" in names:
            way = ("ingress", "egress") if serves else ("egress", "ingress")
            to = ast.Binary("and", to, _is("flow_direction", way[0], on))
            back = ast.Binary("and", back, _is("flow_direction", way[1], on))
        return [_is("protocol", number, on), _joined("or", [to, back])]

    def _going(self, way: str, names: set[str], on: ShownQuestion) -> list[ast.Expr]:
        """The flows that go in, or out."""
        if self._kind == "address":
            source, target = _ends(names)
            return [_is(target if way == "in" else source, self._value, on)]
        if "flow_direction" not in names:
            return []
        return [_is("flow_direction", "ingress" if way == "in" else "egress", on)]


def _stats(pipeline: ast.Pipeline) -> ast.Stats:
    found = next((each for each in pipeline.commands if isinstance(each, ast.Stats)), None)
    if found is None:
        raise DrillError("there is no stats to make a page of; write one")
    return found


def _period(stats: ast.Stats) -> ast.Period:
    """The length of a step of time."""
    for key in stats.keys:
        match key.expr:
            case ast.Call(_, (ast.Period() as period,)) if key.name == BINS:
                return period
    raise DrillError("the page has no times; group by bin(1h) as time, too")


def _bin(stats: ast.Stats, value: str | None) -> TimeRange:
    start = parse_timestamp(value or "")
    span = None if start is None else bin_span(start, _period(stats))
    if span is None:
        raise DrillError(f"{value} is no time that the page has")
    return span


def _ends(names: set[str]) -> tuple[str, str]:
    prefix = "pkt_" if {"pkt_srcaddr", "pkt_dstaddr"} <= names else ""
    return f"{prefix}srcaddr", f"{prefix}dstaddr"


def _is(name: str, value: str, on: ShownQuestion) -> ast.Expr:
    return equals(ast.Field(name), value, respelled=on.respelled)


def _joined(operator: str, conditions: Sequence[ast.Expr]) -> ast.Expr:
    return reduce(lambda left, right: ast.Binary(operator, left, right), conditions)

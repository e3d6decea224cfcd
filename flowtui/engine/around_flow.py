"""What is around the flow of a row: its conversation, its ends, its interface, over a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING

from flowtui.engine.drill import Target, asked, raw_tail
from flowtui.engine.fold import is_fold
from flowtui.engine.folds import fold_of
from flowtui.engine.lineage import keys_of, last_grouping
from flowtui.engine.timeline import parse_time
from flowtui.flowlogs.fields import field_info
from flowtui.model.errors import DrillError
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange, from_ms, parse_duration
from flowtui.query import ast
from flowtui.query.catalogue import CommandRole, does
from flowtui.query.parser import parse, parse_tolerant
from flowtui.query.predicates import equals
from flowtui.query.printer import to_source
from flowtui.query.scope import last_stats

if TYPE_CHECKING:
    from flowtui.engine.pivot import ShownQuestion

_SECOND = timedelta(seconds=1)
_ENDS = (
    ("pkt-srcaddr", "pkt-dstaddr"), ("srcaddr", "dstaddr"), ("srcaddr", "pkt-dstaddr"),
    ("pkt-srcaddr", "dstaddr"),
)  # fmt: skip
_OWNERS = ("instance-id", "interface-id")


def conversation(on: ShownQuestion, row: Mapping[str, str]) -> Target:
    """Both directions between the two endpoints of `row`, as raw flows.

    The endpoints are those of the packets where the row has them: behind a NAT gateway the
    addresses of the interface are other ones (flowlogs.md 1.6). Of a row with one address the
    other end is its instance or interface, if it has one, or anybody. Raises `DrillError`.
    """
    known = _Known(on, row)
    for names in _ENDS:
        ends = [known.field(name) for name in names]
        if all(ends):
            (source, here), (target, there) = (end for end in ends if end)
            there_and_back = (
                _all([known.same(source, here), known.same(target, there)]),
                _all([known.same(source, there), known.same(target, here)]),
            )
            condition = ast.Binary("or", *there_and_back)
            return known.target([condition], f"{here} ↔ {there}")
    found = next((end for names in _ENDS for name in names if (end := known.field(name))), None)
    if found is None:
        raise DrillError("this row has no address; group by srcaddr and dstaddr, or drill first")
    owner = next((end for name in _OWNERS if (end := known.field(name))), None)
    conditions = [known.either_end(*found)]
    conditions += [] if owner is None else [known.same(*owner)]
    return known.target(conditions, f"{found[1]} ↔ {'all' if owner is None else owner[1]}")


PIVOTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "tuple": (("srcaddr",), ("srcport",), ("dstaddr",), ("dstport",), ("protocol",)),
    "source": (("srcaddr", "pkt-srcaddr"),),
    "destination": (("dstaddr", "pkt-dstaddr"),),
    "interface": (("interface-id",),),
    "instance": (("instance-id",),),
}
"""The questions about a flow, and the fields that each needs; of several the first there is."""

SPANS: Mapping[str, str] = {
    "5m": "5 minutes before and after",
    "1h": "1 hour before and after",
    "on": "from here on",
    "all": "the whole window",
}
"""The times around a flow that they are asked over; `source 1h` is a question and its span."""


@frozen
class Offer:
    """A question of `PIVOTS` that a row can be asked."""

    kind: str
    about: str
    """Whom it is about: an address, an interface."""
    has_spans: bool
    """Whether the row says when it was, so that there is an around."""


def pivots_of(on: ShownQuestion, row: Mapping[str, str]) -> tuple[Offer, ...]:
    """Those that the row can be asked."""
    if (fold := fold_of(on.query.body)) is not None:
        try:
            on, row = fold.events(on), fold.as_flow(row)
        except DrillError:
            return ()
    known, found = _Known(on, row), list[Offer]()
    for kind, needed in PIVOTS.items():
        values = [known.first(names) for names in needed]
        if all(values):
            about = " ".join(value for _, value in filter(None, values))
            has_spans = kind != "tuple" and known.span() is not None
            found.append(Offer(kind, about, has_spans))
    return tuple(found)


def has_pivots(body: str, columns: Sequence[str]) -> bool:
    """Whether rows with these columns say anything to ask about."""
    if is_fold(body):
        return True
    pipeline = parse_tolerant(body).pipeline
    index = last_grouping(pipeline)
    keys = keys_of(None if index is None else pipeline.commands[index])
    names = {key.expr.name for key in keys if isinstance(key.expr, ast.Field)}
    known = names & set(columns) if index is not None else set(columns)
    fields = {name for needed in PIVOTS.values() for names in needed for name in names}
    return any(spelling in known for name in fields - _PORTS for spelling in _spellings(name))


_PORTS = frozenset({"srcport", "dstport", "protocol"})
"""Nothing is known of a flow by these alone."""


def pivot(on: ShownQuestion, row: Mapping[str, str], kind: str) -> Target:
    """The question `kind` of `PIVOTS` about the flow, or the group of flows, in `row`.

    Its span, one of `SPANS`, may stand behind the kind. Where the row has no time, its surroundings
    are the query's own window. Raises `DrillError`.
    """
    known = _Known(on, row)
    kind, _, span = kind.partition(" ")
    found = [known.first(names) for names in PIVOTS[kind]]
    if None in found:
        missing = PIVOTS[kind][found.index(None)][0].replace("-", "_")
        is_grouped = last_stats(parse(on.query.body)) is not None
        advice = "go to the raw flows first" if is_grouped else "add it to fields or display"
        raise DrillError(f"this row does not say its {missing}; {advice}")
    values = [field for field in found if field]
    if kind == "tuple":
        conditions = [known.same(field, value) for field, value in values]
        title = " ".join(value for _, value in values)
        return known.target(conditions, title, tail=(_over_time(on.window),))
    ((field, value),) = values
    is_end = kind in ("source", "destination")
    condition = known.either_end(field, value) if is_end else known.same(field, value)
    return known.target([condition], value, window=known.surroundings(span or "5m"))


def _over_time(window: TimeRange) -> ast.Stats:
    """Bytes, packets and records in bins of which some hundred fit into the window."""
    steps = ((2, "1m"), (12, "5m"), (72, "30m"))
    hours = window.length / timedelta(hours=1)
    text = next((step for most, step in steps if hours <= most), "6h")
    period = ast.Period(int(text[:-1]), text[-1])
    return ast.Stats(
        (
            *(ast.Item(ast.Call("sum", (ast.Field(n),)), n) for n in ("bytes", "packets")),
            ast.Item(ast.Call("count", (ast.Star(),)), "records"),
        ),
        (ast.Item(ast.Call("bin", (period,)), text=f"bin({text})"),),
    )


def span_of(on: ShownQuestion, row: Mapping[str, str]) -> tuple[datetime, datetime] | None:
    """From when to when the flow of the row was, as far as its columns say."""
    return _Known(on, row).span()


class _Known:
    """The values that the row of a query has for its flows, by the name of the flow log field."""

    def __init__(self, on: ShownQuestion, row: Mapping[str, str]) -> None:
        self._on = on
        self._pipeline = parse(on.query.body)
        index = last_grouping(self._pipeline)
        grouping = None if index is None else self._pipeline.commands[index]
        keys = {key.name: key.expr for key in keys_of(grouping)}
        self._setting = tuple(
            command
            for command in self._pipeline.commands[:index]
            if does(command, CommandRole.GIVES_FIELDS)
        )
        self._values: dict[str, str] = {}
        for name, value in row.items():
            expr = keys.get(name) if index is not None else ast.Field(name)
            if isinstance(expr, ast.Field):
                self._values[expr.name] = value

    def field(self, name: str) -> tuple[str, str] | None:
        """How the query calls the field and what the row says of it; None where it says nothing."""
        found = next((each for each in _spellings(name) if each in self._values), None)
        value = self._values.get(found) if found else None
        return None if found is None or value in (None, "-") else (found, value or "")

    def name(self, name: str) -> str:
        """How the query calls the field, whether or not the row has it."""
        return next((n for n in _spellings(name) if n in self._values), _spellings(name)[0])

    def same(self, field: str, value: str) -> ast.Expr:
        """The condition that a flow has this value there."""
        return equals(ast.Field(field), value, respelled=self._on.respelled)

    def first(self, names: Sequence[str]) -> tuple[str, str] | None:
        """The first of the fields of which the row says something."""
        return next((found for name in names if (found := self.field(name))), None)

    def either_end(self, field: str, address: str) -> ast.Expr:
        """The condition that a flow comes from the address or goes to it, as the field has it."""
        prefix = "pkt-" if field.lower().startswith("pkt") else ""
        ends = [self.name(f"{prefix}srcaddr"), self.name(f"{prefix}dstaddr")]
        return ast.Binary("or", *(self.same(end, address) for end in ends))

    def surroundings(self, span: str) -> TimeRange:
        """The time around the flow, one of `SPANS`."""
        if (own := self.span()) is None or span == "all":
            return self._on.window
        if span == "on":
            return TimeRange(own[0], max(self._on.window.end, own[1] + _SECOND))
        around = parse_duration(span)
        return TimeRange(own[0] - around, own[1] + around)

    def span(self) -> tuple[datetime, datetime] | None:
        """From the start of the flow to its end, which may be one moment."""
        times = [
            moment
            for name in ("start", "startTime", "end", "endTime", "@timestamp")
            if (moment := parse_time(self._values.get(name))) is not None
        ]
        return (from_ms(min(times)), from_ms(max(times))) if times else None

    def target(
        self,
        conditions: Sequence[ast.Expr],
        title: str,
        *,
        tail: tuple[ast.Command, ...] = (),
        window: TimeRange | None = None,
    ) -> Target:
        """The raw flows that meet the conditions, or what `tail` makes of them."""
        query, window = self._on.query, window or self._on.window
        shown = tail or raw_tail(self._setting, query, self._on.format)
        commands = (*self._setting, ast.Filter(_all(conditions)), *shown)
        body = to_source(replace(self._pipeline, commands=commands))
        is_same = query.time is None and window == self._on.window
        fresh = replace(query, time=None if is_same else window)
        return Target(asked(fresh, body, self._on.format), window, title)


def _spellings(name: str) -> tuple[str, ...]:
    """A field's names, underscored and discovered."""
    info = field_info(name)
    return info.column, info.discovered


def _all(conditions: Sequence[ast.Expr]) -> ast.Expr:
    return reduce(lambda left, right: ast.Binary("and", left, right), conditions)

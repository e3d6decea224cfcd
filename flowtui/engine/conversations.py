"""The question for conversations: one line for each, whoever recorded it and however often."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import reduce
from operator import itemgetter
from typing import TYPE_CHECKING

from flowtui.engine.conversation import Capture, Conversation, Flows, Log, Way
from flowtui.engine.drill import Target, asked, raw_tail
from flowtui.engine.flow_aggregate import Flows as Aggregate
from flowtui.engine.flow_aggregate import lacking, tearing
from flowtui.engine.fold import Answer, Folded, Part, named, part_of, plain
from flowtui.engine.packed_flows import PackedFlows, are_packed
from flowtui.engine.timeline import Chart
from flowtui.flowlogs.fields import SPELLINGS
from flowtui.model.errors import BackendError, DrillError
from flowtui.model.run import Query, ResultSet, Row
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue.limits import MAX_ROWS
from flowtui.query.parser import parse
from flowtui.query.predicates import equals
from flowtui.query.printer import to_source
from flowtui.query.result_shape import shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowtui.engine.pivot import ShownQuestion, Spot
    from flowtui.flowlogs.fields import FieldInfo
    from flowtui.flowlogs.format import FlowFormat

NAME = "conversations"

KEYS = ("client", "client_port", "server", "server_port", "protocol")
COLUMNS = (
    "client", "server", "server_port", "bytes_sent", "bytes_received", "state", "marks", "start",
    "end", "seconds", "client_port", "protocol", "packets_sent", "packets_received", "action_sent",
    "action_received", "opened_by", "counted_at", "recorded_by",
)  # fmt: skip
_BYTES = frozenset({"bytes_sent", "bytes_received"})
_PACKETS = frozenset({"packets_sent", "packets_received"})
_MEANINGS = {
    "client": "srcaddr", "client_port": "srcport", "server": "dstaddr", "server_port": "dstport",
    "protocol": "protocol", "start": "start", "end": "end", "action_sent": "action",
    "action_received": "action", "counted_at": "interface_id",
}  # fmt: skip


def conversations_of(query: Query, flow_format: FlowFormat | None) -> str:
    """The text that asks for the conversations of all flows behind a question.

    Raises `DrillError`.
    """
    flows = Aggregate.behind(plain(query.body), query.prelude, flow_format)
    return named(NAME, flows.text())


class Conversations:
    def __init__(self, text: str) -> None:
        self._body = plain(text)

    def parts(self, query: Query, window: TimeRange) -> tuple[Part, ...]:
        part = part_of(query, window)
        pairs = min(query.limit or MAX_ROWS, MAX_ROWS)
        return (replace(part, query=replace(part.query, pairs=pairs)),)

    def fold(self, answers: Sequence[Answer]) -> Folded:
        (answer,) = answers
        if answer.is_cut:
            raise torn(answer)
        flows: Flows | PackedFlows
        if are_packed(answer.results):
            columns = shape_of(parse(self._body)).columns
            flows = PackedFlows.of(answer.results, columns)
        else:
            columns = answer.results.columns
            flows = Flows.of(answer.results)
        # Of each no more than its row is kept: there may be a million.
        weighed = [(_weight(each), row_of(each, flows)) for each in flows.conversations()]
        weighed.sort(key=itemgetter(0))
        results = ResultSet(COLUMNS, tuple(row for _, row in weighed), KEYS)
        count = flows.count if isinstance(flows, PackedFlows) else len(weighed)
        return Folded(results, notices(columns, flows.beyond_nat, self._body), count)

    def derive(self, kind: str, on: ShownQuestion, spot: Spot) -> Target:
        match kind:
            case "drill":
                return flows_behind(on, spot.row)
            case "include" | "exclude":
                return _refined(on, spot, exclude=kind == "exclude")
            case _:
                from flowtui.engine.pivot import derive

                return derive(kind, events(on), replace(spot, row=as_flow(spot.row)))

    def events(self, on: ShownQuestion) -> ShownQuestion:
        return events(on)

    def as_flow(self, row: Mapping[str, str]) -> Mapping[str, str]:
        return as_flow(row)

    def chart(self) -> Chart:
        return CHART


def torn(answer: Answer) -> BackendError:
    """Why there are none where a limit has cut the rows; on AWS, by `MAX_ROWS`, that has a cost."""
    count = len(answer.results.rows)
    paid = "" if count > MAX_ROWS else "; this scan is paid, and so is the next"
    return BackendError(
        f"the flows make more than {count:,} rows, the most that are given, so that conversations"
        " would be torn; ask for a shorter time, or filter by an address, a port or an interface"
        f"{paid}"
    )


CHART = Chart(
    _BYTES, {name: SPELLINGS[field] for name, field in _MEANINGS.items()}, None, _PACKETS,
    _BYTES | _PACKETS,
)  # fmt: skip


def notices(columns: Collection[str], beyond_nat: int, body: str) -> tuple[str, ...]:
    """What the format can't tell, what was not counted, and what a filter may have left out."""
    said = lacking(columns)
    if torn := tearing(parse(body).commands):
        said.append(
            f"the filter on {torn[0]} may leave out replies, so that there may be one where none is"
        )
    if beyond_nat:
        said.append(
            f"{beyond_nat:,} records of the far side of NAT gateways are counted with the"
            " conversations inside"
        )
    return tuple(said)


def _weight(found: Conversation) -> tuple[int, int, str, str, str, str, str]:
    return (
        -found.bytes, found.first, found.client, found.client_port, found.server,
        found.server_port, found.protocol,
    )  # fmt: skip


def row_of(found: Conversation, log: Log) -> Row:
    there, back, has_actions = found.there, found.back, log.has_actions
    first, last = found.first, found.last
    sent, received = there.counted if there else None, back.counted if back else None
    return (
        found.client,
        found.server,
        found.server_port,
        str(sent.bytes if sent else 0),
        str(received.bytes if received else 0),
        found.state,
        ", ".join(found.marks),
        str(first),
        str(last),
        str(last - first),
        found.client_port,
        found.protocol,
        str(sent.packets if sent else 0),
        str(received.packets if received else 0),
        there.action if there and has_actions else "-",
        back.action if back and has_actions else "-",
        found.opened_by,
        _counted_at(sent, received),
        str(_recorders(there, back)),
    )


def _counted_at(sent: Capture | None, received: Capture | None) -> str:
    """The interfaces whose records count: one, or that of each direction."""
    one = sent.interface or "-" if sent else ""
    other = received.interface or "-" if received else ""
    return one or other if one == other or not (one and other) else f"{one} / {other}"


def _recorders(there: Way | None, back: Way | None) -> int:
    """How many interfaces have recorded it."""
    captures = [*(there.captures if there else ()), *(back.captures if back else ())]
    return len({capture.interface for capture in captures})


# Back to the flows


def events(on: ShownQuestion) -> ShownQuestion:
    """The events behind the conversations, as a question of its own."""
    pipeline = parse(plain(on.query.body))
    before = tuple(command for command in pipeline.commands if not isinstance(command, ast.Stats))
    tail = raw_tail(before, on.query, on.format)
    body = to_source(replace(pipeline, commands=(*before, *tail)))
    return replace(on, query=asked(on.query, body, on.format))


def as_flow(row: Mapping[str, str]) -> dict[str, str]:
    """A conversation as the flow from its client to its server."""
    names = {
        "srcaddr": "client", "srcport": "client_port", "dstaddr": "server",
        "dstport": "server_port", "protocol": "protocol", "pkt_srcaddr": "client",
        "pkt_dstaddr": "server", "start": "start", "end": "end",
    }  # fmt: skip
    return {name: row[column] for name, column in names.items() if column in row}


def flows_behind(on: ShownQuestion, row: Mapping[str, str]) -> Target:
    """The records of both directions of one conversation, at every interface."""
    pipeline = parse(plain(on.query.body))
    stats = next((each for each in pipeline.commands if isinstance(each, ast.Stats)), None)
    if stats is None or any(name not in row for name in ("client", "server")):
        raise DrillError("this row does not say who talks to whom")
    names = {key.name for key in stats.keys}
    ends = [(row["client"], row.get("client_port")), (row["server"], row.get("server_port"))]
    there = between(ends[0], ends[1], names, on.respelled)
    back = between(ends[1], ends[0], names, on.respelled)
    conditions: list[ast.Expr] = [ast.Binary("or", there, back)]
    if "protocol" in names and row.get("protocol"):
        conditions.insert(0, equals(ast.Field("protocol"), row["protocol"]))
    before = tuple(pipeline.commands[: pipeline.commands.index(stats)])
    tail = raw_tail(before, on.query, on.format)
    body = to_source(replace(pipeline, commands=(*before, ast.Filter(_all(conditions)), *tail)))
    time = None if on.query.time is None else on.window
    query = replace(asked(on.query, body, on.format), time=time)
    title = f"{row['client']} → {row['server']} {row.get('server_port', '')}".strip()
    return Target(query, on.window, title)


def between(
    source: tuple[str, str | None],
    target: tuple[str, str | None],
    names: set[str],
    respelled: frozenset[FieldInfo],
) -> ast.Expr:
    prefix = "pkt_" if {"pkt_srcaddr", "pkt_dstaddr"} <= names else ""
    wanted = {
        f"{prefix}srcaddr": source[0], "srcport": source[1],
        f"{prefix}dstaddr": target[0], "dstport": target[1],
    }  # fmt: skip
    return _all(
        [
            equals(ast.Field(name), value, respelled=respelled)
            for name, value in wanted.items()
            if value and (name in names)
        ]
    )


def _all(conditions: Sequence[ast.Expr]) -> ast.Expr:
    return reduce(lambda left, right: ast.Binary("and", left, right), conditions)


_EITHER = {
    "client": ("srcaddr", "dstaddr"), "server": ("srcaddr", "dstaddr"),
    "client_port": ("srcport", "dstport"), "server_port": ("srcport", "dstport"),
    "protocol": ("protocol",),
}  # fmt: skip


def _refined(on: ShownQuestion, spot: Spot, *, exclude: bool) -> Target:
    """Only the conversations with the value of a key at one of their ends, or without it."""
    ends = _EITHER.get(spot.column)
    if ends is None or not spot.value:
        raise DrillError(
            f"{spot.column} is made of the records of both ends, so no query can ask for it;"
            " Enter shows these records"
        )
    body = plain(on.query.body)
    pipeline = parse(body)
    place = next(i for i, each in enumerate(pipeline.commands) if isinstance(each, ast.Stats))
    stats = pipeline.commands[place]
    names = {key.name for key in stats.keys} if isinstance(stats, ast.Stats) else set()
    if {"pkt_srcaddr", "pkt_dstaddr"} <= names and "addr" in ends[0]:
        ends = tuple(f"pkt_{name}" for name in ends)
    same = [equals(ast.Field(name), spot.value, respelled=on.respelled) for name in ends]
    condition = reduce(lambda left, right: ast.Binary("or", left, right), same)
    if exclude:
        condition = ast.Unary("not", condition)
    commands = (*pipeline.commands[:place], ast.Filter(condition), *pipeline.commands[place:])
    text = named(NAME, to_source(replace(pipeline, commands=commands)))
    sign = "≠" if exclude else "="
    title = f"{spot.column} {sign} {spot.value}"
    return Target(asked(on.query, text, on.format), on.window, title)

"""The one aggregate that conversations and addresses are folded of: flows by their 5-tuple.

Its columns are named in `flowlogs/flow_rows`. A field that the format lacks is left out, and said.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from flowtui.engine.lineage import last_grouping
from flowtui.flowlogs.fields import SPELLINGS
from flowtui.flowlogs.flow_rows import (
    BYTES,
    FIRST,
    FLAGS,
    KEYS,
    LAST,
    OPENINGS,
    PACKETS,
    RECORDS,
)
from flowtui.model.errors import DrillError
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.query.catalogue import CommandRole, does
from flowtui.query.parser import parse
from flowtui.query.printer import keyword, to_source
from flowtui.query.scope import fields_in

if TYPE_CHECKING:
    from flowtui.flowlogs.format import FlowFormat

_SUMS = ((BYTES, "sum(bytes)", "bytes"), (PACKETS, "sum(packets)", "packets"))
_BIT = "max(floor(tcp_flags / {0}) % 2)"
_FLAGS = (
    f"max(tcp_flags % 2) + 2 * {_BIT.format(2)} + 4 * {_BIT.format(4)} + 16 * {_BIT.format(16)}"
)
_OPENINGS = "sum(floor(tcp_flags / 2) % 2)"
_NEEDED = ("srcaddr", "dstaddr")

LACKS = {
    "tcp_flags": "without tcp-flags who opened is told by ports, and an end can't be told",
    "flow_direction": "without flow-direction a gateway's interface may count a flow twice",
    "interface_id": "without interface-id flows recorded twice count twice",
    "action": "without action nobody knows what was rejected",
    "srcport": "without ports all flows between two addresses are one",
    "pkt_srcaddr": "without pkt-srcaddr and pkt-dstaddr each side of a NAT gateway counts",
}
"""What a format that lacks the field can't tell."""


@frozen
class Flows:
    """The flows behind a question: what it does with events before it makes rows of them."""

    pipeline: ast.Pipeline
    """The commands that choose and name, without those that order, show and group."""
    fields: frozenset[str]
    """The underscored names that the records have."""

    @classmethod
    def behind(cls, body: str, prelude: str, flow_format: FlowFormat | None) -> Flows:
        """Those of a plain query; raises `DrillError` where no query has them."""
        pipeline = parse(body) if body.strip() else ast.Pipeline(())
        index = _first_grouping(pipeline)
        commands = pipeline.commands if index is None else pipeline.commands[:index]
        kept = [command for command in commands if _is_kept(command)]
        fields = _fields_of(kept, prelude, flow_format)
        whole = tuple(untorn(command, fields) for command in kept)
        return cls(replace(pipeline, commands=whole), fields)

    def text(self, *, more: Collection[str] = (), where: str = "", bins: str = "") -> str:
        """The aggregate; `more` are keys besides, `where` another condition.

        `bins` is a length of time to group by as well.
        """
        conditions = ['log_status = "OK"'] if "log_status" in self.fields else []
        conditions += [where] if where else []
        text = to_source(self.pipeline).strip()
        lines = [text] if text else []
        lines += [f"filter {' and '.join(conditions)}"] if conditions else []
        keys = [name for name in (*KEYS, *more) if name in self.fields]
        keys += [f"bin({bins}) as time"] if bins else []
        lines.append(f"stats {', '.join(self._aggregates())}\n  by {', '.join(keys)}")
        return "\n| ".join(lines)

    def _aggregates(self) -> list[str]:
        values = [f"{text} as {name}" for name, text, field in _SUMS if field in self.fields]
        values.append(f"count(*) as {RECORDS}")
        first = "start" if "start" in self.fields else "toMillis(@timestamp)"
        last = "end" if "end" in self.fields else "toMillis(@timestamp)"
        values += [f"min({first}) as {FIRST}", f"max({last}) as {LAST}"]
        if "tcp_flags" in self.fields:
            values += [f"{_FLAGS} as {FLAGS}", f"{_OPENINGS} as {OPENINGS}"]
        return values


def _first_grouping(pipeline: ast.Pipeline) -> int | None:
    groups = (i for i, each in enumerate(pipeline.commands) if does(each, CommandRole.GROUPS))
    return next(groups, None)


def _is_kept(command: ast.Command) -> bool:
    """Whether it chooses or names events; raises `DrillError` for what changes them."""
    if isinstance(command, ast.Sort | ast.Limit | ast.Display):
        return False
    if does(command, CommandRole.EVENT_BY_EVENT) or does(command, CommandRole.GIVES_FIELDS):
        return True
    raise DrillError(
        f"the flows behind {keyword(command)} can't be asked for; remove it and run again"
    )


def untorn(command: ast.Command, fields: frozenset[str]) -> ast.Command:
    """A filter that also takes the flows of the other way, and those behind a NAT gateway.

    So it takes all records of a conversation, or none.
    """
    if not isinstance(command, ast.Filter):
        return command
    condition = command.condition
    wanted = [condition, _renamed(condition, _OTHER_END)]
    if {"pkt_srcaddr", "pkt_dstaddr"} <= fields:
        wanted += [_renamed(each, _IN_PACKET) for each in wanted]
    several = list(dict.fromkeys(wanted))
    if len(several) == 1:
        return command
    return ast.Filter(reduce(lambda left, right: ast.Binary("or", left, right), several))


def _renamed(expr: ast.Expr, names: Mapping[str, str]) -> ast.Expr:
    """The expression about other fields."""
    match expr:
        case ast.Field(name):
            return replace(expr, name=names.get(name, name))
        case ast.Call(arguments=arguments):
            return replace(expr, arguments=tuple(_renamed(each, names) for each in arguments))
        case ast.Binary(_, left, right):
            return replace(expr, left=_renamed(left, names), right=_renamed(right, names))
        case ast.List(values):
            return replace(expr, values=tuple(_renamed(each, names) for each in values))
        case ast.Unary(_, operand):
            return replace(expr, operand=_renamed(operand, names))
        case _:
            return expr


_ENDS = ("srcaddr", "srcport", "pkt_srcaddr", "pkt_src_aws_service", "srcAddr", "srcPort",
         "pktSrcAddr", "pktSrcAwsService")  # fmt: skip
_OTHER_END = {
    name: other
    for one in _ENDS
    for two in [one.replace("src", "dst").replace("Src", "Dst")]
    for name, other in ((one, two), (two, one))
}
_IN_PACKET = {
    "srcaddr": "pkt_srcaddr", "dstaddr": "pkt_dstaddr", "srcAddr": "pktSrcAddr",
    "dstAddr": "pktDstAddr",
}  # fmt: skip
_OF_BOTH_WAYS = frozenset(
    {*_OTHER_END, "protocol", "interface_id", "instance_id", "vpc_id", "subnet_id", "account_id",
     "region", "az_id", "log_status", "tgw_attachment_id", "type"}
)  # fmt: skip
"""A filter on these takes both ways of a conversation, or none."""


def tearing(before: Sequence[ast.Command]) -> list[str]:
    """The fields of filters that may have taken one way of a conversation and not the other."""
    conditions = (each.condition for each in before if isinstance(each, ast.Filter))
    names = {field.name for condition in conditions for field in fields_in(condition)}
    return sorted(names - _OF_BOTH_WAYS)


def _fields_of(
    before: Sequence[ast.Command], prelude: str, flow_format: FlowFormat | None
) -> frozenset[str]:
    parsed = [each for each in before if isinstance(each, ast.Parse)]
    if prelude:
        parsed += [each for each in parse(prelude).commands if isinstance(each, ast.Parse)]
    names = {name for each in parsed for name in each.names}
    if flow_format is not None:
        names |= set(flow_format.columns)
    if flow_format is None and not names:
        # Files of several formats: each record is read by its own.
        names = {*KEYS, "bytes", "packets", "start", "end", "tcp_flags", "log_status"}
        names -= {"tgw_attachment_id"}
    if missing := [name for name in _NEEDED if name not in names]:
        raise DrillError(f"the records have no {missing[0]}, so nobody knows who talks to whom")
    return frozenset(names) & (SPELLINGS.keys() | {name for each in parsed for name in each.names})


def grouped(body: str) -> bool:
    """Whether the rows of a plain query stand for several events."""
    return last_grouping(parse(body)) is not None


def lacking(columns: Collection[str]) -> list[str]:
    """What can't be told, as the rows lack the columns for it."""
    has = {*columns, *(("tcp_flags",) if FLAGS in columns else ())}
    has |= {"interface_id"} if "tgw_attachment_id" in has else set()
    return [said for name, said in LACKS.items() if name not in has]

"""Names: fields that nothing makes or that a `stats` has left behind, aliases that clash (1.8)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from flowtui.flowlogs.fields import FIELDS, SPELLINGS
from flowtui.flowlogs.format import DEFAULT_FORMAT, FlowFormat
from flowtui.flowlogs.result_fields import ResultField
from flowtui.query import ast
from flowtui.query.catalogue import (
    CommandRole,
    FunctionRole,
    does,
    find_function,
    has_role,
    nearest,
)
from flowtui.query.catalogue.system_fields import SYSTEM_FIELDS
from flowtui.query.checks.diagnostic import (
    Advice,
    Diagnostic,
    error,
    shorten,
    unknown,
    warning,
)
from flowtui.query.checks.position import PipelinePosition, squeezed
from flowtui.query.prelude import is_complete
from flowtui.query.printer import name_text
from flowtui.query.scope import fields_in, is_among, reads

_CAMEL_CASE = re.compile("[a-z][A-Z]")
_LISTED = 4


def check_left(command: ast.Command, place: PipelinePosition) -> Iterator[Diagnostic]:
    """The fields that `command` reads after a `stats`, which has dropped some."""
    if place.is_aggregated and not _is_open(command, place):
        yield from _left_behind(command, place)


def check_fields(
    command: ast.Command, place: PipelinePosition, vocabulary: Vocabulary
) -> Iterator[Diagnostic]:
    """The fields of the event that `command` reads, where its format is known."""
    if place.scope.has_events and not _is_open(command, place):
        for part, aliases in reads(command):
            for field in fields_in(part):
                if field.name not in aliases:
                    yield from vocabulary.check(field, place)


def _is_open(command: ast.Command, place: PipelinePosition) -> bool:
    """Whether there may be names that the text does not show."""
    return place.scope.is_open or isinstance(command, ast.Join)


class Vocabulary:
    """The names that the event has in a format, in the query that `first` begins."""

    def __init__(self, flow_format: FlowFormat, first: ast.Command) -> None:
        self.format = flow_format
        self.names = _known(flow_format, has_prelude=not is_complete(first))

    def check(self, field: ast.Field, place: PipelinePosition) -> Iterator[Diagnostic]:
        name = field.name
        if name in self.names or is_among(name, place.names) or field.span == ast.NOWHERE:
            return
        if name.startswith("@"):
            # There are more than these, so that a name unlike them all is no finding.
            if name not in SYSTEM_FIELDS and nearest(name, SYSTEM_FIELDS):
                yield _unknown_field(field, unknown("field", name, SYSTEM_FIELDS))
            return
        info = SPELLINGS.get(name) or FIELDS.get(name)
        names = (*place.scope.names, *self.names)
        spelled = [each for each in names if info and SPELLINGS.get(each) == info]
        if spelled:
            advice = Advice(f"unknown field {name}; did you mean {spelled[0]}?", spelled[0])
        elif info and info not in self.format.fields:
            advice = Advice(f"{self._whole} no {info.name}")
        else:
            advice = unknown("field", name, names)
        yield _unknown_field(field, advice)

    @property
    def _whole(self) -> str:
        is_of_rows = isinstance(self.format.fields[0], ResultField)
        return "these rows have" if is_of_rows else "the format of these flow logs has"


def _unknown_field(field: ast.Field, advice: Advice) -> Diagnostic:
    suggestion = name_text(advice.suggestion) if advice.suggestion else ""
    return warning("unknown-field", advice.sentence, field.span, suggestion)


@lru_cache(maxsize=16)
def _known(flow_format: FlowFormat, *, has_prelude: bool) -> tuple[str, ...]:
    """The names that Logs Insights discovers in the default format, and those of our `parse`.

    After a parse of one's own the event of another format has no fields (flowlogs.md 1.5).
    """
    columns = [info.column for info in flow_format.fields] if has_prelude else []
    discovered = [info.discovered for info in flow_format.fields]
    if flow_format == DEFAULT_FORMAT:
        # Both spellings of the times are documented (LANGUAGE.md 7).
        return (*discovered, "start", "end", *columns)
    return (*columns, *discovered) if has_prelude else ()


def _left_behind(command: ast.Command, place: PipelinePosition) -> Iterator[Diagnostic]:
    """Fields that `stats` has dropped: the service rejects them (1.8), but for two cases.

    The samples of Container Insights filter and sort by it, and whether it is there may be asked
    (V44).
    """
    is_lenient = does(command, CommandRole.SEES_DROPPED)
    for part, aliases in reads(command):
        own = set(aliases)
        waiting: list[tuple[ast.Node, bool]] = [(part, is_lenient)]
        while waiting:
            node, is_taken = waiting.pop()
            if isinstance(node, ast.Field):
                if not (is_among(node.name, own) or _is_left(node.name, place)):
                    yield from _gone(node, place, command, is_taken=is_taken)
            elif isinstance(node, ast.Pipeline) or place.is_column(node):
                continue
            elif isinstance(node, ast.Call) and has_role(node.name, FunctionRole.READS_TIMESTAMP):
                if not _is_left("@timestamp", place):
                    message = f"@timestamp, which {node.name}() rounds, is gone after stats"
                    message += "; use datefloor() on a time that stats leaves"
                    yield error("after-stats", message, node.span)
            else:
                below = [(child, is_taken or _asks(node)) for child in ast.children(node)]
                waiting += reversed(below)


def _asks(node: ast.Node) -> bool:
    """Whether a function may ask here for what is not there."""
    return isinstance(node, ast.Call) and has_role(node.name, FunctionRole.ASKS_PRESENCE)


def _is_left(name: str, place: PipelinePosition) -> bool:
    return is_among(name, place.names) or squeezed(name) in place.columns


def _gone(
    field: ast.Field, place: PipelinePosition, command: ast.Command, *, is_taken: bool
) -> Iterator[Diagnostic]:
    if field.span == ast.NOWHERE:
        return
    names = place.scope.names
    meant = nearest(field.name, names)
    if meant:
        hint = f"did you mean {meant}?"
    elif isinstance(command, ast.Filter):
        hint = "filter by it before"
    else:
        more = ", ..." if len(names) > _LISTED else ""
        hint = f"it leaves {', '.join(map(shorten, names[:_LISTED]))}{more}"
    message = f"{shorten(field.name)} is gone after stats; {hint}"
    suggestion = name_text(meant) if meant else ""
    yield (warning if is_taken else error)("after-stats", message, field.span, suggestion)


def check_hyphens(
    command: ast.Command, nodes: Sequence[tuple[ast.Node, ast.Node]], place: PipelinePosition
) -> Iterator[Diagnostic]:
    """`pkt-srcaddr` without blanks is `pkt - srcaddr`, which hardly anybody means (1.1)."""
    aliases = {part.alias for part in ast.children(command) if isinstance(part, ast.Item)}
    for node, parent in nodes:
        if not _is_hyphen(node) or _is_hyphen(parent):
            continue
        parts = _joined(node)
        info = FIELDS.get("-".join(parts))
        are_known = all(
            part in SPELLINGS or part in aliases or part[:1] in ("@", "") or part in place.names
            for part in parts
        )
        if info is None and (are_known or _is_difference(parts, parent)):
            continue
        meant = f"`{'-'.join(parts)}`" + (f" or {info.column}" if info else "")
        message = f"this is {' minus '.join(parts)}; a name with - in it is written {meant}"
        yield warning("hyphen", message, node.span)


def _is_difference(parts: Sequence[str], parent: ast.Node) -> bool:
    """Whether it can be no name: brackets stand around it, or words in it are joined otherwise."""
    if isinstance(parent, ast.Binary) and parent.operator in ("*", "/", "%", "^"):
        return True
    if isinstance(parent, ast.Call) and _is_computed(parent):
        return True
    return any("_" in part or _CAMEL_CASE.search(part) for part in parts)


def _is_computed(call: ast.Call) -> bool:
    """Whether it is a function of what was computed, hardly of a field as it is: `abs(f3-f4)`."""
    info = find_function(call.name)
    return info is not None and info.takes_numbers and not info.aggregate


def _is_hyphen(node: ast.Node) -> bool:
    """Whether a minus stands between two names without blanks."""
    if not (isinstance(node, ast.Binary) and node.operator == "-"):
        return False
    is_close = node.right.span[0] == node.left.span[1] + 1
    is_name = isinstance(node.left, ast.Field) or _is_hyphen(node.left)
    return is_close and is_name and isinstance(node.right, ast.Field)


def _joined(node: ast.Node) -> list[str]:
    parts: list[str] = []
    while isinstance(node, ast.Binary):
        parts.append(node.right.name if isinstance(node.right, ast.Field) else "")
        node = node.left
    parts.append(node.name if isinstance(node, ast.Field) else "")
    return parts[::-1]

"""What is wrong or doubtful in a query, each with the place and the likely fix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import QueryError, Span
from flowtui.query import ast
from flowtui.query.catalogue import COMMANDS, FUNCTIONS, FunctionInfo, find_function, nearest
from flowtui.query.parser import parse_tolerant
from flowtui.query.scope import calls_in, undefined

MAX_LENGTH = 10_000
MAX_ROWS = 100_000
MAX_STATS = 10


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """`code` names the kind of finding for programs; `span` points into the query text."""

    code: str
    severity: Severity
    message: str
    span: Span

    @classmethod
    def of(cls, error: QueryError) -> Diagnostic:
        return cls("syntax", Severity.ERROR, str(error), error.span)


def check(text: str, flow_format: FlowFormat | None = None) -> tuple[Diagnostic, ...]:
    """All findings in the order of the text; field names are checked where a format is known."""
    parsed = parse_tolerant(text)
    found = [Diagnostic.of(error) for error in parsed.errors]
    broken = {error.span for error in parsed.errors}
    for command in parsed.pipeline.commands:
        if not any(command.chunk[0] - 1 <= span[0] <= command.chunk[1] for span in broken):
            found += _check_command(command)
    found += _check_limits(parsed.pipeline)
    if flow_format is not None:
        found += _check_fields(parsed.pipeline, flow_format)
    return tuple(sorted(found, key=lambda each: each.span))


def render(text: str, diagnostic: Diagnostic) -> str:
    """The finding with its line of the query and carets under the place."""
    start, end = diagnostic.span
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line = text[line_start:] if line_end < 0 else text[line_start:line_end]
    number = text.count("\n", 0, start) + 1
    width = max(1, min(end, line_start + len(line)) - start)
    prefix = f"{number} | "
    carets = " " * (len(prefix) + start - line_start) + "^" * width
    head = f"{diagnostic.severity}: {diagnostic.message}"
    return f"{_printable(head)}\n{prefix}{_printable(line)}\n{carets}"


def _printable(text: str) -> str:
    """The text on one line, each control character a blank; as long as it was."""
    return "".join(char if char.isprintable() else " " for char in text)


def _check_command(command: ast.Command) -> Iterator[Diagnostic]:
    if isinstance(command, ast.Other) and command.keyword.lower() not in COMMANDS:
        start = command.span[0]
        span = (start, start + len(command.keyword))
        yield _error(
            "unknown-command", _unknown("command", command.keyword, _command_names()), span
        )
        return
    for call in calls_in(command):
        yield from _check_call(call)
    if isinstance(command, ast.Stats):
        for item in command.aggregates:
            if isinstance(item.expr, ast.Field):
                message = f"{item.expr.name} is not an aggregate; write max({item.expr.name}) or so"
                yield _error("not-aggregate", message, item.span)
    if isinstance(command, ast.Parse) and isinstance(command.pattern, ast.String):
        wildcards = command.pattern.value.count("*")
        if wildcards != len(command.names):
            message = (
                f"the pattern has {wildcards} wildcards but there are {len(command.names)} names"
            )
            yield _error("wildcard-count", message, command.span)
    if isinstance(command, ast.Limit) and command.count > MAX_ROWS:
        yield _error(
            "limit", f"the most rows that the service returns are {MAX_ROWS}", command.span
        )


def _check_call(call: ast.Call) -> Iterator[Diagnostic]:
    span = (call.span[0], call.span[0] + len(call.name))
    info = find_function(call.name)
    if info is None:
        names = [known.name for known in FUNCTIONS.values()]
        yield _error("unknown-function", _unknown("function", call.name, names), span)
    elif not _accepts(info, len(call.arguments)):
        yield _error("arity", f"{call.name} is written {info.signature}", span)


def _accepts(info: FunctionInfo, count: int) -> bool:
    return info.least <= count and (info.most is None or count <= info.most)


def _check_limits(pipeline: ast.Pipeline) -> Iterator[Diagnostic]:
    if len(pipeline.source) > MAX_LENGTH:
        span = (MAX_LENGTH, len(pipeline.source))
        yield _error(
            "length", f"the service takes queries of at most {MAX_LENGTH} characters", span
        )
    stats = [command for command in pipeline.commands if isinstance(command, ast.Stats)]
    if len(stats) > MAX_STATS:
        yield _error("stats-count", f"a query has at most {MAX_STATS} stats", stats[MAX_STATS].span)
    for before, after in zip(pipeline.commands, pipeline.commands[1:], strict=False):
        if isinstance(before, ast.Dedup) and not isinstance(after, ast.Limit):
            yield _error("after-dedup", "only limit may follow dedup", after.span)


def _check_fields(pipeline: ast.Pipeline, flow_format: FlowFormat) -> Iterator[Diagnostic]:
    known = [info.column for info in flow_format.fields]
    known += [info.discovered for info in flow_format.fields]
    for field in undefined(pipeline):
        if field.span == ast.NOWHERE or field.name.startswith("@"):
            continue
        if flow_format.find(field.name) is None:
            message = _unknown("field", field.name, known)
            yield Diagnostic("unknown-field", Severity.WARNING, message, field.span)


def _unknown(what: str, name: str, known: list[str]) -> str:
    meant = nearest(name, known)
    return f"unknown {what} {name}" + (f"; did you mean {meant}?" if meant else "")


def _command_names() -> list[str]:
    return [info.name for info in COMMANDS.values()]


def _error(code: str, message: str, span: Span) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, span)

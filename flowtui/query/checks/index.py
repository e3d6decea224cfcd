"""Filters that could use a field index if they stood before the `parse` (flowlogs.md 1.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowtui.flowlogs.format import DEFAULT_FORMAT, FlowFormat
from flowtui.query import ast
from flowtui.query.catalogue.system_fields import INDEXED_FIELDS
from flowtui.query.checks.diagnostic import Diagnostic, warning
from flowtui.query.scope import defined_by, resets


def check_index(
    commands: Sequence[ast.Command], flow_format: FlowFormat | None
) -> Iterator[Diagnostic]:
    """Only `=` and `in` ask an index, of a discovered field, and not after a `parse`.

    A name that `parse` gives is such a field too where the format is the one that is discovered.
    """
    has_parse, given = False, set[str]()
    is_discovered = flow_format == DEFAULT_FORMAT
    for command in commands:
        if resets(command):
            return
        if isinstance(command, ast.Filter) and has_parse:
            for field in _asked(command.condition):
                if field.name in INDEXED_FIELDS and (is_discovered or field.name not in given):
                    message = f"after parse this misses the index of {field.name}"
                    yield warning("index-missed", f"{message}; filter before the parse", field.span)
        has_parse = has_parse or isinstance(command, ast.Parse | ast.ParseFormat)
        given.update(defined_by(command))


def _asked(condition: ast.Expr) -> Iterator[ast.Field]:
    """The fields of the conditions that all have to hold."""
    waiting = [condition]
    while waiting:
        match waiting.pop():
            case ast.Binary("and", left, right):
                waiting += (right, left)
            case ast.Binary("=" | "in", ast.Field() as field, ast.Field()):
                continue
            case ast.Binary("=" | "in", ast.Field() as field):
                yield field
            case _:
                continue

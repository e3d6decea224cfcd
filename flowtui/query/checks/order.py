"""Which command may stand after which, and how many of a kind (1.8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from flowtui.query import ast
from flowtui.query.catalogue import CommandRole, Engine, does
from flowtui.query.catalogue.commands import info_of
from flowtui.query.catalogue.limits import STATS
from flowtui.query.checks.diagnostic import Diagnostic, error, warning
from flowtui.query.checks.position import keyword_span

_MOST_STATS = STATS[Engine.CLOUDWATCH]


def check_order(pipeline: ast.Pipeline) -> Iterator[Diagnostic]:
    commands, source = pipeline.commands, pipeline.source
    yield from _stats(commands, source)
    yield from _after_dedup(commands, source)
    yield from _after_last(commands, source)
    yield from _pattern(commands, source)
    yield from _joins(commands, source)
    yield from _source(commands, source)


def _stats(commands: Sequence[ast.Command], source: str) -> Iterator[Diagnostic]:
    stats = [index for index, each in enumerate(commands) if isinstance(each, ast.Stats)]
    if len(stats) > _MOST_STATS:
        span = keyword_span(commands[stats[_MOST_STATS]], source)
        yield error("stats-count", f"a query has at most {_MOST_STATS} stats", span)
    if len(stats) < 2:
        return
    for command in commands[: stats[-1]]:
        if does(command, CommandRole.AFTER_STATS):
            message = (
                f"{info_of(command).name} stands after the last stats of several; move it there"
            )
            yield error("before-stats", message, keyword_span(command, source))


def _after_dedup(commands: Sequence[ast.Command], source: str) -> Iterator[Diagnostic]:
    """The service: "unexpected symbol found sort". `estimate` only asks what a query would read."""
    for index, command in enumerate(commands):
        if isinstance(command, ast.Dedup):
            after = [each for each in commands[index + 1 :] if not isinstance(each, ast.Other)]
            others = (each for each in after if not does(each, CommandRole.AFTER_DEDUP))
            other = next(others, None)
            if other is not None:
                message = "only limit may follow dedup; move this before it"
                yield error("after-dedup", message, keyword_span(other, source))
            return


def _after_last(commands: Sequence[ast.Command], source: str) -> Iterator[Diagnostic]:
    for command, following in pairwise(commands):
        if does(command, CommandRole.LAST):
            message = f"nothing may follow {info_of(command).name}; it is the last command"
            yield error("after-estimate", message, keyword_span(following, source))
            return


def _pattern(commands: Sequence[ast.Command], source: str) -> Iterator[Diagnostic]:
    """The service: "Diff operation has to be used after Pattern"; of `anomaly` it is a habit."""
    for command in commands:
        if isinstance(command, ast.Pattern | ast.Other | ast.SavedCall):
            # Of what can't be read nobody knows whether it is a pattern.
            return
        if isinstance(command, ast.Diff):
            message = "diff compares patterns; write pattern @message | diff"
            yield error("without-pattern", message, keyword_span(command, source))
        elif isinstance(command, ast.Anomaly):
            message = "anomaly looks at patterns; write pattern @message | anomaly"
            yield warning("without-pattern", message, keyword_span(command, source))


def _joins(commands: Sequence[ast.Command], source: str) -> Iterator[Diagnostic]:
    joins = [command for command in commands if does(command, CommandRole.ONCE)]
    for command in joins[1:]:
        message = f"a query has at most one {info_of(command).name}"
        yield error("second-join", message, keyword_span(command, source))


def _source(commands: Sequence[ast.Command], source: str) -> Iterator[Diagnostic]:
    """`SOURCE 'a' | SOURCE 'b' | ...` is how a dashboard names several (1.5)."""
    has_begun = False
    for command in commands:
        is_at_front = does(command, CommandRole.AT_FRONT)
        if is_at_front and has_begun:
            message = "SOURCE stands at the beginning of a query"
            yield error("source-order", message, keyword_span(command, source))
        has_begun = has_begun or not is_at_front

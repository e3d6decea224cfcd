"""What log groups of the Infrequent Access class do not take of the language (1.4)."""

from __future__ import annotations

from collections.abc import Iterator

from flowtui.flowlogs.log_group import INFREQUENT_ACCESS
from flowtui.query import ast
from flowtui.query.catalogue import Engine, find_function
from flowtui.query.catalogue.commands import info_of
from flowtui.query.catalogue.limits import STATS
from flowtui.query.catalogue.source_keys import SourceKey
from flowtui.query.checks.calls import name_span
from flowtui.query.checks.diagnostic import Diagnostic, error
from flowtui.query.checks.position import keyword_span

_CLASS = "log groups of the Infrequent Access class"
_MOST_STATS = STATS[Engine.INFREQUENT_ACCESS]


def check_class(pipeline: ast.Pipeline, log_class: str) -> Iterator[Diagnostic]:
    """`log_class` is that of the groups that were chosen; a SOURCE names its own, if any.

    A query in brackets reads other groups.
    """
    if INFREQUENT_ACCESS not in (_named(pipeline) or {log_class}):
        return
    for command in pipeline.commands:
        info = info_of(command)
        if not info.runs_on(Engine.INFREQUENT_ACCESS):
            span = keyword_span(command, pipeline.source)
            yield error("log-class", f"{_CLASS} do not take {info.name}", span)
        calls = (node for node, _ in ast.walk(command) if isinstance(node, ast.Call))
        for call in calls:
            function = find_function(call.name)
            if function is not None and not function.runs_on(Engine.INFREQUENT_ACCESS):
                message = f"{_CLASS} do not take {function.name}()"
                yield error("log-class", message, name_span(call))
    stats = [command for command in pipeline.commands if isinstance(command, ast.Stats)]
    for command in stats[_MOST_STATS:]:
        message = f"{_CLASS} take at most {_MOST_STATS} stats in a query"
        yield error("stats-count", message, keyword_span(command, pipeline.source))


def _named(pipeline: ast.Pipeline) -> set[str]:
    """The classes of the groups that the query itself chooses; none where it does not say."""
    if not (pipeline.commands and isinstance(pipeline.commands[0], ast.Source)):
        return set()
    sources = [command for command in pipeline.commands if isinstance(command, ast.Source)]
    choices = (
        choice
        for source in sources
        for item in source.items
        if isinstance(item, ast.LogGroups)
        for choice in item.choices
        if SourceKey.of(choice.name) is SourceKey.CLASS
    )
    named = {_text(value).upper() for choice in choices for value in choice.values}
    # Of groups that are named without their class nobody knows it, whatever was chosen beside.
    return named or {"STANDARD"}


def _text(value: ast.Expr) -> str:
    return value.value if isinstance(value, ast.String) else ""

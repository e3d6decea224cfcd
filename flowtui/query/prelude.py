"""The `parse` command that flowtui writes, so that nobody types 27 stars."""

from __future__ import annotations

import re
from itertools import islice

from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import DEFAULT_FORMAT, FlowFormat
from flowtui.query import ast
from flowtui.query.catalogue import CommandRole, does
from flowtui.query.parser import parse_tolerant
from flowtui.query.printer import command_text
from flowtui.query.scope import begins_with_source, undefined

_MOST_COMMANDS = 2
"""Of a prelude: its parse, and a filter that leaves out records of other formats."""


def prelude(body: str, flow_format: FlowFormat | None) -> str:
    """The `parse` command that `body` needs before it, or nothing.

    It is needed where the body reads a field of the format that nothing has defined. Logs Insights
    discovers the default format by itself, under camelCase names (flowlogs.md 1.5), and a query
    with a `parse` or a `SOURCE` of its own in front is left as it is. So is one with
    `relevantfields`, which takes no field that a `parse` has made (LANGUAGE.md 1.4).
    """
    pipeline = parse_tolerant(body).pipeline
    if flow_format is None or not pipeline.commands or is_complete(pipeline.commands[0]):
        return ""
    if any(isinstance(command, ast.RelevantFields) for command in pipeline.commands):
        return ""
    spelled: dict[FieldInfo, str] = {}
    for field in undefined(pipeline):
        info = flow_format.find(field.name)
        if info is not None and not _is_discovered(info, field.name, flow_format):
            spelled.setdefault(info, field.name)
    if not spelled:
        return ""
    return parse_command(flow_format, spelled) + _sieve(flow_format, spelled)


def depends_on_format(body: str) -> bool:
    """Whether the format of the records matters to the query, or to what is found in it."""
    pipeline = parse_tolerant(body).pipeline
    if begins_with_source(pipeline):
        return False
    if any(isinstance(each, ast.Parse | ast.ParseFormat) for each in pipeline.commands):
        return True
    return any(not field.name.startswith("@") for field in undefined(pipeline))


def without_prelude(text: str, flow_format: FlowFormat | None) -> str:
    """The body of a whole query, if what stands before it is what `prelude` puts there.

    So it runs as it stood. Any other text, such as one with a `parse` of its own, is its own body.
    """
    ends = [found.start() for found in islice(re.finditer(r"\n\| ", text), _MOST_COMMANDS)]
    for end in ends if flow_format is not None else ():
        body = text[end + len("\n| ") :]
        if prelude(body, flow_format) == text[:end]:
            return body
    return text


def _sieve(flow_format: FlowFormat, spelled: dict[FieldInfo, str]) -> str:
    """The filter that leaves out records of other formats (flowlogs.md 2.2).

    A glob takes a record with more fields too: its last name swallows the rest.
    """
    status = flow_format.find("log_status")
    if status is None or not flow_format.is_mixed:
        return ""
    words = tuple(ast.String(word) for word in status.values)
    name = ast.Field(spelled.get(status, status.column))
    return f"\n| {command_text(ast.Filter(ast.Binary('in', name, ast.List(words))))}"


def parse_command(flow_format: FlowFormat, spelled: dict[FieldInfo, str] | None = None) -> str:
    """`parse @message "* *" as ...` for all fields of the format, underscored unless spelled so."""
    spelled = spelled or {}
    names = tuple(spelled.get(info, info.column) for info in flow_format.fields)
    glob = ast.String(" ".join("*" * len(names)))
    return command_text(ast.Parse(ast.Field("@message"), glob, names))


def is_complete(first: ast.Command) -> bool:
    """Whether a query that begins so gets no `parse` before it."""
    is_parse = isinstance(first, ast.Other) and first.keyword.lower() == "parse"
    return is_parse or does(first, CommandRole.OWNS_FIELDS)


def _is_discovered(info: FieldInfo, name: str, flow_format: FlowFormat) -> bool:
    return flow_format == DEFAULT_FORMAT and name == info.discovered

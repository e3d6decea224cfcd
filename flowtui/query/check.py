"""What is wrong or doubtful in a query, each with the place and the likely fix.

An error is what the service rejects, as it documents or as it was seen; all else is a warning.
The codes, which stay as they are:

    syntax              the text can't be read: a quote or bracket that never ends, a missing value
    unknown-command     unknown-function, unknown-unit, unknown-field: the nearest name is offered
    arity               a function with too few or too many arguments
    argument            an argument of the wrong kind: no period, no *, a percentile above 100
    match               `like` or `=~` with neither a text nor a regular expression after it
    in-list             `in` without a list, a list without `in`
    regex               a regular expression that RE2 does not take, look-around among it
    misplaced-regex     misplaced-period, misplaced-aggregate, foreign-comment: out of place
    not-aggregate       an item of `stats` that is not computed over rows
    topk                `topk` together with `by` or another aggregate
    wildcard-count      a `parse` whose wildcards or groups and names are not as many
    cidr                no CIDR block, or one that can never match or starts elsewhere
    limit               more rows than there can be
    length              more characters than a query can have
    stats-count         more than 10 `stats`, or 2 in the Infrequent Access class
    log-class           what log groups of the Infrequent Access class do not take
    before-stats        `sort` or `limit` before the last of several `stats`
    after-stats         a field that the `stats` before does not leave
    after-dedup         after-estimate: what can't stand after them
    without-pattern     `diff` or `anomaly` with no `pattern` before
    second-join         nested-query, source-order, source-limit, source-time, tags: several sources
    saved-query         template: parameters of saved queries, twice or too many
    unnest-split        `unnest` of what `split` makes
    structure           a map or a list to sort, group or compute by
    parsed-field        `relevantfields` of what a `parse` has made
    redefined-field     an alias that is the name of a field that was chosen before

and these are warnings only:

    hyphen              `pkt-srcaddr`, which is a difference
    period-cap          added-period: `bin(300s)`, which is `bin(60s)`, and `@timestamp + 9h`
    percent             `pct(bytes, 0.95)`
    like-wildcard       `like "*x*"`
    quoted-field        `sum("bytes")`
    unquoted-text       `action = REJECT`
    timestamp-text      `@timestamp > "2024-..."`
    cidr-compared       `srcaddr = "10.0.0.0/8"`
    never-equal         invisible: `action = "deny"`, `protocol = "tcp"`, `dstport = "ssh"`
    date-format         the letters of the other of `parseDate` and `formatDate`
    duplicate-name      two columns of one name
    same-command-key    a key of a map in the command that makes the map
    join-key            a key without the name of its side
    index-missed        a filter after `parse` that an index could answer before it
    no-effect           what the service takes and does nothing with
    double-equals       stray-pipe, foreign-comment, deprecated, undocumented: read all the same
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from flowtui.flowlogs.format import FlowFormat
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.query.catalogue.limits import QUERY_LENGTH
from flowtui.query.checks.aggregates import check_aggregates
from flowtui.query.checks.aliases import check_aliases
from flowtui.query.checks.commands import check_command
from flowtui.query.checks.diagnostic import Diagnostic, Severity, error, render, render_all
from flowtui.query.checks.expressions import check_node
from flowtui.query.checks.index import check_index
from flowtui.query.checks.log_class import check_class
from flowtui.query.checks.names import Vocabulary, check_fields, check_hyphens, check_left
from flowtui.query.checks.order import check_order
from flowtui.query.checks.position import PipelinePosition, keyword_span
from flowtui.query.checks.sources import check_templates
from flowtui.query.checks.spelling import check_spelling
from flowtui.query.checks.values import check_values
from flowtui.query.parser import parse_tolerant
from flowtui.query.scope import begins_with_source

__all__ = ["Diagnostic", "Severity", "check", "errors", "render", "render_all"]

_NONE_WRONG: frozenset[int] = frozenset()

Placed = tuple[ast.Command, PipelinePosition]
"""A command, and what is known where it stands."""


def check(
    text: str, flow_format: FlowFormat | None = None, log_class: str = ""
) -> tuple[Diagnostic, ...]:
    """All findings in the order of the text; field names are checked where a format is known.

    A command that can't be read has the errors of each of its parts, and hides no other command.
    What depends on the format is never an error. `log_class` is that of the log groups, of which
    one class takes less; empty where it is not known.
    """
    checked = _checked(text)
    found = [*checked.findings, *_check_fields(checked, flow_format)]
    found += check_class(checked.pipeline, log_class)
    return tuple(sorted(_told_once(found), key=lambda each: each.span))


def errors(text: str, log_class: str = "") -> tuple[Diagnostic, ...]:
    """Why the service would reject the query, in the order of the text."""
    found = check(text, log_class=log_class)
    return tuple(each for each in found if each.severity is Severity.ERROR)


@frozen
class _Checked:
    """The findings in a text whatever its records are."""

    pipeline: ast.Pipeline
    findings: tuple[Diagnostic, ...]
    placed: tuple[Placed, ...] = ()
    """The commands that can be read."""


@lru_cache(maxsize=16)
def _checked(text: str) -> _Checked:
    parsed = parse_tolerant(text)
    pipeline = parsed.pipeline
    found = [Diagnostic.of(each) for each in parsed.errors]
    if len(text) > QUERY_LENGTH:
        message = f"the service takes queries of at most {QUERY_LENGTH} characters"
        found.append(error("length", message, (QUERY_LENGTH, len(text))))
    if not pipeline.commands:
        return _Checked(pipeline, tuple(found))
    placed = _placed(pipeline, parsed.wrong)
    found += _check_pipeline(pipeline, placed, is_nested=False)
    for expr in parsed.readable:
        for node, parent in ast.walk(ast.Item(expr)):
            found += check_node(node, parent)
    found += check_spelling(parsed)
    return _Checked(pipeline, tuple(found), placed)


def _placed(pipeline: ast.Pipeline, wrong: frozenset[int] = _NONE_WRONG) -> tuple[Placed, ...]:
    """The commands that are not wrong, where they stand."""
    places = accumulate(
        pipeline.commands, PipelinePosition.after, initial=PipelinePosition(pipeline.source)
    )
    pairs = enumerate(zip(pipeline.commands, places, strict=False))
    return tuple(pair for index, pair in pairs if index not in wrong)


def _check_fields(checked: _Checked, flow_format: FlowFormat | None) -> Iterator[Diagnostic]:
    """The findings that depend on the format of the records."""
    pipeline = checked.pipeline
    if not pipeline.commands:
        return
    yield from check_index(pipeline.commands, flow_format)
    # Of the groups that SOURCE chooses nobody knows the format.
    if flow_format is None or begins_with_source(pipeline):
        return
    vocabulary = Vocabulary(flow_format, pipeline.commands[0])
    for command, place in checked.placed:
        yield from check_fields(command, place, vocabulary)


def _told_once(found: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """Without the unknown fields of which another finding says already what was meant."""
    told = {each.span for each in found if each.code != "unknown-field"}
    return (each for each in found if each.code != "unknown-field" or each.span not in told)


def _check_pipeline(
    pipeline: ast.Pipeline, placed: Sequence[Placed], *, is_nested: bool
) -> Iterator[Diagnostic]:
    templates: list[ast.Node] = []
    for command, place in placed:
        nodes = list(ast.walk(command))
        templates += [node for node, _ in nodes if isinstance(node, ast.Template)]
        yield from _check_command(command, nodes, place)
        yield from _check_nested(command, nodes, place, is_nested=is_nested)
    yield from check_order(pipeline)
    yield from check_aliases(pipeline.commands, pipeline.source)
    yield from check_templates(templates)


def _check_command(
    command: ast.Command, nodes: list[tuple[ast.Node, ast.Node]], place: PipelinePosition
) -> Iterator[Diagnostic]:
    yield from check_command(command, place)
    if isinstance(command, ast.Source):
        return
    for node, parent in nodes:
        yield from check_node(node, parent)
    yield from check_values(nodes, place)
    yield from check_hyphens(command, nodes, place)
    yield from check_aggregates(command, place)
    yield from check_left(command, place)


def _check_nested(
    command: ast.Command,
    nodes: list[tuple[ast.Node, ast.Node]],
    place: PipelinePosition,
    *,
    is_nested: bool,
) -> Iterator[Diagnostic]:
    """The queries in brackets; of a query in a query the documentation of both says no (1.4)."""
    for node, owner in nodes:
        if not isinstance(node, ast.Pipeline):
            continue
        if is_nested and not isinstance(owner, ast.AppendCols):
            span = owner.span if owner is not command else keyword_span(command, place.source)
            yield error("nested-query", "a query in brackets can't hold another one", span)
        forbids = not isinstance(owner, ast.AppendCols)
        yield from _check_pipeline(node, _placed(node), is_nested=forbids)

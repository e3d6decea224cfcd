"""`flowtui drill`: the query behind one row of a result."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flowtui.cli.environment import load_settings
from flowtui.cli.headless import make_question, make_runner, pointing_into, prepare, run
from flowtui.cli.options import Selection, follow_link, read_query
from flowtui.cli.output import print_json
from flowtui.engine.drill import Target, drill
from flowtui.engine.runner import QueryRunner
from flowtui.model.errors import UsageError
from flowtui.model.run import Query
from flowtui.model.source import DataSource
from flowtui.query.parser import parse_tolerant
from flowtui.query.scope import scope_after


def print_target(text: str, row: str, source: DataSource, asked: Selection) -> None:
    """Print the query, its window and its log groups, as JSON; `row` is a JSON object."""
    source, asked, body = follow_link(source, asked, read_query(text, source))
    question = make_question(body, source, asked)
    runner, values = make_runner(source, load_settings(source), one_shot=False), _read_row(row)
    _check_row(body, values)
    with pointing_into(body):
        # On CloudWatch nothing is looked up: it needs no credentials.
        derive = _in_files if source.is_at_hand else _unasked
        target = run(derive(runner, question, values))
    print_json({
        "query": target.query.text,
        "start": target.window.start.isoformat(),
        "end": target.window.end.isoformat(),
        # Lines without a time are in no window: only a query over all the data sees them.
        "all_time": target.query.time is None,
        "log_groups": list(target.query.log_groups),
        "title": target.title,
    })  # fmt: skip


async def _in_files(runner: QueryRunner, question: Query, row: Mapping[str, str]) -> Target:
    try:
        prepared = await prepare(runner, question)
        groups = prepared.query.log_groups
        known = await runner.known(groups)
        # Only records that have been read tell whether a number is written in several ways.
        await runner.service.extent(groups)
        return drill(prepared.query, prepared.window, row, known.format, runner.service.respelled)
    finally:
        await runner.service.close()


async def _unasked(runner: QueryRunner, question: Query, row: Mapping[str, str]) -> Target:
    prepared = runner.prepare_unasked(question)
    return drill(prepared.query, prepared.window, row, prepared.format)


def _read_row(text: str) -> dict[str, str]:
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"--row is not JSON: {error}") from error
    except (RecursionError, ValueError):
        raise UsageError("--row is nested too deep, or has a number that is too long") from None
    if not isinstance(row, dict):
        raise UsageError('--row must be an object such as {"srcaddr": "10.0.0.1"}')
    return {str(name): str(value) for name, value in row.items() if value is not None}


def _check_row(body: str, row: Mapping[str, str]) -> None:
    """Raise `UsageError` for a name that is no column: its key would count as missing."""
    scope = scope_after(parse_tolerant(body).pipeline)
    if scope.has_events or scope.is_open:
        return
    for name in row:
        if name not in scope.names:
            columns = ", ".join(scope.names)
            raise UsageError(f"--row names {name}, but the columns of the result are: {columns}")

"""`flowtui drill`: the query behind one row of a result."""

from __future__ import annotations

import json

from flowtui.cli.asking import make_question, pointing_into, run
from flowtui.cli.options import Asked, follow_link, read_query
from flowtui.cli.output import print_json
from flowtui.cli.services import service
from flowtui.cli.surroundings import load_settings, now
from flowtui.engine.headless import drill_row
from flowtui.model.errors import UsageError
from flowtui.model.source import Source


def print_target(text: str, row: str, source: Source, asked: Asked) -> None:
    """Print the query, its window and its log groups, as JSON; `row` is a JSON object."""
    source, asked, body = follow_link(source, asked, read_query(text))
    settings = load_settings(source)
    question = make_question(body, source, asked, settings)
    # On CloudWatch nothing is looked up: it needs no credentials, and the format is the one given.
    backend = service(source, settings, one_shot=False) if source.is_local else None
    with pointing_into(body):
        target = run(drill_row(backend, question, _read_row(row), now=now))
    print_json({
        "query": target.query.text,
        "start": target.window.start.isoformat(),
        "end": target.window.end.isoformat(),
        # Lines without a time are in no window: only a query over all the data sees them.
        "all_time": target.query.time is None,
        "log_groups": list(target.query.log_groups),
        "title": target.title,
    })  # fmt: skip


def _read_row(text: str) -> dict[str, str]:
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"--row is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise UsageError('--row must be an object such as {"srcaddr": "10.0.0.1"}')
    return {str(name): str(value) for name, value in row.items() if value is not None}

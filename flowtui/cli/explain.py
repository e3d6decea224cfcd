"""`flowtui query --explain`: what would run."""

from __future__ import annotations

from flowtui.backends.base import Explanation
from flowtui.cli.environment import load_settings
from flowtui.cli.headless import (
    Write,
    make_question,
    make_runner,
    point,
    pointing_into,
    prepare,
    run,
)
from flowtui.cli.options import Selection, follow_link, read_query
from flowtui.cli.output import print_lines
from flowtui.cli.report import say
from flowtui.engine.runner import QueryRunner
from flowtui.model.run import Query
from flowtui.model.source import DataSource


def print_explanation(
    text: str,
    source: DataSource,
    asked: Selection,
    limit: int | None,
    write: Write | None = None,
) -> None:
    """Print it, and on stderr what is to be known of it. Raises `FlowtuiError`."""
    source, asked, body = follow_link(source, asked, read_query(text, source))
    question = make_question(body, source, asked, limit)
    runner = make_runner(source, load_settings(source))
    with pointing_into(body):
        found = run(_explained(runner, question, write))
    print_lines(found.text)
    if found.notice:
        say(found.notice)


async def _explained(runner: QueryRunner, question: Query, write: Write | None) -> Explanation:
    try:
        prepared = await prepare(runner, question, write)
        for finding in prepared.findings:
            point(question.body, finding)
        for notice in prepared.notices:
            say(notice)
        return await runner.explain(prepared)
    finally:
        await runner.service.close()

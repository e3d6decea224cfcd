"""`flowtui check`: what is wrong with a query, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flowtui.cli.environment import load_settings
from flowtui.cli.options import read_query
from flowtui.cli.output import print_json, print_text
from flowtui.cli.report import WRONG_QUERY
from flowtui.cli.services import formats
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.source import DataSource
from flowtui.query.check import Severity, check, render_all

if TYPE_CHECKING:
    from flowtui.engine.runner import QueryRunner


def print_findings(text: str, source: DataSource, groups: tuple[str, ...], output: str) -> None:
    """Exits with another code if there is an error among them. Raises `FlowtuiError`."""
    body = read_query(text, source)
    findings = check(body, _format(source, groups))
    if output == "json":
        print_json([
            {"code": finding.code, "severity": str(finding.severity), "message": finding.message,
             "start": finding.span[0], "end": finding.span[1]}
            for finding in findings
        ])  # fmt: skip
    elif findings:
        print_text(f"{render_all(body, findings)}\n")
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise click.exceptions.Exit(WRONG_QUERY)


def _format(source: DataSource, groups: tuple[str, ...]) -> FlowFormat | None:
    """That of the files; on CloudWatch nothing is looked up."""
    settings = load_settings(source)
    if not source.is_at_hand:
        return formats(source, settings).given_for(groups).format
    from flowtui.cli.headless import make_runner, run

    return run(_found(make_runner(source, settings), groups))


async def _found(runner: QueryRunner, groups: tuple[str, ...]) -> FlowFormat | None:
    from flowtui.cli.headless import every_group

    try:
        return (await runner.known(groups or await every_group(runner))).format
    finally:
        await runner.service.close()

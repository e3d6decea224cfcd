"""`flowtui check`: what is wrong with a query, and where."""

from __future__ import annotations

import click

from flowtui.cli.options import parse_format, read_query
from flowtui.cli.output import print_json, print_text
from flowtui.cli.report import WRONG_QUERY
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.source import Source
from flowtui.query.check import Severity, check, render


def print_findings(text: str, source: Source, output: str) -> None:
    """Exits with another code if there is an error among them. Raises `FlowtuiError`."""
    body = read_query(text)
    findings = check(body, _format(source))
    if output == "json":
        print_json([
            {"code": finding.code, "severity": str(finding.severity), "message": finding.message,
             "start": finding.span[0], "end": finding.span[1]}
            for finding in findings
        ])  # fmt: skip
    elif findings:
        print_text("\n\n".join(render(body, finding) for finding in findings) + "\n")
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise click.exceptions.Exit(WRONG_QUERY)


def _format(source: Source) -> FlowFormat | None:
    """The format that is given, else that of the files; on CloudWatch nothing is looked up."""
    if source.format or not source.is_local:
        return parse_format(source.format)
    # What needs no files waits for no engine.
    from flowtui.cli.asking import run
    from flowtui.cli.services import service
    from flowtui.cli.surroundings import load_settings
    from flowtui.engine.headless import format_of

    return run(format_of(service(source, load_settings(source), one_shot=True)))

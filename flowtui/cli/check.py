"""`flowtui check`: what is wrong with a query, and where."""

from __future__ import annotations

import click

from flowtui.cli.options import parse_format, read_query, warn_of_slips
from flowtui.cli.output import print_json
from flowtui.cli.report import WRONG_QUERY
from flowtui.query.check import Severity, check, render


def print_findings(text: str, format_text: str | None, output: str) -> None:
    """Exits with another code if there is an error among them. Raises `UsageError`."""
    warn_of_slips(format_text)
    body = read_query(text)
    findings = check(body, parse_format(format_text))
    if output == "json":
        print_json([
            {"code": finding.code, "severity": str(finding.severity), "message": finding.message,
             "start": finding.span[0], "end": finding.span[1]}
            for finding in findings
        ])  # fmt: skip
    elif findings:
        click.echo("\n\n".join(render(body, finding) for finding in findings))
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise click.exceptions.Exit(WRONG_QUERY)

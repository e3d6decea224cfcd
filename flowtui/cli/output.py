"""What goes to stdout, for people and for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from flowtui.model.foreign import clean_lines, escaped_json

if TYPE_CHECKING:
    from flowtui.model.run import ResultSet


def print_results(results: ResultSet, output: str) -> None:
    """As `--output` has it; anything else is a table."""
    from flowtui.engine import export

    match output:
        case "csv":
            _print_exactly(export.to_csv(results), clean_lines)
        case "json":
            _print_exactly(f"{export.to_json(results)}\n", escaped_json)
        case "ndjson":
            for record in export.records(results):
                print_json(record, indent=None)
        case "markdown":
            click.echo(export.to_markdown(results), nl=False)
        case _:
            click.echo(export.to_text(results), nl=False)


def print_json(value: object, *, indent: int | None = 1) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    _print_exactly(f"{text}\n", escaped_json)


def _print_exactly(text: str, harmless: Callable[[str], str]) -> None:
    """What programs read: to the byte, but on a terminal nothing may be a control sequence."""
    click.echo(harmless(text) if sys.stdout.isatty() else text, nl=False)

"""The choices of the copy menu, as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from flowtui.engine.export import (
    aws_command,
    boto3_snippet,
    flowtui_command,
    to_json,
    to_markdown,
)
from flowtui.engine.link import console_link
from flowtui.engine.rows_at_hand import copied_text
from flowtui.engine.spreadsheets import to_csv
from flowtui.model.command_words import options
from flowtui.model.errors import UsageError
from flowtui.model.run import QueryRun, ResultSet
from flowtui.ui.widgets.grid.result_grid import ResultGrid

if TYPE_CHECKING:
    from flowtui.ui.context import Origin

MOST_CELLS, MOST_CHARACTERS = 20_000, 200_000
"""Of a table that is written out at once."""

COPY_CHOICES = (
    ("q", "query", "the query, whole"),
    ("a", "aws", "AWS CLI commands that start it and get its results"),
    ("b", "boto3", "Python with boto3 that runs it"),
    ("f", "flowtui", "the flowtui command that opens this view"),
    ("l", "link", "a link that opens it in the CloudWatch console"),
    ("c", "cell", "this cell"),
    ("r", "row", "this row as JSON"),
    ("t", "csv", "the table as CSV"),
    ("m", "markdown", "the table as Markdown"),
    ("j", "json", "the table as JSON"),
)

ATHENA_CHOICES = (
    COPY_CHOICES[0],
    ("s", "sql", "the SQL that runs"),
    *((k, i, t.replace("CloudWatch", "Athena")) for k, i, t in COPY_CHOICES[1:]),
)


def text_of(
    choice: str, run: QueryRun, grid: ResultGrid, origin: Origin, region: str, step: str
) -> str:
    """The text of one choice; raises `UsageError` where there is nothing to copy.

    `step` names the one whose rows the query reads, where it reads some.
    """
    query, window = run.query, run.window
    match choice:
        case "query":
            return copied_text(query, step)
        case "aws":
            return aws_command(query, window, options(origin.account))
        case "boto3":
            names = {f"{name}_name": value for name, value in origin.account}
            return boto3_snippet(query, window, names)
        case "flowtui":
            return flowtui_command(query, window, origin.command)
        case "link":
            if query.rows is not None:
                raise UsageError("the console knows no rows at hand; copy the query instead")
            if not region:
                raise UsageError("the console can't open files; copy the query instead")
            return console_link(query, window, region)
        case "csv" | "markdown" | "json":
            return TABLES[choice](run.latest.results)
        case _:
            return _at_cursor(choice, run.latest.results, grid)


TABLES: Mapping[str, Callable[[ResultSet], str]] = {
    "csv": to_csv,
    "markdown": to_markdown,
    "json": to_json,
}


def _at_cursor(choice: str, results: ResultSet, grid: ResultGrid) -> str:
    index = grid.cursor_row
    if index is None:
        raise UsageError("there is no row under the cursor to copy")
    if choice == "cell":
        return grid.cursor_value or ""
    return to_json(ResultSet(results.columns, (results.rows[index],)))


def is_large(results: ResultSet) -> bool:
    """Whether to write the table out takes so long that somebody would notice."""
    if len(results.rows) * len(results.columns) > MOST_CELLS:
        return True
    return sum(len(cell or "") for row in results.rows for cell in row) > MOST_CHARACTERS

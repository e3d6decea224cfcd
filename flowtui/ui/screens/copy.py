"""What the copy menu offers, as text."""

from __future__ import annotations

from flowtui.engine.export import cli_command, console_link, to_csv, to_json, to_markdown
from flowtui.model.errors import UsageError
from flowtui.model.run import QueryRun, ResultSet
from flowtui.ui.widgets.result_grid import ResultGrid

COPY_CHOICES = (
    ("q", "query", "the query, whole"),
    ("a", "cli", "the AWS CLI command that starts it"),
    ("l", "link", "a link that opens it in the CloudWatch console"),
    ("c", "cell", "this cell"),
    ("r", "row", "this row as JSON"),
    ("t", "csv", "the table as CSV"),
    ("m", "markdown", "the table as Markdown"),
)


def copied_text(choice: str, run: QueryRun, grid: ResultGrid, region: str) -> str:
    """The text of one choice; raises `UsageError` where there is nothing to copy."""
    match choice:
        case "query":
            return run.query.text
        case "cli":
            return cli_command(run.query, run.window)
        case "link":
            if not region:
                raise UsageError("the console can't open files; copy the query instead")
            return console_link(run.query, run.window, region)
        case "csv":
            return to_csv(run.latest.results)
        case "markdown":
            return to_markdown(run.latest.results)
        case _:
            return _at_cursor(choice, run.latest.results, grid)


def _at_cursor(choice: str, results: ResultSet, grid: ResultGrid) -> str:
    index = grid.cursor_row
    if index is None:
        raise UsageError("there is no row under the cursor to copy")
    if choice == "cell":
        return grid.cursor_value or ""
    return to_json(ResultSet(results.columns, (results.rows[index],)))

"""The trail for the ticket: to the clipboard or into a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from flowtui.engine.report import Report, to_report, to_report_json
from flowtui.model.errors import UsageError
from flowtui.ui.screens.copy import is_large
from flowtui.ui.terminal.clipboard import Clipboard, write_private

EXPORT_CHOICES = (
    ("m", "markdown", "Markdown to the clipboard"),
    ("f", "file", "Markdown into a file here"),
    ("j", "json", "JSON, with all rows, into a file here"),
)


async def export(choice: str, report: Report, folder: Path, clipboard: Clipboard) -> str:
    """Do it, and say what was done; raises `UsageError` for a file that can't be written."""
    match choice:
        case "markdown":
            return await clipboard.copy(await _written(to_report, report), report.now)
        case "file":
            return _saved(folder, report, "md", await _written(to_report, report))
        case _:
            return _saved(folder, report, "json", await _written(to_report_json, report))


async def _written(write: Callable[[Report], str], report: Report) -> str:
    """What it writes; of a trail with many rows in a thread."""
    return await asyncio.to_thread(write, report) if takes_long(report) else write(report)


def takes_long(report: Report) -> bool:
    return any(is_large(step.run.latest.results) for step in report.trail.steps)


def _saved(folder: Path, report: Report, ending: str, text: str) -> str:
    """Flows are nobody else's business."""
    path = folder.absolute() / f"flowtui-{report.now:%Y%m%d-%H%M%S}.{ending}"
    try:
        write_private(path, text)
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror}; copy it instead") from error
    return f"saved to {path}"

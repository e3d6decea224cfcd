"""The investigation for the ticket: every step of the trail, as Markdown and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flowtui.engine.export import markdown_text, records, to_markdown
from flowtui.engine.link import console_link
from flowtui.engine.rows_at_hand import copied_text
from flowtui.engine.trail import Step, Trail
from flowtui.model.foreign import clean_lines
from flowtui.model.run import Query, Statistics

FIRST_ROWS = 10
"""Rows of each step that the Markdown shows."""


@dataclass(frozen=True, slots=True)
class Report:
    """A trail at one moment; `region` is empty where there is no console to link to."""

    trail: Trail
    place: str
    region: str
    now: datetime


def to_report(report: Report) -> str:
    """Markdown: for each step its title, note, question, window, groups, figures and first rows.

    Of what others wrote, control characters other than line breaks are shown as `·`.
    """
    parts = [f"# Investigation of {_inline(report.place)}, {_clock(report.now)} UTC\n"]
    for number, (index, depth) in enumerate(report.trail.tree(), 1):
        parts.append("\n".join(_section(report, number, report.trail.steps[index], depth)))
    return clean_lines("\n".join(parts))


def _query_text(report: Report, query: Query) -> str:
    """The query as it ran; over rows at hand with where these are from."""
    if query.rows is None:
        return query.text
    at = query.rows.run
    tree = enumerate(report.trail.tree(), 1)
    places = [number for number, (i, _) in tree if report.trail.steps[i].run.id == at]
    return copied_text(query, f"step {places[0]}" if places else "a step before")


def to_report_json(report: Report) -> str:
    """The same as JSON, with all rows: a list of steps, each with the index of its parent."""
    steps = [_record(report, step) for step in report.trail.steps]
    document = {"place": report.place, "written": _iso(report.now), "steps": steps}
    return json.dumps(document, ensure_ascii=False, indent=1)


def _section(report: Report, number: int, step: Step, depth: int) -> Iterator[str]:
    run = step.run
    yield f"## {number}. {_inline(step.title)}\n"
    if depth and step.parent is not None:
        yield f"From: {_inline(report.trail.steps[step.parent].title)}\n"
    if step.note:
        yield "\n".join(f"> {line}" for line in step.note.splitlines()) + "\n"
    yield _fenced(_query_text(report, run.query))
    yield f"- Window: {_clock(run.window.start)} to {_clock(run.window.end)} UTC"
    yield f"- Log groups: {', '.join(map(_inline, run.query.log_groups))}"
    yield f"- {'; '.join(_figures(step))}"
    if report.region and run.query.rows is None:
        yield f"- [Console]({console_link(run.query, run.window, report.region)})"
    results = run.latest.results
    if step.forgotten:
        yield "\nIts rows were forgotten to save memory; go to the step to read them again."
    if results.rows:
        more = len(results.rows) - FIRST_ROWS
        yield ""
        yield to_markdown(replace(results, rows=results.rows[:FIRST_ROWS])).rstrip("\n")
        if more > 0:
            yield f"\n{more:,} more rows"
    yield ""


def _figures(step: Step) -> Iterator[str]:
    """`Complete; 20 rows; 12,400,000 records scanned; ...`"""
    run = step.run
    yield str(run.latest.state)
    yield f"{step.rows:,} row{'' if step.rows == 1 else 's'}"
    statistics = run.latest.statistics
    for value, what in (
        (statistics.records_matched, "records matched"),
        (statistics.records_scanned, "records scanned"),
        (statistics.bytes_scanned, "bytes scanned"),
        # A saving of nothing is what every query without an index has.
        (statistics.bytes_skipped or None, "bytes saved by field indexes (an estimate)"),
    ):
        if value is not None:
            yield f"{value:,.0f} {what}"
    yield f"run {_clock(run.started)} UTC"


def _fenced(text: str) -> str:
    """A block of code, its fence longer than any run of backticks in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}\n"


def _inline(text: str) -> str:
    """Foreign text on one line, with nothing in it that Markdown would read."""
    return markdown_text(" ".join(text.split()))


def _record(report: Report, step: Step) -> dict[str, object]:
    run = step.run
    link = (
        console_link(run.query, run.window, report.region)
        if report.region and run.query.rows is None
        else None
    )
    return {
        "title": step.title,
        "parent": step.parent,
        "note": step.note,
        "query": _query_text(report, run.query),
        "start": _iso(run.window.start),
        "end": _iso(run.window.end),
        "log_groups": list(run.query.log_groups),
        "state": str(run.latest.state),
        "run": _iso(run.started),
        **_numbers(run.latest.statistics),
        "link": link,
        "rows": list(records(run.latest.results)),
    }


def _numbers(statistics: Statistics) -> dict[str, object]:
    return {
        "records_matched": statistics.records_matched,
        "records_scanned": statistics.records_scanned,
        "bytes_scanned": statistics.bytes_scanned,
        "estimated_bytes_skipped": statistics.bytes_skipped,
        "estimated_records_skipped": statistics.records_skipped,
    }


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()

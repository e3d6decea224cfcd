"""The investigation for the ticket, as Markdown and as JSON: a summary, then step by step.

Where steps are pinned it is told by those, else by all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from flowtui.engine.export import markdown_text, records, to_markdown
from flowtui.engine.link import console_link
from flowtui.engine.rows_at_hand import copied_text
from flowtui.engine.trail import Step, Trail
from flowtui.model.amounts import human_bytes
from flowtui.model.foreign import clean_lines
from flowtui.model.frozen import frozen
from flowtui.model.run import Query, ResultSet, Statistics

FIRST_ROWS = 10
"""Rows of each step that the Markdown shows."""

_SENTENCE = "sentence"
"""The column of findings that says what each is."""
_NO_VALUE = (None, "", "-")


@frozen
class Report:
    """A trail at one moment; `region` is empty where there is no console to link to."""

    trail: Trail
    place: str
    region: str
    now: datetime


def to_report(report: Report) -> str:
    """Markdown: a summary; then for each step note, question, window, groups, figures and rows.

    Of what others wrote, control characters other than line breaks are shown as `·`.
    """
    parts = [
        f"# Investigation of {_inline(report.place)}, {_clock(report.now)} UTC\n",
        "\n".join(_summary(report)),
        *("\n".join(_section(report, *numbered)) for numbered in _told(report.trail)),
    ]
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
    steps = report.trail.steps
    taken = [at for at, step in enumerate(steps) if _is_told(report.trail, step)]
    document = {
        "place": report.place,
        "written": _iso(report.now),
        "steps_of_trail": len(steps),
        "steps": [_record(report, steps[at], taken) for at in taken],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _is_told(trail: Trail, step: Step) -> bool:
    return step.is_pinned or not any(each.is_pinned for each in trail.steps)


def _told(trail: Trail) -> Iterator[tuple[int, Step, int]]:
    """The steps to tell, each with its number on the trail and its depth there."""
    for number, (index, depth) in enumerate(trail.tree(), 1):
        step = trail.steps[index]
        if _is_told(trail, step):
            yield number, step, depth


def _summary(report: Report) -> Iterator[str]:
    """What was found and noted, what was asked when, and what it has scanned."""
    told = list(_told(report.trail))
    yield "## Summary\n"
    if findings := list(_findings(report.trail)):
        yield "\n".join(findings) + "\n"
    for number, step, _ in told:
        if step.note:
            yield f"- Step {number}, {_inline(step.title)}: {_inline(step.note)}"
    if any(step.note for _, step, _ in told):
        yield ""
    yield "| Step | Window (UTC) | Rows | Scanned |\n| --- | --- | --- | --- |"
    for number, step, _ in told:
        window = f"{_clock(step.run.window.start)} to {_clock(step.run.window.end)}"
        scanned = _scanned([step]) or "not known"
        yield f"| {number}. {_inline(step.title)} | {window} | {step.rows:,} | {scanned} |"
    if len(told) < len(report.trail.steps):
        are = "is" if len(told) == 1 else "are"
        count = f"{len(told)} of {len(report.trail.steps)} steps {are} pinned"
        yield f"\n{count}; the others are left out."
    if all_scanned := _scanned(report.trail.steps):
        yield f"\nThe whole trail has scanned {all_scanned}."
    yield ""


def _findings(trail: Trail) -> Iterator[str]:
    """The sentences of the latest findings, but for what the user takes for harmless."""
    found = (step.run.latest.results for step in reversed(trail.steps))
    results = next((each for each in found if _SENTENCE in each.columns), ResultSet())
    for record in records(results):
        if record.get("benign", "-") in _NO_VALUE:
            said = [record.get("severity", ""), record[_SENTENCE]]
            yield f"- {_inline(': '.join(filter(None, said)))}"


def _scanned(steps: Sequence[Step]) -> str:
    """Empty where nothing is known of it."""
    sizes = [step.run.latest.statistics.bytes_scanned for step in steps]
    known = [size for size in sizes if size is not None]
    return human_bytes(sum(known)) if known else ""


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
    if step.forgotten:
        yield "\nIts rows were forgotten to save memory; go to the step to read them again."
    if run.latest.results.rows:
        yield from _table(run.latest.results)
    yield ""


def _table(results: ResultSet) -> Iterator[str]:
    """The first rows, without the columns that have one value in all rows: those are said."""
    rows = results.rows
    steady = [at for at in results.shown if len(rows) > 1 and len({row[at] for row in rows}) == 1]
    if len(steady) == len(results.shown):
        steady = steady[1:]
    empty = {at for at in steady if rows[0][at] in _NO_VALUE}
    same = [f"{results.columns[at]} {rows[0][at]}" for at in steady if at not in empty]
    if same:
        yield f"\nIn all rows: {', '.join(map(_inline, same))}"
    if empty:
        names = ", ".join(_inline(results.columns[at]) for at in steady if at in empty)
        yield f"\nIn no row: {names}"
    kept = [at for at in range(len(results.columns)) if at not in steady]
    first = tuple(tuple(row[at] for at in kept) for row in rows[:FIRST_ROWS])
    yield ""
    yield to_markdown(ResultSet(tuple(results.columns[at] for at in kept), first)).rstrip("\n")
    if len(rows) > FIRST_ROWS:
        yield f"\n{len(rows) - FIRST_ROWS:,} more rows"


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


def _record(report: Report, step: Step, taken: Sequence[int]) -> dict[str, object]:
    run = step.run
    link = (
        console_link(run.query, run.window, report.region)
        if report.region and run.query.rows is None
        else None
    )
    return {
        "title": step.title,
        "parent": taken.index(step.parent) if step.parent in taken else None,
        "pinned": step.is_pinned,
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

"""The rows of a finished run as what the next query reads. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.engine.fold import is_fold
from flowtui.engine.truncation import truncation
from flowtui.model.errors import QueryError
from flowtui.model.run import PTR, Query, QueryRun, RowsOf, RunState
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.parser import parse_tolerant
from flowtui.query.printer import command_text, name_text
from flowtui.query.result_shape import shape_of

if TYPE_CHECKING:
    from flowtui.engine.session_state import SessionState
    from flowtui.engine.trail import Step

_WITHOUT_TIME = (
    "these rows have no times, so that a part of their window can't be told apart; ask the log"
    " groups for it, or take the window of the rows"
)

_BACK = "and so can't ask rows at hand; alt+r goes back to the log groups"

NO_ROWS = "there are no rows to ask yet; F5 runs the query"


def asked_step(step: Step | None) -> Step:
    """The step, whose rows can be asked; raises `QueryError` where they can't be."""
    if step is None or not step.rows:
        raise QueryError(NO_ROWS)
    if not step.run.is_final:
        raise QueryError("these rows are still coming; wait for the query, or stop it")
    return step


def switched(state: SessionState) -> SessionState:
    """With a question that reads the rows that are shown, or the log groups again.

    Raises `QueryError` where there are no rows to read.
    """
    if state.rows is not None:
        return state.over_rows(None).said("the query asks the log groups again")
    shown = asked_step(None if state.trail is None else state.trail.current)
    rows = rows_of(shown.run, shown.rows)
    said = f"the query asks these {rows.count:,} rows, for nothing; alt+r goes back"
    return state.over_rows(rows).said(said)


def rows_of(run: QueryRun, known_count: int = 0) -> RowsOf:
    """The rows of a run that has ended; `known_count` is how many it had before it forgot them."""
    count = len(run.latest.results.rows) or known_count
    return RowsOf(run.id, run.query, run.window, run.handle, count, lack_of(run))


def lack_of(run: QueryRun) -> str:
    """Why there may be more rows than came, as a clause; empty where these are all."""
    if run.latest.state is not RunState.COMPLETE:
        return f"they came before their query was {run.latest.state.lower()}"
    if truncation(run.query, run.latest):
        return f"they are the first {len(run.latest.results.rows):,} of more"
    return "" if run.query.rows is None else run.query.rows.lack


def doubt(rows: RowsOf) -> str:
    """A sentence about what can't be trusted in an answer over rows that are not all."""
    if not rows.lack:
        return ""
    return f"of the rows at hand, {rows.lack}: sums, counts and a 'none' are not of all records"


def completed(question: Query, columns: Sequence[str]) -> Query:
    """The question with the `fields` command that shows the rows' columns where it names none."""
    if question.prelude:
        return question
    shape = shape_of(parse_tolerant(question.body).pipeline)
    names = [name for name in columns if name != PTR]
    if not shape.are_events or shape.chosen or shape.displayed or not names:
        return question
    return replace(question, prelude=shown_columns(names))


def shown_columns(names: Sequence[str]) -> str:
    """The command that shows these columns."""
    items = (ast.Item(ast.Field(name), text=name_text(name)) for name in names)
    return command_text(ast.Fields(tuple(items)))


def refuse(question: Query) -> None:
    """Raise `QueryError` for a query that names log groups: it reads rows."""
    if is_fold(question.body):
        raise QueryError(f"this question is put together of several, {_BACK}")
    pipeline = parse_tolerant(question.body).pipeline
    for command in pipeline.commands:
        nodes = [command, *(node for node, _ in ast.walk(command))]
        for node in nodes:
            if isinstance(node, ast.Source | ast.SavedCall | ast.LogCompare):
                raise QueryError(f"this names log groups, {_BACK}", node.span)


def window_of(rows: RowsOf, asked: TimeRange | None, columns: Sequence[str]) -> TimeRange:
    """The part of the rows' window that is read; raises `QueryError` where it can't be."""
    if asked is None or asked == rows.window:
        return rows.window
    common = rows.window.intersect(asked)
    if common is None:
        raise QueryError(f"the rows at hand are {_span(rows.window)}; choose a time in it")
    if common != rows.window and "@timestamp" not in columns:
        raise QueryError(_WITHOUT_TIME)
    return common


def told_text(query: Query) -> str:
    """The queries behind a result, one after the other: so the meaning of its columns is found."""
    return query.text if query.rows is None else f"{told_text(query.rows.query)}\n| {query.text}"


def copied_text(query: Query, step: str) -> str:
    """A query over rows as what can be handed on: it says of which query these were."""
    if query.rows is None:
        return query.text
    source = copied_text(query.rows.query, "an earlier step")
    origin = f"over the {query.rows.count:,} rows of {step}, without a scan"
    told = [f"# This ran {origin}. Those are of this query, {_span(query.rows.window)}:"]
    told += [f"#   {line}" for line in source.splitlines()]
    if query.rows.lack:
        told.append(f"# They may not be all: {query.rows.lack}.")
    return "\n".join([*told, query.text])


def _span(window: TimeRange) -> str:
    return f"from {window.start:%Y-%m-%d %H:%M:%S} to {window.end:%Y-%m-%d %H:%M:%S} UTC"

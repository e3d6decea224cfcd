"""What is computed from the rows of plain queries, and is a question all the same: a fold.

A question is a fold where a line of its text says so:

    #! conversations
    filter log_status = "OK" | stats sum(bytes) as bytes by srcaddr, dstaddr, interface_id

To Logs Insights that line is a comment, so the text stays one that runs anywhere. To flowtui it
names a `Fold`, and what stands behind the name is for that fold to read: `#! compare with
yesterday`. As the text says it, everything that keeps a text keeps a fold: the trail, the history,
saved queries, copies, `--resume` and `flowtui query`.

How a new one comes in, such as findings:

1. A module `engine/findings` has a class that is a `Fold`; `engine/folds:fold_of` names it.
2. `parts` says which plain queries are run, one or several, each with its own text and window.
   `engine/folding` starts them all, follows, stops and resumes them as one run, whose handle has
   the ids of all: their rows come back without a scan. The texts have no line `#!`; the question's
   `parse` command, if it has one, names all fields of the format and serves each of them, so the
   question's own text must read at least one field that needs it. Ask for `MOST_ROWS` by `limit`.
3. `fold` makes the result of their rows, in a thread and without anything else: it must be pure.
   Its columns are text like any others; its `keys` make Enter drill. Raise `FlowtuiError` where
   the rows can't be folded. `Answer.is_cut` says that a limit has left rows out.
4. `derive` writes the question behind a row (`engine/drill:Target`); `events` and `as_flow` say the
   same in the terms of a plain question, for what can be asked of any row.
5. The text of the question is written by a function of the module, for the key and the command.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from flowtui.engine.drill import Target
    from flowtui.engine.pivot import ShownQuestion, Spot
    from flowtui.engine.timeline import Chart
    from flowtui.model.run import Query, ResultSet
    from flowtui.model.timerange import TimeRange

MARK = "#!"
MOST_ROWS = 1_500_000
"""What a part asks for. CloudWatch gives `MAX_ROWS` of them, files as many as there are."""

_LINE = re.compile(r"^(?P<pipe>[ \t|]*)#![ \t]*(?P<name>\w+)(?P<rest>[^\n]*)\n?", re.MULTILINE)


@frozen
class Naming:
    """The line of a text that names a fold."""

    name: str
    rest: str
    """What stands behind the name, without blanks around it."""
    span: tuple[int, int]


def naming(text: str) -> Naming | None:
    """The first line that names a fold; None for a plain query."""
    if MARK not in text:
        return None
    found = _LINE.search(text)
    if found is None:
        return None
    return Naming(found["name"], found["rest"].strip(), (found.start("name"), found.end("rest")))


def is_fold(text: str) -> bool:
    return naming(text) is not None


def plain(text: str) -> str:
    """The text without its line, as it is sent to a service."""
    return _LINE.sub(r"\g<pipe>", text, count=1) if MARK in text else text


def named(line: str, text: str) -> str:
    """The text of a fold, of its line and a plain text."""
    return f"{MARK} {line}\n{text}"


@frozen
class Part:
    """A plain query that a fold needs the rows of, and its window."""

    query: Query
    window: TimeRange


@frozen
class Answer:
    """The whole result of a part."""

    part: Part
    results: ResultSet
    is_cut: bool = False
    """Whether a limit of the service has left rows out."""
    notices: tuple[str, ...] = ()
    """What the service has said of it."""


@frozen
class Folded:
    """What has come of the rows."""

    results: ResultSet
    notices: tuple[str, ...] = ()
    """Sentences for the user about it: what could not be told, what makes it false."""
    count: int | None = None
    """Of its rows, where only the first of them were made."""


class Fold(Protocol):
    """Made of the line and the text of a question, by `engine/folds:fold_of`."""

    def parts(self, query: Query, window: TimeRange) -> tuple[Part, ...]:
        """The plain queries of a question, each with its window."""

    def fold(self, answers: Sequence[Answer]) -> Folded:
        """The result of their rows, in the order of `parts`; raises `FlowtuiError`."""

    def derive(self, kind: str, on: ShownQuestion, spot: Spot) -> Target:
        """The question `kind` (drill, include, ...) of a row; raises `DrillError`."""

    def events(self, on: ShownQuestion) -> ShownQuestion:
        """The plain question of which the flows of its rows are found; raises `DrillError`."""

    def as_flow(self, row: Mapping[str, str]) -> Mapping[str, str]:
        """What a row says of its flows, by the columns of `events`."""

    def chart(self) -> Chart:
        """How its result is drawn."""


def part_of(query: Query, window: TimeRange) -> Part:
    """The question's own text over a window, without the line that names a fold."""
    return Part(replace(query, body=plain(query.body), limit=MOST_ROWS, is_part=True), window)

"""Questions about all that is shown, not about one row: conversations, an earlier time, a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.engine.about import about_of, kind_of, kind_of_name
from flowtui.engine.compare import compare_of
from flowtui.engine.conversations import conversations_of
from flowtui.engine.drill import Target, asked
from flowtui.model.errors import DrillError, UsageError

if TYPE_CHECKING:
    from flowtui.engine.baseline import Baseline
    from flowtui.engine.pivot import ShownQuestion, Spot

Subject = tuple[str, str]
"""A kind of thing that there is a page of, and its name."""


def conversations(on: ShownQuestion) -> Target:
    """The conversations of the flows behind a question; raises `DrillError`."""
    return _target(on, conversations_of(on.query, on.format), "conversations")


def compared(on: ShownQuestion, baseline: Baseline, *, is_free: bool) -> Target:
    """The question over its window and an earlier one; raises `DrillError`."""
    text = compare_of(on.query, baseline, on.format, is_free=is_free)
    target = _target(on, text, f"compared with {baseline.text}")
    # The window stays: that of now would be another one than the one that is shown.
    return replace(target, query=replace(target.query, time=on.window))


def about(on: ShownQuestion, subject: Subject) -> Target:
    """The page of a subject over the whole window; raises `DrillError`."""
    text = about_of(on.query, on.window, subject, on.format)
    return _target(on, text, f"about {subject[1]}")


def _target(on: ShownQuestion, text: str, title: str) -> Target:
    time = None if on.query.time is None else on.window
    return Target(replace(asked(on.query, text, on.format), time=time), on.window, title)


def subject_of(spot: Spot) -> Subject:
    """What a cell names; raises `DrillError` where it names nothing that there is a page of."""
    found = _subject(spot.column, spot.value)
    if found is None:
        raise DrillError(
            f"{spot.column} is no address, interface or instance; put the cursor on one"
        )
    return found


def subjects(row: Mapping[str, str]) -> Iterator[Subject]:
    """All that the cells of a row name, each once."""
    found = (_subject(column, value) for column, value in row.items())
    yield from dict.fromkeys(each for each in found if each is not None)


def _subject(column: str, value: str | None) -> Subject | None:
    """By the column, or where that may have anything, by the form of the name."""
    if not value or value == "-" or " " in value:
        return None
    kind = kind_of(column)
    if kind is not None and kind != "address":
        return kind, value
    try:
        return kind_of_name(value), value
    except UsageError:
        return None

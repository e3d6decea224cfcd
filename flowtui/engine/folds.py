"""The folds that there are, by the names that texts give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.engine.fold import Part, naming
from flowtui.model.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowtui.engine.findings.shelf import Shelf
    from flowtui.engine.fold import Fold
    from flowtui.model.run import Query
    from flowtui.model.timerange import TimeRange

NAMES = ("conversations", "compare", "about", "findings")


def fold_of(text: str, shelf: Callable[[], Shelf] | None = None) -> Fold | None:
    """The fold that a text is; None for a plain query. Raises `QueryError`.

    `shelf` has the user's own rules, for whoever folds.
    """
    found = naming(text)
    if found is None:
        return None
    match found.name:
        case "conversations":
            from flowtui.engine.conversations import Conversations

            return Conversations(text)
        case "findings":
            from flowtui.engine.findings.question import Findings

            return Findings(text) if shelf is None else Findings(text, shelf)
        case "compare":
            from flowtui.engine.compare import Compare

            return Compare(text, found)
        case "about":
            from flowtui.engine.about import About

            return About(text, found)
        case name:
            known = ", ".join(NAMES)
            message = f"#! {name} is no question that flowtui knows; write one of {known}"
            raise QueryError(message, found.span)


def parts_of(query: Query, window: TimeRange) -> tuple[Part, ...]:
    """What is run for a question: itself, or the parts of a fold. Raises `QueryError`."""
    fold = fold_of(query.body)
    return (Part(query, window),) if fold is None else fold.parts(query, window)

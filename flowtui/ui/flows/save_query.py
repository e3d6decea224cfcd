"""Saving the query in the editor under a name, and never over another one unasked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.backends.base import SavedQueries
from flowtui.model.errors import UsageError
from flowtui.model.saved_query import INSIGHTS_QL, SavedQuery
from flowtui.ui.screens.dialogs import AskScreen, ConfirmScreen
from flowtui.ui.screens.kept_queries import groups_text, moment_text
from flowtui.ui.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from flowtui.ui.context import FlowContext

_HINT = "/ stands between folders: triage/top talkers. Enter saves, Escape does not."
_MOST_LINES = 8
_MOST_CHARACTERS = 500
"""Of the text that would be lost: so much is shown."""


async def save(
    flow: FlowContext, draft: SavedQuery, opened: SavedQuery | None
) -> tuple[str, SavedQuery | None]:
    """Ask for a name and save `draft` under it; what was done, and what is saved now.

    `draft` has the name to begin with; `opened` is what the editor's text was opened from, or
    saved as, the last time. Raises `FlowtuiError`. To be called by a worker.
    """
    app, shelf, zone = flow.app, flow.session.account.service, flow.zone
    if shelf.saving_refused:
        raise UsageError(shelf.saving_refused)
    if not draft.text.strip():
        raise UsageError("there is no query in the editor to save")
    name = await app.push_screen_wait(AskScreen("Save the query as", _HINT, draft.name))
    if not name or not name.strip():
        return "not saved", None
    draft, left_out = _without_arns(replace(draft, name=name.strip()))
    before: SavedQuery | None = None
    while True:
        flow.awaits("the saved queries")
        # Asked again after each answer: somebody may have saved meanwhile.
        found = await _named(shelf, draft.name, opened)
        if found is None or found == before:
            break
        if found.text == draft.text and found.log_groups == draft.log_groups:
            return f"{draft.name} is saved so already", found
        if not await app.push_screen_wait(_warning(found, opened, before, zone)):
            return f"not saved; {draft.name} is as it was", None
        before = found
    if found is not None:
        kept = {each.name: each for each in (*draft.parameters, *found.parameters)}
        draft = replace(draft, id=found.id, parameters=tuple(kept.values()))
    flow.awaits(f"the answer whether {clean(draft.name)} is saved, which it may be")
    saved = replace(draft, id=await shelf.save_query(draft))
    return f"{_done(saved, found)}{left_out}", saved


def _without_arns(draft: SavedQuery) -> tuple[SavedQuery, str]:
    """A saved query keeps names of log groups, which an ARN of another account has not."""
    kept = tuple(group for group in draft.log_groups if not group.startswith("arn:"))
    count = len(draft.log_groups) - len(kept)
    left_out = f"; {count} log group{'s' * (count > 1)} named by ARN can't be saved with it"
    return replace(draft, log_groups=kept), left_out if count else ""


async def _named(shelf: SavedQueries, name: str, opened: SavedQuery | None) -> SavedQuery | None:
    """The saved query of that name; of several the one that was opened, else the latest."""
    found: list[SavedQuery] = []
    async for page in shelf.saved_queries(name):
        found += [query for query in page if query.name == name and query.language == INSIGHTS_QL]
    mine = [query for query in found if opened is not None and query.id == opened.id]
    found.sort(key=lambda query: query.modified.timestamp() if query.modified else 0.0)
    return next(iter([*mine, *reversed(found)]), None)


def _warning(
    found: SavedQuery, opened: SavedQuery | None, before: SavedQuery | None, zone: tzinfo
) -> ConfirmScreen:
    """Asks whether `found` may be overwritten; `before` is what was agreed to a moment ago."""
    changed = f", last changed {moment_text(found.modified, zone)}" if found.modified else ""
    groups = groups_text(found.log_groups)
    shown = "\n".join(found.text.splitlines()[:_MOST_LINES])[:_MOST_CHARACTERS]
    more = "" if len(shown) >= len(found.text.rstrip()) else " ..."
    text = [
        f"{found.name} is saved already{changed}.",
        *_conflict(found, opened, before, zone),
        f"This text{f' and its log groups ({groups})' if groups else ''} would be lost:",
        "",
        f"{shown}{more}",
        "",
    ]
    return ConfirmScreen("Overwrite?", "\n".join(text), "Enter overwrites it, Escape does not.")


def _conflict(
    found: SavedQuery, opened: SavedQuery | None, before: SavedQuery | None, zone: tzinfo
) -> Sequence[str]:
    """Whether somebody else's work would be lost."""
    if before is not None:
        return ["Somebody has saved it while you were asked."]
    if opened is None or opened.id != found.id:
        return ["It is not the one that the editor's query was opened from."]
    if not _has_changed(opened, found):
        return ["It has not been changed since you opened or saved it."]
    then = f", of {moment_text(opened.modified, zone)}" if opened.modified else ""
    return [f"SOMEBODY HAS CHANGED IT since you opened or saved it{then}."]


def _has_changed(opened: SavedQuery, found: SavedQuery) -> bool:
    """When a query was changed that we have saved ourselves, is known to the service alone."""
    if (opened.text, opened.log_groups) != (found.text, found.log_groups):
        return True
    return opened.modified is not None and opened.modified != found.modified


def _done(saved: SavedQuery, found: SavedQuery | None) -> str:
    how = "saved as" if found is None else "saved over"
    groups = groups_text(saved.log_groups)
    return f"{how} {saved.name}, {f'with {groups}' if groups else 'without log groups'}"

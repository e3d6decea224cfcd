"""Queries that are kept under a name."""

from __future__ import annotations

from datetime import datetime

from flowtui.model.frozen import frozen

INSIGHTS_QL = "CWLI"
"""The language of flowtui's queries, as the service calls it; the others are SQL and PPL."""


@frozen
class Parameter:
    """A parameter, written as `{{name}}` in a saved query."""

    name: str
    default: str = ""
    description: str = ""


@frozen
class SavedQuery:
    """A query under a name, in which `/` stands between folders; several may have the same."""

    name: str
    text: str
    log_groups: tuple[str, ...] = ()
    id: str = ""
    """Empty where it is not saved yet, or can't be replaced from here."""
    modified: datetime | None = None
    language: str = INSIGHTS_QL
    parameters: tuple[Parameter, ...] = ()

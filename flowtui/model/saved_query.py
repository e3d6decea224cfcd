"""Queries that are kept under a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

INSIGHTS_QL = "CWLI"
"""The language of flowtui's queries, as the service calls it; the others are SQL and PPL."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter, written as `{{name}}` in a saved query."""

    name: str
    default: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
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

"""A place to ask, and the rules that hold there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from flowtui.backends.base import RowsAtHand, Service
    from flowtui.engine.cost import Limits
    from flowtui.engine.findings.shelf import Shelf
    from flowtui.engine.formats import Formats
    from flowtui.engine.pace import Delays
    from flowtui.engine.session import Session
    from flowtui.engine.session_store import Journal
    from flowtui.model.source import DataSource


@frozen
class Account:
    """The composition root fills it."""

    service: Service
    source: DataSource
    formats: Formats
    delays: Delays
    limits: Limits
    journals: Callable[[Session], Sequence[Journal]] = lambda _: ()
    """The journals that keep the session there; called when it begins to work."""
    rows: Callable[[], RowsAtHand] | None = None
    """Makes what queries rows at hand; called when somebody asks for that."""
    shelf: Callable[[], Shelf] | None = None
    """What findings are told by, with what the user has added; read each time."""

"""What a workspace works with, and what it shows first: the composition root fills both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.model.source import Source
from flowtui.model.timerange import Time

if TYPE_CHECKING:
    from flowtui.backends.base import Service
    from flowtui.engine.pace import Delays
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.journal.history import History
    from flowtui.journal.records import Records, Resumed
    from flowtui.memory import Memory
    from flowtui.settings import Settings
    from flowtui.ui.accounts import Accounts
    from flowtui.ui.terminal.clipboard import Clipboard


@dataclass(frozen=True, slots=True)
class Origin:
    """How the program was told where its records are, for commands that do the same."""

    command: tuple[str, ...] = ("flowtui",)
    """What opens this source: `flowtui open PATH`."""
    account: tuple[tuple[str, str], ...] = ()
    """`profile` and `region`, as far as they were given."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a workspace works with; the composition root fills it."""

    service: Service
    settings: Settings
    clipboard: Clipboard
    delays: Delays
    now: Callable[[], datetime]
    given_format: Callable[[str], FlowFormat | None] = lambda _: None
    """The format of a log group that the user has given: it wins over what is found out."""
    origin: Origin = Origin()
    exports: Path = Path()
    """The folder that the trail is written to."""
    memory: Memory | None = None
    """What is remembered of the places in AWS; files need none."""
    accounts: Accounts | None = None
    """The way to another profile or region; files have none."""
    history: Callable[[], History] | None = None
    """The runs of all sessions."""
    source: Source = field(default_factory=Source)
    records: Records | None = None
    """Where the investigation is saved as it changes."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What the workspace shows first: the command line's wishes."""

    body: str = ""
    groups: tuple[str, ...] = ()
    time: Time | None = None
    resumed: Resumed | None = None
    """The investigation that goes on."""

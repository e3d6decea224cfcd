"""What the screens work with, and what is shown first: the composition root fills both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.model.timerange import Time

if TYPE_CHECKING:
    from textual.app import App

    from flowtui.engine.session import Account, Session
    from flowtui.journal.history import History
    from flowtui.journal.investigations import Resumed
    from flowtui.memory import Memory
    from flowtui.settings import Settings
    from flowtui.ui.flows.switch_account import Accounts
    from flowtui.ui.terminal.clipboard import Clipboard
    from flowtui.ui.widgets.result_grid import ResultGrid


@dataclass(frozen=True, slots=True)
class Origin:
    """How the program was told where its records are, for commands that do the same."""

    command: tuple[str, ...] = ("flowtui",)
    """What opens this source: `flowtui open PATH`."""
    account: tuple[tuple[str, str], ...] = ()
    """`profile` and `region`, as far as they were given."""


@dataclass(frozen=True, slots=True)
class AppContext:
    """What the screens and their dialogues work with in one account."""

    account: Account
    settings: Settings
    clipboard: Clipboard
    now: Callable[[], datetime]
    origin: Origin = Origin()
    exports: Path = Path()
    """The folder that the trail is written to."""
    memory: Memory | None = None
    """What is remembered of the places in AWS; files need none."""
    accounts: Accounts | None = None
    """The way to another profile or region; files have none."""
    history: Callable[[], History] | None = None
    """The runs of all sessions."""


@dataclass(frozen=True, slots=True)
class FlowContext:
    """What several dialogues in a row work with, as it was when they began."""

    app: App[None]
    context: AppContext
    session: Session
    zone: tzinfo
    grid: ResultGrid


@dataclass(frozen=True, slots=True)
class Opening:
    """What is shown first: the command line's wishes."""

    body: str = ""
    groups: tuple[str, ...] = ()
    time: Time | None = None
    resumed: Resumed | None = None
    """The investigation that goes on."""

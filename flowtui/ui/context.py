"""The tools of the screens, and the state to begin with: the composition root fills both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.model.frozen import frozen
from flowtui.model.timerange import Time

if TYPE_CHECKING:
    from textual.app import App

    from flowtui.engine.account import Account
    from flowtui.engine.names import NameBook
    from flowtui.engine.session import Session
    from flowtui.flowlogs.log_group import LogGroup
    from flowtui.flowlogs.playbook import Play
    from flowtui.journal.benign import BenignMarks
    from flowtui.journal.column_layouts import ColumnLayouts
    from flowtui.journal.history import History
    from flowtui.journal.investigations import Resumed
    from flowtui.memory import Memory
    from flowtui.settings import Settings
    from flowtui.ui.flows.switch_account import Accounts
    from flowtui.ui.terminal.clipboard import Clipboard
    from flowtui.ui.widgets.grid.result_grid import ResultGrid


@frozen
class Origin:
    """How the command line named the source, for commands that do the same."""

    command: tuple[str, ...] = ("flowtui",)
    """The command that opens this source: `flowtui open PATH`."""
    account: tuple[tuple[str, str], ...] = ()
    """`profile` and `region`, as far as they were given."""


@frozen
class Elsewhere:
    """Log groups of another service in the same account, and the way to ask them."""

    what: str
    """`tables of Athena`."""
    pages: Callable[[str], AsyncIterator[tuple[LogGroup, ...]]]
    move: Callable[[tuple[str, ...]], AppContext]
    """The context in which these groups are asked."""


@frozen
class AppContext:
    """The tools of the screens and their dialogues in one account."""

    account: Account
    settings: Settings
    clipboard: Clipboard
    now: Callable[[], datetime]
    origin: Origin = Origin()
    exports: Path = Path()
    """The folder that the trail is written to."""
    memory: Memory | None = None
    """The memory of the places in AWS; files need none."""
    accounts: Accounts | None = None
    """The way to another profile or region; files have none."""
    elsewhere: Elsewhere | None = None
    """What else of the account the picker offers."""
    in_s3: Callable[[str], AppContext] | None = None
    """The context in which a place in S3 is read directly."""
    history: Callable[[], History] | None = None
    """The runs of all sessions."""
    benign: Callable[[], BenignMarks] | None = None
    """The findings that the user takes for harmless."""
    plays: Callable[[], Sequence[Play]] | None = None
    """The questions of the playbook, the user's own among them."""
    names: Callable[[], NameBook] | None = None
    """Makes the book of what addresses and resources are called."""
    country: Callable[[str], str] | None = None
    """Where an address is registered, in two letters; absent where nobody can tell."""
    registry: Callable[[], str] = str
    """Who says so, and of when: `iptocc 3.3.170`."""
    columns: ColumnLayouts | None = None
    """The columns that the user has chosen, by the shape of the result."""


@frozen
class FlowContext:
    """The tools of several dialogues in a row, as they were when these began."""

    app: App[None]
    context: AppContext
    session: Session
    zone: tzinfo
    grid: ResultGrid
    awaits: Callable[[str], None]
    """Says what the flow waits for from here on: the user may end it."""


Later = Callable[[], Coroutine[object, object, str]]
"""What a flow leaves to be done, for which no key has to wait; it says what was done."""


@frozen
class Opening:
    """The state to begin with: the command line's wishes."""

    body: str = ""
    groups: tuple[str, ...] = ()
    time: Time | None = None
    resumed: Resumed | None = None
    """The investigation that goes on."""

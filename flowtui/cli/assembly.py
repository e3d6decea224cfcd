"""The TUI is put together: every class that it works with is picked here."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.backends.late import LateService
from flowtui.cli.services import given_formats, place, service
from flowtui.cli.surroundings import config_folder, now, state_file, state_folder
from flowtui.engine.pace import LOCAL, REMOTE
from flowtui.memory import Memory
from flowtui.ui.app import FlowtuiApp
from flowtui.ui.questions import Questions
from flowtui.ui.terminal.clipboard import Clipboard
from flowtui.ui.workplace import Opening, Origin, Workplace

if TYPE_CHECKING:
    from flowtui.backends.base import Profile
    from flowtui.journal.history import History
    from flowtui.journal.records import Records
    from flowtui.model.source import Source
    from flowtui.settings import Settings
    from flowtui.ui.accounts import Accounts


def run_app(source: Source, settings: Settings, opening: Opening, records: Records) -> FlowtuiApp:
    """Run the TUI to its end, and return it: it knows what it left running and what it scanned."""
    questions = Questions()

    def workplace(write: Callable[[str], None]) -> Workplace:
        return _Workplaces(settings, records, questions.ask, write).at(source)

    app = FlowtuiApp(workplace, opening, config_folder() / "themes")
    questions.attach(app)
    app.run(mouse=settings.mouse)
    return app


@dataclass(frozen=True, slots=True)
class _Workplaces:
    """Makes the workplace of a source: the one the program opens with, and those one moves to."""

    settings: Settings
    records: Records
    ask: Callable[[str], str]
    """Puts a question to the user, and waits for the answer."""
    write: Callable[[str], None]
    """Sends an escape sequence to the terminal."""

    def at(self, source: Source) -> Workplace:
        make = partial(service, source, self.settings, one_shot=False, ask=self.ask)
        return Workplace(
            service=LateService(make, place(source)),
            settings=self.settings,
            clipboard=Clipboard(self.write, state_folder(), os.environ),
            delays=LOCAL if source.is_local else REMOTE,
            now=now,
            given_format=given_formats(source, self.settings),
            origin=Origin(source.command, source.account),
            exports=Path.cwd(),
            memory=None if source.is_local else Memory(state_folder() / "memory.json"),
            accounts=None if source.is_local else self._accounts(source),
            history=_history,
            source=source,
            records=self.records,
        )

    def _accounts(self, source: Source) -> Accounts:
        # Files have no accounts, and their first frame needs no way to any.
        from flowtui.ui.accounts import Accounts

        def move(profile: str | None, region: str | None) -> Workplace:
            return self.at(replace(source, profile=profile, region=region))

        return Accounts(_profiles, _regions, move, source.profile, source.region)


def _history() -> History:
    """The runs of all sessions; SQLite is imported behind the first frame."""
    from flowtui.journal.history import History

    return History(state_file())


async def _profiles() -> Sequence[Profile]:
    """boto3 is imported when somebody wants to go to another place in AWS; so it is below."""
    from flowtui.backends.cloudwatch import accounts

    return await accounts.profiles()


async def _regions(profile: str | None) -> Sequence[str]:
    from flowtui.backends.cloudwatch import accounts

    return await accounts.regions(profile)

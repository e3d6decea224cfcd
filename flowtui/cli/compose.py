"""The TUI is put together: every class that it works with is picked here."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from flowtui.backends.lazy import LazyService
from flowtui.cli.crash import recorded
from flowtui.cli.environment import cache_folder, config_folder, now, state_file, state_folder
from flowtui.cli.options import parse_format
from flowtui.cli.services import benign_marks, limits, pace, place, rows_at_hand, service, shelf
from flowtui.engine.account import Account
from flowtui.engine.formats import Formats
from flowtui.journal.column_layouts import ColumnLayouts
from flowtui.memory import Memory
from flowtui.model.frozen import frozen
from flowtui.model.source import (
    AthenaSource,
    CloudWatchSource,
    DataSource,
    DemoSource,
    FileSource,
    S3Source,
)
from flowtui.ui.app import FlowtuiApp
from flowtui.ui.context import AppContext, Elsewhere, Opening, Origin
from flowtui.ui.flows.questions import Questions
from flowtui.ui.terminal.clipboard import Clipboard

if TYPE_CHECKING:
    from flowtui.backends.base import Profile
    from flowtui.engine.name_tables import NameTable
    from flowtui.engine.names import NameBook
    from flowtui.engine.session import Session
    from flowtui.engine.session_store import Journal
    from flowtui.flowlogs.playbook import Play
    from flowtui.journal.history import History
    from flowtui.journal.investigations import InvestigationStore, StoredInvestigation
    from flowtui.settings import Settings
    from flowtui.ui.flows.switch_account import Accounts


def run_app(
    source: DataSource, settings: Settings, opening: Opening, store: InvestigationStore
) -> FlowtuiApp:
    """Run the TUI to its end, and return it: it knows what it left running and what it scanned."""
    questions = Questions()
    given = _given_names(settings)
    stored = opening.resumed.stored if opening.resumed else None

    def context(write: Callable[[str], None]) -> AppContext:
        return _Contexts(settings, store, questions.ask, write, given).at(source, stored)

    app = FlowtuiApp(context, opening, config_folder() / "themes", recorded)
    questions.attach(app)
    app.run(mouse=settings.mouse)
    return app


@frozen
class _Contexts:
    """Makes the context of a source: the one the program opens with, and those one moves to."""

    settings: Settings
    store: InvestigationStore
    ask: Callable[[str], str]
    """Puts a question to the user, and waits for the answer."""
    write: Callable[[str], None]
    """Sends an escape sequence to the terminal."""
    given: NameTable | None = None
    """The names of the user's files."""

    def at(self, source: DataSource, stored: StoredInvestigation | None = None) -> AppContext:
        account = self._account(source, stored)
        return AppContext(
            account=account,
            settings=self.settings,
            clipboard=Clipboard(self.write, state_folder(), os.environ),
            now=now,
            origin=Origin(source.command, source.account),
            exports=Path.cwd(),
            memory=_memory() if isinstance(source, CloudWatchSource) else None,
            accounts=self._accounts(source),
            elsewhere=self._elsewhere(source),
            in_s3=self._in_s3(source),
            history=_history,
            benign=benign_marks,
            plays=_plays,
            names=lambda: self._names(account),
            country=_country,
            registry=_registry,
            columns=ColumnLayouts(state_folder() / "columns.json"),
        )

    def _elsewhere(self, source: DataSource) -> Elsewhere | None:
        """Tables of the account beside its log groups, and the other way round."""
        match source:
            case CloudWatchSource(profile, region, url):
                tables = AthenaSource((), profile, region, url)
                return Elsewhere(
                    "tables of Athena",
                    self._lazy(tables).log_groups,
                    lambda names: self._from(replace(tables, tables=names)),
                )
            case AthenaSource(_, profile, region, url):
                groups = CloudWatchSource(profile, region, url)
                return Elsewhere(
                    "log groups of CloudWatch",
                    self._lazy(groups).log_groups,
                    lambda _: self._from(groups),
                )
            case _:
                return None

    def _from(self, source: DataSource) -> AppContext:
        """The context of a source of another kind, whose costs are others."""
        from flowtui.cli.environment import load_settings

        theme = self.settings.theme
        settings = replace(load_settings(source), theme=theme)
        return replace(self, settings=settings).at(source)

    def _lazy(self, source: DataSource) -> LazyService:
        make = partial(service, source, self.settings, one_shot=False, ask=self.ask)
        return LazyService(make, place(source))

    def _in_s3(self, source: DataSource) -> Callable[[str], AppContext] | None:
        if not isinstance(source, AthenaSource):
            return None

        def at(url: str) -> AppContext:
            given = (source.profile, source.region, source.endpoint_url)
            return self._from(S3Source((url,), *given))

        return at

    def _names(self, account: Account) -> NameBook:
        from flowtui.engine.names import NameBook
        from flowtui.journal.name_cache import NameCache

        in_aws = isinstance(account.source, CloudWatchSource)
        store = NameCache(cache_folder() / "names.json") if in_aws else None
        source = "EC2" if in_aws else "the sample"
        return NameBook(account.service, store, now, given=self.given, source=source)

    def _account(self, source: DataSource, stored: StoredInvestigation | None) -> Account:
        lazy = self._lazy(source)
        return Account(
            service=lazy,
            source=source,
            formats=self._formats(source, lazy),
            delays=pace(source),
            limits=limits(source, self.settings),
            journals=lambda session: self._journals(session, stored),
            shelf=shelf,
            rows=partial(rows_at_hand, self.settings),
        )

    def _formats(self, source: DataSource, service: LazyService) -> Formats:
        match source:
            case FileSource() | DemoSource() | S3Source() | AthenaSource():
                return Formats(settings=self.settings.formats)
            case CloudWatchSource(format=given):
                memory = _memory()
                return Formats(
                    given=parse_format(given),
                    # Which place it is may be found out later.
                    remembered=lambda log_group: memory.format(service.place, log_group),
                    settings=self.settings.formats,
                )
            case _:
                assert_never(source)

    def _journals(self, session: Session, stored: StoredInvestigation | None) -> Sequence[Journal]:
        from flowtui.journal.autosave import Autosave
        from flowtui.journal.investigations import StoredInvestigation
        from flowtui.journal.recorder import HistoryRecorder

        say = partial(session.say, is_error=True)
        autosave = Autosave(stored or StoredInvestigation(self.store), session)
        return autosave, HistoryRecorder(_history, say)

    def _accounts(self, source: DataSource) -> Accounts | None:
        # Files have no accounts, and their first frame needs no way to any.
        if not isinstance(source, CloudWatchSource | S3Source | AthenaSource):
            return None
        from flowtui.ui.flows.switch_account import Accounts

        def move(profile: str | None, region: str | None) -> AppContext:
            return self.at(replace(source, profile=profile, region=region))

        return Accounts(_profiles, _regions, move, source.profile, source.region)


def _given_names(settings: Settings) -> NameTable | None:
    """Read before the screen opens, for what is wrong with a file is better said there."""
    if not settings.names:
        return None
    from flowtui.engine.name_tables import read_tables

    config = config_folder()
    return read_tables({name: config / Path(p).expanduser() for name, p in settings.names.items()})


def _country(address: str) -> str:
    """The first frame needs none."""
    from flowtui.backends.countries import country

    return country(address)


def _registry() -> str:
    from flowtui.backends.countries import edition

    return edition()


def _memory() -> Memory:
    return Memory(state_folder() / "memory.json")


def _plays() -> Sequence[Play]:
    from flowtui.flowlogs.playbook import read_plays

    return read_plays(config_folder() / "playbook")


def _history() -> History:
    """The runs of all sessions; SQLite is imported after the first frame."""
    from flowtui.journal.history import History

    return History(state_file())


async def _profiles() -> Sequence[Profile]:
    """boto3 is imported when somebody wants to go to another place in AWS; so it is below."""
    from flowtui.backends.aws import accounts

    return await accounts.profiles()


async def _regions(profile: str | None) -> Sequence[str]:
    from flowtui.backends.aws import accounts

    return await accounts.regions(profile)

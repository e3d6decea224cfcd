"""Where the records come from, as the user has said it: one class a kind of source.

What a source is known by alone, it answers itself. What needs a class picked for it, a backend or
the way to another account, is picked in `cli` by a `match` over the union: mypy names each place
that a new kind of source is missing in.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import ClassVar, TypeAlias

from flowtui.model.command_words import options
from flowtui.model.foreign import shown
from flowtui.model.frozen import frozen

DEMO_GROUP = "/vpc/incident"
"""The log group that the sample opens with."""


STDIN = Path("-")
"""In the place of a file: what comes by stdin."""


@frozen
class FileSource:
    """Flow logs on disk; each file or folder is a log group."""

    is_at_hand: ClassVar = True
    """Whether its records can be read at once, for nothing and without credentials."""
    is_listed: ClassVar = False
    """Whether it lists, before anything is read, what a time is read from."""
    keeps_rows: ClassVar = False
    """Whether it gives the rows of a query again by its id, for nothing, though at most so many."""
    since: ClassVar[str | None] = None
    """How far back to look where no time is given; None is all the data there is."""

    files: tuple[Path, ...]
    format: str | None = None
    lookups: tuple[str, ...] = ()
    """Lookup tables as they were given: NAME=FILE."""
    folder: Path = Path()
    """Where relative paths begin."""

    @property
    def command(self) -> tuple[str, ...]:
        """The words that open it again."""
        files, given = tuple(map(str, self.files)), options([("format", self.format)])
        if any(file.startswith("-") for file in files):
            return ("flowtui", *options([("file", file) for file in files]), *given)
        return ("flowtui", "open", *files, *given)

    @property
    def account(self) -> tuple[tuple[str, str], ...]:
        """The options that choose an AWS account, as far as they were given."""
        return ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The log groups to begin with where none is given."""
        return tuple(map(shown, self.files))

    def is_meant_by(self, asked: DataSource) -> bool:
        """Whether it is what `asked` says; what that leaves out may be anything."""
        if not isinstance(asked, FileSource):
            return asked in (ANYWHERE, CloudWatchSource(format=self.format))
        if self.paths != asked.paths:
            return False
        return asked.format in (None, self.format) and asked.lookups in ((), self.lookups)

    @property
    def paths(self) -> frozenset[str]:
        """As they are, from wherever they were given."""
        return frozenset(os.path.normpath(self.folder / file) for file in self.files)


@frozen
class DemoSource:
    """The bundled sample."""

    is_at_hand: ClassVar = True
    is_listed: ClassVar = False
    keeps_rows: ClassVar = False
    since: ClassVar[str | None] = None
    groups: ClassVar = (DEMO_GROUP,)
    command: ClassVar = ("flowtui", "demo")
    account: ClassVar[tuple[tuple[str, str], ...]] = ()

    lookups: tuple[str, ...] = ()
    folder: Path = Path()
    sample_end: datetime | None = None
    """When its records end; None is when they are made."""

    def is_meant_by(self, asked: DataSource) -> bool:
        if not isinstance(asked, DemoSource):
            return asked == ANYWHERE
        return asked.lookups in ((), self.lookups)


@frozen
class CloudWatchSource:
    """The log groups of an AWS account in a region."""

    is_at_hand: ClassVar = False
    is_listed: ClassVar = False
    keeps_rows: ClassVar = True
    since: ClassVar[str | None] = "1h"
    groups: ClassVar[tuple[str, ...]] = ()
    """Those of an account are to be chosen: each scan costs."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    format: str | None = None

    @property
    def command(self) -> tuple[str, ...]:
        given = (*self.account, ("format", self.format), ("endpoint-url", self.endpoint_url))
        return ("flowtui", *options(given))

    @property
    def account(self) -> tuple[tuple[str, str], ...]:
        return _account(self.profile, self.region)

    def is_meant_by(self, asked: DataSource) -> bool:
        if not isinstance(asked, CloudWatchSource):
            return False
        return _agree(self, asked, [each.name for each in fields(asked)])


@frozen
class S3Source:
    """Flow logs in S3; each URL, a bucket or a folder in one, is a log group."""

    is_at_hand: ClassVar = False
    is_listed: ClassVar = True
    keeps_rows: ClassVar = False
    since: ClassVar[str | None] = "1h"
    """Only the objects of the window are fetched, so that there is one."""

    urls: tuple[str, ...]
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    format: str | None = None
    lookups: tuple[str, ...] = ()
    folder: Path = Path()
    """Where relative paths of lookup tables begin."""
    is_payer: bool = False
    """Whether the user takes the bill of a bucket whose owner does not."""

    @property
    def command(self) -> tuple[str, ...]:
        given = (*self.account, ("format", self.format), ("endpoint-url", self.endpoint_url))
        payer = ("--request-payer", "requester") if self.is_payer else ()
        return ("flowtui", "open", *self.urls, *options(given), *payer)

    @property
    def account(self) -> tuple[tuple[str, str], ...]:
        return _account(self.profile, self.region)

    @property
    def groups(self) -> tuple[str, ...]:
        return self.urls

    def is_meant_by(self, asked: DataSource) -> bool:
        if not isinstance(asked, S3Source):
            return asked in (ANYWHERE, CloudWatchSource(self.profile, self.region))
        if set(self.urls) != set(asked.urls):
            return False
        others = ("profile", "region", "endpoint_url", "format", "lookups", "is_payer")
        return _agree(self, asked, others)


LEAST_PAID = 10_000_000
"""Bytes that a query of Athena costs at least (Athena's prices)."""


@frozen
class AthenaSource:
    """Tables of flow logs in the catalogs of an AWS account; each is a log group."""

    is_at_hand: ClassVar = False
    is_listed: ClassVar = True
    keeps_rows: ClassVar = True
    since: ClassVar[str | None] = "1h"
    format: ClassVar[str | None] = None
    """Of a table the catalog tells it."""

    tables: tuple[str, ...] = ()
    """`database.table`, or `catalog.database.table`; none where one is to be chosen."""
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    workgroup: str | None = None
    results: str | None = None
    """Where results are written, `s3://bucket/folder/`, if the work group does not say it."""

    @property
    def command(self) -> tuple[str, ...]:
        """The words that open it again."""
        given = (
            *self.account, ("endpoint-url", self.endpoint_url), ("workgroup", self.workgroup),
            ("results", self.results),
        )  # fmt: skip
        tables = [("table", table) for table in self.tables]
        return ("flowtui", *([] if tables else ["--athena"]), *options([*tables, *given]))

    @property
    def account(self) -> tuple[tuple[str, str], ...]:
        return _account(self.profile, self.region)

    @property
    def groups(self) -> tuple[str, ...]:
        return self.tables

    def is_meant_by(self, asked: DataSource) -> bool:
        if not isinstance(asked, AthenaSource):
            return asked in (ANYWHERE, CloudWatchSource(self.profile, self.region))
        if asked.tables and set(self.tables) != set(asked.tables):
            return False
        others = ("profile", "region", "endpoint_url", "workgroup", "results")
        return _agree(self, asked, others)


def _account(profile: str | None, region: str | None) -> tuple[tuple[str, str], ...]:
    """Those that were given, by the names of their options."""
    pairs = (("profile", profile), ("region", region))
    return tuple((name, value) for name, value in pairs if value)


def _agree(source: object, asked: object, names: Iterable[str]) -> bool:
    """Whether the source has all that was asked for by these attributes."""
    given = {name: getattr(asked, name) for name in names}
    return all(getattr(source, name) == value for name, value in given.items() if value)


DataSource: TypeAlias = FileSource | DemoSource | CloudWatchSource | S3Source | AthenaSource

ANYWHERE = CloudWatchSource()
"""The source of a command line that names none."""

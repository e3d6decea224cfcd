"""Where the records come from, as the user has said it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """Where the records are: files, the bundled sample, or else CloudWatch."""

    files: tuple[Path, ...] = ()
    format: str | None = None
    demo: bool = False
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    lookups: tuple[str, ...] = ()
    """Lookup tables as they were given: NAME=FILE."""
    folder: Path = Path()
    """Where the relative paths of files begin."""
    sample_end: datetime | None = None
    """When the records of the sample end; None is when they are made."""

    @property
    def is_local(self) -> bool:
        return self.demo or bool(self.files)

    @property
    def command(self) -> tuple[str, ...]:
        """The words that open it again."""
        if self.demo:
            return "flowtui", "demo"
        options = [("--format", self.format), ("--endpoint-url", self.endpoint_url)]
        given = [word for name, value in options if value for word in (name, value)]
        account = [word for name, value in self.account for word in (f"--{name}", value)]
        return (
            "flowtui",
            *(("open", *map(str, self.files)) if self.files else ()),
            *account,
            *given,
        )

    @property
    def account(self) -> tuple[tuple[str, str], ...]:
        """The options that choose an AWS account, as far as they were given."""
        pairs = (("profile", self.profile), ("region", self.region))
        return tuple((name, value) for name, value in pairs if value)

    def is_meant_by(self, asked: Source) -> bool:
        """Whether it is what `asked` says; what that leaves out may be anything."""
        if asked.files and self._paths != asked._paths:
            return False
        if asked.demo and not self.demo:
            return False
        options = ("format", "profile", "region", "endpoint_url", "lookups")
        given = [name for name in options if getattr(asked, name)]
        return all(getattr(self, name) == getattr(asked, name) for name in given)

    @property
    def _paths(self) -> frozenset[str]:
        return frozenset(os.path.normpath(self.folder / file) for file in self.files)

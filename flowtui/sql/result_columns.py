"""The columns that leave, in their order (LANGUAGE.md 1.7)."""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.model.run import PTR
from flowtui.sql.scope import Scope
from flowtui.sql.value import Value, Values

Named = Mapping[str, Value]


class ResultColumns:
    """What the commands so far have put among the columns of the result."""

    def __init__(self) -> None:
        self.chosen: dict[str, Value] = {}
        """By `fields`."""
        self.displayed: dict[str, Value] = {}
        """By the last `display`, which shows what it names and no more."""
        self._parsed: dict[str, Value] = {}
        self.grouped: dict[str, Value] = {}
        """By the last `stats`."""
        self._joined: dict[str, Value] = {}

    def leaving(self, scope: Scope, values: Values) -> list[tuple[str, Value]]:
        chosen = self.displayed or self.chosen
        if not scope.events:
            return list({**(chosen or self.grouped), **self._joined}.items())
        named = {**(chosen or self._parsed or _bare(scope)), **self._joined}
        named.pop(PTR, None)
        return [*named.items(), (PTR, values.text('"@ptr"'))]

    def display(self) -> None:
        """What was displayed before is not."""
        self.displayed = {}

    def choose(self) -> None:
        """The columns of a join are shown until others are chosen."""
        self._joined = {}

    def parse(self, found: Named) -> None:
        self._parsed.update(found)

    def group(self, results: Named) -> None:
        """After `stats` there is nothing else."""
        self.chosen, self.displayed, self._parsed, self._joined = {}, {}, {}, {}
        self.grouped = dict(results)

    def join(self, shown: Named) -> None:
        self._joined = dict(shown)

    def add(self, added: Named, scope: Scope) -> None:
        """Put new columns after those there are; a `display` shows none of them.

        Where nothing was chosen they stand after `@timestamp` and `@message`.
        """
        if self.chosen:
            self.chosen.update(added)
        elif not scope.events:
            self.grouped.update(added)
        elif added:
            self._parsed = {**(self._parsed or _bare(scope)), **added}

    def replace(self, replaced: Named) -> None:
        """New values in the place of those that are shown."""
        for shown in (self.chosen, self.displayed, self._parsed, self.grouped):
            shown.update((name, value) for name, value in replaced.items() if name in shown)


def _bare(scope: Scope) -> dict[str, Value]:
    return {name: scope.find(name) for name in ("@timestamp", "@message")}

"""The names that can be written at one place of a query, each with its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from flowtui.flowlogs.format import DEFAULT_FORMAT, FlowFormat
from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.query.catalogue import CommandRole, does, find_command
from flowtui.query.catalogue.system_fields import SYSTEM_FIELDS
from flowtui.query.completion_context import CompletionContext
from flowtui.query.completion_items import CompletionItem, CompletionKind
from flowtui.query.lexer import Token, TokenKind, tokenize
from flowtui.query.parser import parse_tolerant
from flowtui.query.printer import name_text
from flowtui.query.scope import Scope, named_items


@frozen
class CompletionScope:
    """The names in reach by the commands before the place, and by the command itself."""

    commands: tuple[ast.Command, ...]
    scope: Scope
    stage: tuple[Token, ...]
    flow_format: FlowFormat | None
    is_discovered: bool
    """Whether fields go by the names that the service discovers: `srcAddr`."""
    shouts: bool
    """Whether the commands are in upper case."""

    @classmethod
    def at(
        cls, text: str, place: CompletionContext, flow_format: FlowFormat | None
    ) -> CompletionScope:
        commands, scope = _read(place.before) if place.before else ((), Scope())
        is_discovered = flow_format is not None and _is_discovered(text, place, flow_format)
        # SOURCE is in upper case in the documentation, whatever else is.
        first = next((each for each in commands if not isinstance(each, ast.Source)), None)
        word = place.before[slice(*first.span)].partition(" ")[0] if first is not None else ""
        return cls(
            commands,
            scope,
            place.stage,
            flow_format,
            is_discovered,
            shouts=word.isupper(),
        )

    @property
    def is_at_front(self) -> bool:
        return all(does(command, CommandRole.AT_FRONT) for command in self.commands)

    @property
    def is_after_dedup(self) -> bool:
        return any(isinstance(command, ast.Dedup) for command in self.commands)

    @property
    def is_after_last(self) -> bool:
        """Whether a command stands before that has to be the last."""
        return any(does(command, CommandRole.LAST) for command in self.commands)

    def defined(self) -> Iterator[CompletionItem]:
        """The names that the commands before have defined, and the command itself so far."""
        origins = {name: text for command in self.commands for name, text in _origins(command)}
        for name in (*self.scope.names, *self._own()):
            if "\n" in name:
                # No backticks can hold it.
                continue
            info = self.flow_format.find(name) if self.flow_format else None
            if info is not None:
                yield CompletionItem(name_text(name), name, info.meaning, CompletionKind.FIELD)
            else:
                detail = origins.get(name, "")
                yield CompletionItem(name_text(name), name, detail, CompletionKind.ALIAS)

    def fields(self) -> Iterator[CompletionItem]:
        """The fields of the event; after a `stats` there are none.

        Where a query begins with its own `parse`, no other one is written before it, so that the
        fields of the format are not there.
        """
        if not self.scope.has_events:
            return
        if self.flow_format is not None and not self._has_own_parse:
            for info in self.flow_format.fields:
                name = info.discovered if self.is_discovered else info.column
                yield CompletionItem(name_text(name), name, info.meaning, CompletionKind.FIELD)
        yield from self.system_fields()

    def system_fields(self) -> Iterator[CompletionItem]:
        if self.scope.has_events:
            for info in SYSTEM_FIELDS.values():
                if info.is_common:
                    yield CompletionItem(info.name, info.name, info.meaning, CompletionKind.FIELD)

    @property
    def _has_own_parse(self) -> bool:
        if not self.commands:
            return self.stage[0].word == "parse"
        return isinstance(self.commands[0], ast.Parse | ast.ParseFormat)

    def _own(self) -> Iterator[str]:
        """The aliases of earlier items of the command; the keys of a `stats` are read first."""
        is_key = any(token.word == "by" for token in self.stage)
        info = find_command(self.stage[0].word)
        if info is not None and CommandRole.NAMES in info.roles and not is_key:
            yield from _aliases(self.stage)


@lru_cache(maxsize=8)
def _read(before: str) -> tuple[tuple[ast.Command, ...], Scope]:
    """The commands, and what is in reach after them: the same for each letter of the next one."""
    commands = parse_tolerant(before).pipeline.commands
    scope = Scope()
    for command in commands:
        is_broken = isinstance(command, ast.Other) and command.keyword.lower() == "stats"
        scope = _after_broken_stats(command) if is_broken else scope.after(command)
    return commands, scope


def _origins(command: ast.Command) -> Iterator[tuple[str, str]]:
    """The aliases of a command, each with what it stands for."""
    yield from ((item.name, item.text) for item in named_items(command) if item.alias)


def _after_broken_stats(command: ast.Command) -> Scope:
    """The scope after a `stats` that is still being written: it drops the event's fields."""
    text = command.text if isinstance(command, ast.Other) else ""
    tokens = tuple(t for t in tokenize(text) if t.kind not in (TokenKind.SPACE, TokenKind.COMMENT))
    by = next((index for index, token in enumerate(tokens) if token.word == "by"), len(tokens))
    keys = (token.text for token in tokens[by + 1 :] if token.kind is TokenKind.NAME)
    return Scope(tuple(dict.fromkeys((*keys, *_aliases(tokens)))), has_events=False, is_open=True)


def _aliases(tokens: tuple[Token, ...]) -> Iterator[str]:
    for before, token in pairwise(tokens):
        if before.word == "as" and token.kind is TokenKind.NAME:
            yield token.text


def _is_discovered(text: str, place: CompletionContext, flow_format: FlowFormat) -> bool:
    """The way in which the query names the fields so far, else that of the format."""
    discovered, columns = _spellings(flow_format)
    for token in tokenize(text):
        if token.kind is TokenKind.NAME and token.start != place.span[0]:
            if token.text in discovered:
                return True
            if token.text in columns:
                return False
    return flow_format == DEFAULT_FORMAT


@lru_cache(maxsize=8)
def _spellings(flow_format: FlowFormat) -> tuple[frozenset[str], frozenset[str]]:
    """The names that show a field to be discovered, and to be underscored."""
    discovered = {info.discovered for info in flow_format.fields}
    columns = {info.column for info in flow_format.fields}
    return frozenset(discovered - columns), frozenset(columns - discovered)

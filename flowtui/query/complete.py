"""The completions at the cursor: commands, fields, functions, values, units and words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from flowtui.flowlogs.fields import FIELDS, FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.errors import Span
from flowtui.model.frozen import frozen
from flowtui.query.catalogue import (
    COMMANDS,
    FUNCTIONS,
    PERIOD_CAPS,
    TIME_UNITS,
    CommandInfo,
    CommandRole,
    FunctionInfo,
    FunctionRole,
    find_command,
    find_function,
    parameters,
)
from flowtui.query.catalogue.commands import SAVED_CALL, UNREAD, Operands
from flowtui.query.catalogue.keywords import BEFORE_NAME, TESTS
from flowtui.query.catalogue.source_keys import SourceKey
from flowtui.query.completion_context import CompletionContext, find_context
from flowtui.query.completion_items import CompletionItem, CompletionKind, ranked
from flowtui.query.completion_scope import CompletionScope
from flowtui.query.keywords import is_word
from flowtui.query.lexer import Token, TokenKind


@frozen
class Completion:
    """`span` is what a choice replaces; `is_eager` where choices help before a letter is typed."""

    span: Span
    choices: tuple[CompletionItem, ...] = ()
    is_eager: bool = False


_PERIODS = ("1m", "5m", "15m", "1h", "1d")
_UNITS = ("m", "s", "h", "d", "ms", "w", "mo", "q", "y")
_EAGER = (CompletionKind.COMMAND, CompletionKind.VALUE, CompletionKind.PERIOD)
_BEFORE_OWN = BEFORE_NAME | {"like", "=~"}
"""After these stands a new name, a text or a regular expression: nothing that is known."""


def complete(text: str, offset: int, flow_format: FlowFormat | None = None) -> Completion:
    """The completions at `offset`, the likeliest first; none in comments and patterns."""
    place = find_context(text, offset)
    if place is None:
        return Completion((offset, offset))
    names = CompletionScope.at(text, place, flow_format)
    choices = ranked(_choices(place, names), place.word)
    if len(choices) == 1 and choices[0].insert == text[slice(*place.span)]:
        choices = ()
    is_opened = text[:offset].endswith((" ", "(", "[", '"', "'")) and not place.word
    is_eager = is_opened and bool(choices) and choices[0].kind in _EAGER
    return Completion(place.span, choices, is_eager)


def _choices(place: CompletionContext, names: CompletionScope) -> Iterable[CompletionItem]:
    if not place.stage:
        return () if place.quote else _commands(place, names)
    option = _option_values(place)
    if option is not None:
        return () if place.quote else _words(place, *option)
    values = tuple(_values(place))
    if values or place.quote:
        return values
    if _wants_period(place):
        return _periods(place)
    if place.last.word in _BEFORE_OWN or place.word[:1].isdigit():
        return ()
    if place.command == "source":
        return _source(place)
    if _is_after_value(place):
        return _words(place, *_words_after(place))
    return _operands(place, names)


# Commands and words


def _command(place: CompletionContext) -> CommandInfo:
    """The command of the place; of one that nobody knows anything may be an operand."""
    return find_command(place.command) or (SAVED_CALL if place.command == "$" else UNREAD)


def _commands(place: CompletionContext, names: CompletionScope) -> Iterator[CompletionItem]:
    """The commands that may follow here: after `dedup` only `limit`, after `estimate` none (1.8).

    SOURCE stands in front.
    """
    shouts = place.word.isupper() or (not place.word and names.shouts)
    if names.is_after_last:
        return
    for info in COMMANDS.values():
        is_source = CommandRole.AT_FRONT in info.roles
        if is_source and not names.is_at_front:
            continue
        if names.is_after_dedup and CommandRole.AFTER_DEDUP not in info.roles:
            continue
        written = info.name.upper() if shouts or is_source else info.name
        yield CompletionItem(
            written, info.name, f"{info.help}: {info.syntax}", CompletionKind.COMMAND
        )


def _words(place: CompletionContext, *words: str) -> tuple[CompletionItem, ...]:
    """The words, in upper case if the place's is so far."""
    written = map(str.upper, words) if place.word.isupper() else words
    return tuple(CompletionItem(word, word, "", CompletionKind.WORD) for word in written)


def _option_values(place: CompletionContext) -> tuple[str, ...] | None:
    """The words after `option=` of the command; None where no option stands before, or a field."""
    if place.last.word != "=" or len(place.stage) < 3:
        return None
    return _command(place).options.get(place.stage[-2].word)


def _is_after_value(place: CompletionContext) -> bool:
    if place.command == "cidrlookup" and len(place.stage) == 2:
        return False
    if place.is_in_negated_test or place.last.word in _command(place).formats:
        return True
    return place.is_after_operand and not is_word(place.last, place.command, place.word)


def _words_after(place: CompletionContext) -> tuple[str, ...]:
    """The words that may follow a field or a value."""
    if place.last.word == "not":
        return ("in", "like")
    if place.opening:
        return () if place.stage[place.opening].word == "[" else TESTS
    info = _command(place)
    if info.formats:
        return _after_pattern(place, info)
    if info.after_key and place.is_after_by:
        return info.after_key
    return (*info.after_operand, *_option_names(place))


def _after_pattern(place: CompletionContext, info: CommandInfo) -> tuple[str, ...]:
    """The pattern comes first, or the name of a format in its place."""
    patterns = [
        token.kind for token in place.stage if token.kind in (TokenKind.STRING, TokenKind.REGEX)
    ]
    after = info.after_regex if TokenKind.REGEX in patterns else ()
    if any(token.word == "as" for token in place.stage):
        return after
    if not patterns and place.last.word not in info.formats:
        return info.formats
    return ("as", *after)


def _option_names(place: CompletionContext) -> tuple[str, ...]:
    written = {token.word for token in place.stage}
    options = _command(place).options
    return tuple(f"{name}=" for name in options if name not in written)


def _source(place: CompletionContext) -> tuple[CompletionItem, ...]:
    if place.opening:
        is_key = place.last.word in ("(", ",")
        return _words(place, *(f"{key.value}:" for key in SourceKey)) if is_key else ()
    selections = (
        ("logGroups(", "log groups by the start of their names, or all"),
        ("dataSource(", "log groups of a data source"),
        ("logGroupTags(", "log groups by their tags"),
    )
    kind = CompletionKind.FUNCTION
    found = [CompletionItem(insert, f"{insert})", detail, kind) for insert, detail in selections]
    return (*found, *_words(place, *_option_names(place)))


# Values and periods


def _values(place: CompletionContext) -> Iterator[CompletionItem]:
    """The value set of the field that is compared, as numbers or as texts."""
    info = _known_fields().get(_compared(place))
    if info is None:
        return
    quote = place.quote or ("" if info.type.is_number else '"')
    for value, meaning in info.values.items():
        written = f"{quote}{value}{quote}"
        yield CompletionItem(written, written, meaning, CompletionKind.VALUE)


def _compared(place: CompletionContext) -> str:
    """The field before `=`, `!=` or `in [`; nothing if none is compared here."""
    at = len(place.stage) - 1
    if place.stage[place.opening].word == "[" and place.last.word in ("[", ","):
        at = place.opening - 1
        is_compared = at > 0 and place.stage[at].word == "in"
        at -= is_compared and place.stage[at - 1].word == "not"
    else:
        is_compared = place.last.word in ("=", "==", "!=")
    if not is_compared or at < 2:
        return ""
    return place.stage[at - 1].text.strip("`")


@lru_cache(maxsize=1)
def _known_fields() -> Mapping[str, FieldInfo]:
    return {name: info for info in FIELDS.values() for name in (info.column, info.discovered)}


def _wants_period(place: CompletionContext) -> bool:
    """Whether a length of time stands here: `bin(`, `offset`, `timeshift`, `maxspan`."""
    if place.opening and place.stage[place.opening].word == "(":
        inside = place.stage[place.opening + 1 :]
        info = find_function(place.stage[place.opening - 1].word)
        named = parameters(info) if info is not None else ()
        return "period" in named and named.index("period") == _arguments_before(inside)
    return (place.command, place.last.word) in (
        ("stats", "offset"), ("logcompare", "timeshift"), ("sessionize", "maxspan"),
    )  # fmt: skip


def _arguments_before(inside: tuple[Token, ...]) -> int:
    """How many arguments end before the place; -1 if one has begun."""
    if inside and inside[-1].word != ",":
        return -1
    depth, count = 0, 0
    for token in inside:
        depth += (token.word in ("(", "[")) - (token.word in (")", "]"))
        count += token.word == "," and depth == 0
    return count


def _periods(place: CompletionContext) -> Iterator[CompletionItem]:
    digits = re.match(r"[0-9]*", place.word)
    count = digits.group() if digits else ""
    if not place.word:
        yield from (CompletionItem(each, each, "", CompletionKind.PERIOD) for each in _PERIODS)
    if not count:
        return
    for unit in _UNITS:
        name = TIME_UNITS[unit]
        most = PERIOD_CAPS.get(name)
        detail = f"{name}s, at most {most}" if most else f"{name}s"
        yield CompletionItem(f"{count}{unit}", f"{count}{unit}", detail, CompletionKind.PERIOD)


# Fields, aliases and functions


def _operands(place: CompletionContext, names: CompletionScope) -> Iterator[CompletionItem]:
    """The beginnings of an expression, or of a field, in this command."""
    info = _command(place)
    is_first = len(place.stage) == 1
    if is_first or info.operands in (Operands.FIELDS, Operands.NONE):
        yield from _words(place, *(info.at_start if is_first else ()), *_option_names(place))
    if info.operands is Operands.NONE or (is_first and info.operands is Operands.FIELDS_LATER):
        return
    if place.command == "stats" and not place.opening and not place.is_after_by:
        yield from _functions(place, lambda it: it.aggregate)
        yield from names.defined()
        yield from _functions(place, lambda it: not it.aggregate)
        return
    is_key = place.command == "stats" and place.is_after_by and not place.opening
    if is_key:
        yield from _functions(place, lambda it: FunctionRole.READS_TIMESTAMP in it.roles)
    if place.command in ("parse", "pattern"):
        yield from names.system_fields()
    yield from names.defined()
    yield from names.fields()
    if info.operands is Operands.EXPRESSIONS:
        in_stats = place.command == "stats" and not place.is_after_by
        yield from _functions(place, lambda it: in_stats or not it.aggregate)


def _functions(
    place: CompletionContext, is_wanted: Callable[[FunctionInfo], bool]
) -> Iterator[CompletionItem]:
    """A function that needs no argument is written whole: `count(*)`, `now()`."""
    for info in FUNCTIONS.values():
        if not is_wanted(info):
            continue
        written = info.signature if info.least == 0 else f"{info.name}("
        if place.following == "(":
            written = info.name
        yield CompletionItem(written, info.signature, info.help, CompletionKind.FUNCTION)

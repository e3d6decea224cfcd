"""The sources of a query: the items of SOURCE and saved queries (LANGUAGE.md 1.1 and 1.5)."""

from __future__ import annotations

from flowtui.query import ast
from flowtui.query.catalogue.source_keys import SPELLINGS
from flowtui.query.expressions import field, literal, tight
from flowtui.query.lexer import Token, TokenKind
from flowtui.query.token_stream import TokenStream, matching

_TIMES = ("start", "end")


def source(
    cursor: TokenStream,
) -> tuple[tuple[ast.SourceItem, ...], ast.Moment | None, ast.Moment | None]:
    """The items of SOURCE, and its start and end."""
    found: list[ast.SourceItem] = []
    times: dict[str, ast.Moment] = {}
    while not cursor.is_at_end:
        option = cursor.peek.word if cursor.ahead(1).word == "=" else ""
        if option in _TIMES:
            times[option] = _moment(cursor)
        else:
            found.append(_item(cursor))
            while cursor.accept(","):
                found.append(_item(cursor))
    if not found:
        raise cursor.error("SOURCE needs a log group: SOURCE '/vpc/edge'", cursor.before)
    return tuple(found), times.get("start"), times.get("end")


def saved_call(cursor: TokenStream) -> tuple[str, tuple[ast.Argument, ...]]:
    """The name of a saved query behind `$`, and its arguments."""
    name = field(cursor)
    opening = cursor.peek
    cursor.keyword("(")
    arguments: list[ast.Argument] = []
    while not cursor.accept(")"):
        if arguments:
            cursor.expect(",", opening, ")")
        arguments.append(_argument(cursor))
    return name.name, tuple(arguments)


def _argument(cursor: TokenStream) -> ast.Argument:
    """argument = name "=" value"""
    name = field(cursor)
    cursor.keyword("=")
    value = tight(cursor)
    return ast.Argument(name.name, value, span=(name.span[0], value.span[1]))


def _moment(cursor: TokenStream) -> ast.Moment:
    """moment = ("start" | "end") "=" (["-"] period | "now" | number | string | ISO time)"""
    cursor.next()
    cursor.next()
    if cursor.peek.kind is TokenKind.TIME:
        token = cursor.next()
        return ast.IsoTime(token.text, span=token.span)
    found = tight(cursor)
    if cursor.peek.start == cursor.before.end and not cursor.is_at_end:
        raise cursor.error("expected a time such as -1d, now or 2022-04-01T15:18:00Z")
    return found


def _item(cursor: TokenStream) -> ast.SourceItem:
    """item = string | name | logGroups | dataSource | logGroupTags"""
    token = cursor.next()
    if token.kind is TokenKind.STRING:
        return ast.LogGroupName(_text(token), span=token.span)
    if token.kind is TokenKind.NAME and cursor.peek.word == "(":
        return _selection(cursor, token)
    if token.kind in (TokenKind.NAME, TokenKind.QUOTED):
        return ast.LogGroupName(token.text.strip("`"), span=token.span)
    if token.kind is TokenKind.BROKEN and token.text[0] != "/":
        cursor.back()
        raise cursor.unexpected()
    if token.word == "-" or token.text.startswith("/"):
        message = "a log group with / or - in its name has quotes: SOURCE '/vpc/edge'"
        raise cursor.error(message, token)
    raise cursor.error("expected a log group, such as '/vpc/edge' or logGroups()", token)


def _selection(cursor: TokenStream, name: Token) -> ast.SourceItem:
    match name.word:
        case "loggroups":
            return _log_groups(cursor, name)
        case "datasource":
            return _data_source(cursor, name)
        case "loggrouptags":
            return _tags(cursor, name)
        case _:
            message = "expected logGroups(...), dataSource(...) or logGroupTags(...)"
            raise cursor.error(message, name)


def _log_groups(cursor: TokenStream, name: Token) -> ast.LogGroups:
    """logGroups = "logGroups" "(" [named ("," named)*] ")", where none is all of them"""
    opening = cursor.next()
    found: list[ast.Named] = []
    while not cursor.accept(")"):
        if found:
            cursor.expect(",", opening, ")")
        found.append(_named(cursor))
    return ast.LogGroups(tuple(found), span=(name.start, cursor.before.end))


def _named(cursor: TokenStream) -> ast.Named:
    """named = ("namePrefix" | "accountIdentifier" | "class" | ...) ":" (list | string)"""
    if cursor.peek.word not in SPELLINGS:
        raise cursor.wanted("namePrefix, accountIdentifier or class")
    key = cursor.next()
    cursor.keyword(":")
    is_alone = cursor.peek.kind is TokenKind.STRING
    values = (_value(cursor),) if is_alone else _values(cursor)
    return ast.Named(key.text, values, span=(key.start, cursor.before.end))


def _data_source(cursor: TokenStream, name: Token) -> ast.DataSource:
    """dataSource = "dataSource" "(" list ")", of names such as amazon_vpc.flow"""
    opening = cursor.next()
    values = _values(cursor)
    cursor.expect(")", opening)
    return ast.DataSource(values, span=(name.start, cursor.before.end))


def _values(cursor: TokenStream) -> tuple[ast.Expr, ...]:
    """list = "[" value ("," value)* "]", where value = string | string "=" string"""
    opening = cursor.peek
    if not cursor.accept("["):
        raise cursor.wanted("a list such as ['/vpc/']")
    found: list[ast.Expr] = []
    while not cursor.accept("]"):
        if found:
            cursor.expect(",", opening, "]")
        found.append(_value(cursor))
    return tuple(found)


def _value(cursor: TokenStream) -> ast.Expr:
    """The API reference writes `'accountId' = '111122223333'`; the name says nothing (1.5)."""
    token = cursor.next()
    if token.kind is TokenKind.STRING and cursor.accept("="):
        token = cursor.next()
    if token.kind not in (TokenKind.STRING, TokenKind.NUMBER):
        raise cursor.expected_value(token)
    return literal(token)


def _tags(cursor: TokenStream, name: Token) -> ast.LogGroupTags:
    """logGroupTags = "logGroupTags" "(" JSON ")", which is kept without its blanks"""
    opening = cursor.peek
    tokens = cursor.stage.tokens
    at = next(index for index, token in enumerate(tokens) if token is opening)
    last = matching(tokens[at:]).get(0)
    if last is None:
        raise cursor.error("missing ) for this (", opening)
    closing = tokens[at + last]
    while cursor.next() is not closing:
        pass
    json = "".join(token.text for token in tokens[at + 1 : at + last])
    return ast.LogGroupTags(json, span=(name.start, closing.end))


def _text(token: Token) -> str:
    found = literal(token)
    return found.value if isinstance(found, ast.String) else token.text

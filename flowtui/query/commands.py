"""Tokens to commands: one function per command, its grammar rule the docstring (1.3 and 1.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowtui.model.errors import QuerySyntaxError
from flowtui.query import ast, row_commands
from flowtui.query.arguments import count, where
from flowtui.query.catalogue.limits import MAX_ROWS
from flowtui.query.expressions import (
    MINUS_PRECEDENCE,
    expression,
    field,
    fields,
    glob,
    items,
    literal,
    names,
    period,
)
from flowtui.query.keywords import is_word
from flowtui.query.lexer import Token, TokenKind
from flowtui.query.sources import saved_call, source
from flowtui.query.token_stream import TokenStream

_MAX_HEIGHT = 200


def command(cursor: TokenStream) -> ast.Command:
    """command = keyword arguments"""
    if cursor.is_at_end:
        raise _missing_command(cursor)
    stage = cursor.stage
    try:
        found = _command(cursor)
    except QuerySyntaxError as error:
        if not stage.has_template(error.span):
            raise
        # The service may fill in anything there: a name, a list, a word of the command.
        return stage.verbatim(cursor.text)
    if len(stage.tokens) > _MAX_HEIGHT and ast.height(found) > _MAX_HEIGHT:
        message = f"more than {_MAX_HEIGHT} operators in a row; a list is shorter: field in [...]"
        raise QuerySyntaxError(message, stage.span)
    return found


def _command(cursor: TokenStream) -> ast.Command:
    keyword = cursor.next()
    found = _RULES.get(keyword.word, _other)(cursor)
    if not cursor.is_at_end:
        raise cursor.unexpected()
    return found


def _missing_command(cursor: TokenStream) -> QuerySyntaxError:
    start, end = cursor.stage.chunk
    if cursor.stage.is_first and cursor.text[end : end + 1] == ")":
        return QuerySyntaxError("expected a query between these brackets", (start - 1, end + 1))
    if cursor.stage.is_first:
        return QuerySyntaxError("a query can't start with |; begin with a command", (end, end + 1))
    return QuerySyntaxError("expected a command after |", (start - 1, start))


def _other(cursor: TokenStream) -> ast.Other:
    """other = name token*"""
    keyword = cursor.before
    if keyword.kind is not TokenKind.NAME:
        cursor.back()
        raise cursor.wanted("a command such as fields, filter or stats")
    while not cursor.is_at_end:
        if cursor.next().kind is TokenKind.BROKEN:
            cursor.back()
            raise cursor.unexpected()
    return cursor.stage.verbatim(cursor.text)


def _fields(cursor: TokenStream) -> ast.Fields:
    """fields = "fields" items"""
    return ast.Fields(items(cursor), **where(cursor))


def _display(cursor: TokenStream) -> ast.Display:
    """display = "display" items"""
    return ast.Display(items(cursor), **where(cursor))


def _filter(cursor: TokenStream) -> ast.Filter:
    """filter = ("filter" | "where") expr"""
    return ast.Filter(expression(cursor), **where(cursor))


def _filter_index(cursor: TokenStream) -> ast.Filter:
    """filterIndex = "filterIndex" test ("and" test)*, where test = field ("=" value | "in" list)"""
    condition = expression(cursor)
    for test in _conjuncts(condition):
        is_test = isinstance(test, ast.Binary) and test.operator in ("=", "in")
        if not (is_test and isinstance(test, ast.Binary) and isinstance(test.left, ast.Field)):
            message = "an index is asked with field = value or field in [...], joined by and"
            raise QuerySyntaxError(message, test.span)
    return ast.Filter(condition, by_index=True, **where(cursor))


def _conjuncts(condition: ast.Expr) -> list[ast.Expr]:
    found: list[ast.Expr] = []
    while isinstance(condition, ast.Binary) and condition.operator == "and":
        found.append(condition.right)
        condition = condition.left
    return [condition, *reversed(found)]


def _stats(cursor: TokenStream) -> ast.Stats:
    """stats = "stats" items [["group"] "by" items ["offset" period]]"""
    if cursor.peek.word == "by":
        raise cursor.wanted("an aggregate such as count(*)")
    aggregates = items(cursor)
    group = cursor.next() if _is_group(cursor) else None
    by = cursor.accept("by")
    keys: tuple[ast.Item, ...] = ()
    if by:
        if cursor.is_at_end:
            raise cursor.error("expected a field to group by", by)
        keys = items(cursor)
    offset = period(cursor, "1h") if by and cursor.accept("offset") else None
    by_span = ((group or by).start, by.end) if by else ast.NOWHERE
    return ast.Stats(aggregates, keys, offset, by_span=by_span, **where(cursor))


def _is_group(cursor: TokenStream) -> bool:
    """Whether `group by` comes next, as the developer guide of AWS Lambda writes it."""
    return cursor.peek.word == "group" and cursor.ahead(1).word == "by"


def _sort(cursor: TokenStream) -> ast.Sort:
    """sort = ("sort" | "order") ["by"] key ("," key)*, where key = expr ["asc" | "desc"]"""
    cursor.accept("by")
    keys = [_sort_key(cursor)]
    while cursor.accept(","):
        keys.append(_sort_key(cursor))
    return ast.Sort(tuple(keys), **where(cursor))


def _sort_key(cursor: TokenStream) -> ast.SortKey:
    expr = expression(cursor)
    direction = cursor.accept("asc", "desc")
    descending = None if direction is None else direction.word == "desc"
    return ast.SortKey(expr, descending, span=expr.span)


def _limit(cursor: TokenStream) -> ast.Limit:
    """limit = ("limit" | "head" | "tail") ["any"] number"""
    is_last = cursor.before.word == "tail"
    is_any = cursor.accept("any") is not None
    token = count(cursor, f"a whole number from 1 to {MAX_ROWS}")
    return ast.Limit(int(token.text), is_any, is_last, count_span=token.span, **where(cursor))


def _parse(cursor: TokenStream) -> ast.Command:
    """parse = "parse" [expr] (string [["as"] names] | regex [["as"] names] ["multi"] | format)"""
    reads = None
    if cursor.peek.kind not in (TokenKind.STRING, TokenKind.REGEX) and not _is_format(cursor):
        reads = expression(cursor, MINUS_PRECEDENCE)
    if cursor.peek.word in ("logfmt", "csv"):
        return _parse_format(cursor, reads)
    if cursor.peek.kind not in (TokenKind.STRING, TokenKind.REGEX):
        raise cursor.wanted('a pattern such as "* *" or /(?<name>.*)/')
    token = cursor.next()
    has_as = cursor.accept("as")
    found: tuple[str, ...] = ()
    if has_as or not (cursor.is_at_end or _is_multi(cursor, token)):
        found = names(cursor)
    multi = cursor.accept("multi")
    if multi and token.kind is TokenKind.STRING:
        raise cursor.error("multi stands after a regular expression, and not a glob", multi)
    pattern = glob(token) if token.kind is TokenKind.STRING else literal(token)
    assert isinstance(pattern, ast.String | ast.Regex)  # noqa: S101  (the kind was checked)
    return ast.Parse(reads, pattern, found, multi is not None, **where(cursor))


def _is_format(cursor: TokenStream) -> bool:
    """Whether `logfmt as` or `csv as` comes next, without the field that is read."""
    return cursor.peek.word in ("logfmt", "csv") and cursor.ahead(1).word == "as"


def _is_multi(cursor: TokenStream, pattern: Token) -> bool:
    return pattern.kind is TokenKind.REGEX and cursor.peek.word == "multi"


def _parse_format(cursor: TokenStream, reads: ast.Expr | None) -> ast.ParseFormat:
    """format = "logfmt" "as" name | "csv" "as" names"""
    word = cursor.next()
    cursor.keyword("as")
    found = names(cursor) if word.word == "csv" else (field(cursor).name,)
    return ast.ParseFormat(reads, word.word, found, **where(cursor))


def _json(cursor: TokenStream) -> ast.JsonField:
    """json = "json" "field" "=" field string "as" name"""
    word = cursor.keyword("field")
    cursor.expect("=", word)
    reads = field(cursor)
    path = literal(cursor.peek) if cursor.peek.kind is TokenKind.STRING else None
    if not isinstance(path, ast.String):
        raise cursor.wanted('a path such as "user.id"')
    cursor.next()
    cursor.keyword("as")
    return ast.JsonField(reads, path, field(cursor).name, **where(cursor))


def _dedup(cursor: TokenStream) -> ast.Dedup:
    """dedup = "dedup" fields"""
    return ast.Dedup(fields(cursor), **where(cursor))


def _pattern(cursor: TokenStream) -> ast.Pattern:
    """pattern = "pattern" expr"""
    return ast.Pattern(expression(cursor), **where(cursor))


def _diff(cursor: TokenStream) -> ast.Diff:
    """diff = "diff" ["previousDay" | "previousWeek" | "previousMonth"]"""
    if not cursor.is_at_end and not is_word(cursor.peek, "diff", ""):
        raise cursor.wanted("previousDay, previousWeek or previousMonth")
    token = None if cursor.is_at_end else cursor.next()
    return ast.Diff(token.text if token else None, **where(cursor))


def _log_compare(cursor: TokenStream) -> ast.LogCompare:
    """logcompare = "logcompare" "timeshift" period"""
    cursor.keyword("timeshift")
    return ast.LogCompare(period(cursor, "7d"), **where(cursor))


def _relevant_fields(cursor: TokenStream) -> ast.RelevantFields:
    """relevantfields = "relevantfields" [fields] "where" expr"""
    found = () if cursor.peek.word == "where" else fields(cursor)
    cursor.keyword("where")
    return ast.RelevantFields(found, expression(cursor), **where(cursor))


def _anomaly(cursor: TokenStream) -> ast.Anomaly:
    """anomaly = "anomaly", without arguments"""
    return ast.Anomaly(**where(cursor))


def _unmask(cursor: TokenStream) -> ast.Unmask:
    """unmask = "unmask", without arguments"""
    return ast.Unmask(**where(cursor))


def _estimate(cursor: TokenStream) -> ast.Estimate:
    """estimate = "estimate", without arguments"""
    return ast.Estimate(**where(cursor))


def _source(cursor: TokenStream) -> ast.Source:
    """source = "SOURCE" item ([","] item)* ["start" "=" moment] ["end" "=" moment]"""
    found, start, end = source(cursor)
    return ast.Source(found, start, end, **where(cursor))


def _saved_call(cursor: TokenStream) -> ast.SavedCall:
    """saved_call = "$" name arguments"""
    name, arguments = saved_call(cursor)
    return ast.SavedCall(name, arguments, **where(cursor))


_RULES: Mapping[str, Callable[[TokenStream], ast.Command]] = {
    "fields": _fields,
    "display": _display,
    "filter": _filter,
    "where": _filter,
    "filterindex": _filter_index,
    "stats": _stats,
    "sort": _sort,
    "order": _sort,
    "limit": _limit,
    "head": _limit,
    "tail": _limit,
    "parse": _parse,
    "json": _json,
    "dedup": _dedup,
    "pattern": _pattern,
    "diff": _diff,
    "logcompare": _log_compare,
    "relevantfields": _relevant_fields,
    "anomaly": _anomaly,
    "unmask": _unmask,
    "estimate": _estimate,
    "source": _source,
    "$": _saved_call,
    **row_commands.RULES,
}

"""Tokens to commands: one function per command, its grammar rule the docstring (1.3 and 1.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypedDict

from flowtui.model.errors import QuerySyntaxError, Span
from flowtui.query import ast
from flowtui.query.cursor import Cursor
from flowtui.query.expressions import (
    MINUS_PRECEDENCE,
    expression,
    field,
    fields,
    is_count,
    items,
    literal,
    names,
    period,
    tight,
)
from flowtui.query.lexer import Kind, Token
from flowtui.query.sources import saved_call, source

_MAX_HEIGHT = 200
_MOST_LAG = 100
"""Rows that `autoregress` looks back at most; ours, as the docs name no limit (1.4)."""
_DIFF = ("previousday", "previousweek", "previousmonth")


class _Where(TypedDict):
    span: Span
    chunk: Span


def command(cursor: Cursor) -> ast.Command:
    """command = keyword arguments"""
    if cursor.is_at_end:
        raise _missing_command(cursor)
    keyword = cursor.next()
    rule = _RULES.get(keyword.word, _other)
    found = rule(cursor)
    if not cursor.is_at_end:
        raise cursor.unexpected()
    stage = cursor.stage
    if len(stage.tokens) > _MAX_HEIGHT and ast.height(found) > _MAX_HEIGHT:
        message = f"more than {_MAX_HEIGHT} operators in a row; a list is shorter: field in [...]"
        raise QuerySyntaxError(message, stage.span)
    return found


def _missing_command(cursor: Cursor) -> QuerySyntaxError:
    start, end = cursor.stage.chunk
    if cursor.stage.is_first:
        return QuerySyntaxError("a query can't start with |; begin with a command", (end, end + 1))
    return QuerySyntaxError("expected a command after |", (start - 1, start))


def _where(cursor: Cursor) -> _Where:
    return {"span": cursor.stage.span, "chunk": cursor.stage.chunk}


def _other(cursor: Cursor) -> ast.Other:
    """other = name token*"""
    keyword = cursor.before
    if keyword.kind is not Kind.NAME:
        cursor.back()
        raise cursor.wanted("a command such as fields, filter or stats")
    while not cursor.is_at_end:
        if cursor.next().kind is Kind.BROKEN:
            cursor.back()
            raise cursor.unexpected()
    return cursor.stage.verbatim(cursor.text)


def _fields(cursor: Cursor) -> ast.Fields:
    """fields = "fields" items"""
    return ast.Fields(items(cursor), **_where(cursor))


def _display(cursor: Cursor) -> ast.Display:
    """display = "display" items"""
    return ast.Display(items(cursor), **_where(cursor))


def _filter(cursor: Cursor) -> ast.Filter:
    """filter = ("filter" | "where") expr"""
    return ast.Filter(expression(cursor), **_where(cursor))


def _filter_index(cursor: Cursor) -> ast.Filter:
    """filterIndex = "filterIndex" test ("and" test)*, where test = field ("=" value | "in" list)"""
    condition = expression(cursor)
    for test in _conjuncts(condition):
        is_test = isinstance(test, ast.Binary) and test.operator in ("=", "in")
        if not (is_test and isinstance(test, ast.Binary) and isinstance(test.left, ast.Field)):
            message = "an index is asked with field = value or field in [...], joined by and"
            raise QuerySyntaxError(message, test.span)
    return ast.Filter(condition, by_index=True, **_where(cursor))


def _conjuncts(condition: ast.Expr) -> list[ast.Expr]:
    found: list[ast.Expr] = []
    while isinstance(condition, ast.Binary) and condition.operator == "and":
        found.append(condition.right)
        condition = condition.left
    return [condition, *reversed(found)]


def _stats(cursor: Cursor) -> ast.Stats:
    """stats = "stats" items ["by" items ["offset" period]]"""
    if cursor.peek.word == "by":
        raise cursor.wanted("an aggregate such as count(*)")
    aggregates = items(cursor)
    by = cursor.accept("by")
    keys: tuple[ast.Item, ...] = ()
    if by:
        if cursor.is_at_end:
            raise cursor.error("expected a field to group by", by)
        keys = items(cursor)
    offset = period(cursor, "1h") if by and cursor.accept("offset") else None
    by_span = by.span if by else ast.NOWHERE
    return ast.Stats(aggregates, keys, offset, by_span=by_span, **_where(cursor))


def _sort(cursor: Cursor) -> ast.Sort:
    """sort = ("sort" | "order") ["by"] key ("," key)*, where key = expr ["asc" | "desc"]"""
    cursor.accept("by")
    keys = [_sort_key(cursor)]
    while cursor.accept(","):
        keys.append(_sort_key(cursor))
    return ast.Sort(tuple(keys), **_where(cursor))


def _sort_key(cursor: Cursor) -> ast.SortKey:
    expr = expression(cursor)
    direction = cursor.accept("asc", "desc")
    descending = None if direction is None else direction.word == "desc"
    return ast.SortKey(expr, descending, span=expr.span)


def _limit(cursor: Cursor) -> ast.Command:
    """limit = ("limit" | "head" | "tail") ["any"] (number | template)"""
    is_last = cursor.before.word == "tail"
    is_any = cursor.accept("any") is not None
    if cursor.peek.kind is Kind.TEMPLATE:
        # The count of a saved query is not known before the service fills it in.
        cursor.next()
        return cursor.stage.verbatim(cursor.text)
    token = _count(cursor, "a whole number from 1 to 100000")
    return ast.Limit(int(token.text), is_any, is_last, count_span=token.span, **_where(cursor))


def _count(cursor: Cursor, what: str) -> Token:
    """A number from 1 on without a fraction."""
    token = cursor.peek
    if token.kind is not Kind.NUMBER or not is_count(token.text) or int(token.text) < 1:
        raise cursor.wanted(what)
    return cursor.next()


def _parse(cursor: Cursor) -> ast.Command:
    """parse = "parse" [expr] (string [["as"] names] | regex [["as"] names] ["multi"] | format)"""
    reads = None
    if cursor.peek.kind not in (Kind.STRING, Kind.REGEX) and not _is_format(cursor):
        reads = expression(cursor, MINUS_PRECEDENCE)
    if cursor.peek.word in ("logfmt", "csv"):
        return _parse_format(cursor, reads)
    if cursor.peek.kind not in (Kind.STRING, Kind.REGEX):
        raise cursor.wanted('a pattern such as "* *" or /(?<name>.*)/')
    token = cursor.next()
    has_as = cursor.accept("as")
    found: tuple[str, ...] = ()
    if has_as or not (cursor.is_at_end or _is_multi(cursor, token)):
        found = names(cursor)
    multi = token.kind is Kind.REGEX and cursor.accept("multi") is not None
    pattern = literal(token)
    assert isinstance(pattern, ast.String | ast.Regex)  # noqa: S101  (the kind was checked)
    return ast.Parse(reads, pattern, found, multi, **_where(cursor))


def _is_format(cursor: Cursor) -> bool:
    """Whether `logfmt as` or `csv as` comes next, without the field that is read."""
    return cursor.peek.word in ("logfmt", "csv") and cursor.ahead(1).word == "as"


def _is_multi(cursor: Cursor, pattern: Token) -> bool:
    return pattern.kind is Kind.REGEX and cursor.peek.word == "multi"


def _parse_format(cursor: Cursor, reads: ast.Expr | None) -> ast.ParseFormat:
    """format = "logfmt" "as" name | "csv" "as" names"""
    word = cursor.next()
    cursor.keyword("as")
    found = names(cursor) if word.word == "csv" else (field(cursor).name,)
    return ast.ParseFormat(reads, word.word, found, **_where(cursor))


def _json(cursor: Cursor) -> ast.JsonField:
    """json = "json" "field" "=" field string "as" name"""
    word = cursor.keyword("field")
    cursor.expect("=", word)
    reads = field(cursor)
    path = literal(cursor.peek) if cursor.peek.kind is Kind.STRING else None
    if not isinstance(path, ast.String):
        raise cursor.wanted('a path such as "user.id"')
    cursor.next()
    cursor.keyword("as")
    return ast.JsonField(reads, path, field(cursor).name, **_where(cursor))


def _dedup(cursor: Cursor) -> ast.Dedup:
    """dedup = "dedup" fields"""
    return ast.Dedup(fields(cursor), **_where(cursor))


def _unnest(cursor: Cursor) -> ast.Unnest:
    """unnest = "unnest" expr "into" name"""
    reads = tight(cursor)
    cursor.keyword("into")
    return ast.Unnest(reads, field(cursor).name, **_where(cursor))


def _expand(cursor: Cursor) -> ast.Expand:
    """expand = "expand" field"""
    return ast.Expand(field(cursor), **_where(cursor))


def _lookup(cursor: Cursor) -> ast.Lookup:
    """lookup = "lookup" name match ("," match)* ("OUTPUT" | "OUTPUTNEW") outputs"""
    table = field(cursor).name
    matches = [_match(cursor)]
    while cursor.accept(","):
        matches.append(_match(cursor))
    outputs, only_new = _outputs(cursor)
    return ast.Lookup(table, tuple(matches), outputs, only_new, **_where(cursor))


def _match(cursor: Cursor) -> ast.LookupMatch:
    """match = column ["as" field]"""
    column = field(cursor)
    reads = field(cursor) if cursor.accept("as") else column
    return ast.LookupMatch(column.name, reads, span=(column.span[0], reads.span[1]))


def _outputs(cursor: Cursor) -> tuple[tuple[ast.LookupOutput, ...], bool]:
    """outputs = ("OUTPUT" | "OUTPUTNEW") output ("," output)*, where output = column ["as" name]"""
    word = cursor.accept("output", "outputnew")
    if word is None:
        raise cursor.wanted("OUTPUT or OUTPUTNEW")
    found = [_output(cursor)]
    while cursor.accept(","):
        found.append(_output(cursor))
    return tuple(found), word.word == "outputnew"


def _output(cursor: Cursor) -> ast.LookupOutput:
    column = field(cursor)
    name = field(cursor) if cursor.accept("as") else column
    return ast.LookupOutput(column.name, name.name, span=(column.span[0], name.span[1]))


def _cidr_lookup(cursor: Cursor) -> ast.CidrLookup:
    """cidrlookup = "cidrlookup" name field ["as" column] outputs"""
    table, reads = field(cursor).name, field(cursor)
    column = field(cursor).name if cursor.accept("as") else None
    outputs, only_new = _outputs(cursor)
    return ast.CidrLookup(table, reads, column, outputs, only_new, **_where(cursor))


def _join(cursor: Cursor) -> ast.Join:
    """join = "join" ["type" "=" kind] named named "where" field "=" field nested"""
    kind = _word(cursor, "inner", "left") if _option(cursor, "type") else None
    left, right = _named(cursor, "left"), _named(cursor, "right")
    cursor.keyword("where")
    left_key = field(cursor)
    if not cursor.accept("=", "=="):
        raise cursor.error("a join compares with = only")
    right_key = field(cursor)
    if cursor.peek.word != "(":
        raise cursor.wanted("the other query in brackets")
    query = cursor.nested_pipeline()
    return ast.Join(left, right, left_key, right_key, query, kind, **_where(cursor))


def _named(cursor: Cursor, word: str) -> str:
    """named = word "=" name"""
    token = cursor.keyword(word)
    cursor.expect("=", token)
    return field(cursor).name


def _append_cols(cursor: Cursor) -> ast.AppendCols:
    """appendcols = "appendcols" ["override" "=" bool] ["max" "=" int] nested"""
    override = most = None
    while option := _option(cursor, "override", "max"):
        if option == "override":
            override = _boolean(cursor)
        else:
            most = int(_count(cursor, "a whole number").text)
    if cursor.peek.word != "(":
        raise cursor.wanted("a query in brackets")
    query = cursor.nested_pipeline()
    return ast.AppendCols(query, override, most, **_where(cursor))


def _add_totals(cursor: Cursor) -> ast.AddTotals:
    """addtotals = "addtotals" ["fieldname" "=" name] ["row" "=" bool] ["col" "=" bool] [fields]"""
    name, row, col = None, None, None
    while option := _option(cursor, "fieldname", "row", "col"):
        match option:
            case "fieldname":
                name = _name_or_text(cursor)
            case "row":
                row = _boolean(cursor)
            case _:
                col = _boolean(cursor)
    found = () if cursor.is_at_end else fields(cursor)
    return ast.AddTotals(found, name, row, col, **_where(cursor))


def _name_or_text(cursor: Cursor) -> str:
    if cursor.peek.kind is Kind.STRING:
        found = literal(cursor.next())
        return found.value if isinstance(found, ast.String) else ""
    return field(cursor).name


def _accum(cursor: Cursor) -> ast.Accum:
    """accum = "accum" field ["as" name]"""
    return ast.Accum(field(cursor), _alias(cursor), **_where(cursor))


def _alias(cursor: Cursor) -> str | None:
    return field(cursor).name if cursor.accept("as") else None


def _autoregress(cursor: Cursor) -> ast.Autoregress:
    """autoregress = "autoregress" field ["as" name] ["p" "=" int ["-" int]]"""
    reads, name = field(cursor), _alias(cursor)
    first = last = None
    if _option(cursor, "p"):
        first = _lag(cursor, 1)
        if cursor.accept("-"):
            last = _lag(cursor, first)
    return ast.Autoregress(reads, name, first, last, **_where(cursor))


def _lag(cursor: Cursor, least: int) -> int:
    what = f"a number of rows from {least} to {_MOST_LAG}"
    token = _count(cursor, what)
    # Each lag is a column, so what is too large is refused before anybody makes their names.
    if not least <= int(token.text) <= _MOST_LAG:
        raise cursor.error(f"expected {what}, not {token.text}", token)
    return int(token.text)


def _filldown(cursor: Cursor) -> ast.Filldown:
    """filldown = "filldown" (name ["*"])* | "filldown" "*", with blanks between"""
    if cursor.accept("*"):
        return ast.Filldown(("*",), **_where(cursor))
    found: list[str] = []
    while not cursor.is_at_end:
        name = _spaced_field(cursor, "filldown").name
        found.append(f"{name}*" if cursor.accept("*") else name)
    return ast.Filldown(tuple(found), **_where(cursor))


def _spaced_field(cursor: Cursor, keyword: str) -> ast.Field:
    if cursor.peek.word == ",":
        raise cursor.error(f"{keyword} takes its fields with blanks between, without commas")
    return field(cursor)


def _fill_missing(cursor: Cursor) -> ast.FillMissing:
    """fillmissing = "fillmissing" ["with" value "for" field ("," value "for" field)*]"""
    fills: list[ast.Fill] = []
    if not cursor.is_at_end:
        cursor.keyword("with")
        fills.append(_fill(cursor))
        while cursor.accept(","):
            fills.append(_fill(cursor))
    return ast.FillMissing(tuple(fills), **_where(cursor))


def _fill(cursor: Cursor) -> ast.Fill:
    value = tight(cursor)
    cursor.keyword("for")
    reads = field(cursor)
    return ast.Fill(value, reads, span=(value.span[0], reads.span[1]))


def _outlier(cursor: Cursor) -> ast.Outlier:
    """outlier = "outlier" (("action" | "param" | "uselower" | "mark") "=" value)* field field*"""
    action, param, uselower, mark = None, None, None, None
    while option := _option(cursor, "action", "param", "uselower", "mark"):
        match option:
            case "action":
                action = _word(cursor, "transform", "remove")
            case "param":
                param = _number(cursor)
            case "uselower":
                uselower = _boolean(cursor)
            case _:
                mark = _boolean(cursor)
    found = [_spaced_field(cursor, "outlier")]
    while not cursor.is_at_end:
        found.append(_spaced_field(cursor, "outlier"))
    return ast.Outlier(tuple(found), action, param, uselower, mark, **_where(cursor))


def _sessionize(cursor: Cursor) -> ast.Sessionize:
    """sessionize = "sessionize" fields ["maxspan" ["="] period] ["as" name]"""
    found = fields(cursor)
    span = None
    if cursor.accept("maxspan"):
        cursor.accept("=")
        span = period(cursor, "30m")
    return ast.Sessionize(found, span, _alias(cursor), **_where(cursor))


def _count_frequent(cursor: Cursor) -> ast.CountFrequent:
    """countFrequent = ("countFrequent" | "count_frequent") fields"""
    return ast.CountFrequent(fields(cursor), **_where(cursor))


def _pattern(cursor: Cursor) -> ast.Pattern:
    """pattern = "pattern" expr"""
    return ast.Pattern(expression(cursor), **_where(cursor))


def _diff(cursor: Cursor) -> ast.Diff:
    """diff = "diff" ["previousDay" | "previousWeek" | "previousMonth"]"""
    if not cursor.is_at_end and cursor.peek.word not in _DIFF:
        raise cursor.wanted("previousDay, previousWeek or previousMonth")
    token = None if cursor.is_at_end else cursor.next()
    return ast.Diff(token.text if token else None, **_where(cursor))


def _log_compare(cursor: Cursor) -> ast.LogCompare:
    """logcompare = "logcompare" "timeshift" period"""
    cursor.keyword("timeshift")
    return ast.LogCompare(period(cursor, "7d"), **_where(cursor))


def _relevant_fields(cursor: Cursor) -> ast.RelevantFields:
    """relevantfields = "relevantfields" [fields] "where" expr"""
    found = () if cursor.peek.word == "where" else fields(cursor)
    cursor.keyword("where")
    return ast.RelevantFields(found, expression(cursor), **_where(cursor))


def _anomaly(cursor: Cursor) -> ast.Anomaly:
    """anomaly = "anomaly", without arguments"""
    return ast.Anomaly(**_where(cursor))


def _unmask(cursor: Cursor) -> ast.Unmask:
    """unmask = "unmask", without arguments"""
    return ast.Unmask(**_where(cursor))


def _estimate(cursor: Cursor) -> ast.Estimate:
    """estimate = "estimate", without arguments"""
    return ast.Estimate(**_where(cursor))


def _source(cursor: Cursor) -> ast.Source:
    """source = "SOURCE" item item* ["start" "=" moment] ["end" "=" moment]"""
    found, start, end = source(cursor)
    return ast.Source(found, start, end, **_where(cursor))


def _saved_call(cursor: Cursor) -> ast.SavedCall:
    """saved_call = "$" name arguments"""
    name, arguments = saved_call(cursor)
    return ast.SavedCall(name, arguments, **_where(cursor))


def _option(cursor: Cursor, *words: str) -> str:
    """The word of the option that comes next, read with its `=`; nothing if none does."""
    if cursor.peek.word not in words or cursor.ahead(1).word != "=":
        return ""
    word = cursor.next().word
    cursor.next()
    return word


def _word(cursor: Cursor, *words: str) -> str:
    return cursor.keyword(*words).word


def _boolean(cursor: Cursor) -> bool:
    return _word(cursor, "true", "false") == "true"


def _number(cursor: Cursor) -> ast.Number:
    found = literal(cursor.peek) if cursor.peek.kind is Kind.NUMBER else None
    if not isinstance(found, ast.Number):
        raise cursor.wanted("a number such as 2.5")
    cursor.next()
    return found


_RULES: Mapping[str, Callable[[Cursor], ast.Command]] = {
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
    "unnest": _unnest,
    "expand": _expand,
    "lookup": _lookup,
    "cidrlookup": _cidr_lookup,
    "join": _join,
    "appendcols": _append_cols,
    "addtotals": _add_totals,
    "accum": _accum,
    "autoregress": _autoregress,
    "filldown": _filldown,
    "fillmissing": _fill_missing,
    "outlier": _outlier,
    "sessionize": _sessionize,
    "countfrequent": _count_frequent,
    "count_frequent": _count_frequent,
    "pattern": _pattern,
    "diff": _diff,
    "logcompare": _log_compare,
    "relevantfields": _relevant_fields,
    "anomaly": _anomaly,
    "unmask": _unmask,
    "estimate": _estimate,
    "source": _source,
    "$": _saved_call,
}

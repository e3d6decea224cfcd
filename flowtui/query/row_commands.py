"""The rules of the commands that make rows of rows, or read other tables and queries (1.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowtui.query import ast
from flowtui.query.arguments import (
    alias,
    boolean,
    count,
    name_or_text,
    number,
    option,
    spaced_field,
    where,
    word,
)
from flowtui.query.expressions import field, fields, period, tight
from flowtui.query.token_stream import TokenStream

_MOST_LAG = 100
"""Rows that `autoregress` looks back at most; ours, as the docs name no limit (1.4)."""


def unnest(cursor: TokenStream) -> ast.Unnest:
    """unnest = "unnest" expr "into" name"""
    reads = tight(cursor)
    cursor.keyword("into")
    return ast.Unnest(reads, field(cursor).name, **where(cursor))


def expand(cursor: TokenStream) -> ast.Expand:
    """expand = "expand" field"""
    return ast.Expand(field(cursor), **where(cursor))


def lookup(cursor: TokenStream) -> ast.Lookup:
    """lookup = "lookup" name match ("," match)* ("OUTPUT" | "OUTPUTNEW") outputs"""
    table = field(cursor).name
    matches = [_match(cursor)]
    while cursor.accept(","):
        matches.append(_match(cursor))
    outputs, only_new = _outputs(cursor)
    return ast.Lookup(table, tuple(matches), outputs, only_new, **where(cursor))


def _match(cursor: TokenStream) -> ast.LookupMatch:
    """match = column ["as" field]"""
    column = field(cursor)
    reads = field(cursor) if cursor.accept("as") else column
    return ast.LookupMatch(column.name, reads, span=(column.span[0], reads.span[1]))


def _outputs(cursor: TokenStream) -> tuple[tuple[ast.LookupOutput, ...], bool]:
    """outputs = ("OUTPUT" | "OUTPUTNEW") output ("," output)*, where output = column ["as" name]"""
    word = cursor.accept("output", "outputnew")
    if word is None:
        raise cursor.wanted("OUTPUT or OUTPUTNEW")
    found = [_output(cursor)]
    while cursor.accept(","):
        found.append(_output(cursor))
    return tuple(found), word.word == "outputnew"


def _output(cursor: TokenStream) -> ast.LookupOutput:
    column = field(cursor)
    name = field(cursor) if cursor.accept("as") else column
    return ast.LookupOutput(column.name, name.name, span=(column.span[0], name.span[1]))


def cidr_lookup(cursor: TokenStream) -> ast.CidrLookup:
    """cidrlookup = "cidrlookup" name field ["as" column] outputs"""
    table, reads = field(cursor).name, field(cursor)
    column = field(cursor).name if cursor.accept("as") else None
    outputs, only_new = _outputs(cursor)
    return ast.CidrLookup(table, reads, column, outputs, only_new, **where(cursor))


def join(cursor: TokenStream) -> ast.Join:
    """join = "join" option* "where" field "=" field nested, with the options in any order

    option = "type" "=" ("inner" | "left") | ("left" | "right") "=" name
    """
    kind, sides = None, dict[str, str]()
    while chosen := option(cursor, "type", "left", "right"):
        if chosen == "type":
            kind = word(cursor, "inner", "left")
        else:
            sides[chosen] = field(cursor).name
    for side in ("left", "right"):
        if side not in sides:
            raise cursor.wanted(f"{side}=name")
    cursor.keyword("where")
    left_key = field(cursor)
    if not cursor.accept("=", "=="):
        raise cursor.error("a join compares with = only")
    right_key = field(cursor)
    if cursor.peek.word != "(":
        raise cursor.wanted("the other query in brackets")
    query = cursor.nested_pipeline()
    return ast.Join(
        sides["left"], sides["right"], left_key, right_key, query, kind, **where(cursor)
    )


def append_cols(cursor: TokenStream) -> ast.AppendCols:
    """appendcols = "appendcols" ["override" "=" bool] ["max" "=" int] nested"""
    override = most = None
    while chosen := option(cursor, "override", "max"):
        if chosen == "override":
            override = boolean(cursor)
        else:
            most = int(count(cursor, "a whole number").text)
    if cursor.peek.word != "(":
        raise cursor.wanted("a query in brackets")
    query = cursor.nested_pipeline()
    return ast.AppendCols(query, override, most, **where(cursor))


def add_totals(cursor: TokenStream) -> ast.AddTotals:
    """addtotals = "addtotals" ["fieldname" "=" name] ["row" "=" bool] ["col" "=" bool] [fields]"""
    name, row, col = None, None, None
    while chosen := option(cursor, "fieldname", "row", "col"):
        match chosen:
            case "fieldname":
                name = name_or_text(cursor)
            case "row":
                row = boolean(cursor)
            case _:
                col = boolean(cursor)
    found = () if cursor.is_at_end else fields(cursor)
    return ast.AddTotals(found, name, row, col, **where(cursor))


def accum(cursor: TokenStream) -> ast.Accum:
    """accum = "accum" field ["as" name]"""
    return ast.Accum(field(cursor), alias(cursor), **where(cursor))


def autoregress(cursor: TokenStream) -> ast.Autoregress:
    """autoregress = "autoregress" field ["as" name] ["p" "=" int ["-" int]], or `as` last"""
    reads, name = field(cursor), alias(cursor)
    first = last = None
    if option(cursor, "p"):
        first = _lag(cursor, 1)
        if cursor.accept("-"):
            last = _lag(cursor, first)
    name = alias(cursor) if name is None else name
    return ast.Autoregress(reads, name, first, last, **where(cursor))


def _lag(cursor: TokenStream, least: int) -> int:
    what = f"a number of rows from {least} to {_MOST_LAG}"
    token = count(cursor, what)
    # Each lag is a column, so what is too large is refused before anybody makes their names.
    if not least <= int(token.text) <= _MOST_LAG:
        raise cursor.error(f"expected {what}, not {token.text}", token)
    return int(token.text)


def filldown(cursor: TokenStream) -> ast.Filldown:
    """filldown = "filldown" (name ["*"])* | "filldown" "*", with blanks between"""
    if cursor.accept("*"):
        return ast.Filldown(("*",), **where(cursor))
    found: list[str] = []
    while not cursor.is_at_end:
        name = spaced_field(cursor, "filldown").name
        found.append(f"{name}*" if cursor.accept("*") else name)
    return ast.Filldown(tuple(found), **where(cursor))


def fill_missing(cursor: TokenStream) -> ast.FillMissing:
    """fillmissing = "fillmissing" ["with" value "for" field ("," value "for" field)*]"""
    fills: list[ast.Fill] = []
    if not cursor.is_at_end:
        cursor.keyword("with")
        fills.append(_fill(cursor))
        while cursor.accept(","):
            fills.append(_fill(cursor))
    return ast.FillMissing(tuple(fills), **where(cursor))


def _fill(cursor: TokenStream) -> ast.Fill:
    value = tight(cursor)
    cursor.keyword("for")
    reads = field(cursor)
    return ast.Fill(value, reads, span=(value.span[0], reads.span[1]))


def outlier(cursor: TokenStream) -> ast.Outlier:
    """outlier = "outlier" (("action" | "param" | "uselower" | "mark") "=" value)* field field*"""
    action, param, uselower, mark = None, None, None, None
    while chosen := option(cursor, "action", "param", "uselower", "mark"):
        match chosen:
            case "action":
                action = word(cursor, "transform", "remove")
            case "param":
                param = number(cursor)
            case "uselower":
                uselower = boolean(cursor)
            case _:
                mark = boolean(cursor)
    found = [spaced_field(cursor, "outlier")]
    while not cursor.is_at_end:
        found.append(spaced_field(cursor, "outlier"))
    return ast.Outlier(tuple(found), action, param, uselower, mark, **where(cursor))


def sessionize(cursor: TokenStream) -> ast.Sessionize:
    """sessionize = "sessionize" fields ["maxspan" ["="] period] ["as" name], or `as` first"""
    found, name = fields(cursor), alias(cursor)
    span = None
    if cursor.accept("maxspan"):
        cursor.accept("=")
        span = period(cursor, "30m")
    name = alias(cursor) if name is None else name
    return ast.Sessionize(found, span, name, **where(cursor))


def count_frequent(cursor: TokenStream) -> ast.CountFrequent:
    """countFrequent = ("countFrequent" | "count_frequent") fields"""
    return ast.CountFrequent(fields(cursor), **where(cursor))


RULES: Mapping[str, Callable[[TokenStream], ast.Command]] = {
    "unnest": unnest,
    "expand": expand,
    "lookup": lookup,
    "cidrlookup": cidr_lookup,
    "join": join,
    "appendcols": append_cols,
    "addtotals": add_totals,
    "accum": accum,
    "autoregress": autoregress,
    "filldown": filldown,
    "fillmissing": fill_missing,
    "outlier": outlier,
    "sessionize": sessionize,
    "countfrequent": count_frequent,
    "count_frequent": count_frequent,
}

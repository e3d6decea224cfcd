"""Athena's SQL as DuckDB runs it, so that the endpoint can answer what is sent to Athena.

sqlglot does most of it. What it does not know, or takes for something else, is mended here; what
it says it can't do is an error and not a guess. IPADDRESS is read by flowtui's own macros, as one
number in which IPv4 is mapped into IPv6, as Trino does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

_MAPPED = 0xFFFF << 32
"""What IPv4 begins with, where it is an IPv6 address."""
_GROUP_SIGN = "$"
_NAMES: Mapping[str, str] = {
    "is_finite": "isfinite",
    "fail": "error",
}
"""Functions of Trino that DuckDB has under another name."""


class NotTranslated(Exception):
    """The statement is none that this endpoint runs; the sentence says why."""


@lru_cache(maxsize=256)
def to_duckdb(statement: str) -> str:
    """Raises `NotTranslated`."""
    try:
        tree = sqlglot.parse_one(statement, read="athena")
        if not isinstance(tree, exp.Query):
            raise NotTranslated("this endpoint runs SELECT statements only")
        return tree.transform(_mended).sql(dialect="duckdb", unsupported_level=ErrorLevel.RAISE)
    except (SqlglotError, RecursionError) as error:
        first = str(error).partition("\n")[0]
        raise NotTranslated(f"this endpoint can't run the statement: {first}") from error


def _mended(node: exp.Expr) -> exp.Expr:
    mend = _MENDS.get(type(node))
    return mend(node) if mend else node


def _sql(node: exp.Expr) -> str:
    """DuckDB's SQL of a part."""
    return node.transform(_mended).sql(dialect="duckdb", unsupported_level=ErrorLevel.RAISE)


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """What is in a new node is not visited any more, so it is mended here."""
    mended = [argument.transform(_mended) for argument in arguments]
    return exp.Anonymous(this=name, expressions=mended)


def _duckdb(sql: str) -> exp.Expr:
    return sqlglot.parse_one(sql, read="duckdb")


def _anonymous(node: exp.Expr) -> exp.Expr:
    name = str(node.this).lower()
    if name in _NAMES:
        return _call(_NAMES[name], *node.expressions)
    written = _WRITTEN.get(name)
    return _duckdb(written.format(*map(_sql, node.expressions))) if written else node


_WRITTEN: Mapping[str, str] = {
    "to_base": "printf('%x', {0})",
    "at_timezone": "timezone({1}, timezone('UTC', {0}))",
    "with_timezone": "timezone({1}, {0})",
    "last_day_of_month": "last_day({0})",
    "json_array_length": "json_array_length({0})",
}


def _length(node: exp.Expr) -> exp.Expr:
    """Of bytes: DuckDB has no length of a BLOB by that name."""
    if isinstance(node.this, exp.Encode):
        return _call("strlen", node.this.this)
    return node


def _integer(node: exp.Expr, name: str) -> exp.Expr:
    argument = node.args.get(name)
    if argument is not None and not isinstance(argument, exp.Cast):
        node.set(name, exp.cast(argument, "INT"))
    return node


def _quantile(node: exp.Expr) -> exp.Expr:
    """As flowtui's own engine has it, so that answers can be compared: exact."""
    share = node.args["quantile"]
    shares = isinstance(share, exp.Array)
    listed = [_sql(each) for each in share.expressions] if shares else [_sql(share)]
    quantiles = [f"CAST({each} AS DOUBLE)" for each in listed]
    share_sql = f"[{', '.join(quantiles)}]" if shares else quantiles[0]
    return _duckdb(f"quantile_disc({_sql(node.this)}, {share_sql})")


def _reduce(node: exp.Expr) -> exp.Expr:
    """The last argument is what is made of the end; here it is the end itself."""
    finish = node.args.get("finish")
    if isinstance(finish, exp.Lambda) and finish.this == finish.expressions[0]:
        node.set("finish", None)
    return node


def _cast(node: exp.Expr) -> exp.Expr:
    to = node.to.sql().upper() if isinstance(node, exp.Cast) else ""
    if to in ("IPADDRESS", "INET"):
        text = _sql(node.this)
        return _duckdb(
            f"CASE WHEN flow_is_ipv4({text}) THEN CAST(flow_ipv4({text}) AS UHUGEINT)"
            f" + CAST({_MAPPED} AS UHUGEINT) ELSE flow_ipv6({text}) END"
        )
    if to == "JSON":
        return _call("to_json", node.this)
    return node


def _format_json(node: exp.Expr) -> exp.Expr:
    """Of a text DuckDB's cast to JSON would be a reading of it."""
    return exp.cast(node.this.transform(_mended), "VARCHAR")


def _replace_matches(node: exp.Expr) -> exp.Expr:
    r"""A group is `\1` in DuckDB; a dollar and a backslash are written as they are."""
    by = node.args.get("replacement")
    if isinstance(by, exp.Literal) and by.is_string:
        node.set("replacement", exp.Literal.string(_rewritten(by.this)))
    elif by is not None:
        plain = f"replace(replace({_sql(by)}, '\\$', '$'), '\\\\', '\\')"
        node.set("replacement", _duckdb(f"replace({plain}, '\\', '\\\\')"))
    return node


def _rewritten(replacement: str) -> str:
    made, characters = [], iter(replacement)
    for character in characters:
        if character == "\\":
            after = next(characters, "")
            made.append("\\\\" if after == "\\" else after)
        elif character == _GROUP_SIGN:
            made.append("\\" + next(characters, ""))
        else:
            made.append(character)
    return "".join(made)


def _row(node: exp.Expr) -> exp.Expr:
    """Without names: DuckDB finds what is in it by its place, as Trino does."""
    return _call("row", *node.expressions)


def _decode(node: exp.Expr) -> exp.Expr:
    """What is no UTF-8 is replaced by a sign, and no error."""
    return _call("decode", node.this, exp.Literal.string("replace"))


def _from_base(node: exp.Expr) -> exp.Expr:
    """Of base 16, the only one that is read and written here."""
    return _duckdb(f"CAST('0x' || {_sql(node.this)} AS BIGINT)")


def _printf(node: exp.Expr) -> exp.Expr:
    return _call("printf", node.this, *node.expressions)


_MENDS: Mapping[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Anonymous: _anonymous,
    exp.ApproxQuantile: _quantile,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Decode: _decode,
    exp.Format: _printf,
    exp.FromBase: _from_base,
    exp.JSONFormat: _format_json,
    exp.Length: _length,
    exp.Pad: lambda node: _integer(node, "expression"),
    exp.Reduce: _reduce,
    exp.RegexpReplace: _replace_matches,
    exp.Struct: _row,
}

"""AST to query text: anew (`to_text`), or with all that was typed kept (`to_source`)."""

from __future__ import annotations

import re
from typing import assert_never

from flowtui.query import ast
from flowtui.query.catalogue.keywords import RESERVED
from flowtui.query.expressions import MINUS_PRECEDENCE, NOT_PRECEDENCE, PRECEDENCE
from flowtui.query.lexer import TokenKind, tokenize

_PLAIN = re.compile(r"@{0,2}[^\W\d][\w.]*")


def to_text(pipeline: ast.Pipeline) -> str:
    """The canonical text, one command a line: `parse(to_text(p)) == p`."""
    return "\n| ".join(map(command_text, pipeline.commands))


def to_source(pipeline: ast.Pipeline) -> str:
    """The text of a rewritten query: what was typed stays to the letter.

    Comments and blanks belong to the chunk of the command that they were typed with. A new command
    has a line of its own.
    """
    text, last, was_typed = "", "", True
    for number, command in enumerate(pipeline.commands):
        start, end = command.chunk
        is_typed = command.chunk != ast.NOWHERE
        chunk = pipeline.source[start:end] if is_typed else f" {command_text(command)}"
        if number and is_typed and start == 0 and not chunk[:1].isspace():
            # It was the first command, with no pipe before it.
            chunk = f" {chunk}"
        if number == 0:
            text = chunk if is_typed else chunk.lstrip()
        elif is_typed and was_typed and not _ends_in_comment(last):
            text = f"{text}|{chunk}"
        else:
            text = f"{text.rstrip()}\n|{chunk}"
        last, was_typed = chunk, is_typed
    return text


def _ends_in_comment(chunk: str) -> bool:
    """Whether a pipe written after `chunk` would be part of a comment."""
    tokens = tokenize(chunk)
    return bool(tokens) and tokens[-1].kind is TokenKind.COMMENT


def command_text(command: ast.Command) -> str:  # noqa: C901, PLR0911, PLR0912  (one case a node)
    match command:
        case ast.Fields(items):
            return f"fields {_items(items)}"
        case ast.Display(items):
            return f"display {_items(items)}"
        case ast.Filter(condition, by_index):
            return f"{'filterIndex' if by_index else 'filter'} {expr_text(condition)}"
        case ast.Stats():
            return _stats(command)
        case ast.Sort(keys):
            return f"sort {', '.join(map(_sort_key, keys))}"
        case ast.Limit(count, is_any, is_last):
            return f"{'tail' if is_last else 'limit'} {'any ' if is_any else ''}{count}"
        case ast.Parse() | ast.ParseFormat() | ast.JsonField():
            return _extraction(command)
        case ast.Dedup(fields):
            return f"dedup {_fields(fields)}"
        case ast.Unnest(source, name):
            return f"unnest {_tight(source)} into {name_text(name)}"
        case ast.Expand(field):
            return f"expand {expr_text(field)}"
        case ast.Lookup() | ast.CidrLookup():
            return _lookup(command)
        case ast.Join() | ast.AppendCols():
            return _with_query(command)
        case ast.AddTotals() | ast.Accum() | ast.Autoregress() | ast.Filldown() | ast.FillMissing():
            return _row_by_row(command)
        case ast.Outlier() | ast.Sessionize() | ast.CountFrequent():
            return _grouping(command)
        case ast.Pattern(source):
            return f"pattern {expr_text(source)}"
        case ast.Diff(against):
            return _words("diff", against)
        case ast.LogCompare(timeshift):
            return f"logcompare timeshift {expr_text(timeshift)}"
        case ast.RelevantFields(fields, condition):
            return _words("relevantfields", _fields(fields), "where", expr_text(condition))
        case ast.Anomaly() | ast.Unmask() | ast.Estimate():
            return type(command).__name__.lower()
        case ast.Source() | ast.SavedCall():
            return _source(command)
        case ast.Other(_, text):
            return text
        case _:
            assert_never(command)


def keyword(command: ast.Command) -> str:
    """The word that the command begins with: `stats`."""
    return command_text(command).split(maxsplit=1)[0]


def expr_text(expr: ast.Expr, least: int = 1) -> str:  # noqa: C901, PLR0911, PLR0912  (one case a node)
    """`expr` as text, in brackets where it binds looser than `least`."""
    match expr:
        case ast.Field(name):
            return name_text(name)
        case ast.String(value):
            return string_text(value)
        case ast.Number(text):
            return text
        case ast.Period(count, unit):
            return f"{count}{unit}"
        case ast.Boolean(value):
            return "true" if value else "false"
        case ast.Regex(pattern):
            return f"/{pattern}/"
        case ast.Template(name):
            return f"{{{{{name}}}}}"
        case ast.Star():
            return "*"
        case ast.List(values):
            return _list(values)
        case ast.Call(name, arguments):
            return f"{name}({', '.join(map(expr_text, arguments))})"
        case ast.Member(base, key):
            return _member(base, key)
        case ast.Subquery(pipeline):
            return _nested(pipeline)
        case ast.Unary(operator, operand):
            level = NOT_PRECEDENCE if operator == "not" else MINUS_PRECEDENCE
            gap = " " if operator == "not" else ""
            text = f"{operator}{gap}{expr_text(operand, level)}"
        case ast.Binary(operator, left, right):
            level = PRECEDENCE[operator]
            # A comparison of comparisons needs brackets at both sides.
            least_left = level + 1 if level == PRECEDENCE["="] else level
            right_text = expr_text(right, level + 1)
            if operator in ("in", "not in") and not right_text.startswith(("[", "(", "{{")):
                right_text = f"({right_text})"
            text = f"{expr_text(left, least_left)} {operator} {right_text}"
        case _:
            assert_never(expr)
    return text if level >= least else f"({text})"


def name_text(name: str) -> str:
    """A field name, in backticks where the grammar needs them; a leading @ stays outside."""
    if _PLAIN.fullmatch(name) and name.lower() not in RESERVED:
        return name
    at = "@" if name.startswith("@") else ""
    escaped = name.removeprefix("@").replace("\\", "\\\\").replace("`", "\\`")
    return f"{at}`{escaped}`"


def string_text(value: str) -> str:
    """A quoted text that means `value` exactly."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _member(base: ast.Expr, key: str) -> str:
    inner = expr_text(base, MINUS_PRECEDENCE + 1)
    if _is_index(key):
        return f"{inner}[{key}]"
    is_path = isinstance(base, ast.Member) and not _is_index(base.key)
    if is_path or isinstance(base, ast.Field | ast.Boolean):
        # A name would take the key as a part of itself.
        inner = f"({inner})"
    return f"{inner}.{name_text(key)}"


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdecimal()


def _items(items: tuple[ast.Item, ...]) -> str:
    return ", ".join(map(_item, items))


def _item(item: ast.Item) -> str:
    text = expr_text(item.expr)
    return text if item.alias is None else f"{text} as {name_text(item.alias)}"


def _stats(command: ast.Stats) -> str:
    text = f"stats {_items(command.aggregates)}"
    if command.keys:
        text += f" by {_items(command.keys)}"
    if command.offset is not None:
        text += f" offset {expr_text(command.offset)}"
    return text


def _sort_key(key: ast.SortKey) -> str:
    direction = {True: " desc", False: " asc", None: ""}[key.descending]
    return expr_text(key.expr) + direction


def _extraction(command: ast.Parse | ast.ParseFormat | ast.JsonField) -> str:
    match command:
        case ast.Parse(source, pattern, names, multi):
            listed = f"as {_names(names)}" if names else None
            pattern_text = (
                _glob_text(pattern.value) if isinstance(pattern, ast.String) else expr_text(pattern)
            )
            return _words(
                "parse", _source_of(source), pattern_text, listed, "multi" if multi else None
            )
        case ast.ParseFormat(source, format_, names):
            return _words("parse", _source_of(source), format_, "as", _names(names))
        case ast.JsonField(source, path, name):
            return f"json field={expr_text(source)} {expr_text(path)} as {name_text(name)}"
        case _:
            assert_never(command)


def _glob_text(glob: str) -> str:
    text = string_text(glob)
    for char, letter in (("\t", "t"), ("\n", "n"), ("\r", "r"), ("\f", "f")):
        text = text.replace(char, f"\\{letter}")
    return text


def _source_of(source: ast.Expr | None) -> str | None:
    return None if source is None else expr_text(source, MINUS_PRECEDENCE)


def _lookup(command: ast.Lookup | ast.CidrLookup) -> str:
    outputs = ", ".join(_renamed(output.column, output.name) for output in command.outputs)
    word = "OUTPUTNEW" if command.only_new else "OUTPUT"
    table = name_text(command.table)
    match command:
        case ast.Lookup(matches=matches):
            pairs = ", ".join(_renamed(match.column, match.field.name) for match in matches)
            return f"lookup {table} {pairs} {word} {outputs}"
        case ast.CidrLookup(field=field, column=column):
            key = (
                expr_text(field) if column is None else f"{expr_text(field)} as {name_text(column)}"
            )
            return f"cidrlookup {table} {key} {word} {outputs}"
        case _:
            assert_never(command)


def _renamed(name: str, new: str) -> str:
    return name_text(name) if name == new else f"{name_text(name)} as {name_text(new)}"


def _with_query(command: ast.Join | ast.AppendCols) -> str:
    match command:
        case ast.Join(left, right, left_key, right_key, query, kind):
            names = f"left={name_text(left)} right={name_text(right)}"
            keys = f"{expr_text(left_key)}={expr_text(right_key)}"
            return _words("join", _option("type", kind), names, "where", keys, _nested(query))
        case ast.AppendCols(query, override, most):
            return _words(
                "appendcols", _option("override", override), _option("max", most), _nested(query)
            )
        case _:
            assert_never(command)


def _nested(pipeline: ast.Pipeline) -> str:
    return f"({' | '.join(map(command_text, pipeline.commands))})"


def _row_by_row(
    command: ast.AddTotals | ast.Accum | ast.Autoregress | ast.Filldown | ast.FillMissing,
) -> str:
    match command:
        case ast.AddTotals(fields, fieldname, row, col):
            name = None if fieldname is None else name_text(fieldname)
            options = [_option("fieldname", name), _option("row", row), _option("col", col)]
            return _words("addtotals", *options, _fields(fields))
        case ast.Accum(field, name):
            return _words("accum", expr_text(field), _alias(name))
        case ast.Autoregress(field, name, first, last):
            lags = None if first is None else f"{first}" if last is None else f"{first}-{last}"
            return _words("autoregress", expr_text(field), _alias(name), _option("p", lags))
        case ast.Filldown(names):
            return _words("filldown", *map(_starred, names))
        case ast.FillMissing(fills):
            listed = ", ".join(
                f"{_tight(fill.value)} for {expr_text(fill.field)}" for fill in fills
            )
            return _words("fillmissing", f"with {listed}" if fills else None)
        case _:
            assert_never(command)


def _starred(name: str) -> str:
    if not name.endswith("*"):
        return name_text(name)
    stem = name.removesuffix("*")
    return f"{name_text(stem)}*" if stem else "*"


def _grouping(command: ast.Outlier | ast.Sessionize | ast.CountFrequent) -> str:
    match command:
        case ast.Outlier(fields, action, param, uselower, mark):
            number = None if param is None else expr_text(param)
            options = (
                _option("action", action), _option("param", number),
                _option("uselower", uselower), _option("mark", mark),
            )  # fmt: skip
            return _words("outlier", *options, *map(expr_text, fields))
        case ast.Sessionize(fields, maxspan, name):
            longest = None if maxspan is None else f"maxspan {expr_text(maxspan)}"
            return _words("sessionize", _fields(fields), longest, _alias(name))
        case ast.CountFrequent(fields):
            return f"countFrequent {_fields(fields)}"
        case _:
            assert_never(command)


def _source(command: ast.Source | ast.SavedCall) -> str:
    match command:
        case ast.Source(items, start, end):
            times = [
                None if moment is None else f"{word}={_moment(moment)}"
                for word, moment in (("start", start), ("end", end))
            ]
            return _words("SOURCE", _source_items(items), *times)
        case ast.SavedCall(name, arguments):
            listed = ", ".join(f"{name_text(a.name)}={_tight(a.value)}" for a in arguments)
            return f"${name_text(name)}({listed})"
        case _:
            assert_never(command)


def _moment(moment: ast.Moment) -> str:
    return moment.text if isinstance(moment, ast.IsoTime) else _tight(moment)


def _source_items(items: tuple[ast.SourceItem, ...]) -> str:
    """Names are a list with commas; what selects log groups stands without."""
    are_names = all(isinstance(item, ast.LogGroupName) for item in items)
    return (", " if are_names else " ").join(map(_source_item, items))


def _source_item(item: ast.SourceItem) -> str:
    match item:
        case ast.LogGroupName(name):
            return string_text(name)
        case ast.LogGroups(choices):
            listed = ", ".join(f"{each.name}: {_list(each.values)}" for each in choices)
            return f"logGroups({listed})"
        case ast.DataSource(names):
            return f"dataSource({_list(names)})"
        case ast.LogGroupTags(json):
            return f"logGroupTags({json})"
        case _:
            assert_never(item)


def _list(values: tuple[ast.Expr, ...]) -> str:
    return f"[{', '.join(map(expr_text, values))}]"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(map(name_text, names))


def _fields(fields: tuple[ast.Field, ...]) -> str:
    return ", ".join(map(expr_text, fields))


def _alias(name: str | None) -> str | None:
    return None if name is None else f"as {name_text(name)}"


def _option(word: str, value: str | int | None) -> str | None:
    """`word=value`; None where the option was left out. A bool is `true` or `false`."""
    if value is None:
        return None
    return f"{word}={str(value).lower() if isinstance(value, bool) else value}"


def _tight(expr: ast.Expr) -> str:
    return expr_text(expr, MINUS_PRECEDENCE)


def _words(*words: str | None) -> str:
    """The words that there are, with blanks between."""
    return " ".join(word for word in words if word)

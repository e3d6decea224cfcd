"""Queries that Hypothesis makes up: as trees, as texts that people may type, and mistyped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from flowtui.query import ast
from flowtui.query.catalogue import COMMANDS, FUNCTIONS, TIME_UNITS
from flowtui.query.catalogue.keywords import RESERVED
from flowtui.query.expressions import PRECEDENCE
from flowtui.query.lexer import TokenKind, tokenize
from flowtui.query.printer import to_text

PLAIN_NAMES = ("srcaddr", "dstport", "bytes", "@timestamp", "@message", "a.items.0.id", "@@x", "é")
ODD_NAMES = ("by", "AND", "foo-bar", "two words", "@aws:tag", "back`tick", "slash\\", "", "٣", "$")
NAMES = st.sampled_from(PLAIN_NAMES + ODD_NAMES) | st.text(
    st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=6
)
TEXTS = st.sampled_from(
    ("REJECT", 'a "b"', "it's", "\\", "\\\\n", "a\nb", "é→", "# no", "|", "")
) | (st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
PATTERNS = st.lists(
    st.sampled_from(("a", ".*", r"\/", r"\d", r"\\", "(?<n>", ")", " ", "é", "|", "\n", '"', "#"))
).map("".join)
NUMBERS = st.integers(0, 10**20).map(str) | st.sampled_from(("0.5", ".25", "1e6", "01", "2.5E-3"))
PERIODS = st.builds(ast.Period, st.integers(0, 10**9), st.sampled_from(sorted(TIME_UNITS)))

_REGEXES = st.builds(ast.Regex, PATTERNS)
_FIELDS = st.builds(ast.Field, NAMES)
_LEAVES: SearchStrategy[ast.Expr] = st.one_of(
    _FIELDS,
    st.builds(ast.String, TEXTS),
    st.builds(ast.Number, NUMBERS),
    PERIODS,
    st.builds(ast.Boolean, st.booleans()),
    _REGEXES,
    st.builds(ast.Template, st.sampled_from(("action", "max_rows"))),
)
_CALL_NAMES = st.sampled_from([info.name for info in FUNCTIONS.values()] + ["COUNT", "my.own"])


def _branches(parts: SearchStrategy[ast.Expr]) -> SearchStrategy[ast.Expr]:
    values = st.lists(parts | st.just(ast.Star()), max_size=3).map(tuple)
    return st.one_of(
        st.builds(ast.List, values),
        st.builds(ast.Call, _CALL_NAMES, values),
        st.builds(ast.Member, parts, st.sampled_from(("0", "12", "1.5")) | NAMES),
        st.builds(ast.Unary, st.sampled_from(("not", "-")), parts),
        st.builds(ast.Binary, st.sampled_from(sorted(PRECEDENCE)), parts, parts),
    )


EXPRESSIONS: SearchStrategy[ast.Expr] = st.recursive(_LEAVES, _branches, max_leaves=8)
_ITEMS = st.lists(st.builds(ast.Item, EXPRESSIONS, st.none() | NAMES), min_size=1, max_size=3).map(
    tuple
)
_SORT_KEYS = st.builds(ast.SortKey, EXPRESSIONS, st.sampled_from((True, False, None)))
_SOURCES = _FIELDS | st.just(ast.Call("concat", (ast.String("x"), ast.Field("a"))))
_FIELD_LISTS = st.lists(_FIELDS, min_size=1, max_size=3).map(tuple)
_NAME_LISTS = st.lists(NAMES, min_size=1, max_size=3).map(tuple)
_BOOLEANS = st.none() | st.booleans()
_STRINGS = st.builds(ast.String, TEXTS)
_LITERALS = st.one_of(
    _STRINGS, st.builds(ast.Number, NUMBERS), st.builds(ast.Boolean, st.booleans())
)
_TESTS = st.builds(ast.Binary, st.just("="), _FIELDS, _LITERALS) | st.builds(
    ast.Binary, st.just("in"), _FIELDS, st.builds(ast.List, st.lists(_LITERALS).map(tuple))
)
_EVENT_COMMANDS: SearchStrategy[ast.Command] = st.one_of(
    st.builds(ast.Fields, _ITEMS),
    st.builds(ast.Display, _ITEMS),
    st.builds(ast.Filter, EXPRESSIONS),
    st.builds(ast.Filter, _TESTS, st.just(True)),
    st.builds(ast.Stats, _ITEMS, _ITEMS, st.none() | PERIODS),
    st.builds(ast.Stats, _ITEMS),
    st.builds(ast.Sort, st.lists(_SORT_KEYS, min_size=1, max_size=3).map(tuple)),
    st.builds(ast.Limit, st.integers(1, 10**6), st.booleans(), st.booleans()),
    st.builds(
        ast.Parse, st.none() | _SOURCES, _STRINGS | _REGEXES, st.lists(NAMES, max_size=3).map(tuple)
    ),
    st.builds(
        ast.Parse,
        st.none() | _SOURCES,
        _REGEXES,
        st.lists(NAMES, max_size=2).map(tuple),
        st.just(True),
    ),
    st.builds(ast.ParseFormat, st.none() | _SOURCES, st.just("csv"), _NAME_LISTS),
    st.builds(ast.ParseFormat, _SOURCES, st.just("logfmt"), st.tuples(NAMES)),
    st.builds(ast.JsonField, _FIELDS, _STRINGS, NAMES),
    st.builds(ast.Dedup, _FIELD_LISTS),
    st.builds(ast.Unnest, _SOURCES, NAMES),
    st.builds(ast.Expand, _FIELDS),
)
_OUTPUTS = st.lists(st.builds(ast.LookupOutput, NAMES, NAMES), min_size=1, max_size=2).map(tuple)
_MATCHES = st.lists(st.builds(ast.LookupMatch, NAMES, _FIELDS), min_size=1, max_size=2).map(tuple)
_FILLS = st.lists(st.builds(ast.Fill, _LITERALS, _FIELDS), max_size=2).map(tuple)
_COUNTS = st.integers(1, 99)
_LAG = st.integers(1, 50)
"""Two of them are not more than `autoregress` looks back."""
_LAGS = st.none() | st.tuples(_LAG, st.none() | _LAG)


def _autoregress(
    field: ast.Field, name: str | None, lags: tuple[int, int | None] | None
) -> ast.Autoregress:
    if lags is None:
        return ast.Autoregress(field, name)
    first, more = lags
    return ast.Autoregress(field, name, first, None if more is None else first + more)


_ROW_COMMANDS: SearchStrategy[ast.Command] = st.one_of(
    st.builds(ast.Lookup, NAMES, _MATCHES, _OUTPUTS, st.booleans()),
    st.builds(ast.CidrLookup, NAMES, _FIELDS, st.none() | NAMES, _OUTPUTS, st.booleans()),
    st.builds(ast.AddTotals, _FIELD_LISTS | st.just(()), st.none() | NAMES, _BOOLEANS, _BOOLEANS),
    st.builds(ast.Accum, _FIELDS, st.none() | NAMES),
    st.builds(_autoregress, _FIELDS, st.none() | NAMES, _LAGS),
    st.builds(
        ast.Filldown, st.lists(st.sampled_from(("a", "b*", "foo-bar"))).map(tuple) | st.just(("*",))
    ),
    st.builds(ast.FillMissing, _FILLS),
    st.builds(
        ast.Outlier,
        _FIELD_LISTS,
        st.sampled_from((None, "transform", "remove")),
        st.none() | st.builds(ast.Number, st.sampled_from(("2.5", "3"))),
        _BOOLEANS,
        _BOOLEANS,
    ),
    st.builds(ast.Sessionize, _FIELD_LISTS, st.none() | PERIODS, st.none() | NAMES),
    st.builds(ast.CountFrequent, _FIELD_LISTS),
    st.builds(ast.Pattern, EXPRESSIONS),
    st.builds(ast.Diff, st.sampled_from((None, "previousDay", "previousweek"))),
    st.builds(ast.LogCompare, PERIODS),
    st.builds(ast.RelevantFields, _FIELD_LISTS | st.just(()), EXPRESSIONS),
    st.sampled_from((ast.Anomaly(), ast.Unmask(), ast.Estimate())),
)
_CHOICES = st.builds(
    ast.Named,
    st.sampled_from(("namePrefix", "accountIdentifiers", "class")),
    st.lists(_STRINGS, max_size=2).map(tuple),
)
_SOURCE_ITEMS: SearchStrategy[ast.SourceItem] = st.one_of(
    st.builds(ast.LogGroupName, TEXTS),
    st.builds(ast.LogGroups, st.lists(_CHOICES, max_size=2).map(tuple)),
    st.builds(ast.DataSource, st.lists(_STRINGS, max_size=2).map(tuple)),
    st.builds(ast.LogGroupTags, st.just('[{"key":"a)","values":["b*"]}]')),
)
_MOMENTS = st.sampled_from(
    (
        None,
        ast.Field("now"),
        ast.Unary("-", ast.Period(1, "d")),
        ast.Period(0, "s"),
        ast.Number("1648826311"),
        ast.String("2026-08-20T09:30"),
        ast.IsoTime("2026-08-20T09:30:00.000Z"),
    )
)
_ARGUMENTS = st.lists(st.builds(ast.Argument, NAMES, _LITERALS), max_size=2).map(tuple)
_BEGINNINGS: SearchStrategy[ast.Command] = st.builds(
    ast.Source, st.lists(_SOURCE_ITEMS, min_size=1, max_size=2).map(tuple), _MOMENTS, _MOMENTS
) | st.builds(ast.SavedCall, NAMES, _ARGUMENTS)


def _nested(commands: SearchStrategy[ast.Command]) -> SearchStrategy[ast.Command]:
    # A lone word in brackets, such as (diff), is a field.
    first = st.tuples(_EVENT_COMMANDS | _BEGINNINGS)
    inner = st.builds(
        lambda one, more: ast.Pipeline((*one, *more)), first, st.tuples(commands) | st.just(())
    )
    return st.one_of(
        st.builds(ast.AppendCols, inner, _BOOLEANS, st.none() | _COUNTS),
        st.builds(
            ast.Join,
            NAMES,
            NAMES,
            _FIELDS,
            _FIELDS,
            inner,
            st.sampled_from((None, "inner", "left")),
        ),
        st.builds(
            ast.Filter,
            st.builds(
                ast.Binary,
                st.sampled_from(("in", "not in")),
                _FIELDS,
                st.builds(ast.Subquery, inner),
            ),
        ),
    )


_FLAT_COMMANDS = _EVENT_COMMANDS | _ROW_COMMANDS
KNOWN_COMMANDS: SearchStrategy[ast.Command] = st.one_of(
    _EVENT_COMMANDS, _ROW_COMMANDS, _BEGINNINGS, _nested(_FLAT_COMMANDS)
)
_OTHERS = st.sampled_from(("search @message", "bogus 1 /2", "eval a = (b | c)")).map(
    lambda text: ast.Other(text.split()[0], text)
)


def _pipelines(commands: SearchStrategy[ast.Command]) -> SearchStrategy[ast.Pipeline]:
    return st.lists(commands, min_size=1, max_size=4).map(lambda made: ast.Pipeline(tuple(made)))


KNOWN_PIPELINES = _pipelines(KNOWN_COMMANDS)
PIPELINES = _pipelines(KNOWN_COMMANDS | _OTHERS)

_BLANKS = st.sampled_from((" ", "  ", "\n", "\t", "\r\n", " # a | comment\n", "\n#\n  "))
_NO_BLANKS = st.just("")
_CASES: SearchStrategy[Callable[[str], str]] = st.sampled_from((str.lower, str.upper, str.title))


@st.composite
def spelled(draw: DrawFn, pipeline: ast.Pipeline) -> str:
    """The pipeline as somebody may type it: other blanks, comments, keywords in any case."""
    text, starting = draw(_BLANKS | _NO_BLANKS), True
    for token in tokenize(to_text(pipeline)):
        if token.kind is TokenKind.OPERATOR:
            # Two operators may touch, but an operator and a comment may not become a regex.
            text += draw(_BLANKS | _NO_BLANKS) + token.text + draw(_BLANKS | _NO_BLANKS)
        elif token.kind is TokenKind.SPACE:
            text += draw(_BLANKS)
        else:
            is_word = token.word in RESERVED or (starting and token.word in COMMANDS)
            text += draw(_CASES)(token.text) if is_word else token.text
        starting = token.text == "|" or (starting and token.kind is TokenKind.SPACE)
    return text + draw(_BLANKS | _NO_BLANKS)


SOURCES = PIPELINES.flatmap(spelled)

_KEYS = st.sampled_from(list("\"'`/\\|,()[]{}#*=!<>@.$%-+ \n\t\x00\x1b9azé"))
Slip = Literal["delete", "insert", "replace", "swap"]


@st.composite
def mistyped(draw: DrawFn) -> str:
    """A query with one slip of the keyboard."""
    text = draw(SOURCES)
    at = draw(st.integers(0, max(0, len(text) - 1)))
    before, here, after = text[:at], text[at : at + 1], text[at + 1 :]
    slips: dict[Slip, str] = {
        "delete": before + after,
        "insert": before + draw(_KEYS) + here + after,
        "replace": before + draw(_KEYS) + after,
        "swap": before + after[:1] + here + after[1:],
    }
    return slips[draw(st.sampled_from(sorted(slips)))]


_NAMED_WORDS = [info.name for info in COMMANDS.values()] + sorted(RESERVED)
_CALLED_WORDS = [f"{info.name}(" for info in FUNCTIONS.values()]
_OTHER_WORDS = [
    "|", ",", "(", ")", "[", "]", "=", "==", "=~", "<", ">", "!", "-", "*", "/", "&&", "||", "$",
    "a", "a.b", "`c d`", "@timestamp", "srcaddr-x", "1", "5m", "0.5", '"x"', "'1.2.3.4/33'",
    "/(?<g>x)/", "/(?=x/", "{{p}}", "offset", "into", "where", "OUTPUT", "SOURCE 'g'", "#\n",
]  # fmt: skip
_WORDS = st.sampled_from(_NAMED_WORDS) | st.sampled_from(_CALLED_WORDS + _OTHER_WORDS)


def word_soup() -> SearchStrategy[str]:
    """Words of the language in any order."""
    return st.lists(_WORDS, max_size=30).map(" ".join)

"""Generated flow logs and queries: small values that often meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from flowtui.flowlogs.format import FlowFormat
from flowtui.query import ast

FORMAT = FlowFormat.parse(
    "${interface-id} ${srcaddr} ${dstaddr} ${dstport} ${protocol} ${packets} ${bytes} ${start} "
    "${end} ${action} ${log-status}"
)
START = 1_648_826_280
"""2022-04-01 15:18 UTC, in seconds: the first moment of the records that are no misfits."""
SECONDS = 7_200

_ADDRESSES = st.sampled_from(
    ["10.0.0.1", "10.0.0.9", "10.0.0.10", "172.16.0.1", "203.0.113.9", "2001:db8::1", "-"]
)
_PORTS = st.sampled_from(["22", "80", "443", "3389", "49152", "0", "-"])
_COUNTS = st.one_of(st.integers(0, 5).map(str), st.integers(0, 2**40).map(str), st.just("-"))
_AGGREGATES = (
    "count", "count_distinct", "sum", "avg", "min", "max", "stddev", "variance", "earliest",
    "latest", "sortsFirst", "sortsLast", "values",
)  # fmt: skip
_WORDS = st.sampled_from(["-", "0", "07", "7", "1.5", "1e3", "a", "eni-1", 'say"it', "it's", "ü"])


@st.composite
def records(draw: st.DrawFn) -> str:
    """A line that fits FORMAT."""
    start = START + draw(st.integers(0, SECONDS - 1))
    return " ".join(
        (
            draw(st.sampled_from(["eni-1", "eni-2", "eni-10", "-"])),
            draw(_ADDRESSES),
            draw(_ADDRESSES),
            draw(_PORTS),
            draw(st.sampled_from(["6", "17", "1", "-"])),
            draw(_COUNTS),
            draw(_COUNTS),
            str(start),
            str(start + draw(st.integers(0, 60))),
            draw(st.sampled_from(["ACCEPT", "REJECT", "-"])),
            draw(st.sampled_from(["OK", "NODATA", "SKIPDATA"])),
        )
    )


def misfits() -> st.SearchStrategy[str]:
    """Lines of any number of words, with single blanks between or not."""
    return st.lists(_WORDS, max_size=14).flatmap(
        lambda words: st.sampled_from([" ", " ", "  "]).map(lambda blank: blank.join(words))
    )


def logs(*, with_misfits: bool = True) -> st.SearchStrategy[list[str]]:
    """The lines of a log group; there is at least one that fits."""
    line = st.one_of(records(), records(), records(), misfits()) if with_misfits else records()
    return st.tuples(records(), st.lists(line, max_size=25)).map(lambda pair: [pair[0], *pair[1]])


def fields() -> st.SearchStrategy[ast.Field]:
    """A field of the format, by either of its names, or one that nothing has."""
    names = [name for info in FORMAT.fields for name in (info.column, info.discovered)]
    return st.sampled_from([*names, "nothing"]).map(ast.Field)


def literals() -> st.SearchStrategy[ast.Expr]:
    texts = st.sampled_from(["-", "6", "22", "022", "10.0.0.1", "ACCEPT", "OK", "1e3", "", "it's"])
    numbers = st.sampled_from(["0", "6", "22", "443", "1.5", "1000"])
    return st.one_of(texts.map(ast.String), numbers.map(ast.Number))


def comparisons() -> st.SearchStrategy[ast.Expr]:
    operators = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
    sides = st.one_of(fields(), literals(), sums())
    plain = st.builds(ast.Binary, operators, sides, sides)
    lists = st.lists(literals(), min_size=1, max_size=3).map(lambda some: ast.List(tuple(some)))
    listed = st.builds(ast.Binary, st.sampled_from(["in", "not in"]), fields(), lists)
    patterns = st.one_of(
        st.sampled_from(["1", ".", "a", "%"]).map(ast.String),
        st.sampled_from(["^10[.]", "(?i)accept", "[0-9]{3}$"]).map(ast.Regex),
    )
    like = st.builds(ast.Binary, st.sampled_from(["like", "not like"]), fields(), patterns)
    present = fields().map(lambda field: ast.Call("ispresent", (field,)))
    return st.one_of(plain, listed, like, present)


def sums() -> st.SearchStrategy[ast.Expr]:
    """Arithmetic on two fields."""
    operators = st.sampled_from(["+", "-", "*", "/", "%"])
    return st.builds(ast.Binary, operators, fields(), st.one_of(fields(), literals()))


def conditions() -> st.SearchStrategy[ast.Expr]:
    return st.recursive(
        comparisons(),
        lambda inner: st.one_of(
            st.builds(ast.Binary, st.sampled_from(["and", "or"]), inner, inner),
            inner.map(lambda condition: ast.Unary("not", condition)),
        ),
        max_leaves=4,
    )


def periods() -> st.SearchStrategy[ast.Period]:
    units = st.sampled_from(["s", "m", "h", "d", "w", "mo"])
    return st.builds(ast.Period, st.sampled_from([1, 5, 7, 25, 30]), units)


def keys() -> st.SearchStrategy[tuple[ast.Item, ...]]:
    """What a `stats` groups by: fields, bins and expressions, under names of their own."""
    bins = periods().map(lambda period: ast.Call("bin", (period,)))
    prefixes = fields().map(
        lambda field: ast.Call("substr", (field, ast.Number("0"), ast.Number("4")))
    )
    expressions = st.one_of(fields(), fields(), bins, prefixes, sums(), comparisons())
    return st.lists(expressions, max_size=3).map(_named("k"))


def aggregates() -> st.SearchStrategy[tuple[ast.Item, ...]]:
    one = st.builds(
        lambda name, field: ast.Call(name, (field,)),
        st.sampled_from(_AGGREGATES),
        fields(),
    )
    percentile = fields().map(lambda field: ast.Call("pct", (field, ast.Number("90"))))
    everything = st.just(ast.Call("count", (ast.Star(),)))
    calls = st.one_of(one, percentile, everything)
    return st.lists(calls, min_size=1, max_size=3).map(_named("a"))


def stats() -> st.SearchStrategy[ast.Stats]:
    return st.builds(ast.Stats, aggregates(), keys())


@st.composite
def aggregations(draw: st.DrawFn) -> ast.Pipeline:
    """`[filter] | stats [| sort] [| limit]`."""
    commands: list[ast.Command] = []
    if draw(st.booleans()):
        commands.append(ast.Filter(draw(conditions())))
    grouping = draw(stats())
    commands.append(grouping)
    # A list, which `values` makes, is in no order.
    made = [item for item in (*grouping.keys, *grouping.aggregates) if not _is_list(item)]
    if draw(st.booleans()) and made:
        item = draw(st.sampled_from(made))
        commands.append(ast.Sort((ast.SortKey(ast.Field(item.name), draw(st.booleans())),)))
    return ast.Pipeline(tuple(commands))


def _is_list(item: ast.Item) -> bool:
    """Whether it is a list, which can't be sorted by."""
    return isinstance(item.expr, ast.Call) and item.expr.name == "values"


def _named(letter: str) -> Callable[[Sequence[ast.Expr]], tuple[ast.Item, ...]]:
    def name(expressions: Sequence[ast.Expr]) -> tuple[ast.Item, ...]:
        return tuple(ast.Item(e, f"{letter}{n}") for n, e in enumerate(expressions, 1))

    return name

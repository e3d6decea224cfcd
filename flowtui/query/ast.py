"""A query as data: frozen nodes that compare by meaning and remember where they were written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, fields

from flowtui.model.errors import Span
from flowtui.model.frozen import frozen

NOWHERE: Span = (-1, -1)
"""The span of what no one wrote: a node that flowtui made."""


@frozen
class Node:
    """`span` is the half-open range of characters in the source; it takes no part in equality."""

    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


def height(node: Node) -> int:
    """How many nodes lie on the longest way down; without recursion, as it guards against that."""
    deepest, waiting = 0, [(node, 1)]
    while waiting:
        current, level = waiting.pop()
        deepest = max(deepest, level)
        waiting += [(child, level + 1) for child in children(current)]
    return deepest


def children(node: Node) -> list[Node]:
    """The nodes right below `node`, in the order of its attributes."""
    found: list[Node] = []
    for name in _attributes(type(node)):
        value = getattr(node, name)
        if isinstance(value, Node):
            found.append(value)
        elif type(value) is tuple:
            found += [part for part in value if isinstance(part, Node)]
    return found


def walk(node: Node) -> Iterator[tuple[Node, Node]]:
    """Every node below `node` with its parent, in the order of the text.

    A query in brackets is among them, but not what is in it: that is a query of its own.
    """
    waiting = [(child, node) for child in reversed(children(node))]
    while waiting:
        current, parent = waiting.pop()
        yield current, parent
        if not isinstance(current, Pipeline):
            waiting += [(child, current) for child in reversed(children(current))]


_NODELESS = ("Span", "str", "bool")
_known_attributes: dict[type[Node], tuple[str, ...]] = {}


def _attributes(kind: type[Node]) -> tuple[str, ...]:
    """The fields that may hold nodes; to ask each node for them anew costs more than all else."""
    found = _known_attributes.get(kind)
    if found is None:
        found = tuple(each.name for each in fields(kind) if each.type not in _NODELESS)
        _known_attributes[kind] = found
    return found


@frozen
class Field(Node):
    """A field by its bare name, without backticks: `srcaddr`, `@message`, `foo-bar`."""

    name: str


@frozen
class String(Node):
    """A quoted text; `value` is what the quotes and escapes stand for."""

    value: str


@frozen
class Number(Node):
    """A number as it was typed: `443`, `0.5`, `1e6`."""

    text: str


@frozen
class Period(Node):
    """A length of time as it was typed: `5m` is 5 and `m`."""

    count: int
    unit: str


@frozen
class Boolean(Node):
    value: bool


@frozen
class Regex(Node):
    """`/pattern/`; `pattern` is the text between the slashes, escapes and all."""

    pattern: str


@frozen
class Template(Node):
    """`{{name}}`, a parameter of a saved query."""

    name: str


@frozen
class Star(Node):
    """The `*` of `count(*)`."""


@frozen
class List(Node):
    """`[a, b]`."""

    values: tuple[Expr, ...]


@frozen
class Call(Node):
    """`name(arguments)`; the name is as it was typed."""

    name: str
    arguments: tuple[Expr, ...] = ()


@frozen
class Member(Node):
    """`base.key` and `base[0]`, on what is not a plain field: `jsonParse(@message).key`."""

    base: Expr
    key: str


@frozen
class Unary(Node):
    """`not operand`, `-operand`."""

    operator: str
    operand: Expr


@frozen
class Binary(Node):
    """`left operator right`; the operator is in lower case: `and`, `not like`, `>=`, `+`."""

    operator: str
    left: Expr
    right: Expr


@frozen
class Subquery(Node):
    """`(SOURCE 'group' | ... | fields f)`, after `in`."""

    pipeline: Pipeline


Expr = (
    Field
    | String
    | Number
    | Period
    | Boolean
    | Regex
    | Template
    | Star
    | List
    | Call
    | Member
    | Unary
    | Binary
    | Subquery
)


@frozen
class Item(Node):
    """`expression [as alias]`; `text` is how the expression was typed, which names its column."""

    expr: Expr
    alias: str | None = None
    text: str = field(default="", compare=False)
    alias_span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)

    @property
    def name(self) -> str:
        """The name of the column (LANGUAGE.md 1.7): the alias, else the field, else the text."""
        if self.alias is not None:
            return self.alias
        return self.expr.name if isinstance(self.expr, Field) else self.text


@frozen
class CommandNode(Node):
    """`chunk` is all the source between this command's pipes, comments and blanks included."""

    chunk: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@frozen
class Fields(CommandNode):
    items: tuple[Item, ...]


@frozen
class Display(CommandNode):
    items: tuple[Item, ...]


@frozen
class Filter(CommandNode):
    """`filter condition`, also spelled `where`; `by_index` is `filterIndex`."""

    condition: Expr
    by_index: bool = False


@frozen
class Stats(CommandNode):
    """`stats aggregates [by keys [offset period]]`."""

    aggregates: tuple[Item, ...]
    keys: tuple[Item, ...] = ()
    offset: Period | None = None
    by_span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)
    """Where the word `by` stands."""


@frozen
class SortKey(Node):
    """`descending` is None where the direction was left out, which means ascending."""

    expr: Expr
    descending: bool | None = None


@frozen
class Sort(CommandNode):
    keys: tuple[SortKey, ...]


@frozen
class Limit(CommandNode):
    """`limit count`; `any` is the word that lets the service stop scanning early.

    `last` is the old command `tail`: the last rows, not the first.
    """

    count: int
    any: bool = False
    last: bool = False
    count_span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@frozen
class Parse(CommandNode):
    """`parse [source] pattern [as names] [multi]`; without a source it reads `@message`.

    A glob has one name for each `*`; a regular expression names its groups itself or by `names`.
    With `multi` there is a row for each match of a regular expression.
    """

    source: Expr | None
    pattern: String | Regex
    names: tuple[str, ...] = ()
    multi: bool = False


@frozen
class ParseFormat(CommandNode):
    """`parse source logfmt as name`, which makes a map, and `parse source csv as names`."""

    source: Expr | None
    format: str
    """`logfmt` or `csv`."""
    names: tuple[str, ...]


@frozen
class JsonField(CommandNode):
    """`json field=source "path" as name`: a value out of a JSON text."""

    source: Field
    path: String
    name: str


@frozen
class Dedup(CommandNode):
    fields: tuple[Field, ...]


@frozen
class Unnest(CommandNode):
    """`unnest list into name`: a row for each element."""

    source: Expr
    name: str


@frozen
class Expand(CommandNode):
    """`expand field`: a row for each element of a JSON array in a text."""

    field: Field


@frozen
class LookupMatch(Node):
    """`column [as field]`: a column of the table that must equal a field of the event."""

    column: str
    field: Field


@frozen
class LookupOutput(Node):
    """`column [as name]`: a column of the table that is added to the event."""

    column: str
    name: str


@frozen
class Lookup(CommandNode):
    """`lookup table matches OUTPUT outputs`; `only_new` is `OUTPUTNEW`, which fills gaps only."""

    table: str
    matches: tuple[LookupMatch, ...]
    outputs: tuple[LookupOutput, ...]
    only_new: bool = False


@frozen
class CidrLookup(CommandNode):
    """`cidrlookup table field [as column] OUTPUT outputs`: the row whose block holds the address.

    `column` is the table's column of CIDR blocks; None is the only one that there can be.
    """

    table: str
    field: Field
    column: str | None
    outputs: tuple[LookupOutput, ...]
    only_new: bool = False


@frozen
class Join(CommandNode):
    """`join [type=kind] left=a right=b where a.k=b.k (query)`; the names prefix the fields."""

    left: str
    right: str
    left_key: Field
    right_key: Field
    query: Pipeline
    kind: str | None = None
    """`inner` or `left`; None where it was left out, which means inner."""


@frozen
class AppendCols(CommandNode):
    """`appendcols [override=bool] [max=count] (query)`: its columns beside, row by row."""

    query: Pipeline
    override: bool | None = None
    max: int | None = None


@frozen
class AddTotals(CommandNode):
    """`addtotals [fieldname=name] [row=bool] [col=bool] [fields]`."""

    fields: tuple[Field, ...] = ()
    fieldname: str | None = None
    row: bool | None = None
    col: bool | None = None


@frozen
class Accum(CommandNode):
    """`accum field [as name]`: the running sum."""

    field: Field
    name: str | None = None


@frozen
class Autoregress(CommandNode):
    """`autoregress field [as name] [p=first[-last]]`: values of earlier rows."""

    field: Field
    name: str | None = None
    first: int | None = None
    last: int | None = None


@frozen
class Filldown(CommandNode):
    """`filldown [field field* ...]`: a name with a `*` at its end stands for all that begin so."""

    names: tuple[str, ...] = ()


@frozen
class Fill(Node):
    """`value for field`."""

    value: Expr
    field: Field


@frozen
class FillMissing(CommandNode):
    """`fillmissing [with value for field, ...]`: the bins that have no row."""

    fills: tuple[Fill, ...] = ()


@frozen
class Outlier(CommandNode):
    """`outlier [action=transform|remove] [param=n] [uselower=bool] [mark=bool] field ...`."""

    fields: tuple[Field, ...]
    action: str | None = None
    param: Number | None = None
    uselower: bool | None = None
    mark: bool | None = None


@frozen
class Sessionize(CommandNode):
    """`sessionize field, ... [maxspan period] [as name]`."""

    fields: tuple[Field, ...]
    maxspan: Period | None = None
    name: str | None = None


@frozen
class CountFrequent(CommandNode):
    """`countFrequent field, ...`, also spelled `count_frequent`."""

    fields: tuple[Field, ...]


@frozen
class Pattern(CommandNode):
    """`pattern text`: messages by their shape."""

    source: Expr


@frozen
class Diff(CommandNode):
    """`diff [previousDay|previousWeek|previousMonth]`, with the word as it was typed."""

    against: str | None = None


@frozen
class LogCompare(CommandNode):
    """`logcompare timeshift period`."""

    timeshift: Period


@frozen
class RelevantFields(CommandNode):
    """`relevantfields [field, ...] where condition`."""

    fields: tuple[Field, ...]
    condition: Expr


@frozen
class Anomaly(CommandNode):
    """`anomaly`, after `pattern`."""


@frozen
class Unmask(CommandNode):
    """`unmask` as a command."""


@frozen
class Estimate(CommandNode):
    """`estimate`, the last command: the bytes that the query would scan."""


@frozen
class LogGroupName(Node):
    """`'name'` in SOURCE."""

    name: str


@frozen
class Named(Node):
    """`name: [values]` in `logGroups(...)`."""

    name: str
    values: tuple[Expr, ...]


@frozen
class LogGroups(Node):
    """`logGroups(namePrefix: [...], accountIdentifier: [...], class: [...])`; empty is all."""

    choices: tuple[Named, ...] = ()


@frozen
class DataSource(Node):
    """`dataSource(['amazon_vpc.flow'])`."""

    names: tuple[Expr, ...]


@frozen
class LogGroupTags(Node):
    """`logGroupTags([{"key": "team", "values": ["a*"]}])`; `json` is without blanks."""

    json: str


SourceItem = LogGroupName | LogGroups | DataSource | LogGroupTags


@frozen
class IsoTime(Node):
    """`2026-08-20T09:30:00.000Z` without quotes, as the console writes it."""

    text: str


Moment = Expr | IsoTime


@frozen
class Source(CommandNode):
    """`SOURCE items [start=moment] [end=moment]`: the log groups to read."""

    items: tuple[SourceItem, ...]
    start: Moment | None = None
    end: Moment | None = None


@frozen
class Argument(Node):
    """`name=value` in the call of a saved query."""

    name: str
    value: Expr


@frozen
class SavedCall(CommandNode):
    """`$Name(a="x", b=10)`: a saved query with its parameters."""

    name: str
    arguments: tuple[Argument, ...] = ()


@frozen
class Other(CommandNode):
    """A command that could not be read or that flowtui does not know, kept to the letter."""

    keyword: str
    text: str


Command = (
    Fields
    | Display
    | Filter
    | Stats
    | Sort
    | Limit
    | Parse
    | ParseFormat
    | JsonField
    | Dedup
    | Unnest
    | Expand
    | Lookup
    | CidrLookup
    | Join
    | AppendCols
    | AddTotals
    | Accum
    | Autoregress
    | Filldown
    | FillMissing
    | Outlier
    | Sessionize
    | CountFrequent
    | Pattern
    | Diff
    | LogCompare
    | RelevantFields
    | Anomaly
    | Unmask
    | Estimate
    | Source
    | SavedCall
    | Other
)


@frozen
class Pipeline(Node):
    """A whole query: `command | command`. `source` is the text that the spans point into."""

    commands: tuple[Command, ...]
    source: str = field(default="", compare=False, repr=False)

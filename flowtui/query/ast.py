"""A query as data: frozen nodes that compare by meaning and remember where they were written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from flowtui.model.errors import Span

NOWHERE: Span = (-1, -1)
"""The span of what no one wrote: a node that flowtui made."""


@dataclass(frozen=True, slots=True)
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


def children(node: Node) -> Iterator[Node]:
    """The nodes right below `node`, in the order of its attributes."""
    for attribute in fields(node):
        value = getattr(node, attribute.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (part for part in value if isinstance(part, Node))


@dataclass(frozen=True, slots=True)
class Field(Node):
    """A field by its bare name, without backticks: `srcaddr`, `@message`, `foo-bar`."""

    name: str


@dataclass(frozen=True, slots=True)
class String(Node):
    """A quoted text; `value` is what the quotes and escapes stand for."""

    value: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number as it was typed: `443`, `0.5`, `1e6`."""

    text: str


@dataclass(frozen=True, slots=True)
class Period(Node):
    """A length of time as it was typed: `5m` is 5 and `m`."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    value: bool


@dataclass(frozen=True, slots=True)
class Regex(Node):
    """`/pattern/`; `pattern` is the text between the slashes, escapes and all."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Template(Node):
    """`{{name}}`, a parameter of a saved query."""

    name: str


@dataclass(frozen=True, slots=True)
class Star(Node):
    """The `*` of `count(*)`."""


@dataclass(frozen=True, slots=True)
class List(Node):
    """`[a, b]`."""

    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`name(arguments)`; the name is as it was typed."""

    name: str
    arguments: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`base.key` and `base[0]`, on what is not a plain field: `jsonParse(@message).key`."""

    base: Expr
    key: str


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`not operand`, `-operand`."""

    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`left operator right`; the operator is in lower case: `and`, `not like`, `>=`, `+`."""

    operator: str
    left: Expr
    right: Expr


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
)


@dataclass(frozen=True, slots=True)
class Item(Node):
    """`expression [as alias]`; `text` is how the expression was typed, which names its column."""

    expr: Expr
    alias: str | None = None
    text: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """The name of the column (insights-ql.md 1.7): the alias, else the field, else the text."""
        if self.alias is not None:
            return self.alias
        return self.expr.name if isinstance(self.expr, Field) else self.text


@dataclass(frozen=True, slots=True)
class CommandNode(Node):
    """`chunk` is all the source between this command's pipes, comments and blanks included."""

    chunk: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Fields(CommandNode):
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Display(CommandNode):
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Filter(CommandNode):
    """`filter condition`, also spelled `where`."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class Stats(CommandNode):
    """`stats aggregates [by keys [offset period]]`."""

    aggregates: tuple[Item, ...]
    keys: tuple[Item, ...] = ()
    offset: Period | None = None


@dataclass(frozen=True, slots=True)
class SortKey(Node):
    """`descending` is None where the direction was left out, which means ascending."""

    expr: Expr
    descending: bool | None = None


@dataclass(frozen=True, slots=True)
class Sort(CommandNode):
    keys: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True)
class Limit(CommandNode):
    """`limit count`; `any` is the word that lets the service stop scanning early."""

    count: int
    any: bool = False


@dataclass(frozen=True, slots=True)
class Parse(CommandNode):
    """`parse [source] pattern [as names]`; without a source it reads `@message`.

    A glob has one name for each `*`; a regular expression names its groups itself or by `names`.
    """

    source: Expr | None
    pattern: String | Regex
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dedup(CommandNode):
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Other(CommandNode):
    """A command that flowtui does not take apart, kept to the letter."""

    keyword: str
    text: str


Command = Fields | Display | Filter | Stats | Sort | Limit | Parse | Dedup | Other


@dataclass(frozen=True, slots=True)
class Pipeline(Node):
    """A whole query: `command | command`. `source` is the text that the spans point into."""

    commands: tuple[Command, ...]
    source: str = field(default="", compare=False, repr=False)

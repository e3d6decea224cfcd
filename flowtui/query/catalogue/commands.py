"""Everything that is true of each command of the language (LANGUAGE.md 1.4 and 1.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from enum import Enum, Flag, auto
from typing import TYPE_CHECKING

from flowtui.model.frozen import frozen
from flowtui.query.catalogue.engines import NO_MASKED_DATA, NOT_IN_CLASS, Engine, Refusals
from flowtui.query.catalogue.keywords import BOOLEANS, RESERVED, TESTS

if TYPE_CHECKING:
    from flowtui.query import ast


class CommandRole(Flag):
    """The properties of a command beside its rows."""

    NONE = 0

    # Rows and names
    GROUPS = auto()
    """Its rows stand for others."""
    RESETS = auto()
    """Only the names that it defines are in reach after it."""
    OPENS = auto()
    """There may be names after it that the text does not show."""
    KEEPS_GROUPS = auto()
    """Of groups it leaves each out or as it is one."""
    EVENT_BY_EVENT = auto()
    """It does the same to an event whatever other events there are."""
    CHOOSES = auto()
    """It chooses the columns of the result."""
    ORDERS = auto()
    """It puts rows in an order, leaves some out for others, or hides their fields."""
    GIVES_FIELDS = auto()
    """It says where fields come from, and filters nothing."""
    OWNS_FIELDS = auto()
    """A query that begins so has its fields from there, and gets no `parse` before it."""

    # Where it may stand (1.8)
    TAKES_QUERY = auto()
    """A query in brackets stands in it."""
    AT_FRONT = auto()
    """It stands before all others."""
    LAST = auto()
    """Nothing stands after it."""
    ONCE = auto()
    """It stands once in a query."""
    AFTER_STATS = auto()
    """Of several `stats` it stands after the last."""
    AFTER_DEDUP = auto()
    """It may stand after `dedup`."""
    AFTER_PATTERN = auto()
    """It compares what `pattern` has found."""
    SEES_DROPPED = auto()
    """It was seen to take fields that `stats` has dropped."""

    # How it is written
    LISTS = auto()
    """Its parts have commas between them."""
    PARTS = auto()
    """Each of its parts is an expression, perhaps with a name or a direction."""
    NAMES = auto()
    """It may name its parts with `as`, and use the names at once."""


class Operands(Enum):
    """The operands of a command."""

    EXPRESSIONS = auto()
    FIELDS = auto()
    FIELDS_LATER = auto()
    """Fields, but for the beginning: a table, an option or a word is there."""
    NONE = auto()


Words = tuple[str, ...]


@frozen(eq=False)
class CommandInfo:
    """An entry of the catalogue; two are equal only if they are the same one."""

    name: str
    nodes: tuple[str, ...]
    """The classes in `ast` of what the parser makes of it. By name: who only colours a text, before
    the first frame, needs no tree."""
    syntax: str
    help: str
    example: str
    """A query that may begin so, of a flow log."""
    page: str
    """The AWS page that documents it; nothing where it was only seen."""
    operands: Operands
    roles: CommandRole = CommandRole.NONE
    options: Mapping[str, Words | None] = field(default_factory=dict)
    """What stands before a `=`, with the words that may follow it; None where a field follows."""
    at_start: Words = ()
    """Words that may stand right after its name."""
    after_operand: Words = ()
    """Words that may follow a field or a value."""
    after_key: Words = ()
    """Words that may follow a group key."""
    after_regex: Words = ()
    """Words that may follow a regular expression."""
    formats: Words = ()
    """Words that stand in the place of a pattern."""
    refused: Refusals = field(default_factory=dict)
    instead: str = ""
    """What to write in its place, where it is deprecated or not documented."""

    @property
    def words(self) -> tuple[str, ...]:
        """Its words beside those that are reserved everywhere."""
        every = (
            *self.at_start, *self.after_operand, *self.after_key, *self.after_regex,
            *self.formats,
        )  # fmt: skip
        return tuple(each for each in every if each not in RESERVED and each not in TESTS)

    def runs_on(self, engine: Engine) -> bool:
        return engine not in self.refused


def find_command(keyword: str) -> CommandInfo | None:
    return COMMANDS.get(keyword.lower())


def info_of(command: ast.Command) -> CommandInfo:
    """The facts about a command that was read."""
    from flowtui.query import ast

    match command:
        case ast.Filter(by_index=True):
            return COMMANDS["filterindex"]
        case ast.Limit(last=True):
            return COMMANDS["tail"]
        case _:
            return _BY_NODE[type(command).__name__]


def does(command: ast.Command, role: CommandRole) -> bool:
    """Whether the command has the role, or one of several."""
    # Flags are joined by a method in Python, their numbers are not: checks ask this all the time.
    return _ROLES[type(command).__name__] & role._value_ != 0


_PAGE = "CWL_QuerySyntax-"
_MODEL: Refusals = {Engine.LOCAL: "a model of the service, and an imitation would mislead"}
_MODEL_NOT_IN_CLASS: Refusals = {**_MODEL, Engine.INFREQUENT_ACCESS: NOT_IN_CLASS}
_ROW_BY_ROW = CommandRole.KEEPS_GROUPS | CommandRole.EVENT_BY_EVENT
_EXTRACTS = CommandRole.EVENT_BY_EVENT | CommandRole.GIVES_FIELDS
_EXPRESSIONS, _FIELDS = Operands.EXPRESSIONS, Operands.FIELDS

# fmt: off
_FILTER = CommandInfo(
    "filter", ("Filter",), "filter condition", "keep what meets the condition",
    'filter action = "REJECT"', f"{_PAGE}Filter", _EXPRESSIONS,
    _ROW_BY_ROW | CommandRole.SEES_DROPPED | CommandRole.PARTS, after_operand=TESTS)
_SORT = CommandInfo(
    "sort", ("Sort",), "sort field [asc|desc], ...", "order the rows", "sort bytes desc",
    f"{_PAGE}Sort", _EXPRESSIONS,
    _ROW_BY_ROW | CommandRole.ORDERS | CommandRole.AFTER_STATS | CommandRole.SEES_DROPPED
    | CommandRole.LISTS | CommandRole.PARTS,
    at_start=("by",), after_operand=("asc", "desc"))
_LIMIT = CommandInfo(
    "limit", ("Limit",), "limit count", "at most that many rows", "limit 20", f"{_PAGE}Limit",
    Operands.NONE, CommandRole.KEEPS_GROUPS | CommandRole.ORDERS
    | CommandRole.AFTER_STATS | CommandRole.AFTER_DEDUP, at_start=("any",))
_COUNT_FREQUENT = CommandInfo(
    "countFrequent", ("CountFrequent",), "countFrequent field, ...",
    "approximate counts of values", "countFrequent srcaddr", f"{_PAGE}CountFrequent", _FIELDS,
    CommandRole.GROUPS | CommandRole.RESETS)

_TABLE = (
    CommandInfo(
        "fields", ("Fields",), "fields expr [as name], ...", "choose or compute columns",
        "fields srcaddr, bytes / 1024 as kib", f"{_PAGE}Fields", _EXPRESSIONS,
        _ROW_BY_ROW | CommandRole.CHOOSES
        | CommandRole.LISTS | CommandRole.PARTS | CommandRole.NAMES,
        after_operand=("as", *TESTS)),
    CommandInfo(
        "display", ("Display",), "display expr [as name], ...",
        "the columns to show; the last one counts", "display srcaddr, bytes", f"{_PAGE}Display",
        _EXPRESSIONS, _ROW_BY_ROW | CommandRole.CHOOSES | CommandRole.ORDERS
        | CommandRole.LISTS | CommandRole.PARTS | CommandRole.NAMES,
        after_operand=("as", *TESTS)),
    _FILTER,
    replace(
        _FILTER, name="where", nodes=(), syntax="where condition", help="the same as filter",
        example='where action = "REJECT"', page=f"{_PAGE}Where"),
    CommandInfo(
        "stats", ("Stats",), "stats aggregate [as name], ... [by key, ...]",
        "aggregate, in groups", "stats sum(bytes) as b by srcaddr", f"{_PAGE}Stats", _EXPRESSIONS,
        CommandRole.GROUPS | CommandRole.RESETS | CommandRole.EVENT_BY_EVENT
        | CommandRole.LISTS | CommandRole.PARTS | CommandRole.NAMES,
        after_operand=("as", "by"), after_key=("as", "offset")),
    _SORT,
    replace(
        _SORT, name="order", nodes=(), syntax="order field [asc|desc], ...",
        help="the same as sort", example="order by bytes desc", page=""),
    _LIMIT,
    replace(
        _LIMIT, name="head", nodes=(), syntax="head count", help="the same as limit",
        example="head 20", page="", instead="write limit"),
    replace(
        _LIMIT, name="tail", nodes=(), syntax="tail count", help="the last rows",
        example="tail 20", page="", instead="sort the other way round and write limit"),
    CommandInfo(
        "parse", ("Parse", "ParseFormat"), 'parse [field] "glob * glob" as name, ...',
        "take fields out of text", 'parse @message "* * *" as version, account, rest',
        f"{_PAGE}Parse", _EXPRESSIONS, _EXTRACTS | CommandRole.OWNS_FIELDS | CommandRole.LISTS,
        after_regex=("multi",), formats=("logfmt", "csv")),
    CommandInfo(
        "dedup", ("Dedup",), "dedup field, ...", "one row for each value; only limit may follow",
        "dedup srcaddr", f"{_PAGE}Dedup", _FIELDS,
        CommandRole.KEEPS_GROUPS | CommandRole.ORDERS | CommandRole.LISTS),
    replace(
        _FILTER, name="filterIndex", nodes=(), syntax="filterIndex field = value",
        help="filter by a field index", example='filterIndex action = "REJECT"',
        page=f"{_PAGE}FilterIndex", after_operand=("and", "in"),
        refused={Engine.INFREQUENT_ACCESS: NOT_IN_CLASS}),
    CommandInfo(
        "pattern", ("Pattern",), "pattern field", "group messages by shape", "pattern @message",
        f"{_PAGE}Pattern", _EXPRESSIONS, CommandRole.GROUPS | CommandRole.RESETS,
        refused=_MODEL_NOT_IN_CLASS),
    CommandInfo(
        "diff", ("Diff",), "diff [previousDay|previousWeek|previousMonth]",
        "compare with the time before", "pattern @message | diff", f"{_PAGE}Diff", Operands.NONE,
        CommandRole.OPENS | CommandRole.AFTER_PATTERN,
        at_start=("previousDay", "previousWeek", "previousMonth"), refused=_MODEL_NOT_IN_CLASS),
    CommandInfo(
        "anomaly", ("Anomaly",), "anomaly", "find anomalies; after pattern",
        "pattern @message | anomaly", f"{_PAGE}Anomaly", Operands.NONE,
        CommandRole.OPENS | CommandRole.AFTER_PATTERN, refused=_MODEL_NOT_IN_CLASS),
    CommandInfo(
        "unnest", ("Unnest",), "unnest list into name", "one row for each element",
        "fields jsonParse(@message) as m | unnest m into element", f"{_PAGE}Unnest", _EXPRESSIONS,
        CommandRole.EVENT_BY_EVENT, after_operand=("into",)),
    CommandInfo(
        "expand", ("Expand",), "expand field", "one row for each element of a JSON array",
        "expand action", f"{_PAGE}Expand", _FIELDS, CommandRole.EVENT_BY_EVENT),
    CommandInfo(
        "lookup", ("Lookup",), "lookup table column [as field] OUTPUT column",
        "join a lookup table", "lookup hosts address as srcaddr OUTPUT name", f"{_PAGE}Lookup",
        Operands.FIELDS_LATER, _ROW_BY_ROW, after_operand=("as", "OUTPUT", "OUTPUTNEW")),
    CommandInfo(
        "cidrlookup", ("CidrLookup",), "cidrlookup table field OUTPUT column",
        "join a table by CIDR block", "cidrlookup nets srcaddr OUTPUT site", f"{_PAGE}Cidrlookup",
        Operands.FIELDS_LATER, _ROW_BY_ROW, after_operand=("as", "OUTPUT", "OUTPUTNEW")),
    CommandInfo(
        "join", ("Join",), "join left=a right=b where a.k=b.k (query)", "join another query",
        "join left=a right=b where a.dstaddr=b.dstaddr (stats count(*) as n by dstaddr)",
        f"{_PAGE}Join", Operands.FIELDS_LATER,
        CommandRole.OPENS | CommandRole.TAKES_QUERY | CommandRole.ONCE,
        options={"type": ("inner", "left"), "left": (), "right": ()}, after_operand=("where",)),
    CommandInfo(
        "appendcols", ("AppendCols",), "appendcols (query)", "put another query's columns beside",
        "stats count(*) as n | appendcols (stats sum(bytes) as b)", f"{_PAGE}Appendcols",
        Operands.NONE, CommandRole.TAKES_QUERY, options={"override": BOOLEANS, "max": ()}),
    CommandInfo(
        "unmask", ("Unmask",), "unmask", "show masked data", "unmask", f"{_PAGE}Unmask",
        Operands.NONE, refused={
            Engine.LOCAL: NO_MASKED_DATA, Engine.INFREQUENT_ACCESS: NOT_IN_CLASS}),
    CommandInfo(
        "addtotals", ("AddTotals",), "addtotals [fieldname=name] [field, ...]", "add a total",
        "addtotals fieldname=sum bytes, packets", f"{_PAGE}Addtotals", _FIELDS,
        CommandRole.KEEPS_GROUPS, options={"fieldname": (), "row": BOOLEANS, "col": BOOLEANS}),
    CommandInfo(
        "accum", ("Accum",), "accum field [as name]", "running total", "accum bytes as total",
        f"{_PAGE}Accum", _FIELDS, CommandRole.KEEPS_GROUPS, after_operand=("as",)),
    CommandInfo(
        "autoregress", ("Autoregress",), "autoregress field [as name] [p=n]",
        "earlier values beside", "autoregress bytes p=2", f"{_PAGE}Autoregress", _FIELDS,
        CommandRole.KEEPS_GROUPS, options={"p": ()}, after_operand=("as",)),
    CommandInfo(
        "filldown", ("Filldown",), "filldown [field ...]", "fill gaps from above",
        "filldown action", f"{_PAGE}Filldown", _FIELDS, CommandRole.KEEPS_GROUPS),
    CommandInfo(
        "fillmissing", ("FillMissing",), "fillmissing [with value for field]",
        "add the missing bins", "stats count(*) as n by bin(5m) | fillmissing with 0 for n",
        f"{_PAGE}Fillmissing", Operands.FIELDS_LATER, CommandRole.KEEPS_GROUPS,
        at_start=("with",), after_operand=("for",)),
    CommandInfo(
        "outlier", ("Outlier",), "outlier field ...", "mark or remove outliers",
        "outlier action=remove bytes", f"{_PAGE}Outlier", _FIELDS,
        CommandRole.KEEPS_GROUPS | CommandRole.OPENS,
        options={"action": ("transform", "remove"), "param": (), "uselower": BOOLEANS,
                 "mark": BOOLEANS}),
    CommandInfo(
        "sessionize", ("Sessionize",), "sessionize field, ... [maxspan period]",
        "group events into sessions", "sessionize srcaddr maxspan 10m", f"{_PAGE}Sessionize",
        _FIELDS, after_operand=("maxspan", "as")),
    _COUNT_FREQUENT,
    replace(
        _COUNT_FREQUENT, name="count_frequent", nodes=(), syntax="count_frequent field, ...",
        help="the same as countFrequent", example="count_frequent srcaddr"),
    CommandInfo(
        "logcompare", ("LogCompare",), "logcompare timeshift period", "compare with another time",
        "logcompare timeshift 7d", f"{_PAGE}Logcompare", Operands.NONE, CommandRole.OPENS,
        at_start=("timeshift",), refused=_MODEL),
    CommandInfo(
        "relevantfields", ("RelevantFields",), "relevantfields where condition",
        "fields that set events apart", 'relevantfields where action = "REJECT"',
        f"{_PAGE}RelevantFields", _EXPRESSIONS, CommandRole.RESETS,
        at_start=("where",), after_operand=("where", *TESTS), refused=_MODEL),
    CommandInfo(
        "estimate", ("Estimate",), "estimate", "the bytes that the query would scan",
        'filter action = "REJECT" | estimate', f"{_PAGE}Estimate", Operands.NONE,
        CommandRole.RESETS | CommandRole.LAST | CommandRole.AFTER_DEDUP),
    CommandInfo(
        "json", ("JsonField",), 'json field=name "path" as name', "take a value out of JSON",
        'json field=@message "user.id" as user', f"{_PAGE}Parse", Operands.FIELDS_LATER, _EXTRACTS,
        options={"field": None}, after_operand=("as",)),
    CommandInfo(
        "source", ("Source",), "SOURCE logGroups(...)", "choose log groups in the query",
        "SOURCE logGroups() START=-1h END=0s | limit 20", f"{_PAGE}Source", Operands.NONE,
        _EXTRACTS | CommandRole.AT_FRONT | CommandRole.OWNS_FIELDS,
        options={"start": (), "end": ()}),
    CommandInfo(
        "search", (), "search", "undocumented", "search error", "", Operands.NONE,
        refused={Engine.LOCAL: "its syntax is not documented"},
        instead="write filter @message like /.../"),
)
# fmt: on

COMMANDS: Mapping[str, CommandInfo] = {info.name.lower(): info for info in _TABLE}

SAVED_CALL = CommandInfo(
    "$", ("SavedCall",), "$Name(parameter=value)", "a saved query", "$Top()",
    "CWL_Insights-Saving-Queries", Operands.NONE,
    CommandRole.OPENS | CommandRole.GIVES_FIELDS | CommandRole.OWNS_FIELDS,
)  # fmt: skip
UNREAD = CommandInfo(
    "", ("Other",), "", "a command that can't be read", "", "", _EXPRESSIONS, CommandRole.OPENS
)

_BY_NODE: Mapping[str, CommandInfo] = {
    node: info for info in (*_TABLE, SAVED_CALL, UNREAD) for node in info.nodes
}
_ROLES: Mapping[str, int] = {node: info.roles.value for node, info in _BY_NODE.items()}

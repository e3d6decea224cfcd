"""Which log groups a query reads (1.5), and columns from elsewhere: lookups and joins (1.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from ipaddress import ip_network

from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from tests.oracle import times
from tests.oracle.expressions import Context, Row, value
from tests.oracle.functions import address
from tests.oracle.state import Rows
from tests.oracle.values import Value, is_equal, plain_text

LookupTable = Sequence[Mapping[str, str]]
Nested = Callable[[ast.Pipeline], Rows]


def selected(sources: Sequence[ast.Source], known: Sequence[str]) -> list[str]:
    """Names add up; `logGroups()` is all, `namePrefix` those that begin so."""
    found: list[str] = []
    for item in (item for source in sources for item in source.items):
        match item:
            case ast.LogGroupName(name):
                found.append(name)
            case ast.LogGroups(choices):
                prefixes = [
                    plain.value
                    for choice in choices
                    for plain in choice.values
                    if choice.name == "namePrefix" and isinstance(plain, ast.String)
                ]
                found += [n for n in known if not choices or n.startswith(tuple(prefixes))]
    return list(dict.fromkeys(found))


def window(sources: Sequence[ast.Source], outer: TimeRange, now: datetime) -> TimeRange:
    """`start=-1d end=now`; what is left out is the query's."""
    start = next((moment(source.start, now) for source in sources if source.start), outer.start)
    end = next((moment(source.end, now) for source in sources if source.end), outer.end)
    return TimeRange(start, end)


def moment(expr: ast.Moment, now: datetime) -> datetime:
    match expr:
        case ast.Unary("-", ast.Period() as period):
            return now - times.length_of(period)
        case _:
            return now


def lookup(
    command: ast.Lookup, state: Rows, context: Context, tables: Mapping[str, LookupTable]
) -> None:
    """All of the matches must hold, to the letter; the first line counts (ours, `lookups.py`)."""

    def line_of(row: Row) -> Mapping[str, str]:
        wanted = {m.column: plain_text(value(m.field, row, context)) for m in command.matches}
        fitting = (
            line
            for line in tables[command.table]
            if all(found and line[column] == found for column, found in wanted.items())
        )
        return next(fitting, {})

    put_beside(state, command.outputs, line_of, is_new=command.only_new)


def cidr_lookup(
    command: ast.CidrLookup, state: Rows, context: Context, tables: Mapping[str, LookupTable]
) -> None:
    """The longest prefix wins (ours, `lookups.py`)."""

    def line_of(row: Row) -> Mapping[str, str]:
        found = address(value(command.field, row, context))
        fitting = []
        for line in tables[command.table]:
            block = ip_network(line[command.column or "cidr"], strict=False)
            if found is not None and found.version == block.version and found in block:
                fitting.append((block.prefixlen, line))
        return max(fitting, key=lambda pair: pair[0], default=(0, {}))[1]

    put_beside(state, command.outputs, line_of, is_new=command.only_new)


def put_beside(
    state: Rows,
    outputs: Sequence[ast.LookupOutput],
    line_of: Callable[[Row], Mapping[str, str]],
    *,
    is_new: bool,
) -> None:
    """OUTPUT overwrites, OUTPUTNEW fills what is missing or empty; an empty cell is missing."""
    lines = [line_of(row) for row in state.rows]
    columns: dict[str, list[Value]] = {}
    for output in outputs:
        columns[output.name] = [
            row.fields.get(output.name)
            if is_new and row.fields.get(output.name) not in (None, "")
            else line.get(output.column) or None
            for row, line in zip(state.rows, lines, strict=True)
        ]
    for name, found in columns.items():
        state.add(name, found)


def join(command: ast.Join, state: Rows, right: Rows) -> None:
    """Rows with equal keys; `a.x` and `b.x` name the sides, a bare name the left one (ours)."""
    left_key, right_key = (
        next(key.name[len(side) + 1 :] for key in (command.left_key, command.right_key)
             if key.name.startswith(f"{side}."))
        for side in (command.left, command.right)
    )  # fmt: skip
    for index, row in enumerate(right.rows, 1):
        row.fields.setdefault("@ptr", f"{index:012}")
    others = sorted(right.rows, key=lambda row: str(row.fields["@ptr"]))
    rows = []
    for row in state.rows:
        own = row.fields.get(left_key)
        fitting = [other for other in others if is_equal(own, other.fields.get(right_key))]
        if command.kind == "left":
            rows += [_pair(command, row, other) for other in fitting or [Row({})]]
        else:
            rows += [_pair(command, row, other) for other in fitting]
    state.rows = rows
    names = [name for name in right.leaving() if name != "@ptr"]
    state.joined = [f"{command.right}.{name}" for name in names]


def _pair(command: ast.Join, left: Row, right: Row) -> Row:
    found = left.copy()
    found.fields = {
        **right.fields,
        **left.fields,
        **{f"{command.left}.{name}": one for name, one in left.fields.items()},
        **{f"{command.right}.{name}": one for name, one in right.fields.items()},
    }
    pointers = [str(row.fields["@ptr"]) for row in (left, right) if "@ptr" in row.fields]
    found.fields["@ptr"] = "-".join(pointers)
    return found


def append_columns(command: ast.AppendCols, state: Rows, right: Rows) -> None:
    """Row beside row; the rows here decide how many there are (ours, `joins.py`)."""
    existing = state.leaving()
    for name in right.leaving():
        if name == "@ptr" or (name in existing and not command.override):
            continue
        beside = [right.cell(row, name) for row in right.rows[: command.max or 10_000]]
        here = [state.cell(row, name) if name in existing else None for row in state.rows]
        state.add(name, [*beside, *here[len(beside) :]][: len(here)])

"""`outlier`: values far above or below the others, by their quartiles (LANGUAGE.md 1.4)."""

from __future__ import annotations

from flowtui.model.frozen import frozen
from flowtui.query import ast
from flowtui.query.catalogue.column_names import OUTLIER_MARK
from flowtui.sql import comparison
from flowtui.sql.commands.rows import Rows, RowStep, selected
from flowtui.sql.value import Value, ValueKind, Values

_PARAM = 2.5
"""How many times the distance of the quartiles an outlier lies outside of them."""


@frozen
class _Fence:
    """A field and SQL of the bounds that it should not pass."""

    value: Value
    upper: str
    lower: str
    """Empty where small values are no outliers."""

    @property
    def is_above(self) -> str:
        return f"{self.value.double} > {self.upper}"

    @property
    def is_below(self) -> str:
        return f"{self.value.double} < {self.lower}" if self.lower else "FALSE"

    def clamped(self, values: Values) -> Value:
        """The value, or the bound that it passes."""
        number = f"CASE WHEN {self.is_above} THEN {self.upper}"
        number += f" WHEN {self.is_below} THEN {self.lower or 'NULL'} ELSE {self.value.double} END"
        if self.value.kind is not ValueKind.TEXT:
            return values.number(number)
        outside = values.dialect.conditions.met(f"{self.is_above} OR {self.is_below}")
        bound = values.number(number).text
        text = f"CASE WHEN {outside} THEN {bound} ELSE {self.value.text} END"
        return values.text(text, number, is_rounded=True)


def outlier(command: ast.Outlier, rows: Rows) -> RowStep:
    """Clamp what lies outside of the quartiles by `param` times their distance, or drop its rows.

    The quartiles are those of `pct`: values that are there (2.8). What is no number is no outlier.
    `mark` adds one column, which is 1 where a field of the row is an outlier: with action=remove
    it is 0 in every row that stays (ours: the docs name neither the column nor this case).
    """
    source, fences = _fenced(command, rows)
    outside = " OR ".join(f"{fence.is_above} OR {fence.is_below}" for fence in fences)
    listed = ["*"]
    added: dict[str, Value] = {}
    replaced: dict[str, Value] = {}
    if command.mark:
        column = rows.new_column()
        listed.append(f"{rows.dialect.conditions.number(outside)} AS {column}")
        added[OUTLIER_MARK] = rows.values.integer(column)
    if command.action == "remove":
        kept = comparison.negation(outside, rows.dialect)
        return RowStep(f"(SELECT {', '.join(listed)} FROM {source} WHERE {kept})", added)
    for field, fence in zip(command.fields, fences, strict=True):
        clamped, column = fence.clamped(rows.values), rows.new_column()
        listed += selected(clamped, column)
        replaced[field.name] = rows.values.column(clamped, column)
    return RowStep(f"(SELECT {', '.join(listed)} FROM {source})", added, replaced)


def _fenced(command: ast.Outlier, rows: Rows) -> tuple[str, list[_Fence]]:
    """The rows with the quartiles of each field beside, and the bounds that follow."""
    all_rows, quartiles = rows.new_column(), rows.new_column()
    param = comparison.read_number(command.param.text) if command.param else None
    factor = rows.parameters.add(float(_PARAM if param is None else param))
    computed: list[str] = []
    fences: list[_Fence] = []
    for field in command.fields:
        value, column = rows.value(field, "outlier"), rows.new_column()
        computed.append(f"{rows.dialect.aggregates.quartiles(value.double)} AS {column}")
        first, third = (rows.dialect.lists.item(column, index) for index in (1, 2))
        reach = f"{factor} * ({third} - {first})"
        lower = f"({first} - {reach})" if command.uselower else ""
        fences.append(_Fence(value, f"({third} + {reach})", lower))
    source = (
        f"(WITH {all_rows} AS (SELECT * FROM {rows.source}) SELECT * FROM {all_rows}"
        f" CROSS JOIN (SELECT {', '.join(computed)} FROM {all_rows}) AS {quartiles})"
    )
    return source, fences

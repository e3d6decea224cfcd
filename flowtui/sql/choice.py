"""A value that is chosen row by row: `case`, `coalesce`, columns that fill in for others."""

from __future__ import annotations

from collections.abc import Sequence

from flowtui.sql import structures
from flowtui.sql.value import MISSING, Value, ValueKind, Values


def choose(conditions: Sequence[str], choices: Sequence[Value], values: Values) -> Value:
    """The choice of the first condition that is met; the last choice is for none of them."""

    def case(parts: list[str]) -> str:
        whens = (f"WHEN {c} THEN {p}" for c, p in zip(conditions, parts, strict=False))
        return f"CASE {' '.join(whens)} ELSE {parts[-1]} END" if conditions else parts[-1]

    made = [choice for choice in choices if choice is not MISSING]
    if not made:
        return MISSING
    is_exact = all(choice.is_exact for choice in made)
    # A missing number is a DOUBLE, which would turn the others into such, and times into numbers.
    number = case(["NULL" if choice is MISSING else choice.number for choice in choices])
    kinds = {choice.kind for choice in made}
    match kinds:
        case _ if kinds == {ValueKind.NUMBER}:
            return values.computed(number, is_exact=is_exact)
        case _ if kinds == {ValueKind.TIMESTAMP}:
            return values.timestamp(number)
        case _ if ValueKind.JSON in kinds:
            json = case([structures.as_json(choice, values.dialect) for choice in choices])
            # A map or a list for sure only if each choice is one.
            is_structure = all(choice.is_structure for choice in made)
            return values.structure(json, made[0].origin) if is_structure else values.part(json)
        case _:
            texts = case([choice.text for choice in choices])
            is_rounded = any(map(_is_rounded, made))
            return values.text(texts, number, is_exact=is_exact, is_rounded=is_rounded)


def _is_rounded(choice: Value) -> bool:
    return choice.is_rounded or (choice.kind is ValueKind.NUMBER and not choice.is_exact)

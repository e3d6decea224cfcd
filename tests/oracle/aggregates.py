"""The aggregates of `stats` (2.8 to 2.10): from the values of a group to one (3.2 for none)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from tests.oracle.values import Number, Timestamp, Value, natural_key, number, text

Aggregate = Callable[[Sequence[Value]], Value]


def scalar(value: Value) -> Value:
    """2.4: stats, sort and dedup take no maps and lists."""
    return None if isinstance(value, dict | list) else value


def present(values: Sequence[Value]) -> list[Value]:
    return [value for value in values if value is not None]


def numbers(values: Sequence[Value]) -> list[Number]:
    """What is missing or no number, such as `-`, is skipped (3.2)."""
    return [found for value in values if (found := number(value)) is not None]


def total(values: Sequence[Value]) -> Value:
    """8.1: exact for integers; of nothing it is missing (3.2)."""
    found = numbers(values)
    if not found:
        return None
    if all(isinstance(one, int) for one in found):
        return sum(found)
    return math.fsum(found)


def mean(values: Sequence[Value]) -> Value:
    found = numbers(values)
    return float(sum(map(Fraction, found)) / len(found)) if found else None


def variance(values: Sequence[Value]) -> float | None:
    """Of the population (2.8)."""
    found = [Fraction(one) for one in numbers(values)]
    if not found:
        return None
    middle = sum(found) / len(found)
    return float(sum((one - middle) ** 2 for one in found) / len(found))


def deviation(values: Sequence[Value]) -> Value:
    found = variance(values)
    return None if found is None else math.sqrt(found)


def percentile(values: Sequence[Value], percent: float) -> Value:
    """A value of the data, by nearest rank (2.8); of nothing it is 0 (3.2)."""
    found = sorted(numbers(values))
    rank = math.ceil(Fraction(percent) * len(found) / 100)
    return found[max(rank, 1) - 1] if found else 0


def smallest(values: Sequence[Value]) -> Value:
    """By number; where there is none, the text that sorts first (ours, `aggregates.py`)."""
    found = numbers(values)
    return min(found) if found else min(present(values), key=natural_key, default=None)


def largest(values: Sequence[Value]) -> Value:
    found = numbers(values)
    return max(found) if found else max(present(values), key=natural_key, default=None)


def as_number(value: Value) -> Value:
    """2.9: a moment comes out as epoch milliseconds."""
    return value.ms if isinstance(value, Timestamp) else value


def sorts_first(values: Sequence[Value]) -> Value:
    return as_number(min(present(values), key=natural_key, default=None))


def sorts_last(values: Sequence[Value]) -> Value:
    return as_number(max(present(values), key=natural_key, default=None))


def distinct(values: Sequence[Value]) -> Value:
    """A list (8.6), of texts in alphabetical order (ours, `aggregates.py`)."""
    found = {text(value) or "" for value in present(values)}
    return [*sorted(found)] or None


def frequent(values: Sequence[Value], count: int) -> Value:
    """`topk`: the most frequent first, equals by their text (ours, `aggregates.py`)."""
    counts = Counter(text(value) or "" for value in present(values))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return [*ranked[:count]] or None


def count_distinct(values: Sequence[Value]) -> Value:
    return len({identity(value) for value in present(values)})


def identity(value: Value) -> object:
    """Two values are one where they are written alike, or are the same computed number."""
    return value if isinstance(value, int | float) else text(value)


def earliest(timed: Sequence[tuple[Value, Value]]) -> Value:
    """2.9: of the events that have the field and a time; of one moment, the first loaded."""
    found = [(number(time), value) for time, value in timed if None not in (time, value)]
    return as_number(min(found, key=lambda pair: pair[0] or 0)[1]) if found else None


def latest(timed: Sequence[tuple[Value, Value]]) -> Value:
    """Of one moment, the last loaded."""
    return earliest([(-(number(time) or 0), v) for time, v in reversed(timed) if time is not None])


AGGREGATES: Mapping[str, Aggregate] = {
    "count": lambda values: len(present(values)),
    "countovertime": lambda values: len(present(values)),  # 2.10: identical to count
    "countdistinct": count_distinct,
    "sum": total,
    "sumovertime": total,
    "avg": mean,
    "min": smallest,
    "max": largest,
    "stddev": deviation,
    "variance": variance,
    "sortsfirst": sorts_first,
    "sortslast": sorts_last,
    "values": distinct,
}
"""By canonical name; those that need more than the values are in `grouping`."""

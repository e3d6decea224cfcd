"""Amounts over equal steps of time, in bands whose sum is the whole, and what is known of gaps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from enum import Enum, IntEnum, auto
from typing import NamedTuple, TypeVar

from flowtui.model.frozen import frozen

T = TypeVar("T")

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000

STEPS = (
    *(seconds * SECOND for seconds in (1, 5, 10, 30)),
    *(minutes * MINUTE for minutes in (1, 5, 10, 15, 30)),
    *(hours * HOUR for hours in (1, 3, 6)),
    DAY,
)
"""The lengths of a bar, in milliseconds, that people can add up in their heads."""

OTHER = "other"
"""The band of all values that have none of their own."""


class Side(Enum):
    """Which way the traffic of a band went, as its interface saw it."""

    IN = "ingress"
    OUT = "egress"
    UNKNOWN = ""


class Cover(IntEnum):
    """What was recorded in a step, whatever the query has kept of it; of several the highest."""

    NOTHING = auto()
    """No record at all: nobody knows what went on."""
    NODATA = auto()
    """The records say that there was no traffic."""
    RECORDED = auto()
    SKIPPED = auto()
    """Some records were lost: the amount is a lower bound (SKIPDATA)."""


@frozen
class Band:
    """One value of the column that a series is split by, and its amounts."""

    name: str
    values: tuple[float, ...]
    side: Side = Side.UNKNOWN


@frozen
class Figures:
    """The amounts of the steps that have records, in five numbers."""

    least: float
    mean: float
    most: float
    percentile: float
    """95 % of the steps have at most so much."""
    total: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Figures:
        ranked = sorted(values) or [0.0]
        total = math.fsum(ranked)
        rank = max(1, math.ceil(0.95 * len(ranked)))
        return cls(ranked[0], total / len(ranked), ranked[-1], ranked[rank - 1], total)


@frozen
class Series:
    """Values over equal steps; a step without data is zero."""

    start_ms: int
    step_ms: int
    values: tuple[float, ...]
    name: str
    is_bytes: bool = False
    bands: tuple[Band, ...] = ()
    """The parts of the values, the largest first; none where they are not split."""
    cover: tuple[Cover, ...] = ()
    """One for each step; none where that is not known."""
    is_additive: bool = True
    """Whether the amount of two steps is the sum of theirs; else it is the higher one."""
    note: str = ""
    """How it was counted: `each flow once`."""

    @property
    def end_ms(self) -> int:
        """The first millisecond after the last step."""
        return self.start_ms + self.step_ms * len(self.values)

    @property
    def label(self) -> str:
        """`bytes/5m`."""
        return f"{self.name}/{step_name(self.step_ms)}"

    @property
    def peak(self) -> float:
        return max(self.values, default=0)

    @property
    def peak_ms(self) -> int:
        """Where the first of the highest steps begins."""
        return self.start_ms + self.step_ms * self.values.index(self.peak)

    @property
    def names(self) -> tuple[str, ...]:
        """Those of the bands, each once."""
        return tuple(dict.fromkeys(band.name for band in self.bands))

    @property
    def sides(self) -> frozenset[Side]:
        return frozenset(band.side for band in self.bands)

    @property
    def recorded(self) -> tuple[int, int] | None:
        """The first step that has records, and the one after the last; None where there are none.

        Where nothing is known of gaps an amount tells that there were some.
        """
        known = [index for index, value in enumerate(self.values) if value or self.covers(index)]
        return (known[0], known[-1] + 1) if known else None

    def covers(self, index: int) -> bool:
        """Whether records of a step are known to be there."""
        return bool(self.cover) and self.cover[index] is not Cover.NOTHING

    def figures(self, values: Sequence[float] | None = None) -> Figures:
        """Of all amounts, or of those of a band. A gap is no zero, and does not count."""
        span = self.recorded or (0, 0)
        return Figures.of(
            [
                value
                for index, value in enumerate(self.values if values is None else values)
                if span[0] <= index < span[1]
                and (value or not self.cover or self.cover[index] is not Cover.NOTHING)
            ]
        )

    def covered(self, cover: tuple[Cover, ...]) -> Series:
        """With what is known of gaps."""
        return replace(self, cover=cover)

    def by_name(self) -> tuple[Band, ...]:
        """The bands without their sides; the whole as one band where there are none."""
        return _merged(self.bands, lambda band: (band.name, Side.UNKNOWN)) or (
            Band(self.name, self.values),
        )

    def on(self, side: Side) -> Series:
        """The part of it that went that way."""
        bands = tuple(band for band in self.bands if band.side is side)
        return replace(self, bands=bands, values=_sums(bands, len(self.values)))

    def top(self, most: int) -> Series:
        """With so many names at most, the rest of them together as other."""
        kept = [name for name in self.names if name != OTHER][:most]

        def named(band: Band) -> tuple[str, Side]:
            return (band.name if band.name in kept else OTHER, band.side)

        return replace(self, bands=_ordered(_merged(self.bands, named)))

    def folded(self, step_ms: int, offset_ms: int = 0) -> Series:
        """In longer steps, a multiple of these; days begin `offset_ms` before those of UTC."""
        if step_ms == self.step_ms:
            return self
        anchor = -offset_ms if self.start_ms % self.step_ms == 0 else self.start_ms
        start = (self.start_ms - anchor) // step_ms * step_ms + anchor
        places = [
            (self.start_ms + index * self.step_ms - start) // step_ms
            for index in range(len(self.values))
        ]
        count = places[-1] + 1 if places else 0
        add = math.fsum if self.is_additive else max

        def fold(values: tuple[float, ...]) -> tuple[float, ...]:
            return tuple(add(part) for part in _grouped(values, places, count))

        return replace(
            self,
            start_ms=start,
            step_ms=step_ms,
            values=fold(self.values),
            bands=tuple(replace(band, values=fold(band.values)) for band in self.bands),
            cover=tuple(max(part) for part in _grouped(self.cover, places, count)),
        )

    def fitted(self, most: int, offset_ms: int = 0) -> Series:
        """In the shortest steps of which at most so many cover it."""
        offset = offset_ms if offset_ms % self.step_ms == 0 else 0
        for step in self._longer():
            if self.step_ms * len(self.values) <= most * step:
                folded = self.folded(step, offset)
                if len(folded.values) <= most:
                    return folded
        return self

    def _longer(self) -> Iterator[int]:
        """Steps that these can be folded into, each longer than the one before."""
        is_nice = self.step_ms in STEPS
        yield from (step for step in STEPS if is_nice and step % self.step_ms == 0)
        unit = DAY if is_nice else self.step_ms
        yield from (unit * factor for factor in range(1, len(self.values) + 2))


class Point(NamedTuple):
    """An amount of one value of the column that a series is split by."""

    moment: int
    """Epoch milliseconds."""
    amount: float
    value: str = ""
    side: Side = Side.UNKNOWN


Axis = tuple[int, int, int]
"""Where the first step begins, how long the steps are, and how many."""


def banded(steps: Axis, points: Iterable[Point], name: str, most: int, *, is_bytes: bool) -> Series:
    """The points added up over steps; those of a moment outside count at the nearest one.

    Of the values the `most` largest get bands of their own.
    """
    start_ms, step_ms, count = steps
    found: dict[tuple[str, Side], list[float]] = {}
    for moment, amount, value, side in points:
        place = max(0, min(count - 1, (moment - start_ms) // step_ms))
        band = found.get((value, side))
        if band is None:
            band = found[value, side] = [0.0] * count
        band[place] += amount
    has_any = any(any(amounts) for amounts in found.values())
    bands = tuple(
        Band(value, tuple(amounts), side)
        for (value, side), amounts in found.items()
        if any(amounts) or not has_any
    )
    is_split = any(band.name or band.side is not Side.UNKNOWN for band in bands)
    whole = Series(start_ms, step_ms, _sums(bands, count), name, is_bytes)
    return replace(whole, bands=_ordered(bands)).top(most) if is_split else whole


def axis(first_ms: int, end_ms: int, most: int, least_ms: int = MINUTE) -> Axis:
    """Start, step and number of the steps that cover a span, at most about `most` of them."""
    step = next(
        (step for step in STEPS if step >= least_ms and (end_ms - first_ms) // step < most),
        math.ceil((end_ms - first_ms + DAY) / most / DAY) * DAY,
    )
    start = first_ms // step * step
    return start, step, max(1, -(-(end_ms - start) // step))


def step_name(step_ms: int) -> str:
    """`1m`, `6h`, `1d`."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND)):
        if step_ms % size == 0:
            return f"{step_ms // size}{unit}"
    return f"{step_ms}ms"


def _sums(bands: Sequence[Band], count: int) -> tuple[float, ...]:
    columns = zip(*(band.values for band in bands), strict=True)
    return tuple(map(math.fsum, columns)) if bands else (0.0,) * count


def _merged(bands: Sequence[Band], key: Callable[[Band], tuple[str, Side]]) -> tuple[Band, ...]:
    groups: dict[tuple[str, Side], list[Band]] = {}
    for band in bands:
        groups.setdefault(key(band), []).append(band)
    return tuple(
        Band(name, _sums(group, len(group[0].values)), side)
        for (name, side), group in groups.items()
    )


def _ordered(bands: Sequence[Band]) -> tuple[Band, ...]:
    """The name with the largest sum first; other comes last."""
    sums: dict[str, float] = {}
    for band in bands:
        sums[band.name] = sums.get(band.name, 0.0) + math.fsum(band.values)
    return tuple(
        sorted(bands, key=lambda b: (b.name == OTHER, -sums[b.name], b.name, b.side.value))
    )


def _grouped(values: Sequence[T], places: Sequence[int], count: int) -> list[list[T]]:
    groups: list[list[T]] = [[] for _ in range(count if values else 0)]
    for value, place in zip(values, places, strict=bool(values)):
        groups[place].append(value)
    return groups

"""Pieces of an object, beside the same as sets of bytes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from flowtui.backends.s3.ranges import Ranges
from tests.property.laws import searched

RANGES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=5)


def bytes_of(ranges: Ranges) -> set[int]:
    return {at for start, end in ranges for at in range(start, end)}


def is_normal(ranges: Ranges) -> bool:
    """In their order, apart and none of them empty."""
    flat = [at for each in ranges for at in each]
    return all(one < two for one, two in pairwise(flat))


@searched(50, ci=50)
@given(RANGES, RANGES)
def test_they_are_sets_of_bytes(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    one, two = Ranges.of(first), Ranges.of(second)
    assert bytes_of(one | two) == bytes_of(one) | bytes_of(two)
    assert bytes_of(one - two) == bytes_of(one) - bytes_of(two)
    assert one.size == len(bytes_of(one))
    assert all(map(is_normal, (one, one | two, one - two)))


@searched(50, ci=50)
@given(RANGES, st.integers(0, 10))
def test_a_gap_is_bridged_up_to_its_size(ranges: list[tuple[int, int]], gap: int) -> None:
    plain, bridged = Ranges.of(ranges), Ranges.of(ranges, gap)
    assert bytes_of(plain) <= bytes_of(bridged)
    each = bridged.each
    assert all(two[0] - one[1] > gap for one, two in pairwise(each))
    assert {s for s, _ in each} <= {s for s, _ in plain}

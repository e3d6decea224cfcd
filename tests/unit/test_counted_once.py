from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.counted_once import Captured, CapturePoint, counting_points

SENDER, RECEIVER = CapturePoint("eni-a", "egress"), CapturePoint("eni-b", "ingress")


def test_of_both_ends_the_sender_counts() -> None:
    seen = [Captured("flow", RECEIVER, 10), Captured("flow", SENDER, 10)]
    assert counting_points(seen) == {"flow": SENDER}


def test_where_records_were_lost_the_other_end_counts() -> None:
    seen = [Captured("flow", SENDER, 4), Captured("flow", RECEIVER, 5), Captured("flow", SENDER, 0)]
    assert counting_points(seen) == {"flow": RECEIVER}


def test_what_was_sent_and_refused_is_refused() -> None:
    seen = [Captured("flow", SENDER, 10), Captured("flow", RECEIVER, 10, is_rejected=True)]
    assert counting_points(seen) == {"flow": RECEIVER}


captured = st.builds(
    Captured,
    st.sampled_from("ab"),
    st.builds(CapturePoint, st.sampled_from("123"), st.sampled_from(["egress", "ingress", ""])),
    st.integers(0, 9).map(float),
    st.booleans(),
)


@given(st.lists(captured), st.randoms())
def test_each_flow_counts_at_one_point_whatever_the_order(
    seen: list[Captured], random: object
) -> None:
    found = counting_points(seen)
    assert found.keys() == {each.flow for each in seen}
    assert all((each, found[each]) in {(c.flow, c.point) for c in seen} for each in found)
    shuffled = sorted(seen, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert counting_points(shuffled) == found

"""Which records of a flow count, where more than one interface has recorded it.

The sender's interface records a flow as egress, the receiver's as ingress, and a NAT gateway's in
between as both: to add them up counts it several times (flowlogs.md 1.6).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from flowtui.model.frozen import frozen


@frozen
class CapturePoint:
    """Where a flow was recorded; what the records do not say is empty."""

    interface: str
    direction: str


@frozen
class Captured:
    """How much of a flow was recorded at one point."""

    flow: Hashable
    """What tells it from others: the addresses of its packets, at least."""
    point: CapturePoint
    amount: float
    is_rejected: bool = False


def counting_points(captured: Iterable[Captured]) -> Mapping[Hashable, CapturePoint]:
    """Of each flow the one point whose records count.

    It is the one that has seen most, for records may be lost but not made up; of several one that
    has rejected some of it, for what another has sent and let through did not arrive; then the
    sender's.
    """
    seen: dict[Hashable, dict[CapturePoint, tuple[bool, float]]] = {}
    for each in captured:
        points = seen.setdefault(each.flow, {})
        was_rejected, amount = points.get(each.point, (False, 0.0))
        points[each.point] = (was_rejected or each.is_rejected, amount + each.amount)
    return {flow: min(points, key=lambda p: _rank(p, *points[p])) for flow, points in seen.items()}


def _rank(
    point: CapturePoint, is_rejected: bool, amount: float
) -> tuple[float, bool, bool, str, str]:
    is_sender = point.direction == "egress"
    return -amount, not is_rejected, not is_sender, point.interface, point.direction

"""Facts: further columns for the rows of an aggregate, of what its rows say together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network

from flowtui.model.errors import BackendError
from flowtui.model.run import ResultSet

_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
                     "169.254.0.0/16", "fc00::/7", "fe80::/10"))
)  # fmt: skip


@lru_cache(maxsize=200_000)
def is_private(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed.version == net.version and parsed in net for net in _PRIVATE)


def number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def whole(results: ResultSet, names: Sequence[str]) -> ResultSet:
    """The result, which has these columns; raises `BackendError` where rows lack one.

    A service gives no columns without rows.
    """
    lacking = [name for name in names if name not in results.columns]
    if not results.rows:
        return ResultSet((*results.columns, *lacking), ())
    if lacking:
        raise BackendError(
            f"these rows have no {lacking[0]}, which the rules read; ask for findings anew with !"
        )
    return results


def extended(results: ResultSet, names: Sequence[str], rows: Iterable[Sequence[str]]) -> ResultSet:
    """The result with these columns more."""
    joined = (row + tuple(more) for row, more in zip(results.rows, rows, strict=True))
    return ResultSet((*results.columns, *names), tuple(joined), results.keys)

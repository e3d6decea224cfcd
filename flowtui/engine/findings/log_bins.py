"""The health of the log, ten minutes of an interface by ten: gaps and lateness as columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from statistics import median

from flowtui.engine.findings.facts import extended, number, whole
from flowtui.model.run import ResultSet

BIN_SECONDS = 600
_DENSE = 20
"""Records in ten minutes from which on none at all is a gap."""


def log_bins(results: ResultSet) -> ResultSet:
    """With what stands out among the ten minutes of an interface."""
    results = whole(results, ("interface_id", "at", "records", "late", "first", "last"))
    index = {name: place for place, name in enumerate(results.columns)}
    moments = [_seconds(row[index["at"]]) for row in results.rows]
    late = [number(row[index["late"]]) for row in results.rows]
    usual = int(median(late)) if late else 0
    edges = _gaps(results, index, moments)
    rows = []
    for place, moment in enumerate(moments):
        scope, minutes, before, after, around = edges.get(place, ("-", 0, 0, 0, "-"))
        rows.append((
            str(moment), str(usual), str(int(place in edges)), scope, str(minutes), str(before),
            str(after), around,
        ))  # fmt: skip
    names = ("at_second", "usual_late", "is_edge", "scope", "gap_minutes", "before", "after",
             "around")  # fmt: skip
    return extended(results, names, rows)


Gap = tuple[str, int, int, int, str]


def _gaps(results: ResultSet, index: Mapping[str, int], moments: list[int]) -> dict[int, Gap]:
    """The rows after a gap; one that all interfaces have is told once."""
    by_interface: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(results.rows):
        by_interface[row[index["interface_id"]] or ""].append(place)
    everywhere = sorted(set(moments))
    holes = {
        (one, other) for one, other in pairwise(everywhere)
        if other - one > BIN_SECONDS
    }  # fmt: skip
    total = sum(number(row[index["records"]]) for row in results.rows)
    is_dense = total >= _DENSE * max(1, len(everywhere))
    found: dict[int, Gap] = {}
    told: set[tuple[int, int]] = set()
    for interface, places in by_interface.items():
        places.sort(key=lambda place: moments[place])
        is_steady = _is_steady([number(results.rows[p][index["records"]]) for p in places])
        missing = (moments[places[-1]] - moments[places[0]]) // BIN_SECONDS + 1 - len(places)
        if not is_steady and not is_dense:
            continue
        for one, other in pairwise(places):
            hole = moments[one], moments[other]
            minutes = (hole[1] - hole[0]) // 60 - 10
            if minutes <= 0 or hole in told:
                continue
            is_common = hole in holes
            is_only = missing - minutes // 10 <= len(places) // 10
            if not is_common and not (is_steady and is_only and not _has_one(hole, holes)):
                continue
            before = int(number(results.rows[one][index["last"]]))
            after = int(number(results.rows[other][index["first"]]))
            around = f"start >= {hole[0]} and start < {hole[1] + BIN_SECONDS}"
            if not is_common:
                around = f'interface_id = "{interface}" and {around}'
            scope = "all interfaces" if is_common else interface
            found[other] = scope, minutes, before, after, around
            told.add(hole) if is_common else None
    return found


def _is_steady(records: list[float]) -> bool:
    """Whether an interface nearly always has many records in ten minutes."""
    return len(records) >= 3 and sorted(records)[len(records) // 10] >= _DENSE


def _has_one(hole: tuple[int, int], holes: set[tuple[int, int]]) -> bool:
    return any(hole[0] <= begin and end <= hole[1] for begin, end in holes)


def _seconds(text: str | None) -> int:
    return int(datetime.fromisoformat(f"{text or '1970-01-01 00:00:00.000'}+00:00").timestamp())

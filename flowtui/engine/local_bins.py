"""Bins by the clock on a wall, which `bin()` does not know: `formatDate` in a zone."""

from __future__ import annotations

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flowtui.engine.series import DAY, HOUR, MINUTE
from flowtui.model.frozen import frozen
from flowtui.model.timerange import from_ms
from flowtui.query import ast
from flowtui.query.catalogue import canonical

FORMATS = {
    "%Y-%m-%d": DAY,
    "%Y-%m-%d %H": HOUR,
    "%Y-%m-%d %H:00": HOUR,
    "%Y-%m-%d %H:%M": MINUTE,
}
"""The formats that can be read as times again, and how long their bins are, in milliseconds."""


@frozen
class LocalBins:
    """A column with such bins."""

    column: str
    step_ms: int
    zone: str


def local_bins(command: ast.Stats) -> LocalBins | None:
    """The first key of the command that has such bins."""
    for item in command.keys:
        match item.expr:
            case ast.Call(name, (ast.Field("@timestamp"), ast.String(text), *zone)) if (
                canonical(name) == canonical("formatDate") and text in FORMATS
            ):
                named = zone[0].value if zone and isinstance(zone[0], ast.String) else "UTC"
                if _offset(named, 0) is not None:
                    return LocalBins(item.name, FORMATS[text], named)
            case _:
                pass
    return None


def offset_ms(zone: str, wall_ms: int) -> int:
    """How much later than UTC's a clock there is, when it shows `wall_ms` as if it were UTC."""
    return _offset(zone, wall_ms) or 0


def _offset(zone: str, wall_ms: int) -> int | None:
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    wall = from_ms(wall_ms).astimezone(UTC).replace(tzinfo=place)
    return (wall.utcoffset() or timedelta(0)) // timedelta(milliseconds=1)

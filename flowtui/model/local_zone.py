"""This machine's time zone, as times are shown in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class LocalZone(tzinfo):
    """The offset is that of the moment, not today's."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None if moment is None else moment.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, moment: datetime | None) -> timedelta | None:  # noqa: ARG002  (nobody asks)
        return None

    def tzname(self, moment: datetime | None) -> str | None:  # noqa: ARG002  (one name for all)
        return "local"

    def fromutc(self, moment: datetime) -> datetime:
        there = moment.replace(tzinfo=UTC).astimezone()
        clock = there.replace(tzinfo=self)
        # An hour that the clocks show twice: the second time has another offset.
        return clock if clock.utcoffset() == there.utcoffset() else clock.replace(fold=1)


LOCAL = LocalZone()

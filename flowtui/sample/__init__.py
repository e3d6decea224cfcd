"""The bundled sample: two log groups of flow logs in the article's 27-field format.

Both are made afresh, always the same, of nothing but the standard library.
"""

from __future__ import annotations

from datetime import datetime
from random import Random

from flowtui.sample.article import article_lines
from flowtui.sample.incident import write_incident
from flowtui.sample.traffic import MINUTES, Tape

__all__ = ["article_lines", "incident_lines"]


def incident_lines(now: datetime) -> list[str]:
    """About 200,000 records of the six hours before `now`, roughly by their start.

    The same for the same `now`; for another one, the same but for the times.
    """
    tape = Tape(int(now.timestamp()) - MINUTES * 60)
    write_incident(tape, Random(20260402))  # noqa: S311  # a fixed pattern, not a secret
    return tape.lines()

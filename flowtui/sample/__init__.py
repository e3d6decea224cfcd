"""The bundled sample: two log groups of flow logs in the article's 27-field format.

Both are made always the same, of nothing but the standard library; `ready` has them as columns.
"""

from __future__ import annotations

from datetime import datetime


def article_lines() -> list[str]:
    """The records of /vpc/article by their start, without a header."""
    from flowtui.sample.article import made_lines

    return made_lines()


def incident_lines(now: datetime) -> list[str]:
    """About 200,000 records of the six hours before `now`, roughly by their start.

    The same for the same `now`; for another one, the same but for the times.
    """
    from random import Random

    from flowtui.sample.incident import write_incident
    from flowtui.sample.ready import INCIDENT
    from flowtui.sample.traffic import Tape

    tape = Tape(INCIDENT.first(now))
    write_incident(tape, Random(20260402))  # noqa: S311  # a fixed pattern, not a secret
    return tape.lines()

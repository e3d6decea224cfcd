"""What is known of the time of the rows that are shown, beside them: pure, frozen."""

from __future__ import annotations

from flowtui.engine.series import MINUTE, Cover, Series
from flowtui.model.frozen import frozen
from flowtui.model.run import Query, RunId

ACTION = "action"
"""The column that a series is split by where nobody has chosen another one."""


@frozen
class Coverage:
    """What the log groups have recorded over a window, whatever a query keeps of it."""

    start_ms: int
    step_ms: int
    kinds: tuple[Cover, ...]
    interval_ms: int = MINUTE
    """How long a flow log adds up in one record."""

    def onto(self, series: Series) -> Series:
        """The series with what is known of its gaps."""
        return series.covered(
            tuple(
                self._over(series.start_ms + index * series.step_ms, series.step_ms)
                for index in range(len(series.values))
            )
        )

    def _over(self, start: int, length: int) -> Cover:
        first = (start - self.start_ms) // self.step_ms
        end = -(-(start + length - self.start_ms) // self.step_ms)
        return max(self.kinds[max(0, first) : max(0, end)], default=Cover.RECORDED)


@frozen(eq=False)
class OverTime:
    """The records behind a result over time, as far as they were asked for."""

    split: str = ACTION
    """The column whose values are told apart."""
    wants_before: bool = False
    """Whether the window before is to be seen behind this one."""
    run: RunId | None = None
    """The run that the rest is of; None where nothing was asked yet."""
    series: Series | None = None
    """None where the rows themselves say it, or nothing does."""
    coverage: Coverage | None = None
    before: Series | None = None
    queries: tuple[Query, ...] = ()
    """Those that were asked for it."""
    refusal: str = ""
    """Why there is none, in one sentence."""

    def of(self, run: RunId) -> OverTime:
        """As far as it is of this run."""
        return self if self.run == run else OverTime(self.split, self.wants_before)

"""The way here: the steps of an investigation, to walk back for free."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flowtui.model.run import QueryRun, Row


@dataclass(frozen=True, slots=True)
class Step:
    """A run, what it is called, and where the cursor was in its rows."""

    run: QueryRun
    title: str
    cursor: Row | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    """The steps from the first to the current one; never empty."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a Trail has at least one step")

    @property
    def current(self) -> Step:
        return self.steps[-1]

    @property
    def can_go_back(self) -> bool:
        return len(self.steps) > 1

    def deeper(self, step: Step, cursor: Row | None) -> Trail:
        """One step on, remembering where the cursor was left."""
        left = replace(self.current, cursor=cursor)
        return Trail((*self.steps[:-1], left, step))

    def back(self) -> Trail:
        """One step back; the first step has nothing before it."""
        return Trail(self.steps[:-1]) if self.can_go_back else self

    def updated(self, run: QueryRun) -> Trail:
        """With the newest state of a run, wherever on the trail it is."""
        steps = (replace(s, run=run) if s.run.id == run.id else s for s in self.steps)
        return Trail(tuple(steps))

"""The way here: every step of an investigation, to walk back and forth for free."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from flowtui.model.frozen import frozen
from flowtui.model.run import QueryRun, Row


@frozen
class Step:
    """A run, what it is called, where the cursor was in its rows, and what the analyst noted."""

    run: QueryRun
    title: str
    cursor: Row | None = None
    note: str = ""
    parent: int | None = None
    """The index of the step that this one was taken from; None for a first one."""
    draft: str | None = None
    """The editor's text when the step was left, if it was another one than the query's."""
    forgotten: int = 0
    """How many rows it had before they were forgotten to save memory."""
    begins: bool = False
    """Whether it is a question of its own, which follows from nothing; Back leads to its parent."""
    is_pinned: bool = False
    """Whether it is one of those that tell what was found."""

    @property
    def rows(self) -> int:
        """How many rows it has, or had."""
        return self.forgotten or len(self.run.latest.results.rows)

    @property
    def cells(self) -> int:
        """How much its rows take."""
        results = self.run.latest.results
        return len(results.rows) * len(results.columns)


@frozen
class Trail:
    """The steps in the order in which they were taken, never empty, and the one we are at.

    Going back and taking another way makes a branch; no step is lost.
    """

    steps: tuple[Step, ...]
    at: int = 0
    ahead: tuple[int, ...] = ()
    """The steps that were left by going back, the next one first."""

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a Trail has at least one step")

    @property
    def current(self) -> Step:
        return self.steps[self.at]

    @property
    def line(self) -> tuple[int, ...]:
        """The indexes of the steps from the first to the current one."""
        return tuple(self._line(self.at))

    @property
    def thread(self) -> tuple[int, ...]:
        """The indexes from the question that the current step follows from, to it."""
        line = self.line
        begun = [place for place, index in enumerate(line) if self.steps[index].begins]
        return line[begun[-1] :] if begun else line

    @property
    def path(self) -> tuple[Step, ...]:
        """The steps from the first to the current one."""
        return tuple(self.steps[index] for index in self.line)

    @property
    def can_go_back(self) -> bool:
        return self.current.parent is not None

    def left(self, cursor: Row | None, draft: str | None = None) -> Trail:
        """With the current step as it is left: where the cursor is, and a text that was not run."""
        step = replace(self.current, cursor=cursor or self.current.cursor, draft=draft)
        return replace(self, steps=self._with(self.at, step))

    def deeper(self, step: Step) -> Trail:
        """One step on from the current one."""
        return Trail((*self.steps, replace(step, parent=self.at)), len(self.steps))

    def back(self) -> Trail:
        """One step back; a first step has nothing before it."""
        parent = self.current.parent
        if parent is None:
            return self
        return Trail(self.steps, parent, (self.at, *self.ahead))

    def forward(self) -> Trail:
        """To the step that was left last by going back, if no other way was taken since."""
        return Trail(self.steps, self.ahead[0], self.ahead[1:]) if self.ahead else self

    def jump(self, index: int) -> Trail:
        """To any step; forward leads on to nothing from there."""
        return Trail(self.steps, index)

    def replaced(self, step: Step) -> Trail:
        """With another run of the same question in the place of the current step."""
        kept = replace(self.current, run=step.run, title=step.title, draft=None, forgotten=0)
        return replace(self, steps=self._with(self.at, kept))

    def noted(self, note: str) -> Trail:
        """With what the analyst says of the current step."""
        return replace(self, steps=self._with(self.at, replace(self.current, note=note)))

    def pinned(self, indexes: Collection[int]) -> Trail:
        """With these steps pinned, and no other ones."""
        steps = (
            step if step.is_pinned == (at in indexes) else replace(step, is_pinned=at in indexes)
            for at, step in enumerate(self.steps)
        )
        return replace(self, steps=tuple(steps))

    def updated(self, run: QueryRun) -> Trail:
        """With the newest state of a run, wherever on the trail it is."""
        steps = (replace(s, run=run) if s.run.id == run.id else s for s in self.steps)
        return replace(self, steps=tuple(steps))

    def lighter(self, most_cells: int) -> Trail:
        """With no more cells than that: the rows of the oldest steps are forgotten first.

        Those of the current step stay, however many they are.
        """
        steps, surplus = list(self.steps), sum(step.cells for step in self.steps) - most_cells
        for index, step in enumerate(self.steps):
            if surplus > 0 and index != self.at and step.run.is_final and step.cells:
                surplus -= step.cells
                steps[index] = replace(step, run=step.run.without_rows(), forgotten=step.rows)
        return replace(self, steps=tuple(steps))

    def refilled(self, run: QueryRun) -> Trail:
        """With the rows of a run that were forgotten and have been read again."""
        steps = (
            replace(step, run=run, forgotten=0) if step.run.id == run.id else step
            for step in self.steps
        )
        return replace(self, steps=tuple(steps))

    def tree(self) -> Iterator[tuple[int, int]]:
        """The index and the depth of every step, each after what it follows from.

        Questions of their own stand beside one another, in the order in which they were asked.
        """
        followers: dict[int | None, list[int]] = {}
        for index, step in enumerate(self.steps):
            followers.setdefault(None if step.begins else step.parent, []).append(index)
        waiting = [(index, 0) for index in reversed(followers.get(None, []))]
        while waiting:
            index, depth = waiting.pop()
            yield index, depth
            waiting += [(each, depth + 1) for each in reversed(followers.get(index, []))]

    def _line(self, index: int) -> list[int]:
        """The indexes from a first step down to `index`."""
        line: list[int] = []
        at: int | None = index
        while at is not None:
            line.insert(0, at)
            at = self.steps[at].parent
        return line

    def _with(self, index: int, step: Step) -> tuple[Step, ...]:
        return (*self.steps[:index], step, *self.steps[index + 1 :])

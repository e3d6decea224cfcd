"""The way over the steps of the trail: what is shown again, and what is said of a step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.engine.session_state import Origin

if TYPE_CHECKING:
    from flowtui.engine.chosen_groups import ChosenGroups
    from flowtui.engine.current_run import CurrentRun
    from flowtui.engine.investigation import Investigation
    from flowtui.engine.repetition import Repetition
    from flowtui.engine.session_state import SessionState
    from flowtui.engine.session_store import SessionStore
    from flowtui.engine.trail import Step, Trail
    from flowtui.model.run import QueryRun, ResultSet


class TrailWalk:
    """Asks nothing of the service, but for rows that were forgotten."""

    def __init__(
        self, store: SessionStore, run: CurrentRun, groups: ChosenGroups, repetition: Repetition
    ) -> None:
        self._store, self._run, self._groups = store, run, groups
        self._repetition = repetition

    def back(self) -> None:
        """One step back; from a question without rows yet, to the rows that are shown."""
        trail, is_unanswered = self._store.state.trail, self._store.state.is_unanswered
        if trail is None:
            return
        if not is_unanswered and not trail.can_go_back:
            self._store.say("this is the first step; t shows the trail")
            return
        self._visit(lambda trail: trail if is_unanswered else trail.back())

    def forward(self) -> None:
        if (trail := self._store.state.trail) is not None and trail.ahead:
            self._visit(lambda trail: trail.forward())

    def jump(self, index: int) -> None:
        """To any step of the trail."""
        if (trail := self._store.state.trail) is not None and 0 <= index < len(trail.steps):
            self._visit(lambda trail: trail.jump(index))

    def recall(self, step: Step) -> None:
        """Show a run of the history as a step, with its rows, which are read by its id."""
        from flowtui.engine.trail import Trail

        self._run.halt()
        state = self._store.left
        self._show(state, state.trail.deeper(step) if state.trail else Trail((step,)))

    def resume(self, past: Investigation, said: str, strays: Sequence[QueryRun]) -> None:
        """Show the investigation as it was left, and get its rows and its running query.

        `strays` are runs of it to stop.
        """
        state = self._store.state
        if past.trail is not None:
            state = state.visited(past.trail)
            self._store.cursor = past.trail.current.cursor
        if past.coming is not None:
            state = replace(state, pending=past.coming, run=past.coming.run, replaces=past.replaces)
        state = replace(state.wrote(past.text), groups=past.groups, time=past.time, rows=past.rows)
        self._store.become(replace(state, origin=Origin.RESUMED).said(said))
        self._run.fetch(said, strays)

    def amend(self, results: ResultSet) -> None:
        """Show these in the place of the rows that are shown: what the user has said of them."""
        run = self._store.state.shown
        if run is not None:
            amended = replace(run, latest=replace(run.latest, results=results))
            self._store.become(self._store.state.refilled(amended))

    def note(self, text: str) -> None:
        """A note of the analyst on the current step."""
        state = self._store.state
        if state.trail is not None:
            self._store.become(replace(state, trail=state.trail.noted(text)).said(text))

    def pin(self, indexes: Collection[int]) -> None:
        """Have these steps of the trail, and no other ones, tell what was found."""
        state = self._store.state
        trail = state.trail and state.trail.pinned(indexes)
        if trail != state.trail:
            self._store.become(replace(state, trail=trail))

    def _visit(self, go: Callable[[Trail], Trail]) -> None:
        self._run.halt()
        state = self._store.left
        if state.trail is not None:
            self._show(state, go(state.trail))

    def _show(self, state: SessionState, trail: Trail) -> None:
        """Show the step that `trail` is at, with the rows that it has: nothing is asked."""
        self._repetition.end()
        note = trail.current.note
        self._store.cursor = trail.current.cursor
        self._groups.take(state.visited(trail).said(note))
        if trail.current.forgotten:
            self._run.fetch(note)

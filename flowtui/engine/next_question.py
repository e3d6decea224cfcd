"""The next question: that of the editor, or one that follows from the step that is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flowtui.engine.session_state import ChooseGroups, is_again
from flowtui.model.errors import QueryError

if TYPE_CHECKING:
    from flowtui.engine.chosen_groups import ChosenGroups
    from flowtui.engine.current_run import CurrentRun
    from flowtui.engine.drill import Target
    from flowtui.engine.follow_ups import FollowUps
    from flowtui.engine.repetition import Repetition
    from flowtui.engine.session_store import SessionStore


class NextQuestion:
    def __init__(
        self, store: SessionStore, run: CurrentRun, groups: ChosenGroups, repetition: Repetition
    ) -> None:
        self._store, self._run, self._groups = store, run, groups
        self._repetition = repetition

    @property
    def shown(self) -> FollowUps | None:
        """What follows from the step that is shown."""
        state = self._store.state
        if state.trail is None:
            return None
        from flowtui.engine.follow_ups import FollowUps

        return FollowUps(state.trail.current, state.flow_format, state.source.is_at_hand)

    def ask(self) -> None:
        """Run the question in the editor."""
        from flowtui.engine.runner import title_of
        from flowtui.query.parser import parse_tolerant
        from flowtui.query.scope import may_choose_groups

        state = self._store.state
        question, shown, trail = state.question, state.shown, state.trail
        pipeline = parse_tolerant(question.body).pipeline
        if not question.log_groups and not may_choose_groups(pipeline):
            self._store.request(ChooseGroups())
            return
        replaces = shown is not None and is_again(shown.query, question)
        title = trail.current.title if trail and replaces else title_of(question.body)
        is_sure = state.watch is not None
        self._run.ask(question, None, title, replaces=replaces, is_sure=is_sure)

    def follow(
        self, derive: Callable[[FollowUps], Target], *, runs: bool = True, nothing: str = ""
    ) -> None:
        """Go to what follows from the step that is shown; `nothing` is said where there is none."""
        shown = self.shown
        if shown is not None:
            self.go(lambda: derive(shown), runs=runs)
        elif nothing:
            self._store.say(nothing, is_error=True)

    def go(self, derive: Callable[[], Target], *, runs: bool = True) -> None:
        """Run the question, or only write it into the editor; a refusal is said."""
        try:
            target = derive()
        except QueryError as error:
            self._store.say(str(error), is_error=True)
            return
        self._repetition.end()
        state = self._store.state
        leaves_rows = (
            state.shown is not None
            and state.shown.query.rows is not None
            and target.query.rows is None
            and not state.source.is_at_hand
        )
        said = "" if runs else "the query is in the editor; F5 runs it"
        left = self._store.left
        self._groups.take(left.loaded(target.query, takes_focus=not runs).said(said))
        if runs:
            self._run.ask(
                target.query, target.window, target.title, is_sure=True, leaves_rows=leaves_rows
            )

"""The log groups that are chosen, and what is known of them: for the border and the checks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.engine.session_state import Login
from flowtui.model.errors import CredentialsError, FlowtuiError

if TYPE_CHECKING:
    from flowtui.engine.background import Start
    from flowtui.engine.followers import Followers
    from flowtui.engine.session_state import SessionState
    from flowtui.engine.session_store import SessionStore


class ChosenGroups:
    """`known` is called whenever it is known what can be known of them."""

    def __init__(
        self, store: SessionStore, followers: Followers, start: Start, known: Callable[[], None]
    ) -> None:
        self._store, self._followers, self._start = store, followers, start
        self._known = known
        self._learning: asyncio.Task[None] | None = None

    @property
    def is_learning(self) -> bool:
        return self._learning is not None

    def take(self, state: SessionState) -> None:
        """Take over the state, and learn of its log groups where they are other ones."""
        before = self._store.state.groups
        self._store.become(state)
        if self._store.state.groups != before:
            self.learn()

    def learn(self) -> None:
        """Find out their format, and what they take of the language."""
        if self._learning is not None:
            self._learning.cancel()
        self._learning = self._start(self._learn(self._store.state.groups))

    async def _learn(self, groups: tuple[str, ...]) -> None:
        store = self._store
        try:
            known = await self._followers.runner.known(groups)
        except FlowtuiError as error:
            store.say(str(error), is_error=True)
            if isinstance(error, CredentialsError) and error.login:
                store.request(Login(error.login))
        else:
            store.become(replace(store.state, flow_format=known.format, log_class=known.log_class))
            if known.notice:
                store.say(known.notice)
        store.become(replace(store.state, place=self._followers.account.service.place))
        self._learning = None
        self._known()

"""The service that is made late stands for the one that is made."""

from __future__ import annotations

from flowtui.backends.lazy import LazyService
from flowtui.backends.scripted import ScriptedQueries
from flowtui.model.saved_query import SavedQuery
from tests.pilot.service import ScriptedService

TOP = SavedQuery("triage/top", "limit 5", id="1")


async def test_saved_queries_are_those_of_the_service() -> None:
    made = ScriptedService()
    made.library, made.saving_refused = ScriptedQueries((TOP,)), "by hand"
    late = LazyService(lambda: made, "scripted")
    assert late.saving_refused == ""
    assert [page async for page in late.saved_queries("triage/")] == [(TOP,)]
    assert late.saving_refused == "by hand"
    assert await late.save_query(TOP) == "1"
    assert made.library.saved == [TOP]
    await late.close()

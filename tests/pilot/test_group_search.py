"""The picker while the service still tells the names: it asks for those with what is typed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.app import App
from textual.widgets import Input

from flowtui.backends.scripted import Page, ScriptedCatalog
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.errors import BackendError
from flowtui.ui.screens.log_groups import LogGroupsScreen
from flowtui.ui.widgets.filter_list import FilterList
from tests.pilot.service import NOON, Seen, never

KNOWN = LogGroup("/vpc/alpha", arn="arn:a", stored_bytes=5, created=NOON)
EDGE, CORE = LogGroup("/vpc/edge", arn="arn:e"), LogGroup("/vpc/core", arn="arn:c")


class Rest:
    """Time to rest passes when it is told to."""

    def __init__(self) -> None:
        self.begun = 0
        self._over = asyncio.Event()

    async def __call__(self, _seconds: float) -> None:
        self.begun += 1
        await self._over.wait()

    def end(self) -> None:
        self._over.set()


@asynccontextmanager
async def picking(
    *pages: Page, found: dict[str, tuple[Page, ...]] | None = None
) -> AsyncIterator[tuple[Seen, ScriptedCatalog, Rest]]:
    catalog, rest = ScriptedCatalog(*pages, found=found), Rest()
    app: App[None] = App()
    async with app.run_test(size=(120, 40)) as pilot:
        app.push_screen(LogGroupsScreen(catalog.log_groups, (), rest=rest))
        await pilot.pause()
        yield Seen(pilot), catalog, rest


def put(seen: Seen, text: str) -> None:
    """As if it was pasted: there is no part of it to be looked for."""
    seen.screen.query_one(Input).value = text


def listed(seen: Seen) -> list[str]:
    return [entry.group.name for entry in seen.screen.query_one(FilterList).rows]


async def test_what_is_typed_is_looked_for_after_a_rest() -> None:
    gate = asyncio.Event()
    found: dict[str, tuple[Page, ...]] = {"edge": ((EDGE,), gate)}
    async with picking((KNOWN,), never(), found=found) as (seen, catalog, rest):
        await seen.press(*"edge")
        assert (rest.begun, catalog.sought, listed(seen)) == (2, [], [])
        rest.end()
        await seen.until(lambda: listed(seen) == ["/vpc/edge"])
        # Of the words before nothing was asked: the next key came too soon.
        assert catalog.sought == ["edge"]
        assert "1 of 2 groups, 0 marked; looking for edge; loading" in seen.text
        gate.set()
        await seen.until(lambda: "looking" not in seen.text)
        # Whatever is typed on is among what was found.
        await seen.press(*"-1", "backspace", "backspace")
        assert (rest.begun, catalog.sought) == (2, ["edge"])


@pytest.mark.parametrize("pages", [((KNOWN,), (), never()), ((KNOWN,),)], ids=["names", "all"])
async def test_where_all_names_are_there_none_is_looked_for(pages: tuple[Page, ...]) -> None:
    async with picking(*pages) as (seen, catalog, rest):
        await seen.press(*"nowhere")
        assert (rest.begun, catalog.sought) == (0, [])


async def test_names_that_come_meanwhile_end_the_search() -> None:
    gate = asyncio.Event()
    found: dict[str, tuple[Page, ...]] = {"edge": (never(),)}
    async with picking((KNOWN,), gate, (EDGE,), (), never(), found=found) as (seen, _, rest):
        rest.end()
        put(seen, "edge")
        await seen.until(lambda: "looking for edge" in seen.text)
        gate.set()
        await seen.until(lambda: listed(seen) == ["/vpc/edge"])
        assert "looking" not in seen.text
        assert "loading sizes" in seen.text


async def test_another_text_ends_the_search_for_the_one_before() -> None:
    found: dict[str, tuple[Page, ...]] = {"edge": (never(), (EDGE,)), "core": ((CORE,),)}
    async with picking((KNOWN,), never(), found=found) as (seen, catalog, rest):
        rest.end()
        put(seen, "edge")
        await seen.until(lambda: "looking for edge" in seen.text)
        put(seen, "core")
        await seen.until(lambda: listed(seen) == ["/vpc/core"])
        await seen.until(lambda: "looking" not in seen.text)
        assert catalog.sought == ["edge", "core"]
        put(seen, "")
        await seen.until(lambda: listed(seen) == ["/vpc/alpha", "/vpc/core"])


async def test_what_the_list_has_told_is_not_forgotten_for_what_was_found() -> None:
    bare = LogGroup(KNOWN.name, arn="arn:a")
    found: dict[str, tuple[Page, ...]] = {"alpha": ((bare,),), "edge": ((EDGE,),)}
    gate, whole = asyncio.Event(), replace(EDGE, stored_bytes=7, created=NOON)
    async with picking((KNOWN,), gate, (whole,), found=found) as (seen, _, rest):
        rest.end()
        put(seen, "alpha")
        await seen.until(lambda: "looking" not in seen.text)
        put(seen, "edge")
        await seen.until(lambda: listed(seen) == ["/vpc/edge"])
        put(seen, "")
        await seen.until(lambda: "5 B" in seen.text)
        gate.set()
        await seen.until(lambda: "7 B" in seen.text)
        assert listed(seen) == ["/vpc/alpha", "/vpc/edge"]


async def test_a_search_that_fails_is_said_and_the_list_goes_on() -> None:
    found: dict[str, tuple[Page, ...]] = {"edge": (BackendError("may not look"),)}
    gate = asyncio.Event()
    async with picking((KNOWN,), gate, (EDGE,), found=found) as (seen, _, rest):
        rest.end()
        put(seen, "edge")
        await seen.until(lambda: "may not look; loading" in seen.text)
        gate.set()
        await seen.until(lambda: listed(seen) == ["/vpc/edge"])
        assert "may not look" not in seen.text


async def test_of_words_the_longest_is_looked_for_without_an_account() -> None:
    async with picking((KNOWN,), never()) as (seen, catalog, rest):
        rest.end()
        put(seen, "ed 111122223333:/vpc/core")
        await seen.until(lambda: catalog.sought[-1:] == ["/vpc/core"])

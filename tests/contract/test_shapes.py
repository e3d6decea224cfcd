"""Whatever is answered to any operation: an error of ours or right values, and nothing left behind.

`FLOWTUI_SHAPES=20000` makes as many tries, `FLOWTUI_SHAPE_SEED=x` other ones.
"""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from flowtui.backends.base import Handle
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.engine.export import to_json, to_markdown, to_text
from flowtui.engine.spreadsheets import to_csv
from flowtui.engine.watch import watch
from flowtui.model.errors import FlowtuiError
from flowtui.model.run import Query, ResultSet
from flowtui.model.saved_query import SavedQuery
from tests.contract.conftest import PATIENCE, WINDOW, no_sleep
from tests.contract.shapes import MOST_REQUESTS, Shapes, serving
from tests.pilot.service import ScriptedService, make_app, using

TRIES = int(os.environ.get("FLOWTUI_SHAPES", "120"))
SEED = os.environ.get("FLOWTUI_SHAPE_SEED", "1")

QUERY = Query("fields srcaddr, bytes", WINDOW, ("/vpc/edge",))
SAVED = SavedQuery("a/b", "fields a")
CONFIG = """[profile role]
role_arn = arn:aws:iam::1:role/a
source_profile = keys
region = us-east-1
"""
CREDENTIALS = """[keys]
aws_access_key_id = AKIDTEST
aws_secret_access_key = secret
"""

Ask = Callable[[CloudWatchBackend, list[Handle | None]], Awaitable[None]]


async def run(backend: CloudWatchBackend, left: list[Handle | None]) -> None:
    running = watch(backend, QUERY, WINDOW, sleep=no_sleep, left=left.append)
    async with aclosing(running) as snapshots:
        async for snapshot in snapshots:
            check_rows(snapshot.results)


async def leave(backend: CloudWatchBackend, left: list[Handle | None]) -> None:
    running = watch(backend, QUERY, WINDOW, sleep=no_sleep, left=left.append)
    async with aclosing(running) as snapshots:
        await anext(snapshots)


async def list_groups(backend: CloudWatchBackend, _: list[Handle | None]) -> None:
    await all_of(backend.log_groups())


async def find_groups(backend: CloudWatchBackend, _: list[Handle | None]) -> None:
    await all_of(backend.log_groups("edge"))


async def describe(backend: CloudWatchBackend, _: list[Handle | None]) -> None:
    await backend.describe("/vpc/edge")


async def list_saved(backend: CloudWatchBackend, _: list[Handle | None]) -> None:
    await all_of(backend.saved_queries())


async def save(backend: CloudWatchBackend, _: list[Handle | None]) -> None:
    await backend.save_query(SAVED)


def still_calling() -> list[threading.Thread]:
    """The threads with a request in them, after those have had time to end."""
    calls = [each for each in threading.enumerate() if each.name == "flowtui-call"]
    for call in calls:
        call.join(10)
    return [call for call in calls if call.is_alive()]


async def all_of(pages: AsyncIterator[tuple[object, ...]]) -> None:
    async for page in pages:
        "".join(map(repr, page)).encode()


def check_rows(results: ResultSet) -> None:
    """A table, which can be written anywhere."""
    assert all(len(row) == len(results.columns) for row in results.rows)
    for write in (to_csv, to_json, to_markdown, to_text):
        write(results).encode()


CASES: tuple[tuple[str, Ask], ...] = (
    ("StartQuery", run),
    ("StartQuery", leave),
    ("GetQueryResults", run),
    ("GetQueryResults", leave),
    ("StopQuery", leave),
    ("ListLogGroups", list_groups),
    ("DescribeLogGroups", list_groups),
    ("DescribeFlowLogs", list_groups),
    ("ListLogGroups", find_groups),
    ("DescribeLogGroups", describe),
    ("DescribeFlowLogs", describe),
    ("DescribeLogStreams", describe),
    ("GetLogEvents", describe),
    ("DescribeQueryDefinitions", list_saved),
    ("PutQueryDefinition", save),
)
"""The operation that is answered oddly, and what asks for it."""

SCREEN_CASES = (
    "GetQueryResults", "ListLogGroups", "DescribeLogGroups", "DescribeQueryDefinitions",
    "DescribeFlowLogs", "StartQuery",
)  # fmt: skip


async def test_whatever_is_answered_only_our_errors_come_out() -> None:
    wrong: list[str] = []
    with serving() as shapes:
        backend = CloudWatchBackend(endpoint_url=shapes.url, patience=replace(PATIENCE, lookup=5))
        for number in range(TRIES):
            odd, ask = CASES[number % len(CASES)]
            seed = f"{SEED}/{number}"
            if fault := await attempt(shapes, backend, odd, ask, seed):
                wrong.append(f"{seed} {odd} {ask.__name__}: {fault}")
        shapes.begin("", "")
        await run(backend, [])
    assert not wrong, f"{len(wrong)} of {TRIES}:\n" + "\n".join(wrong[:20])
    assert not still_calling()


async def test_a_role_is_assumed_or_a_sentence_says_why_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(CONFIG)
    (tmp_path / "credentials").write_text(CREDENTIALS)
    wrong: list[str] = []
    with serving() as shapes:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", shapes.url)
        for number in range(max(10, TRIES // 20)):
            backend = CloudWatchBackend(profile="role", endpoint_url=shapes.url, patience=PATIENCE)
            seed = f"{SEED}/role/{number}"
            if fault := await attempt(shapes, backend, "AssumeRole", save, seed):
                wrong.append(f"{seed}: {fault}")
    assert not wrong, "\n".join(wrong[:20])


async def test_the_screen_lives_through_whatever_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flowtui.engine.watch.RETRY_DELAYS", (0.001,) * 5)
    monkeypatch.setattr("flowtui.engine.watch.RENEWAL_DELAY", 0.001)
    with serving() as shapes:
        backend = CloudWatchBackend(endpoint_url=shapes.url, patience=replace(PATIENCE, lookup=5))
        app = make_app(cast("ScriptedService", backend), body=QUERY.body)
        async with using(app) as seen:
            for number in range(max(6, TRIES // 20)):
                shapes.begin(SCREEN_CASES[number % len(SCREEN_CASES)], f"{SEED}/screen/{number}")
                await seen.run()
                for keys in (["i", "escape"], ["ctrl+g", "escape"], ["f8", "escape"]):
                    await seen.press(*keys)
                    await seen.until(lambda: seen.screen is seen.workspace)
            shapes.begin("", "")
            # The first time it may say that it does not know a field, of a format that was odd.
            await seen.run()
            await seen.run()
            assert "10.0.0.1" in seen.text


async def attempt(shapes: Shapes, backend: CloudWatchBackend, odd: str, ask: Ask, seed: str) -> str:
    """What is wrong with what has come of it; empty if nothing."""
    shapes.begin(odd, seed)
    left: list[Handle | None] = []
    try:
        await ask(backend, left)
    except FlowtuiError as error:
        if not str(error) or "\n" in str(error) or not str(error).isprintable():
            return f"the sentence is {str(error)!r}"
    except Exception as error:  # noqa: BLE001  (that is what is looked for)
        return f"{type(error).__name__}: {error}: {shapes.log[-1]!r}"[:600]
    if len(shapes.log) >= MOST_REQUESTS:
        return "it asks without an end"
    lost = shapes.running - {str(each) for each in left if each}
    if len(lost) > left.count(None):
        return f"{lost} run, {left} are told: {shapes.log!r}"[:900]
    return ""

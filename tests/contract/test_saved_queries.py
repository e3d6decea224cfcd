"""Saved queries over a socket: listed, saved, overwritten, whatever the network does."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from flowtui.backends.cloudwatch import definitions
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.scripted import ScriptedBackend
from flowtui.model.errors import BackendError, FlowtuiError, Unanswered, Unreachable, UsageError
from flowtui.model.saved_query import Parameter, SavedQuery
from flowtui.serve import definitions as served
from tests.contract.conftest import NOON, PATIENCE, Connect, MakeCanned, Serve
from tests.contract.faults import Fault, Given, Kind, Proxy, running
from tests.contract.sdk import client

REJECTS = SavedQuery("triage/rejects", "filter action = 'REJECT'", ("/vpc/edge",))
DENIED = (
    400,
    {"__type": "AccessDeniedException", "message": "User: x is not authorized to perform this"},
)


async def listed(backend: CloudWatchBackend, prefix: str = "") -> list[SavedQuery]:
    return [query async for page in backend.saved_queries(prefix) for query in page]


async def test_a_query_that_was_saved_is_listed(serve: Serve, connect: Connect) -> None:
    backend = connect(serve(ScriptedBackend()).url)
    assert await listed(backend) == []
    saved = await backend.save_query(REJECTS)
    assert await listed(backend) == [replace(REJECTS, id=saved, modified=NOON)]
    assert await listed(backend, "triage/") != []
    assert await listed(backend, "other") == []
    await backend.close()


async def test_every_page_is_listed_as_it_comes(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(definitions, "_PAGE", 2)
    endpoint = serve(ScriptedBackend())
    aws = client("logs", endpoint.url)
    for number in range(5):
        aws.put_query_definition(name=f"q{number}", queryString="limit 1")
    backend = connect(endpoint.url)
    pages = [[query.name for query in page] async for page in backend.saved_queries()]
    assert pages == [["q0", "q1"], ["q2", "q3"], ["q4"]]
    await backend.close()


async def test_with_an_id_all_of_the_query_is_replaced(serve: Serve, connect: Connect) -> None:
    endpoint = serve(ScriptedBackend())
    backend = connect(endpoint.url)
    first = await backend.save_query(REJECTS)
    again = await backend.save_query(SavedQuery("renamed", "limit 1", id=first))
    assert again == first
    (query,) = await listed(backend)
    assert (query.name, query.text, query.log_groups) == ("renamed", "limit 1", ())
    await backend.close()


async def test_parameters_stay_as_long_as_the_text_has_them(serve: Serve, connect: Connect) -> None:
    parameters = (Parameter("action", "REJECT", "or ACCEPT"), Parameter("port"))
    query = SavedQuery("p", "filter action = {{action}} and dstport = {{ port }}")
    backend = connect(serve(ScriptedBackend()).url)
    query = replace(query, parameters=parameters)
    query = replace(query, id=await backend.save_query(query))
    assert (await listed(backend))[0].parameters == parameters
    await backend.save_query(replace(query, text="filter dstport = {{port}}"))
    assert (await listed(backend))[0].parameters == parameters[1:]
    await backend.close()


async def test_queries_in_other_languages_are_listed_as_such(
    canned: MakeCanned, connect: Connect
) -> None:
    entries: list[dict[str, object]] = [
        {"name": "sql", "queryString": "select 1", "queryLanguage": "SQL"},
        {"name": "old", "queryString": "limit 1", "lastModified": 0},
    ]
    server = canned((200, {"queryDefinitions": entries}))
    backend = connect(server.url)
    sql, old = await listed(backend)
    assert sql.language == "SQL"
    assert old.language == "CWLI"
    assert "queryLanguage" not in server.bodies[0]
    await backend.close()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (SavedQuery(" ", "limit 1"), "a saved query needs a name of at most 255 characters"),
        (SavedQuery("n" * 256, "limit 1"), "a saved query needs a name of at most 255 characters"),
        (SavedQuery("n", " \n"), "at most 10,000 characters; this one has 2"),
        (SavedQuery("n", "x" * 10_001), "at most 10,000 characters; this one has 10,001"),
        (SavedQuery("n", "limit 1", ("g",) * 51), "a saved query takes at most 50 log groups"),
    ],
)
async def test_what_the_service_would_refuse_is_not_asked(
    wrong: SavedQuery, sentence: str, canned: MakeCanned, connect: Connect
) -> None:
    server = canned((200, {}))
    backend = connect(server.url)
    with pytest.raises(UsageError, match=sentence):
        await backend.save_query(wrong)
    assert server.asked == []
    await backend.close()


async def test_who_may_not_is_told_the_action(canned: MakeCanned, connect: Connect) -> None:
    backend = connect(canned(DENIED).url)
    with pytest.raises(BackendError, match="may not logs:DescribeQueryDefinitions: User: x"):
        await listed(backend)
    with pytest.raises(BackendError, match="may not logs:PutQueryDefinition: User: x"):
        await backend.save_query(REJECTS)
    await backend.close()


async def test_a_full_account_is_not_told_to_stop_queries(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "MOST_KEPT", 1)
    backend = connect(serve(ScriptedBackend()).url)
    await backend.save_query(REJECTS)
    with pytest.raises(BackendError, match="keeps no more saved queries"):
        await backend.save_query(REJECTS)
    await backend.close()


async def test_a_query_that_is_gone_can_not_be_overwritten(serve: Serve, connect: Connect) -> None:
    backend = connect(serve(ScriptedBackend()).url)
    with pytest.raises(BackendError, match="There is no query definition gone"):
        await backend.save_query(replace(REJECTS, id="gone"))
    await backend.close()


# With faults

LOST = [Fault(Kind.RESET, True), Fault(Kind.BROKEN, True), Fault(Kind.CUT, True)]
LASTING = (Kind.EXPIRED, Kind.SKEWED)
"""No second try would help."""
NEVER_THERE = [Fault(Kind.THROTTLE, False), Fault(Kind.UNAVAILABLE, False)]


async def put_through(
    faults: Sequence[Fault | None], query: SavedQuery, url: str
) -> tuple[str | FlowtuiError, Any]:
    """What the user gets, and the proxy that the request went through."""
    with ExitStack() as stack:
        proxy = stack.enter_context(running(Proxy(url, Given(faults), lambda _: None)))
        backend = CloudWatchBackend(endpoint_url=proxy.url, patience=PATIENCE)
        try:
            got: str | FlowtuiError = await backend.save_query(query)
        except FlowtuiError as error:
            got = error
        await backend.close()
        return got, proxy


@pytest.mark.parametrize("fault", [*LOST, *NEVER_THERE], ids=str)
@pytest.mark.parametrize("is_new", [True, False])
async def test_a_put_is_repeated_and_saves_one_query(
    fault: Fault, is_new: bool, serve: Serve, connect: Connect
) -> None:
    """The answer to the first one may be lost: the second one has the same client token."""
    url = serve(ScriptedBackend()).url
    backend = connect(url)
    before = "" if is_new else await backend.save_query(SavedQuery("old", "limit 1"))
    got, proxy = await put_through([fault], replace(REJECTS, id=before), url)
    assert [name for name, _ in proxy.log] == ["PutQueryDefinition"] * 2
    (query,) = await listed(backend)
    assert (query.id, query.text) == (got, REJECTS.text)
    await backend.close()


async def test_a_put_that_stays_unanswered_may_be_saved_all_the_same(serve: Serve) -> None:
    got, _ = await put_through(LOST, REJECTS, serve(ScriptedBackend()).url)
    assert isinstance(got, Unanswered)
    assert "It may be saved all the same; the list of saved queries shows it" in str(got)


async def test_a_put_that_never_got_there_is_not_said_to_be_saved() -> None:
    backend = CloudWatchBackend(endpoint_url="http://127.0.0.1:9", patience=PATIENCE)
    with pytest.raises(Unreachable) as caught:
        await backend.save_query(REJECTS)
    assert "may be saved" not in str(caught.value)
    await backend.close()


@pytest.mark.parametrize("kind", [k for k in Kind if k not in (Kind.STALE, Kind.SLOTS)])
async def test_a_list_is_whole_or_an_error(
    kind: Kind, serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(definitions, "_PAGE", 1)
    url = serve(ScriptedBackend()).url
    backend = connect(url)
    for name in "ab":
        await backend.save_query(SavedQuery(name, "limit 1"))
    with ExitStack() as stack:
        schedule = Given([None, Fault(kind, kind in (Kind.CUT, Kind.TRUNCATED))])
        proxy = stack.enter_context(running(Proxy(url, schedule, lambda _: None)))
        through = CloudWatchBackend(
            endpoint_url=proxy.url, patience=replace(PATIENCE, connect=2, read=0.5)
        )
        if kind in LASTING:
            with pytest.raises(BackendError):
                await listed(through)
        else:
            assert [query.name for query in await listed(through)] == ["a", "b"]
        await through.close()
    await backend.close()

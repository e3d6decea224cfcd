"""What has no end is an error: bodies, pages, starts without an id."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from flowtui.backends.aws import bodies, calls
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.engine.watch import watch
from flowtui.model.errors import BackendError, Unanswered
from flowtui.model.run import Query
from tests.contract.conftest import WINDOW, Connect, MakeCanned, no_sleep

QUERY = Query("fields srcaddr", WINDOW, ("/vpc/edge",))
AGAIN = {"nextToken": "again", "NextToken": "again"}
GROUPS: dict[str, object] = {"logGroups": [{"logGroupName": "/a"}], **AGAIN}
SAVED: dict[str, object] = {"queryDefinitions": [{"name": "a", "queryString": "b"}], **AGAIN}
DENIED: dict[str, object] = {"__type": "AccessDeniedException", "message": "no"}
FLOW_LOGS = (
    b"<DescribeFlowLogsResponse><flowLogSet/><nextToken>again</nextToken>"
    b"</DescribeFlowLogsResponse>"
)

Pages = Callable[[CloudWatchBackend], AsyncIterator[object]]


@pytest.mark.parametrize(
    ("operation", "pages"),
    [
        ("ListLogGroups", lambda backend: backend.log_groups()),
        ("ListLogGroups", lambda backend: backend.log_groups("edge")),
        ("DescribeLogGroups", lambda backend: backend.log_groups()),
        ("DescribeQueryDefinitions", lambda backend: backend.saved_queries()),
    ],
)
async def test_a_page_that_is_named_again_is_an_error(
    operation: str, pages: Pages, canned: MakeCanned, connect: Connect
) -> None:
    answers = {"ListLogGroups": (400, DENIED), "DescribeLogGroups": (200, GROUPS)}
    answers |= {"DescribeQueryDefinitions": (200, SAVED), "?": (200, FLOW_LOGS)}  # type: ignore[dict-item]
    if operation == "ListLogGroups":
        answers["ListLogGroups"] = (200, GROUPS)
    server = canned((400, DENIED), **answers)
    with pytest.raises(BackendError, match=f"{operation} got an answer .* has no end: it names"):
        [page async for page in pages(connect(server.url))]
    assert server.asked.count(operation) <= 4


async def test_pages_that_are_all_new_have_an_end_too(
    canned: MakeCanned, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "_MOST_PAGES", 5)
    pages = [(200, {**SAVED, "nextToken": f"token{number}"}) for number in range(10)]
    server = canned(*pages)
    with pytest.raises(BackendError, match="it goes on after 5 pages"):
        [page async for page in connect(server.url).saved_queries()]
    assert len(server.asked) == 5


async def test_flow_logs_without_an_end_are_said_not_to_be_known(
    canned: MakeCanned, connect: Connect
) -> None:
    group: dict[str, object] = {"logGroups": [{"logGroupName": "/vpc/edge"}]}
    server = canned((400, DENIED), DescribeLogGroups=(200, group), **{"?": (200, FLOW_LOGS)})
    found = await connect(server.url).describe("/vpc/edge", from_records=False)
    assert "DescribeFlowLogs got an answer" in found.format_notice
    assert server.asked.count("?") == 2


async def test_a_start_without_an_id_is_an_error_at_once(
    canned: MakeCanned, connect: Connect
) -> None:
    server = canned((400, DENIED), StartQuery=(200, {"queryId": ""}))
    with pytest.raises(Unanswered, match="queryId is empty where the service has some text"):
        async with asyncio.timeout(30):
            [each async for each in watch(connect(server.url), QUERY, WINDOW, sleep=no_sleep)]
    assert server.asked.count("StartQuery") == 1


async def test_a_body_is_read_up_to_the_longest_there_is(
    canned: MakeCanned, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MOST_BYTES", 1_000)
    short, long = b'{"queryDefinitions": []' + b" " * 900, b'{"queryDefinitions": []' + b" " * 2_000
    server = canned((200, short + b"}"), (200, long + b"}"))
    backend = connect(server.url)
    assert [page async for page in backend.saved_queries()] == [()]
    with pytest.raises(BackendError, match=r"DescribeQueryDefinitions got an answer .* is longer"):
        [page async for page in backend.saved_queries()]


@pytest.mark.parametrize(("ends_by", "chunks"), [(1e18, 3), (0.0, 0)])
def test_a_body_that_comes_too_slowly_is_given_up(ends_by: float, chunks: int) -> None:
    class Raw:
        is_closed = False

        def stream(self, size: int) -> list[bytes]:
            return [b"a"] * 3

        def close(self) -> None:
            self.is_closed = True

    raw = Raw()
    if chunks:
        assert list(bodies._bounded(raw, ends_by)) == [b"a"] * chunks
    else:
        with pytest.raises(TimeoutError):
            list(bodies._bounded(raw, ends_by))
    assert raw.is_closed == (not chunks)

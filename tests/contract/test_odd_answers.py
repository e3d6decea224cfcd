"""Answers of shapes that were met: a sentence that names the operation, and what is wrong in it."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.engine.export import to_json
from flowtui.engine.spreadsheets import to_csv
from flowtui.engine.watch import watch
from flowtui.model.errors import BackendError
from flowtui.model.run import Query, ResultSet, RunState
from tests.contract.conftest import WINDOW, Connect, MakeCanned, no_sleep

QUERY = Query("fields srcaddr", WINDOW, ("/vpc/edge",))
STARTED: dict[str, object] = {"queryId": "q-1"}
DENIED: dict[str, object] = {"__type": "AccessDeniedException", "message": "no"}
CELL = '[{"field": "a", "value": "1"}]'


async def end_of(backend: CloudWatchBackend) -> ResultSet:
    snapshots = watch(backend, QUERY, WINDOW, sleep=no_sleep)
    async with aclosing(snapshots):
        *_, last = [snapshot async for snapshot in snapshots]
    assert last.state is RunState.COMPLETE
    return last.results


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ('"results": "x"', "results is a text where the service has a list"),
        ('"results": 5', "results is a number"),
        ('"results": {}', "results is an object"),
        ('"results": [[5]]', r"results\[0\]\[0\] is a number where the service has an object"),
        ('"results": ["x"]', r"results\[0\] is a text where the service has a list"),
        ('"results": [[{"value": "1"}]]', r"results\[0\]\[0\].field is missing"),
        ('"results": [[{"field": "a", "value": 1}]]', r"results\[0\]\[0\].value is a number"),
        (f'"results": [{CELL}, [null]]', r"results\[1\]\[0\] is missing"),
        ('"statistics": "x"', "statistics is a text where the service has an object"),
        ('"statistics": {"bytesScanned": "1"}', "statistics.bytesScanned is a text"),
        ('"statistics": {"bytesScanned": -1}', "statistics.bytesScanned is a number"),
        ('"statistics": {"bytesScanned": 1e308}', "statistics.bytesScanned is a number"),
        ('"statistics": {"bytesScanned": true}', "statistics.bytesScanned is a truth value"),
        ('"statistics": {"resultCount": 1.5}', "statistics.resultCount is a number"),
        ('"nextToken": 5', "nextToken is a number"),
        ('"status": {}', "status is an object where the service has a text"),
    ],
)
async def test_results_of_another_shape_are_said_to_be_unreadable(
    members: str, place: str, canned: MakeCanned, connect: Connect
) -> None:
    body = f'{{"status": "Complete", {members}}}'.encode()
    server = canned(
        (200, {"success": True}), StartQuery=(200, STARTED), GetQueryResults=(200, body)
    )
    with pytest.raises(BackendError, match=f"GetQueryResults got an answer .*: {place}"):
        await end_of(connect(server.url))
    assert server.asked[-1] == "StopQuery"


@pytest.mark.parametrize(
    "body",
    [
        b'{"status": "Complete", "statistics": {"bytesScanned": NaN}}',
        b'{"status": "Complete", "statistics": {"bytesScanned": -Infinity}}',
        b'{"status": "Complete", "results": ' + b"[" * 100_000,
        b'{"status": ' + b'{"a":' * 100_000,
        b'{"status": "Complete", "n": ' + b"9" * 10_000 + b"}",
        b"[]", b"5", b'"x"', b"null", b'{"caf\xe9": 1}',
    ],
)  # fmt: skip
async def test_what_is_no_json_of_the_service_is_said_so(
    body: bytes, canned: MakeCanned, connect: Connect
) -> None:
    server = canned(
        (200, {"success": True}), StartQuery=(200, STARTED), GetQueryResults=(200, body)
    )
    with pytest.raises(BackendError, match="is not the service's; check for a proxy"):
        await end_of(connect(server.url))


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"logGroups": "x"}', "logGroups is a text where the service has a list"),
        (b'{"logGroups": [{}]}', r"logGroups\[0\].logGroupName is missing"),
        (b'{"logGroups": [null]}', r"logGroups\[0\] is missing where the service has an object"),
        (b'{"logGroups": [{"logGroupName": ""}]}', r"logGroups\[0\].logGroupName is empty"),
        (b'{"logGroups": [{"logGroupName": "a", "storedBytes": "1"}]}', r".*storedBytes is a text"),
        (b'{"logGroups": [{"logGroupName": "a", "creationTime": 1e30}]}', ".*creationTime is a n"),
        (b'{"logGroups": [{"logGroupName": "a", "retentionInDays": 1e9}]}', ".*retentionInDays"),
    ],
)
async def test_groups_of_another_shape_are_said_to_be_unreadable(
    body: bytes, place: str, canned: MakeCanned, connect: Connect
) -> None:
    server = canned((400, DENIED), DescribeLogGroups=(200, body))
    with pytest.raises(BackendError, match=f"DescribeLogGroups got an answer .*: {place}"):
        [page async for page in connect(server.url).log_groups()]


@pytest.mark.parametrize("kind", ["{}", "[]", "5", "null", '"a:b#c"', '""', '["x"]'])
@pytest.mark.parametrize("status", [400, 403, 500])
async def test_an_error_of_another_shape_is_an_error(
    kind: str, status: int, canned: MakeCanned, connect: Connect
) -> None:
    body = f'{{"__type": {kind}, "message": {kind}, "queryCompileError": {kind}}}'.encode()
    server = canned((status, body))
    with pytest.raises(BackendError, match="DescribeQueryDefinitions"):
        [page async for page in connect(server.url).saved_queries()]


async def test_an_error_of_no_readable_words_is_no_escape_sequence(
    canned: MakeCanned, connect: Connect
) -> None:
    body: dict[str, object] = {"__type": "\x1b]52;c;aGk=\x07", "message": "\u202e"}
    with pytest.raises(BackendError) as caught:
        [page async for page in connect(canned((400, body)).url).saved_queries()]
    assert str(caught.value).isprintable()


async def test_lone_surrogates_cost_no_row(canned: MakeCanned, connect: Connect) -> None:
    first = b'{"field": "a\\ud800", "value": "\\udfffx"}'
    rows = b"[[" + first + b'], [{"field": "b", "value": "\\ud83d\\ude42"}]]'
    body = b'{"status": "Complete", "results": ' + rows + b"}"
    server = canned((200, STARTED), (200, body))
    results = await end_of(connect(server.url))
    assert results == ResultSet(("a\ufffd", "b"), (("\ufffdx", None), (None, "\U0001f642")))
    (to_csv(results) + to_json(results)).encode()


async def test_a_table_with_no_room_for_its_columns_is_refused(
    canned: MakeCanned, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.backends.cloudwatch.results._MOST_CELLS", 99)
    rows: list[object] = [[{"field": str(number), "value": "1"}] for number in range(10)]
    page: dict[str, object] = {"status": "Complete", "results": rows}
    server = canned(
        (200, {"success": True}), StartQuery=(200, STARTED), GetQueryResults=(200, page)
    )
    with pytest.raises(BackendError, match="10 different columns, too many for a table of 10 rows"):
        await end_of(connect(server.url))

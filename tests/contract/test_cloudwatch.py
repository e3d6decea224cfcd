"""The CloudWatch adapter, by real boto3 over a loopback socket."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flowtui.backends.base import Handle
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.scripted import ScriptedBackend
from flowtui.engine.cost import Estimate
from flowtui.engine.formats import Formats
from flowtui.engine.runner import Prepared, QueryRunner
from flowtui.engine.watch import follow, watch
from flowtui.model.errors import (
    BackendError,
    CredentialsError,
    QueryError,
    QuerySyntaxError,
    Throttled,
    Unanswered,
    Unreachable,
    UsageError,
)
from flowtui.model.run import Query, ResultSet, RunState, Snapshot, Statistics
from flowtui.model.timerange import TimeRange
from flowtui.serve.server import Endpoint
from tests.contract.conftest import NOON, PATIENCE, WINDOW, Connect, MakeCanned, Serve, no_sleep

QUERY = Query("fields srcaddr, bytes", WINDOW, ("/vpc/edge",), limit=100_000)
RAW = ResultSet(("srcaddr", "bytes", "@ptr"), (("10.0.0.1", "40", "p1"), ("10.0.0.2", None, "p2")))
FEW = Snapshot(RunState.RUNNING, RAW, Statistics(2.0, 10.0, 1000.0))
REPORTED = Statistics(
    2.0, 10.0, 1000.0, 2, bytes_skipped=3.1e9, records_skipped=7.0, groups_scanned=1.0
)
DONE = replace(FEW, state=RunState.COMPLETE)
SLOTS = {"__type": "LimitExceededException", "message": "query concurrency limit of [30] reached."}
RATE = {"__type": "ThrottlingException", "message": "Rate exceeded"}
STARTED: dict[str, object] = {"queryId": "q-1"}


async def results_of(backend: CloudWatchBackend, query: Query = QUERY) -> list[Snapshot]:
    async with aclosing(watch(backend, query, WINDOW, sleep=no_sleep)) as snapshots:
        return [snapshot async for snapshot in snapshots]


async def open_gate(endpoint: Endpoint, gate: asyncio.Event) -> None:
    """Let the script go on, which waits on the endpoint's own loop."""

    async def open_it() -> None:
        gate.set()

    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(open_it(), endpoint._loop))


def of(operation: str, asked: list[str]) -> int:
    return asked.count(operation)


async def test_the_rows_arrive_with_missing_cells_and_statistics(
    serve: Serve, connect: Connect
) -> None:
    script = ScriptedBackend([replace(DONE, statistics=REPORTED)])
    *_, last = await results_of(connect(serve(script).url))
    assert last.state is RunState.COMPLETE
    assert last.results == RAW
    assert last.statistics == REPORTED
    assert script.started == [(replace(QUERY, time=WINDOW), WINDOW)]


async def test_partial_rows_are_seen_before_the_end(serve: Serve, connect: Connect) -> None:
    gate = asyncio.Event()
    endpoint = serve(ScriptedBackend([Snapshot(RunState.QUEUED), FEW, gate, DONE]))
    states = []
    async with aclosing(watch(connect(endpoint.url), QUERY, WINDOW, sleep=no_sleep)) as snapshots:
        async for snapshot in snapshots:
            states.append(snapshot.state)
            if snapshot.results.rows and snapshot.state is RunState.RUNNING:
                assert snapshot.results == RAW
                await open_gate(endpoint, gate)
    assert states[-1] is RunState.COMPLETE
    assert RunState.RUNNING in states


async def test_25000_rows_come_in_pages_and_in_order(serve: Serve, connect: Connect) -> None:
    rows = tuple((str(n), f"p{n}") for n in range(25_000))
    full = Snapshot(RunState.COMPLETE, ResultSet(("n", "@ptr"), rows))
    snapshots = await results_of(connect(serve(ScriptedBackend([full])).url))
    paging = [s for s in snapshots if s.statistics.progress is not None]
    assert [(s.state, len(s.results.rows)) for s in paging] == [
        ("Running", 10000),
        ("Running", 20000),
    ]
    assert [s.statistics.progress for s in paging] == [0.4, 0.8]
    assert snapshots[-1].results.rows == rows


async def test_the_results_of_an_earlier_query_are_read_by_its_id_without_a_scan(
    serve: Serve, connect: Connect
) -> None:
    script = ScriptedBackend([DONE])
    endpoint = serve(script)
    handle = await connect(endpoint.url).start(QUERY, WINDOW)
    later = connect(endpoint.url)
    again = await later.attach(handle, QUERY, WINDOW)
    async with aclosing(follow(later, again, sleep=no_sleep)) as snapshots:
        found = [snapshot async for snapshot in snapshots]
    assert found[-1].results == RAW
    assert len(script.started) == 1
    with pytest.raises(BackendError):
        await later.poll(await later.attach(Handle("nobody"), QUERY, WINDOW))


def page_of(rows: int, following: str) -> dict[str, object]:
    row = [{"field": "n", "value": "1"}]
    return {"status": "Complete", "results": [row] * rows, "nextToken": following}


async def test_paging_ends_at_the_limit_of_the_query(canned: MakeCanned, connect: Connect) -> None:
    pages = [(200, page_of(2, token)) for token in ("one", "two", "three")]
    server = canned((200, STARTED), *pages)
    *_, last = await results_of(connect(server.url), replace(QUERY, limit=5))
    assert of("GetQueryResults", server.asked) == 3
    assert last.state is RunState.COMPLETE
    assert server.bodies[0]["limit"] == 5
    assert [body.get("nextToken") for body in server.bodies[1:]] == [None, "one", "two"]


@pytest.mark.parametrize("tokens", [["one"], ["one", "two", "one"]])
async def test_a_page_that_is_named_again_is_an_error_and_not_more_rows(
    tokens: list[str], canned: MakeCanned, connect: Connect
) -> None:
    pages = [(200, page_of(2, token)) for token in tokens]
    server = canned((200, STARTED), *pages, pages[-1], (200, {"success": True}))
    with pytest.raises(BackendError, match="GetQueryResults has no end: it names the same next"):
        await results_of(connect(server.url))
    assert server.asked[-1] == "StopQuery"


async def test_columns_that_only_a_later_page_has_come_last(
    canned: MakeCanned, connect: Connect
) -> None:
    first = {"status": "Complete", "results": [[{"field": "a", "value": "1"}]], "nextToken": "t"}
    cells = [{"field": "b", "value": "2"}, {"field": "a", "value": "3"}]
    second = {"status": "Complete", "results": [cells]}
    server = canned((200, STARTED), (200, first), (200, second))
    *_, last = await results_of(connect(server.url))
    assert last.results == ResultSet(("a", "b"), (("1", None), ("3", "2")))


async def test_leaving_stops_the_query_on_the_service(serve: Serve, connect: Connect) -> None:
    script = ScriptedBackend([FEW, asyncio.Event()])
    endpoint = serve(script)
    async with aclosing(watch(connect(endpoint.url), QUERY, WINDOW, sleep=no_sleep)) as snapshots:
        await anext(snapshots)
        assert script.running
    assert not script.running
    assert "stop" in script.calls


async def test_a_query_that_has_ended_may_be_stopped(serve: Serve, connect: Connect) -> None:
    script = ScriptedBackend([FEW, asyncio.Event()])
    endpoint = serve(script)
    ours, another = connect(endpoint.url), connect(endpoint.url)
    handle = await ours.start(QUERY, WINDOW)
    another._runs[handle] = ours._runs[handle]
    await another.stop(handle)
    await ours.stop(handle)
    await ours.stop(handle)


async def test_a_start_that_is_given_up_is_stopped_when_its_answer_comes(
    serve: Serve, connect: Connect
) -> None:
    gate = asyncio.Event()
    script = ScriptedBackend([FEW, asyncio.Event()], start_gate=gate)
    endpoint = serve(script)
    backend = connect(endpoint.url)
    starting = asyncio.create_task(backend.start(QUERY, WINDOW))
    await asyncio.wrap_future(
        asyncio.run_coroutine_threadsafe(script.reached("start"), endpoint._loop)
    )
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await open_gate(endpoint, gate)
    async with asyncio.timeout(120):
        await asyncio.wrap_future(
            asyncio.run_coroutine_threadsafe(script.reached("stop"), endpoint._loop)
        )
    assert not script.running


async def test_the_window_becomes_inclusive_seconds(canned: MakeCanned, connect: Connect) -> None:
    server = canned((200, STARTED))
    second, noon = timedelta(seconds=1), int(NOON.timestamp())
    for start, end, expected in [
        (0.0, 60.0, (0, 59)),
        (0.5, 60.001, (0, 60)),
        (10.2, 10.3, (10, 10)),
    ]:
        await connect(server.url).start(
            QUERY, TimeRange(NOON + start * second, NOON + end * second)
        )
        sent = server.bodies[-1]
        assert (sent["startTime"], sent["endTime"]) == (noon + expected[0], noon + expected[1])


async def test_groups_of_other_accounts_go_by_arn(canned: MakeCanned, connect: Connect) -> None:
    server = canned((200, STARTED))
    arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/shared"
    groups = ("/vpc/edge", f"{arn}:*")
    await connect(server.url).start(replace(QUERY, log_groups=groups), WINDOW)
    assert server.bodies[-1]["logGroupIdentifiers"] == ["/vpc/edge", arn]
    assert "logGroupNames" not in server.bodies[-1]


async def test_a_malformed_query_points_into_the_text(serve: Serve, connect: Connect) -> None:
    script = ScriptedBackend(QuerySyntaxError("unexpected symbol found fieldz", (2, 8)))
    with pytest.raises(QueryError, match="unexpected symbol found fieldz") as caught:
        await results_of(connect(serve(script).url))
    assert caught.value.span == (2, 8)


@pytest.mark.parametrize(
    ("message", "span"),
    [("unexpected symbol ([3,9])", (3, 9)), ("mismatched input 'count'", (0, 0))],
)
async def test_the_place_of_an_error_is_read_from_its_message(
    message: str, span: tuple[int, int], canned: MakeCanned, connect: Connect
) -> None:
    server = canned((400, {"__type": "MalformedQueryException", "message": message}))
    with pytest.raises(QueryError) as caught:
        await results_of(connect(server.url))
    assert caught.value.span == span
    assert "([" not in str(caught.value)


async def test_a_wrong_time_range_is_not_a_wrong_query(
    canned: MakeCanned, connect: Connect
) -> None:
    message = (
        "Query's end date and time is either before the log groups creation time or exceeds the "
        "log groups log retention settings ([0,79])"
    )
    server = canned((400, {"__type": "MalformedQueryException", "message": message}))
    with pytest.raises(BackendError, match="choose a later one"):
        await results_of(connect(server.url))


async def test_throttling_is_waited_out(canned: MakeCanned, connect: Connect) -> None:
    complete: dict[str, object] = {"status": "Complete", "results": []}
    server = canned((400, RATE), (400, RATE), (200, STARTED), (400, RATE), (200, complete))
    *_, last = await results_of(connect(server.url))
    assert last.state is RunState.COMPLETE
    assert of("StartQuery", server.asked) == 3
    assert of("GetQueryResults", server.asked) == 2


async def test_throttling_that_lasts_is_seen_and_told_in_the_end(canned: MakeCanned) -> None:
    server = canned((400, RATE))
    ticks = iter(range(0, 100_000, 10))
    patience = replace(PATIENCE, clock=lambda: next(ticks))
    first, *_, last = await results_of(
        CloudWatchBackend(endpoint_url=server.url, patience=patience)
    )
    assert not first.has_slot
    assert "Rate exceeded" in first.notices[1]
    assert last.state is RunState.FAILED
    assert "No query slot came free in 120 s" in last.error
    assert "Rate exceeded" in last.error


async def test_other_requests_are_sent_again_when_they_were_throttled(
    canned: MakeCanned, connect: Connect
) -> None:
    server = canned((400, RATE))
    with pytest.raises(Throttled, match="Rate exceeded"):
        [page async for page in connect(server.url).log_groups()]
    assert of("DescribeLogGroups", server.asked) == PATIENCE.throttled_tries


async def test_a_query_waits_for_a_free_slot(canned: MakeCanned) -> None:
    complete: dict[str, object] = {"status": "Complete", "results": []}
    server = canned((400, SLOTS), (400, SLOTS), (200, STARTED), (200, complete))
    ticks = iter(range(1000))
    patience = replace(PATIENCE, clock=lambda: next(ticks))
    snapshots = await results_of(CloudWatchBackend(endpoint_url=server.url, patience=patience))
    assert [s.state for s in snapshots] == ["Queued", "Queued", "Complete"]
    assert [s.has_slot for s in snapshots] == [False, True, True]
    assert snapshots[0].notices[0] == "Waiting for a free query slot"
    assert "[30]" in snapshots[0].notices[1]


async def test_a_query_that_has_a_slot_waits_for_none_though_its_polls_fail(
    canned: MakeCanned,
) -> None:
    complete = {"status": "Complete", "results": []}
    server = canned((400, SLOTS), (400, SLOTS), (200, STARTED), (400, RATE), (200, complete))
    ticks = iter(range(1000))
    patience = replace(PATIENCE, clock=lambda: next(ticks))
    backend = CloudWatchBackend(endpoint_url=server.url, patience=patience)
    _, _, refused, _ = await results_of(backend)
    assert refused.has_slot
    (notice,) = refused.notices
    assert "GetQueryResults was throttled" in notice


async def test_a_query_that_had_to_wait_for_a_slot_goes_by_its_id_when_it_has_one(
    canned: MakeCanned,
) -> None:
    complete = {"status": "Complete", "results": []}
    server = canned((400, SLOTS), (400, SLOTS), (200, STARTED), (200, complete))
    ticks = iter(range(1000))
    patience = replace(PATIENCE, clock=lambda: next(ticks))
    backend = CloudWatchBackend(endpoint_url=server.url, patience=patience)
    runner = QueryRunner(backend, Formats(), now=lambda: NOON, delays=lambda *_: 0.0)
    async with aclosing(runner.runs(Prepared(QUERY, WINDOW, None, Estimate()))) as runs:
        found = [(run.handle, str(run.latest.state)) async for run in runs]
    assert found == [("", "Queued"), ("", "Queued"), ("q-1", "Queued"), ("q-1", "Complete")]


async def test_a_query_that_had_to_wait_for_a_slot_is_left_running_by_its_id(
    canned: MakeCanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.engine.watch.STOP_SECONDS", 1.0)
    running = {"status": "Running", "results": []}
    denied = {"__type": "AccessDeniedException", "message": "no"}
    server = canned((400, SLOTS), (200, STARTED), (200, running), (400, denied))
    ticks = iter(range(1000))
    patience = replace(PATIENCE, clock=lambda: next(ticks))
    backend = CloudWatchBackend(endpoint_url=server.url, patience=patience)
    left: list[Handle | None] = []
    async with aclosing(watch(backend, QUERY, WINDOW, sleep=no_sleep, left=left.append)) as found:
        async for snapshot in found:
            if snapshot.state is RunState.RUNNING:
                break
    assert server.asked[-1] == "StopQuery"
    assert left == ["q-1"]


async def test_the_wait_for_a_slot_ends(canned: MakeCanned) -> None:
    server = canned((400, SLOTS))
    ticks = iter(range(0, 100_000, 10))
    patience = replace(PATIENCE, clock=lambda: next(ticks))
    *_, last = await results_of(CloudWatchBackend(endpoint_url=server.url, patience=patience))
    assert last.state is RunState.FAILED
    assert "No query slot came free in 120 s" in last.error
    assert "StopQuery" not in server.asked


async def test_a_start_that_may_have_arrived_is_not_sent_again(
    canned: MakeCanned, connect: Connect
) -> None:
    server = canned((500, {"__type": "InternalFailure", "message": "oops"}))
    with pytest.raises(Unanswered, match="may be running all the same"):
        await results_of(connect(server.url))
    assert server.asked == ["StartQuery", "DescribeQueries"]


async def test_a_start_after_a_wait_that_may_have_arrived_is_not_sent_again(
    canned: MakeCanned,
) -> None:
    server = canned((400, SLOTS), (502, b""), (200, STARTED))
    ticks = iter(range(1000))
    patience = replace(PATIENCE, clock=lambda: next(ticks))
    with pytest.raises(Unanswered, match="may be running all the same"):
        await results_of(CloudWatchBackend(endpoint_url=server.url, patience=patience))
    assert of("StartQuery", server.asked) == 2


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"<html>Log in to the guest network</html>", b'{"que']
)
async def test_a_success_that_is_not_the_services_is_an_error(
    body: bytes, canned: MakeCanned, connect: Connect
) -> None:
    with pytest.raises(Unreachable, match="check for a proxy"):
        await results_of(connect(canned((200, body)).url))


@pytest.mark.parametrize(
    ("status", "state"),
    [("Failed", "Failed"), ("Timeout", "Timed out"), ("Cancelled", "Cancelled")],
)
async def test_a_query_that_fails_on_the_service_says_so(
    status: str, state: str, canned: MakeCanned, connect: Connect
) -> None:
    server = canned((200, STARTED), (200, {"status": status, "results": []}))
    *_, last = await results_of(connect(server.url))
    assert last.state == state
    assert last.error
    assert server.asked == ["StartQuery", "GetQueryResults"]


@pytest.mark.parametrize("status", ["Unknown", "Dreaming"])
async def test_a_state_of_the_future_is_named_and_is_not_an_end(
    status: str, canned: MakeCanned, connect: Connect
) -> None:
    later: dict[str, object] = {"status": status, "results": []}
    complete: dict[str, object] = {"status": "Complete", "results": []}
    server = canned((200, STARTED), (200, later), (200, complete))
    snapshots = await results_of(connect(server.url))
    assert [s.state for s in snapshots] == ["Running", "Complete"]
    assert [s.notices for s in snapshots] == [
        (f"CloudWatch calls the state of the query {status!r}",),
        (),
    ]


async def test_a_query_without_an_end_is_given_up_and_stopped(canned: MakeCanned) -> None:
    unknown: dict[str, object] = {"status": "Unknown", "results": []}
    server = canned((200, STARTED), *[(200, unknown)] * 3, (200, {"success": True}))
    ticks = iter(range(0, 100_000, 1500))
    patience = replace(PATIENCE, clock=lambda: next(ticks))
    *_, last = await results_of(CloudWatchBackend(endpoint_url=server.url, patience=patience))
    assert last.state is RunState.FAILED
    assert "CloudWatch reports no end of the query" in last.error
    assert server.asked == ["StartQuery", *["GetQueryResults"] * 3, "StopQuery"]


async def test_a_row_without_a_pointer_or_without_anything_is_a_row(
    canned: MakeCanned, connect: Connect
) -> None:
    rows = [[{"field": "a", "value": "1"}, {"field": "@ptr", "value": "p"}], []]
    rows += [[{"field": "a", "value": "2"}]]
    server = canned((200, STARTED), (200, {"status": "Complete", "results": rows}))
    *_, last = await results_of(connect(server.url))
    assert last.results.rows == (("1", "p"), (None, None), ("2", None))
    assert [last.results.key(index) for index in range(3)] == [
        ("p",),
        (None, None),
        ("2", None),
    ]


async def test_a_refused_connection_is_one_sentence(connect: Connect) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(Unreachable, match=f"Can't connect to {url}: connection refused") as caught:
        await results_of(connect(url))
    assert not isinstance(caught.value, Unanswered)


@pytest.fixture
def mute() -> Iterator[str]:
    """An endpoint that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_an_unplugged_endpoint_is_one_sentence(mute: str) -> None:
    patience = replace(PATIENCE, connect=0.2, read=0.2)
    with pytest.raises(Unreachable, match="does not answer in time"):
        await results_of(CloudWatchBackend(endpoint_url=mute, patience=patience))


def test_a_call_without_an_answer_does_not_keep_the_program_from_exiting(mute: str) -> None:
    program = (
        "import asyncio, sys, contextlib\n"
        "from tests.contract.conftest import WINDOW\n"
        "from flowtui.backends.cloudwatch.backend import CloudWatchBackend\n"
        "from flowtui.backends.aws.calls import Patience\n"
        "from flowtui.model.run import Query\n"
        "async def main():\n"
        "    patience = Patience(read=600)\n"
        "    backend = CloudWatchBackend(endpoint_url=sys.argv[1], patience=patience)\n"
        "    with contextlib.suppress(TimeoutError):\n"
        "        async with asyncio.timeout(1):\n"
        "            await backend.start(Query('fields a', WINDOW, ('g',)), WINDOW)\n"
        "asyncio.run(main())\n"
    )
    # The read times out after ten minutes only.
    subprocess.run([sys.executable, "-c", program, mute], check=True, timeout=120)  # noqa: S603


async def test_missing_credentials_are_one_sentence_and_may_come_later(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    backend = connect(serve(ScriptedBackend([DONE])).url)
    with pytest.raises(CredentialsError, match="There are no AWS credentials"):
        await results_of(backend)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert (await results_of(backend))[-1].state is RunState.COMPLETE


async def test_an_unknown_profile_is_one_sentence() -> None:
    with pytest.raises(CredentialsError, match="There is no AWS profile nope"):
        await results_of(CloudWatchBackend(profile="nope", patience=PATIENCE))


async def test_no_region_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(BackendError, match="No AWS region is set; choose one"):
        await results_of(CloudWatchBackend(patience=PATIENCE))


def profile(text: str) -> None:
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(text)


@pytest.mark.parametrize("name", ["direct", "assumed"])
async def test_a_credential_process_has_no_terminal(
    name: str, serve: Serve, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    script = tmp_path / "process.py"
    script.write_text(
        "import json, os, sys\n"
        f"told = open({str(told)!r}, 'w')\n"
        "told.write(f'{sys.stdin.read()!r} {os.getsid(0) == os.getpid()}')\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': 'A', 'SecretAccessKey': 'B'}))\n"
    )
    profile(
        f"[profile direct]\ncredential_process = {sys.executable} {script}\n"
        "[profile assumed]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = direct\n"
        "sts_regional_endpoints = regional\nendpoint_url = http://127.0.0.1:9\n"
    )
    endpoint = serve(ScriptedBackend([DONE]))
    backend = CloudWatchBackend(profile=name, endpoint_url=endpoint.url, patience=PATIENCE)
    if name == "direct":
        await results_of(backend)
    else:
        with pytest.raises(Unreachable):
            await results_of(backend)
    assert told.read_text() == "'' True"


async def test_loopback_ignores_the_proxy(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    url = serve(ScriptedBackend([DONE])).url
    assert (await results_of(connect(url)))[-1].state is RunState.COMPLETE
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", url)
    backend = CloudWatchBackend(patience=PATIENCE)
    assert (await results_of(backend))[-1].state is RunState.COMPLETE


def test_an_endpoint_without_a_scheme_is_refused() -> None:
    with pytest.raises(UsageError, match="write it like http"):
        CloudWatchBackend(endpoint_url="localhost:4566")


async def test_the_keys_of_the_query_identify_its_rows(canned: MakeCanned) -> None:
    row = [{"field": "srcaddr", "value": "10.0.0.1"}]
    server = canned((200, STARTED), (200, {"status": "Complete", "results": [row]}))
    backend = CloudWatchBackend(endpoint_url=server.url, patience=PATIENCE)
    *_, last = await results_of(backend, replace(QUERY, body="stats count(*) as n by srcaddr"))
    assert (last.results.keys, last.results.columns) == (("srcaddr",), ("srcaddr", "n"))
    for text in ("newcommand (", "stats sum(bytes) by dstaddr"):
        # What the service answers counts, whatever flowtui makes of the query.
        server.answers.insert(0, (200, json.dumps(STARTED).encode()))
        *_, last = await results_of(backend, replace(QUERY, body=text))
        assert last.results.columns == ("srcaddr",)
        assert last.results.key(0) == ("10.0.0.1",)


async def test_groups_are_told_page_by_page(serve: Serve, connect: Connect) -> None:
    backend = connect(serve(ScriptedBackend()).url)
    pages = [page async for page in backend.log_groups()]
    assert [len(page) for page in pages] == [121, 0, 50, 50, 21, 0]
    edge = pages[-2][-1]
    assert (edge.name, edge.stored_bytes, edge.retention_days) == ("/vpc/edge", 1234, 14)
    assert edge.created == NOON
    assert edge.arn == "arn:aws:logs:us-east-1:000000000000:log-group:/vpc/edge"


async def test_a_group_is_described_and_an_unknown_one_is_not(
    serve: Serve, connect: Connect
) -> None:
    backend = connect(serve(ScriptedBackend()).url)
    assert (await backend.describe("/vpc/edge")).retention_days == 14
    with pytest.raises(BackendError, match="There is no log group /vpc"):
        await backend.describe("/vpc")
    assert await backend.extent(("/vpc/edge",)) is None
    assert backend.place == "default/us-east-1"


async def test_a_group_that_may_not_be_listed_can_still_be_queried(
    canned: MakeCanned, connect: Connect
) -> None:
    denied: dict[str, object] = {"__type": "AccessDeniedException", "message": "no"}
    group = await connect(canned((400, denied)).url).describe("/vpc/edge")
    assert group.name == "/vpc/edge"
    assert "may not logs:DescribeLogGroups" in group.notice


def test_boto3_is_not_imported_before_it_is_used() -> None:
    program = (
        "import sys, flowtui.backends.cloudwatch.backend as b; b.CloudWatchBackend();"
        "sys.exit('botocore' in sys.modules or 'boto3' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)  # noqa: S603

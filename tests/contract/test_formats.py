"""The format of a log group: from EC2, else from its records; and said, either way."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from flowtui.backends.aws.decode import Entry
from flowtui.backends.cloudwatch import formats
from flowtui.backends.cloudwatch.backend import CloudWatchBackend
from flowtui.backends.scripted import ScriptedBackend, ScriptedCatalog
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT
from flowtui.flowlogs.log_group import LogGroup
from flowtui.flowlogs.presets import TGW_FORMAT
from flowtui.model.errors import CredentialsError
from flowtui.serve.server import Endpoint
from tests.contract.conftest import NOON, PATIENCE, Canned, Connect, MakeCanned, Serve

GROUPS: dict[str, object] = {"logGroups": [{"logGroupName": "/vpc/edge"}]}
DENIED = (
    b"<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized"
    b"</Message></Error></Errors><RequestID>r</RequestID></Response>"
)
REFUSED: dict[str, object] = {"__type": "AccessDeniedException", "message": "no"}
STREAMS: dict[str, object] = {"logStreams": [{"logStreamName": "eni-1-all"}]}
RECORD = (
    "2 123456789012 eni-0a1 10.0.0.1 10.0.0.2 443 49152 6 10 840 1700000000 1700000060 ACCEPT OK"
)
DEFAULT = str(DEFAULT_FORMAT)
ARN = "arn:aws:logs:eu-west-1:111122223333:log-group:/shared"


def flow_logs(*items: str, following: str = "") -> bytes:
    """An answer of DescribeFlowLogs; `item` writes what is in it."""
    more = f"<nextToken>{following}</nextToken>" if following else ""
    return (
        '<DescribeFlowLogsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><flowLogSet>'
        f"{''.join(items)}</flowLogSet>{more}</DescribeFlowLogsResponse>"
    ).encode()


def item(log_format: str, group: str = "/vpc/edge", **members: str) -> str:
    told = {
        "flowLogId": "fl-1", "logGroupName": group, "logFormat": log_format, "trafficType": "ALL",
    } | members  # fmt: skip
    return f"<item>{''.join(f'<{k}>{v}</{k}>' for k, v in told.items())}</item>"


def said(group: LogGroup) -> str:
    return " ".join(filter(None, (group.notice, group.format_notice)))


def events(*messages: str) -> dict[str, object]:
    return {"events": [{"timestamp": 1, "message": message} for message in messages]}


@pytest.fixture
def describe(canned: MakeCanned, monkeypatch: pytest.MonkeyPatch) -> Describe:
    return Describe(canned, monkeypatch)


class Describe:
    """Describes the group on a server with these answers, where EC2 is too."""

    def __init__(self, canned: MakeCanned, monkeypatch: pytest.MonkeyPatch) -> None:
        self._canned, self._monkeypatch = canned, monkeypatch
        self.server = Canned([])

    async def __call__(
        self, *answers: tuple[int, bytes | dict[str, object]], name: str = "/vpc/edge"
    ) -> LogGroup:
        self.server = self._canned(*answers)
        self._monkeypatch.setenv("AWS_ENDPOINT_URL", self.server.url)
        return await CloudWatchBackend(patience=PATIENCE).describe(name)


async def test_one_format_is_told_without_a_notice(describe: Describe) -> None:
    found = await describe((200, GROUPS), (200, flow_logs(item(DEFAULT), item(DEFAULT))))
    assert found.format == DEFAULT_FORMAT
    assert (found.candidates, said(found)) == ((), "")
    assert found.format_source == "fl-1, fl-1"


async def test_all_pages_are_read(describe: Describe) -> None:
    pages = flow_logs(item("${srcaddr}"), following="more"), flow_logs(item(DEFAULT))
    found = await describe((200, GROUPS), (200, pages[0]), (200, pages[1]))
    assert len(found.candidates) == 2
    assert found.is_mixed
    assert found.format is None
    assert "2 formats are delivered to /vpc/edge; F9 or --format chooses one" in said(found)


async def test_records_of_several_widths_are_a_mixed_group(describe: Describe) -> None:
    other = "10.0.0.1 10.0.0.2 443 ACCEPT OK"
    found = await describe(
        (200, GROUPS), (403, DENIED), (200, STREAMS), (200, events(RECORD, RECORD, other))
    )
    assert found.format == DEFAULT_FORMAT.among_others()
    assert found.is_mixed
    assert "others have 5 fields" in said(found)


async def test_a_flow_log_that_names_its_destination_by_arn_is_found(describe: Describe) -> None:
    destination = "arn:aws:logs:us-east-1:1:log-group:/vpc/edge:*"
    found = await describe(
        (200, GROUPS),
        (200, flow_logs()),
        (200, flow_logs(item("${bytes}", "/x"), item(DEFAULT, "", logDestination=destination))),
    )
    assert found.format == DEFAULT_FORMAT


async def test_half_of_the_traffic_and_a_failing_flow_log_are_said(describe: Describe) -> None:
    log = item(DEFAULT, trafficType="REJECT", deliverLogsErrorMessage="Access error")
    found = await describe((200, GROUPS), (200, flow_logs(log)))
    assert "Only REJECT is logged to /vpc/edge" in said(found)
    assert "fl-1 can't deliver its records: Access error" in said(found)


async def test_a_recreated_flow_log_is_said(describe: Describe) -> None:
    group = {"logGroupName": "/vpc/edge", "creationTime": 1_600_000_000_000}
    log = item(DEFAULT, creationTime="2026-05-01T00:00:00.000Z")
    found = await describe((200, {"logGroups": [group]}), (200, flow_logs(log)))
    assert found.format == DEFAULT_FORMAT
    assert "records from before that may have another format" in said(found)


async def test_a_transit_gateway_has_a_format_too(describe: Describe) -> None:
    found = await describe((200, GROUPS), (200, flow_logs(item(str(TGW_FORMAT)))))
    assert found.format == TGW_FORMAT


async def test_without_permission_the_records_tell(describe: Describe) -> None:
    found = await describe((200, GROUPS), (403, DENIED), (200, STREAMS), (200, events(RECORD)))
    assert found.format == DEFAULT_FORMAT
    assert found.format_source == "inferred"
    assert found.sample == (RECORD,)
    assert "may not ec2:DescribeFlowLogs" in said(found)
    assert "14 fields (default, version 2) inferred from 1 records" in said(found)
    assert describe.server.bodies[-1] == {
        "logGroupName": "/vpc/edge", "logStreamName": "eni-1-all", "limit": 20,
        "startFromHead": False,
    }  # fmt: skip
    assert "StartQuery" not in describe.server.asked


async def test_an_order_that_is_not_certain_is_not_taken(describe: Describe) -> None:
    record = "10.0.0.1 10.0.0.2 443 49152 6 ACCEPT OK"
    found = await describe((200, GROUPS), (403, DENIED), (200, STREAMS), (200, events(record)))
    assert found.format is None
    assert len(found.candidates[0].fields) == 7
    assert "1 records may be 7 fields; F9 or --format confirms it" in said(found)


@pytest.mark.parametrize(
    ("messages", "notice"),
    [
        ([], "there are no records to infer its format from"),
        (["GET / 200"], "its newest events are no flow logs"),
    ],
)
async def test_where_nothing_can_be_inferred_it_is_said(
    messages: list[str], notice: str, describe: Describe
) -> None:
    found = await describe((200, GROUPS), (403, DENIED), (200, STREAMS), (200, events(*messages)))
    assert (found.format, found.candidates, found.format_source) == (None, (), "")
    assert notice in said(found)


async def test_who_may_not_read_records_either_is_told_so(describe: Describe) -> None:
    found = await describe((200, GROUPS), (403, DENIED), (400, REFUSED))
    assert found.format is None
    assert "may not ec2:DescribeFlowLogs" in said(found)
    assert "may not logs:DescribeLogStreams" in said(found)


async def test_expired_credentials_are_an_error_and_no_notice(describe: Describe) -> None:
    expired: dict[str, object] = {"__type": "ExpiredTokenException", "message": "expired"}
    with pytest.raises(CredentialsError, match="have expired"):
        await describe((200, GROUPS), (403, DENIED), (400, expired))


async def test_another_account_is_said_and_asked_by_arn(describe: Describe) -> None:
    answers = (200, GROUPS), (400, REFUSED), (200, STREAMS), (200, events(RECORD))
    found = await describe(*answers, name=ARN)
    assert describe.server.bodies[0]["logGroupNamePrefix"] == "/shared"
    assert found.format == DEFAULT_FORMAT
    assert "EC2 here does not know the flow logs of account 111122223333" in said(found)
    assert describe.server.bodies[-1]["logGroupIdentifier"] == ARN


async def test_an_arn_of_this_account_is_as_good_as_a_name(describe: Describe) -> None:
    ours: dict[str, object] = {"logGroups": [{"logGroupName": "/shared", "logGroupArn": ARN}]}
    answers = (200, ours), (200, flow_logs(item(DEFAULT, "/shared")))
    found = await describe(*answers, name=f"{ARN}:*")
    assert (found.name, found.arn, found.format) == (f"{ARN}:*", ARN, DEFAULT_FORMAT)


async def test_the_groups_of_flow_logs_are_marked_in_the_list(connect: Connect) -> None:
    known = LogGroup("/vpc/edge", format=ARTICLE_FORMAT, created=NOON)
    catalog = ScriptedCatalog((known, LogGroup("/app")))
    with Endpoint(ScriptedBackend(), catalog, now=lambda: NOON) as endpoint:
        *_, marked = [page async for page in connect(endpoint.url).log_groups()]
        assert [(group.name, group.format) for group in marked] == [("/vpc/edge", ARTICLE_FORMAT)]
        assert (await connect(endpoint.url).describe("/vpc/edge")).format == ARTICLE_FORMAT


@pytest.mark.parametrize(
    "refusals", [[(400, REFUSED)], [(501, b"<!doctype html><p>Not implemented")] * 2]
)
async def test_who_may_not_list_still_gets_the_slower_pages(
    refusals: list[tuple[int, bytes | dict[str, object]]],
    canned: MakeCanned,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # EC2 is asked at the same time: at an endpoint elsewhere it is not asked at all.
    monkeypatch.setattr("flowtui.backends.aws.client.Clients.knows_ec2", False)
    server = canned(*refusals, (200, GROUPS))
    pages = [page async for page in connect(server.url).log_groups()]
    assert [[group.name for group in page] for page in pages] == [["/vpc/edge"], []]
    assert server.asked == [*["ListLogGroups"] * len(refusals), "DescribeLogGroups"]


# A way to CloudWatch Logs, and none to EC2

HURRIED = replace(PATIENCE, hedge=0, aside=0.05, silence=3600)
LOGS = (200, GROUPS), (200, STREAMS), (200, events(RECORD))


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """EC2 is where requests arrive and nothing comes back; the URL of that."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", url)
        yield url


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """EC2 holds its answer back until this is set."""
    gate = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            gate.wait()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(flow_logs(item(str(TGW_FORMAT))))

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", f"http://127.0.0.1:{server.server_port}")
        yield gate
        gate.set()
        server.shutdown()
        thread.join()


@pytest.fixture
async def hurried(
    canned: MakeCanned, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CloudWatchBackend]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", canned(*LOGS, *LOGS).url)
    backend = CloudWatchBackend(patience=HURRIED)
    yield backend
    await backend.close()


async def test_where_ec2_is_silent_the_records_tell_and_that_is_said(
    silent: str, hurried: CloudWatchBackend
) -> None:
    found = await hurried.describe("/vpc/edge")
    assert found.format == DEFAULT_FORMAT
    assert found.format_notice == (
        "The flow logs of /vpc/edge can't be asked for: EC2 in us-east-1 does not answer in time; "
        f"AWS_ENDPOINT_URL_EC2 sends its requests to {silent}: correct or remove that; "
        "14 fields (default, version 2) inferred from 1 records; F9 or --format changes it"
    )


@pytest.mark.usefixtures("silent")
async def test_who_needs_no_format_waits_for_no_records(
    canned: MakeCanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = canned((200, GROUPS))
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", server.url)
    backend = CloudWatchBackend(patience=HURRIED)
    found = await backend.describe("/vpc/edge", from_records=False)
    assert "EC2 in us-east-1 does not answer in time" in found.format_notice
    assert "inferred" not in found.format_notice
    assert server.asked == ["DescribeLogGroups"]
    await backend.close()


@pytest.mark.usefixtures("silent")
async def test_a_silence_is_waited_for_once_and_not_for_each_group(
    hurried: CloudWatchBackend,
) -> None:
    await hurried.describe("/vpc/edge")
    hurried._flow_logs._patience = replace(HURRIED, hedge=3600, aside=3600)
    assert "EC2 in us-east-1 does not answer" in said(await hurried.describe("/vpc/edge"))


@pytest.mark.usefixtures("silent")
async def test_the_list_of_groups_is_whole_where_ec2_is_silent(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", serve(ScriptedBackend()).url)
    backend = CloudWatchBackend(patience=HURRIED)
    pages = [page async for page in backend.log_groups()]
    assert len({group.name for page in pages for group in page}) == 121
    await backend.close()


async def test_an_answer_that_came_too_late_is_there_for_the_next_time(
    held: threading.Event, hurried: CloudWatchBackend
) -> None:
    assert (await hurried.describe("/vpc/edge")).format == DEFAULT_FORMAT
    held.set()
    await asyncio.wait(hurried._flow_logs._asking.values())
    found = await hurried.describe("/vpc/edge")
    assert (found.format, said(found)) == (TGW_FORMAT, "")


async def test_the_records_are_read_while_ec2_thinks_and_it_has_the_last_word(
    held: threading.Event, canned: MakeCanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_messages = formats._read_messages
    loop, is_read = asyncio.get_running_loop(), asyncio.Event()

    def read(answer: Entry) -> list[str]:
        loop.call_soon_threadsafe(is_read.set)
        return read_messages(answer)

    monkeypatch.setattr(formats, "_read_messages", read)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", canned(*LOGS).url)
    backend = CloudWatchBackend(patience=replace(PATIENCE, hedge=0))
    describing = asyncio.ensure_future(backend.describe("/vpc/edge"))
    await is_read.wait()
    assert not describing.done()
    held.set()
    assert (await describing).format == TGW_FORMAT

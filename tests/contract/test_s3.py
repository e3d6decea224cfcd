"""Flow logs in S3, as moto serves it, with what goes wrong on the way."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import random
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from flowtui.__main__ import main
from flowtui.backends.base import Handle, Objects
from flowtui.backends.duckdb import keeping
from flowtui.backends.duckdb.ingest import files
from flowtui.backends.duckdb.ingest.text import chunks
from flowtui.backends.duckdb.loaded_cache import LoadedCache
from flowtui.backends.s3.backend import S3Backend
from flowtui.backends.s3.cache import Cache
from flowtui.cli.options import Selection
from flowtui.engine.pace import LOCAL
from flowtui.engine.watch import follow, watch
from flowtui.flowlogs.format import ARTICLE_FORMAT, FlowFormat
from flowtui.model.errors import BackendError, FlowtuiError
from flowtui.model.run import Query, ResultSet, RunState, Snapshot
from flowtui.model.source import S3Source
from flowtui.model.timerange import TimeRange
from flowtui.sample import article_lines
from tests.article import CASES
from tests.contract.front_ends import Asking
from tests.contract.front_ends import _rest as rest
from tests.contract.front_ends import _session as session_of
from tests.contract.s3_endpoint import Fault, Proxy, running

BEGIN = datetime(2022, 4, 1, 15, 18, tzinfo=UTC)
"""Of the article's six minutes."""
SIX_MINUTES = TimeRange(BEGIN, BEGIN + timedelta(minutes=6))
PAIRS = next(case.query for case in CASES if case.name == "pairs")
COUNT = Query("stats count(*) as n, sum(bytes) as size", SIX_MINUTES)
TREE = "AWSLogs/123456789012/vpcflowlogs/us-east-1/"
HEADER = " ".join(info.name for info in ARTICLE_FORMAT.fields)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """Its URL; the bucket `logs` has the article's records, as they would be delivered."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    client = client_of(url)
    client.create_bucket(Bucket="logs")
    for key, body in delivered().items():
        client.put_object(Bucket="logs", Key=key, Body=body)
    yield url
    client.close()
    server.stop()


def client_of(url: str, service: str = "s3") -> Any:
    return boto3.client(
        service, endpoint_url=url, region_name="us-east-1",
        aws_access_key_id="AKIDTEST", aws_secret_access_key="secret",  # noqa: S106  (moto takes any)
    )  # fmt: skip


def delivered() -> dict[str, bytes]:
    """Key to object: by the minute in which the records ended, and one of another day."""
    by_slot: dict[datetime, list[str]] = {BEGIN - timedelta(days=1): []}
    for line in article_lines():
        end = datetime.fromtimestamp(int(line.split()[15]), UTC)
        slot = end - timedelta(minutes=end.minute % 5, seconds=end.second)
        by_slot.setdefault(slot, []).append(line)
    return {
        f"{TREE}{slot:%Y/%m/%d}/{name_of(slot)}": packed(lines) for slot, lines in by_slot.items()
    }


def name_of(slot: datetime) -> str:
    return f"123456789012_vpcflowlogs_us-east-1_fl-0ab_{slot:%Y%m%dT%H%MZ}_1a2b.log.gz"


def packed(lines: list[str]) -> bytes:
    return gzip.compress("".join(f"{line}\n" for line in (HEADER, *lines)).encode())


@pytest.fixture
def whole() -> ResultSet:
    """What `COUNT` finds, whatever happens on the way."""
    lines = list(article_lines())
    size = sum(int(line.split()[11]) for line in lines)
    return ResultSet(("n", "size"), ((str(len(lines)), str(size)),))


@pytest.fixture
def proxy(moto: str) -> Iterator[Proxy]:
    with running(Proxy(moto)) as made:
        yield made


def backend(url: str, folder: Path, *urls: str, **given: Any) -> S3Backend:
    source = S3Source(urls or ("s3://logs",), endpoint_url=url, **given)
    cache = Cache(folder / "cache", 1e9)
    return S3Backend(source, cache, now=lambda: SIX_MINUTES.end, pause=lambda _: None)


async def answer(
    service: S3Backend, query: Query = COUNT, window: TimeRange = SIX_MINUTES
) -> Snapshot:
    """What the query finds in the end, by a service that is closed after it."""
    try:
        async with aclosing(watch(service, query, window, delays=LOCAL)) as snapshots:
            *_, last = [snapshot async for snapshot in snapshots]
        return last
    finally:
        await service.close()


# The same as on disk


def test_the_article_s_query_gives_the_same_table_from_s3_as_from_disk(
    moto: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, body in delivered().items():
        path = tmp_path / "logs" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    time = ["--start", SIX_MINUTES.start.isoformat(), "--end", SIX_MINUTES.end.isoformat()]

    def asked(*source: str) -> list[dict[str, str]]:
        words = ["flowtui", "query", PAIRS, *source, *time, "--output", "json"]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        out = capfd.readouterr()
        assert not ended.value.code, out.err
        found: list[dict[str, str]] = json.loads(out.out)
        return found

    from_s3 = asked("--file", "s3://logs/", "--endpoint-url", moto)
    assert from_s3 == asked("--file", str(tmp_path / "logs"))
    assert from_s3[0]["Data_Transferred"] == "346952038"


@pytest.mark.parametrize(
    "words",
    [
        ["findings"], ["conversations"], ["about", "172.31.1.16"],
        ["compare", "stats sum(bytes) as size by srcaddr", "--with", "yesterday"],
    ],
)  # fmt: skip
def test_what_needs_the_format_of_the_records_reads_it_from_them(
    proxy: Proxy,
    words: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    time = ["--start", SIX_MINUTES.start.isoformat(), "--end", SIX_MINUTES.end.isoformat()]
    source = ["--file", "s3://logs/", "--endpoint-url", proxy.url]

    def asked(*more: str) -> str:
        options = [*source, *time, "--output", "json", *more]
        monkeypatch.setattr(sys, "argv", ["flowtui", words[0], *words[1:], *options])
        with pytest.raises(SystemExit) as ended:
            main()
        out = capfd.readouterr()
        assert not ended.value.code, out.err
        return out.out

    found = asked()
    assert len(proxy.asked) == len(set(proxy.asked))
    assert found == asked("--format", str(ARTICLE_FORMAT))


async def test_only_the_objects_of_the_window_are_fetched_and_each_once(
    proxy: Proxy, tmp_path: Path
) -> None:
    first = await answer(backend(proxy.url, tmp_path))
    assert len(proxy.asked) == 2
    assert await answer(backend(proxy.url, tmp_path)) == first
    assert len(proxy.asked) == 2


async def test_a_wider_window_loads_only_what_it_has_more(
    proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LEAST", 1)
    read: list[str] = []
    original = files.read_blocks

    def noted(path: Path, *rest: Any) -> Iterator[tuple[bytes, int]]:
        read.append(path.name)
        return original(path, *rest)

    monkeypatch.setattr(chunks, "read_blocks", noted)
    wide = TimeRange(SIX_MINUTES.start - timedelta(days=2), SIX_MINUTES.end)
    counted = Query(COUNT.body, wide, COUNT.log_groups)
    source = S3Source(("s3://logs",), endpoint_url=proxy.url)
    for number in range(2):
        service = S3Backend(
            source,
            Cache(tmp_path / "cache", 1e9),
            now=lambda: SIX_MINUTES.end,
            pause=lambda _: None,
            loaded=LoadedCache(tmp_path / "loaded", 1e9),
        )
        for query in (counted, COUNT) if number else (COUNT, counted, COUNT):
            window = wide if query is counted else SIX_MINUTES
            async with aclosing(watch(service, query, window, delays=LOCAL)) as snapshots:
                *_, last = [snapshot async for snapshot in snapshots]
            assert last.state is RunState.COMPLETE, last.error
        await service.close()
        assert sorted(read) == sorted(key.rpartition("/")[2] for key in delivered())


@pytest.mark.parametrize("one_shot", [False, True])
async def test_two_windows_that_are_asked_at_once_lose_nothing(
    moto: str, tmp_path: Path, one_shot: bool
) -> None:
    source = S3Source(("s3://logs",), endpoint_url=moto)
    cache = Cache(tmp_path / "cache", 1e9)
    service = S3Backend(
        source, cache, now=lambda: SIX_MINUTES.end, one_shot=one_shot, pause=lambda _: None
    )
    wide = TimeRange(SIX_MINUTES.start - timedelta(days=2), SIX_MINUTES.end)

    async def last(window: TimeRange) -> Snapshot:
        query = Query(COUNT.body, window, COUNT.log_groups)
        async with aclosing(watch(service, query, window, delays=LOCAL)) as snapshots:
            return [snapshot async for snapshot in snapshots][-1]

    try:
        found = await asyncio.gather(last(SIX_MINUTES), last(wide))
    finally:
        await service.close()
    alone = [await answer(backend(moto, tmp_path), COUNT, each) for each in (SIX_MINUTES, wide)]
    assert not any(each.error for each in found), found
    assert [each.results for each in found] == [each.results for each in alone]


async def test_what_is_kept_can_be_read_by_the_user_alone(moto: str, tmp_path: Path) -> None:
    await answer(backend(moto, tmp_path))
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert {path.name for path in kept} == {key.rpartition("/")[2] for key in list(delivered())[1:]}
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700


# What goes wrong on the way


@pytest.mark.parametrize("fault", Fault)
async def test_a_request_that_fails_is_sent_again(
    proxy: Proxy, tmp_path: Path, whole: ResultSet, fault: Fault
) -> None:
    proxy.faults |= {"list": [fault], "get": [fault]}
    assert (await answer(backend(proxy.url, tmp_path))).results == whole
    assert not any(proxy.faults.values())


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_goes_wrong_for_a_while_the_rows_are_the_same(
    proxy: Proxy, tmp_path: Path, whole: ResultSet, seed: int
) -> None:
    drawn = random.Random(seed)  # noqa: S311  (it is to be repeatable)
    proxy.faults["get"] = [*drawn.choices(list(Fault), k=4)]
    proxy.faults["list"] = [*drawn.choices(list(Fault), k=4)]
    assert (await answer(backend(proxy.url, tmp_path))).results == whole


async def test_an_object_that_breaks_off_goes_on_where_it_ended(
    proxy: Proxy, tmp_path: Path
) -> None:
    proxy.faults["get"] = [Fault.CUT, Fault.TRUNCATED]
    await answer(backend(proxy.url, tmp_path))
    sizes = {key: len(body) for key, body in delivered().items()}
    for key in set(proxy.asked):
        assert sum(size for served, size in proxy.served if served == key) == sizes[key]


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.TRUNCATED, Fault.HTML])
async def test_what_never_ends_well_ends_as_failed(
    proxy: Proxy, tmp_path: Path, fault: Fault
) -> None:
    proxy.faults["get"] = [fault] * 99
    ended = await answer(backend(proxy.url, tmp_path))
    assert ended.state is RunState.FAILED
    assert ended.error
    async with asyncio.timeout(120):
        while list((tmp_path / "cache").rglob("*.part")):  # noqa: ASYNC110  (the threads tell nobody)
            await asyncio.sleep(0.01)


KMS = "<Message>User: x is not authorized to perform: kms:Decrypt on the resource</Message>"
REFUSALS = [
    ("get", (403, "AccessDenied", KMS), "may not use the KMS key that s3://logs/AWSLogs/"),
    ("get", (403, "AccessDenied", ""), "may not s3:GetObject on s3://logs/AWSLogs/"),
    ("get", (403, "InvalidObjectState", ""), "is archived; restore it"),
    ("get", (404, "NoSuchKey", ""), "was changed or removed after it was listed"),
    ("get", (400, "KMS.DisabledException", ""), "may not use the KMS key"),
    ("list", (403, "AccessDenied", ""), "may not s3:ListBucket on logs: oops"),
    ("list", (403, "AccessDenied", ""), "give --request-payer requester"),
    ("list", (404, "NoSuchBucket", ""), "There is no bucket logs"),
    ("list", (301, "PermanentRedirect", ""), "logs is in another region; give it by --region"),
    ("list", (400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
     "The bucket logs is in eu-west-1, and us-east-1 was asked; give --region eu-west-1"),
    ("list", (403, "InvalidAccessKeyId", ""), "does not accept the keys in AWS_ACCESS_KEY_ID"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "refusal", "said"), REFUSALS)
async def test_what_is_refused_is_a_sentence(
    proxy: Proxy, tmp_path: Path, operation: str, refusal: tuple[int, str, str], said: str
) -> None:
    proxy.refusals[operation] = refusal
    try:
        error = (await answer(backend(proxy.url, tmp_path))).error
    except FlowtuiError as raised:
        error = str(raised)
    assert said in error


async def test_nobody_at_the_endpoint_is_said(tmp_path: Path) -> None:
    ended = await answer(backend("http://127.0.0.1:9", tmp_path))
    assert "Can't connect to S3 at http://127.0.0.1:9: connection refused" in ended.error


@pytest.mark.parametrize("url", [
    "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/edge/AWSLogs/",
    "s3://arn:aws:s3::123456789012:accesspoint/edge.mrap/AWSLogs/",
    "s3://No_Bucket!/",
])  # fmt: skip
async def test_what_the_endpoint_has_no_name_for_is_a_sentence(
    moto: str, tmp_path: Path, url: str
) -> None:
    ended = await answer(backend(moto, tmp_path, url))
    assert ended.state is RunState.FAILED
    assert "s3://" in ended.error or "bucket" in ended.error
    assert "\n" not in ended.error


async def test_who_pays_says_so_with_each_request(proxy: Proxy, tmp_path: Path) -> None:
    await answer(backend(proxy.url, tmp_path, is_payer=True))
    assert proxy.payers == {"requester"}


# Which log groups there are


async def test_the_picker_has_what_was_named_the_trees_in_it_and_what_ec2_knows(
    moto: str, tmp_path: Path
) -> None:
    client_of(moto).create_bucket(Bucket="others")
    ec2 = client_of(moto, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_flow_logs(
        ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogDestinationType="s3",
        LogDestination="arn:aws:s3:::others", LogFormat="${srcaddr} ${bytes}",
    )  # fmt: skip
    service = backend(moto, tmp_path)
    groups = [group async for page in service.log_groups() for group in page]
    assert [group.name for group in groups] == ["s3://logs", f"s3://logs/{TREE}", "s3://others/"]
    assert groups[2].format == FlowFormat.parse("${srcaddr} ${bytes}")
    found = [group.name async for page in service.log_groups("OTHER") for group in page]
    assert found == ["s3://others/"]
    await service.close()


# What it takes, before


async def test_what_a_query_takes_is_listed_and_nothing_is_fetched(
    proxy: Proxy, tmp_path: Path
) -> None:
    sizes = [len(body) for body in delivered().values()][1:]
    service = backend(proxy.url, tmp_path)
    before = await service.objects("s3://logs", SIX_MINUTES)
    assert before == Objects(2, sum(sizes), 2, sum(sizes), 6)
    assert not proxy.asked
    await answer(service)
    service = backend(proxy.url, tmp_path)
    after = await service.objects("s3://logs", SIX_MINUTES)
    assert after == Objects(2, sum(sizes), 0, 0, 6)
    await service.close()


async def test_the_screen_lists_what_f5_would_fetch_and_fetches_it_after_f5(
    proxy: Proxy, tmp_path: Path
) -> None:
    source = S3Source(("s3://logs",), endpoint_url=proxy.url)
    asked = Selection(start=SIX_MINUTES.start.isoformat(), end=SIX_MINUTES.end.isoformat())
    session = session_of(Asking(COUNT.body, source, asked), SIX_MINUTES.end, tmp_path)
    session.begin()
    await rest(session)
    assert session.state.estimate is not None
    assert session.state.estimate.listed is not None
    assert session.state.estimate.listed.missing == 2
    assert not proxy.asked
    session.ask()
    await rest(session)
    assert session.state.shown is not None
    assert len(proxy.asked) == 2
    session.foresee()
    await rest(session)
    assert session.state.estimate.listed.missing == 0
    await session.leave()


def test_more_than_the_limit_is_not_run_without_yes(
    moto: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = tmp_path / "config" / "flowtui" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("s3_confirm_above_gb = 0.00001")
    words = ["query", COUNT.body, "--file", "s3://logs", "--start", SIX_MINUTES.start.isoformat(),
             "--end", SIX_MINUTES.end.isoformat()]  # fmt: skip
    for more, code in ([], 2), (["--yes"], 0):
        monkeypatch.setattr(sys, "argv", ["flowtui", "--endpoint-url", moto, *words, *more])
        with pytest.raises(SystemExit) as ended:
            main()
        assert (ended.value.code or 0) == code
        said = capfd.readouterr().err
        assert "s3://logs/ over 6m 00s has 2 objects" in said
        assert ("That is much for one machine" in said) is bool(code)


# Times and places


async def test_a_time_without_objects_names_the_latest_day(moto: str, tmp_path: Path) -> None:
    later = TimeRange(BEGIN + timedelta(days=2), BEGIN + timedelta(days=3))
    ended = await answer(backend(moto, tmp_path), window=later)
    assert ended.state is RunState.FAILED
    assert "no objects from 2022-04-03 15:18" in ended.error
    assert "the latest day there is 2022-04-01" in ended.error


async def test_a_time_in_the_query_itself_is_fetched_too(proxy: Proxy, tmp_path: Path) -> None:
    """Else its answer would be wrong without a word."""
    text = "SOURCE 's3://logs/' START=1648740000 END=1648913000 | stats count(*) as n"
    later = TimeRange(BEGIN + timedelta(days=2), BEGIN + timedelta(days=3))
    found = await answer(backend(proxy.url, tmp_path, "s3://logs/"), Query(text, later), later)
    assert found.results.rows, found.error
    assert len(proxy.asked) == 3


async def test_an_unknown_log_group_and_a_wrong_query_are_errors_at_once(
    moto: str, tmp_path: Path
) -> None:
    service = backend(moto, tmp_path)
    with pytest.raises(BackendError, match="there is no log group /vpc/edge; there are: s3://logs"):
        await service.start(Query("limit 1", SIX_MINUTES, log_groups=("/vpc/edge",)), SIX_MINUTES)
    with pytest.raises(FlowtuiError, match="expected"):
        await service.start(Query("stats sum(", SIX_MINUTES), SIX_MINUTES)
    await service.close()


# Nobody waits for what nobody wants


async def test_a_stop_ends_the_fetch_and_keeps_no_half_of_an_object(
    proxy: Proxy, tmp_path: Path
) -> None:
    proxy.gate = threading.Event()
    service = backend(proxy.url, tmp_path)
    handle = await service.start(COUNT, SIX_MINUTES)
    while not proxy.reached.is_set():
        assert not (await service.poll(handle)).state.is_final
        await asyncio.sleep(0)
    assert "fetching 0 of 2 objects: 0 B of" in (await service.poll(handle)).notices[0]
    await service.stop(handle)
    proxy.gate.set()
    assert (await service.poll(handle)).state is RunState.CANCELLED
    await service.close()


async def test_a_run_of_before_is_answered_from_what_is_here_and_fetches_nothing(
    proxy: Proxy, tmp_path: Path
) -> None:
    service = backend(proxy.url, tmp_path)
    handle = await service.attach(Handle("s3-7"), COUNT, SIX_MINUTES)
    async with aclosing(follow(service, handle, delays=LOCAL)) as snapshots:
        *_, latest = [snapshot async for snapshot in snapshots]
    assert not proxy.asked
    assert latest.error.endswith("of its objects would have to be fetched again")
    await service.close()

"""S3 that answers what no S3 should: wrong ranges, other bytes, odd names. Nothing is silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import md5
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

from flowtui.backends.s3.backend import S3Backend
from flowtui.backends.s3.cache import Cache
from flowtui.model.errors import FlowtuiError
from flowtui.model.run import Query, RunState, Snapshot
from flowtui.model.source import S3Source
from flowtui.model.timerange import TimeRange
from tests.contract.local_server import served
from tests.parquet_objects import write
from tests.runs import ended

BEGIN = datetime(2026, 11, 3, 10, tzinfo=UTC)
SECOND = int(BEGIN.timestamp())
HOUR = TimeRange(BEGIN, BEGIN + timedelta(hours=1))
COUNT = Query("stats count(*) as n, sum(bytes) as size", HOUR)
Headers = dict[str, str]
Answer = tuple[int, Headers, bytes]


def text(*sizes: int) -> bytes:
    return "".join(
        ["srcaddr bytes start\n", *(f"10.0.0.1 {size} {SECOND}\n" for size in sizes)]
    ).encode()


def tag(body: bytes) -> str:
    return f'"{md5(body, usedforsecurity=False).hexdigest()}"'


@dataclass
class Bucket:
    objects: dict[str, bytes] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    """What the listing says of an object in the place of its size."""
    change: Callable[[str, Answer], Answer] = lambda _, answer: answer
    """What becomes of the answer to a request for an object."""
    listed: Callable[[bytes], bytes] = lambda body: body
    url: str = ""

    def listing(self) -> bytes:
        found = "".join(
            f"<Contents><Key>{escape(quote(key, safe='/'))}</Key><ETag>{escape(tag(body))}</ETag>"
            f"<Size>{self.told.get(key, len(body))}</Size></Contents>"
            for key, body in self.objects.items()
        )
        return self.listed(
            "<?xml version='1.0'?><ListBucketResult><IsTruncated>false</IsTruncated>"
            f"<EncodingType>url</EncodingType>{found}</ListBucketResult>".encode()
        )

    def got(self, key: str, asked: str, wanted: str) -> Answer:
        body = self.objects[key]
        if wanted and wanted != tag(body):
            return 412, {}, b"<Error><Code>PreconditionFailed</Code></Error>"
        if not asked:
            return 200, {"ETag": tag(body)}, body
        start, _, last = asked.removeprefix("bytes=").partition("-")
        told = f"bytes {start}-{last}/{len(body)}"
        return 206, {"ETag": tag(body), "Content-Range": told}, body[int(start) : int(last) + 1]


@contextmanager
def serving(bucket: Bucket) -> Iterator[Bucket]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            key = unquote(url.path).partition("/")[2].partition("/")[2]
            if "list-type=2" in url.query:
                status, headers, body = 200, {"Content-Type": "application/xml"}, bucket.listing()
            else:
                asked, wanted = self.headers.get("Range", ""), self.headers.get("If-Match", "")
                status, headers, body = bucket.change(key, bucket.got(key, asked, wanted))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with served(Handler) as bucket.url:
        yield bucket


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with serving(Bucket()) as made:
        yield made


async def answer(bucket: Bucket, folder: Path, query: Query = COUNT) -> Snapshot:
    source = S3Source(("s3://logs",), endpoint_url=bucket.url, region="us-east-1")
    cache = Cache(folder / "cache", 1e9)
    service = S3Backend(source, cache, now=lambda: HOUR.end, pause=lambda _: None)
    try:
        return await ended(service, query)
    except FlowtuiError as error:
        return Snapshot(RunState.FAILED, error=str(error))
    finally:
        await service.close()


ODD_NAMES = [
    "two\nlines.log", "\x1b[31mred\x07.log", "../../../outside.log", "..", "/begins.log",
    "a//b.log", "k" * 1000 + ".log", "case.log", "CASE.log", "Case.LOG", "caf\u00e9.log",
    "\u202egol.log", "%2e%2e%2f.log", "a b+c&d=e;f'g\"h.log", "~", "-",
    "* ?.log", "trailing ", "\u0000zero.log",
]  # fmt: skip


async def test_objects_of_odd_names_are_all_read_and_lie_in_the_cache_alone(
    bucket: Bucket, tmp_path: Path
) -> None:
    bucket.objects = {name: text(2**at) for at, name in enumerate(ODD_NAMES)}
    bucket.objects["no\x1b[31mflow\n.log"] = b"what is this\n"
    bucket.objects["folder/"] = b""
    found = await answer(bucket, tmp_path)
    assert found.state is RunState.COMPLETE, found.error
    assert found.results.rows == ((str(len(ODD_NAMES)), str(2 ** len(ODD_NAMES) - 1)),)
    outside = tmp_path.parent.rglob("*outside*")
    assert not [path for path in outside if "cache" not in path.parts]
    assert any("left out" in notice for notice in found.notices)


def other_tag(_: str, given: Answer) -> Answer:
    status, headers, body = given
    return status, {**headers, "ETag": '"other"'}, body


def no_tag(_: str, given: Answer) -> Answer:
    status, headers, body = given
    return status, {name: headers[name] for name in headers if name != "ETag"}, body


def error_in_200(_: str, __: Answer) -> Answer:
    body = b"<Error><Code>InternalError</Code><Message>oops</Message></Error>"
    return 200, {"Content-Type": "application/xml"}, body


def longer(_: str, given: Answer) -> Answer:
    return given[0], given[1], given[2] * 2


def nothing(_: str, given: Answer) -> Answer:
    return given[0], given[1], b""


@pytest.mark.parametrize("change", [other_tag, no_tag, error_in_200, longer, nothing])
async def test_other_bytes_than_those_that_were_listed_are_never_read(
    bucket: Bucket, tmp_path: Path, change: Callable[[str, Answer], Answer]
) -> None:
    bucket.objects = {"a.log": text(1, 2), "b.log": text(4)}
    bucket.change = change
    found = await answer(bucket, tmp_path)
    assert found.state is RunState.FAILED
    assert "s3" in found.error.casefold()
    assert "\n" not in found.error
    assert not list((tmp_path / "cache").rglob("*.log"))


async def test_an_object_that_is_replaced_after_it_was_listed_is_left_out(
    bucket: Bucket, tmp_path: Path
) -> None:
    bucket.objects = {"a.log": text(1, 2), "b.log": text(4)}

    def replaced(key: str, given: Answer) -> Answer:
        return (412, {}, b"<Error><Code>PreconditionFailed</Code></Error>") if "b" in key else given

    bucket.change = replaced
    found = await answer(bucket, tmp_path)
    assert found.results.rows == (("2", "3"),)
    assert any("b.log was changed or removed" in notice for notice in found.notices)


@pytest.mark.parametrize("size", ["-5", "0.5", "1e9", "", "9" * 30])
async def test_a_size_that_is_none_is_a_sentence(bucket: Bucket, tmp_path: Path, size: str) -> None:
    for key in ("a.log", "a.parquet"):
        bucket.objects, bucket.told = {key: text(1, 2)}, {key: size}
        found = await answer(bucket, tmp_path)
        assert found.state is RunState.FAILED
        assert found.error
        assert "\n" not in found.error


@pytest.mark.parametrize(
    "listed",
    [
        lambda _: b"<Error><Code>SlowDown</Code></Error>",
        lambda body: body[: len(body) // 2],
        lambda body: body.replace(b"<Key>", b"<Key><Key>"),
        lambda _: b"",
        lambda _: b"\x00" * 99,
        lambda body: body.replace(b"<IsTruncated>false", b"<IsTruncated>true"),
    ],
)
async def test_an_odd_listing_is_a_sentence(
    bucket: Bucket, tmp_path: Path, listed: Callable[[bytes], bytes]
) -> None:
    bucket.objects, bucket.listed = {"a.log": text(1)}, listed
    found = await answer(bucket, tmp_path)
    assert found.state is RunState.FAILED
    assert found.error
    assert "\n" not in found.error


ACTIONS = Query("stats count(*) as n by action", HOUR)


def another_range(_: str, given: Answer) -> Answer:
    """As many bytes as were asked for, of another place."""
    status, headers, body = given
    if "Content-Range" not in headers:
        return given
    return status, {**headers, "Content-Range": f"bytes 0-{len(body) - 1}/{10**6}"}, body[::-1]


def all_of_it(bucket: Bucket) -> Callable[[str, Answer], Answer]:
    def change(key: str, given: Answer) -> Answer:
        return 200, {"ETag": given[1].get("ETag", "")}, bucket.objects[key]

    return change


async def test_bytes_of_another_range_are_never_read(bucket: Bucket, tmp_path: Path) -> None:
    path = write(tmp_path / "made.parquet", SECOND)
    bucket.objects = {"a.parquet": path.read_bytes()}
    for number, change in enumerate((another_range, all_of_it(bucket))):
        bucket.change = change
        found = await answer(bucket, tmp_path / str(number), ACTIONS)
        assert found.state is RunState.FAILED
        assert "GetObject" in found.error or "s3://logs/a.parquet" in found.error
        assert not found.results.rows


async def test_the_rest_of_an_object_is_what_was_asked_for(bucket: Bucket, tmp_path: Path) -> None:
    """A text shows nowhere that some of its bytes stood elsewhere."""
    bucket.objects = {"a.log": text(*range(100, 200))}

    def half(_: str, given: Answer) -> Answer:
        status, headers, body = given
        if status == 200:
            return status, headers, body[: len(body) // 2]
        told = headers["Content-Range"].replace("bytes ", "bytes 1")
        return status, {**headers, "Content-Range": told}, body.replace(b" 1", b" 9")

    bucket.change = half
    found = await answer(bucket, tmp_path)
    assert found.state is RunState.FAILED
    assert "GetObject" in found.error


async def test_an_object_that_is_replaced_while_its_ranges_are_read_is_left_out(
    bucket: Bucket, tmp_path: Path
) -> None:
    first = write(tmp_path / "first.parquet", SECOND).read_bytes()
    other = write(tmp_path / "other.parquet", SECOND + 60).read_bytes()
    bucket.objects = {"a.parquet": first, "b.parquet": other}

    def replaced(key: str, given: Answer) -> Answer:
        if key == "a.parquet":
            bucket.objects["a.parquet"] = other
        return given

    bucket.change = replaced
    found = await answer(bucket, tmp_path, ACTIONS)
    assert found.state is RunState.COMPLETE, found.error
    assert sum(int(row[1] or 0) for row in found.results.rows) == 24_000
    assert any("a.parquet was changed or removed" in notice for notice in found.notices)

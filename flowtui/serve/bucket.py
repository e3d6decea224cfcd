"""A bucket that can be listed and read, as S3 has it: path style, and nothing can be written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime
from functools import cached_property
from http import HTTPStatus
from threading import Lock
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from flowtui.model.frozen import frozen

_SIGNED = "AWS4-HMAC-SHA256 "
_MOST_KEYS = 1000
_DAY = re.compile(r"(?<=/)\d{4}/\d\d/\d\d(?=/)")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_XML = {"Content-Type": "application/xml"}


@frozen
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@frozen
class Stored:
    body: bytes
    modified: datetime

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'


class Bucket:
    """Answers ListObjectsV2, GetObject and HeadObject for one bucket."""

    def __init__(self, name: str, make: Callable[[], Mapping[str, Stored]]) -> None:
        """`make` gives the objects by key; it is called when somebody first asks for one."""
        self._name, self._make, self._making = name, make, Lock()

    def answer(self, target: str, headers: Message) -> Answer:
        """To a GET of the target, or a HEAD, for which the body is left out."""
        if not headers.get("Authorization", "").startswith(_SIGNED):
            return _refusal(HTTPStatus.FORBIDDEN, "AccessDenied", "sign the request")
        url = urlsplit(target)
        bucket, _, key = unquote(url.path).removeprefix("/").partition("/")
        if bucket != self._name:
            why = f"there is one bucket, {self._name}"
            return _refusal(HTTPStatus.NOT_FOUND, "NoSuchBucket", why)
        query = {name: values[0] for name, values in parse_qs(url.query, True).items()}
        if key:
            return self._object(key, headers)
        if query.get("list-type") != "2":
            why = "this bucket answers ListObjectsV2, GetObject and HeadObject"
            return _refusal(HTTPStatus.NOT_IMPLEMENTED, "NotImplemented", why)
        return self._list(query)

    @cached_property
    def _made(self) -> Mapping[str, Stored]:
        return dict(sorted(self._make().items()))

    @property
    def _objects(self) -> Mapping[str, Stored]:
        with self._making:
            return self._made

    def size_of_days(self, first: str, last: str) -> int:
        """Bytes in the folders of the days from the first to the last, such as `2026/04/09`."""
        return sum(
            len(stored.body)
            for key, stored in self._objects.items()
            if (found := _DAY.search(key)) and first <= found[0] <= last
        )

    def _object(self, key: str, headers: Message) -> Answer:
        found = self._objects.get(key)
        if found is None:
            return _refusal(HTTPStatus.NOT_FOUND, "NoSuchKey", "The specified key does not exist.")
        if headers.get("If-Match", found.etag) != found.etag:
            return _refusal(HTTPStatus.PRECONDITION_FAILED, "PreconditionFailed", "another ETag")
        told = {
            "Content-Type": "application/gzip",
            "ETag": found.etag,
            "Last-Modified": format_datetime(found.modified, usegmt=True),
            "Accept-Ranges": "bytes",
        }
        asked = headers.get("Range")
        if asked is None:
            return Answer(HTTPStatus.OK, told, found.body)
        part = _part(asked, len(found.body))
        if part is None:
            status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            return _refusal(status, "InvalidRange", "The requested range is not satisfiable")
        told["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(found.body)}"
        return Answer(HTTPStatus.PARTIAL_CONTENT, told, found.body[part.start : part.stop])

    def _list(self, query: Mapping[str, str]) -> Answer:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token", query.get("start-after", ""))
        most = _most(query.get("max-keys", ""))
        entries: dict[str, str] = {}
        for key, stored in self._objects.items():
            if key.startswith(prefix):
                folder = _folder(key, prefix, delimiter)
                name = folder or key
                entries[name] = entries.get(name) or _entry(key, folder, stored)
        names = sorted(name for name in entries if name > after)
        shown, rest = names[:most], names[most:] if most else []
        token = (
            f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if rest else ""
        )
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="{_NAMESPACE}">'
            f"<Name>{self._name}</Name><Prefix>{quote(prefix)}</Prefix>"
            f"<KeyCount>{len(shown)}</KeyCount><MaxKeys>{most}</MaxKeys>"
            f"<EncodingType>url</EncodingType><IsTruncated>{str(bool(rest)).lower()}</IsTruncated>"
            f"{token}{''.join(entries[name] for name in shown)}</ListBucketResult>"
        )
        return Answer(HTTPStatus.OK, _XML, body.encode())


class Shelf:
    """A bucket and, in whatever other buckets, results that were written there."""

    def __init__(self, bucket: Bucket | None, result: Callable[[str], bytes | None]) -> None:
        """`result` gives the object at a URL such as `s3://bucket/key`."""
        self._bucket, self._result = bucket, result

    def answer(self, target: str, headers: Message) -> Answer:
        path = unquote(urlsplit(target).path).removeprefix("/")
        body = self._result(f"s3://{path}")
        if body is not None:
            name, _, key = path.partition("/")
            stored = {key: Stored(body, datetime.now(UTC))}
            return Bucket(name, lambda: stored).answer(target, headers)
        if self._bucket is None:
            return _refusal(HTTPStatus.NOT_FOUND, "NoSuchBucket", "there is no bucket here")
        return self._bucket.answer(target, headers)


def _most(asked: str) -> int:
    is_number = asked.isascii() and asked.isdecimal()
    return min(_MOST_KEYS, int(asked[:9])) if is_number else _MOST_KEYS


def _folder(key: str, prefix: str, delimiter: str) -> str:
    """What stands for the key in a listing that goes no deeper; empty where that is the key."""
    name, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
    return f"{prefix}{name}{delimiter}" if found else ""


def _entry(key: str, folder: str, stored: Stored) -> str:
    if folder:
        return f"<CommonPrefixes><Prefix>{quote(folder)}</Prefix></CommonPrefixes>"
    return (
        f"<Contents><Key>{quote(key)}</Key><ETag>{escape(stored.etag)}</ETag>"
        f"<LastModified>{stored.modified.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
        f"<Size>{len(stored.body)}</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )


def _part(asked: str, size: int) -> range | None:
    """The bytes of a `Range`; None where there are none."""
    found = _RANGE.fullmatch(asked)
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        part = range(max(0, size - int(found[2])), size)
    else:
        part = range(int(found[1]), min(size, int(found[2]) + 1 if found[2] else size))
    return part or None


def _refusal(status: int, code: str, message: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Answer(status, _XML, body.encode())

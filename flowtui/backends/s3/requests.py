"""The two requests that S3 is asked: what there is, and the bytes of an object. They block."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any, TypeVar

from flowtui.backends.aws.calls import Patience
from flowtui.backends.aws.client import Clients
from flowtui.backends.aws.decode import Entry, Misshapen
from flowtui.backends.aws.errors import misshapen, no_answer
from flowtui.backends.s3.errors import Asked, meaning
from flowtui.backends.s3.location import Location
from flowtui.model.errors import CredentialsError, Throttled, Unreachable
from flowtui.model.frozen import frozen

T = TypeVar("T")

TRIES = 5
"""How often a request is sent that fails for a reason which may pass."""


@frozen
class Object:
    bucket: str
    key: str
    size: int
    """Bytes."""
    etag: str
    """Another one for other bytes."""

    def __str__(self) -> str:
        return str(Location(self.bucket, self.key))


@frozen
class Page:
    folders: tuple[str, ...]
    """Whole prefixes, where a listing goes no deeper than one folder."""
    objects: tuple[Object, ...]


class Requests:
    """Sends them as the user of `clients`, and again where that helps; errors are ours."""

    def __init__(
        self,
        clients: Clients,
        *,
        is_payer: bool = False,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`is_payer` says that the user takes the bill of a bucket whose owner does not."""
        self.clients = clients
        self._payer = {"RequestPayer": "requester"} if is_payer else {}
        self._pause = pause
        self._patience = Patience()
        self._counting = threading.Lock()
        self.sent = 0
        """So many."""

    def pages(self, bucket: str, prefix: str, *, is_deep: bool = True) -> Iterator[Page]:
        """What lies below the prefix; unless `is_deep`, folders in it stand for what they have."""
        asked = Asked("ListObjectsV2", bucket, prefix)
        parameters: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, **self._payer}
        if not is_deep:
            parameters["Delimiter"] = "/"
        token, seen = "", set[str]()
        while True:
            if token:
                parameters["ContinuationToken"] = token
                seen.add(token)
            answer = self.again(lambda: self._send(asked, parameters, "IsTruncated"))
            page, following = self._read_page(bucket, answer)
            yield page
            if following in seen or (answer["IsTruncated"] and not following):
                raise no_answer(asked.operation, self.clients.place.of("s3"))
            if not (token := following):
                return

    def _read_page(self, bucket: str, answer: Mapping[str, Any]) -> tuple[Page, str]:
        """The page, and what names the next one; empty at the last."""
        try:
            entry = Entry(answer)
            return _page(bucket, entry), entry.text("NextContinuationToken")
        except Misshapen as error:
            raise misshapen(error, "ListObjectsV2", self.clients.place.of("s3")) from error

    def blocks(self, wanted: Object, start: int, end: int) -> Iterator[bytes]:
        """The bytes of the object from there on; once: whoever fails goes on where it ended."""
        asked = Asked("GetObject", wanted.bucket, wanted.key)
        parameters: dict[str, Any] = {
            "Bucket": wanted.bucket, "Key": wanted.key, "IfMatch": wanted.etag, **self._payer,
        }  # fmt: skip
        is_part = (start, end) != (0, wanted.size)
        if is_part:
            parameters["Range"] = f"bytes={start}-{end - 1}"
        answer = self._send(asked, parameters, "Body")
        with closing(answer["Body"]) as body:
            told = str(answer.get("ContentRange", ""))
            is_other = is_part and not told.startswith(f"bytes {start}-{end - 1}/")
            if is_other or answer.get("ETag") != wanted.etag:
                raise no_answer(asked.operation, self.clients.place.of("s3"))
            try:
                yield from body.iter_chunks(1 << 18)
            except Exception as error:
                # The parts of botocore raise errors of any kind: sockets, lengths, checksums.
                raise meaning(error, self.clients.place.of("s3"), asked) from error

    def whole(self, bucket: str, key: str) -> bytes:
        """The object that lies there now; again where that helps."""
        asked = Asked("GetObject", bucket, key)
        parameters = {"Bucket": bucket, "Key": key, **self._payer}

        def read() -> bytes:
            with closing(self._send(asked, parameters, "Body")["Body"]) as body:
                try:
                    return bytes(body.read())
                except Exception as error:
                    # As in `blocks`.
                    raise meaning(error, self.clients.place.of("s3"), asked) from error

        return self.again(read)

    def again(self, do: Callable[[], T]) -> T:
        """What `do` gives, which is done again where it fails for a reason that may pass."""
        for failures in range(1, TRIES):
            try:
                return do()
            except (Throttled, Unreachable):
                self._pause(self._patience.backoff(failures))
        return do()

    def _send(self, asked: Asked, parameters: Mapping[str, Any], member: str) -> Mapping[str, Any]:
        """The answer, every true one of which has that member."""
        from botocore import xform_name

        with self._counting:
            self.sent += 1
        try:
            client = self.clients.get("s3")
            answer: Mapping[str, Any] = getattr(client, xform_name(asked.operation))(**parameters)
        except Exception as error:
            # boto3 raises what its parts raise, of any kind.
            found = meaning(error, self.clients.place.of("s3"), asked)
            if isinstance(found, CredentialsError):
                self.clients.reset()
            raise found from error
        if member not in answer:
            raise no_answer(asked.operation, self.clients.place.of("s3"))
        return answer


def _page(bucket: str, answer: Entry) -> Page:
    folders = (each.name("Prefix") for each in answer.entries("CommonPrefixes"))
    objects = (
        Object(bucket, each.name("Key"), each.whole("Size") or 0, each.name("ETag"))
        for each in answer.entries("Contents")
    )
    return Page(tuple(folders), tuple(objects))

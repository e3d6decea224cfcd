"""How far a fetch is."""

from __future__ import annotations

from pathlib import Path

from flowtui.backends.aws.client import Clients
from flowtui.backends.s3.cache import Cache
from flowtui.backends.s3.fetch import Fetch
from flowtui.backends.s3.requests import Object, Requests


def test_only_what_is_not_here_is_said_to_be_fetched(tmp_path: Path) -> None:
    cache, here = Cache(tmp_path, 1000), Object("logs", "here", 10, "1")
    with cache.draft(here) as draft:
        draft.write(b"x" * 10)
    requests = Requests(Clients(None, None, None, (1, 1)))
    one = Fetch([here, Object("logs", "there", 2000, "2")], cache, requests, clock=lambda: 0.0)
    assert one.said == "fetching 0 of 1 objects: 0 B of 2.00 kB"
    assert Fetch([here], cache, requests).said == "finding out the format of 1 objects"

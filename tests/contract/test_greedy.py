"""Whatever a query asks for: it ends in a sentence, in bounded memory, and the next one runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_GB = 0.25
_OURS = (
    "Complete", "stopped", "more memory than it may", "bytes would be made", "can't be read",
    "nested too deep", "stats needs one", "is a map or a list", "does not take",
)  # fmt: skip


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("greedy") / "flows.log"
    path.write_text("".join(map(_flow, range(60_000))))
    return path


def _flow(at: int) -> str:
    addresses = f"eni-{at % 97:017x} 10.{at % 7}.{at % 251}.{at % 199} 172.31.{at % 13}.1"
    numbers = f"{at % 65536} 443 6 {at % 40} {at * 7919 % 100000}"
    return f"2 123456789010 {addresses} {numbers} {1418530010 + at} {1418530070 + at} ACCEPT OK\n"


def test_greedy_queries_end_in_bounded_memory_and_others_run(flows: Path) -> None:
    words = ["-m", "tests.contract.greedy_session", str(flows), str(_GB), "1", "14"]
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, *words], capture_output=True, text=True, check=True, timeout=600
    )
    told = json.loads(done.stdout)
    assert done.stderr == ""
    assert told["peak"] <= 2 * _GB * 1e9
    for query, end in told["ends"]:
        assert any(ours in end for ours in _OURS), (query, end)
        assert query != "plain" or end == "Complete"

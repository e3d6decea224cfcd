"""The program without a screen, told to end while its query runs on the service."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from flowtui.backends.scripted import ScriptedBackend
from flowtui.model.run import RunState, Snapshot
from tests.contract.asking import ask
from tests.contract.conftest import Serve


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_query_and_says_so(serve: Serve, number: signal.Signals) -> None:
    endpoint = serve(ScriptedBackend([Snapshot(RunState.RUNNING)] * 100_000))
    options = ["--endpoint-url", endpoint.url, "--log-group", "/vpc/edge", "--since", "1h"]
    # With a format nothing samples the records of an endpoint whose queries never end.
    options += ["--format", "${srcaddr} ${bytes}"]
    program = [sys.executable, "-m", "flowtui.cli", "query", *options, "stats count(*)"]
    with subprocess.Popen(  # noqa: S603  (our own program)
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as asking:
        while not ask(endpoint, "DescribeQueries", status="Running")[1]["queries"]:
            assert asking.poll() is None
        asking.send_signal(number)
        out, err = asking.communicate(timeout=20)
    assert (asking.returncode, out) == (4, "")
    assert err.strip() == "flowtui: stopped"
    (entry,) = ask(endpoint, "DescribeQueries")[1]["queries"]
    assert entry["status"] == "Cancelled"

"""The program without a screen, whose query is ended while it runs on the service."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flowtui.backends.scripted import ScriptedBackend
from flowtui.model.run import RunState, Snapshot, Statistics
from tests.contract.asking import ask
from tests.contract.conftest import Serve


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_query_and_says_so(serve: Serve, number: signal.Signals) -> None:
    endpoint = serve(ScriptedBackend([Snapshot(RunState.RUNNING)] * 100_000))
    options = ["--endpoint-url", endpoint.url, "--log-group", "/vpc/edge", "--since", "1h"]
    # With a format nothing samples the records of an endpoint whose queries never end.
    options += ["--format", "${srcaddr} ${bytes}"]
    program = [sys.executable, "-m", "flowtui", "query", *options, "stats count(*)"]
    with subprocess.Popen(  # noqa: S603  (our own program)
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as asking:
        while not ask(endpoint, "DescribeQueries", status="Running")[1]["queries"]:
            assert asking.poll() is None
        asking.send_signal(number)
        out, err = asking.communicate(timeout=120)
    assert (asking.returncode, out) == (4, "")
    assert err.splitlines()[-1] == "flowtui: stopped"
    (entry,) = ask(endpoint, "DescribeQueries")[1]["queries"]
    assert entry["status"] == "Cancelled"


def test_a_stop_without_an_answer_is_told_and_logged(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    gate = asyncio.Event()
    script = ScriptedBackend([Snapshot(RunState.RUNNING)] * 100_000, stop_gate=gate)
    endpoint = serve(script)
    options = ["--endpoint-url", endpoint.url, "--log-group", "/vpc/edge", "--since", "1h"]
    options += ["--region", "eu-west-1", "--format", "${srcaddr} ${bytes}"]
    program = [sys.executable, "-m", "flowtui", "query", *options, "stats count(*)"]
    with subprocess.Popen(  # noqa: S603  (our own program)
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as asking:
        while not ask(endpoint, "DescribeQueries", status="Running")[1]["queries"]:
            assert asking.poll() is None
        asking.send_signal(signal.SIGTERM)
        _, err = asking.communicate(timeout=120)
    endpoint._loop.call_soon_threadsafe(gate.set)
    (entry,) = ask(endpoint, "DescribeQueries")[1]["queries"]
    command = (
        f"aws logs stop-query --region eu-west-1 --endpoint-url {endpoint.url}"
        f" --query-id {entry['queryId']}"
    )
    assert asking.returncode == 4
    assert f"no answer to the stop: {entry['queryId']}; this stops it: {command}\n" in err
    log = tmp_path / "state" / "flowtui" / "left-running.log"
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.read_text().endswith(f" CloudWatch {entry['queryId']} {command}\n")


def test_a_query_that_passes_the_limit_of_the_settings_is_stopped(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    settings = tmp_path / "settings" / "flowtui" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("stop_above_gb = 10\n")
    running = Snapshot(RunState.RUNNING, statistics=Statistics(bytes_scanned=12.3e9))
    endpoint = serve(ScriptedBackend([running] * 100_000))
    options = ["--endpoint-url", endpoint.url, "--log-group", "/vpc/edge", "--since", "1h"]
    options += ["--format", "${srcaddr}"]
    program = [sys.executable, "-m", "flowtui", "query", *options, "stats count(*)"]
    ended = subprocess.run(  # noqa: S603  (our own program)
        program, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 4
    *_, cost, error = ended.stderr.splitlines()
    assert cost == "flowtui: scanned 12.3 GB (~$0.0615)"
    assert error == (
        "flowtui: stopped: it has scanned 12.30 GB, more than stop_above_gb = 10 allows;"
        " the rows so far are kept"
    )
    (entry,) = ask(endpoint, "DescribeQueries")[1]["queries"]
    assert entry["status"] == "Cancelled"

"""What `flowtui query` says of the cost of a scan, and that files have none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flowtui.backends.scripted import ScriptedBackend
from flowtui.cli import compose, main, tui
from flowtui.engine.cost import Meter
from flowtui.model.run import ResultSet, RunState, Snapshot, Statistics
from flowtui.settings import Settings
from tests.contract.conftest import Canned, MakeCanned, Serve

DONE = Snapshot(
    RunState.COMPLETE,
    ResultSet(("n",), (("1",),)),
    Statistics(records_scanned=10.0, bytes_scanned=1.2e9, bytes_skipped=3.1e9),
)
SETTINGS = "confirm_above_gb = 0.000000001\n"
"""One byte."""


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "flowtui" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: list[str]


def query(*options: str, body: str = "stats count(*) as n") -> Outcome:
    program = [sys.executable, "-m", "flowtui", "query", *options, body]
    ended = subprocess.run(  # noqa: S603  (our own program)
        program, capture_output=True, text=True, timeout=120, check=False
    )
    return Outcome(ended.returncode, ended.stdout, ended.stderr.splitlines())


def cloudwatch(url: str) -> list[str]:
    options = ["--endpoint-url", url, "--log-group", "/vpc/edge", "--since", "1h"]
    return [*options, "--format", "${srcaddr}", "--output", "csv"]


def test_it_says_what_was_scanned_what_that_costs_and_what_indexes_have_saved(serve: Serve) -> None:
    ended = query(*cloudwatch(serve(ScriptedBackend([DONE])).url))
    assert (ended.code, ended.out) == (0, "n\n1\n")
    assert ended.err == [
        "flowtui: How much this may scan in /vpc/edge over 1h 00m is unknown.",
        "flowtui: scanned 1.20 GB (~$0.0060); field indexes have saved ~3.10 GB",
    ]


ANSWERS: dict[str, tuple[int, bytes | dict[str, object]]] = {
    "?": (
        403,
        b"<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
    ),
    "DescribeLogStreams": (200, {"logStreams": []}),
    "StartQuery": (200, {"queryId": "q-1"}),
    "GetQueryResults": (
        200, {"status": "Complete", "results": [[{"field": "n", "value": "1"}]]},
    ),
}  # fmt: skip


@pytest.fixture
def account(canned: MakeCanned) -> Callable[..., Canned]:
    """Makes one with this one group, whose format nobody tells."""

    def make(**group: object) -> Canned:
        groups: dict[str, object] = {"logGroups": [{"logGroupName": "/vpc/edge"} | group]}
        return canned((200, groups), **ANSWERS)

    return make


def test_above_the_limit_it_needs_a_yes(account: Callable[..., Canned], settings: Path) -> None:
    settings.write_text(SETTINGS)
    server = account(storedBytes=336e9, retentionInDays=14)
    ended = query(*cloudwatch(server.url))
    assert (ended.code, ended.out) == (2, "")
    said = "flowtui: This may scan about 1.00 GB (~$0.0050) in /vpc/edge over 1h 00m."
    assert ended.err == [f"{said} That is above confirm_above_gb = 1e-09; --yes runs it"]
    assert "StartQuery" not in server.asked
    ended = query("--yes", *cloudwatch(server.url))
    assert (ended.code, ended.out, ended.err) == (0, "n\n1\n", [said])


def test_it_holds_for_a_group_that_the_query_names(
    account: Callable[..., Canned], settings: Path
) -> None:
    settings.write_text(SETTINGS)
    server = account(storedBytes=336e9, retentionInDays=14)
    body = "SOURCE '/vpc/edge' | stats count(*) as n"
    ended = query("--endpoint-url", server.url, "--since", "1h", body=body)
    assert ended.code == 2
    assert (
        "This may scan about 1.00 GB (~$0.0050) in the log groups that the query names."
        in (ended.err[0])
    )
    assert "StartQuery" not in server.asked


def test_a_limit_that_nothing_can_be_held_against_is_said(
    account: Callable[..., Canned], settings: Path
) -> None:
    settings.write_text(SETTINGS)
    ended = query(*cloudwatch(account().url))
    assert (ended.code, ended.out) == (0, "n\n1\n")
    assert ended.err == [
        "flowtui: How much this may scan in /vpc/edge over 1h 00m is unknown;"
        " confirm_above_gb = 1e-09 is not checked"
    ]


def test_files_and_the_sample_cost_nothing_and_have_no_limits(
    settings: Path, tmp_path: Path
) -> None:
    settings.write_text(f"{SETTINGS}stop_above_gb = 0.000000001\n")
    flows = tmp_path / "flows.log"
    flows.write_text("srcaddr bytes start\n10.0.0.1 100 1648826280\n")
    for source in (["--demo", "--log-group", "/vpc/incident"], ["--file", str(flows)]):
        ended = query(*source, "--output", "csv")
        assert ended.code == 0
        assert int(ended.out.split()[1]) > 0
        assert ended.err == []


@dataclass(frozen=True)
class Left:
    """A session that has been left, after a scan."""

    meter: Meter = field(default_factory=lambda: Meter(scanned=1e9))
    unsaved: str = ""


@dataclass(frozen=True)
class App:
    session: Left = field(default_factory=Left)
    left_running: Mapping[object, list[str]] = field(default_factory=dict)
    return_code: int = 0
    fault: str = ""


@pytest.mark.parametrize(
    ("arguments", "limits"),
    [(["demo"], (0.0, 0.0, 0.0)), (["open", "."], (0.0, 0.0, 0.0)), ([], (0.01, 1e-9, 7))],
)
def test_so_it_is_on_the_screen(
    arguments: list[str],
    limits: tuple[float, float, float],
    settings: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.write_text(f"{SETTINGS}stop_above_gb = 7\nprice_per_gb = 0.01\n")
    given: list[Settings] = []

    def start(_source: object, loaded: Settings, *_: object) -> App:
        given.append(loaded)
        return App()

    monkeypatch.setattr(compose, "run_app", start)
    monkeypatch.setattr(tui, "_check_files", lambda _: None)
    monkeypatch.setattr(tui, "_check_terminal", lambda: None)
    monkeypatch.setattr(sys, "argv", ["flowtui", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    (loaded,) = given
    assert (loaded.price_per_gb, loaded.confirm_above_gb, loaded.stop_above_gb) == limits
    assert bool(capsys.readouterr().err) is bool(limits[0])


def test_explain_prints_the_text_with_its_parse_and_starts_nothing(
    account: Callable[..., Canned], settings: Path
) -> None:
    settings.write_text(SETTINGS)
    server = account(storedBytes=336e9, retentionInDays=14)
    ended = query(*cloudwatch(server.url), "--explain", body="stats count(*) by srcaddr")
    assert ended.code == 0
    assert ended.out == 'parse @message "*" as srcaddr\n| stats count(*) by srcaddr\n'
    assert ended.err[-1] == "flowtui: CloudWatch would be sent this text; there is no SQL of it"
    assert "StartQuery" not in server.asked


def test_a_table_whose_size_is_unknown_is_said_beside_one_that_is_known(
    settings: Path, article_in_s3: str
) -> None:
    settings.write_text(SETTINGS)
    tables = ("--table", "flows.vpc_article", "--table", "flows.vpc_article_parquet")
    options = ("--endpoint-url", article_in_s3, "--start", "2022-04-01", "--results", "s3://r/")
    ended = query(*options, *tables, body="stats count(*) as n")
    assert ended.code == 2
    assert "and more of which the size is unknown, of flows.vpc_article and 1 more" in ended.err[0]

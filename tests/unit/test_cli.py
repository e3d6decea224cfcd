"""The command line: outputs, exit codes, one sentence for each error."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path

import pytest

from flowtui import __version__
from flowtui.cli import main
from flowtui.cli.progress import Progress, how_far
from flowtui.model.run import ResultSet, RunState, Snapshot, Statistics
from tests.article import CASES, Case, shown

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_main(*arguments: str, stdin: str = "") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["flowtui", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), captured.out, captured.err)

    return run_main


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    path = tmp_path / "flows.log"
    path.write_text(
        "account-id srcaddr dstaddr bytes start\n"
        "000000000001 10.0.0.1 10.0.0.2 100 1648826280\n"
        "000000000001 10.0.0.1 10.0.0.3 23 1648826281\n"
        "- 10.0.0.9 10.0.0.3 - 1648826290\n"
        "this does not fit\n"
    )
    return path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_article(run: Run, case: Case) -> None:
    outcome = run("query", "--demo", "--log-group", "/vpc/article", "--output", "json", case.query)
    assert outcome.code == 0
    assert shown(case, json.loads(outcome.out)) == case.table


def test_json_holds_texts_and_leaves_out_what_is_missing(run: Run, flows: Path) -> None:
    query = "stats sum(bytes) as b by srcaddr | sort srcaddr"
    outcome = run("query", "--file", str(flows), "--output", "json", query)
    assert json.loads(outcome.out) == [
        {},
        {"srcaddr": "10.0.0.1", "b": "123"},
        {"srcaddr": "10.0.0.9"},
    ]


def test_discovered_names_and_underscored_ones(run: Run, flows: Path) -> None:
    query = "filter srcAddr = srcaddr and startTime = start | display accountId, bytes | limit 9"
    outcome = run("query", "--file", str(flows), "--output", "csv", query)
    assert list(csv.reader(io.StringIO(outcome.out)))[1:] == [
        ["-", "-"],
        ["000000000001", "23"],
        ["000000000001", "100"],
    ]


def test_the_count_of_lines_that_do_not_fit_is_told(run: Run, flows: Path) -> None:
    outcome = run("query", "--file", str(flows), "stats count(*) as n")
    assert outcome.out.split() == ["n", "4"]
    assert "1 of 4 lines" in outcome.err


@pytest.mark.parametrize(
    ("latest", "said"),
    [
        (Snapshot(RunState.QUEUED), "Queued"),
        (Snapshot(RunState.QUEUED, notices=("loading /a: 7 %",)), "loading /a: 7 %"),
        (Snapshot(RunState.QUEUED, notices=("x", "y"), has_slot=False), "Waiting for a free slot"),
        (Snapshot(RunState.RUNNING, statistics=Statistics(progress=0.234)), "Running 23%"),
        (Snapshot(RunState.RUNNING, notices=("3 lines did not fit",)), "Running"),
    ],
)
def test_how_far_a_query_is(latest: Snapshot, said: str) -> None:
    assert how_far(latest) == said


def test_rows_so_far_and_the_time_that_is_left_are_said() -> None:
    found = ResultSet(("a",), (("1",), ("2",)))
    running = Snapshot(RunState.RUNNING, found, Statistics(progress=0.2))
    assert how_far(running, 4.02) == "Running 20%, 4.0s left, 2 rows so far"
    assert how_far(replace(running, state=RunState.COMPLETE)) == "Complete 20%"


def test_the_first_rows_are_shown_and_wiped_out_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    times = iter([0.0, 2.0, 4.0])
    progress = Progress(is_seen=True, clock=lambda: next(times))
    rows = tuple((str(n), "\x1b[31mred " + "\u6f22" * 200) for n in range(99))
    running = Snapshot(RunState.RUNNING, ResultSet(("n", "text"), rows), Statistics(progress=0.5))
    progress.follow(running)
    assert capsys.readouterr().err == "\r\x1b[JRunning 50%, 99 rows so far"
    progress.follow(running)
    shown = capsys.readouterr().err
    assert shown.startswith("\r\x1b[JRunning 50%, 2.0s left, 99 rows so far\nn")
    assert shown.endswith("\r\x1b[11A")
    lines = shown.removesuffix("\r\x1b[11A").split("\n")
    assert len(lines) == 12
    assert "\x1b[31m" not in shown
    assert all(len(line) < 50 for line in lines)
    progress.follow(replace(running, state=RunState.COMPLETE))
    assert capsys.readouterr().err == "\r\x1b[JComplete 50%"
    progress.say("")
    assert capsys.readouterr().err == "\r\x1b[J"


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(is_seen=False)
    progress.say("words")
    progress.follow(Snapshot(RunState.RUNNING, ResultSet(("n",), (("1",),))))
    assert capsys.readouterr() == ("", "")


def test_the_query_comes_from_stdin(run: Run, flows: Path) -> None:
    outcome = run("query", "--file", str(flows), "-", stdin="# all\nstats count(*) as n")
    assert outcome.out.split() == ["n", "4"]


@pytest.mark.parametrize("command", ["check", "query", "drill"])
def test_a_query_that_begins_with_a_dash_is_no_option(run: Run, flows: Path, command: str) -> None:
    words = {"check": [], "query": ["--output", "json"], "drill": ["--row", "{}"]}[command]
    text = "-- rejected first\nfilter bytes > 1"
    for arguments in ([text, *words], [*words, text], [*words, "--", text]):
        outcome = run(command, "--file", str(flows), *arguments)
        assert outcome.code == 1
        assert "1 | -- rejected first\n    ^^" in outcome.out + outcome.err
    assert run(command, *words, "--fiel", "x y").code == 2


def test_a_value_with_blanks_is_no_query(run: Run) -> None:
    outcome = run("check", "--format=${srcaddr} ${dstaddr}", "fields srcaddr")
    assert outcome == Outcome(0, "", "")
    assert "'- 1' is not a length" in run("query", "--demo", "--since", "- 1", "limit 1").err


def test_limit_and_ndjson(run: Run, flows: Path) -> None:
    outcome = run(
        "query", "--file", str(flows), "--output", "ndjson", "--limit", "1",
        "fields srcaddr | sort srcaddr desc",
    )  # fmt: skip
    assert [json.loads(line)["srcaddr"] for line in outcome.out.splitlines()] == ["10.0.0.9"]


def test_time_options_narrow_the_window(run: Run, flows: Path) -> None:
    outcome = run(
        "query", "--file", str(flows), "--start", "2022-04-01T15:18:01", "--end", "1648826290",
        "stats count(*) as n",
    )  # fmt: skip
    assert outcome.out.split() == ["n", "1"]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["query", "--file", "FLOWS", "stats sum(bytes"], 1, "missing ) for this ("),
        (["query", "--file", "FLOWS", "anomaly"], 1, "does not compute anomaly"),
        (["query", "--demo", "--file", "x", "limit 1"], 2, "two sources"),
        (["query", "--demo", "--region", "x", "limit 1"], 2, "for CloudWatch, not for files"),
        (["query", "--demo", "--since", "soon", "limit 1"], 2, "'soon' is not a length of time"),
        (["query", "--demo", "--end", "2022-04-01", "limit 1"], 2, "--end needs a --start"),
        (["query", "--file", "/nowhere/x", "limit 1"], 3, "/nowhere/x can't be read"),
        (["query", "--file", "EMPTY", "limit 1"], 3, "is empty"),
        (["query", "--file", "FLOWS", "--log-group", "x", "limit 1"], 3, "no log group x"),
        (["--resume", "--query", "limit 1"], 2, "--resume brings back the query"),
        (["--resume", "--log-group", "/a"], 2, "leave out --query, --log-group, --since"),
        (["--resume", "demo"], 2, "as in flowtui --demo --resume"),
        (["--resume"], 2, "the screen needs a terminal"),
        (["--table", "f.t", "--results", "s3://"], 2, "s3:// names no bucket"),
        (["--file", "FLOWS", "query", "limit 1"], 2, "--file stands behind the command"),
        (["--demo", "findings"], 2, "flowtui findings ... --demo"),
        (["serve"], 2, "serve needs --demo or --file"),
        (["serve", "--demo", "--latency", "-1"], 2, "--latency"),
        (["drill", "--file", "FLOWS", "limit 1", "--row", "{}"], 1, "a raw event already"),
        (["drill", "--file", "FLOWS", "limit 1", "--row", "["], 2, "--row is not JSON"),
        (["drill", "--file", "FLOWS", "limit 1", "--row", "[" * 9999], 2, "--row is nested"),
        (["drill", "--file", "FLOWS", "limit 1", "--row", "9" * 5000], 2, "a number that is too"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else None,
)
def test_errors_are_one_sentence(
    run: Run, flows: Path, tmp_path: Path, arguments: list[str], code: int, sentence: str
) -> None:
    (tmp_path / "empty.log").touch()
    places = {"FLOWS": str(flows), "EMPTY": str(tmp_path / "empty.log")}
    outcome = run(*[places.get(word, word) for word in arguments])
    assert outcome.code == code
    assert sentence in outcome.err
    assert "Traceback" not in outcome.err


def test_control_characters_of_the_data_do_not_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "evil.log"
    path.write_text("srcaddr start\n\x1b]52;c;aGk=\x07 1648826280\n")
    outcome = run("query", "--file", str(path), "fields srcaddr")
    assert "\x1b" not in outcome.out
    assert "]52;c;aGk=" in outcome.out


def test_check_points_at_each_error(run: Run) -> None:
    outcome = run("check", "filter a =\n| stats cout(*) by b")
    assert outcome.code == 1
    assert outcome.out == (
        "error: expected a value after =\n"
        "1 | filter a =\n"
        "             ^\n"
        "\n"
        "error: unknown function cout; did you mean count?\n"
        "2 | | stats cout(*) by b\n"
        "            ^^^^\n"
    )


def test_check_passes_a_good_query_silently(run: Run) -> None:
    assert run("check", "stats count(*) by srcaddr") == Outcome(0, "", "")


def test_check_as_json(run: Run) -> None:
    outcome = run("check", "--output", "json", "--format", "${srcaddr}", "filter srcadr = 1")
    assert outcome.code == 0
    assert json.loads(outcome.out) == [
        {
            "code": "unknown-field",
            "severity": "warning",
            "message": "unknown field srcadr; did you mean srcaddr?",
            "start": 7,
            "end": 13,
        }
    ]


def test_drill_gives_a_query_for_exactly_the_rows_behind(run: Run, flows: Path) -> None:
    source = ("--file", str(flows))
    drilled = run("drill", *source, "stats count(*) by srcaddr", "--row", '{"srcaddr":"10.0.0.1"}')
    answer = json.loads(drilled.out)
    assert answer["start"] == "2022-04-01T15:18:00+00:00"
    rows = run("query", *source, "--output", "json", answer["query"])
    assert [row["bytes"] for row in json.loads(rows.out)] == ["23", "100"]


def test_a_system_field_that_no_file_tells_is_named(run: Run, flows: Path) -> None:
    source = ("--file", str(flows), "--output", "csv")
    told = run("query", *source, "fields @source.log, @data_source_name | limit 1")
    assert told.out == f"@source.log,@data_source_name\n{flows},amazon_vpc\n"
    assert "missing" not in told.err
    untold = run("query", *source, "stats count(*) by @aws.region, @data_format")
    assert untold.code == 0
    for name in ("@aws.region", "@data_format"):
        assert f"the paths of their files tell {name}: it is missing in every row" in untold.err


@pytest.mark.parametrize("port", ["443", "0443", "443.0", "22"])
@pytest.mark.parametrize("window", [(), ("--start", "2022-04-01", "--end", "2022-04-02")])
def test_a_number_in_two_spellings_is_drilled_into_by_its_own(
    run: Run, tmp_path: Path, port: str, window: tuple[str, ...]
) -> None:
    """To a filter they are one number, to `stats ... by` two texts."""
    path = tmp_path / "ports.log"
    ports = ("443", "0443", "443.0", "443", "22", "-")
    lines = [f"10.0.0.{n} {each} 1648826280\n" for n, each in enumerate(ports)]
    path.write_text("".join(["srcaddr dstport start\n", *lines]))
    source, row = ("--file", str(path), *window), json.dumps({"dstport": port})
    answer = json.loads(run("drill", *source, "stats count(*) by dstport", "--row", row).out)
    rows = json.loads(run("query", *source, "--output", "json", answer["query"]).out)
    assert sorted(row["srcaddr"] for row in rows) == [
        f"10.0.0.{n}" for n, each in enumerate(ports) if each == port
    ]
    assert {row["dstport"] for row in rows} == {port}


def test_a_check_knows_the_fields_of_the_files(run: Run, flows: Path) -> None:
    outcome = run("check", "--file", str(flows), "stats count(*) by srcadr")
    assert "unknown field srcadr; did you mean srcaddr?" in outcome.out
    assert outcome.code == 0
    assert run("check", "--demo", "stats count(*) by pkt_srcaddr") == Outcome(0, "", "")
    assert run("check", "--file", str(flows.parent / "none"), "limit 1").code == 3


def test_a_drill_says_whether_it_is_over_all_there_is(run: Run, flows: Path) -> None:
    """The line that does not fit has no time, and so lies in no window."""
    query = "stats count(*) as n by ispresent(srcaddr) as fits"
    row = json.dumps({"fits": "0", "n": "1"})
    answer = json.loads(run("drill", "--file", str(flows), query, "--row", row).out)
    assert answer["all_time"] is True
    after = run("query", "--file", str(flows), answer["query"], "--output", "json")
    assert len(json.loads(after.out)) == 1
    start = ("--start", answer["start"], "--end", answer["end"])
    answer = json.loads(run("drill", "--file", str(flows), *start, query, "--row", row).out)
    assert answer["all_time"] is False


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["check", "limit 1"]])
def test_what_needs_no_heavy_library_imports_none(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        f"sys.argv = ['flowtui', *{arguments!r}]\n"
        "from flowtui.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'textual', 'rich', 'boto3', 'botocore', 'duckdb'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))\n"
    )
    ended = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "heavy: []"


def test_the_version_waits_for_no_options() -> None:
    program = (
        "import sys\n"
        "sys.argv = ['flowtui', '--version']\n"
        "from flowtui.__main__ import main\n"
        "try:\n    main()\n"
        "except SystemExit as ended:\n    assert ended.code == 0\n"
        "print('click:', 'click' in sys.modules)\n"
    )
    ended = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines() == [f"flowtui {__version__}", "click: False"]


def test_the_program_collects_garbage_again_once_it_is_imported() -> None:
    program = (
        "import gc, sys\n"
        "sys.argv = ['flowtui', 'check', 'limit 1']\n"
        "from flowtui.__main__ import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        "print('collects:', gc.isenabled())\n"
    )
    ended = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines() == ["collects: True"]


def test_serve_prints_where_it_listens_and_ends_when_it_is_told_to(flows: Path) -> None:
    program = [sys.executable, "-m", "flowtui", "serve", "--file", str(flows)]
    with subprocess.Popen(  # noqa: S603  (our own program)
        [*program, "--latency", "0.1"], stdout=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stdout is not None
        url = serving.stdout.readline().strip()
        connection = HTTPConnection(url.removeprefix("http://"), timeout=120)
        connection.request(
            "POST",
            "/",
            b"Action=GetCallerIdentity&Version=2011-06-15",
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": "AWS4-HMAC-SHA256 unchecked",
            },
        )
        assert b"<Account>000000000000</Account>" in connection.getresponse().read()
        connection.close()
        serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=120) == 4


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_serve_leaves_no_logs_behind_when_it_is_killed(
    flows: Path, tmp_path: Path, number: signal.Signals
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    program = [sys.executable, "-m", "flowtui", "serve", "--file", str(flows)]
    with subprocess.Popen(  # noqa: S603  (our own program)
        program, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(folder)}
    ) as serving:
        assert serving.stdout is not None
        url = serving.stdout.readline().strip()
        connection = HTTPConnection(url.removeprefix("http://"), timeout=10)

        def answer(operation: str, **asked: object) -> bytes:
            headers = {
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": f"Logs_20140328.{operation}",
                "Authorization": "AWS4-HMAC-SHA256 unchecked",
            }
            connection.request("POST", "/", json.dumps(asked), headers)
            return connection.getresponse().read()

        times = {"startTime": 0, "endTime": 9}
        said = answer("StartQuery", queryString="limit 1", logGroupName=str(flows), **times)
        query = json.loads(said)["queryId"]
        # The logs are loaded for the query, after the answer to its start.
        while not list(folder.glob("flowtui-*")):
            assert b"status" in answer("GetQueryResults", queryId=query)
        connection.close()
        serving.send_signal(number)
        assert serving.wait(timeout=20) == 4
    assert list(folder.iterdir()) == []


# What is wrong or doubtful


def test_a_wrong_query_is_shown_with_its_place(run: Run, flows: Path) -> None:
    """The place is that in what was typed, not in the `parse` that is put before it."""
    outcome = run("query", "--file", str(flows), "fields bytes\n| stats sum(nofun(bytes))")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        "error: unknown function nofun\n2 | | stats sum(nofun(bytes))\n                ^^^^^\n"
    )
    outcome = run("drill", "--file", str(flows), "stats sum(bytes", "--row", "{}")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.endswith("1 | stats sum(bytes\n             ^\n")


def test_an_unknown_command_is_a_slip_and_not_for_cloudwatch(run: Run, flows: Path) -> None:
    outcome = run("query", "--file", str(flows), "fields bytes | srt bytes")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        "error: unknown command srt; did you mean sort?\n"
        "1 | fields bytes | srt bytes\n"
        "                   ^^^\n"
    )


def test_an_unknown_field_is_warned_of(run: Run, flows: Path) -> None:
    outcome = run("query", "--file", str(flows), "fields srcadr, bytes | limit 1")
    assert outcome.code == 0
    assert outcome.err.startswith(
        "warning: unknown field srcadr; did you mean srcaddr?\n"
        "1 | fields srcadr, bytes | limit 1\n"
        "           ^^^^^^\n"
    )


def test_an_unknown_field_of_a_format_is_warned_of(run: Run, flows: Path) -> None:
    sentence = "flowtui: --format: unknown field scraddr; did you mean srcaddr?\n"
    form = ("--format", "${scraddr}")
    assert run("check", *form, "limit 1") == Outcome(0, "", sentence)
    assert run("query", "--file", str(flows), *form, "limit 1").err.startswith(sentence)


def test_records_outside_of_the_time_asked_for_are_told(run: Run, flows: Path) -> None:
    outcome = run("query", "--file", str(flows), "--since", "1h", "fields srcaddr")
    assert outcome.code == 0
    assert "they are from 2022-04-01 15:18:00 to 2022-04-01 15:18:10 UTC" in outcome.err
    inside = ("--start", "2022-04-01", "--end", "2022-04-02")
    outcome = run("query", "--file", str(flows), *inside, "filter bytes > 999")
    assert "they are from" not in outcome.err


def test_a_row_of_other_columns_can_not_be_drilled_into(run: Run, flows: Path) -> None:
    query = "stats count(*) as n by srcaddr, dstaddr"
    outcome = run("drill", "--file", str(flows), query, "--row", '{"src": "10.0.0.1"}')
    assert (outcome.code, outcome.out) == (2, "")
    assert "names src, but the columns of the result are: srcaddr, dstaddr, n" in outcome.err
    outcome = run("drill", "--file", str(flows), query, "--row", '{"srcaddr": "-", "n": "1"}')
    assert outcome.code == 0
    assert "not ispresent(dstaddr)" in json.loads(outcome.out)["query"]


@pytest.mark.parametrize("command", ["query", "serve", "open"])
def test_an_empty_path_is_not_the_folder_one_is_in(run: Run, command: str) -> None:
    words = {"query": ["--file", "", "limit 1"], "serve": ["--file", ""], "open": [""]}
    outcome = run(command, *words[command])
    assert outcome.code == 2
    assert "the path is empty" in outcome.err


# File names and files that break off


def test_a_name_that_is_not_utf_8(run: Run, flows: Path) -> None:
    path = flows.rename(flows.parent / os.fsdecode(b"bad\xff.log"))
    name = str(path)
    outcome = run("query", "--file", name, "--log-group", name, "display @log | limit 1")
    assert outcome.out.endswith("bad\ufffd.log\n")


def test_a_name_with_a_line_break_takes_one_line(run: Run, flows: Path) -> None:
    path = flows.rename(flows.parent / "two\nlines.log")
    outcome = run("query", "--file", str(path), "display @log | limit 1")
    assert outcome.out.splitlines()[1:] == [f"000000000000:{flows.parent}/two·lines.log"]
    assert len(outcome.err.splitlines()) == 1
    path.unlink()
    assert len(run("query", "--file", str(path), "limit 1").err.splitlines()) == 1


def test_what_goes_to_a_program_stays_as_it_is(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "evil.log"
    path.write_text("srcaddr start\n\x1b]0;x\x07\x9b 1648826280\n")
    outcome = run("query", "--file", str(path), "--output", "csv", "fields srcaddr")
    assert outcome.out == "srcaddr\n\x1b]0;x\x07\x9b\n"


def test_a_query_that_is_not_utf_8(run: Run, flows: Path) -> None:
    outcome = run("query", "--file", str(flows), "stats count(*) as n, '\udcff' as x")
    assert outcome.code in (0, 1)
    assert "\ufffd" in outcome.out + outcome.err


def test_a_file_that_breaks_off_is_one_sentence(tmp_path: Path) -> None:
    """DuckDB's binding complains on stderr of connections that outlive the interpreter."""
    lines = "".join(f"10.0.{n % 199}.{n % 251} {1648826280 + n}\n" for n in range(100_000))
    whole = gzip.compress(b"srcaddr start\n" + lines.encode())
    path = tmp_path / "broken.log.gz"
    path.write_bytes(whole[: len(whole) // 2])
    program = [sys.executable, "-m", "flowtui", "query", "--file", str(path), "limit 1"]
    ended = subprocess.run(program, capture_output=True, text=True, check=False)  # noqa: S603  (our own program)
    assert ended.returncode == 3
    assert ended.stderr.startswith(f"flowtui: {path} is a broken gzip file")
    assert len(ended.stderr.splitlines()) == 1


# SOURCE, lookup tables and saved queries


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's settings."""
    monkeypatch.setattr("platformdirs.user_config_path", lambda _: tmp_path)
    return tmp_path


def test_source_needs_no_group_and_decides_over_those_given(
    run: Run, flows: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.log"
    other.write_text("srcaddr start\n10.0.0.1 1648826280\n")
    files = ("--file", str(flows), "--file", str(other))
    query = f"SOURCE '{other}' | stats count(*) as n"
    assert run("query", *files, query).out.split() == ["n", "1"]
    outcome = run("query", *files, "--log-group", str(flows), query)
    assert outcome.out.split() == ["n", "1"]
    assert "SOURCE in the query says which log groups to read" in outcome.err
    outcome = run("query", *files, "SOURCE 'nowhere' | limit 1")
    assert (outcome.code, outcome.out) == (1, "")
    assert f"no log group nowhere; there are: {flows}, {other}" in outcome.err


def test_a_subquery_reads_all_there_is_of_its_group(run: Run, flows: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.log"
    later.write_text("srcaddr start\n10.0.0.9 1748826280\n")
    query = f"filter srcaddr in (SOURCE '{later}' | fields srcaddr) | fields srcaddr"
    files = ("--file", str(flows), "--file", str(later), "--log-group", str(flows))
    assert run("query", *files, query).out.split() == ["srcaddr", "10.0.0.9"]
    outcome = run("query", *files, "--start", "2022-04-01", "--end", "2022-04-02", query)
    assert outcome.out.split() == ["srcaddr"]


def test_lookup_tables_of_the_option_and_of_the_settings(
    run: Run, flows: Path, config: Path
) -> None:
    (config / "hosts.csv").write_text("ip,host\n10.0.0.1,web\n")
    (config / "nets.csv").write_text("cidr,site\n10.0.0.8/29,lab\n")
    (config / "config.toml").write_text('[lookups]\nhosts = "hosts.csv"\nnets = "gone.csv"\n')
    query = (
        "filter ispresent(srcaddr) | lookup hosts ip as srcaddr OUTPUT host"
        " | cidrlookup nets srcaddr OUTPUT site | stats count(*) as n by host, site | sort n"
    )
    option = ("--lookup", f"nets={config / 'nets.csv'}")
    outcome = run("query", "--file", str(flows), *option, "--output", "csv", query)
    assert outcome.out.splitlines() == ["host,site,n", ",lab,1", "web,,2"]
    outcome = run("query", "--file", str(flows), query)
    assert (outcome.code, outcome.out) == (3, "")
    assert f"the lookup table nets can't be read: {config / 'gone.csv'}" in outcome.err


def test_saved_queries_of_the_settings(run: Run, flows: Path, config: Path) -> None:
    (config / "config.toml").write_text(
        '[queries]\n"By source" = "filter srcaddr = {{a}} | stats sum(bytes) as b"\n'
    )
    outcome = run("query", "--file", str(flows), "$`By source`(a='10.0.0.1')")
    assert outcome.out.split() == ["b", "123"]
    outcome = run("query", "--file", str(flows), "$`By sauce`(a='10.0.0.1')")
    assert outcome.code == 1
    assert "no saved query By sauce; did you mean By source?" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["query", "--demo", "--lookup", "hosts", "limit 1"], "as in hosts=hosts.csv: 'hosts'"),
        (["query", "--demo", "--lookup", "hosts=", "limit 1"], "as in hosts=hosts.csv: 'hosts='"),
        (["query", "--demo", "--lookup", "known-hosts=h.csv", "limit 1"], "called 'known-hosts'"),
        (["query", "--demo", "--lookup", "a=b", "--lookup", "a=c", "limit 1"], "table a twice"),
        (["query", "--lookup", "a=b", "limit 1"], "CloudWatch has lookup tables of its own"),
        (["drill", "--demo", "--lookup", "a", "limit 1", "--row", "{}"], "as in hosts=hosts.csv"),
        (["serve", "--demo", "--lookup", "a"], "as in hosts=hosts.csv"),
        (["open", "x.log", "--lookup", "a"], "as in hosts=hosts.csv"),
        (["demo", "--lookup", "a"], "as in hosts=hosts.csv"),
        (["--demo", "--lookup", "a"], "as in hosts=hosts.csv"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_lookup_option_is_bad_usage(run: Run, arguments: list[str], sentence: str) -> None:
    outcome = run(*arguments)
    assert outcome.code == 2
    assert sentence in outcome.err


def test_a_row_of_a_saved_query_can_not_be_drilled_into(run: Run, flows: Path) -> None:
    outcome = run("drill", "--file", str(flows), "$Top()", "--row", '{"srcaddr": "10.0.0.1"}')
    assert outcome.code == 1
    assert "can't drill into a saved query" in outcome.err


def test_behind_a_joined_row_are_its_joined_events(run: Run, flows: Path, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.log"
    hosts.write_text("srcaddr region start\n10.0.0.1 eu 1648826280\n10.0.0.9 us 1648826280\n")
    source = ("--file", str(flows), "--file", str(hosts), "--log-group", str(flows))
    join = f"join left=f right=h where f.srcaddr=h.srcaddr (SOURCE '{hosts}')"
    query = f"{join} | stats sum(f.bytes) as b by h.region, bin(1m)"
    rows = json.loads(run("query", *source, "--output", "json", query).out)
    row = next(row for row in rows if row["h.region"] == "eu")
    assert row["b"] == "123"
    answer = json.loads(run("drill", *source, query, "--row", json.dumps(row)).out)
    after = run("query", *source, "--output", "json", answer["query"])
    assert [row["bytes"] for row in json.loads(after.out)] == ["23", "100"]


# A link copied from the console


LINK = (
    "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
    "#logsV2:logs-insights$3FqueryDetail$3D~(end~'2022-04-01T15*3a21*3a00.000Z"
    "~start~'2022-04-01T15*3a18*3a00.000Z~timeType~'ABSOLUTE~tz~'UTC"
    "~editorString~'filter*20bytes*20*3e*2020*20*7c*20stats*20sum*28bytes*29*20as*20b"
    "~source~(~'*2fvpc*2fedge)~lang~'CWLI)"
)


def test_a_console_link_is_a_query_with_its_time(run: Run, flows: Path) -> None:
    assert run("query", "--file", str(flows), LINK).out.split() == ["b", "123"]
    outside = run(
        "query", "--file", str(flows), "--start", "2022-04-02", "--end", "2022-04-03", LINK
    )
    assert outside.out.split() == ["b"]


def test_the_drill_of_a_link_is_over_its_log_groups(run: Run) -> None:
    answer = json.loads(run("drill", LINK, "--row", '{"b": "123"}').out)
    assert answer["log_groups"] == ["/vpc/edge"]
    assert answer["start"] == "2022-04-01T15:18:00+00:00"
    assert answer["query"].startswith("filter bytes > 20")


def test_a_broken_link_is_bad_usage(run: Run) -> None:
    outcome = run("query", "--demo", LINK[:200])
    assert outcome.code == 2
    assert "this link is broken" in outcome.err


def test_explain_prints_sql_and_runs_nothing(run: Run, flows: Path) -> None:
    ended = run("query", "--file", str(flows), "--explain", "stats sum(bytes) as b by srcaddr")
    assert (ended.code, ended.err) == (0, "")
    statement = ended.out.splitlines()
    assert statement[0] == f"-- {flows}: text, 5 fields, loaded"
    assert statement[1] == 'SELECT "$1", "$2"'
    assert any(line.strip() == f'FROM "{flows}"' for line in statement)
    assert any(line.endswith(";") for line in statement)
    assert "10.0.0.1" not in ended.out


def test_explain_ends_as_a_query_that_is_wrong(run: Run, flows: Path) -> None:
    ended = run("query", "--file", str(flows), "--explain", "stats sum(bytes")
    assert (ended.code, ended.out) == (1, "")
    assert "missing ) for this (" in ended.err


def test_formats_says_what_files_are_taken_for(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("srcaddr bytes start\n10.0.0.1 40 1648825200\n")
    (tmp_path / "b.json").write_text('{"srcAddr": "10.0.0.1", "bytes": 40}\n')
    (tmp_path / "c.json").write_text('{"srcAddr": "10.0.0.2", "bytes": 40}\n')
    (tmp_path / "_SUCCESS").touch()
    found = run("formats", str(tmp_path))
    assert (found.code, found.err) == (0, "")
    assert found.out.splitlines() == [
        f"{tmp_path}: 1 file of text, 3 fields; 2 files of JSON, 2 fields; 117 bytes",
        "  ${srcaddr} ${bytes} ${start}",
        "  ${srcaddr} ${bytes}",
        f"  left out: {tmp_path}/_SUCCESS is no flow log: it tells of the job that wrote the"
        " others",
    ]
    elsewhere = run("formats", "s3://bucket/flows")
    assert elsewhere.code == 2
    assert "s3://bucket/flows is not on this machine" in elsewhere.err
    nothing = run("formats", str(tmp_path / "gone"))
    assert (nothing.code, nothing.err) == (
        3, f"flowtui: {tmp_path}/gone can't be read: No such file or directory;"
        " check the path and its permissions\n",
    )  # fmt: skip


def test_cache_lists_what_is_kept_and_clears_it(
    run: Run, flows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.backends.duckdb.keeping.LEAST", 1)
    os.utime(flows, (1_600_000_000, 1_600_000_000))
    folder = tmp_path / "cache" / "flowtui"
    assert run("cache").out == f"      0 B  in {folder}; flowtui cache clear removes it\n"
    asked = ("query", "--file", str(flows), "fields bytes | sort bytes desc | limit 1")
    assert run(*asked).code == 0
    kept = run("cache")
    assert (kept.code, kept.err) == (0, "")
    group, total = kept.out.splitlines()
    assert group.endswith(f"  {flows}")
    assert total.endswith(f"  in {folder}; flowtui cache clear removes it")
    assert run(*asked).out == run(*asked).out
    cleared = run("cache", "clear")
    assert (cleared.code, cleared.out) == (0, f"{total[:9].strip()} removed from {folder}\n")
    assert not list(folder.glob("loaded/*.*"))


def test_one_stdin_can_not_be_both(run: Run) -> None:
    found = run("query", "--file", "-", "-", stdin="limit 1")
    assert (found.code, found.out) == (2, "")
    assert "both the query and the flow logs are to come by stdin; name one" in found.err

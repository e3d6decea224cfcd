"""The records of investigations: one flowtui has one open, and the latest that is free goes on."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowtui.engine.investigation import Investigation
from flowtui.engine.trail import Step, Trail
from flowtui.journal.investigations import InvestigationStore, Resumed, StoredInvestigation
from flowtui.journal.orphans import log_orphans, stop_command
from flowtui.model.errors import UsageError
from flowtui.model.run import Query, QueryRun, RunId, RunState, Snapshot
from flowtui.model.source import CloudWatchSource, DataSource, DemoSource, FileSource
from flowtui.model.timerange import TimeRange

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
PROD = CloudWatchSource(profile="prod", region="eu-west-1")
ANY = CloudWatchSource()
HOLD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from flowtui.journal.investigations import InvestigationStore
from flowtui.model.source import ANYWHERE
records = InvestigationStore(Path(sys.argv[1]), lambda: datetime.now(UTC))
print(records.take_up(ANYWHERE).investigation.text)
sys.stdout.flush()
sys.stdin.read()
"""


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "state.db"


def save(
    path: Path, text: str, source: DataSource = PROD, now: datetime = NOON
) -> StoredInvestigation:
    """A session that has ended."""
    record = StoredInvestigation(InvestigationStore(path, lambda: now))
    record.save(Investigation(source, text=text))
    record.let_go()
    return record


def take_up(path: Path, asked: DataSource = ANY) -> Resumed:
    return InvestigationStore(path, Clock()).take_up(asked)


@contextmanager
def held_by_another(path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process has taken up the latest; its text."""
    with subprocess.Popen(  # noqa: S603  (our own program)
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


def test_the_latest_goes_on_in_its_own_record(path: Path) -> None:
    save(path, "old")
    save(path, "new", now=NOON + timedelta(hours=1))
    resumed = take_up(path)
    assert (resumed.investigation.text, resumed.saved) == ("new", NOON + timedelta(hours=1))
    assert not resumed.stored.is_new
    resumed.stored.save(replace(resumed.investigation, text="newer"))
    with closing(sqlite3.connect(path)) as connection:
        numbers = connection.execute("select id from investigation").fetchall()
    assert numbers == [(1,), (2,)]
    assert take_up(path).investigation.text == "newer"


def test_only_the_user_may_read_it(path: Path) -> None:
    save(path, "x")
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {"state.db": 0o600, "state.lock": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_a_living_flowtui_has_open_is_left_to_it(path: Path) -> None:
    save(path, "old")
    save(path, "new", now=NOON + timedelta(hours=1))
    with held_by_another(path) as (_, text):
        assert text == "new"
        resumed = take_up(path)
        assert resumed.investigation.text == "old"
        assert resumed.passed_over.startswith("a later one is open in process ")


def test_whoever_has_it_open_is_named_and_a_kill_sets_it_free(path: Path) -> None:
    save(path, "only")
    with held_by_another(path) as (process, _):
        with pytest.raises(UsageError, match=r"has it open, process \d+ on .+; end that one first"):
            take_up(path)
        process.kill()
        process.wait()
        assert take_up(path).investigation.text == "only"


def test_the_latest_of_the_source_that_is_asked_for(path: Path) -> None:
    sources: tuple[DataSource, ...] = (PROD, CloudWatchSource(profile="test"), DemoSource())
    for hour, source in enumerate(sources):
        save(path, str(hour), source, NOON + timedelta(hours=hour))
    assert take_up(path, CloudWatchSource(profile="prod")).investigation.text == "0"
    assert take_up(path, CloudWatchSource(profile="test")).investigation.text == "1"
    assert take_up(path, CloudWatchSource(region="eu-west-1")).investigation.text == "0"
    assert take_up(path, DemoSource()).investigation.text == "2"
    with pytest.raises(UsageError, match="there is nothing to resume"):
        take_up(path, CloudWatchSource(profile="other"))


def test_files_are_the_same_from_another_folder(path: Path) -> None:
    save(path, "files", FileSource((Path("vpc.log"),), folder=Path("/logs/today")))
    for files, folder in (("today/vpc.log", "/logs"), ("/logs/today/vpc.log", "/")):
        asked = FileSource((Path(files),), folder=Path(folder))
        assert take_up(path, asked).investigation.text == "files"
    with pytest.raises(UsageError, match="nothing to resume"):
        take_up(path, FileSource((Path("vpc.log"),), folder=Path("/logs")))


def test_after_thirty_days_it_is_gone(path: Path) -> None:
    save(path, "old")
    save(path, "young", now=NOON + timedelta(days=1))
    save(path, "now", now=NOON + timedelta(days=30, minutes=1))
    texts = [take_up(path).investigation.text, take_up(path, PROD).investigation.text]
    assert set(texts) == {"now"}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select count(*) from investigation").fetchone() == (2,)


def test_one_that_was_pruned_while_it_was_open_comes_back(path: Path) -> None:
    record = save(path, "idle")
    save(path, "other", now=NOON + timedelta(days=31))
    record.save(Investigation(PROD, text="awake"))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select count(*) from investigation").fetchone() == (2,)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ('{"version": 4}', "it was written by another version of flowtui"),
        ("{", "it is damaged"),
        ("[" * 9999, "it is damaged"),
        (b"\xff", "it is damaged"),
    ],
)
def test_what_cant_be_read_is_passed_over_and_named(path: Path, record: str, why: str) -> None:
    save(path, "good")
    save(path, "bad", now=NOON + timedelta(hours=1))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update investigation set record = ? where id = 2", (record,))
    resumed = take_up(path)
    assert resumed.investigation.text == "good"
    assert f"that of 2022-04-01T13:00 can't be resumed: {why}" in resumed.passed_over
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from investigation where id = 1")
    with pytest.raises(UsageError, match=f"nothing to resume; that of .* {why}"):
        take_up(path)


@pytest.mark.parametrize("saved", ["yesterday", 1648814400, None, "9999-12-31T23:59:59+00:00"])
def test_one_whose_time_is_of_another_kind_is_passed_over_and_kept(
    path: Path, saved: object
) -> None:
    save(path, "good")
    save(path, "bad", now=NOON + timedelta(hours=1))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "create table other as select * from investigation; drop table investigation;"
            "alter table other rename to investigation"
        )
        connection.execute("update investigation set saved = ? where id = 2", (saved,))
    assert take_up(path).investigation.text == "good"
    save(path, "later", now=NOON + timedelta(days=7))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select count(*) from investigation").fetchone() == (3,)


def test_where_there_is_none_or_none_can_be_it_says_so(path: Path) -> None:
    with pytest.raises(UsageError, match="there is nothing to resume"):
        take_up(path)
    with pytest.raises(UsageError, match=r"can't keep the investigation in .*: "):
        save(Path("/dev/null/state.db"), "x")


def run(number: int, state: RunState, handle: str) -> QueryRun:
    window = TimeRange(NOON, NOON + timedelta(hours=1))
    return QueryRun(
        RunId(number), Query("limit 1", window), window, NOON, Snapshot(state), None, handle
    )


def test_a_stop_without_an_answer_leaves_a_run_to_be_followed_again() -> None:
    """What was cancelled and may run all the same, too."""
    steps = [
        Step(run(1, RunState.CANCELLED, "a"), "a"),
        Step(run(2, RunState.COMPLETE, "b"), "b", parent=0),
        Step(run(3, RunState.RUNNING, "c"), "c", parent=1),
    ]
    left = Investigation(PROD, trail=Trail(tuple(steps), 2)).left(["a", "c"], NOON)
    assert [each.latest.state for each in left.runs] == ["Running", "Complete", "Running"]
    assert left.followed is not None
    assert left.followed.id == 3
    assert [each.id for each in left.strays] == [1]
    stopped = Investigation(PROD, trail=Trail(tuple(steps), 2)).left([], NOON)
    assert [each.latest.state for each in stopped.runs] == ["Cancelled", "Complete", "Cancelled"]
    assert (stopped.followed, stopped.strays) == (None, ())


def test_what_may_run_is_logged_with_the_command_that_stops_it(tmp_path: Path) -> None:
    log = tmp_path / "state" / "left-running.log"
    log_orphans(log, PROD, "prod", ["q-1"], NOON)
    log_orphans(log, replace(PROD, endpoint_url="http://h"), "prod", ["(unknown id)", "q-2"], NOON)
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.read_text().splitlines() == [
        "2022-04-01T12:00:00+00:00 prod q-1"
        " aws logs stop-query --profile prod --region eu-west-1 --query-id q-1",
        "2022-04-01T12:00:00+00:00 prod (unknown id) aws logs describe-queries --profile prod"
        " --region eu-west-1 --endpoint-url http://h --status Running",
        "2022-04-01T12:00:00+00:00 prod q-2 aws logs stop-query --profile prod --region eu-west-1"
        " --endpoint-url http://h --query-id q-2",
    ]
    assert stop_command(DemoSource(), "local-1") == ""
    with pytest.raises(UsageError, match="can't log this"):
        log_orphans(Path("/dev/null/x.log"), PROD, "prod", ["q"], NOON)

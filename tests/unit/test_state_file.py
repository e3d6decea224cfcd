"""The state file where it is damaged, shared, moved, read-only or full: what is kept, and said."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flowtui.engine.investigation import Investigation
from flowtui.journal.history import History
from flowtui.journal.investigations import InvestigationStore, StoredInvestigation
from flowtui.journal.locks import Locks
from flowtui.model.errors import UsageError
from flowtui.model.run import QueryRun, RunId
from flowtui.model.source import CloudWatchSource
from tests.unit.test_history import ENDED, NOON, QUERY

pytestmark = pytest.mark.slow

SAID = (
    r"state\.db was damaged: it is kept as state\.db\.damaged-\d{8}-\d{6}, and a new one is begun"
)
RUNS = 200


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """With runs on many pages, and two investigations; nobody has it open."""
    path = tmp_path / "state" / "state.db"
    History(path).write("s", "p", run(0))
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = [row[1] for row in connection.execute("pragma table_info(runs)")]
        names = ", ".join(columns[2:])
        for number in range(1, RUNS):
            connection.execute(
                f"insert into runs (session, {names}) select ?, {names} from runs limit 1",
                (f"s{number}",),
            )
    save(path, "older")
    save(path, "newer", hours=1)
    # A process has one state file open.
    History(tmp_path / "another.db").find("")
    return path


def run(number: int) -> QueryRun:
    return replace(ENDED, id=RunId(number), query=replace(QUERY, body="limit 5 # " + "x" * 200))


def save(path: Path, text: str, hours: int = 0) -> None:
    records = InvestigationStore(path, lambda: NOON + timedelta(hours=hours))
    record = StoredInvestigation(records)
    record.save(Investigation(CloudWatchSource(), text=text))
    record.let_go()


def check(path: Path) -> str:
    """What is said of damage that is looked for; empty if there is none."""
    try:
        InvestigationStore(path, lambda: NOON).check()
    except UsageError as error:
        return str(error)
    return ""


def asides(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir() if "damaged" in each.name)


def integrity(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        (found,) = connection.execute("pragma integrity_check").fetchone()
        return str(found)


# Damage


def overwrite(offset: int, data: bytes) -> Callable[[Path], None]:
    """What no flowtui does: the tests may, for none of it is in a transaction."""

    def damage(path: Path) -> None:
        whole = bytearray(path.read_bytes())
        whole[offset : offset + len(data)] = data
        path.write_bytes(whole)

    return damage


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10_000])


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "x").touch()


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGES = {
    "no database": lambda path: path.write_bytes(b"this is no database" * 999),
    "half a file": truncate,
    "a folder": make_folder,
    "a pipe": make_pipe,
    "a page": overwrite(5 * 4096, b"\xff" * 4096),
    "the file's size": overwrite(28, b"\x00\x00\xff\xff"),
    "the text's encoding": overwrite(56, b"\x00\x00\x00\x02"),
    "the tables' declarations": overwrite(100, b"\xff" * 3996),
    "a journal that is a folder": lambda path: Path(f"{path}-journal").mkdir(),
}
ONLY_FOR_LATER_PROGRAMS = overwrite(18, b"\x07")
"""SQLite reads it all the same."""


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_is_set_aside_by_name_and_said_once(
    damage: Callable[[Path], None], path: Path
) -> None:
    damage(path)
    assert re.match(SAID, check(path))
    assert check(path) == ""
    assert integrity(path) == "ok"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert asides(path)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_is_written_when_damage_is_found_is_written(
    damage: Callable[[Path], None], path: Path
) -> None:
    damage(path)
    record = StoredInvestigation(InvestigationStore(path, lambda: NOON + timedelta(hours=2)))
    with pytest.raises(UsageError, match=SAID):
        record.save(Investigation(CloudWatchSource(), text="newest"))
    record.save(Investigation(CloudWatchSource(), text="as new as can be"))
    History(path).write("t", "p", run(1))
    record.let_go()
    assert (
        InvestigationStore(path, lambda: NOON).take_up(CloudWatchSource()).investigation.text
        == "as new as can be"
    )
    assert integrity(path) == "ok"


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_who_looks_for_a_run_gets_what_can_be_read_and_it_is_said_later(
    damage: Callable[[Path], None], path: Path
) -> None:
    damage(path)
    found = History(path).find("", 1000)
    if asides(path):
        with pytest.raises(UsageError, match=SAID):
            History(path).write("t", "p", run(1))
    assert len(found) <= RUNS


@pytest.mark.parametrize(
    "damage",
    [
        overwrite(28, b"\x00\x00\xff\xff"), ONLY_FOR_LATER_PROGRAMS,
        lambda path: Path(f"{path}-wal").mkdir(),
    ],
)  # fmt: skip
def test_all_that_can_be_read_goes_on_in_the_new_file(
    damage: Callable[[Path], None], path: Path
) -> None:
    damage(path)
    with pytest.raises(UsageError, match=f"with {RUNS + 2} rows of it"):
        History(path).write("t", "p", run(1))
    assert len(History(path).find("", 1000)) == RUNS + 1
    assert (
        InvestigationStore(path, lambda: NOON).take_up(CloudWatchSource()).investigation.text
        == "newer"
    )


def test_where_a_page_is_damaged_the_rows_of_the_others_go_on(path: Path) -> None:
    whole = path.read_bytes()
    page = next(at for at in range(4096, len(whole), 4096) if whole[at] == 13 and at > 40_000)
    overwrite(page, b"\xff" * 4096)(path)
    assert re.search("damaged", check(path))
    assert RUNS - 20 <= len(History(path).find("", 1000)) < RUNS
    (aside,) = asides(path)
    assert (path.parent / aside).read_bytes()[page : page + 4096] == b"\xff" * 4096


def test_an_investigation_goes_on_from_a_damaged_file_and_that_is_said(path: Path) -> None:
    overwrite(28, b"\x00\x00\xff\xff")(path)
    resumed = InvestigationStore(path, lambda: NOON).take_up(CloudWatchSource())
    assert resumed.investigation.text == "newer"
    assert re.match(SAID, resumed.passed_over)


def test_where_nothing_can_be_resumed_of_a_damaged_file_that_is_why(path: Path) -> None:
    path.write_bytes(b"this is no database" * 999)
    with pytest.raises(UsageError, match=f"there is nothing to resume; {SAID}"):
        InvestigationStore(path, lambda: NOON).take_up(CloudWatchSource())


def test_damage_while_it_is_open_is_found_too(path: Path) -> None:
    history = History(path)
    history.find("")
    path.write_bytes(b"this is no database" * 9999)
    history.find("")
    with pytest.raises(UsageError, match=SAID):
        history.write("t", "p", run(1))
    assert len(history.find("")) == 1


def test_the_second_of_one_second_gets_another_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.journal.state_file.datetime", Noon)
    for _ in range(3):
        path.write_bytes(b"this is no database" * 99)
        check(path)
    assert asides(path) == [f"state.db.damaged-20220401-120000{end}" for end in ("", "-2", "-3")]


class Noon:
    now = staticmethod(lambda: NOON)


@pytest.mark.parametrize("size", [0, 1, 100])
def test_an_empty_file_is_a_new_one(size: int, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(bytes(size))
    save(path, "x") if size == 0 else check(path)
    History(path).write("s", "p", ENDED)
    assert integrity(path) == "ok"


def test_a_hot_journal_of_a_killed_program_is_no_damage(path: Path) -> None:
    """It dies amidst a transaction, with changed pages in the file."""
    killed = f"""
import os, sqlite3
connection = sqlite3.connect({str(path)!r}, isolation_level=None)
connection.execute("pragma cache_size = 1")
connection.execute("begin immediate")
connection.execute("update runs set body = zeroblob(3000)")
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", killed], check=False)  # noqa: S603  (our own program)
    assert Path(f"{path}-journal").stat().st_size > 0
    assert check(path) == ""
    assert {entry.query.body for entry in History(path).find("", 1000)} == {run(0).query.body}


# Shared with others


def test_who_holds_the_old_file_goes_on_in_the_new_one(path: Path) -> None:
    """Another process sets it aside while this one has it open."""
    history, record = History(path), StoredInvestigation(InvestigationStore(path, lambda: NOON))
    record.save(Investigation(CloudWatchSource(), text="open"))
    overwrite(28, b"\x00\x00\xff\xff")(path)
    look = f"""
from pathlib import Path
from flowtui.journal.history import History
History(Path({str(path)!r})).find("")
"""
    subprocess.run([sys.executable, "-c", look], check=True)  # noqa: S603  (our own program)
    history.write("t", "p", run(1))
    record.save(Investigation(CloudWatchSource(), text="open still"))
    record.let_go()
    assert len(history.find("", 1000)) == RUNS + 1
    assert len(asides(path)) == 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select count(*) from investigation").fetchone() == (3,)


def test_damage_that_another_has_mended_meanwhile_is_left_to_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = f"""
from pathlib import Path
from flowtui.journal.history import History
History(Path({str(path)!r})).find("")
"""
    use = Locks.use

    def use_late(locks: Locks, deadline: float, *, alone: bool) -> AbstractContextManager[None]:
        if alone:
            subprocess.run([sys.executable, "-c", look], check=True)  # noqa: S603  (our own program)
        return use(locks, deadline, alone=alone)

    overwrite(28, b"\x00\x00\xff\xff")(path)
    monkeypatch.setattr(Locks, "use", use_late)
    assert len(History(path).find("", 1000)) == RUNS
    assert len(asides(path)) == 1


def test_many_that_find_the_damage_at_once_set_one_file_aside(path: Path) -> None:
    overwrite(28, b"\x00\x00\xff\xff")(path)
    look = f"""
import sys
from pathlib import Path
from flowtui.journal.history import History
from flowtui.model.errors import UsageError
from tests.unit.test_history import ENDED
print("ready", flush=True)
sys.stdin.readline()
try:
    History(Path({str(path)!r})).write(sys.argv[1], "p", ENDED)
except UsageError as error:
    print(error)
"""
    processes = [
        subprocess.Popen(  # noqa: S603  (our own program)
            [sys.executable, "-c", look, str(number)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(4)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = "".join(process.communicate()[0] for process in processes)
    assert len(re.findall(SAID, said)) == len(said.splitlines()) == 1
    assert len(asides(path)) == 1
    assert len(History(path).find("", 1000)) == RUNS + 4


def test_a_record_that_was_lost_keeps_its_number_to_itself(path: Path) -> None:
    """A new investigation does not get the number of one that is open elsewhere."""
    hold = f"""
import sys
from datetime import UTC, datetime
from pathlib import Path
from flowtui.engine.investigation import Investigation
from flowtui.journal.investigations import StoredInvestigation, InvestigationStore
from flowtui.model.source import CloudWatchSource
record = StoredInvestigation(InvestigationStore(Path({str(path)!r}), lambda: datetime.now(UTC)))
record.save(Investigation(CloudWatchSource(), text="held"))
print("held", flush=True)
sys.stdin.readline()
record.save(Investigation(CloudWatchSource(), text="held still"))
"""
    with subprocess.Popen(  # noqa: S603  (our own program)
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        path.write_bytes(b"this is no database" * 999)
        check(path)
        records = InvestigationStore(path, lambda: NOON)
        numbers = [
            records.save(Investigation(CloudWatchSource(), text=str(n)), None) for n in range(3)
        ]
        process.communicate("\n")
    assert numbers == [1, 2, 4]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select id from investigation").fetchall() == [
            (1,), (2,), (3,), (4,)
        ]  # fmt: skip


def test_a_process_that_is_forked_has_a_connection_of_its_own(path: Path) -> None:
    History(path).write("parent", "p", run(1))
    child = os.fork()
    if child == 0:
        try:
            History(path).write("child", "p", run(1))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    History(path).write("parent", "p", run(2))
    assert len(History(path).find("", 1000)) == RUNS + 3


def test_a_newer_flowtui_has_added_columns_and_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "alter table runs add column tags text; create table marks (row blob);"
            "insert into marks values ('x'); update runs set tags = 'benign';"
            "pragma user_version = 7"
        )
    assert check(path) == ""
    History(path).write("t", "p", run(1))
    overwrite(28, b"\x00\x00\xff\xff")(path)
    assert re.match(SAID, check(path))
    with closing(sqlite3.connect(path)) as connection:
        tags = connection.execute("select tags, count(*) from runs group by 1 order by 2")
        assert tags.fetchall() == [(None, 1), ("benign", RUNS)]
        assert connection.execute("select * from marks").fetchall() == [("x",)]
        assert connection.execute("pragma user_version").fetchone() == (7,)


def test_what_a_newer_flowtui_wants_is_said_and_its_file_is_left(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "drop table investigation; create table investigation (id integer primary key,"
            " saved text, owner text, record text, host text not null); pragma user_version = 7"
        )
    with pytest.raises(UsageError, match=r"NOT NULL constraint failed: investigation\.host"):
        save(path, "x")
    assert asides(path) == []


def test_tables_that_no_version_has_are_set_aside(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript("drop table runs; create view runs as select 1 as number")
    assert re.match(SAID, check(path))
    History(path).write("t", "p", run(1))


def test_the_file_of_the_first_version_is_taken_over(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript("drop table investigation; pragma user_version = 0")
    save(path, "x")
    assert asides(path) == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma user_version").fetchone() == (1,)


def test_a_file_that_was_put_in_its_place_is_read(path: Path, tmp_path: Path) -> None:
    history = History(path)
    shutil.copy(path, tmp_path / "backup")
    history.write("t", "p", run(1))
    (tmp_path / "backup").rename(path)
    assert len(history.find("", 1000)) == RUNS
    path.unlink()
    assert history.find("") == ()


def test_who_does_not_let_go_of_the_file_is_waited_for_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a program that was stopped in the midst of a transaction."""
    monkeypatch.setattr("flowtui.journal.state_file.PATIENCE", 0.3)
    monkeypatch.setattr("flowtui.journal.state_file.IMPATIENCE", 0.0)
    history = History(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin exclusive")
        for number in range(9):
            with pytest.raises(UsageError, match=r"can't keep the history of runs .* is locked"):
                history.write("t", "p", run(number))
    history.write("t", "p", run(1))
    assert len(history.find("", 1000)) == RUNS + 1
    assert asides(path) == []


def test_a_writer_waits_for_those_who_write_now(path: Path) -> None:
    history = History(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        waiting = threading.Thread(target=history.write, args=("t", "p", run(1)))
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        other.execute("commit")
        waiting.join()
    assert len(history.find("", 1000)) == RUNS + 1


# What can't be written


def test_a_state_file_that_may_not_be_written_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that is mounted read-only."""
    monkeypatch.setattr("flowtui.journal.state_file.connect", _read_only)
    monkeypatch.setattr("os.access", lambda *_: False)
    fresh = path.parent.with_name("moved") / path.name
    path.parent.rename(fresh.parent)
    assert len(History(fresh).find("", 1000)) == RUNS
    assert (
        InvestigationStore(fresh, lambda: NOON).take_up(CloudWatchSource()).investigation.text
        == "newer"
    )
    with pytest.raises(UsageError, match=r"can't keep the history of runs in .*: .* readonly"):
        History(fresh).write("t", "p", run(1))
    assert asides(fresh) == []


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)


def test_a_full_disk_is_said_and_nothing_is_set_aside(path: Path) -> None:
    fill = f"""
import resource
from pathlib import Path
from flowtui.journal.history import History
from flowtui.model.errors import UsageError
from tests.unit.test_state_file import run
path = Path({str(path)!r})
history = History(path)
history.find("")
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, resource.RLIM_INFINITY))
for number in range(99):
    try:
        history.write("t", "p", run(number))
    except UsageError as error:
        print(error)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
history.write("t", "p", run(100))
"""
    program = [sys.executable, "-c", fill]
    done = subprocess.run(program, check=True, capture_output=True, text=True)  # noqa: S603
    assert re.match("can't keep the history of runs in .*: .*(full|I/O error)", done.stdout)
    assert integrity(path) == "ok"
    assert asides(path) == []
    assert len(History(path).find("", 1000)) > RUNS


def test_damage_that_can_not_be_set_aside_is_said(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("flowtui.journal.salvage.connect", refuse)
    path.write_bytes(b"this is no database" * 99)
    assert check(path) == (
        f"can't keep the investigation in {path}: it is damaged, and no new one can be made:"
        " Permission denied"
    )
    assert path.read_bytes() == b"this is no database" * 99
    assert asides(path) == []

"""Laws of the state file: whatever is in it, it is read or set aside, and can be written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.engine.investigation import Investigation
from flowtui.engine.trail import Step
from flowtui.journal import salvage
from flowtui.journal import state_file as state_file_module
from flowtui.journal.history import History
from flowtui.journal.investigations import InvestigationStore, StoredInvestigation
from flowtui.journal.serialization import written
from flowtui.journal.sqlite import connect
from flowtui.model.errors import UsageError
from flowtui.model.run import RunId
from flowtui.model.source import CloudWatchSource
from flowtui.ui.screens.history import about, step_of
from tests.property.investigations import investigations
from tests.property.test_journal_laws import damage
from tests.unit.test_history import ENDED, NOON, QUERY

RUNS, INVESTIGATIONS = 40, 3
NAMES = (
    "session", "run", "place", "started_ms", "ended_ms", "start_ms", "end_ms", "is_all_time",
    "log_groups", "prelude", "body", "state", "row_count", "bytes_scanned", "handle", "sought",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0, 1, -1, 1648814400, 1648814400000, 253402300800000, -62135596800000]),
    st.floats(),
    TEXTS,
    st.sampled_from(["Paused", "Complete", "2022-04-01T12:00:00+00:00", "1648814400", "0x10"]),
    st.binary(max_size=8),
    JSON.map(json.dumps),
)


@pytest.fixture(autouse=True, scope="module")
def _no_waiting() -> Iterator[None]:
    """For the disk: only a loss of power would tell the difference."""

    def connect_at_ease(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        with suppress(sqlite3.Error, UnicodeDecodeError):
            connection.execute("pragma synchronous = off")
        return connection

    with pytest.MonkeyPatch.context() as patch:
        for module in (state_file_module, salvage):
            patch.setattr(module, "connect", connect_at_ease)
        yield


@contextmanager
def state_file(content: bytes = b"") -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        path.write_bytes(content)
        yield path


def check_it_works(path: Path) -> None:
    """What is written is read; the first time it is said that damage was found, if it was."""
    history, records = History(path), InvestigationStore(path, lambda: NOON + timedelta(days=1))
    record = StoredInvestigation(records)
    with suppress_notice():
        history.write("new", "p", replace(ENDED, id=RunId(1)))
    with suppress_notice():
        record.save(Investigation(CloudWatchSource(), text="new"))
    record.let_go()
    assert history.find("", 1)[0].query.body == QUERY.body
    assert records.take_up(CloudWatchSource()).investigation.text == "new"
    record.let_go()


@contextmanager
def suppress_notice() -> Iterator[None]:
    try:
        yield
    except UsageError as error:
        if "was damaged: it is kept as" not in str(error):
            raise


# Values


@given(st.lists(st.tuples(*[VALUES] * len(NAMES)), max_size=4))
def test_rows_of_any_values_are_read_and_shown(rows: list[tuple[object, ...]]) -> None:
    names = ", ".join(NAMES)
    with state_file() as path:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"create table runs (number integer primary key, {names})")
            marks = ", ".join("?" * len(NAMES))
            connection.executemany(f"insert into runs ({names}) values ({marks})", rows)
        history = History(path)
        found = history.find("")
        assert len(found) == len(rows)
        assert all(isinstance(text, str) for text in history.texts(9))
        assert len(history.find("a")) <= len(rows)
        for entry in found:
            assert about(entry, UTC, NOON)
            assert isinstance(entry.is_kept(NOON) or entry.is_lost(NOON), bool)
            with suppress(UsageError):
                assert isinstance(step_of(entry), Step)
        check_it_works(path)
        assert len(history.find("")) == len(rows) + 1


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=4))
def test_investigations_of_any_values_are_taken_up_or_passed_over(
    rows: list[tuple[object, ...]],
) -> None:
    with state_file() as path:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "create table investigation (id integer primary key, saved, owner, record)"
            )
            connection.executemany(
                "insert into investigation (saved, owner, record) values (?, ?, ?)", rows
            )
        with suppress(UsageError):
            InvestigationStore(path, lambda: NOON).take_up(CloudWatchSource())
        check_it_works(path)


@given(investigations(), st.data())
def test_one_that_is_read_can_be_saved_and_followed(
    investigation: Investigation, data: st.DataObject
) -> None:
    """What is taken up of another version does not fail later, when it is worked with."""
    told = damage(json.loads(written(investigation.bare())), data)
    with state_file() as path:
        records = InvestigationStore(path, lambda: NOON)
        number = records.save(investigation.bare(), None)
        records.let_go(number)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("update investigation set record = ?", (json.dumps(told),))
        try:
            resumed = records.take_up(investigation.source)
        except UsageError:
            return
        past = resumed.investigation.reopened(NOON)
        history = History(path)
        for run in past.runs:
            history.take_over("session", run)
            history.write("session", "place", run)
        if past.time is not None:
            assert past.time.resolve(NOON).length
        resumed.stored.save(past.bare())
        resumed.stored.let_go()


# Bytes


@cache
def sound() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        history = History(path)
        for number in range(RUNS):
            query = replace(QUERY, body=f"limit {number} # {'x' * (number * 40)}")
            history.write("s", "p", replace(ENDED, id=RunId(number), query=query))
        for number in range(INVESTIGATIONS):
            records = InvestigationStore(path, lambda: NOON)
            text = str(number) * 5000
            records.let_go(records.save(Investigation(CloudWatchSource(), text=text), None))
        return path.read_bytes()


OFFSETS = st.integers(0, 200) | st.integers(0, 1 << 20)
CHANGES = st.lists(st.tuples(OFFSETS, st.binary(min_size=1, max_size=40)), min_size=1, max_size=3)


@given(CHANGES, st.none() | st.floats(0, 1))
@example([(56, b"\0\0\0\2")], None)
@example([(18, b"\7")], None)
@example([(16, b"\x20")], None)
@example([(0, b"x")], 0.5)
@example([(4059, b"\0\x80")], None)
def test_a_file_with_any_bytes_is_read_or_set_aside_and_can_be_written(
    changes: list[tuple[int, bytes]], cut: float | None
) -> None:
    content = bytearray(sound())
    for offset, data in changes:
        at = offset % len(content)
        content[at : at + len(data)] = data
    if cut is not None:
        del content[int(len(content) * cut) :]
    with state_file(bytes(content)) as path:
        History(path).find("")
        check_it_works(path)
        asides = [each for each in path.parent.iterdir() if "damaged" in each.name]
        with suppress_notice():
            InvestigationStore(path, lambda: NOON).check()
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
            ((runs,),) = connection.execute("select count(*) from runs").fetchall()
        # To SQLite a file of one byte is an empty one, too.
        assert asides or len(content) < 2 or runs == RUNS + 1

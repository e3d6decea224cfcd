"""The ready-made sample is the sample: as text it gives the same relation."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowtui.backends.duckdb.database import open_database
from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.load import load
from flowtui.backends.duckdb.ingest.ready_sample import laid_out
from flowtui.backends.duckdb.progress import Loading
from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.sample.ready import ARTICLE, INCIDENT, ReadyGroup
from tests.ready_sample import lines_of

END = datetime(2026, 11, 30, 17, 5, 9, 300_000, tzinfo=UTC)
_OF_THE_FILE = '"@log", "@ingestionTime", "@ptr", "@source.log"'


@pytest.mark.slow
@pytest.mark.parametrize("group", [ARTICLE, INCIDENT], ids=lambda group: group.file_name)
def test_it_is_what_is_made(group: ReadyGroup, tmp_path: Path) -> None:
    text = "".join(f"{line}\n" for line in lines_of(group, END))
    (tmp_path / "made.log").write_text(text, "ascii")
    made = replace(find_source(tmp_path / "made.log", ARTICLE_FORMAT), name=group.name)
    ready = laid_out(group, group.first(END), tmp_path)
    assert (ready.size, ready.format, ready.taken_for) == (made.size, made.format, made.taken_for)
    connection = open_database(tmp_path)
    whole, same = (
        load(connection, source, name, progress=Loading(), cancelled=threading.Event())
        for name, source in (("made", made), ("ready", ready))
    )
    assert replace(same, relation="made", tables=(), held={}) == replace(whole, tables=(), held={})
    columns = connection.execute("SELECT column_name, column_type FROM (DESCRIBE made)").fetchall()
    assert {*columns} == {
        *connection.execute("SELECT column_name, column_type FROM (DESCRIBE ready)").fetchall()
    }
    names = ", ".join(f'"{name}"' for name, _ in columns if f'"{name}"' not in _OF_THE_FILE)
    for first, second in (("made", "ready"), ("ready", "made")):
        left = f"SELECT {names} FROM {first} EXCEPT SELECT {names} FROM {second} LIMIT 3"
        assert connection.execute(left).fetchall() == []

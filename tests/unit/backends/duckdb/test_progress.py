"""How far a load or a query is: a share that never falls and ends at 1, whoever looks when."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.backends.duckdb.ingest.discovery import find_source
from flowtui.backends.duckdb.ingest.load import load
from flowtui.backends.duckdb.ingest.text import chunks
from flowtui.backends.duckdb.progress import Loading, Part, Progress, observed
from flowtui.model.errors import SourceError

SHARES = st.floats(0, 1)
MEASURES = st.floats(-1, 2)
"""DuckDB tells -1 while it does not know."""


@given(st.lists(st.tuples(SHARES, SHARES, SHARES, SHARES, st.lists(MEASURES))))
def test_whatever_is_measured_the_share_never_falls(
    steps: list[tuple[float, float, float, float, list[float]]],
) -> None:
    progress = Progress()
    seen = [progress.share]
    for start, end, inner_start, inner_end, measures in steps:
        part = progress.whole.between(*sorted((start, end)))
        part = part.between(*sorted((inner_start, inner_end)))
        for measure in measures:
            part.at(measure)
            seen.append(progress.share)
            assert progress.share <= 0.99
    progress.rest()
    seen.append(progress.share)
    assert seen[-1] == max(seen[:-1])
    progress.end()
    seen.append(progress.share)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 1)


@given(SHARES, SHARES, SHARES)
def test_work_that_is_half_done_is_told_to_be_so(start: float, end: float, done: float) -> None:
    start, end = sorted((start, end))
    progress = Progress()
    progress.whole.between(start, end).at(done)
    assert progress.share == pytest.approx(min(start + done * (end - start), 0.99))


@given(st.lists(st.tuples(SHARES, SHARES)))
def test_a_load_is_as_far_as_it_has_read_and_filled(steps: list[tuple[float, float]]) -> None:
    loading = Loading()
    read = filled = 0.0
    for reads, fills in steps:
        read, filled = max(read, reads), max(filled, fills)
        loading.read(read)
        loading.filling(0, 1).at(filled)
        assert loading.share == pytest.approx(min(0.2 * read + 0.8 * min(filled, 0.99), 0.99))
    loading.end()
    assert loading.share == 1


@contextmanager
def looking(look: Callable[[], float]) -> Iterator[list[float]]:
    """Somebody looks all the time, from another thread; what they see."""
    seen, ended = [look()], threading.Event()

    def work() -> None:
        while not ended.is_set():
            if (share := look()) != seen[-1]:
                seen.append(share)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


class Steps(Loading):
    """Notes its share before each chunk."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[float] = []

    def filling(self, start: float, end: float) -> Part:
        self.steps.append(self.share)
        return super().filling(start, end)


PLAIN = "".join(f"10.0.0.{n % 250} {n}\n" for n in range(20_000))
ODD = PLAIN.replace("10.0.0.7 ", "10.0.0.7 0")


@pytest.mark.parametrize("lines", [PLAIN, ODD, PLAIN.replace("\n", "\r\n")], ids=["", "odd", "CR"])
@pytest.mark.parametrize("is_gzip", [False, True])
def test_large_files_are_read_at_a_share_that_rises_in_many_steps(
    lines: str, is_gzip: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 40_000)
    monkeypatch.setattr(chunks, "_BLOCK", 4_000)
    for name in ("a", "b"):
        text = f"srcaddr bytes\n{lines}".encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if is_gzip else text)
    loading = Steps()
    with duckdb.connect() as connection, looking(lambda: loading.share) as seen:
        loaded = load(
            observed(connection),
            find_source(tmp_path),
            "g",
            progress=loading,
            cancelled=threading.Event(),
        )
        assert loading.share <= 0.99
        loading.end()
    assert loaded.lines == 40_000
    assert seen == sorted(seen)
    assert loading.share == 1
    assert loading.steps == sorted(loading.steps)
    assert len(set(loading.steps)) > 12


def test_a_load_that_fails_lets_its_connection_go(tmp_path: Path) -> None:
    whole = gzip.compress(f"srcaddr bytes\n{PLAIN}".encode())
    (tmp_path / "a.gz").write_bytes(whole[: len(whole) // 2])
    loading = Loading()
    with duckdb.connect() as connection, pytest.raises(SourceError):
        load(
            observed(connection),
            find_source(tmp_path / "a.gz"),
            "g",
            progress=loading,
            cancelled=threading.Event(),
        )
    assert loading.share < 1


def test_a_connection_that_is_closed_has_no_progress() -> None:
    progress, connection = Progress(), duckdb.connect()
    progress.whole.watch(observed(connection))
    connection.close()
    assert progress.share == 0


def test_a_load_says_its_bytes_and_the_time_that_is_left() -> None:
    now = 100.0
    loading = Loading(lambda: now)
    assert loading.said == "0 %"
    loading.begin(4_000_000, Event())
    assert loading.said == "0 B of 4.00 MB"
    loading.read(1.0)
    now += 0.5
    assert loading.said == "800 kB of 4.00 MB"
    loading.filling(0.0, 0.375).at(1)
    now += 9.5
    assert loading.said == "2.00 MB of 4.00 MB, 10.0s left"

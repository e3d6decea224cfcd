"""Generated investigations, with texts of any kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from hypothesis import strategies as st

from flowtui.engine.investigation import Investigation
from flowtui.engine.trail import Step, Trail
from flowtui.model.run import Query, QueryRun, ResultSet, RunId, RunState, Snapshot, Statistics
from flowtui.model.source import CloudWatchSource, DataSource, DemoSource, FileSource, S3Source
from flowtui.model.timerange import Last, Time, TimeRange

TEXTS = st.text(
    st.one_of(st.characters(), st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF)),
    max_size=8,
)
"""Lone surrogates too: they stand for bytes of file names that are not UTF-8."""
_NAMES = st.lists(TEXTS, max_size=3).map(tuple)
_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=_ZONES)  # noqa: DTZ001
_NO_PARENT = st.none()
_COUNTS = st.none() | st.integers(0, 10**15).map(float)


@st.composite
def ranges(draw: st.DrawFn) -> TimeRange:
    start = draw(MOMENTS)
    return TimeRange(
        start, start + draw(st.timedeltas(timedelta(microseconds=1), timedelta(days=999)))
    )


def times() -> st.SearchStrategy[Time | None]:
    lasts = st.timedeltas(timedelta(microseconds=1), timedelta(days=18_000)).map(Last)
    return st.one_of(st.none(), lasts, ranges())


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    columns = draw(_NAMES)
    row = st.tuples(*[st.none() | TEXTS for _ in columns])
    rows = tuple(draw(st.lists(row, max_size=3)))
    statistics = Statistics(
        draw(_COUNTS), draw(_COUNTS), draw(_COUNTS), draw(st.none() | st.integers(0, 9)),
        draw(st.none() | st.floats(0, 1)), draw(_COUNTS), draw(_COUNTS), draw(_COUNTS),
    )  # fmt: skip
    results = ResultSet(columns, rows, draw(_NAMES))
    state = draw(st.sampled_from(RunState))
    return Snapshot(
        state, results, statistics, draw(TEXTS), draw(_NAMES), draw(st.booleans()), draw(_NAMES)
    )


@st.composite
def runs(draw: st.DrawFn) -> QueryRun:
    query = Query(
        draw(TEXTS), draw(times()), draw(_NAMES), draw(TEXTS), draw(st.none() | st.integers(1, 99))
    )
    return QueryRun(
        RunId(draw(st.integers(1, 9))), query, draw(ranges()), draw(MOMENTS), draw(snapshots()),
        draw(st.none() | MOMENTS), draw(TEXTS),
    )  # fmt: skip


@st.composite
def steps(draw: st.DrawFn, parents: st.SearchStrategy[int | None] = _NO_PARENT) -> Step:
    cursor = st.none() | st.lists(st.none() | TEXTS, max_size=3).map(tuple)
    return Step(
        draw(runs()), draw(TEXTS), draw(cursor), draw(TEXTS), draw(parents),
        draw(st.none() | TEXTS), draw(st.integers(0, 9)), draw(st.booleans()), draw(st.booleans()),
    )  # fmt: skip


@st.composite
def trails(draw: st.DrawFn) -> Trail:
    made = [draw(steps())]
    for index in range(draw(st.integers(0, 3))):
        made.append(draw(steps(st.none() | st.integers(0, index))))  # noqa: PERF401  (a draw each)
    places = st.integers(0, len(made) - 1)
    return Trail(tuple(made), draw(places), tuple(draw(st.lists(places, max_size=2))))


def sources() -> st.SearchStrategy[DataSource]:
    word = st.none() | TEXTS
    paths = TEXTS.map(lambda text: Path(text.replace("\0", "")))
    files = st.lists(paths, max_size=2).map(tuple)
    return st.one_of(
        st.builds(FileSource, files, word, _NAMES, paths),
        st.builds(DemoSource, _NAMES, paths, st.none() | MOMENTS),
        st.builds(CloudWatchSource, word, word, word, word),
        st.builds(S3Source, _NAMES, word, word, word, word, _NAMES, paths, st.booleans()),
    )


@st.composite
def investigations(draw: st.DrawFn) -> Investigation:
    return Investigation(
        draw(sources()), draw(_NAMES), draw(times()), draw(TEXTS), draw(st.none() | trails()),
        draw(st.none() | steps()), draw(st.booleans()),
    )  # fmt: skip

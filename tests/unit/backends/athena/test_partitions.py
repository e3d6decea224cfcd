"""Which partitions of a table a window is looked for in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.backends.athena.partitions import LATE, pruned
from flowtui.backends.athena.table import FlowTable
from flowtui.model.errors import BackendError
from flowtui.model.timerange import TimeRange
from tests.athena_tables import PROJECTED, article_table

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = TimeRange(datetime(2022, 4, 1, 15, tzinfo=UTC), datetime(2022, 4, 1, 16, tzinfo=UTC))
HOURLY = {**PROJECTED, "projection.hour.type": "integer", "projection.hour.digits": "2"}
UNITS = dict.fromkeys(("year", "month", "day", "hour"), "string")


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        (article_table(), "\"day\" = '2022/04/01'"),
        (article_table({}, date="date"), "\"date\" = DATE '2022-04-01'"),
        (
            article_table(HOURLY, day="string", hour="string"),
            "\"day\" BETWEEN '2022/04/01' AND '2022/04/01' AND (\"day\" > '2022/04/01' OR \"hour\""
            " >= '15') AND (\"day\" < '2022/04/01' OR \"hour\" <= '17')",
        ),
        (
            article_table({}, **UNITS),
            "(\"year\" = '2022' AND \"month\" IN ('04', '4') AND \"day\" IN ('01', '1')"
            " AND \"hour\" IN ('15', '16', '17'))",
        ),
        (article_table({}, year="int", month="int"), '("year" = 2022 AND "month" = 4)'),
        (article_table({}, region="string"), ""),
    ],
)
def test_a_window_names_its_partitions(table: FlowTable, condition: str) -> None:
    assert pruned(table, HOUR, NOW).condition == condition


@pytest.mark.parametrize(
    ("table", "span"),
    [
        (article_table(), "2022-04-01T00 2022-04-02T00"),
        (article_table(HOURLY, day="string", hour="string"), "2022-04-01T15 2022-04-01T18"),
        (article_table({}, **UNITS), "2022-04-01T15 2022-04-01T18"),
        (article_table({}, year="int", month="int", day="int"), "2022-04-01T00 2022-04-02T00"),
        (article_table({}, year="int", month="int"), "2022-04-01T00 2022-05-01T00"),
        (article_table({}, region="string"), None),
    ],
)
def test_a_partition_is_read_whole_however_short_the_window(
    table: FlowTable, span: str | None
) -> None:
    found = pruned(table, HOUR, NOW).span
    assert (found and f"{found.start:%Y-%m-%dT%H} {found.end:%Y-%m-%dT%H}") == span


@given(length=st.timedeltas(timedelta(minutes=1), timedelta(days=9000)))
def test_what_is_read_holds_the_window_and_its_late_records(length: timedelta) -> None:
    window = TimeRange(HOUR.start, HOUR.start + length)
    tables = (
        article_table(),
        article_table({}, **UNITS),
        article_table({}, year="int", month="int"),
    )
    for table in tables:
        found = pruned(table, window, NOW).span
        assert found is not None
        assert found.start <= window.start
        assert window.end + LATE < found.end


def test_a_key_that_no_one_can_read_is_said_and_not_guessed() -> None:
    found = pruned(article_table({}, dt="string"), HOUR, NOW)
    assert found.condition == ""
    assert "all partitions are read" in found.notices[0]


def test_days_outside_of_the_projection_are_said() -> None:
    old = TimeRange(datetime(2019, 1, 1, tzinfo=UTC), datetime(2019, 1, 2, tzinfo=UTC))
    assert "before 2021-01-01" in pruned(article_table(), old, NOW).notices[0]
    last = {**PROJECTED, "projection.day.range": "2021/01/01,2022/01/01"}
    assert "after 2022-01-01" in pruned(article_table(last), HOUR, NOW).notices[0]
    assert pruned(article_table(), HOUR, NOW).notices == ()


def test_an_injected_key_is_an_error_that_names_it() -> None:
    injected = {"projection.enabled": "true", "projection.account.type": "injected"}
    with pytest.raises(BackendError, match=r"flows\.article is partitioned by account"):
        pruned(article_table(injected, account="string"), HOUR, NOW)


Spelled = Callable[[datetime, bool], dict[str, str]]


def _texts(*units: str) -> Spelled:
    """Whether a month is written 04 or 4 is not known, so both are."""

    def spelled(stamp: datetime, is_padded: bool) -> dict[str, str]:
        return {u: f"'{getattr(stamp, u):0{2 if is_padded else 1}d}'" for u in units}

    return spelled


KINDS: tuple[tuple[FlowTable, Spelled], ...] = (
    (article_table(), lambda stamp, _: {"day": f"'{stamp:%Y/%m/%d}'"}),
    (article_table({}, date="date"), lambda stamp, _: {"date": f"DATE '{stamp:%Y-%m-%d}'"}),
    (
        article_table(HOURLY, day="string", hour="string"),
        lambda stamp, _: {"day": f"'{stamp:%Y/%m/%d}'", "hour": f"'{stamp:%H}'"},
    ),
    (article_table({}, **UNITS), _texts(*UNITS)),
    (article_table({}, year="string", month="string"), _texts("year", "month")),
    (
        article_table({}, year="int", month="int", day="int"),
        lambda stamp, _: {u: str(getattr(stamp, u)) for u in ("year", "month", "day")},
    ),
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        yield made


@given(
    st.sampled_from(KINDS),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  (made aware)
    st.integers(1, 60 * 24 * 800),
    st.floats(0, 1),
    st.booleans(),
)
def test_a_record_of_the_window_is_never_in_a_partition_that_is_left_out(
    connection: duckdb.DuckDBPyConnection,
    kind: tuple[FlowTable, Spelled],
    start: datetime,
    minutes: int,
    share: float,
    is_padded: bool,
) -> None:
    """Its object lies under the time of its end, up to ten minutes later, and perhaps late."""
    table, spelled = kind
    window = TimeRange(start, start + timedelta(minutes=minutes))
    stamp = start + (window.length + LATE) * share
    condition = pruned(table, window, NOW).condition
    values = spelled(stamp, is_padded).items()
    columns = ", ".join(f'{value} AS "{name}"' for name, value in values)
    found = connection.execute(f"SELECT {condition} FROM (SELECT {columns})").fetchone()
    assert found == (True,), condition

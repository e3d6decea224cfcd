from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.conversations import conversations_of
from flowtui.engine.pivot import ShownQuestion, Spot, derive
from flowtui.engine.series import Band, Cover, Series, Side
from flowtui.engine.timeline import MOST_BARS, Bins, Chart, chart, parse_time, series
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.run import Query, ResultSet, Row
from flowtui.model.timerange import TimeRange, from_ms

T0 = 1648826280000
"""2022-04-01 15:18:00 UTC."""

ANY = TimeRange(from_ms(T0), from_ms(T0 + 1))
"""A window that asks for no more than where the rows are."""

RAW = chart("fields start, srcaddr, bytes")
PER_MINUTE = Bins("bin(1m)", ("total",), step_ms=60_000, is_bytes=True)


def binned(*rows: Row) -> ResultSet:
    return ResultSet(("bin(1m)", "total"), rows)


def raw(*rows: Row) -> ResultSet:
    return ResultSet(("start", "srcaddr", "bytes"), rows)


def drawn(bins: Bins | None) -> Chart:
    return replace(RAW, bins=bins)


def shown(results: ResultSet, bins: Bins | None = None) -> Series | None:
    """The series with no more of an axis than its rows have."""
    moments = [moment for row in results.rows if (moment := parse_time(row[0])) is not None]
    first = min(moments, default=T0)
    window = TimeRange(from_ms(first), from_ms(first + 1))
    return series(results, window, drawn(bins))


# The series


def test_missing_bins_are_zero_and_order_does_not_matter() -> None:
    results = binned(
        ("2022-04-01 15:22:00.000", "5"),
        ("2022-04-01 15:18:00.000", "7"),
        ("2022-04-01 15:19:00.000", "1"),
    )
    assert shown(results, PER_MINUTE) == Series(T0, 60_000, (7, 1, 0, 0, 5), "total", is_bytes=True)


def test_an_unknown_step_is_the_smallest_gap() -> None:
    results = binned(
        ("2022-04-01 15:18:00.000", "1"),
        ("2022-04-01 15:33:00.000", "2"),
        ("2022-04-01 15:23:00.000", "3"),
    )
    found = shown(results, Bins("bin(1m)", ("total",)))
    assert found is not None
    assert (found.step_ms, found.values) == (300_000, (1, 3, 0, 2))


@pytest.mark.parametrize(
    ("period", "step"),
    [("1h", 3_600_000), ("300s", 60_000), ("1w", 604_800_000), ("25m", 1_500_000)],
)
def test_one_bin_is_as_long_as_the_query_says(period: str, step: int) -> None:
    # Zooming into it must not leave out what is later in the bin.
    bins = chart(f"stats count(*) as total by srcaddr, bin({period})").bins
    results = ResultSet((f"bin({period})", "total"), (("2022-04-01 15:00:00.000", "1"),))
    found = shown(results, bins)
    assert found is not None
    assert (found.step_ms, found.values) == (step, (1,))


def test_bins_that_the_hour_cuts_keep_their_places() -> None:
    rows = tuple((f"2022-04-01 {clock}:00.000", "1") for clock in ("15:25", "15:50", "16:00"))
    bins = chart("stats count(*) as total by bin(25m)").bins
    found = shown(ResultSet(("bin(25m)", "total"), rows), bins)
    assert found is not None
    assert (found.step_ms, found.values) == (600_000, (1, 0, 1, 1))


def test_several_keys_and_several_values_add_up() -> None:
    results = ResultSet(
        ("t", "srcaddr", "a", "b"),
        (
            ("1648826280", "x", "1", "10"),
            ("1648826280", "y", "2", "-"),
            ("1648826340", "x", "3", None),
        ),
    )
    found = shown(results, Bins("t", ("a", "b")))
    assert found == Series(T0, 60_000, (13, 3), "a+b")


def test_raw_rows_give_bytes_over_time_in_nice_steps() -> None:
    found = shown(
        raw(("1648826280", "x", "100"), ("1648826290", "y", "-"), ("1648829880", "x", "5"))
    )
    assert found is not None
    assert (found.label, found.is_bytes) == ("bytes/1m", True)
    fitted = found.fitted(40)
    assert fitted.label == "bytes/5m"
    assert fitted.start_ms == T0 - 180_000  # 15:15, a multiple of the step
    assert (sum(fitted.values), fitted.values[0], len(fitted.values)) == (105, 100, 13)


@pytest.mark.parametrize(
    ("columns", "longest", "step"),
    [
        (("start", "end"), 59, 60_000),
        (("startTime", "endTime"), 60, 60_000),
        (("start", "end"), 590, 600_000),
        (("start", "other"), 59, 60_000),
    ],
)
def test_records_are_not_cut_into_steps_shorter_than_they_are(
    columns: tuple[str, str], longest: int, step: int
) -> None:
    first = 1_648_826_400
    rows = tuple((str(first + 60 * n), str(first + 60 * n + longest), "1") for n in range(9))
    found = shown(ResultSet((*columns, "bytes"), rows))
    assert found is not None
    assert found.step_ms == step


def test_raw_rows_without_bytes_are_counted() -> None:
    results = ResultSet(
        ("@timestamp",), (("2022-04-01 15:18:00.000",), ("2022-04-01 15:18:01.500",))
    )
    assert shown(results) == Series(T0, 60_000, (2,), "rows")


@pytest.mark.parametrize(
    "results",
    [ResultSet(), raw(), ResultSet(("srcaddr", "total"), (("x", "1"),)), raw(("-", "x", "5"))],
)
def test_rows_without_time_have_no_series(results: ResultSet) -> None:
    assert shown(results) is None


def test_one_stray_time_does_not_make_a_million_bars() -> None:
    results = binned(("1970-01-01 00:00:00.000", "1"), ("2022-04-01 15:18:00.000", "2"))
    found = shown(results, PER_MINUTE)
    assert found is not None
    assert len(found.values) <= MOST_BARS
    assert sum(found.values) == 3


@given(
    st.lists(st.tuples(st.integers(0, 2_000_000_000), st.integers(0, 10**9)), min_size=1),
    st.integers(1, 200),
)
def test_raw_volume_is_neither_lost_nor_wider_than_asked(
    flows: list[tuple[int, int]], width: int
) -> None:
    found = shown(raw(*((str(start), "x", str(size)) for start, size in flows)))
    assert found is not None
    fitted = found.fitted(width)
    assert sum(fitted.values) == sum(found.values) == sum(size for _, size in flows)
    assert len(fitted.values) <= width
    assert fitted.start_ms <= min(flows)[0] * 1000
    assert max(flows)[0] * 1000 < fitted.end_ms
    assert fitted.step_ms >= found.step_ms >= 60_000


# The axis is the window


def test_the_axis_is_the_window_whatever_rows_there_are() -> None:
    window = TimeRange(from_ms(T0), from_ms(T0 + 3_600_000))
    steps = set()
    for rows in ([("1648826280", "x", "1")], [("1648828000", "y", "2"), ("1648829000", "y", "3")]):
        found = series(raw(*rows), window, RAW)
        assert found is not None
        steps.add((found.start_ms, found.end_ms, found.step_ms))
    assert steps == {(T0, T0 + 3_600_000, 60_000)}


def test_bins_of_the_query_reach_over_the_window_too() -> None:
    window = TimeRange(from_ms(T0 - 200_000), from_ms(T0 + 250_000))
    results = binned(("2022-04-01 15:18:00.000", "5"), ("2022-04-01 15:19:00.000", "2"))
    found = series(results, window, drawn(PER_MINUTE))
    assert found is not None
    assert found.values == (0, 0, 0, 0, 5, 2, 0, 0, 0)
    assert found.recorded == (4, 6)


def test_a_window_over_all_time_says_nothing() -> None:
    ever = TimeRange(from_ms(0), from_ms(250_000_000_000_000))
    found = series(raw(("1648826280", "x", "1")), ever, RAW)
    assert found is not None
    assert len(found.values) == 1


@pytest.mark.parametrize(
    ("format_", "shown_as", "step"),
    [("%Y-%m-%d %H:00", "2022-04-01 17:00", 3_600_000), ("%Y-%m-%d", "2022-04-01", 86_400_000)],
)
def test_bins_by_the_clock_on_a_wall_are_put_where_they_are(
    format_: str, shown_as: str, step: int
) -> None:
    text = f'stats sum(bytes) as b by formatDate(@timestamp, "{format_}", "Europe/Berlin") as at'
    results = ResultSet(("at", "b"), ((shown_as, "5"),))
    wall = parse_time(shown_as)
    assert wall is not None
    window = TimeRange(from_ms(wall - 7_200_000), from_ms(wall - 7_200_000 + step))
    found = series(results, window, chart(text))
    assert found is not None
    assert (found.start_ms, found.step_ms, found.values) == (wall - 7_200_000, step, (5,))
    assert chart(text.replace("Europe/Berlin", "Nowhere")).bins is None
    assert chart(text.replace("%Y", "%y")).bins is None


# The bands


def test_values_of_a_column_are_told_apart_and_add_up() -> None:
    columns = ("start", "action", "bytes")
    rows = (
        ("1648826280", "ACCEPT", "5"),
        ("1648826281", "REJECT", "1"),
        ("1648826400", "ACCEPT", "2"),
    )
    found = shown(ResultSet(columns, rows))
    assert found is not None
    assert found.bands == (Band("ACCEPT", (5, 0, 2)), Band("REJECT", (1, 0, 0)))
    assert found.values == (6, 0, 2)


def test_bins_are_told_apart_by_the_other_key() -> None:
    text = "stats sum(bytes) as b by bin(1m), dstport"
    results = ResultSet(
        ("bin(1m)", "dstport", "b"),
        (("2022-04-01 15:18:00.000", "443", "5"), ("2022-04-01 15:18:00.000", "22", "7")),
    )
    found = series(results, ANY, chart(text))
    assert found is not None
    assert found.names == ("22", "443")
    assert found.values == (12,)


@pytest.mark.parametrize(
    ("aggregate", "is_additive"), [("sum(bytes)", True), ("count(*)", True), ("avg(bytes)", False),
                                   ("max(bytes)", False), ("count_distinct(srcaddr)", False)],
)  # fmt: skip
def test_what_does_not_add_up_is_not_added_up(aggregate: str, is_additive: bool) -> None:
    bins = chart(f"stats {aggregate} as v by bin(1m)").bins
    assert bins is not None
    assert bins.is_additive is is_additive


# Gaps


def test_what_is_recorded_is_known_where_no_event_is_left_out() -> None:
    rows = tuple(
        (f"{1648826280 + 60 * minute}", status, bytes_)
        for minute, status, bytes_ in ((0, "OK", "5"), (1, "NODATA", "-"), (3, "SKIPDATA", "-"))
    )
    results = ResultSet(("start", "log_status", "bytes"), rows)
    found = series(results, ANY, chart("fields start, log_status, bytes"), is_whole=True)
    assert found is not None
    assert found.cover == (Cover.RECORDED, Cover.NODATA, Cover.NOTHING, Cover.SKIPPED)
    for text, is_whole in (
        ("filter bytes > 1 | fields start, bytes", True),
        ("fields start", False),
    ):
        found = series(results, ANY, chart(text), is_whole=is_whole)
        assert found is not None
        assert found.cover == ()


# Conversations


TALK = """filter (srcaddr = "a" and dstaddr = "b") or (srcaddr = "b" and dstaddr = "a")
| display @timestamp, srcaddr, dstaddr, interface_id, flow_direction, action, bytes"""


def flow(
    source: str, target: str, interface: str, direction: str, size: int, action: str = "ACCEPT"
) -> Row:
    moment = "2022-04-01 15:18:00.000"
    return (moment, source, target, interface, direction, action, str(size))


def test_a_conversation_counts_each_flow_once() -> None:
    results = ResultSet(
        ("@timestamp", "srcaddr", "dstaddr", "interface_id", "flow_direction", "action", "bytes"),
        (
            flow("a", "b", "eni-a", "egress", 100), flow("a", "b", "eni-b", "ingress", 100),
            flow("b", "a", "eni-b", "egress", 30), flow("b", "a", "eni-a", "ingress", 30),
        ),
    )  # fmt: skip
    found = series(results, ANY, chart(TALK))
    assert found is not None
    assert (found.values, found.note) == ((130,), "each flow once")
    assert {(band.side, band.values) for band in found.bands} == {
        (Side.OUT, (100,)), (Side.IN, (30,)),
    }  # fmt: skip
    others = series(results, ANY, chart("fields @timestamp, bytes"))
    assert others is not None
    assert (others.values, others.note) == ((260,), "")


@pytest.mark.parametrize("fields", ["", "${pkt-srcaddr} ${pkt-dstaddr} "])
def test_the_flows_behind_a_conversation_count_once(fields: str) -> None:
    shape = FlowFormat.parse(
        f"{fields}${{interface-id}} ${{srcaddr}} ${{dstaddr}} ${{srcport}} ${{dstport}}"
        " ${protocol} ${bytes} ${start} ${end} ${action} ${flow-direction}"
    )
    query = Query(conversations_of(Query("", ANY, ("g",)), shape), ANY, ("g",))
    row = {"client": "a", "client_port": "50000", "server": "b", "server_port": "443",
           "protocol": "6"}  # fmt: skip
    target = derive("drill", ShownQuestion(query, ANY, shape), Spot(row, "client", "a"))
    drawn = chart(target.query.body)
    prefix = "pkt_" if fields else ""
    results = ResultSet(
        ("@timestamp", f"{prefix}srcaddr", f"{prefix}dstaddr", "interface_id", "flow_direction",
         "action", "bytes"),
        (
            flow("a", "b", "eni-a", "egress", 100), flow("a", "b", "eni-b", "ingress", 100),
            flow("b", "a", "eni-b", "egress", 30), flow("b", "a", "eni-a", "ingress", 30),
        ),
    )  # fmt: skip
    found = series(results, ANY, drawn)
    assert found is not None
    assert (found.values, found.note) == ((130,), "each flow once")


@pytest.mark.parametrize(
    "condition",
    [
        'srcaddr = "a" and dstaddr = "b"',
        '(srcaddr = "a" and dstaddr = "b") or (srcaddr = "b" and dstaddr = "c")',
        '(srcaddr = "a" and dstaddr = "b") or srcaddr = "b"',
        'srcaddr = "a" or dstaddr = "a"',
    ],
)
def test_other_filters_are_no_conversation(condition: str) -> None:
    assert chart(f"filter {condition} | fields bytes").conversation is None
    assert chart(TALK.replace("\n", " | filter bytes > 1\n")).conversation is not None


# Times


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-04-01 15:18:00.250", T0 + 250),
        ("1648826280", T0),
        ("1648826280250", T0 + 250),
        ("2022-04-01T15:18:00+00:00", T0),
        ("-", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("9" * 30, None),
    ],
)
def test_times(text: str | None, moment: int | None) -> None:
    assert parse_time(text) == moment

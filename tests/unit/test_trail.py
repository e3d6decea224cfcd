from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flowtui.engine.runner import title_of
from flowtui.engine.trail import Step, Trail
from flowtui.model.run import Query, QueryRun, ResultSet, RunId, RunState, Snapshot
from flowtui.model.timerange import TimeRange
from flowtui.ui.widgets.breadcrumbs import ARROW, crumb, fitting

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON, NOON + timedelta(hours=1))
ROWS = ResultSet(("a", "n"), (("x", "1"), (None, "2")), keys=("a",))


def run(number: int) -> QueryRun:
    return QueryRun(RunId(number), Query(f"limit {number}", WINDOW), WINDOW, NOON)


def walked() -> Trail:
    """all flows > ssh > one source, the cursor left on x and on y."""
    first = Trail((Step(run(1), "all flows"),))
    second = first.left(("x",)).deeper(Step(run(2), "ssh"))
    return second.left(("y",)).deeper(Step(run(3), "one source"))


def titles(trail: Trail) -> list[str]:
    return [step.title for step in trail.path]


def test_walking_deeper_and_back_finds_the_cursor_where_it_was() -> None:
    third = walked()
    assert titles(third) == ["all flows", "ssh", "one source"]
    second = third.left(("z",)).back()
    assert titles(second) == ["all flows", "ssh"]
    assert second.current.cursor == ("y",)
    assert second.back().current.cursor == ("x",)
    assert second.forward().current.cursor == ("z",)


def test_forward_goes_where_back_came_from() -> None:
    first = walked().back().back()
    assert titles(first) == ["all flows"]
    assert titles(first.forward()) == ["all flows", "ssh"]
    assert titles(first.forward().forward()) == ["all flows", "ssh", "one source"]
    assert first.forward().forward().forward() == first.forward().forward()


def test_another_way_is_a_branch_and_nothing_is_lost() -> None:
    trail = walked().back().back().deeper(Step(run(4), "rejects"))
    assert titles(trail) == ["all flows", "rejects"]
    assert trail.forward() is trail
    assert [(trail.steps[i].title, depth) for i, depth in trail.tree()] == [
        ("all flows", 0), ("ssh", 1), ("one source", 2), ("rejects", 1),
    ]  # fmt: skip
    there = trail.left(("q",)).jump(2)
    assert titles(there) == ["all flows", "ssh", "one source"]
    assert there.steps[3].cursor == ("q",)


def test_a_text_that_was_not_run_is_kept_with_its_step() -> None:
    trail = walked().back().left(None, "stats count(*)").back().forward()
    assert trail.current.draft == "stats count(*)"
    assert trail.current.cursor == ("y",)
    assert trail.left(None).current.draft is None
    assert trail.replaced(Step(run(9), "again")).current.draft is None


def test_the_first_step_has_nothing_before_it() -> None:
    trail = Trail((Step(run(1), "all flows"),))
    assert not trail.can_go_back
    assert trail.back() is trail
    with pytest.raises(ValueError, match="at least one step"):
        Trail(())


def test_a_note_stays_when_the_same_question_runs_again() -> None:
    trail = walked().noted("it begins here").replaced(Step(run(5), "one source, again"))
    assert (trail.current.note, trail.current.title) == ("it begins here", "one source, again")
    assert trail.current.run == run(5)
    assert titles(trail)[:2] == ["all flows", "ssh"]


def test_a_run_is_updated_wherever_it_is() -> None:
    trail = walked()
    newer = run(1).advance(Snapshot(RunState.COMPLETE, ROWS), NOON)
    assert [step.run for step in trail.updated(newer).steps] == [newer, run(2), run(3)]
    assert trail.updated(run(9)) == trail


def test_a_final_run_never_changes() -> None:
    running = run(1).advance(Snapshot(RunState.RUNNING, ROWS), NOON)
    assert not running.is_final
    cancelled = running.end(RunState.CANCELLED, NOON)
    assert cancelled.is_final
    assert cancelled.latest == Snapshot(RunState.CANCELLED, ROWS)
    assert cancelled.advance(Snapshot(RunState.COMPLETE), NOON) is cancelled
    assert cancelled.end(RunState.FAILED, NOON, "too late") is cancelled


@pytest.mark.parametrize(
    ("results", "key"),
    [
        (ROWS, (None,)),
        (ResultSet(("@ptr", "a"), (("p", "x"), ("q", "x"))), ("q",)),
        (ResultSet(("a", "b"), (("x", "1"), ("x", "2"))), ("x", "2")),
        (ResultSet(("n",), (("1",), ("2",)), keys=("hidden",)), ("2",)),
    ],
)
def test_what_identifies_a_row(results: ResultSet, key: tuple[str | None, ...]) -> None:
    assert results.key(1) == key


def test_a_record_lacks_what_its_row_lacks_and_the_pointer_is_not_shown() -> None:
    assert ROWS.record(1) == {"n": "2"}
    assert ResultSet(("a", "@ptr", "b")).shown == (0, 2)


def test_the_text_of_a_query_is_all_that_runs() -> None:
    assert Query("# why\nlimit 1", None, prelude='parse "*" as a').text == (
        'parse "*" as a\n| # why\nlimit 1'
    )
    assert Query("limit 1", None).text == "limit 1"


def full(number: int, rows: int) -> QueryRun:
    results = ResultSet(("a", "b"), (("x", "y"),) * rows)
    return run(number).advance(Snapshot(RunState.COMPLETE, results), NOON)


def test_the_oldest_rows_are_forgotten_first_and_can_be_read_again() -> None:
    trail = Trail((Step(full(1, 10), "a"),))
    trail = trail.deeper(Step(full(2, 10), "b")).deeper(Step(full(3, 10), "c"))
    assert trail.lighter(60) == trail
    light = trail.lighter(30)
    assert [len(step.run.latest.results.rows) for step in light.steps] == [0, 0, 10]
    assert [step.rows for step in light.steps] == [10, 10, 10]
    assert light.steps[0].run.latest.results.columns == ("a", "b")
    assert light.refilled(full(1, 10)).steps[0] == trail.steps[0]


def test_the_rows_that_are_shown_and_those_that_still_come_are_not_forgotten() -> None:
    running = run(2).advance(Snapshot(RunState.RUNNING, ResultSet(("a",), (("x",),) * 9)), NOON)
    trail = Trail((Step(full(1, 10), "a"), Step(running, "b", parent=0), Step(full(3, 9), "c")), 2)
    assert [len(step.run.latest.results.rows) for step in trail.lighter(0).steps] == [0, 9, 9]


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (f"#\n# {'who ' * 20}\nlimit 5", ("who " * 20).strip()),
        ("filter a = 1 | stats count(*) by a", "count(*) by a"),
        ("limit 5\n| sort a", "limit 5 | sort a"),
        ("", "all flows"),
    ],
)
def test_a_typed_query_is_called_by_its_comment_or_by_what_it_counts(body: str, title: str) -> None:
    assert title_of(body) == title


def test_questions_of_their_own_stand_beside_one_another() -> None:
    trail = Trail((Step(run(1), "who talks?", begins=True),)).deeper(Step(run(2), "one pair"))
    trail = trail.deeper(Step(run(3), "who is rejected?", begins=True))
    trail = trail.deeper(Step(run(4), "a source")).jump(1).deeper(Step(run(5), "its ports"))
    assert [(trail.steps[index].title, depth) for index, depth in trail.tree()] == [
        ("who talks?", 0), ("one pair", 1), ("its ports", 2), ("who is rejected?", 0),
        ("a source", 1),
    ]  # fmt: skip
    assert trail.jump(3).thread == (2, 3)
    assert trail.jump(3).line == (0, 1, 2, 3)
    assert trail.jump(3).back().back().current.title == "one pair"
    assert trail.thread == trail.line


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=12))
def test_the_tree_has_each_step_once_after_what_it_follows_from(
    taken: list[tuple[int, bool]],
) -> None:
    trail = Trail((Step(run(0), "first"),))
    for number, (at, begins) in enumerate(taken, 1):
        trail = trail.jump(at % len(trail.steps)).deeper(Step(run(number), "", begins=begins))
    order = [index for index, _ in trail.tree()]
    depths = dict(trail.tree())
    assert sorted(order) == list(range(len(trail.steps)))
    for index, step in enumerate(trail.steps):
        if step.begins or step.parent is None:
            assert depths[index] == 0
        else:
            assert depths[index] == depths[step.parent] + 1
            assert order.index(step.parent) < order.index(index)


def test_pins_are_set_and_taken_off() -> None:
    trail = walked().pinned({0, 2})
    assert [step.is_pinned for step in trail.steps] == [True, False, True]
    assert [step.is_pinned for step in trail.pinned({1}).steps] == [False, True, False]
    assert trail.pinned({0, 2}) == trail


@pytest.mark.parametrize(
    ("titles", "width", "shown"),
    [
        (["a" * 60], 80, ["a" * 60]),
        (["a" * 60, "b" * 15], 80, ["a" * 60, "b" * 15]),
        (["a" * 60, "b" * 15], 60, ["a" * 41 + "…", "b" * 15]),
        (["a" * 40, "b" * 40, "c" * 40], 62, ["a" * 17 + "…", "b" * 18 + "…", "c" * 18 + "…"]),
        (["a" * 40, "b" * 40, "c" * 40], 50, ["b" * 20 + "…", "c" * 21 + "…"]),
        (["a" * 40, "b" * 40, "c" * 40], 9, ["c" * 4 + "…"]),
        (["a", "b", "c"], 0, ["c"]),
        (["日本" * 20, "b"], 24, ["日本" * 4 + "日…", "b"]),
    ],
)
def test_the_way_here_takes_the_room_that_is_there(
    titles: list[str], width: int, shown: list[str]
) -> None:
    assert fitting(titles, width) == shown


@given(st.lists(st.text(max_size=60), min_size=1, max_size=8), st.integers(12, 150))
def test_the_way_here_never_takes_more_room_than_there_is(titles: list[str], width: int) -> None:
    shown = fitting(titles, width)
    line = ARROW.join(["…"] * (len(shown) < len(titles)) + shown)
    assert cell_len(line) <= width
    if cell_len(ARROW.join(titles)) <= width:
        assert shown == titles


def test_a_step_that_is_not_complete_says_so_before_its_title() -> None:
    assert crumb(Step(run(1), "a\x1b")) == "… a·"

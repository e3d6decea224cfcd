from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flowtui.engine.report import Report, to_report, to_report_json
from flowtui.engine.trail import Step, Trail
from flowtui.model.run import Query, QueryRun, ResultSet, RunId, RunState, Snapshot, Statistics
from flowtui.model.timerange import TimeRange

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
WINDOW = TimeRange(NOON - timedelta(hours=1), NOON)


def run(number: int, body: str, rows: int = 1) -> QueryRun:
    query = Query(body, WINDOW, ("/vpc/edge",), 'parse @message "*" as srcaddr')
    results = ResultSet(
        ("srcaddr", "@ptr"), tuple((f"10.0.0.{i}|x", f"{i}") for i in range(rows)), ()
    )
    snapshot = Snapshot(RunState.COMPLETE, results, Statistics(5, 12_400_000, 1.9e9, rows))
    return QueryRun(RunId(number), query, WINDOW, NOON).advance(snapshot, NOON)


def investigation() -> Trail:
    first = Trail((Step(run(1, "stats count(*) by srcaddr", 12), "top *talkers*"),))
    second = first.deeper(Step(run(2, 'filter srcaddr = "`"'), "10.0.0.1"))
    return second.noted("It begins here.\nSee <b>").back()


REPORT = Report(investigation(), "prod/eu-west-1", "eu-west-1", NOON)


def test_what_others_wrote_has_no_control_characters_in_it() -> None:
    step = Step(run(1, 'filter a = "\x1b[2J"\n| limit 1'), "t\x9bx")
    text = to_report(Report(Trail((step,)).noted("n\x07"), "p\x1b", "", NOON))
    assert all(char.isprintable() or char == "\n" for char in text)
    assert 'filter a = "·[2J"\n| limit 1\n' in text


def test_the_whole_report() -> None:
    text = to_report(REPORT)
    links = [line for line in text.splitlines() if line.startswith("- [Console](https://")]
    assert len(links) == 2
    shown = "".join(line for line in text.splitlines(keepends=True) if line.strip() not in links)
    rows = "\n".join(f"| 10.0.0.{i}\\|x |" for i in range(10))
    assert (
        shown
        == f"""\
# Investigation of prod/eu-west-1, 2022-04-01 12:00:00 UTC

## Summary

- Step 2, 10.0.0.1: It begins here. See \\<b\\>

| Step | Window (UTC) | Rows | Scanned |
| --- | --- | --- | --- |
| 1. top \\*talkers\\* | 2022-04-01 11:00:00 to 2022-04-01 12:00:00 | 12 | 1.90 GB |
| 2. 10.0.0.1 | 2022-04-01 11:00:00 to 2022-04-01 12:00:00 | 1 | 1.90 GB |

The whole trail has scanned 3.80 GB.

## 1. top \\*talkers\\*

```
parse @message "*" as srcaddr
| stats count(*) by srcaddr
```

- Window: 2022-04-01 11:00:00 to 2022-04-01 12:00:00 UTC
- Log groups: /vpc/edge
- Complete; 12 rows; 5 records matched; 12,400,000 records scanned; 1,900,000,000 bytes scanned;\
 run 2022-04-01 12:00:00 UTC

| srcaddr |
| --- |
{rows}

2 more rows

## 2. 10.0.0.1

From: top \\*talkers\\*

> It begins here.
> See <b>

```
parse @message "*" as srcaddr
| filter srcaddr = "`"
```

- Window: 2022-04-01 11:00:00 to 2022-04-01 12:00:00 UTC
- Log groups: /vpc/edge
- Complete; 1 row; 5 records matched; 12,400,000 records scanned; 1,900,000,000 bytes scanned;\
 run 2022-04-01 12:00:00 UTC

| srcaddr |
| --- |
| 10.0.0.0\\|x |
"""
    )


def test_a_query_with_backticks_stays_in_its_block() -> None:
    body = "fields `a`\n```\n# not the end"
    text = to_report(Report(Trail((Step(run(1, body), "t"),)), "files", "", NOON))
    assert f'````\nparse @message "*" as srcaddr\n| {body}\n````\n' in text
    assert "Console" not in text


def test_the_same_as_json_with_all_rows() -> None:
    document = json.loads(to_report_json(REPORT))
    assert document["place"] == "prod/eu-west-1"
    first, second = document["steps"]
    assert (first["parent"], second["parent"]) == (None, 0)
    assert second["note"] == "It begins here.\nSee <b>"
    assert len(first["rows"]) == 12
    assert first["rows"][0]["srcaddr"] == "10.0.0.0|x"
    assert first["start"] == "2022-04-01T11:00:00+00:00"
    assert first["bytes_scanned"] == 1.9e9
    assert first["estimated_bytes_skipped"] is None
    assert second["link"].startswith("https://eu-west-1.console.aws.amazon.com/")


def test_what_field_indexes_have_saved_is_told_where_it_is_something() -> None:
    for skipped, is_told in ((None, False), (0.0, False), (3.1e9, True)):
        statistics = Statistics(12, 12.4e6, 1.9e9, bytes_skipped=skipped)
        done = run(1, "stats count(*)")
        done = replace(done, latest=replace(done.latest, statistics=statistics))
        report = Report(Trail((Step(done, "t"),)), "files", "", NOON)
        told = "; 3,100,000,000 bytes saved by field indexes (an estimate); " in to_report(report)
        assert told is is_told
        (step,) = json.loads(to_report_json(report))["steps"]
        assert step["estimated_bytes_skipped"] == skipped


def test_where_steps_are_pinned_it_is_told_by_those() -> None:
    trail = investigation().deeper(Step(run(3, "limit 3"), "a dead end")).jump(1)
    report = replace(REPORT, trail=trail.pinned({1}))
    text = to_report(report)
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Summary", "## 2. 10.0.0.1",
    ]  # fmt: skip
    assert "1 of 3 steps is pinned; the others are left out." in text
    assert "The whole trail has scanned 5.70 GB." in text
    assert "dead end" not in text
    document = json.loads(to_report_json(report))
    assert document["steps_of_trail"] == 3
    (step,) = document["steps"]
    assert (step["title"], step["parent"], step["pinned"]) == ("10.0.0.1", None, True)
    both = json.loads(to_report_json(replace(report, trail=trail.pinned({0, 1}))))
    assert [step["parent"] for step in both["steps"]] == [None, 0]


def table_of(results: ResultSet) -> str:
    done = run(1, "limit 5")
    done = replace(done, latest=replace(done.latest, results=results))
    text = to_report(Report(Trail((Step(done, "t"),)), "files", "", NOON))
    return text.partition(" UTC\n\n")[2].rpartition(" UTC\n")[2].strip("\n")


def test_columns_that_say_nothing_are_said_above_the_table() -> None:
    names = ("srcaddr", "dstport", "az_id", "n", "note")
    results = ResultSet(
        names, (("10.0.0.1", "22", "-", "1", None), ("10.0.0.1", "22", "-", "2", None))
    )
    assert (
        table_of(results)
        == """\
In all rows: srcaddr 10.0.0.1, dstport 22

In no row: az_id, note

| n |
| --- |
| 1 |
| 2 |"""
    )


def test_a_single_row_and_rows_that_are_all_the_same_stay_a_table() -> None:
    one = ResultSet(("a", "b"), (("x", "-"),))
    assert table_of(one) == "| a | b |\n| --- | --- |\n| x | - |"
    twice = ResultSet(("a", "b"), (("x", "y"), ("x", "y")))
    assert table_of(twice) == "In all rows: b y\n\n| a |\n| --- |\n| x |\n| x |"


def test_the_summary_begins_with_what_was_found_and_is_not_harmless() -> None:
    names = ("severity", "benign", "sentence")
    found = (("high", "-", "a *scan*"), ("low", "our own", "a probe"), ("low", "-", "a\ngap"))
    findings = replace(
        run(3, "limit 3"), latest=Snapshot(RunState.COMPLETE, ResultSet(names, found))
    )
    trail = investigation().deeper(Step(findings, "findings")).pinned({1})
    summary = to_report(replace(REPORT, trail=trail)).partition("## Summary\n\n")[2]
    assert summary.startswith("- high: a \\*scan\\*\n- low: a gap\n\n- Step 2, 10.0.0.1: It begins")

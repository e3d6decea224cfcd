"""The rules of findings: those of the package, and what is wrong with the user's own."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.findings.question import findings_text, texts_in
from flowtui.engine.findings.shelf import Shelf
from flowtui.engine.formats import Formats
from flowtui.engine.pace import LOCAL
from flowtui.engine.runner import QueryRunner
from flowtui.engine.spreadsheets import to_csv
from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT, FlowFormat
from flowtui.flowlogs.rule import Rule, bundled_rules, read_rules, rule_of
from flowtui.flowlogs.rule_aggregates import AGGREGATES
from flowtui.journal.benign import BenignMarks
from flowtui.model.errors import UsageError
from flowtui.query.catalogue.limits import QUERY_LENGTH
from flowtui.query.check import Severity, check
from flowtui.query.parser import parse
from flowtui.query.prelude import prelude
from tests.incidents.asking import Asker, asking, rows_of
from tests.incidents.plant import a_day

RULES = {rule.name: rule for rule in bundled_rules()}
OWN = """
title = "Much UDP"
aggregate = "contacts"
query = "filter protocol = 17 and asked > 5 | fields client as who, server as whom, 60 as score"
sentence = "{who} sent {asked} records of UDP to {whom}."
flows = 'client = {who} and server = {whom} and protocol = 17'
"""


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_every_rule_is_a_query_that_says_its_limits(rule: Rule) -> None:
    parse(rule.whole_query)
    assert rule.limits
    assert rule.false_positives
    assert set(rule.replaces) | set(rule.gives_way) <= RULES.keys()
    assert rule.figures is not None


@pytest.mark.parametrize("flow_format", [ARTICLE_FORMAT, DEFAULT_FORMAT])
def test_every_aggregate_is_right_for_its_format_and_short_enough(flow_format: FlowFormat) -> None:
    body = findings_text(flow_format)
    texts = texts_in(body)
    assert list(texts) == ["contacts", "sweeps", "health"]
    for text in texts.values():
        whole = f"{prelude(text, flow_format)}\n| {text}"
        assert not [each for each in check(whole, flow_format) if each.severity is Severity.ERROR]
    assert len(f"{prelude(body, flow_format)}\n| {body}") < QUERY_LENGTH


def test_a_format_without_ports_can_not_tell_and_says_why() -> None:
    few = FlowFormat.parse("${srcaddr} ${dstaddr} ${bytes}")
    with pytest.raises(UsageError, match="lack srcport, dstport"):
        findings_text(few)


def test_a_format_without_a_status_leaves_out_the_health_of_the_log() -> None:
    names = AGGREGATES["contacts"].fields
    text = findings_text(FlowFormat.parse(" ".join(f"${{{name}}}" for name in names)))
    assert list(texts_in(text)) == ["contacts", "sweeps"]


def test_own_rules_come_beside_those_of_the_package_or_in_their_place(tmp_path: Path) -> None:
    (tmp_path / "much-udp.toml").write_text(OWN)
    (tmp_path / "beacon.toml").write_text(OWN)
    rules = {rule.name: rule for rule in read_rules(tmp_path)}
    assert rules["much-udp"].title == "Much UDP"
    assert rules["beacon"].title == "Much UDP"
    assert len(rules) == len(RULES) + 1


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('title = "Much UDP"', "", "lacks title"),
        ('aggregate = "contacts"', 'aggregate = "flows"', "there are contacts"),
        ('title = "Much UDP"', "title = 7", "lacks title"),
        ('title = "Much UDP"', 'title = "x"\nlevel = "high"', "has level; known are"),
        ('title = "Much UDP"', 'title = "x"\nreplaces = "beacon"', "write a list of texts"),
        ("{asked}", "{asked", "has no right sentence"),
        ('title = "Much UDP"', "title = ", "can't read the rule"),
    ],
)
def test_a_rule_that_is_none_is_told_in_a_sentence(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    (tmp_path / "own.toml").write_text(OWN.replace(before, after))
    with pytest.raises(UsageError, match=said) as raised:
        read_rules(tmp_path)
    assert "own.toml" in str(raised.value)


async def test_own_rules_and_marks_are_on_the_list_and_what_does_not_fit_is_named(
    tmp_path: Path,
) -> None:
    day, planted = a_day(81_000, "data_leaving", (1,))
    assert planted is not None
    told = tomllib.loads(OWN)
    own = rule_of("much-udp", told, "own.toml")
    broken = rule_of("broken", told | {"query": "filter asked > | stats"}, "broken.toml")
    unfit = rule_of("unfit", told | {"fields": ["reject-reason"]}, "unfit.toml")
    theft = f"data-leaving {planted.who}"
    shelf = Shelf((*RULES.values(), own, broken, unfit))
    async with asking(tmp_path, day.lines, day.format, shelf) as asker:
        run = await asker.findings()
    rows = rows_of(run)
    id_ = next(f"{theft} {row['whom']}" for row in rows if row["rule"] == "data-leaving")
    assert any(row["rule"] == "much-udp" for row in rows)
    said = "; ".join(run.latest.notices)
    assert "the rule broken can't be evaluated" in said
    assert "not told, for want of reject-reason: unfit" in said
    shelf = Shelf(benign={id_: "it is the backup"})
    async with asking(tmp_path, day.lines, day.format, shelf) as asker:
        run = await asker.findings()
    assert rows_of(run)[-1]["benign"] == "it is the backup"
    assert "1 marked as benign, at the end" in run.latest.notices


SHORT = FlowFormat.parse(
    "${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes}"
    " ${start} ${end} ${action} ${tcp-flags} ${log-status}"
)


def session(  # noqa: PLR0913, PLR0917  (the parts of a record)
    interface: str, client: str, server: str, port: int, number: int, at: int, up: int, down: int
) -> list[str]:
    """The records that an interface has of one connection: the request and the reply."""
    return [
        f"{interface} {client} {server} {40000 + number} {port} 6 9 {up} {at} {at + 2} ACCEPT 3 OK",
        f"{interface} {server} {client} {port} {40000 + number} 6 9 {down} {at} {at + 2} ACCEPT"
        " 19 OK",
    ]


async def test_whose_addresses_are_public_is_inside_though_it_has_few_peers(tmp_path: Path) -> None:
    hosts = {f"eni-{n}": f"2600:1f16::{n}" for n in range(1, 5)}
    lines = [
        line
        for minute in range(240)
        for eni in ("eni-1", "eni-2")
        for line in session(
            eni, hosts["eni-1"], hosts["eni-2"], 8080, minute, 60 * minute, 900, 900
        )
    ]
    for minute in range(160, 240):
        server = hosts["eni-2" if minute % 2 else "eni-3"]
        for eni in ("eni-4", "eni-2" if minute % 2 else "eni-3"):
            lines += session(eni, hosts["eni-4"], server, 8080, minute, 60 * minute, 700, 4000)
    async with asking(tmp_path, lines, SHORT) as asker:
        rows = rows_of(await asker.findings())
    assert ("new-talker", hosts["eni-4"]) in {(row["rule"], row["who"]) for row in rows}


async def test_few_guesses_are_told_though_much_goes_through_the_session_after_them(
    tmp_path: Path,
) -> None:
    lines = []
    for number in range(40):
        lines += session("eni-1", "203.0.113.9", "10.0.0.5", 22, number, 20 * number, 1300, 2000)
    for minute in range(20, 40):
        lines += session("eni-1", "203.0.113.9", "10.0.0.5", 22, 99, 60 * minute, 9000, 60_000)
    async with asking(tmp_path, lines, SHORT) as asker:
        rows = rows_of(await asker.findings())
    assert rows[0]["who"] == "203.0.113.9"
    assert rows[0]["rule"].startswith("brute-force")


async def test_what_leads_back_to_the_flows_is_not_in_what_is_exported(tmp_path: Path) -> None:
    day, _ = a_day(81_001, "vertical_scan", (1,))
    async with asking(tmp_path, day.lines, day.format) as asker:
        results = (await asker.findings()).latest.results
    header = to_csv(results).partition("\n")[0].split(",")
    assert {"severity", "what", "who", "when", "sentence", "attack"} <= set(header)
    assert not {"figures", "aggregate", "flows"} & set(header)
    assert results.record(0)["flows"]


async def test_several_queries_at_once_over_files_that_are_read_where_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowtui.backends.duckdb.backend._LARGE", 0)
    day, planted = a_day(81_001, "vertical_scan", (1,))
    assert planted is not None
    async with asking(tmp_path, day.lines, day.format, one_shot=True) as asker:
        rows = rows_of(await asker.findings())
    assert planted.who in {row["who"] for row in rows}


def test_marks_are_read_anew_and_a_broken_file_is_not_taken_for_none(tmp_path: Path) -> None:
    path = tmp_path / "state" / "benign.json"
    marks = BenignMarks(path, lambda: datetime(2026, 11, 30, tzinfo=UTC))
    assert marks.read() == {}
    marks.mark("beacon 10.0.0.1 8.8.8.8", "our agent")
    assert marks.read()["beacon 10.0.0.1 8.8.8.8"].since == "2026-11-30 00:00"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("{")
    with pytest.raises(UsageError, match="can't read the marks"):
        marks.read()


@pytest.mark.slow
async def test_the_incident_of_the_sample_is_told_without_a_query_written() -> None:
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    service = DuckDBBackend((), demo=True, now=lambda: now)
    runner = QueryRunner(service, Formats(), now=lambda: now, delays=LOCAL, keeps_rows=False)
    try:
        asker = Asker(runner, ARTICLE_FORMAT, "/vpc/incident")
        rows = rows_of(await asker.findings())
    finally:
        await service.close()
    assert {row["rule"] for row in rows[:7]} >= {
        "brute-force-success", "data-leaving", "beacon", "horizontal-sweep", "reply-rejected",
        "vertical-scan",
    }  # fmt: skip
    assert {row["rule"] for row in rows[7:]} <= {
        "lateral-movement", "resolver-bypassed", "log-skipped", "unusual-port",
    }  # fmt: skip

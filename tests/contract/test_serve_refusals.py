"""What the checker calls an error, the endpoint refuses as the service does, with its place."""

from __future__ import annotations

from typing import cast

import pytest

from flowtui.backends.scripted import ScriptedBackend, ScriptedCatalog
from flowtui.flowlogs.log_group import LogGroup
from flowtui.model.run import ResultSet, RunState, Snapshot
from flowtui.query.check import Severity, check
from flowtui.serve.server import Endpoint
from tests.contract.asking import ask
from tests.contract.conftest import NOON, Serve
from tests.unit.corpus import ACCEPTED

NOW = int(NOON.timestamp())
DONE = Snapshot(RunState.COMPLETE, ResultSet(("n",), (("1",),)))
STATS = "stats count(*) as n by srcAddr"

REFUSED = [
    ("", None),
    ("# only a comment", "# only a comment"),
    ("bogus @message", "bogus"),
    ("fields @timestamp |", "|"),
    ('| filter action = "REJECT"', "|"),
    ('filter action = "REJECT', '"'),
    ("filter (bytes > 10 and packets > 1", "("),
    ("filter bytes >", ">"),
    ("filter dstPort in 22, 443", "22"),
    ("stats srcAddr by dstAddr", "srcAddr"),
    ('parse @message "* * *" as a, b', '"* * *" as a, b'),
    (r"parse @message /(?<a>\d+/", "("),
    ("limit 100001", "100001"),
    ("fields srcAddr | dedup srcAddr | sort srcAddr", "sort"),
    ("dedup srcAddr | stats count(*)", "stats"),
    ("dedup srcAddr | fields bytes", "fields"),
    (f"sort bytes | {STATS} | stats sum(n)", "sort"),
    (f"limit 5 | {STATS} | stats sum(n)", "limit"),
    (f"{STATS} | sort n | stats max(n)", "sort"),
    (" | ".join(["stats count(*) as n"] + ["stats max(n) as n"] * 10), "stats"),
    ("stats count(*) by @logStream | stats avg(count(*)) by bin(5m)", "bin(5m)"),
    ("stats sum(bytes) by srcAddr | stats max(strlen(@message))", "@message"),
    ("stats sum(bytes) by srcAddr | fields dstAddr", "dstAddr"),
    (
        'fields action | fields if(1 = 1, action, "-") as action | stats count(*) by action',
        "action",
    ),
    ("fields strlenn(@message)", "strlenn"),
    ('filter isIpv4InSubnet(srcAddr, "10.0.0.0/40")', '"10.0.0.0/40"'),
    ("stats count(*) by bin(5 parsecs)", "parsecs"),
    ("stats topk(3, dstPort) by srcAddr", "by"),
    ("join left=l right=r where l.k > r.k (SOURCE 'g')", ">"),
    ('filter action = "REJECT" | estimate | limit 5', "limit"),
    ("diff", "diff"),
    ("filter @message like /a(?=b)/", "(?="),
    ("filter srcAddr like /^10/ -- outgoing", "--"),
    ("fields sum(bytes) as b", "sum"),
    ("filter bytes > 5m", "5m"),
    ("limit 1 | SOURCE '/vpc/a'", "SOURCE"),
    ("filter a in (SOURCE 'g' | filter b in (SOURCE 'h' | fields b) | fields a)", None),
    ("fields split(srcAddr, '.') as s | unnest s into p", "s"),
]


@pytest.mark.parametrize(("text", "at"), REFUSED)
def test_what_the_checker_refuses_is_malformed(serve: Serve, text: str, at: str | None) -> None:
    script = ScriptedBackend([DONE])
    status, answer = _start(serve(script), text)
    wrong = next(each for each in check(text) if each.severity is Severity.ERROR)
    assert (status, answer["__type"]) == (400, "MalformedQueryException")
    assert answer["message"] == wrong.message
    compile_error = cast("dict[str, object]", answer["queryCompileError"])
    location = compile_error.get("location")
    start, end = wrong.span
    if end > start:
        assert location == {"startCharOffset": start, "endCharOffset": end}
    if at is not None:
        assert text[start:end].strip() == at
    assert not script.started


@pytest.mark.parametrize("text", [*ACCEPTED.values(), "fields pkt-srcaddr as s"])
def test_what_it_only_warns_of_is_run(serve: Serve, text: str) -> None:
    script = ScriptedBackend([DONE])
    status, answer = _start(serve(script), text)
    assert status == 200, answer
    assert len(script.started) == 1


@pytest.mark.parametrize(("log_class", "code"), [("INFREQUENT_ACCESS", 400), ("STANDARD", 200)])
def test_the_class_of_a_log_group_limits_what_it_takes(log_class: str, code: int) -> None:
    script = ScriptedBackend([DONE])
    catalog = ScriptedCatalog((LogGroup("/vpc/edge", log_class=log_class),))
    with Endpoint(script, catalog, now=lambda: NOON) as endpoint:
        status, answer = _start(endpoint, 'filterIndex action = "REJECT"')
    assert status == code
    assert len(script.started) == (code == 200)
    if code == 400:
        assert answer["__type"] == "MalformedQueryException"
        compile_error = cast("dict[str, object]", answer["queryCompileError"])
        assert compile_error["location"] == {"startCharOffset": 0, "endCharOffset": 11}


def _start(endpoint: Endpoint, text: str) -> tuple[int, dict[str, object]]:
    return ask(
        endpoint,
        "StartQuery",
        logGroupName="/vpc/edge",
        queryString=text,
        startTime=NOW,
        endTime=NOW + 3599,
    )

"""What the class of the log groups does not take."""

from __future__ import annotations

import pytest

from flowtui.query.check import Severity, check, errors
from tests.unit.checks.cases import Place, span_of

INFREQUENT = "INFREQUENT_ACCESS"
STATS = "stats count(*) as n by a"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("pattern @message", "log-class", "pattern"),
        ("pattern @message | diff", "log-class", "pattern"),
        ("pattern @message | anomaly", "log-class", "pattern"),
        ("filterIndex traceId = 1", "log-class", "filterIndex"),
        ("fields unmask(a)", "log-class", "unmask"),
        ("unmask", "log-class", "unmask"),
        (f"{STATS} | stats max(n) as n by a | STATS max(n)", "stats-count", "STATS"),
    ],
)
def test_what_infrequent_access_does_not_take(text: str, code: str, place: Place) -> None:
    finding = check(text, log_class=INFREQUENT)[0]
    assert (finding.code, finding.severity) == (code, Severity.ERROR)
    assert finding.span == span_of(text, place)
    for log_class in ("", "STANDARD"):
        assert not errors(text, log_class)


def test_source_says_of_which_class_its_log_groups_are() -> None:
    rest = "| pattern @message"
    (finding,) = errors(f"SOURCE logGroups(class: ['infrequent_access']) {rest}")
    assert finding.code == "log-class"
    for source in ("SOURCE 'a'", "SOURCE logGroups(class: ['STANDARD'])"):
        assert errors(f"{source} {rest}", INFREQUENT) == ()


def test_a_query_in_brackets_reads_other_log_groups() -> None:
    nested = "filter a in (SOURCE 'g' | filterIndex b = 1 | fields c)"
    assert errors(nested, INFREQUENT) == ()

"""Names of fields, where the format of the records is known."""

from __future__ import annotations

import pytest

from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT
from flowtui.query.check import check
from tests.unit.checks.cases import JOIN
from tests.unit.test_parser import ARTICLE_PARSE


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("filter scraddr = 1 and srcAddr = 2 and @mine = 3", ["scraddr"]),
        ("filter @timestmap = 1", ["@timestmap"]),
        ("stats sum(bytes) as b by az_id | sort b", []),
        (f"{ARTICLE_PARSE} | filter srcaddr = 1 and srcAddr = 2", ["srcAddr"]),
        ('parse @message "* *" as srcAddr, b | filter srcaddr = 1', ["srcaddr"]),
        ("fields jsonParse(@message) as m | filter m.key = 1", []),
        (f"{JOIN} | filter anything = 1", []),
        ("filter srcaddr in (SOURCE 'g' | fields anything)", []),
        ("SOURCE logGroups() | filter bytes > 1 and mine = 2", []),
    ],
)
def test_field_names_are_checked_where_the_format_is_known(text: str, names: list[str]) -> None:
    found = check(text, ARTICLE_FORMAT)
    assert [text[slice(*each.span)] for each in found] == names
    assert all(each.code == "unknown-field" for each in found)
    assert "unknown-field" not in [each.code for each in check(text)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("parse '*' as b | filter srcaddr = 1", "unknown field srcaddr; did you mean srcAddr?"),
        (
            "parse '*' as b | filter log_status = 1",
            "unknown field log_status; did you mean logStatus?",
        ),
        ("filter dstPrt = 1", "unknown field dstPrt; did you mean dstPort?"),
        ("filter frob = 1", "unknown field frob"),
        ("filter pktSrcAddr = 1", "the format of these flow logs has no pkt-srcaddr"),
        ("filter `log-status` = 1", "unknown field log-status; did you mean logStatus?"),
    ],
)
def test_what_is_discovered_in_the_default_format_is_offered(text: str, message: str) -> None:
    assert [each.message for each in check(text, DEFAULT_FORMAT)] == [message]
    assert check("filter srcAddr = 1 and start = startTime", DEFAULT_FORMAT) == ()


def test_a_field_that_only_a_parse_of_its_own_leaves_out_is_unknown_there() -> None:
    (finding,) = check('parse "*" as b | filter az_id = 1', ARTICLE_FORMAT)
    assert finding.message == "unknown field az_id"


def test_a_parse_alias_misses_an_index_only_where_its_field_is_discovered() -> None:
    text = 'parse "* *" as action, b | filter action = "REJECT" and b = 1'
    assert check(text, ARTICLE_FORMAT) == ()
    assert [each.code for each in check(text, DEFAULT_FORMAT)] == ["index-missed"]

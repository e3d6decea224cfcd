"""What `check` finds: the code, the severity and the place; then the whole pictures."""

from __future__ import annotations

import re

import pytest

from flowtui.flowlogs.format import ARTICLE_FORMAT, DEFAULT_FORMAT
from flowtui.query import check as check_module
from flowtui.query.check import Severity, check, errors, render
from tests.unit.test_parser import ARTICLE_PARSE

ELEVEN_STATS = " | ".join(["stats count(*)"] * 11)
TOO_LONG = f'filter srcaddr = "{"R" * 9982}"'
ELEVEN_CASES = f"fields case({', '.join(f'a = {n}, {n}' for n in range(11))}) as b"
MANY_PARAMETERS = f"fields {', '.join(f'{{{{p{n}}}}}' for n in range(21))}"
ACCOUNTS = ", ".join(f"'{n}'" for n in range(21))
DATA_SOURCES = ", ".join(["'a.b'"] * 11)
TAG = '{"key":"a","values":["b"]}'
SUBQUERY = "(SOURCE 'g' | filter a in (SOURCE 'h' | fields b) | fields c)"
JOIN = "join left=l right=r where l.k = r.k (SOURCE 'g')"

Place = str | tuple[int, int]
"""The text that is underlined: its first occurrence, or after `...` its last; or the span."""


def span_of(text: str, place: Place) -> tuple[int, int]:
    if isinstance(place, tuple):
        return place
    start = text.rindex(place[3:]) if place.startswith("...") else text.index(place)
    return start, start + len(place.removeprefix("...").rstrip())


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        # The corpus of the reference.
        pytest.param("", "syntax", (0, 0), id="M01"),
        pytest.param("# only\n# comments", "syntax", (0, 17), id="M01 comments"),
        pytest.param("bogus @message", "unknown-command", "bogus", id="M02"),
        pytest.param("fields @timestamp |", "syntax", "|", id="M04"),
        pytest.param('| filter action = "REJECT"', "syntax", "|", id="M05"),
        pytest.param('filter action = "REJECT', "syntax", '"', id="M07"),
        pytest.param("filter @message like /REJECT", "syntax", "/", id="M08"),
        pytest.param("filter (bytes > 10 and packets > 1", "syntax", "(", id="M10"),
        pytest.param("filter bytes >", "syntax", ">", id="M11"),
        pytest.param("filter dstPort in 22, 443", "syntax", "22", id="M13"),
        pytest.param("filter dstPort in [22, 443", "syntax", "[", id="M14"),
        pytest.param("stats sum(bytes) by", "syntax", "...by", id="M16"),
        pytest.param("stats srcAddr by dstAddr", "not-aggregate", "srcAddr", id="M17"),
        pytest.param(
            'parse @message "* * *" as a, b', "wildcard-count", '"* * *" as a, b', id="M19"
        ),
        pytest.param(r"parse @message /(?<a>\d+/", "regex", "(", id="M20"),
        pytest.param("limit ten", "syntax", "ten", id="M22 word"),
        pytest.param("limit -5", "syntax", "-", id="M22 negative"),
        pytest.param("limit 200000", "limit", "200000", id="M22 too many"),
        pytest.param(
            "fields srcAddr | dedup srcAddr | sort srcAddr", "after-dedup", "sort", id="M23"
        ),
        pytest.param(
            "stats count(*) by @logStream | stats avg(count(*)) by bin(5m)",
            "after-stats", "bin(5m)", id="M25",
        ),
        pytest.param(
            "stats sum(bytes) by srcAddr | stats max(strlen(@message))",
            "after-stats", "@message", id="M26",
        ),
        pytest.param(
            'fields action | fields if(ispresent(action), action, "none") as action '
            "| stats count(*) by action",
            "redefined-field", (64, 70), id="M28",
        ),
        pytest.param("fields strlenn(@message)", "unknown-function", "strlenn", id="M29"),
        pytest.param(
            'filter isIpv4InSubnet(srcAddr, "10.0.0.0/40")', "cidr", '"10.0.0.0/40"', id="M31"
        ),
        pytest.param("stats count(*) by bin(5 parsecs)", "syntax", "parsecs", id="M32"),
        pytest.param("stats topk(3, dstPort) by srcAddr", "topk", "by", id="M35"),
        pytest.param(
            "filter a = 1 | join left=l right=r where l.k > r.k (SOURCE 'g')",
            "syntax", ">", id="M37",
        ),
        pytest.param(
            'filter action = "REJECT" | estimate | limit 5', "after-estimate", "limit", id="M38"
        ),
        pytest.param(ELEVEN_STATS, "stats-count", (170, 175), id="M40"),
        pytest.param(TOO_LONG, "length", (10_000, 10_001), id="M41"),
        # How it is written.
        ("fields a | | limit 3", "syntax", "|"),
        ("fields a || limit 3", "syntax", "||"),
        ("fields", "syntax", "fields"),
        ("stats", "syntax", "stats"),
        ("stats by a", "syntax", "by"),
        ("stats count( by a", "syntax", "("),
        ("stats count(*) as", "syntax", "as"),
        ("stats count(*) as n, by a", "syntax", "by"),
        ("stats count(*) group a", "syntax", "group"),
        ("filter a = 1 group by b", "syntax", "group"),
        ("stats count(*) by bin(5m) offset", "syntax", "offset"),
        ("fields a b", "syntax", "b"),
        ("fields a, | sort b", "syntax", ","),
        ("filter a = 1 stats count(*)", "syntax", "stats"),
        ("filter a = 1)", "syntax", ")"),
        ("filter a = b = c", "syntax", "...="),
        ("filter a = = 1", "syntax", "...="),
        ("filter and a", "syntax", "and"),
        ("filter a like", "syntax", "like"),
        ("filter a <> 1", "syntax", "<>"),
        ("filter a => 1", "syntax", "=>"),
        ("filter a === 1", "syntax", "==="),
        ("filter a !~ /x/", "syntax", "!~"),
        ("filter a && b", "syntax", "&&"),
        ("filter a & b", "syntax", "&"),
        ("filter a || b", "syntax", "||"),
        ("filter a = \u201cREJECT\u201d", "syntax", "\u201c"),
        ("filter `a = 1", "syntax", "`"),
        ("filter a is null", "syntax", "is"),
        ("filter a between 1 and 2", "syntax", "between"),
        ("filter a = 1 // why", "syntax", "//"),
        ("filter a = 1;", "syntax", ";"),
        ("filter a in (22, 443)", "syntax", "("),
        ("filter a ~ /x/", "syntax", "~"),
        ("filter srcAddr = 10.0.0.1", "syntax", "10.0.0.1"),
        ("filter isIpInSubnet(a, 10.0.0.0/8)", "syntax", "10.0.0.0/8"),
        ("filter srcAddr in [fd00::1, 1]", "syntax", "fd00::1"),
        ("filter a = 1.2.3", "syntax", ".3"),
        ("fields a:b:c", "syntax", ":"),
        ("filter a contains 'x'", "syntax", "contains"),
        ("filter a in (SOURCE 'g' | )", "syntax", "|"),
        ("appendcols ()", "syntax", "()"),
        ('parse @message "*" as a multi', "syntax", "multi"),
        ("SOURCE /vpc/edge | fields a", "syntax", "/vpc/"),
        ("SOURCE my-group | fields a", "syntax", "-"),
        ("SOURCE '/vpc/edge | fields a", "syntax", "'"),
        ("stats count(*) by bin(1.5h)", "syntax", "...h"),
        ("parse @message", "syntax", "@message"),
        ('parse @message "*" as', "syntax", "as"),
        ("sort", "syntax", "sort"),
        ("limit", "syntax", "limit"),
        ("limit 0", "syntax", "0"),
        ("dedup", "syntax", "dedup"),
        ("SOURCE logGroups(a: ['b'])", "syntax", (17, 18)),
        ("$Name", "syntax", "Name"),
        # Commands.
        ("count(*) by srcaddr", "unknown-command", "count"),
        ("strlen(a)", "unknown-command", "strlen"),
        ("select a", "unknown-command", "select"),
        ('srcAddr = "a"', "unknown-command", "srcAddr"),
        ('parse @message "* *"', "wildcard-count", '"* *"'),
        ('parse @message "abc"', "wildcard-count", '"abc"'),
        (r"parse @message /\d+/", "wildcard-count", r"/\d+/"),
        ("parse @message /(a)(b)/ as c", "wildcard-count", "/(a)(b)/ as c"),
        ("appendcols max=100001 (fields a)", "limit", "appendcols"),
        ("fields split(a, ',') as b | unnest b into c", "unnest-split", (35, 36)),
        # Functions and their arguments.
        ("stats pct(bytes) by srcaddr", "arity", "pct"),
        ("fields now(1)", "arity", "now"),
        (ELEVEN_CASES, "arity", "case"),
        ("stats sum(*)", "argument", "*"),
        ("stats count(*) by bin(5)", "argument", "5"),
        ('stats count(*) by bin("5m")', "argument", '"5m"'),
        ("stats count(*) by bin(a)", "argument", "...a"),
        ("stats count(*) by bin(0m)", "argument", "0m"),
        ("stats count(*) by bin(5parsecs)", "unknown-unit", "parsecs"),
        ("stats count(*) by a offset 5parsecs", "unknown-unit", "parsecs"),
        ("stats pct(bytes, 101)", "argument", "101"),
        ("stats pct(bytes, -1)", "argument", "-1"),
        ("stats pct(95, bytes)", "argument", "bytes"),
        ("stats count(*) by bin(-5m)", "misplaced-period", "5m"),
        ("filter a = 0x1F", "misplaced-period", "0x1F"),
        ("stats topk(0, a)", "argument", "0"),
        ("stats topk(a, b)", "argument", "...a"),
        ("stats topk(1.5, a)", "argument", "1.5"),
        (f"stats topk(1{'0' * 400}, a)", "argument", f"1{'0' * 400}"),
        ("stats topk(3, a), count(*)", "topk", "count(*)"),
        ('filter isIpInSubnet(a, "10.0.0/8")', "cidr", '"10.0.0/8"'),
        ('filter isIpInSubnet(a, "10.0.0.0/\u0663")', "cidr", '"10.0.0.0/\u0663"'),
        ('filter isIpInSubnet(a, "fd00::/129")', "cidr", '"fd00::/129"'),
        # What stands where it can't.
        ("filter count(*) > 5", "misplaced-aggregate", "count"),
        ("stats sum(count(*))", "misplaced-aggregate", "count"),
        ("stats count(*) by sum(a)", "misplaced-aggregate", "sum"),
        ("stats 1 + 2 as b", "not-aggregate", "1 + 2"),
        ("stats k * 2 as x by bytes as k", "not-aggregate", "k * 2"),
        ("stats count(*), bytes by srcAddr", "not-aggregate", "bytes"),
        ("fields @timestamp + 1mo", "added-period", "1mo"),
        ("fields bytes + 9h", "misplaced-period", "9h"),
        ("stats count by a", "not-aggregate", "count"),
        ("foo {{x}}", "unknown-command", "foo"),
        ("fields a | {{x}}", "syntax", "{{x}}"),
        ("filter a = /x/", "misplaced-regex", "/x/"),
        ("filter bytes > 5m", "misplaced-period", "5m"),
        ("filter bytes > 10MB", "misplaced-period", "10MB"),
        ("filter a in [*]", "argument", "*"),
        ("filter a like REJECT", "match", "REJECT"),
        ("filter a like 5", "match", "5"),
        ('filter a in ("b")', "in-list", '"b"'),
        ("filter a = [1]", "in-list", "[1]"),
        ("filter [a]", "in-list", "[a]"),
        ("fields concat([1, 2]) as b", "in-list", "[1, 2]"),
        # Regular expressions.
        ("filter a like /(?=x)/", "regex", "(?="),
        ("filter a like /(?<!x)/", "regex", "(?<!"),
        (r"filter a like /(x)\1/", "regex", r"\1"),
        ("filter a like /x)/", "regex", ")"),
        ("filter a like /[x/", "regex", "["),
        ("filter a like /x**/", "regex", "...*"),
        ("filter a like /x{2,1}/", "regex", "{2,1}"),
        ("filter a like /x{1001}/", "regex", "{1001}"),
        ("filter a like /x{1,99999}?/", "regex", "{1,99999}"),
        (f"filter a like /x{{{'9' * 5000}}}/", "regex", f"{{{'9' * 5000}}}"),
        ("parse a /(?<b-c>x)/", "regex", "(?<b-c>"),
        ("parse a /(?<b>x)(?<b>y)/", "regex", "...(?<b>"),
        ('fields regexReplace(a, "(", "b")', "regex", '"("'),
        # The order of the commands.
        ("stats count(*) as n by a | sort n | stats max(n)", "before-stats", "sort"),
        ("limit 5 | stats count(*) as n by a | stats max(n)", "before-stats", "limit"),
        ("fields a | diff", "without-pattern", "diff"),
        (f"{JOIN} | {JOIN}", "second-join", (51, 55)),
        ("fields a | SOURCE 'b'", "source-order", "SOURCE"),
        (f"filter a in {SUBQUERY}", "nested-query", "(SOURCE 'h' | fields b)"),
        (f"join left=l right=r where l.k = r.k ({JOIN})", "nested-query", (37, 41)),
        # Maps and lists.
        ("fields jsonParse(a) as m | sort b, m", "structure", "...m"),
        ("fields jsonParse(a) as m | fields m as n | dedup b, n", "structure", "...n"),
        ("parse logfmt as m | stats count(*) by m", "structure", "...m"),
        ("fields split(a, ',') as p | stats count_distinct(p)", "structure", "...p"),
        ("stats values(a) as v by b | sort v", "structure", "...v"),
        ("fields jsonParse(a) as m, if(b, m, split(a, 'x')) as q | sort q", "structure", "...q"),
        ("fields jsonParse(@message) as m | pattern m", "structure", "...m"),
        ("parse '* *' as a, b | relevantfields c, b where a = 1", "parsed-field", (40, 41)),
        # Names after stats.
        ("stats sum(a) as n by b | fields a", "after-stats", "...a"),
        ("stats sum(a) as n by b | display n, c", "after-stats", "...c"),
        ("stats count(*) as n by bin(5m) | stats max(n) by bin(1h)", "after-stats", "bin(1h)"),
        (
            'parse "* *" as a, b | stats count(*) by a | dedup region',
            "after-stats", "region",
        ),
        # Saved queries and SOURCE.
        (MANY_PARAMETERS, "template", "{{p20}}"),
        (f"filter a = {{{{{'p' * 129}}}}}", "template", f"{{{{{'p' * 129}}}}}"),
        ("$Name(a=1, a=2)", "saved-query", "a=2"),
        (
            "SOURCE logGroups(namePrefix: ['a', 'b', 'c', 'd', 'e', 'f'])",
            "source-limit", "'f'",
        ),
        # A comment of another language.
        ("fields a -- the source", "syntax", "--"),
        ("filter a like /^10/  -- outgoing", "syntax", "--"),
        ("filter a = 1 -- don't\n| limit 5", "syntax", "--"),
        ("-- rejected first\nfilter a = 1", "syntax", "--"),
        ("fields a\n-- the rest, (too\n| limit 5", "syntax", "--"),
        ('filter a = "REJECT" -- rejected', "foreign-comment", "--"),
        # What a paste brings.
        ("\ufefffields a", "syntax", "\ufeff"),
        ("fields a\u200bb", "syntax", "\u200b"),
        ("fields a |\u2060 limit 5", "syntax", "\u2060"),
        ("stats count(*)\u200d by a", "syntax", "\u200d"),
        ("SOURCE 'g' start=soon", "source-time", "soon"),
        ("SOURCE 'g' start=1h", "source-time", "1h"),
        ("SOURCE 'g' start=2026-13-20T09:30:00Z", "source-time", "2026-13-20T09:30:00Z"),
        ("SOURCE 'g' start=now end=-1h", "source-time", "now end=-1h"),
        (
            "SOURCE 'g' start=2026-08-21T00:00 end='2026-08-20'", "source-time",
            "2026-08-21T00:00 end='2026-08-20'",
        ),
        ("SOURCE 'g' start=2026-08-20", "syntax", (21, 22)),
        ("filter @timestamp > 2026-08-20T09:30:00Z", "syntax", "2026-08-20T09:30:00Z"),
        (f"SOURCE logGroups(accountIdentifiers: [{ACCOUNTS}])", "source-limit", "'20'"),
        (f"SOURCE dataSource([{DATA_SOURCES}])", "source-limit", "...'a.b'"),
        (f"SOURCE logGroupTags([{', '.join([TAG] * 6)}])", "source-limit", (7, 189)),
        ('SOURCE logGroupTags([{"key": 1}])', "tags", 'logGroupTags([{"key": 1}])'),
    ],
)  # fmt: skip
def test_errors(text: str, code: str, place: Place) -> None:
    (finding,) = check(text)
    assert (finding.code, finding.severity) == (code, Severity.ERROR)
    assert finding.span == span_of(text, place)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        pytest.param("fields pkt-srcaddr as s", "hyphen", "pkt-srcaddr", id="M34"),
        pytest.param(
            "stats sum(packets) by bin(5m) | filter ispresent(protocol) or 1 = 1",
            "after-stats", "protocol", id="V44",
        ),
        # Samples of Container Insights do both (their user guide).
        ("stats sum(a) as n by b | sort a", "after-stats", "...a"),
        ("stats sum(a) as n by b | filter n > 1 and c = 1", "after-stats", "c "),
        ("stats histogram(a, 10)", "not-aggregate", "histogram(a, 10)"),
        ("join left=l right=r where r.k = l.k (SOURCE 'g')", "join-key", "r.k = l.k"),
        ("stats count(*) group by a", "undocumented", "group by"),
        ("stats count(*) as group Group\nBY a", "undocumented", "Group\nBY"),
        ("filter pkt-src-aws-service = 1", "hyphen", "pkt-src-aws-service"),
        ("fields abs(pkt-srcaddr)", "hyphen", "pkt-srcaddr"),
        ("stats sum(net-bytes)", "hyphen", "net-bytes"),
        ("fields foo-bar", "hyphen", "foo-bar"),
        ("stats count(*) by bin(300s)", "period-cap", "300s"),
        ("stats count(*) by datefloor(@timestamp, 90 minutes)", "period-cap", "90 minutes"),
        ("stats pct(bytes, 0.95)", "percent", "0.95"),
        ('stats sum("bytes")', "quoted-field", '"bytes"'),
        ("stats sum(a) / b", "not-aggregate", "b"),
        ("stats sum(a) / b by c", "not-aggregate", "b"),
        ("stats count(*) by datefloor(@timestamp + 9h, 1d)", "added-period", "9h"),
        ("fields bin(1h) + 1000 - 30m as t", "added-period", "30m"),
        ('filter a like "*x*"', "like-wildcard", '"*x*"'),
        ('filter a =~ "x"', "match", '"x"'),
        ('filter a like concat("x", b)', "match", 'concat("x", b)'),
        ("filter a in []", "in-list", "[]"),
        ("filter action = REJECT", "unquoted-text", "REJECT"),
        ("filter a = null", "unquoted-text", "null"),
        ('filter action = "reject"', "never-equal", '"reject"'),
        ('filter dstport = 22 and action != "DENY"', "never-equal", '"DENY"'),
        ('filter logStatus in ["OK", "NO"]', "never-equal", '"NO"'),
        ("filter flow_direction = Egress", "never-equal", "Egress"),
        ('filter protocol in [17, "tcp"]', "never-equal", '"tcp"'),
        ('filter dstport = "ssh"', "never-equal", '"ssh"'),
        ('filter bytes > ""', "never-equal", '""'),
        ('filter @timestamp > "2024-01-01"', "timestamp-text", '"2024-01-01"'),
        ("filter @timestamp > 2024-01-31", "timestamp-text", "2024-01-31"),
        ('filter isIpInSubnet("10.0.0.0/8", a)', "cidr", '"10.0.0.0/8"'),
        ('filter srcaddr = "10.0.0.0/8"', "cidr-compared", '"10.0.0.0/8"'),
        ('filter srcaddr in ["10.0.0.0/8"]', "cidr-compared", '"10.0.0.0/8"'),
        ('filter isIpInSubnet(a, "10.0.0.1")', "cidr", '"10.0.0.1"'),
        ('filter isIpInSubnet(a, "10.0.0.5/16")', "cidr", '"10.0.0.5/16"'),
        ('filter isIpv4InSubnet(a, "fd00::/8")', "cidr", '"fd00::/8"'),
        ('fields parseDate(a, "%Y")', "date-format", '"%Y"'),
        ('fields formatDate(a, "yyyy")', "date-format", '"yyyy"'),
        ('filter strcontains(a, "b", true)', "no-effect", "true"),
        ("fields split(a, ',') as b | expand b", "no-effect", "...b"),
        ("stats count(*) by a | addtotals", "no-effect", "addtotals"),
        ("stats count(*) by a | fillmissing", "no-effect", "fillmissing"),
        ('parse "* *" as a, a', "duplicate-name", "...a"),
        ("parse csv as a, b, a", "duplicate-name", "...a"),
        ("fields a as b, c as b", "duplicate-name", "...b"),
        ("fields a | fields toupper(a) as a", "redefined-field", "...a"),
        ("fields jsonParse(a) as m, m.k", "same-command-key", "m.k"),
        ("fields a | anomaly", "without-pattern", "anomaly"),
        ("join left=l right=r where k = r.k (SOURCE 'g')", "join-key", "k "),
        ('parse "* *" as a, b | filter logStatus = "OK"', "index-missed", "logStatus"),
        ("filter a == 1", "double-equals", "=="),
        ("filter a = 1 -- b", "foreign-comment", "--"),
        ("fields a -- b", "foreign-comment", "--"),
        ('filter a = "x\u200b"', "invisible", "\u200b"),
        ("filter a like /\ufeffx/", "invisible", "\ufeff"),
        ("fields `a\u2060`", "invisible", "\u2060"),
        ('parse "* *" as a,\n| b', "stray-pipe", "|"),
        ('parse "* *"\n| as a, b', "stray-pipe", "|"),
        ("head 10", "deprecated", "head"),
        ("tail 10", "deprecated", "tail"),
        ("search x", "undocumented", "search"),
    ],
)  # fmt: skip
def test_warnings(text: str, code: str, place: Place) -> None:
    (finding,) = check(text)
    assert (finding.code, finding.severity) == (code, Severity.WARNING)
    assert finding.span == span_of(text, place)


@pytest.mark.parametrize(
    "text",
    [
        "stats count (*) by bin (5m) # why\n",
        "# first\n\nfields a # | stats\n\n| sort a",
        "filter 2 ^ 3 = 8 and 10 % 3 = 1 and -a < 1",
        "fields ispresent(a) as b | filter b",
        "stats sum(bytes) by bin(5m) offset 1h",
        "stats sum(bytes) as s by bin(5m) as t | stats max(s) by datefloor(t, 1h)",
        "stats count(*) as n by bin(5m), a | stats max(n) by bin(5m)",
        "stats count(*) by a | sort count(*) desc | filter `count(*)` > 1",
        "stats SUM( Fault ) by a | filter sum(Fault) > 1",
        "stats count(*) as n by a.b | sort a.b",
        "stats earliest(a), latest(a), sortsFirst(a), sortsLast(a) by histogram(bytes, 1000)",
        "stats max(end) - min(start) as dur by a",
        "fields end-start as dur, end - start, @ingestionTime-end",
        "fields abs(f3-f4), (a-b)/2, (a-b) % c as d",
        "stats ceil(avg(pod_count-pods_running)), sum(bytesIn-bytesOut) by host",
        "stats max(a) as high, min(a) as low, high-low by b",
        'parse a /(?<b>x)(y)/ as c',
        "parse a logfmt as m | filter m.key = 1 | stats count(*) by m.key",
        'json field=a "b.c" as d',
        "pattern @message | diff previousWeek | sort @sampleCount",
        "stats avg(a) as b by bin(5m) | autoregress b as c p=1-3 | accum b as d | sort c_p2, d",
        "stats count(*) as n by bin(1h) | logcompare timeshift 7d | sort anything",
        "sessionize a, b maxspan 30m as s | stats count(*) by s",
        "relevantfields a where b = 1",
        "fields jsonParse(a) as m | sort m.b | stats count(*) by m.c",
        "fields jsonParse(a) as m, coalesce(m, b) as q | sort q",
        "fields jsonParse(a) as m | unnest m into m | sort m",
        "stats jsonArraySize(values(a)) as n by b | sort n",
        "SOURCE dataSource(['amazon_vpc.flow']) logGroups() start=-1d end=now | filter a = 1",
        'SOURCE "arn:aws:logs:eu-west-1:1:log-group:/a" START=-3600s END=0s |\nfields a',
        "SOURCE 'a', 'b' START=2026-08-20T09:30:00.000Z END=2026-08-20T10:30:00-02:00 |\nfields a",
        "SOURCE 'a' START=2026-08-20T09:30:00Z END=0s | fields a",
        "fields a--b, a --b, a - -b, --a # -- a comment",
        "fields 'a -- b', \"é\"",
        "SOURCE 'a' start={{from}} end={{to}} | fields a",
        "filter a in (SOURCE 'g' | filter b = 1 | fields c) | join "
        "left=l right=r where l.k = r.k (SOURCE 'g')",
        "$Errors(level=\"WARN\", n=10, w=5m) | $`B (c)`()",
        "sort by a desc, b",
        "stats max(group) as group by group",
        "dedup a | limit 10 | estimate",
        "sort a | limit 5 | stats count(*)",
        "lookup t a OUTPUTNEW b | stats count(*) as n by b | lookup t b OUTPUT c | sort c",
        "fields if(a = 1, \"x\", \"y\") as c, case(a, 1, b, 2, 3) as d",
        'filter a like "100%" or a like {{x}}',
        "filter a like /x{2}y{3,}z{4,1000}w{00002,0003}v{0}{{/ | $Query(a=['x', 'y'])",
        "filter a = 2024 - 1 - 31",
        "filter a in {{list}} | dedup {{field}} | limit {{count}}",
        "stats {{what}}, sum({{field}}) as {{name}} by bin({{period}}) | sort {{field}} {{order}}",
        "fields a | stats count(*) as n by b | fields n * 2 as a | stats max(a)",
        'parse "* *" as a, b | stats count(*) as n by a, region | filter region = "x"',
        "stats rate(bytes, 300s)",
        "fields a | fields a as b | stats count(*) by b",
        'filter action = "REJECT" | parse @message "* *" as a, b',
        'filter action = "-" and bytes != "-" and dstport = "443" and tcpFlags in ["2", 18]',
        'filter pkt_src_aws_service = "NEW_ONE" or type = "new" or accountId = "unknown"',
        'parse @message "* *" as action, protocol | filter action = "deny" or protocol = "tcp"',
        'parse @message "* *" as action, b | filter action = "REJECT"',
    ],
)  # fmt: skip
def test_nothing_to_say(text: str) -> None:
    assert check(text) == ()


def test_several_errors_of_one_command() -> None:
    text = 'filter foo(a) = 1 and isIpInSubnet(b, "c") and d like /(?=e)/ and f = 5m'
    assert [each.code for each in check(text)] == [
        "unknown-function", "cidr", "regex", "misplaced-period",
    ]  # fmt: skip


def test_several_errors_of_a_command_that_cannot_be_read() -> None:
    text = 'filter strlenn(a) = 1 and b c and isIpInSubnet(d, "10.0.0.0/40") and e = = f'
    assert [each.code for each in check(text)] == [
        "unknown-function", "syntax", "cidr", "syntax",
    ]  # fmt: skip
    assert [each.code for each in check("fields a b, now(1), c in [1], (SOURCE 'x')")] == [
        "syntax", "arity", "syntax",
    ]  # fmt: skip


def test_findings_come_in_the_order_of_the_text() -> None:
    text = "limit x | filter strlenn(a) | bogus | fields b c"
    assert [finding.span[0] for finding in check(text)] == [6, 17, 30, 47]


def test_what_a_broken_command_may_have_made_is_not_missed() -> None:
    text = 'parse @message "* *" as a, | filter a = 1 and nowhere = 2 and foo(b)'
    assert [each.code for each in check(text, ARTICLE_FORMAT)] == ["syntax", "unknown-function"]
    assert [each.code for each in check("patern a | diff")] == ["unknown-command"]
    assert [each.code for each in check("stats count(*) by a | fields b c | sort d")] == ["syntax"]


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('filter action = "deny"', "action is never deny; it is ACCEPT or REJECT"),
        ('filter logStatus != "ok"', 'logStatus is never ok; write "OK"'),
        ("filter protocol = tcp", "a protocol is a number: tcp is 6"),
        ('filter dstport = "ssh"', "dstport is a number, which ssh is not"),
        ("filter action = REJECT", 'REJECT without quotes is a field; write "REJECT"'),
        ("filter bytes > 10MB", "a number has no unit; write 10000000"),
        ("stats count", "count is a function; write count(*)"),
        ("fields *", "there is no * for all fields; name them, or leave the command out"),
        ("sort desc bytes", "desc stands after its field"),
        (
            "filter tcp_flags & 2",
            "write and, or for a bit floor(field / 2) % 2 = 1, instead of &",
        ),
        (
            "filter case when bytes > 5 then 1 end",
            "unexpected when; write case(condition, value, ..., else)",
        ),
        ("stats count(distinct srcaddr)", "there is no distinct; write count_distinct(field)"),
    ],
)
def test_what_was_meant_is_said_once(text: str, message: str) -> None:
    assert [each.message for each in check(text, ARTICLE_FORMAT)] == [message]


@pytest.mark.parametrize(
    ("text", "suggestion", "mended"),
    [
        ("filter dstadr = 1", "dstaddr", "filter dstaddr = 1"),
        ("filter @timestmap = 1", "@timestamp", "filter @timestamp = 1"),
        ("stats count(*) as `all flows` by dstport | sort `all flow`", "`all flows`",
         "stats count(*) as `all flows` by dstport | sort `all flows`"),
        ("fitler action = 1", "filter", "filter action = 1"),
        ("fields strlenn(@message)", "strlen", "fields strlen(@message)"),
        ("stats count(*) as total | sort totl", "total", "stats count(*) as total | sort total"),
        ("stats pct(bytes, 0.95)", "95", "stats pct(bytes, 95)"),
        ('filter action = "Reject"', '"REJECT"', 'filter action = "REJECT"'),
        ('filter protocol = "tcp"', "6", "filter protocol = 6"),
    ],
)  # fmt: skip
def test_what_was_probably_meant_can_stand_in_the_place(
    text: str, suggestion: str, mended: str
) -> None:
    (finding,) = check(text, ARTICLE_FORMAT)
    start, end = finding.span
    assert finding.suggestion == suggestion
    assert text[:start] + finding.suggestion + text[end:] == mended
    assert check(mended, ARTICLE_FORMAT) == ()


@pytest.mark.parametrize("text", ["select a", "filter frob = 1", "fields mean(bytes)", "fields ("])
def test_where_nobody_knows_what_was_meant_nothing_is_suggested(text: str) -> None:
    assert [each.suggestion for each in check(text, ARTICLE_FORMAT)] == [""]


PICTURES = [
    (
        'filter bytes > 0\n| filter action in ["ACCEPT", "drop"]',
        """
warning: action is never drop; it is ACCEPT or REJECT
2 | | filter action in ["ACCEPT", "drop"]
                                  ^^^^^^""",
    ),
    (
        "fields srcaddr\n| fitler action = 1",
        """
error: unknown command fitler; did you mean filter?
2 | | fitler action = 1
      ^^^^^^""",
    ),
    (
        "count(*) by srcaddr",
        """
error: count is a function; write stats count(*)
1 | count(*) by srcaddr
    ^^^^^""",
    ),
    (
        "fields strlenn(@message)",
        """
error: unknown function strlenn; did you mean strlen?
1 | fields strlenn(@message)
           ^^^^^^^""",
    ),
    (
        'filter action = "REJECT\n| limit 3',
        """
error: this text never ends
1 | filter action = "REJECT
                    ^""",
    ),
    (
        "filter\t(bytes > 10",
        """
error: missing ) for this (
1 | filter (bytes > 10
           ^""",
    ),
    (
        "filter srcaddr = 10.0.0.0/8",
        """
error: an address has quotes: "10.0.0.0/8"
1 | filter srcaddr = 10.0.0.0/8
                     ^^^^^^^^^^""",
    ),
    (
        "stats p95(bytes)",
        """
error: unknown function p95; write pct(number, 95)
1 | stats p95(bytes)
          ^^^""",
    ),
    (
        "fields lower(action)",
        """
error: unknown function lower; write tolower(text)
1 | fields lower(action)
           ^^^^^""",
    ),
    (
        "stats median(bytes / 2)",
        """
error: unknown function median; write pct(number, 50)
1 | stats median(bytes / 2)
          ^^^^^^""",
    ),
    (
        "stats count by action",
        """
error: count is a function; write count(*)
1 | stats count by action
          ^^^^^""",
    ),
    (
        "stats pct(bytes) by srcaddr",
        """
error: pct does not take 1 argument; it is written pct(number, percent)
1 | stats pct(bytes) by srcaddr
          ^^^""",
    ),
    (
        "stats count(*),\n  bytes,\n  packets by a",
        """
error: bytes is not an aggregate; write max(bytes) or so
2 |   bytes,
      ^^^^^""",
    ),
    (
        f'filter a "{"b" * 60}\nc"',
        f"""
error: unexpected "{"b" * 38}…; expected | or the end of the query
1 | filter a "{"b" * 60}
             {"^" * 61}""",
    ),
    (
        "stats count(*) by bin(5parsecs)",
        """
error: unknown unit of time parsecs; write ms, s, m, h, d, w, mo, q or y
1 | stats count(*) by bin(5parsecs)
                           ^^^^^^^""",
    ),
    (
        "stats count(*) by bin(5)",
        """
error: bin takes a period with its unit, such as 5m
1 | stats count(*) by bin(5)
                          ^""",
    ),
    (
        "filter action like REJECT",
        """
error: like takes a text or /regex/; write "REJECT"
1 | filter action like REJECT
                       ^^^^^^""",
    ),
    (
        "filter dstport in (22, 443)",
        """
error: a list has square brackets: [22, 443]
1 | filter dstport in (22, 443)
                      ^""",
    ),
    (
        'filter action in ("REJECT")',
        """
error: in needs a list such as [22, 443] or a query in brackets
1 | filter action in ("REJECT")
                      ^^^^^^^^""",
    ),
    (
        "filter a like /b(?=c)/",
        """
error: regular expressions here have no look-ahead
1 | filter a like /b(?=c)/
                    ^^^""",
    ),
    (
        "filter a = /b/",
        """
error: a regular expression stands after like, =~ or parse only
1 | filter a = /b/
               ^^^""",
    ),
    (
        "filter bytes > 5m",
        """
error: 5m is a length of time, which stands in functions such as bin(5m) only
1 | filter bytes > 5m
                   ^^""",
    ),
    (
        "filter sum(bytes) > 5",
        """
error: sum is computed over rows, which only stats does
1 | filter sum(bytes) > 5
           ^^^""",
    ),
    (
        "stats topk(3, dstport) by srcaddr",
        """
error: topk can't be combined with by; filter before, or count(*) by the field and sort
1 | stats topk(3, dstport) by srcaddr
                           ^^""",
    ),
    (
        'parse @message "* * *" as a, b',
        """
error: the pattern has 3 wildcards but there are 2 names
1 | parse @message "* * *" as a, b
                   ^^^^^^^^^^^^^^^""",
    ),
    (
        'filter isIpInSubnet(srcaddr, "10.0.0.0/40")',
        """
error: the prefix length of an IPv4 block is 0 to 32
1 | filter isIpInSubnet(srcaddr, "10.0.0.0/40")
                                 ^^^^^^^^^^^^^""",
    ),
    (
        "limit 200000",
        """
error: the most rows that the service returns are 100000
1 | limit 200000
          ^^^^^^""",
    ),
    (
        f"fields a\n{' ' * 9990}| sort a",
        f"""
error: the service takes queries of at most 10000 characters
2 | …{" " * 152}| sort a
    {" " * 154}^^^^^^^""",
    ),
    (
        ELEVEN_STATS,
        f"""
error: a query has at most 10 stats
1 | …{ELEVEN_STATS[24:]}
     {" " * 146}^^^^^""",
    ),
    (
        "stats count(*) as n by a\n| limit 5\n| stats max(n)",
        """
error: limit stands after the last stats of several; move it there
2 | | limit 5
      ^^^^^""",
    ),
    (
        "stats sum(bytes) as b by srcaddr | sort bytes",
        """
warning: bytes is gone after stats; it leaves srcaddr, b
1 | stats sum(bytes) as b by srcaddr | sort bytes
                                            ^^^^^""",
    ),
    (
        "stats sum(bytes) as b by srcaddr | filter bytes > 9",
        """
warning: bytes is gone after stats; filter by it before
1 | stats sum(bytes) as b by srcaddr | filter bytes > 9
                                              ^^^^^""",
    ),
    (
        "stats sum(bytes) as b by srcaddr | fields bytes",
        """
error: bytes is gone after stats; it leaves srcaddr, b
1 | stats sum(bytes) as b by srcaddr | fields bytes
                                              ^^^^^""",
    ),
    (
        "stats sum(bytes) as total by srcaddr | sort totl",
        """
warning: totl is gone after stats; did you mean total?
1 | stats sum(bytes) as total by srcaddr | sort totl
                                                ^^^^""",
    ),
    (
        "dedup a | sort b",
        """
error: only limit may follow dedup; move this before it
1 | dedup a | sort b
              ^^^^""",
    ),
    (
        "estimate | limit 5",
        """
error: nothing may follow estimate; it is the last command
1 | estimate | limit 5
               ^^^^^""",
    ),
    (
        "diff",
        """
error: diff compares patterns; write pattern @message | diff
1 | diff
    ^^^^""",
    ),
    (
        f"{JOIN}\n| {JOIN}",
        f"""
error: a query has at most one join
2 | | {JOIN}
      ^^^^""",
    ),
    (
        f"filter a in {SUBQUERY}",
        f"""
error: a query in brackets can't hold another one
1 | filter a in {SUBQUERY}
                                          ^^^^^^^^^^^^^^^^^^^^^^^""",
    ),
    (
        "fields a | SOURCE 'b'",
        """
error: SOURCE stands at the beginning of a query
1 | fields a | SOURCE 'b'
               ^^^^^^""",
    ),
    (
        "SOURCE logGroups(namePrefix: ['a', 'b', 'c', 'd', 'e', 'f'])",
        """
error: at most 5 prefixes go here
1 | SOURCE logGroups(namePrefix: ['a', 'b', 'c', 'd', 'e', 'f'])
                                                           ^^^""",
    ),
    (
        "SOURCE logGroupTags(team)",
        """
error: tags are written [{"key": "team", "values": ["net*"]}]
1 | SOURCE logGroupTags(team)
           ^^^^^^^^^^^^^^^^^^""",
    ),
    (
        "$Name(a=1, a=2)",
        """
error: a is given twice
1 | $Name(a=1, a=2)
               ^^^""",
    ),
    (
        MANY_PARAMETERS,
        f"""
error: a saved query has at most 20 parameters
1 | …{MANY_PARAMETERS[24:]}
     {" " * 153}^^^^^^^""",
    ),
    (
        "fields split(a, ',') as b | unnest b into c",
        """
error: unnest does not take what split() makes; it takes lists of jsonParse()
1 | fields split(a, ',') as b | unnest b into c
                                       ^""",
    ),
    (
        "fields a | fields trim(a) as a | stats count(*) by a",
        """
error: a is already the name of a field that was chosen before, which stats does not take; \
choose another name
1 | fields a | fields trim(a) as a | stats count(*) by a
                                 ^""",
    ),
    (
        "fields pkt-srcaddr",
        """
warning: this is pkt minus srcaddr; a name with - in it is written `pkt-srcaddr` or pkt_srcaddr
1 | fields pkt-srcaddr
           ^^^^^^^^^^^""",
    ),
    (
        "stats count(*) by bin(300s)",
        """
warning: bin cuts 300s to 60s; write 5m
1 | stats count(*) by bin(300s)
                          ^^^^""",
    ),
    (
        "stats pct(bytes, 0.95)",
        """
warning: this is less than one percent; did you mean 95?
1 | stats pct(bytes, 0.95)
                     ^^^^""",
    ),
    (
        'filter a like "*b*"',
        """
warning: like finds the text as it is, and * is no wildcard in it
1 | filter a like "*b*"
                  ^^^^^""",
    ),
    (
        'stats sum("bytes")',
        """
warning: this is a text and no field; a field has no quotes: sum(bytes)
1 | stats sum("bytes")
              ^^^^^^^""",
    ),
    (
        "filter action = REJECT",
        """
warning: REJECT without quotes is a field; write "REJECT"
1 | filter action = REJECT
                    ^^^^^^""",
    ),
    (
        'filter @timestamp > "2024-01-01"',
        """
warning: a time is compared as a number: toMillis(@timestamp) >= 1700000000000
1 | filter @timestamp > "2024-01-01"
                        ^^^^^^^^^^^^""",
    ),
    (
        'filter srcaddr = "10.0.0.0/8"',
        """
warning: no address equals a block; write isIpv4InSubnet(srcaddr, ...)
1 | filter srcaddr = "10.0.0.0/8"
                     ^^^^^^^^^^^^""",
    ),
    (
        'fields parseDate(a, "%Y")',
        """
warning: parseDate takes formats such as yyyy-MM-dd HH:mm:ss
1 | fields parseDate(a, "%Y")
                        ^^^^""",
    ),
    (
        "fields a as b, c as b",
        """
warning: b is named twice here
1 | fields a as b, c as b
                        ^""",
    ),
    (
        "fields jsonParse(a) as m, m.k",
        """
warning: m.k is empty here; read it in a fields of its own
1 | fields jsonParse(a) as m, m.k
                              ^^^""",
    ),
    (
        "fields jsonParse(a) as m | sort m",
        """
error: m is a map or a list, which sort does not take; choose a key: m.key
1 | fields jsonParse(a) as m | sort m
                                    ^""",
    ),
    (
        "parse '* *' as a, b | relevantfields a where b = 1",
        """
error: relevantfields takes no field that parse has made, as a
1 | parse '* *' as a, b | relevantfields a where b = 1
                                         ^""",
    ),
    (
        "SOURCE logGroups(class: ['INFREQUENT_ACCESS']) | pattern @message",
        """
error: log groups of the Infrequent Access class do not take pattern
1 | SOURCE logGroups(class: ['INFREQUENT_ACCESS']) | pattern @message
                                                     ^^^^^^^""",
    ),
    (
        "join left=l right=r where k = r.k (SOURCE 'g')",
        """
warning: this side of the join is called l; write l.k
1 | join left=l right=r where k = r.k (SOURCE 'g')
                              ^""",
    ),
    (
        'parse "* *" as a, b | filter logStatus = "OK"',
        """
warning: after parse this misses the index of logStatus; filter before the parse
1 | parse "* *" as a, b | filter logStatus = "OK"
                                 ^^^^^^^^^""",
    ),
    (
        'filter strcontains(a, "b", true)',
        """
warning: the third argument of strcontains has no effect; use like /(?i).../
1 | filter strcontains(a, "b", true)
                               ^^^^""",
    ),
    (
        "filter a == 1",
        """
warning: == is not documented; write =
1 | filter a == 1
             ^^""",
    ),
    (
        'parse "* *" as a,\n| b',
        """
warning: this | stands inside a command, which goes on; leave it out
2 | | b
    ^""",
    ),
    (
        "head 3",
        """
warning: head is deprecated; write limit
1 | head 3
    ^^^^""",
    ),
    (
        "search a",
        """
warning: search is not documented; write filter @message like /.../
1 | search a
    ^^^^^^""",
    ),
    (
        'filter a = "漢字" and b = "e\u0301" and strlenn(c)',
        """
error: unknown function strlenn; did you mean strlen?
1 | filter a = "漢字" and b = "e\u0301" and strlenn(c)
                                      ^^^^^^^""",
    ),
    (
        'filter "漢字" like 漢字',
        """
error: like takes a text or /regex/; write "漢字"
1 | filter "漢字" like 漢字
                       ^^^^""",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "picture"), PICTURES)
def test_whole_pictures(text: str, picture: str) -> None:
    assert render(text, check(text)[0]) == picture.removeprefix("\n")


def test_a_field_of_a_known_format_has_a_picture_too() -> None:
    text = "filter srcAdr = 1"
    assert render(text, check(text, DEFAULT_FORMAT)[0]).split("\n") == [
        "warning: unknown field srcAdr; did you mean srcAddr?",
        "1 | filter srcAdr = 1",
        "           ^^^^^^",
    ]


def test_every_code_is_documented_and_has_a_picture() -> None:
    lines = re.findall(r"^    ([a-z].*)", check_module.__doc__ or "", re.MULTILINE)
    documented = {word for line in lines for word in re.findall(r"[a-z-]+", line.split(":")[0])}
    named = {word for line in lines for word in re.findall(r"^[a-z-]+", line)}
    shown = {check(text)[0].code for text, _ in PICTURES} | {"unknown-field", "argument"}
    assert shown <= documented
    assert named <= shown | {"arity"}


def test_an_invisible_character_has_a_name() -> None:
    assert check("\ufefffields a")[0].message == (
        "there is an invisible character, byte order mark (U+FEFF); delete it"
    )
    assert "zero width space (U+200B)" in check("fields a, \u200bb")[0].message
    assert "zero width joiner (U+200D)" in check('filter a = "b\u200d"')[0].message


def test_a_picture_sends_no_control_characters() -> None:
    text = "filter a \x1b[31m"
    lines = render(text, check(text)[0]).split("\n")
    assert lines == ["error: unexpected  ", "1 | filter a  [31m", " " * 13 + "^"]
    assert check("fields a\x9b\u202e()")[0].message.isprintable()


def test_an_empty_query_has_a_picture_too() -> None:
    lines = render("", check("")[0]).split("\n")
    assert lines[1:] == ["1 | ", "    ^"]


# The class of the log groups

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

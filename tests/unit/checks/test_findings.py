"""What `check` finds in a query: the code, the severity and the place."""

from __future__ import annotations

import pytest

from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.query.check import Severity, check
from tests.unit.checks.cases import (
    ACCOUNTS,
    DATA_SOURCES,
    ELEVEN_CASES,
    ELEVEN_STATS,
    JOIN,
    MANY_PARAMETERS,
    SUBQUERY,
    TAG,
    TOO_LONG,
    Place,
    span_of,
)


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

from __future__ import annotations

import re

import pytest

from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.errors import QuerySyntaxError
from flowtui.query import ast
from flowtui.query.check import Severity, check
from flowtui.query.lexer import tokenize
from flowtui.query.parser import parse, parse_tolerant
from flowtui.query.prelude import parse_command
from flowtui.query.printer import to_source, to_text
from tests.unit.corpus import ACCEPTED, DOUBTFUL, PLAYBOOK, SAMPLES

ARTICLE_PARSE = (
    'parse @message "* * * * * * * * * * * * * * * * * * * * * * * * * * *" as account_id, vpc_id, '
    "subnet_id, interface_id,instance_id, srcaddr, srcport, dstaddr, dstport, protocol, packets, "
    "bytes, action, log_status, start, end, flow_direction, traffic_path, tcp_flags, pkt_srcaddr, "
    "pkt_src_aws_service, pkt_dstaddr, pkt_dst_aws_service, region, az_id, sublocation_type, "
    "sublocation_id"
)
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
A, B, C, D = (ast.Field(name) for name in "abcd")


def condition(text: str) -> ast.Expr:
    (command,) = parse(f"filter {text}").commands
    assert isinstance(command, ast.Filter)
    return command.condition


def written_out(query: str) -> str:
    """The query with `PRIV(x)` in full."""

    def blocks(match: re.Match[str]) -> str:
        tests = (f'isIpv4InSubnet({match[1]},"{block}")' for block in PRIVATE)
        return f"({' or '.join(tests)})"

    return re.sub(r"PRIV\((\w+)\)", blocks, query)


@pytest.mark.parametrize("name", ACCEPTED)
def test_every_form_is_accepted_and_kept(name: str) -> None:
    text = ACCEPTED[name]
    found = check(text)
    assert [each.code for each in found] == DOUBTFUL.get(name, [])
    assert all(each.severity is Severity.WARNING for each in found)
    assert to_source(parse(text)) == text
    assert parse(to_text(parse(text))) == parse(text)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_the_guides_of_aws_write_is_accepted(name: str) -> None:
    text, codes = SAMPLES[name]
    found = check(text)
    assert [each.code for each in found] == codes
    assert all(each.severity is Severity.WARNING for each in found)
    assert to_source(parse(text)) == text
    assert parse(to_text(parse(text))) == parse(text)


@pytest.mark.parametrize("name", PLAYBOOK)
def test_the_playbook_is_accepted_behind_the_parse_of_the_article(name: str) -> None:
    text = f"{ARTICLE_PARSE}\n| {written_out(PLAYBOOK[name])}"
    assert check(text) == ()
    assert to_source(parse(text)) == text
    assert parse(to_text(parse(text))) == parse(text)


def test_the_playbook_answers_44_questions() -> None:
    assert {int(re.sub(r"\D", "", name)) for name in PLAYBOOK} == set(range(1, 45))


def test_the_parse_of_the_article_is_the_one_that_flowtui_writes() -> None:
    assert parse(ARTICLE_PARSE) == parse(parse_command(ARTICLE_FORMAT))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a or b and c", ast.Binary("or", A, ast.Binary("and", B, C))),
        ("not a = b and c", ast.Binary("and", ast.Unary("not", ast.Binary("=", A, B)), C)),
        ("!a", ast.Unary("not", A)),
        ("a == b + c * d", ast.Binary("=", A, ast.Binary("+", B, ast.Binary("*", C, D)))),
        ("a - b - c", ast.Binary("-", ast.Binary("-", A, B), C)),
        ("a ^ b ^ c", ast.Binary("^", ast.Binary("^", A, B), C)),
        ("-a ^ b", ast.Binary("^", ast.Unary("-", A), B)),
        ("a NOT LIKE b", ast.Binary("not like", A, B)),
        ("a not in [1]", ast.Binary("not in", A, ast.List((ast.Number("1"),)))),
        ("pkt-a", ast.Binary("-", ast.Field("pkt"), A)),
        ("`pkt-a`", ast.Field("pkt-a")),
        ("@`a b`.c", ast.Field("@a b.c")),
        ("f(*, a).k[0]", ast.Member(ast.Member(ast.Call("f", (ast.Star(), A)), "k"), "0")),
        ("bin (5 Minutes)", ast.Call("bin", (ast.Period(5, "Minutes"),))),
        ("TRUE", ast.Boolean(value=True)),
        (r'"a\"b\\c\d"', ast.String('a"b\\c\\d')),
        (r"/a\/b/", ast.Regex(r"a\/b")),
        ("{{ x }}", ast.Template("x")),
    ],
)
def test_expressions(text: str, tree: ast.Expr) -> None:
    assert condition(text) == tree


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("where a", ast.Filter(A)),
        ("order BY a DESC, b asc, c", ast.Sort((
            ast.SortKey(A, descending=True), ast.SortKey(B, descending=False), ast.SortKey(C),
        ))),
        ("head 3", ast.Limit(3)),
        ("limit any 3", ast.Limit(3, any=True)),
        ("stats f(a) as b by c as d offset 1h", ast.Stats(
            (ast.Item(ast.Call("f", (A,)), "b"),), (ast.Item(C, "d"),), ast.Period(1, "h")
        )),
        ('parse "* *" a, by', ast.Parse(None, ast.String("* *"), ("a", "by"))),
        ("parse a /(?<x>.)/", ast.Parse(A, ast.Regex("(?<x>.)"))),
        ("parse a /x/ as b multi", ast.Parse(A, ast.Regex("x"), ("b",), multi=True)),
        ("parse /(?<b>x)/ multi", ast.Parse(None, ast.Regex("(?<b>x)"), multi=True)),
        ("parse a LogFmt as m", ast.ParseFormat(A, "logfmt", ("m",))),
        ("parse csv as a, b", ast.ParseFormat(None, "csv", ("a", "b"))),
        ("parse csv csv as b", ast.ParseFormat(ast.Field("csv"), "csv", ("b",))),
        ('json field=a "k.sub" as b', ast.JsonField(A, ast.String("k.sub"), "b")),
        ("filterIndex a = 1 and b in [2]", ast.Filter(
            ast.Binary("and", ast.Binary("=", A, ast.Number("1")),
                       ast.Binary("in", B, ast.List((ast.Number("2"),)))), by_index=True,
        )),
        ("tail 3", ast.Limit(3, last=True)),
        ("unnest f(a).k into b", ast.Unnest(ast.Member(ast.Call("f", (A,)), "k"), "b")),
        ("unnest a.k into by", ast.Unnest(ast.Field("a.k"), "by")),
        ("expand a", ast.Expand(A)),
        ("lookup t x as a, b output y, z as `by`", ast.Lookup(
            "t", (ast.LookupMatch("x", A), ast.LookupMatch("b", B)),
            (ast.LookupOutput("y", "y"), ast.LookupOutput("z", "by")),
        )),
        ("lookup t a OutputNew b", ast.Lookup(
            "t", (ast.LookupMatch("a", A),), (ast.LookupOutput("b", "b"),), only_new=True
        )),
        ("cidrlookup t a as net OUTPUT b as c", ast.CidrLookup(
            "t", A, "net", (ast.LookupOutput("b", "c"),)
        )),
        ("join type=left left=l right=r where l.a = r.b (fields a | limit 1)", ast.Join(
            "l", "r", ast.Field("l.a"), ast.Field("r.b"),
            ast.Pipeline((ast.Fields((ast.Item(A),)), ast.Limit(1))), "left",
        )),
        ("join right=r type=inner left=l where l.a = r.b (fields a)", ast.Join(
            "l", "r", ast.Field("l.a"), ast.Field("r.b"),
            ast.Pipeline((ast.Fields((ast.Item(A),)),)), "inner",
        )),
        ("appendcols max=5 override=TRUE (fields a)", ast.AppendCols(
            ast.Pipeline((ast.Fields((ast.Item(A),)),)), override=True, max=5
        )),
        ("addtotals", ast.AddTotals()),
        ("addtotals row, col", ast.AddTotals((ast.Field("row"), ast.Field("col")))),
        ('addtotals col=true fieldname="all of it" a', ast.AddTotals((A,), "all of it", col=True)),
        ("accum a as b", ast.Accum(A, "b")),
        ("autoregress a p=2-4", ast.Autoregress(A, None, 2, 4)),
        ("autoregress a p=2 as b", ast.Autoregress(A, "b", 2)),
        ("filldown a b* c", ast.Filldown(("a", "b*", "c"))),
        ("filldown *", ast.Filldown(("*",))),
        ("fillmissing", ast.FillMissing()),
        ("fillmissing with -1 for a, 'x' for b", ast.FillMissing((
            ast.Fill(ast.Unary("-", ast.Number("1")), A), ast.Fill(ast.String("x"), B),
        ))),
        ("outlier param=3.0 action=Remove mark=true a b", ast.Outlier(
            (A, B), "remove", ast.Number("3.0"), mark=True
        )),
        ("sessionize a, b maxspan 30 minutes as c", ast.Sessionize(
            (A, B), ast.Period(30, "minutes"), "c"
        )),
        ("sessionize a as b maxspan 5m", ast.Sessionize((A,), ast.Period(5, "m"), "b")),
        ("COUNT_FREQUENT a", ast.CountFrequent((A,))),
        ("pattern concat(a)", ast.Pattern(ast.Call("concat", (A,)))),
        ("diff previousWeek", ast.Diff("previousWeek")),
        ("logcompare timeshift 7d", ast.LogCompare(ast.Period(7, "d"))),
        ("relevantfields a, b where c", ast.RelevantFields((A, B), C)),
        ("Anomaly # x", ast.Anomaly()),
        ("unmask", ast.Unmask()),
        ("Estimate", ast.Estimate()),
        ("SOURCE 'g' lg start=-1d end=now", ast.Source(
            (ast.LogGroupName("g"), ast.LogGroupName("lg")),
            ast.Unary("-", ast.Period(1, "d")), ast.Field("now"),
        )),
        ('SOURCE "g", "h" START=-3600s END=0s', ast.Source(
            (ast.LogGroupName("g"), ast.LogGroupName("h")),
            ast.Unary("-", ast.Period(3600, "s")), ast.Period(0, "s"),
        )),
        ('SOURCE "g" START=2026-08-20T09:30:00.000Z END=2026-08-20T10:30+02:00', ast.Source(
            (ast.LogGroupName("g"),),
            ast.IsoTime("2026-08-20T09:30:00.000Z"), ast.IsoTime("2026-08-20T10:30+02:00"),
        )),
        ('SOURCE logGroups(namePrefix: [], class: "STANDARD") START=-1w', ast.Source(
            (ast.LogGroups((ast.Named("namePrefix", ()),
                            ast.Named("class", (ast.String("STANDARD"),)))),),
            ast.Unary("-", ast.Period(1, "w")),
        )),
        ("source logGroups(namePrefix: ['a'], class: ['X']) dataSource(['s'])", ast.Source((
            ast.LogGroups((ast.Named("namePrefix", (ast.String("a"),)),
                           ast.Named("class", (ast.String("X"),)))),
            ast.DataSource((ast.String("s"),)),
        ))),
        ("source logGroups(accountIdentifiers: ['accountId' = '1'])", ast.Source((
            ast.LogGroups((ast.Named("accountIdentifiers", (ast.String("1"),)),)),
        ))),
        ('SOURCE logGroupTags([{"key": "a)", "values": ["b"]}])', ast.Source((
            ast.LogGroupTags('[{"key":"a)","values":["b"]}]'),
        ))),
        ('$`Top (GB)`(a="x", b=10)', ast.SavedCall("Top (GB)", (
            ast.Argument("a", ast.String("x")), ast.Argument("b", ast.Number("10")),
        ))),
        ("$Top()", ast.SavedCall("Top")),
        ("filter a in (SOURCE 'g' | fields b)", ast.Filter(ast.Binary("in", A, ast.Subquery(
            ast.Pipeline((ast.Source((ast.LogGroupName("g"),)), ast.Fields((ast.Item(B),))))
        )))),
        ("filter a not in (fields b)", ast.Filter(ast.Binary("not in", A, ast.Subquery(
            ast.Pipeline((ast.Fields((ast.Item(B),)),))
        )))),
        ("dedup a, `b`", ast.Dedup((A, B))),
        ("bogus (a | b) / 2", ast.Other("bogus", "bogus (a | b) / 2")),
    ],
)  # fmt: skip
def test_commands(text: str, command: ast.Command) -> None:
    assert parse(text).commands == (command,)


def test_every_node_knows_where_it_was_typed() -> None:
    text = "fields a # why\n| stats sum(bytes) as b by bin(5 minutes)"
    fields, stats = parse(text).commands
    assert isinstance(stats, ast.Stats)
    nodes: list[ast.Node] = [fields, stats, *stats.aggregates, *stats.keys, stats.keys[0].expr]
    assert [text[slice(*node.span)] for node in nodes] == [
        "fields a",
        "stats sum(bytes) as b by bin(5 minutes)",
        "sum(bytes) as b",
        "bin(5 minutes)",
        "bin(5 minutes)",
    ]
    assert text[slice(*fields.chunk)] == "fields a # why\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("stats SUM( bytes )", "SUM( bytes )"),
        ("stats sum(a\n+b)", "sum(a +b)"),
        ("stats `two words`", "two words"),
        ("stats count(*) as `a b`", "a b"),
    ],
)
def test_a_column_is_called_by_what_was_typed(text: str, name: str) -> None:
    (command,) = parse(text).commands
    assert isinstance(command, ast.Stats)
    assert command.aggregates[0].name == name


def test_one_error_for_each_bad_command() -> None:
    parsed = parse_tolerant("filter a = | fields b | limit x | filter (c")
    assert [error.span for error in parsed.errors] == [(9, 10), (30, 31), (41, 42)]
    assert [type(command) for command in parsed.pipeline.commands] == [
        ast.Other,
        ast.Fields,
        ast.Other,
        ast.Other,
    ]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("fields a b, c as, d e", ["b", "as", "e"]),
        ("filter a = = 1 and b > > 2 or c like", ["=", ">", "like"]),
        ("filter (a = = 1) and b in 22, 443", ["=", "22"]),
        ("stats count(*) n by a, b c, bin(5 parsecs)", ["n", "c", "parsecs"]),
        ("sort a ascending, b descending", ["ascending", "descending"]),
        ("fields a,, concat(b c)", [",", "c"]),
        ("fields a b\n| filter c d and e f", ["b", "d", "f"]),
        # What comes after such a slip can't be told from what it may have broken.
        ("filter (a = 1 and b = = 2", ["="]),
        ('filter a = = "b and c d', ["="]),
        ("filter a = = 1) and b c", ["="]),
        ("fields a -- the source, not the other one", ["--"]),
        ("filter a = 1 -- don't\n| limit x", ["--", "x"]),
        ("fields a--b, c d", ["d"]),
        ("parse @message '* *' as a b, c d", ["b"]),
    ],
)
def test_each_part_of_a_command_tells_its_first_error(text: str, wrong: list[str]) -> None:
    errors = parse_tolerant(text).errors
    assert [text[slice(*error.span)] for error in errors] == wrong
    assert errors == tuple(sorted(errors, key=lambda error: error.span))


@pytest.mark.parametrize("name", sorted({*ACCEPTED} - {"V86", "V88"}))
def test_one_slip_is_told_once(name: str) -> None:
    """But in a query in brackets: a slip may open the brackets, and make commands of the inside."""
    text = ACCEPTED[name]
    for token in tokenize(text):
        for typed in ("", f"{token.text} {token.text}", f"{token.text} slip "):
            slipped = text[: token.start] + typed + text[token.end :]
            assert len(parse_tolerant(slipped).errors) <= 1, slipped


@pytest.mark.parametrize("lags", ["1-999999999", "101", "5-4", "0"])
def test_how_far_autoregress_looks_back(lags: str) -> None:
    """Each lag is a column, and a billion names are more than an editor has time for."""
    with pytest.raises(QuerySyntaxError, match=r"expected a number of rows from \d to 100"):
        parse(f"autoregress a p={lags}")


def test_a_tree_that_is_too_deep_is_an_error_and_a_flat_one_is_not() -> None:
    with pytest.raises(QuerySyntaxError, match="brackets nest more than 100 deep"):
        parse("filter " + "(" * 101 + "a" + ")" * 101)
    with pytest.raises(QuerySyntaxError, match="more than 200 operators in a row"):
        parse("filter " + " or ".join(["a"] * 201))
    parse("filter " + " or ".join(["a"] * 199))
    parse("filter a in [" + ", ".join(["1"] * 1000) + "]")

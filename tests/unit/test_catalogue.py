"""The catalogue against the language: each entry is read, checked and run as it says."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.flowlogs.format import DEFAULT_FORMAT
from flowtui.model.errors import UnsupportedQuery
from flowtui.model.timerange import TimeRange
from flowtui.query import ast
from flowtui.query.catalogue import COMMANDS, FUNCTIONS, Engine, FunctionInfo, find_function
from flowtui.query.catalogue.commands import SAVED_CALL, UNREAD, CommandInfo, info_of
from flowtui.query.check import Severity, check
from flowtui.query.highlight import highlight
from flowtui.query.parser import parse
from flowtui.query.scope import calls_in
from flowtui.sql.environment import Blocks, LookupTable
from flowtui.sql.pipelines import Library
from flowtui.sql.scope import Table

README = Path(__file__).parents[2] / "README.md"
NOW = datetime(2022, 4, 1, 16, tzinfo=UTC)
WINDOW = TimeRange(NOW - timedelta(hours=1), NOW)
LIBRARY = Library(
    lookups={
        "hosts": LookupTable("hosts", "hosts", ("address", "name"), {}),
        "nets": LookupTable("nets", "nets", ("cidr", "site"), {"cidr": Blocks("", "")}),
    }
)


def refusal(text: str) -> str:
    """Why the local engine does not run the query; nothing if it does."""
    try:
        compile_query(text, [Table("g", DEFAULT_FORMAT, "g")], WINDOW, None, NOW, LIBRARY)
    except UnsupportedQuery as error:
        return str(error)
    return ""


def test_every_command_of_the_tree_is_in_it() -> None:
    nodes = [node for info in (*COMMANDS.values(), SAVED_CALL, UNREAD) for node in info.nodes]
    assert len(nodes) == len(set(nodes))
    assert set(nodes) == {node.__name__ for node in get_args(ast.Command)}


@pytest.mark.parametrize("info", COMMANDS.values(), ids=COMMANDS)
def test_a_command_is_what_it_says(info: CommandInfo) -> None:
    pipeline = parse(info.example)
    assert info.example.split("|")[-1].split()[0].lower() in (info.name.lower(), "limit", "stats")
    findings = check(info.example, DEFAULT_FORMAT)
    assert [each for each in findings if each.severity is Severity.ERROR] == []
    assert bool(findings) == bool(info.instead)
    if info.page:
        made = {type(command).__name__ for command in pipeline.commands}
        assert info.nodes == () or made.intersection(info.nodes)
        assert info.page.startswith("CWL_")


@pytest.mark.parametrize("info", COMMANDS.values(), ids=COMMANDS)
def test_a_command_runs_where_it_says(info: CommandInfo) -> None:
    name = info.example.split("|")[0].split()[0]
    refused = f"the local engine does not compute {name}; run it on CloudWatch"
    assert refusal(info.example) == ("" if info.runs_on(Engine.LOCAL) else refused)


@pytest.mark.parametrize("info", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_is_what_it_says(info: FunctionInfo) -> None:
    text = f"stats {info.example} as x" if info.aggregate else f"fields {info.example} as x"
    assert check(text, DEFAULT_FORMAT) == ()
    calls = [call for call in calls_in(parse(text)) if find_function(call.name) is info]
    assert calls
    assert {"function"} == {p.role for p in highlight(text) if text[p.start : p.end] == info.name}
    assert bool(refusal(text)) != info.runs_on(Engine.LOCAL)


@pytest.mark.parametrize("info", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_takes_as_many_arguments_as_its_signature_has(info: FunctionInfo) -> None:
    command = "stats" if info.aggregate else "fields"
    for count in range(25):
        written = f"{command} {info.name}({', '.join(['bytes'] * count)}) as x"
        codes = [each.code for each in check(written)]
        takes = info.least <= count and (info.most is None or count <= info.most)
        assert ("arity" in codes) != takes


def test_the_readme_says_what_is_refused_over_files() -> None:
    refused: dict[str, set[str]] = {}
    for command in COMMANDS.values():
        if reason := command.refused.get(Engine.LOCAL):
            refused.setdefault(reason, set()).add(command.name)
    for function in FUNCTIONS.values():
        if reason := function.refused.get(Engine.LOCAL):
            refused.setdefault(reason, set()).add(f"{function.name}()")
    lines = README.read_text().splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    told = {row[-1]: set(re.findall("`(.*?)`", row[0])) for row in rows if row[-1] in refused}
    assert told == refused


def test_what_the_class_that_costs_less_does_not_have() -> None:
    """LANGUAGE.md 1.4: the union of what three sources name."""
    refused = {i.name for i in COMMANDS.values() if not i.runs_on(Engine.INFREQUENT_ACCESS)}
    assert refused == {"pattern", "diff", "anomaly", "unmask", "filterIndex"}
    assert info_of(parse('filterIndex action = "REJECT"').commands[0]).name == "filterIndex"
    assert info_of(parse("tail 3").commands[0]).name == "tail"

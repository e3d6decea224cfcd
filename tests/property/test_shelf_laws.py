"""Laws of kept queries: what is found again, folders, and the parse command of a saved text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.engine.folders import folder_of, matching, parts, tree
from flowtui.flowlogs.format import ARTICLE_FORMAT, FlowFormat
from flowtui.journal.history import History
from flowtui.model.run import Query, QueryRun, RunId
from flowtui.model.saved_query import SavedQuery
from flowtui.query.prelude import prelude, without_prelude
from tests.unit.test_history import ENDED

# Lone surrogates, NUL, quotes and what is a wildcard elsewhere.
ANY_TEXT = st.text(st.characters(), max_size=12) | st.text(
    "%_'\"\0\ud800aA\\*?[]ßİ \n", max_size=12
)
NAMES = st.text("ab/ AB", max_size=10) | st.text(st.characters(), max_size=8)
FORMATS = st.sampled_from(
    [ARTICLE_FORMAT, ARTICLE_FORMAT.among_others(), FlowFormat.parse("${srcaddr} ${bytes}")]
)
BODIES = st.sampled_from(
    [
        "stats sum(bytes) by srcaddr",
        "fields @message\n| limit 5",
        "# a comment\nfilter srcaddr = '1'\n| stats count(*) by bin(5m)",
        'parse @message "* *" as srcaddr, bytes\n| stats sum(bytes) by srcaddr',
        "SOURCE '/a' | filter bytes > 1",
        "filter bytes > 1\n| parse @message '*' as x\n| filter srcaddr = x",
        "",
        "filter (",
    ]
)


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT), max_size=4), ANY_TEXT)
@example([("100%", "", "")], "0%")
@example([("a_b", "", "")], "a_")
@example([("ab", "", "")], "a_")
@example([("a\0b", "", "")], "\0B")
@example([("it's", "", "")], "'S")
@example([("\ud800", "\udfff", "")], "\ud800")
def test_a_run_is_found_by_the_words_it_has_and_no_others(
    runs: list[tuple[str, str, str]], typed: str
) -> None:
    with TemporaryDirectory() as folder:
        history = History(Path(folder) / "state.db")
        for number, (body, group, place) in enumerate(runs):
            query = Query(body, None, (group,), "parse")
            history.write("s", place, replace(ENDED, id=RunId(number), query=query))
        found = [entry.number - 1 for entry in history.find(typed)]
        kept = history.find("")
    words = typed.casefold().split()
    wanted = [
        number
        for number, run in enumerate(runs)
        if all(word in "\n".join(run).casefold() for word in words)
    ]
    assert found == wanted[::-1]
    assert [(e.query.body, *e.query.log_groups, e.place) for e in kept[::-1]] == runs


@given(ANY_TEXT, ANY_TEXT)
def test_a_query_comes_back_to_the_letter(body: str, before: str) -> None:
    with TemporaryDirectory() as folder:
        history = History(Path(folder) / "state.db")
        run: QueryRun = replace(ENDED, query=Query(body, None, (), before), handle=body)
        history.write("s", "p", run)
        (entry,) = history.find("")
    assert (entry.query, entry.handle) == (run.query, body)


@given(NAMES)
@example("/")
@example("a//b/")
def test_folders_and_label_are_the_name(name: str) -> None:
    assert "/".join(parts(name)) == name
    assert all(parts(name)) or not name
    assert name.startswith(folder_of(name))


@given(st.lists(NAMES, max_size=12))
def test_the_tree_has_each_query_once_below_its_folders(names: list[str]) -> None:
    queries = [SavedQuery(name, "", id=str(number)) for number, name in enumerate(names)]
    above: list[str] = []
    folders: list[tuple[str, ...]] = []
    found: list[SavedQuery] = []
    for line in tree(queries):
        assert line.depth <= len(above)
        above[line.depth :] = [line.label]
        if line.query is None:
            folders.append(tuple(above))
        else:
            assert tuple(above) == parts(line.query.name)
            found.append(line.query)
            above.pop()
    assert sorted(query.id for query in found) == sorted(query.id for query in queries)
    assert len(set(folders)) == len(folders)


@given(st.lists(NAMES, max_size=6), ANY_TEXT)
def test_what_matches_has_every_word(names: list[str], typed: str) -> None:
    queries = [SavedQuery(name, "Text of it") for name in names]
    words = typed.casefold().split()
    found = matching(queries, typed)
    for query in queries:
        has_all = all(word in f"{query.name}\ntext of it".casefold() for word in words)
        assert (query in found) is has_all


@given(BODIES, FORMATS, FORMATS | st.none())
def test_a_saved_text_that_is_opened_runs_as_it_was_saved(
    body: str, written_for: FlowFormat, read_for: FlowFormat | None
) -> None:
    saved = Query(body, None, (), prelude(body, written_for)).text
    opened = without_prelude(saved, read_for)
    assert Query(opened, None, (), prelude(opened, read_for)).text == saved
    if read_for == written_for and saved != body:
        assert opened == body

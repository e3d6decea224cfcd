"""The page of the language: what the code cites of it is there."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import flowtui
from tests.unit.corpus import ACCEPTED

ROOT = Path(flowtui.__file__).parent
PAGE = (ROOT / "query" / "LANGUAGE.md").read_text(encoding="utf-8")

NUMBER = r"[1-9]\d?(?:\.\d{1,2})?"
LIST = rf"{NUMBER}(?:(?:, | and )(?:{NUMBER}|seen|belief))*"
CITED = re.compile(rf"\(({LIST})\)|LANGUAGE\.md ({LIST})|\b(V\d\d)\b")
NAMED = re.compile(rf"^(?:##|###|-) ({NUMBER}) |^\| (V\d\d) ", re.MULTILINE)
MARK = re.compile(r"\[(\w+)[^\]`]*\](?!\()")


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """The comments and the docstrings, those under a name too, with their lines."""
    if not CITED.search(path.read_text(encoding="utf-8")):
        return
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Expr(ast.Constant(str(text))):
                yield node.lineno, text


def citations() -> Iterator[tuple[str, str]]:
    """Where something of the page is cited, and what."""
    for path in sorted(ROOT.rglob("*.py")):
        for line, text in comments(path):
            for found in CITED.finditer(" ".join(text.split())):
                names = re.findall(rf"{NUMBER}|V\d\d", " ".join(filter(None, found.groups())))
                yield from ((f"{path.relative_to(ROOT)}:{line}", name) for name in names)


def test_every_citation_names_a_section_or_a_case() -> None:
    named = {name for found in NAMED.findall(PAGE) for name in found if name}
    cited = list(citations())
    assert len(cited) > 150
    assert [each for each in cited if each[1] not in named] == []


def test_a_citation_of_nothing_is_found() -> None:
    """The pattern sees every way in which the code cites."""
    text = "loose (3.1), seen (1.6, seen), LANGUAGE.md 8.2 and 9.9; also (7) and (V44)"
    found = [" ".join(filter(None, each)) for each in CITED.findall(text)]
    assert found == ["3.1", "1.6, seen", "8.2 and 9.9", "7", "V44"]


def test_the_cases_are_those_of_the_corpus() -> None:
    cases = dict(re.findall(r"^\| (V\d\d) \| `(.*?)` \|", PAGE, re.MULTILINE))
    assert {name: " ".join(ACCEPTED[name].split()) for name in cases} == {
        name: text.replace("\\|", "|") for name, text in cases.items()
    }


def test_every_mark_is_one_of_the_four() -> None:
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", PAGE, flags=re.DOTALL)
    assert set(MARK.findall(prose)) == {"doc", "seen", "belief", "ours"}

"""What the language does with a text takes time in proportion to its length, whatever is in it.

Time is counted in lines of Python that run, which no other load of the machine changes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowtui.flowlogs.format import ARTICLE_FORMAT
from flowtui.model.errors import QueryError
from flowtui.query.catalogue import COMMANDS, FUNCTIONS
from flowtui.query.check import check
from flowtui.query.complete import complete
from flowtui.query.formatting import format_query
from flowtui.query.highlight import highlight
from flowtui.query.lexer import tokenize
from flowtui.query.parser import parse_tolerant
from flowtui.query.prelude import prelude

LENGTH = 240
MOST_GROWTH = 2.4
"""Times the steps, for twice the text; half of a text may be an error, and the other one not."""
FEW = 4_000
"""Steps that are not worth looking at."""

TOKENS = st.sampled_from(
    (*"|,()[]{}+-*/%^=!:.$~;?\\\"'`#\n\t @aé٣🙂\0\x1b\ud800\u200b",
     "==", "!=", "<=", "=~", "||", "&&", "--", "//", "/*", "{{p}}", "{{", "#x\n",
     '"x"', "'x'", "`x`", "/x/", "`a", "a`", "(?<x>", "a.b", ".a", "a.", "@message", "pkt-srcaddr",
     "1", "1.5", "5m", "15m9", "1e5", ".5", "10.0.0.1", "::1", "2026-08-20T09:30", "9" * 20,
     "or", "and", "not", "in", "like", "as", "by", "asc", "or a=1", "as b", "a=REJECT", "start=",
     "count(*)", "sum(bytes)", "bin(5m)", "in (fields a", "join", "distinct", "a b", "-1d",
     "a as b", "a+1 as b", "a in [1]")
)  # fmt: skip
PHRASES = st.sampled_from(
    (*(info.syntax for info in COMMANDS.values()), *(info.signature for info in FUNCTIONS.values()))
)
BLANKS = st.sampled_from(("", " ", "\n", "|", ",", "\t"))
COUNTER = st.sampled_from(("", "@#"))
"""What makes a name another one each time."""
BEGINNINGS = st.sampled_from(
    ("", "filter ", "fields ", "stats ", "stats count(*) by ", "sort ", "parse @message ",
     "source ", "limit ", "filter a in [", "lookup t ", "filter a=1|", "fillmissing ", "$q ",
     'filter a like "', "join type=inner left=l right=r where l.a=r.a (")
)  # fmt: skip
UNITS = st.tuples(TOKENS | PHRASES, COUNTER, BLANKS, TOKENS, COUNTER, BLANKS).map("".join)
_BY_HAND = os.environ.get("HYPOTHESIS_PROFILE") in ("hand", "night")
growth_law = settings(max_examples=4_000 if _BY_HAND else 40)

Work = Callable[[str], object]
WORKS: Mapping[str, Work] = {
    "tokens": tokenize,
    "parsing": parse_tolerant,
    "checking": lambda text: check(text, ARTICLE_FORMAT),
    "completing": lambda text: complete(text, len(text), ARTICLE_FORMAT),
    "completing in the middle": lambda text: complete(text, len(text) // 2, ARTICLE_FORMAT),
    "highlighting": lambda text: list(highlight(text)),
    "formatting": format_query,
    "the prelude": lambda text: prelude(text, ARTICLE_FORMAT),
}


class Steps:
    """A context manager that counts the lines that run, also those that run again in a loop."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Steps:
        self._before = sys.gettrace()
        sys.settrace(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _see(self, _frame: FrameType, _event: str, _argument: Any) -> Any:
        self.count += 1
        return self._see


def steps(work: Work, text: str) -> int:
    """So many it takes to do the `work`, of which nothing is known from before but the tokens."""
    forget()
    if work is not tokenize:
        tokenize(text)
    with suppress(QueryError), Steps() as counted:
        work(text)
    return counted.count


def forget() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("flowtui.query"):
            for each in vars(module).values():
                if hasattr(each, "cache_clear"):
                    each.cache_clear()
    # The lexer begins with what it has read lately.
    for unlike in range(10):
        tokenize(f"{unlike}")


def repeated(beginning: str, unit: str, length: int) -> str:
    """An even number of them: where one quote opens another one closes."""
    count = max(1, length // len(unit) // 4) * 4
    return beginning + "".join(unit.replace("@#", str(number)) for number in range(count))


@growth_law
@given(BEGINNINGS, UNITS)
@example("", "|\t")
@example("filter a=1 ", "or a=1 ")
@example("fields 1", "+1")
@example("stats ", "a|map")
@example("", "f@#(a)|")
@example("", "fields a@# as b@#|")
@example("filter a > ", "15m999")
def test_twice_the_text_takes_twice_the_steps(beginning: str, unit: str) -> None:
    for name, work in WORKS.items():
        once, twice = (steps(work, repeated(beginning, unit, LENGTH * n)) for n in (1, 2))
        if twice > max(FEW, MOST_GROWTH * once):
            fourfold = steps(work, repeated(beginning, unit, LENGTH * 4))
            assert fourfold <= MOST_GROWTH * twice, (name, once, twice, fourfold)

"""The document of the editor changes no character."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.ui.widgets.query_document import QueryDocument, with_line_feeds

TEXTS = st.text(st.sampled_from("ab\n\r\x0b\x0c\x1c\x85\u2028"), max_size=12)


def location(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n"), len(before.rpartition("\n")[2])


@given(TEXTS, TEXTS, st.integers(0, 12), st.integers(0, 12))
@example("a\nb", "\n", 1, 2)
@example("", "a\n", 0, 0)
def test_a_replaced_range_is_the_same_as_in_the_text(
    text: str, inserted: str, one: int, other: int
) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    document = QueryDocument(text)
    assert document.text == text
    top, bottom = location(text, start), location(text, end)
    result = document.replace_range(bottom, top, inserted)
    after = text[:start] + inserted + text[end:]
    assert document.text == after
    assert result.replaced_text == text[start:end]
    assert result.end_location == location(after, start + len(inserted))
    document.replace_range(top, result.end_location, result.replaced_text)
    assert document.text == text


def test_a_terminal_pastes_carriage_returns() -> None:
    assert with_line_feeds("a\rb\r\nc\nd") == "a\nb\nc\nd"

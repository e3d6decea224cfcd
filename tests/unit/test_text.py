from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.ui import text


@pytest.mark.parametrize(
    "character",
    "\0\t\n\x1b\x7f\x80\x9b\x9f\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ud800\udfff",
)
def test_what_could_steer_a_terminal_is_shown_as_a_dot(character: str) -> None:
    assert text.clean(f"a{character}b") == "a·b"


@given(st.text(st.characters(exclude_categories=())))
def test_clean_text_can_be_sent_and_keeps_its_length(foreign: str) -> None:
    shown = text.clean(foreign)
    assert len(shown) == len(foreign)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)
    shown.encode()


@pytest.mark.parametrize("harmless", ["", "eth0 [x]", "漢字 é 🙂", "no\u00a0break"])
def test_harmless_text_stays(harmless: str) -> None:
    assert text.clean(harmless) == harmless


def test_clean_lines_keeps_line_breaks() -> None:
    assert text.clean_lines("a\r\nb\nc\x1b\rd") == "a\nb\nc··d"


@pytest.mark.parametrize("value", ["0", "01", "-1", "+2", "1.5", ".5", "5.", "1e9", "9" * 5000])
def test_numbers(value: str) -> None:
    assert text.is_number(value)


@pytest.mark.parametrize("value", [None, "", "-", "nan", "inf", "1_0", " 1", "1 ", "0x1", "1.2.3"])
def test_what_is_no_number(value: str | None) -> None:
    assert not text.is_number(value)
    assert text.number(value) == 0


def test_numbers_are_exact_where_they_are_whole() -> None:
    assert text.number("9007199254740993") == 9007199254740993
    assert text.number("1e999") == 0


def test_natural_order_is_that_of_the_documentation() -> None:
    ascending = "!: # *%04 0# 5A 111A 2345_ @ @_ A A9876fghj a12345hfh 0 01 1 2 3"
    descending = ascending.split()[::-1]
    assert " ".join(sorted(descending, key=text.natural_key)) == ascending


def test_natural_order_of_addresses_missing_values_and_dashes() -> None:
    values = ["3", "10.0.0.10", None, "-", "10.0.0.9", "-5", "2.5"]
    assert sorted(values, key=text.natural_key) == [
        None,
        "-",
        "10.0.0.9",
        "10.0.0.10",
        "-5",
        "2.5",
        "3",
    ]


def test_a_log_group_that_goes_by_its_arn_is_told_by_its_account() -> None:
    assert (
        text.group_label("arn:aws:logs:eu-west-1:111122223333:log-group:/a:*") == "111122223333:/a"
    )
    assert text.group_label("/arn:x") == "/arn:x"
    assert text.group_label("arn:aws:s3:::bucket") == "arn:aws:s3:::bucket"


def test_of_a_long_text_only_the_beginning_is_sorted_by_its_numbers() -> None:
    long = "a9 " * 1_000_000
    key = text.natural_key(long)[2]
    assert key.endswith("a9 a9 a9 ")
    assert len(key) < len(long) + 100_000
    assert min([f"b10{long}", f"b9{long}"], key=text.natural_key).startswith("b9")

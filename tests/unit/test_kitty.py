"""Keys of other layouts, as a terminal with the kitty keyboard protocol tells of them."""

# ruff: noqa: RUF001  (letters of other scripts are what it is about)

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual import events

from flowtui.ui.terminal.kitty import KeyParser

SHIFT, ALT, CTRL, CAPS_LOCK, NUM_LOCK = 1, 2, 4, 64, 128


def report(code: str, base: str = "", bits: int = 0, *, shifted: str = "", text: str = "") -> str:
    """What a terminal sends that was asked for alternate keys and for text."""
    numbers = ":".join(str(ord(each)) if each else "" for each in (code, shifted, base))
    written = ":".join(str(ord(each)) for each in text)
    return f"\x1b[{numbers.rstrip(':')};{bits + 1};{written}u"


def keys(*sequences: str) -> list[tuple[str, str | None]]:
    parser = KeyParser()
    messages = [message for sequence in sequences for message in parser.feed(sequence)]
    return [(key.key, key.character) for key in messages if isinstance(key, events.Key)]


RUSSIAN, GREEK, HEBREW = ("п", "g"), ("ψ", "c"), ("ד", "s")


@pytest.mark.parametrize(("letter", "base"), [RUSSIAN, GREEK, HEBREW, ("ї", "]"), ("ㅁ", "a")])
def test_a_letter_is_the_key_of_the_standard_layout_and_writes_itself(
    letter: str, base: str
) -> None:
    key = {"]": "right_square_bracket"}.get(base, base)
    assert keys(report(letter, base, text=letter)) == [(key, letter)]
    assert keys(report(letter, base)) == [(key, letter)]
    assert keys(report(letter, base, NUM_LOCK, text=letter)) == [(key, letter)]


@pytest.mark.parametrize(("letter", "base"), [RUSSIAN, GREEK, HEBREW])
@pytest.mark.parametrize(
    ("bits", "name"), [(CTRL, "ctrl+"), (ALT, "alt+"), (CTRL | SHIFT, "ctrl+shift+")]
)
def test_a_chord_is_that_of_the_standard_layout(
    letter: str, base: str, bits: int, name: str
) -> None:
    assert keys(report(letter, base, bits)) == [(name + base, None)]
    assert keys(report(letter, base, bits | CAPS_LOCK | NUM_LOCK)) == [(name + base, None)]


@pytest.mark.parametrize(
    ("sequence", "key", "written"),
    [
        (report("п", "g", SHIFT, shifted="П", text="П"), "G", "П"),
        (report("п", "g", SHIFT, shifted="П"), "G", "П"),
        (report("п", "g", CAPS_LOCK, text="П"), "G", "П"),
        (report("п", "g", SHIFT | CAPS_LOCK, shifted="П", text="п"), "g", "п"),
        (report("σ", "s", SHIFT, shifted="Σ", text="Σ"), "S", "Σ"),
        (report("ד", "s", SHIFT, shifted="S", text="S"), "S", "S"),
        (report("ж", ";", SHIFT, shifted="Ж", text="Ж"), "colon", "Ж"),
        (report("х", "[", text="х"), "left_square_bracket", "х"),
    ],
)
def test_shift_and_caps_lock_count(sequence: str, key: str, written: str) -> None:
    assert keys(sequence) == [(key, written)]


def test_a_comma_on_the_key_of_a_letter_is_its_chord_where_the_layout_is_not_latin() -> None:
    greek_q, dvorak_z = report(";", "q", CTRL), report(";", "z", CTRL)
    assert keys(report("σ", "s", text="σ"), greek_q) == [("s", "σ"), ("ctrl+q", None)]
    assert keys(report("o", "s", text="o"), dvorak_z) == [("o", "o"), ("ctrl+semicolon", None)]
    assert keys(report("σ", "s"), report("o", "s", text="o"), dvorak_z)[-1][0] == "ctrl+semicolon"


def test_what_is_typed_there_is_the_comma() -> None:
    assert keys(report("σ", "s"), report(";", "q", text=";"))[-1] == ("semicolon", ";")
    assert keys(report("ק", "e"), report("/", "q", text="/"))[-1] == ("slash", "/")


def test_a_terminal_without_alternate_keys_is_read_as_before() -> None:
    assert keys("\x1b[1087;5u", "\x1b[1087;;1087u") == [("ctrl+п", None), ("п", "п")]


@pytest.mark.parametrize(
    ("sequence", "key"),
    [
        ("\x1b[27u", "escape"),
        ("\x1b[13u", "enter"),
        ("\x1b[127;5u", "ctrl+backspace"),
        ("\x1b[32;;32u", "space"),
        ("\x1b[57442;5u", "left_control"),
        ("\x1b[1;5A", "ctrl+up"),
        ("\x1b[15~", "f5"),
        ("\x07", "ctrl+g"),
        ("\x1b[103;5:1u", "ctrl+g"),
    ],
)
def test_other_keys_are_as_ever(sequence: str, key: str) -> None:
    assert [name for name, _ in keys(sequence)] == [key]


LATIN = string.ascii_lowercase + string.digits + string.punctuation + "äöüßéèàçñåøæłžşıöāṣ"


@given(
    st.sampled_from(LATIN),
    st.sampled_from(string.ascii_lowercase + string.punctuation),
    st.sampled_from([0, SHIFT, CTRL, ALT, CTRL | SHIFT, CAPS_LOCK]),
    st.booleans(),
)
@example("é", "2", 0, True)
@example("ö", ";", SHIFT, True)
def test_latin_layouts_keep_their_own_keys(
    letter: str, base: str, bits: int, is_written: bool
) -> None:
    text = letter if is_written and not bits & (CTRL | ALT) else ""
    upper = letter.upper() if len(letter.upper()) == 1 else letter
    told = report(letter, base, bits, shifted=upper, text=text)
    assert keys(told) == keys(report(letter, bits=bits, text=text))


@given(st.from_regex(r"\x1b\[[0-9:;]{0,20}u", fullmatch=True))
@example("\x1b[99999999;;99999999u")
@example("\x1b[1087:99999999:99999999;5u")
def test_no_report_is_too_odd(sequence: str) -> None:
    keys(sequence)

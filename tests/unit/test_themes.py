"""Themes are files of colours, and each is whole."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from flowtui.model.errors import UsageError
from flowtui.ui.themes import bundled_folder, load_themes

THEMES = {theme.name: theme for theme in load_themes(bundled_folder())}
COLOURS = (
    "primary", "secondary", "accent", "foreground", "background", "surface", "panel",
    "success", "warning", "error",
)  # fmt: skip


def colours(theme: Theme) -> dict[str, str | None]:
    return {name: getattr(theme, name) for name in COLOURS}


def test_there_is_a_dark_a_light_and_a_16_colour_theme() -> None:
    assert {"flowtui-dark", "flowtui-light", "flowtui-16"} <= set(THEMES)
    assert THEMES["flowtui-dark"].dark
    assert not THEMES["flowtui-light"].dark


def test_every_file_is_a_theme_of_its_own_name() -> None:
    assert sorted(THEMES) == sorted(path.stem for path in bundled_folder().glob("*.toml"))


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())
def test_a_theme_has_every_colour_and_textual_takes_it(theme: Theme) -> None:
    assert set(COLOURS) <= {each.name for each in fields(Theme)}
    for colour in colours(theme).values():
        assert colour is not None
        Color.parse(colour)
    assert theme.to_color_system().generate()["primary"]


def test_the_16_colour_theme_has_only_the_terminals_own_colours() -> None:
    theme = THEMES["flowtui-16"]
    assert all(str(colour).startswith("ansi_") for colour in colours(theme).values())
    assert all("ansi_" in value for value in theme.variables.values() if "#" in value)


@pytest.mark.parametrize("name", ["flowtui-dark", "flowtui-light"])
def test_text_can_be_read_on_every_ground(name: str) -> None:
    """4.5 to 1 is what WCAG 2.1 asks of text (AA)."""
    theme = THEMES[name]
    for ground in ("background", "surface", "panel"):
        for ink in ("foreground", "error", "warning", "primary"):
            ratio = contrast(getattr(theme, ink), getattr(theme, ground))
            assert ratio >= (4.5 if ink == "foreground" else 3.0), (ink, ground, ratio)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.1, 1 to 21."""
    light, dark = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_folder_that_is_not_there_has_no_themes(tmp_path: Path) -> None:
    assert list(load_themes(tmp_path / "nowhere")) == []


def test_a_later_folder_adds_to_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nprimary = "#123456"\n')
    names = [theme.name for theme in load_themes(bundled_folder(), tmp_path)]
    assert names == [*THEMES, "mine"]


@pytest.mark.parametrize(
    "text",
    [
        "name = ",
        'name = "x"',
        'name = "x"\nprimary = "#123456"\nnosuch = 1\n',
        'name = "x"\nprimary = "no colour"\n',
        'name = "x"\nprimary = 3\n',
        'name = 3\nprimary = "#123456"\n',
        'name = "x"\nprimary = "#123456"\nvariables = {a = [1]}\n',
        'name = "x"\nprimary = "#123456"\ndark = "yes"\n',
        f'name = "x"\nprimary = "#123456"\ntext_alpha = {"1" * 5000}\n',
        f"name = {'[' * 1000}",
        b"\xff\xfe",
    ],
    ids=[
        "toml",
        "lacks",
        "unknown",
        "colour",
        "kind",
        "name",
        "variables",
        "dark",
        "digits",
        "deep",
        "bytes",
    ],
)
def test_a_file_that_is_no_theme_is_named_in_a_sentence(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError, match=f"can't read the theme {path}"):
        list(load_themes(tmp_path))


def test_a_theme_that_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(UsageError, match=r"can't read the theme .*pipe.toml: it is not a file"):
        list(load_themes(tmp_path))

"""Themes: one TOML file of colours each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import Theme

from flowtui.model.errors import UsageError
from flowtui.model.user_files import read_toml

COLOURS = frozenset(
    ("primary", "secondary", "accent", "foreground", "background", "surface", "panel", "boost",
     "success", "warning", "error")
)  # fmt: skip
"""The colours in the file of a theme; the names are Textual's."""


def bundled_folder() -> Path:
    """Where the wheel, or else the checkout, keeps the themes."""
    installed = Path(__file__).parents[1] / "themes"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "themes"


def load_themes(*folders: Path) -> Iterator[Theme]:
    """Every theme in the folders, in order of name; raises `UsageError` for a file that is none."""
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            yield _load(path)


def _load(path: Path) -> Theme:
    try:
        values = read_toml(path)
        _check_kinds(values)
        for name in COLOURS & values.keys():
            Color.parse(values[name])
        theme = Theme(**values)
        # Its variables are read when it is shown.
        theme.to_color_system().generate()
    except OSError as error:
        raise UsageError(f"can't read the theme {path}: {error.strerror}") from error
    except ColorParseError as error:
        raise UsageError(f"can't read the theme {path}: {error}; write it like #4fa3d9") from error
    except (ValueError, TypeError, OverflowError) as error:
        raise UsageError(f"can't read the theme {path}: {error}") from error
    return theme


_KINDS: Mapping[str, tuple[type, ...]] = {
    "dark": (bool,),
    "luminosity_spread": (float, int),
    "text_alpha": (float, int),
    "variables": (dict,),
    "ansi": (bool,),
}
"""Everything else in a theme is a text."""


def _check_kinds(values: Mapping[str, object]) -> None:
    """Raise `TypeError` for what is no part of a theme, or what Textual would fail on later."""
    if "name" not in values or "primary" not in values:
        raise TypeError("a theme needs a name, and a primary colour")
    known = {field.name for field in fields(Theme)}
    for name, value in values.items():
        if name not in known:
            raise TypeError(f"a theme has no {name}")
        kinds = _KINDS.get(name, (str,))
        is_wrong = not isinstance(value, kinds)
        if isinstance(value, dict):
            is_wrong = is_wrong or not all(isinstance(each, str) for each in value.values())
        if is_wrong:
            raise TypeError(f"{name} has a value of the wrong kind")

"""Themes: one TOML file of colours each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import Theme

from flowtui.model.errors import UsageError

COLOURS = frozenset(
    ("primary", "secondary", "accent", "foreground", "background", "surface", "panel", "boost",
     "success", "warning", "error")
)  # fmt: skip
"""What is a colour in the file of a theme; the names are Textual's."""


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
        values = tomllib.loads(path.read_text("utf-8"))
        for name in COLOURS & values.keys():
            Color.parse(str(values[name]))
        return Theme(**values)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise UsageError(f"can't read the theme {path}: {error}") from error
    except ColorParseError as error:
        raise UsageError(f"can't read the theme {path}: {error}; write it like #4fa3d9") from error

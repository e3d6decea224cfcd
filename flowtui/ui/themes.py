"""Themes: one TOML file of colours each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from textual.theme import Theme

from flowtui.model.errors import UsageError


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
        return Theme(**tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise UsageError(f"can't read the theme {path}: {error}") from error

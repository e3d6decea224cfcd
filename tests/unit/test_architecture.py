"""The map of the code says only what is there."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from operator import attrgetter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAP = (ROOT / "flowtui" / "ARCHITECTURE.md").read_text("utf-8")
PATHS = re.findall(r"`((?:\w+/)+\w+(?:\.\w+)?)`", MAP)
NAMES = re.findall(r"`(\w+(?:/\w+)*:[\w.]+)`", MAP)


def test_its_layers_are_those_that_are_checked() -> None:
    (block,) = re.findall(r"```text\n(.*?)```", MAP, re.DOTALL)
    drawn = [line.split("  ")[0] for line in block.splitlines()]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    checked = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    assert drawn == [layers.replace("flowtui.", "") for layers in checked]


@pytest.mark.parametrize("path", sorted(set(PATHS)))
def test_each_path_is_there(path: str) -> None:
    places = (ROOT / path, ROOT / "flowtui" / path, ROOT / "flowtui" / f"{path}.py")
    assert any(place.exists() for place in places)


@pytest.mark.parametrize("name", sorted(set(NAMES)))
def test_each_name_is_there(name: str) -> None:
    module, _, attribute = name.partition(":")
    assert attrgetter(attribute)(import_module(f"flowtui.{module.replace('/', '.')}"))


def test_every_layer_and_most_of_the_seams_are_walked() -> None:
    walked = {path.partition("/")[0] for path in (*PATHS, *NAMES)}
    assert walked >= {"cli", "ui", "journal", "engine", "backends", "sql", "query", "model"}


def test_values_are_made_by_frozen_which_costs_the_start_of_a_command_less() -> None:
    ours = ROOT / "flowtui" / "model" / "frozen.py"
    texts = ((path, path.read_text("utf-8")) for path in (ROOT / "flowtui").rglob("*.py"))
    slow = re.compile(r"@dataclass\([^)]*frozen=True[^)]*slots=True")
    assert [path for path, text in texts if path != ours and slow.search(text)] == []

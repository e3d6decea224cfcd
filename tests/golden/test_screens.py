"""Each screen and dialogue looks as it is kept in `screens`; a difference is for a person to judge.

`python -m tests.golden` writes them anew, and `git diff` shows what has changed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.tour import WAYS, walk, walk_in_16_colours

SCREENS = Path(__file__).parent / "screens"


def kept(name: str) -> str:
    return (SCREENS / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("way", WAYS)
async def test_every_screen_looks_as_it_is_kept(way: str, tmp_path: Path) -> None:
    looks = await walk(way, WAYS[way], tmp_path)
    different = [name for name, text in looks.items() if f"{text}\n" != kept(name)]
    assert not different, looks[different[0]]


async def test_sixteen_colours_look_as_they_are_kept(tmp_path: Path) -> None:
    for name, text in (await walk_in_16_colours(tmp_path)).items():
        assert f"{text}\n" == kept(name)


def test_nothing_is_kept_that_nobody_shows() -> None:
    names = {f"{stop.name}.{size}" for stops in WAYS.values() for stop in stops
             for size in ("80x24", "120x40")}  # fmt: skip
    assert {path.stem for path in SCREENS.glob("*.txt")} == {*names, "complete.16-colours"}

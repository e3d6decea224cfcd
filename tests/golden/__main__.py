"""Write all screens anew: `python -m tests.golden`."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from tests.golden.test_screens import SCREENS
from tests.golden.tour import WAYS, walk, walk_in_16_colours


async def write() -> None:
    for old in SCREENS.glob("*.txt"):
        old.unlink()
    looks: dict[str, str] = {}
    for way, stops in WAYS.items():
        with tempfile.TemporaryDirectory() as folder:
            looks |= await walk(way, stops, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        looks |= await walk_in_16_colours(Path(folder))
    for name, text in looks.items():
        (SCREENS / f"{name}.txt").write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    for name in ("NO_COLOR", "COLORTERM"):
        os.environ.pop(name, None)
    asyncio.run(write())

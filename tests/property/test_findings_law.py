"""Whatever happens on a made-up day stands among the first findings, with figures that are true.

The seeds are others than the rules were tried on. More of them by hand: HYPOTHESIS_PROFILE=hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowtui.flowlogs.rule import bundled_rules
from tests.incidents.asking import asking, rows_of, told_figures
from tests.incidents.plant import PLANTS, Planted, a_day

_SEEDS = {"quick": 1, "ci": 1, "default": 1, "hand": 12, "night": 60}
_COUNT = _SEEDS[os.environ.get("HYPOTHESIS_PROFILE", "default")]
_HOURS = (1,) if _COUNT == 1 else (1, 2, 3, 6, 12, 24)
"""Of long days a record is made by the hundred thousand."""
_FIGURES = {rule.name: dict(rule.figures or {}) for rule in bundled_rules()}


def seeds(plant: str) -> Iterator[int]:
    """Each kind has its own, so that a few days show many networks."""
    first = 70_000 + 1000 * ["", *PLANTS].index(plant)
    return iter(range(first, first + _COUNT))


@pytest.mark.parametrize(("plant", "seed"), [(p, s) for p in PLANTS for s in seeds(p)])
async def test_what_happened_is_among_the_first_five(tmp_path: Path, plant: str, seed: int) -> None:
    day, planted = a_day(seed, plant, _HOURS)
    assert planted is not None
    async with asking(tmp_path, day.lines, day.format) as asker:
        run = await asker.findings()
        rows = rows_of(run)
        assert any(_tells(row, planted) for row in rows[:5]), [row["sentence"] for row in rows]
        for row in rows[:5]:
            wanted = _FIGURES[row["rule"]]
            if wanted:
                assert await asker.figures(run, row, wanted) == told_figures(row), row["sentence"]


@pytest.mark.parametrize("seed", [seed for each in ("", "beacon") for seed in seeds(each)])
async def test_a_quiet_day_has_three_findings_at_most(tmp_path: Path, seed: int) -> None:
    day, _ = a_day(seed, hours=_HOURS)
    async with asking(tmp_path, day.lines, day.format) as asker:
        rows = rows_of(await asker.findings())
    assert len(rows) <= 3, [row["sentence"] for row in rows]


def _tells(row: dict[str, str], planted: Planted) -> bool:
    is_about = not planted.who or planted.who in (row["who"], row["whom"])
    return row["rule"] in planted.rules and is_about

"""Rows with values of megabytes and with a thousand columns, to look at and to copy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowtui.model.run import ResultSet, RunState, Snapshot, Statistics
from tests.pilot.service import ScriptedService, Seen, Terminal, make_app, using


def done(results: ResultSet) -> ScriptedService:
    return ScriptedService([Snapshot(RunState.COMPLETE, results, Statistics(2, 10, 100, 2))])


def message(text: str) -> ResultSet:
    return ResultSet(("action", "@message"), (("1", text), ("2", "short")))


async def read_to_its_end(seen: Seen) -> str:
    await seen.press("i")
    await seen.press("end")
    return re.sub(r"[\s│▁▂▃▄▅▆▇█▎▌]+", "", seen.text)


@pytest.mark.parametrize("character", ["x", "é", "日", "\x1b"])
async def test_a_value_of_almost_a_megabyte_can_be_read_to_its_end(character: str) -> None:
    async with using(make_app(done(message(character * 400_000 + "THE END")))) as seen:
        await seen.run()
        assert "THEEND" in await read_to_its_end(seen)
        await seen.press("home")
        assert "THE END" not in seen.text
        await seen.press("escape")
        assert seen.screen is seen.workspace


async def test_of_a_longer_one_is_said_what_is_not_shown() -> None:
    async with using(make_app(done(message("x" * 10_000_000)))) as seen:
        await seen.run()
        assert "xxx" in seen.text
        assert "(9,500,000charactersmore;ycopiesthemall)" in await read_to_its_end(seen)


async def test_a_short_row_is_shown_as_before_and_words_are_not_broken() -> None:
    text = " ".join(["wonderful"] * 30)
    async with using(make_app(done(message(text)))) as seen:
        await seen.run()
        await seen.press("i")
        assert seen.text.count("wonderful") >= 30


async def test_a_table_that_takes_long_is_copied_while_keys_go_on(tmp_path: Path) -> None:
    terminal, text = Terminal(), "x" * 2_000_000
    app = make_app(done(message(text)), terminal=terminal, folder=tmp_path)
    async with using(app) as seen:
        await seen.run()
        await seen.press("y", "t")
        await seen.press("down")
        assert seen.grid.cursor_row == 1
        await seen.until(lambda: seen.remark.startswith("saved to "))
        path = Path(seen.remark.removeprefix("saved to "))
    assert path.read_text() == f"action,@message\n1,{text}\n2,short\n"  # noqa: ASYNC240  (it is short)
    assert terminal.written == []


async def test_no_query_is_written_with_a_value_that_has_no_room_in_one() -> None:
    async with using(
        make_app(done(message("x" * 1_000_000)), body="display action, @message")
    ) as seen:
        await seen.run()
        await seen.press("right")
        for key in ("plus", "minus", "equals_sign", "underscore"):
            await seen.press(key)
            assert "too few for this value; copy it (y)" in seen.remark
        assert seen.editor.text == "display action, @message"


async def test_a_thousand_columns_are_walked_through_and_shown() -> None:
    names = tuple(f"column{n}" for n in range(1000))
    rows = tuple(tuple(f"{row}-{n}" for n in range(1000)) for row in range(60))
    async with using(make_app(done(ResultSet(names, rows)))) as seen:
        await seen.run()
        await seen.press("end")
        assert "column999" in seen.text
        assert seen.grid.column_position == (1000, 1000)
        assert "column999" in await read_to_its_end(seen)

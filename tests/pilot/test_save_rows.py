"""Rows saved to a file of one's choice, by `>`."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from flowtui.ui.screens.dialogs import ConfirmScreen
from flowtui.ui.screens.save_rows import SaveRowsScreen, completed
from tests.pilot.service import (
    FIRST_PAIRS,
    PAIRS_DONE,
    ScriptedService,
    Seen,
    make_app,
    never,
    using,
)


async def ask_for(seen: Seen, name: str) -> None:
    await seen.press("greater_than_sign", "ctrl+u", *name, "enter")


async def test_all_rows_go_to_the_file_that_is_named(tmp_path: Path) -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]), folder=tmp_path)) as seen:
        await seen.run()
        await ask_for(seen, "pairs.csv")
        await seen.until(lambda: seen.remark.startswith("saved 20 rows to"))
        path = tmp_path / "pairs.csv"
        assert seen.remark == f"saved 20 rows to {path} (CSV)"
        assert len(path.read_text().splitlines()) == 21


async def test_a_file_is_overwritten_only_where_that_is_agreed_to(tmp_path: Path) -> None:
    path = tmp_path / "pairs.json"
    path.write_text("mine")
    async with using(make_app(ScriptedService([PAIRS_DONE]), folder=tmp_path)) as seen:
        await seen.run()
        await ask_for(seen, path.name)
        await seen.until(lambda: isinstance(seen.screen, ConfirmScreen))
        await seen.press("escape")
        assert seen.remark == "not saved"
        assert path.read_text() == "mine"
        await ask_for(seen, path.name)
        await seen.until(lambda: isinstance(seen.screen, ConfirmScreen))
        await seen.pilot.pause()
        await seen.press("enter")
        await seen.until(lambda: seen.remark.startswith("saved 20 rows to"))
        assert path.read_text() != "mine"


async def test_a_wrong_ending_is_said_where_it_is_typed(tmp_path: Path) -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]), folder=tmp_path)) as seen:
        await seen.run()
        await ask_for(seen, "pairs.doc")
        assert isinstance(seen.screen, SaveRowsScreen)
        assert "does not say a format" in seen.text
        await seen.press("escape")
        assert not (tmp_path / "pairs.doc").exists()


async def test_a_folder_that_is_not_there_is_said_where_it_is_typed(tmp_path: Path) -> None:
    async with using(make_app(ScriptedService([PAIRS_DONE]), folder=tmp_path)) as seen:
        await seen.run()
        await ask_for(seen, "none/pairs.csv")
        assert isinstance(seen.screen, SaveRowsScreen)
        assert "there is no folder" in seen.text
        assert seen.screen.query_one(Input).value == "none/pairs.csv"


async def test_rows_that_still_come_are_not_saved(tmp_path: Path) -> None:
    app = make_app(ScriptedService([FIRST_PAIRS, never()]), folder=tmp_path)
    async with using(app) as seen:
        await seen.press("f5")
        await seen.until(lambda: bool(seen.session.state.trail))
        await seen.press("ctrl+o", "greater_than_sign")
        assert seen.remark.startswith("the query still runs")


async def test_tab_completes_the_path(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "one.csv").touch()
    (tmp_path / "cases" / "one.json").touch()
    async with using(make_app(ScriptedService([PAIRS_DONE]), folder=tmp_path)) as seen:
        await seen.run()
        await seen.press("greater_than_sign", "ctrl+u", *"cas", "tab", "o", "tab")
        assert "cases/one." in seen.text
        assert "one.csv  one.json" in seen.text
        await seen.press("c")
        assert "one.csv  one.json" not in seen.text


def test_a_path_goes_on_as_far_as_it_can(tmp_path: Path) -> None:
    for name in ("alpha.csv", "alpine.csv", ".hidden"):
        (tmp_path / name).touch()
    assert completed("al", tmp_path) == ("alp", ["alpha.csv", "alpine.csv"])
    assert completed("alpi", tmp_path) == ("alpine.csv", ())
    assert completed("", tmp_path) == ("alp", ["alpha.csv", "alpine.csv"])
    assert completed(".h", tmp_path) == (".hidden", ())
    assert completed("zzz", tmp_path) == ("zzz", ())
    assert completed("no/x", tmp_path) == ("no/x", ())
    assert completed("a\0", tmp_path) == ("a\0", ())
    assert completed(f"{tmp_path}/alpi", Path("/")) == (f"{tmp_path}/alpine.csv", ())

"""The rows of a result in a file: whole, private, and never over another by itself."""

from __future__ import annotations

import csv
import json
import os
from io import StringIO
from pathlib import Path

import duckdb
import pytest

from flowtui.backends.duckdb import parquet_file
from flowtui.engine import saved_rows
from flowtui.engine.saved_rows import FORMATS, FileExists, path_of, save_rows
from flowtui.model.errors import UsageError
from flowtui.model.run import ResultSet

NAMES = ("@timestamp", "srcaddr", "bytes", "account_id", "mean", "note", "@ptr")
ROWS = ResultSet(
    NAMES,
    (
        ("2026-11-30 14:55:14.000", "10.0.0.1", "12", "123456789012", "1.5", "=1+1", "1"),
        ("2026-11-30 14:55:15.000", "-", "-", None, "2", "é\n|", "2"),
    ),
)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_is_private_and_leaves_nothing_beside_it(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows{ending}"
    said = save_rows(ROWS, path)
    assert said.startswith(f"saved 2 rows to {path} ({FORMATS[ending].name})")
    assert path.stat().st_mode & 0o777 == 0o600
    assert names_in(tmp_path) == [path.name]


def test_csv_is_safe_in_a_spreadsheet_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    assert "because a spreadsheet would take it for a formula" in save_rows(ROWS, path)
    rows = list(csv.reader(StringIO(path.read_text("utf-8"), newline="")))
    assert rows[0] == list(NAMES[:-1])
    assert rows[1][5] == "'=1+1"
    assert rows[2][3:] == ["", "2", "é\n|"]
    assert "formula" not in save_rows(ROWS, path, overwrites=True, raw=True)
    assert "=1+1" in path.read_text().split(",")[10]


def test_json_and_ndjson_have_the_values_as_they_came(tmp_path: Path) -> None:
    for ending in (".json", ".ndjson"):
        save_rows(ROWS, tmp_path / f"rows{ending}")
    whole = json.loads((tmp_path / "rows.json").read_text())
    lines = (tmp_path / "rows.ndjson").read_text().splitlines()
    assert whole == list(map(json.loads, lines)) == [ROWS.record(0), ROWS.record(1)]


def test_columns_of_parquet_have_types_and_their_dash_is_null(tmp_path: Path) -> None:
    path = tmp_path / "it's.parquet"
    save_rows(ROWS, path)
    with duckdb.connect() as connection:
        table = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        assert [(name, str(kind)) for name, kind, *_ in table.description] == [
            ("@timestamp", "TIMESTAMP"), ("srcaddr", "VARCHAR"), ("bytes", "BIGINT"),
            ("account_id", "VARCHAR"), ("mean", "DOUBLE"), ("note", "VARCHAR"),
        ]  # fmt: skip
        first, second = table.fetchall()
    assert first[0].isoformat() == "2026-11-30T14:55:14"
    assert first[1:] == ("10.0.0.1", 12, "123456789012", 1.5, "=1+1")
    assert second[1:] == ("-", None, None, 2.0, "é\n|")


@pytest.mark.parametrize("ending", FORMATS)
def test_a_result_without_rows_is_a_file_too(ending: str, tmp_path: Path) -> None:
    for number, columns in enumerate(((), ("srcaddr",))):
        save_rows(ResultSet(columns, ()), tmp_path / f"{number}{ending}")
    assert len(names_in(tmp_path)) == 2


def test_a_file_that_is_there_stays_unless_somebody_says_so(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("mine")
    with pytest.raises(FileExists, match="is there already"):
        save_rows(ROWS, path)
    assert path.read_text() == "mine"
    save_rows(ROWS, path, overwrites=True)
    assert path.read_text() != "mine"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_that_somebody_makes_meanwhile_stays(
    has_links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.csv"

    def slow(_: ResultSet, part: Path) -> None:
        part.write_text("rows")
        path.write_text("theirs")

    def no_link(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setitem(FORMATS, ".csv", saved_rows.FileFormat("CSV", slow))
    if not has_links:
        monkeypatch.setattr(os, "link", no_link)
    with pytest.raises(FileExists):
        save_rows(ROWS, path)
    assert path.read_text() == "theirs"
    assert names_in(tmp_path) == ["rows.csv"]


def test_without_links_the_file_is_made_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", no_link)
    save_rows(ROWS, tmp_path / "rows.json")
    assert names_in(tmp_path) == ["rows.json"]
    assert len(json.loads((tmp_path / "rows.json").read_text())) == 2


def test_a_link_is_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("before")
    link.symlink_to(real)
    save_rows(ROWS, link, overwrites=True)
    assert link.is_symlink()
    assert real.read_text().startswith("@timestamp")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rows", "'rows' does not say a format; end it with .csv, .json, .ndjson, .md, .parquet"),
        ("rows.xlsx", "does not say a format"),
        ("no/rows.csv", "there is no folder .*/no; make it, or name another one"),
        ("n" * 300 + ".csv", "File name too long"),
        ("a\0b.csv", "name another file"),
        ("folder.csv", "is no file that rows can be written to"),
    ],
)
def test_a_name_that_can_t_be_is_one_sentence(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UsageError, match=said) as raised:
        save_rows(ROWS, tmp_path / name)
    assert "\n" not in str(raised.value)
    assert names_in(tmp_path) == ["folder.csv"]


@pytest.mark.parametrize("ending", FORMATS)
def test_a_full_disk_is_one_sentence_and_leaves_nothing(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    monkeypatch.setattr(parquet_file, "_columns", _no_room)
    with pytest.raises(UsageError, match=r"can't write .*; name another file"):
        save_rows(ROWS, tmp_path / f"rows{ending}")
    assert names_in(tmp_path) == []


def _no_room(*_: object) -> list[str]:
    raise duckdb.IOException("Could not write file: No space left on device")


def test_a_home_folder_that_nobody_has_is_one_sentence(tmp_path: Path) -> None:
    assert path_of("~/x.csv", tmp_path) == Path.home() / "x.csv"
    assert path_of("x.csv", tmp_path) == tmp_path / "x.csv"
    with pytest.raises(UsageError, match="no home folder"):
        path_of("~nobody-has-it/x.csv", tmp_path)

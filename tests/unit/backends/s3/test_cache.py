"""What was fetched is kept, up to a size."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from flowtui.backends.s3.cache import Cache
from flowtui.backends.s3.requests import Object
from flowtui.model.errors import SourceError


def keep(cache: Cache, wanted: Object) -> Path:
    with cache.draft(wanted) as draft:
        draft.write(b"x" * wanted.size)
    path = cache.kept(wanted)
    assert path is not None
    return path


def thing(key: str, etag: str = '"1"', size: int = 10) -> Object:
    return Object("logs", key, size, etag)


def test_another_etag_or_bucket_is_another_object(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 1000)
    keep(cache, thing("a/b.log"))
    assert cache.has(thing("a/b.log"))
    assert not cache.has(thing("a/b.log", '"2"'))
    assert not cache.has(Object("other", "a/b.log", 10, '"1"'))


def test_a_draft_that_is_not_finished_is_not_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 1000)
    with suppress(KeyboardInterrupt), cache.draft(thing("a")) as draft:
        draft.write(b"x")
        raise KeyboardInterrupt
    assert not cache.has(thing("a"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_was_used_least_lately_goes_first_and_what_is_in_use_stays(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 25)
    paths = [keep(cache, thing(name)) for name in "abcd"]
    for age, path in enumerate(paths):
        os.utime(path, (1000 - age, 1000 - age))
    cache.kept(thing("d"))
    cache.trim(spared=[paths[2]])
    assert [path.exists() for path in paths] == [False, False, True, True]


@pytest.mark.parametrize("key", ["a/..", "a/b\n.log", "a/" + "x" * 900, ".hidden", "a/\udcff"])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    path = keep(Cache(tmp_path, 1000), thing(key))
    assert path.resolve().is_relative_to(tmp_path.resolve())
    assert path.name == "object"


def test_a_folder_that_can_t_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(SourceError, match=r"can't be kept in .*; free some disk space"),
        Cache(tmp_path / "file" / "s3", 1).draft(thing("a")),
    ):
        pass


def put(cache: Cache, wanted: Object, start: int, end: int) -> Path:
    with cache.piece(wanted, start, end) as file:
        file.write(b"x" * (end - start))
    path = cache.in_pieces(wanted)
    assert path is not None
    return path


def test_pieces_are_known_of_the_object_that_they_are_of(tmp_path: Path) -> None:
    cache, wanted = Cache(tmp_path, 1000), thing("a.parquet", size=100)
    assert not cache.pieces(wanted)
    put(cache, wanted, 10, 20)
    path = put(cache, wanted, 15, 30)
    assert cache.pieces(wanted).each == ((10, 30),)
    assert path.stat().st_size == wanted.size
    assert not cache.has(wanted)
    assert cache.kept(wanted) is None
    assert not cache.pieces(thing("a.parquet", '"2"', size=100))


def test_a_piece_that_broke_off_is_none(tmp_path: Path) -> None:
    cache, wanted = Cache(tmp_path, 1000), thing("a.parquet", size=100)
    put(cache, wanted, 0, 10)
    with suppress(KeyboardInterrupt), cache.piece(wanted, 50, 60) as file:
        file.write(b"x")
        raise KeyboardInterrupt
    with cache.piece(wanted, 70, 80) as file:
        file.write(b"x")
    assert cache.pieces(wanted).each == ((0, 10),)


def test_what_is_noted_of_pieces_goes_with_them(tmp_path: Path) -> None:
    cache, wanted = Cache(tmp_path, 1000), thing("a.parquet", size=100)
    put(cache, wanted, 0, 10).unlink()
    assert not cache.pieces(wanted)
    put(cache, wanted, 50, 60)
    assert cache.pieces(wanted).each == ((50, 60),)


@pytest.mark.parametrize("noted", [b"", b"{}", b"[1]", b'{"inode": 1, "ranges": [[0, 100]]}'])
def test_a_note_that_tells_nothing_is_no_piece(tmp_path: Path, noted: bytes) -> None:
    cache, wanted = Cache(tmp_path, 1000), thing("a.parquet", size=100)
    path = put(cache, wanted, 0, 10)
    path.with_name(f"{path.name}.ranges").write_bytes(noted)
    assert not cache.pieces(wanted)


def test_holes_take_no_room(tmp_path: Path) -> None:
    cache, large = Cache(tmp_path, 1_000_000), thing("a.parquet", size=100_000_000)
    path = put(cache, large, 50_000_000, 50_010_000)
    assert cache.held()[0] < 100_000
    cache.trim()
    assert path.exists()
    Cache(tmp_path, 1_000).trim()
    assert not cache.pieces(large)

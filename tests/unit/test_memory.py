"""What is remembered from one session to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowtui.memory import MOST_RECENT, Memory
from flowtui.model.errors import UsageError

HOME, AWAY = "prod/eu-west-1", "test/us-east-1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "memory.json"


def test_recent_groups_are_kept_for_each_place(path: Path) -> None:
    Memory(path).use(HOME, ("/a", "/b"))
    Memory(path).use(AWAY, ("/x",))
    Memory(path).use(HOME, ("/c", "/b"))
    assert Memory(path).recent(HOME) == ("/c", "/b", "/a")
    assert Memory(path).recent(AWAY) == ("/x",)
    assert Memory(path).recent("nowhere") == ()


def test_not_all_groups_are_remembered_for_ever(path: Path) -> None:
    Memory(path).use(HOME, [f"/{n}" for n in range(50)])
    assert len(Memory(path).recent(HOME)) == MOST_RECENT


def test_formats_are_kept_beside_the_recent_groups(path: Path) -> None:
    Memory(path).use(HOME, ("/a",))
    Memory(path).keep_format(HOME, "/a", "${srcaddr}")
    Memory(path).keep_format(HOME, "/b", "${dstaddr}")
    assert Memory(path).format(HOME, "/a") == "${srcaddr}"
    assert Memory(path).format(AWAY, "/a") == ""
    assert Memory(path).recent(HOME) == ("/a",)


def test_only_the_user_can_read_the_file(path: Path) -> None:
    Memory(path).use(HOME, ("/a",))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert [each.name for each in path.parent.iterdir()] == ["memory.json"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"recent": 1, "formats": []}', '{"recent": {"p": {}}}', "\udcff"]
)
def test_a_broken_file_counts_as_empty(text: str, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(text.encode(errors="surrogateescape"))
    memory = Memory(path)
    assert memory.recent("p") == ()
    assert memory.format("p", "g") == ""
    memory.use("p", ("/a",))
    assert memory.recent("p") == ("/a",)


def test_what_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't remember this in"):
        Memory(tmp_path / "file" / "memory.json").use(HOME, ("/a",))

"""What lies in a folder and is no flow log is named; what comes by a pipe is kept."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import threading
from pathlib import Path

import pytest

from flowtui.backends.duckdb.ingest import streams
from flowtui.backends.duckdb.ingest.discovery import check_source, find_source
from flowtui.backends.duckdb.ingest.streams import find_streamed, is_stream
from flowtui.flowlogs.format import DEFAULT_FORMAT
from flowtui.model.errors import SourceError

DEFAULT = (
    "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249"
    " 1418530010 1418530070 ACCEPT OK\n"
)


def names(folder: Path) -> list[str]:
    return [file.name for file in find_source(folder).files]


def reasons(folder: Path) -> str:
    return "\n".join(map(str, find_source(folder).skipped))


def test_markers_and_manifests_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(DEFAULT)
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / "_committed_1").write_text("{}")
    (tmp_path / "empty.log").touch()
    (tmp_path / "export-manifest.json").write_text(json.dumps({"files": ["a.log"]}))
    (tmp_path / "result.csv.metadata").write_bytes(b"\x08\x01\x12\x00")
    assert names(tmp_path) == ["a.log"]
    assert len(find_source(tmp_path).skipped) == 5
    assert "_SUCCESS is no flow log: it tells of the job" in reasons(tmp_path)
    assert "empty.log is empty" in reasons(tmp_path)


def test_a_folder_of_nothing_but_markers(tmp_path: Path) -> None:
    (tmp_path / "_SUCCESS").touch()
    with pytest.raises(SourceError, match=r"no file in .* has flow logs: .*_SUCCESS is no flow"):
        find_source(tmp_path)


def test_links_are_followed_once(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.log").write_text(DEFAULT)
    (folder / "again").symlink_to(folder)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.log").write_text(DEFAULT)
    (folder / "linked").symlink_to(tmp_path / "other")
    (folder / "nowhere").symlink_to(tmp_path / "gone")
    (folder / "self").symlink_to(folder / "self")
    assert sorted(names(folder)) == ["a.log", "b.log"]
    assert reasons(folder).count("leads nowhere") == 2
    with pytest.raises(SourceError, match="self can't be read"):
        find_source(folder / "self")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is kept from root")
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(DEFAULT)
    for name in ("b.log", "inner"):
        path = tmp_path / name
        path.mkdir() if name == "inner" else path.write_text(DEFAULT)
        path.chmod(0)
    assert names(tmp_path) == ["a.log"]
    assert reasons(tmp_path).count("Permission denied") == 2


def test_a_pipe_is_read_once_and_kept(tmp_path: Path) -> None:
    pipe, kept = tmp_path / "pipe", tmp_path / "kept"
    os.mkfifo(pipe)
    kept.mkdir()
    assert is_stream(pipe)
    content = gzip.compress(DEFAULT.encode())
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    found = find_streamed(pipe, kept, None)
    writer.join()
    assert (found.name, found.taken_for) == (str(pipe), "text, 14 fields")
    assert found.size == len(content)


@pytest.mark.parametrize(
    ("line", "free", "words"),
    [
        (b"y\n", 10**12, "no line of .*pipe fits"),
        (
            DEFAULT.encode(),
            8 << 20,
            r"pipe has not ended after [45]\.\d+ MB, half of what was free",
        ),
    ],
)
def test_a_pipe_without_an_end_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes, free: int, words: str
) -> None:
    monkeypatch.setattr(streams, "_LOOKED_AT", 2 << 20)
    monkeypatch.setattr(streams, "free_bytes", lambda _: free)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write() -> None:
        with contextlib.suppress(BrokenPipeError), pipe.open("wb") as endless:
            while True:
                endless.write(line * 1000)

    writer = threading.Thread(target=write)
    writer.start()
    with pytest.raises(SourceError, match=words):
        find_streamed(pipe, tmp_path, None)
    writer.join()


def test_a_pipe_with_nothing_in_it_is_named(tmp_path: Path) -> None:
    for content, words in ((b"", "nothing came by"), (b"hello\n", "no line of .*pipe fits")):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(content,))
        writer.start()
        with pytest.raises(SourceError, match=words) as caught:
            find_streamed(pipe, tmp_path, None)
        writer.join()
        assert "stream-" not in str(caught.value)
        pipe.unlink()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x00\x01\x02\x03" * 9, "is not text in UTF-8"),
        (b"BZh91AY&SY no more", "is a broken bz2 file"),
        (b"\x28\xb5\x2f\xfd no more", "is a broken zstd file"),
        (b"\xfd7zXZ\x00 no more", "is a broken xz file"),
        (b"PK\x03\x04 no more", "is a broken zip file"),
        (b"PAR1 no more", "is a broken Parquet file"),
        (b"[]", "is JSON without flow logs in it"),
        (b'{"message": "a b c"}', "no record of the JSON in .*a.log fits the default format"),
        (b"timestamp,message\n", "is CSV without flow logs in it"),
        (b"logs/a.log".ljust(257, b"\0") + b"ustar\0" * 9, "is a tar archive; unpack it, and give"),
        # The words before the record may be fields, so that it is in another format.
        (b"vpc-0a1b2c3d4e5f " + DEFAULT.encode(), "fits the default format of 14 fields"),
        (b"10.0.0.1 443 - " + DEFAULT.encode(), "fits the default format of 14 fields"),
    ],
)
def test_bad_files_get_a_sentence(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(content)
    for find in (find_source, check_source):
        with pytest.raises(SourceError, match=words) as caught:
            find(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "taken_for"),
    [
        (DEFAULT.encode("utf-16"), "text, 14 fields, in UTF-16"),
        (gzip.compress(DEFAULT.encode("utf-16")), "text, 14 fields, in UTF-16"),
        (b"srcaddr,bytes\n10.0.0.1,5\n".decode().encode("utf-16-be"), "CSV, 2 fields, in UTF-16"),
    ],
)
def test_how_a_file_is_encoded_is_said(content: bytes, taken_for: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(content)
    found = find_source(path)
    assert found.taken_for == taken_for
    assert not found.is_plain
    (tmp_path / "b.log").write_text(DEFAULT)
    assert find_source(tmp_path).taken_for == f"1 file of {taken_for}; 1 file of text, 14 fields"


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/full"])
def test_a_device_is_refused_for_it_may_have_no_end(device: str) -> None:
    assert not is_stream(Path(device))
    with pytest.raises(SourceError, match=f"{device} is not a file"):
        find_source(Path(device))


def test_a_header_says_what_the_words_are_also_before_a_record_of_another_format(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.log"
    names = " ".join(info.name for info in DEFAULT_FORMAT.fields)
    path.write_text(f"team {names}\nblue: {DEFAULT}")
    found = find_source(path)
    assert found.format.fields[0].name == "team"
    assert len(found.format.fields) == 1 + len(DEFAULT_FORMAT.fields)

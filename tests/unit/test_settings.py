from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowtui.model.errors import UsageError
from flowtui.settings import Settings, load


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == Settings()


def test_what_the_user_has_set(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        'theme = "light"\nprice_per_gb = 1\nconfirm_above_gb = 1\nstop_above_gb = 2.5\n'
        "local_time = true\n"
        '[keys]\nrun = "f9"\n[formats]\n"/vpc/edge" = "${srcaddr}"\n'
        '[lookups]\nknown_hosts = "hosts.csv"\n'
        '[queries]\n"Top talkers (GB)" = "filter action = {{action}}"\n'
    )
    assert load(path) == Settings(
        "light",
        1,
        confirm_above_gb=1,
        stop_above_gb=2.5,
        local_time=True,
        keys={"run": "f9"},
        formats={"/vpc/edge": "${srcaddr}"},
        lookups={"known_hosts": "hosts.csv"},
        queries={"Top talkers (GB)": "filter action = {{action}}"},
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("colour = 1", "unknown setting colour"),
        ("theme = 1", "the setting theme"),
        ("price_per_gb = true", "the setting price_per_gb"),
        ("confirm_above_gb = -0.5", "the setting confirm_above_gb in .* can't be -0.5"),
        ("stop_above_gb = true", "the setting stop_above_gb"),
        ("stop_above_gb = '10'", "the setting stop_above_gb"),
        ("stop_above_gb = -1", "the setting stop_above_gb in .* can't be -1; 0 is no limit"),
        ("stop_above_gb = nan", "the setting stop_above_gb in .* can't be nan; 0 is no limit"),
        ("price_per_gb = inf", "the setting price_per_gb in .* can't be inf"),
        ("price_per_gb = 1e400", "the setting price_per_gb in .* can't be inf"),
        (f"price_per_gb = 1{'0' * 400}", "the setting price_per_gb in .* can't be 1000"),
        ("price_per_gb = -1", "the setting price_per_gb in .* can't be -1; a price is 0 or more"),
        ("memory_gb = 0.1", "the setting memory_gb in .* can't be 0.1; 0 is a quarter"),
        ("loaded_cache_gb = -1", "loaded_cache_gb in .* can't be -1; 0 keeps nothing"),
        ("memory_gb = nan", "the setting memory_gb in .* can't be nan"),
        (f"price_per_gb = {'1' * 5000}", "can't read the settings in .* a number .* too long"),
        (f"keys = {'[' * 1000}", "can't read the settings"),
        (f"keys = {'{a=' * 1000}", "can't read the settings"),
        ("local_time = 1", "the setting local_time"),
        ("keys = {run = 9}", "the setting keys"),
        ("keys = []", "the setting keys"),
        ("lookups = {hosts = 9}", "the setting lookups"),
        ("lookups = 'hosts.csv'", "the setting lookups"),
        ("lookups = {'known-hosts' = 'h.csv'}", "in .*: a lookup table .* called 'known-hosts'"),
        ("queries = {Top = 9}", "the setting queries"),
        ("queries = []", "the setting queries"),
        ("names = {a = 1}", "the setting names"),
        ("theme = ", "can't read the settings"),
        ("theme = '\udcff'", "can't read the settings"),
    ],
)
def test_a_bad_setting_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=sentence) as error:
        load(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_in_its_place_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't read the settings"):
        load(tmp_path)


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(UsageError, match=r"can't read the settings in .*: (it is not a|Is a)"):
            load(path)


def test_a_file_that_nobody_wrote_by_hand_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("# " + "x" * (1 << 20))
    with pytest.raises(UsageError, match="it has more than 1 MB"):
        load(path)

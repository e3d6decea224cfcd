"""The user's settings: one typed object, read once from a TOML file."""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path

from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen
from flowtui.model.user_files import read_toml


@frozen
class Settings:
    theme: str = "flowtui-dark"
    """The name of a theme: bundled, or a file in the themes folder beside the settings."""
    price_per_gb: float = 0.005
    """US dollars for each GB (10^9 bytes) that Logs Insights scans, for the estimate shown."""
    confirm_above_gb: float = 0.0
    """A run on CloudWatch that may scan more GB than that is asked about first; 0 is never."""
    stop_above_gb: float = 0.0
    """A query on CloudWatch that has scanned more GB than that is stopped; 0 is no such limit."""
    athena_price_per_tb: float = 5.0
    """Dollars; it differs from region to region."""
    s3_confirm_above_gb: float = 0.2
    """A run over more GB of objects in S3 than that is asked about first: loading so much takes a
    minute or two. 0 is never."""
    s3_cache_gb: float = 2.0
    """What is fetched from S3 is kept, up to so many GB, in the cache folder."""
    loaded_cache_gb: float = 4.0
    """Large files and folders are kept as they were loaded, up to so many GB, in the cache folder,
    so that a later start reads nothing again. 0 keeps none; `flowtui cache` shows and clears them.
    """
    memory_gb: float = 0.0
    """GB of memory that files and the queries over them may take; 0 is a quarter of the machine's.
    The program stays under twice as much."""
    local_time: bool = False
    """Show times in this machine's zone and not in UTC."""
    since: str = ""
    """The time to begin with, where no option says it: `3h`, `today`; empty is `1h` on CloudWatch
    and everything over files."""
    times: Sequence[str] = ()
    """What the time dialogue offers besides the times that were asked about before."""
    chart_glyphs: str = "blocks"
    """What bars over time are made of: `blocks` (eighths), `braille` (two in a cell), `ascii`."""
    mouse: bool = True
    """Take clicks, drags and the wheel; without it the terminal selects text by itself."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Binding id to keys: `{"run": "f11"}`."""
    formats: Mapping[str, str] = field(default_factory=dict)
    """Log group to flow log format, whatever EC2 says of it: `{"/vpc/edge": "${srcaddr} ..."}`."""
    lookups: Mapping[str, str] = field(default_factory=dict)
    """Lookup table to CSV file, for `lookup` and `cidrlookup` over files: `{"hosts": "h.csv"}`.
    A relative path begins at the folder of the settings."""
    names: Mapping[str, str] = field(default_factory=dict)
    """A word for where names are from, to a CSV file of them: `{"inventory": "hosts.csv"}`, with
    an address, a block or an id of AWS in the first column. They are shown beside what they name.
    A relative path begins at the folder of the settings."""
    queries: Mapping[str, str] = field(default_factory=dict)
    """Saved query to text, for calls over files: `$Name(a="x")` puts `"x"` where it has `{{a}}`."""


def load(path: Path) -> Settings:
    """The settings in the file; the defaults where there is none. Raises `UsageError`."""
    try:
        values = read_toml(path)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise UsageError(f"can't read the settings in {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"can't read the settings in {path}: {error}") from error
    for name, value in values.items():
        _check(path, name, value)
    return Settings(**values)


_KINDS: Mapping[str, tuple[type, ...]] = {
    "theme": (str,),
    "price_per_gb": (float, int),
    "athena_price_per_tb": (float, int),
    "confirm_above_gb": (float, int),
    "stop_above_gb": (float, int),
    "s3_confirm_above_gb": (float, int),
    "s3_cache_gb": (float, int),
    "loaded_cache_gb": (float, int),
    "memory_gb": (float, int),
    "local_time": (bool,),
    "since": (str,),
    "times": (list,),
    "chart_glyphs": (str,),
    "mouse": (bool,),
    "keys": (dict,),
    "formats": (dict,),
    "lookups": (dict,),
    "names": (dict,),
    "queries": (dict,),
}

_CHOICES: Mapping[str, tuple[str, ...]] = {"chart_glyphs": ("blocks", "braille", "ascii")}

_LIMITS = ("confirm_above_gb", "stop_above_gb", "s3_confirm_above_gb", "s3_cache_gb")
_LEAST_MEMORY_GB = 0.25


def _check(path: Path, name: str, value: object) -> None:
    if name not in _KINDS:
        known = ", ".join(_KINDS)
        raise UsageError(f"unknown setting {name} in {path}; there are {known}")
    # True is an int for Python, but no price.
    is_wrong = not isinstance(value, _KINDS[name]) or (
        isinstance(value, bool) and bool not in _KINDS[name]
    )
    if isinstance(value, dict):
        is_wrong = is_wrong or not all(isinstance(each, str) for each in value.values())
    if isinstance(value, list):
        is_wrong = is_wrong or not all(isinstance(each, str) for each in value)
    if is_wrong:
        raise UsageError(f"the setting {name} in {path} has a value of the wrong kind")
    if name in _CHOICES and value not in _CHOICES[name]:
        known = ", ".join(_CHOICES[name])
        raise UsageError(f"the setting {name} in {path} can't be {value!r}; it is one of {known}")
    if isinstance(value, (float, int)):
        _check_number(path, name, value)
    for time in value if name == "times" and isinstance(value, list) else [value]:
        if name in ("since", "times") and isinstance(time, str):
            _check_time(path, name, time)
    if name == "lookups" and isinstance(value, dict):
        _check_tables(path, value)


def _check_number(path: Path, name: str, value: float) -> None:
    """Raise `UsageError` for a number that is none of these things."""
    if name in _LIMITS:
        # Not "less than zero": TOML has nan, too.
        _refuse_unless(value >= 0, path, name, value, "0 is no limit")
    if name == "loaded_cache_gb":
        _refuse_unless(value >= 0, path, name, value, "0 keeps nothing")
    if name == "memory_gb":
        is_enough = value == 0 or value >= _LEAST_MEMORY_GB
        _refuse_unless(is_enough, path, name, value, "0 is a quarter of the machine's, 0.25 least")
    if name in ("price_per_gb", "athena_price_per_tb"):
        _refuse_unless(value >= 0, path, name, value, "a price is 0 or more")
    _refuse_unless(_is_finite(value), path, name, value, "write a smaller number")


def _refuse_unless(is_right: bool, path: Path, name: str, value: float, advice: str) -> None:
    if not is_right:
        told = reprlib.repr(value)
        raise UsageError(f"the setting {name} in {path} can't be {told}; {advice}")


def _is_finite(value: float) -> bool:
    """An integer may be too large to be a DOUBLE at all."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _check_time(path: Path, name: str, text: str) -> None:
    from flowtui.model.time_entry import read_time

    try:
        read_time(text, datetime.now(UTC))
    except UsageError as error:
        raise UsageError(f"the setting {name} in {path}: {error}") from None


def _check_tables(path: Path, tables: Mapping[str, object]) -> None:
    for table in tables:
        try:
            check_lookup_name(table)
        except UsageError as error:
            raise UsageError(f"in {path}: {error}") from None


def check_lookup_name(name: str) -> None:
    """Raise `UsageError` if no lookup table can be called so (LANGUAGE.md 1.4)."""
    if not re.fullmatch(r"[A-Za-z0-9_]{1,256}", name, re.ASCII):
        raise UsageError(
            f"a lookup table can't be called {name!r}; use letters, digits and underscores"
        )

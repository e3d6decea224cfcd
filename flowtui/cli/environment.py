"""The surroundings of the program: the clock, the user's settings, and where it keeps things."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowtui.model.source import DataSource
    from flowtui.settings import Settings


def now() -> datetime:
    return datetime.now(UTC)


def config_folder() -> Path:
    """Where the user's settings and themes are."""
    from platformdirs import user_config_path

    return user_config_path("flowtui")


def load_settings(source: DataSource) -> Settings:
    """The user's settings, for this source. Raises `UsageError`.

    What is at hand costs nothing, and no limit holds for it; what is fetched from S3 has its own.
    """
    from flowtui import settings
    from flowtui.model.source import AthenaSource, CloudWatchSource, S3Source

    loaded = settings.load(config_folder() / "config.toml")
    if isinstance(source, CloudWatchSource):
        return loaded
    if isinstance(source, AthenaSource):
        return replace(loaded, price_per_gb=loaded.athena_price_per_tb / 1000)
    limit = loaded.s3_confirm_above_gb if isinstance(source, S3Source) else 0.0
    return replace(loaded, price_per_gb=0.0, confirm_above_gb=limit, stop_above_gb=0.0)


def cache_folder() -> Path:
    """What can be fetched again."""
    from platformdirs import user_cache_path

    return user_cache_path("flowtui")


def state_folder() -> Path:
    """The folder of what is kept from one session to the next."""
    from platformdirs import user_state_path

    return user_state_path("flowtui")


def state_file() -> Path:
    """The database of the history and of the investigations."""
    return state_folder() / "state.db"

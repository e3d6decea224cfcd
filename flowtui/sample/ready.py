"""The sample ready-made: each log group as a Parquet file, which is read where it lies.

To make the incident takes half a second, and to read it as text longer. Each field is a column, a
text or a number, which is NULL for `-`; `start` and `end` are seconds since `first`.
`python -m tests.ready_sample` writes the files anew; a test holds them against what is made.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from flowtui.model.frozen import frozen

MINUTES = 360
"""Of the incident."""


@frozen
class ReadyGroup:
    name: str
    """Of the log group."""
    text_size: int
    """Bytes of the records as lines."""
    is_recent: bool
    """Whether it ends with the sample; else its times are those of the article."""

    @property
    def file_name(self) -> str:
        return f"{self.name.rpartition('/')[2]}.parquet"

    def first(self, end: datetime) -> int:
        """Unix seconds, where the sample ends at `end`."""
        return int(end.timestamp()) - MINUTES * 60 if self.is_recent else 0

    def content(self) -> bytes:
        """The file's."""
        return Path(__file__).with_name(self.file_name).read_bytes()


ARTICLE = ReadyGroup("/vpc/article", text_size=908_148, is_recent=False)
INCIDENT = ReadyGroup("/vpc/incident", text_size=47_419_190, is_recent=True)

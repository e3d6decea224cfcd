"""A log group as far as it is known: its size, its class and the format of its records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from flowtui.flowlogs.format import FlowFormat
from flowtui.model.frozen import frozen
from flowtui.model.timerange import TimeRange

TABLE = "table"
"""The source of the format of a table, which a catalog tells."""
INFREQUENT_ACCESS = "INFREQUENT_ACCESS"
"""The class that costs less and takes less of the language (LANGUAGE.md 1.4)."""


@frozen
class LogGroup:
    """A place with flow logs, as the picker shows it."""

    name: str
    arn: str = ""
    """Without a trailing `:*`: the form that StartQuery takes."""
    stored_bytes: int | None = None
    retention_days: int | None = None
    log_class: str = ""
    """As DescribeLogGroups has it; empty where it is not known."""
    created: datetime | None = None
    format: FlowFormat | None = None
    """The format of its records, where it is known."""
    candidates: tuple[FlowFormat, ...] = ()
    """The formats to choose from where the user has to say which, the likeliest first."""
    format_source: str = ""
    """The source of the format: the ids of flow logs, `table`, or `inferred`."""
    taken_for: str = ""
    """What its files were taken for, and how many lines do not fit."""
    is_mixed: bool = False
    """Whether its records have several formats."""
    sample: tuple[str, ...] = ()
    """Records that were read to infer the format."""
    notice: str = ""
    """One sentence that the user should know about it."""
    format_notice: str = ""
    """Why the format is unknown or not certain: of no use to a user who gives one."""
    no_flow_logs: str = ""
    """Why flow logs do not give the format, so that it is inferred from its records."""
    progress: float = 1.0
    """The share of its records, 0 to 1, that can be queried already."""
    so_far: TimeRange | None = None
    """From the first to the last of these, as long as they are not all."""

    is_provisional: bool = False
    """Whether more is known of it once its records were read, so that it is worth asking again."""

    @property
    def unread(self) -> LogGroup:
        """The same, without what was learned from its records."""
        if not self.no_flow_logs:
            return self
        return replace(
            self,
            format=None,
            candidates=(),
            format_source="",
            is_mixed=False,
            sample=(),
            format_notice=self.no_flow_logs,
        )


def least_class(groups: Iterable[LogGroup]) -> str:
    """The class of those that take the least of the language; empty where none is known."""
    classes = {group.log_class for group in groups}
    return INFREQUENT_ACCESS if INFREQUENT_ACCESS in classes else min(classes, default="")

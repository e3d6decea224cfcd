"""A log group as far as it is known: its size, its class and the format of its records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flowtui.flowlogs.format import FlowFormat


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A place with flow logs, as the picker shows it."""

    name: str
    arn: str = ""
    """Without a trailing `:*`: the form that StartQuery takes."""
    stored_bytes: int | None = None
    retention_days: int | None = None
    log_class: str = ""
    created: datetime | None = None
    format: FlowFormat | None = None
    """The format of its records, where it is known."""
    candidates: tuple[FlowFormat, ...] = ()
    """What the format may be where the user has to say which, the likeliest first."""
    format_source: str = ""
    """What tells the format: the ids of flow logs, or `inferred`."""
    is_mixed: bool = False
    """Whether its records have several formats."""
    sample: tuple[str, ...] = ()
    """Records that were read to infer the format."""
    notice: str = ""
    """One sentence that the user should know about it."""
    format_notice: str = ""
    """Why the format is unknown or not certain: of no use to who gives one."""
    no_flow_logs: str = ""
    """Why flow logs do not tell the format, so that its records have to."""
    progress: float = 1.0
    """The share of its records, 0 to 1, that can be queried already."""

    is_provisional: bool = False
    """Whether more is known of it once its records were read, so that it is worth asking again."""

    @property
    def unread(self) -> LogGroup:
        """The same, without what its records tell."""
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

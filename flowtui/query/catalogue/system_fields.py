"""The fields that every event has, whatever its format (LANGUAGE.md 1.4 and 3.7)."""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.model.frozen import frozen


@frozen
class SystemField:
    name: str
    meaning: str
    is_time: bool = False
    """Whether its values are timestamps."""
    is_indexed: bool = False
    """Whether the service indexes it in every log group."""
    is_common: bool = True
    """Whether completion offers it."""


SYSTEM_FIELDS: Mapping[str, SystemField] = {
    field.name: field
    for field in (
        SystemField("@timestamp", "time of the event", is_time=True),
        SystemField("@message", "the whole event as it was sent"),
        SystemField("@logStream", "name of the log stream", is_indexed=True),
        SystemField("@log", "account and name of the log group"),
        SystemField("@ingestionTime", "when the service received the event", is_time=True),
        SystemField("@ptr", "pointer to the event"),
        SystemField("@aws.account", "account of the event", is_indexed=True, is_common=False),
        SystemField("@aws.region", "Region of the event", is_indexed=True, is_common=False),
        SystemField("@source.log", "log that it comes from", is_indexed=True, is_common=False),
        SystemField("@data_source_name", "service that sent it", is_indexed=True, is_common=False),
        SystemField("@data_source_type", "kind of log", is_indexed=True, is_common=False),
        SystemField("@data_format", "format of the event", is_indexed=True, is_common=False),
    )
}
"""There are more, such as `@entity` and the tags of AWS resources."""

TIME_FIELDS = frozenset(field.name for field in SYSTEM_FIELDS.values() if field.is_time)

INDEXED_FIELDS = frozenset(
    {field.name for field in SYSTEM_FIELDS.values() if field.is_indexed}
    # Of flow logs under their discovered names, then of all logs.
    | {"action", "logStatus", "region", "flowDirection", "type"}
    | {"traceId", "severityText", "attributes.session.id"}
)
"""The fields that the service indexes by default."""

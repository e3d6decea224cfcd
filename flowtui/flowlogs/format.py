"""The format of a flow log: which fields a record has, in which order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import field, replace

from flowtui.flowlogs.fields import FIELDS, VPC_FIELDS, FieldInfo, field_info
from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen

_TOKEN = re.compile(r"\$\{([a-z0-9-]+)\}")
HEADER_MARK = "\x1e"
"""Begins a header line that flowtui writes itself, for columns with names of any kind."""
_HEADER_WORD = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@frozen
class FlowFormat:
    """The fields of a record, in order. Names that flowtui does not know are kept."""

    fields: tuple[FieldInfo, ...]
    is_mixed: bool = False
    """Whether there are records of other formats among those of this one."""
    _by_name: Mapping[str, FieldInfo] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [info.name for info in self.fields]
        if not names:
            raise UsageError("a flow log format needs at least one field, such as ${srcaddr}")
        if len(set(names)) < len(names):
            twice = sorted(name for name, count in Counter(names).items() if count > 1)
            raise UsageError(f"the flow log format names {twice[0]} twice")
        by_name: dict[str, FieldInfo] = {}
        for info in self.fields:
            for name in (info.discovered, info.column):
                by_name[name] = info
        object.__setattr__(self, "_by_name", by_name)

    @classmethod
    def parse(cls, text: str) -> FlowFormat:
        """From `${account-id} ${vpc-id} ...` of DescribeFlowLogs; commas may stand between.

        Raises `UsageError`.
        """
        for word in text.replace(",", " ").split():
            if _TOKEN.fullmatch(meant := word.replace("_", "-")) and meant != word:
                raise UsageError(f"write {meant} instead of {word} in a flow log format")
            if not _TOKEN.fullmatch(word):
                raise UsageError(
                    f"{word!r} is not a field of a flow log format; write it like ${{srcaddr}}"
                )
        return cls(tuple(map(field_info, _TOKEN.findall(text))))

    @classmethod
    def from_header(cls, line: str) -> FlowFormat | None:
        """From the first line of a file that S3 delivery wrote; None if it is not a header.

        A header names at least one known field and holds nothing but field names.
        """
        words = line.replace("_", "-").split()
        if not any(word in FIELDS for word in words) or len(set(words)) != len(words):
            return None
        if not all(_HEADER_WORD.fullmatch(word) for word in words):
            return None
        return cls(tuple(map(field_info, words)))

    @classmethod
    def from_marked(cls, line: str) -> FlowFormat | None:
        """From a header line that flowtui wrote itself; None if it is not one."""
        mark, _, names = line.partition(" ")
        return cls(tuple(map(field_info, names.split(" ")))) if mark == HEADER_MARK else None

    def find(self, name: str) -> FieldInfo | None:
        """The field that a query calls `name`, underscored or discovered: `pktSrcAddr`."""
        return self._by_name.get(name)

    def among_others(self) -> FlowFormat:
        """This format, in a group that has records of other ones too."""
        return replace(self, is_mixed=True)

    @property
    def columns(self) -> tuple[str, ...]:
        """The underscored names, in order."""
        return tuple(info.column for info in self.fields)

    def __str__(self) -> str:
        return " ".join(f"${{{info.name}}}" for info in self.fields)


DEFAULT_FORMAT = FlowFormat(VPC_FIELDS[:14])
"""The format of a flow log for which none was chosen: version 2, 14 fields."""

ARTICLE_FORMAT = FlowFormat.parse(
    "${account-id} ${vpc-id} ${subnet-id} ${interface-id} ${instance-id} ${srcaddr} ${srcport} "
    "${dstaddr} ${dstport} ${protocol} ${packets} ${bytes} ${action} ${log-status} ${start} ${end} "
    "${flow-direction} ${traffic-path} ${tcp-flags} ${pkt-srcaddr} ${pkt-src-aws-service} "
    "${pkt-dstaddr} ${pkt-dst-aws-service} ${region} ${az-id} ${sublocation-type} ${sublocation-id}"
)
"""The 27 fields of the AWS re:Post article on custom formats; the sample's format."""

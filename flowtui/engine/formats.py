"""Which format the records of log groups have, and what to say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.flowlogs.log_group import LogGroup

_NONE: Mapping[str, str] = MappingProxyType({})
_DIFFERENT = "These log groups have different formats; no parse command is written"


@frozen
class Known:
    """The format of some log groups together."""

    format: FlowFormat | None
    """The one format of all of them; None if it is not known, or if they differ."""
    notice: str = ""
    log_class: str = ""
    """The class of those groups that take the least of the language; empty where none is known."""


class Formats:
    """What the user says comes first: the command line, the screen (F9), the settings.

    Then comes what the service says, or a few records show.
    """

    def __init__(
        self,
        *,
        given: FlowFormat | None = None,
        remembered: Callable[[str], str] = lambda _: "",
        settings: Mapping[str, str] = _NONE,
    ) -> None:
        """`given` is that of the command line, for all groups; the others are texts by group.

        `remembered` is what was chosen on the screen, empty where nothing was.
        """
        self._given, self._remembered, self._settings = given, remembered, settings

    def given(self, name: str) -> FlowFormat | None:
        """The user's format for this group, whatever the service says; raises `UsageError`."""
        if self._given is not None:
            return self._given
        text = self._remembered(name) or self._settings.get(name)
        from flowtui.flowlogs.format import FlowFormat

        return FlowFormat.parse(text) if text else None

    def given_for(self, names: Sequence[str]) -> Known:
        """What the user has said of the groups: nothing is asked of the service."""
        from flowtui.flowlogs.log_group import LogGroup

        return self.known([LogGroup(name) for name in names or ("",)])

    def known(self, groups: Sequence[LogGroup]) -> Known:
        """The format of these groups, as far as they are described; raises `UsageError`."""
        formats = {self.given(group.name) or group.format for group in groups}
        if any(group.is_mixed for group in groups):
            formats = {each and each.among_others() for each in formats}
        notices = [notice for group in groups for notice in self._notices(group)]
        if len(formats) > 1:
            notices.append(_DIFFERENT)
        from flowtui.flowlogs.log_group import least_class

        # Some of the sentences end with a full stop, some do not.
        notice = ". ".join(dict.fromkeys(each.rstrip(".") for each in notices if each))
        return Known(formats.pop() if len(formats) == 1 else None, notice, least_class(groups))

    def _notices(self, group: LogGroup) -> Iterator[str]:
        yield group.notice
        given = self.given(group.name)
        if given is None:
            yield group.format_notice
        elif group.is_mixed:
            others = f"{group.name} has records of other formats too"
            is_told_apart = given.find("log_status") is not None
            yield (
                f"{others}: they are left out"
                if is_told_apart
                else (f"{others}, which are not read right")
            )

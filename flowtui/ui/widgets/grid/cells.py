"""The kinds of values that a grid shows, and how it shows them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from flowtui.flowlogs.addresses import PRIVATE, PUBLIC, address_word
from flowtui.flowlogs.words import Words, decoded
from flowtui.model.amounts import human_bytes, human_count
from flowtui.model.frozen import frozen
from flowtui.model.run import Row
from flowtui.ui.text import NOTHING, clean, is_number, number
from flowtui.ui.widgets.grid.columns import Cells, Naming, glimpse, nameless
from flowtui.ui.widgets.grid.times import Times, is_timestamp, moment_text

LARGEST_COUNT = 10_000_000
"""Counts are told to the last one up to here; beyond, and where they are averages, rounded."""


@frozen
class Text:
    """Any text, and what is base of the others."""

    is_right: bool = False
    is_whole: bool = False
    is_id: bool = False
    is_reworded: bool = False
    is_named: bool = False

    @property
    def setting(self) -> str:
        return ""

    def bare(self) -> Cells:
        return self

    def title(self, name: str) -> str:
        return name

    def show(self, value: str) -> str:
        return clean(glimpse(value))

    def beside(self, value: str, row: Row) -> str:  # noqa: ARG002  (of the protocol)
        return ""

    def exact(self, value: str) -> str:
        return clean(value)


TEXT = Text()
NUMBER = Text(is_right=True, is_whole=True)
ID = Text(is_id=True)


@frozen
class Bytes(Text):
    """`19.0 kB`."""

    is_right: bool = True
    is_whole: bool = True
    is_reworded: bool = True

    def show(self, value: str) -> str:
        return human_bytes(number(value)) if is_number(value) else clean(glimpse(value))

    def exact(self, value: str) -> str:
        return f"{Decimal(value):,} B" if is_number(value) else clean(value)


@frozen
class Count(Text):
    """`61,240`, and `12.4M` of what is larger."""

    is_right: bool = True
    is_whole: bool = True
    is_reworded: bool = True

    def show(self, value: str) -> str:
        if not is_number(value):
            return clean(glimpse(value))
        count = number(value)
        is_exact = isinstance(count, int) and abs(count) < LARGEST_COUNT
        return f"{count:,}" if is_exact else human_count(count)

    def exact(self, value: str) -> str:
        return f"{Decimal(value):,}" if is_number(value) else clean(value)


@frozen
class Coded(Text):
    """A number that stands for something: `443 https`."""

    words: Words | None = None
    is_right: bool = True
    is_whole: bool = True
    is_reworded: bool = True

    def beside(self, value: str, row: Row) -> str:  # noqa: ARG002  (of the protocol)
        return self.words(value) if self.words else ""


@frozen
class Worded(Text):
    """A text with a sign before it, and perhaps a word beside: `! SKIPDATA records lost`."""

    words: Words | None = None
    signs: tuple[tuple[str, str], ...] = ()
    is_reworded: bool = True

    def show(self, value: str) -> str:
        sign = next((sign for known, sign in self.signs if known == value), "")
        return f"{sign} {value}" if sign else clean(glimpse(value))

    def beside(self, value: str, row: Row) -> str:  # noqa: ARG002  (of the protocol)
        return self.words(value) if self.words else ""


@frozen
class Tag(Text):
    """A percent-encoded text, as it was before that."""

    is_reworded: bool = True

    def show(self, value: str) -> str:
        return clean(glimpse(decoded(value) or value))


@frozen
class Moments(Text):
    """Times, of the form that timestamps have or of Unix seconds."""

    times: Times | None = None
    are_seconds: bool = False
    is_bare: bool = False
    is_whole: bool = True

    @property
    def _times(self) -> Times:
        assert self.times is not None  # noqa: S101  (a default only because its base has some)
        return self.times

    @property
    def setting(self) -> str:
        return "" if self.is_bare else self._times.title("")

    def bare(self) -> Cells:
        return replace(self, is_bare=True)

    def title(self, name: str) -> str:
        return name if self.is_bare else self._times.title(name)

    def show(self, value: str) -> str:
        seen = glimpse(value)
        return self._times.show(moment_text(seen) if self.are_seconds else seen)

    def exact(self, value: str) -> str:
        return f"{clean(value)} UTC" if is_timestamp(value) else clean(value)


@frozen
class Beside:
    """Columns of the same row that say more of an address or a resource; -1 is none."""

    service: int = -1
    """The AWS service that the packet's address belongs to."""
    packet: int = -1
    """The packet's address, of which `service` is."""
    tag: int = -1
    """The tag of the interface that has recorded the flow."""
    direction: int = -1
    """That of the flow, for an address: it is the interface's own at one end of it."""
    own: str = ""
    """The direction in which it is."""

    def service_of(self, value: str, row: Row) -> str:
        if self.service < 0 or (self.packet >= 0 and row[self.packet] != value):
            return ""
        return _told(row, self.service)

    def tag_of(self, row: Row) -> str:
        if self.direction >= 0 and row[self.direction] != self.own:
            return ""
        text = _told(row, self.tag)
        return decoded(text) or text


def _told(row: Row, index: int) -> str:
    value = row[index] if index >= 0 else None
    return "" if value is None or value == NOTHING else value


@frozen
class Address(Text):
    """`10.0.20.11 private`, `10.0.20.11 db-1`, `203.0.113.9 public US office`.

    What has a name is known to be of one's own network where it is private.
    """

    others: Beside = Beside()
    naming: Naming = nameless
    country: Naming = nameless
    is_reworded: bool = True
    is_named: bool = True

    def beside(self, value: str, row: Row) -> str:
        kind = address_word(value)
        if not kind:
            # A finding is about an interface, too.
            return clean(self.naming(value))
        service = self.others.service_of(value, row)
        country = self.country(value) if kind == PUBLIC and not service else ""
        name = self.others.tag_of(row) or self.naming(value)
        kind = "" if name and kind == PRIVATE else kind
        return clean(" ".join(part for part in (service or kind, country, name) if part))


@frozen
class Resource(Text):
    """`i-0435cbb6 web-1`."""

    others: Beside = Beside()
    naming: Naming = nameless
    is_id: bool = True
    is_reworded: bool = True
    is_named: bool = True

    def beside(self, value: str, row: Row) -> str:
        return clean(self.others.tag_of(row) or self.naming(value))

"""What engines say differently: a dialect writes the SQL of one engine.

The compiler writes the SQL that engines share: SELECT, CASE, CAST, TRY_CAST, coalesce, window
functions, names in double quotes. Where they part it asks its dialect, whose methods take SQL and
answer SQL, but for what their types say else. Of a missing argument the answer is missing, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

Scalar = str | int | float
"""The type of a constant."""


class Constants(Protocol):
    def constant(self, value: Scalar, parameters: dict[str, Scalar]) -> str:
        """The SQL of the value: a literal, or a parameter that is put among the others."""

    def sort_term(self, sql: str) -> str:
        """`sql` as ORDER BY takes it, which may be a constant."""

    def failure(self, message: str) -> str:
        """SQL that ends the query with `message`, which has no quotes in it; see `refusals`."""


class Conditions(Protocol):
    """A condition that is NULL counts as one that is not met."""

    def met(self, condition: str) -> str: ...

    def unmet(self, condition: str) -> str: ...

    def number(self, condition: str) -> str:
        """1 where it is met, else 0."""


class Numbers(Protocol):
    @property
    def integers(self) -> str:
        """A type of integers in which no sum of BIGINTs overflows."""

    def from_text(self, text: str) -> str:
        """The DOUBLE that the text reads as; missing where it is no number, or an infinite one."""

    def text(self, number: str) -> str:
        """The DOUBLE as the service shows it (LANGUAGE.md 3.3)."""

    def is_finite(self, number: str) -> str: ...

    def finite(self, number: str) -> str:
        """The DOUBLE; missing where it is infinite or not a number."""

    def truncated(self, number: str) -> str:
        """The DOUBLE without its fraction."""

    def quotient(self, dividend: str, divisor: int) -> str:
        """The integer quotient of an integer that is not negative."""

    def from_hex(self, text: str) -> str:
        """The BIGINT of hexadecimal digits, with or without `0x`, with a sign before it."""

    def hex(self, number: str) -> str:
        """The BIGINT in hexadecimal digits after `0x`, with its sign before that."""

    def haversine(self, latitude: str, longitude: str, other_latitude: str, other: str) -> str:
        """Kilometres between two places on a sphere with a radius of 6371 km, all in DOUBLE."""


class Texts(Protocol):
    def contains(self, text: str, part: str) -> str: ...

    def starts_with(self, text: str, part: str) -> str: ...

    def ends_with(self, text: str, part: str) -> str: ...

    def size(self, text: str) -> str:
        """How many bytes of UTF-8 it has."""

    def is_blank(self, text: str) -> str:
        """Whether it is whitespace only, or missing."""

    def trimmed(self, side: str, text: str, characters: str) -> str:
        """The text without these characters; `side` is `ltrim`, `rtrim` or `trim`."""

    def natural(self, text: str) -> str:
        """A text that sorts as `text` does in natural order (LANGUAGE.md 3.5)."""

    def url_encoded(self, text: str) -> str: ...

    def url_decoded(self, text: str) -> str:
        """Missing where it decodes to no UTF-8, as below."""

    def base64_encoded(self, text: str) -> str: ...

    def base64_decoded(self, text: str) -> str: ...

    def from_hex(self, text: str) -> str:
        """The ASCII text of hexadecimal digits."""

    def md5(self, text: str) -> str: ...

    def sha256(self, text: str) -> str: ...


class Patterns(Protocol):
    """Regular expressions are constants of RE2's syntax, in which every group is numbered."""

    def refusal(self, expression: str) -> str:
        """Why the engine does not take this expression; empty where it does."""

    def matches(self, text: str, expression: str) -> str:
        """Whether it is found anywhere."""

    def groups(self, text: str, expression: str, count: int) -> str:
        """The text of `group`; of a text without a match each group is empty or missing."""

    def group(self, groups: str, number: int) -> str: ...

    def every(self, text: str, expression: str, number: int) -> str:
        """A list of one group of all matches."""

    def replaced(self, text: str, expression: str, rewrite: str) -> str:
        """The text with `rewrite` for each match."""

    def rewrite(self, written: str) -> str:
        r"""The Python text `written`, in which `\\1` is a group, as the engine writes it."""

    def literal_rewrite(self, text: str) -> str:
        """The replacement for the text itself in `replaced`, whatever is in it."""


class Times(Protocol):
    """Moments are epoch milliseconds, as BIGINT."""

    def text(self, ms: str) -> str:
        """`2022-04-01 15:00:00.123`, in UTC."""

    def moment(self, number: str) -> str:
        """The number as a moment; missing beyond the years 1970 to 9999."""

    def month(self, ms: str) -> str:
        """How many months have begun since 1970."""

    def month_start(self, month: str) -> str:
        """The moment at which a month of `month` begins."""

    def months_later(self, ms: str, months: int) -> str: ...

    def year(self, ms: str) -> str: ...

    @property
    def directives(self) -> frozenset[str]:
        """What `formatted` spells as strftime does."""

    def formatted(self, ms: str, pattern: str) -> str:
        """The moment by a pattern of these directives."""

    def has_zone(self, name: str) -> bool:
        """Whether it knows the rules of a zone such as Europe/Berlin."""

    @property
    def lack_of_zones(self) -> str:
        """Why it knows no zone at all; empty where it does."""

    def wall_clock(self, ms: str, zone: str) -> str:
        """The wall clock of the zone, as if it were UTC."""

    def instant(self, wall: str, zone: str) -> str:
        """The moment at which they show it; of two such moments the engine takes either."""

    def offset(self, text: str) -> str:
        """`+0200`, `+02:00`, `+02` or `Z` as milliseconds."""

    def offset_text(self, ms: str) -> str:
        """Milliseconds as `+0200`."""

    def day(self, year: str, month: str, day: str) -> str:
        """When the day begins; a day that the month lacks is the month's last."""

    def day_of_year(self, year: str, day: str) -> str:
        """When the day of this number begins; missing where the year has no such day."""


class Json(Protocol):
    """JSON is minified text, so that its first character tells what it is."""

    def minified(self, text: str) -> str:
        """Missing where the text is no JSON."""

    def structure(self, text: str) -> str:
        """The map or list that the text spells."""

    def as_list(self, json: str) -> str:
        """The JSON where it is a list."""

    def is_structure(self, json: str) -> str: ...

    def is_list(self, json: str) -> str: ...

    def size(self, json: str) -> str:
        """How many elements the list has."""

    def elements(self, json: str) -> str:
        """The elements of the list, as a list of JSON."""

    def text(self, json: str) -> str:
        """The value in a map or list, as a text; a map or list itself is missing."""

    def of_text(self, text: str) -> str:
        """The text as a JSON text."""

    def of_list(self, texts: str) -> str:
        """A list of texts as JSON."""

    def path(self, keys: Sequence[str]) -> str:
        """The constant by which the next two find something; keys of lists are numbers."""

    def at(self, json: str, path: str) -> str:
        """The JSON at the path; missing where there is none, or null."""

    def at_first(self, json: str, paths: Sequence[str]) -> str:
        """The JSON at the first path that leads to any."""

    def of_logfmt(self, text: str) -> str:
        """A map of the `key=value` in the text; missing where it has none."""


class Lists(Protocol):
    """Indexes count from 1; what lies outside of a list is missing."""

    def of(self, items: Sequence[str]) -> str: ...

    def split(self, text: str, separator: str) -> str: ...

    def of_csv(self, text: str) -> str:
        """The fields of a line of CSV, without their quotes."""

    def size(self, items: str) -> str: ...

    def item(self, items: str, index: int) -> str: ...

    def rest(self, items: str, index: int, separator: str) -> str:
        """The texts from `index` on, put together."""

    def steps(self, first: str, last: str, step: int) -> str:
        """The integers from `first` on, below `last`, and `last`."""

    def has(self, items: str, item: str) -> str: ...

    def position(self, items: Sequence[str], item: str) -> str:
        """At which index of the texts it stands."""

    def each(self, items: str, name: str, body: str) -> str:
        """A list of `body`, in which `name` is an item."""

    def let(self, name: str, sql: str, body: str) -> str:
        """`body`, in which `name` is `sql` that is computed once."""


class Records(Protocol):
    """Several values as one."""

    def key(self, parts: Sequence[str]) -> str:
        """A value that sorts by its parts, which are not missing."""

    def pair(self, first: str, second: str) -> str: ...

    def first(self, pair: str) -> str: ...

    def second(self, pair: str) -> str: ...


class Addresses(Protocol):
    """IP addresses; what is none is missing."""

    def is_ip(self, text: str) -> str: ...

    def is_ipv4(self, text: str) -> str: ...

    def is_ipv6(self, text: str) -> str: ...

    def ipv4_number(self, text: str) -> str:
        """The address as a BIGINT."""

    def comparable(self, text: str, version: int) -> str:
        """A value in the order of the addresses of this version; missing for the others."""

    def bound(self, address: IPv4Address | IPv6Address, parameters: dict[str, Scalar]) -> str:
        """The constant that is comparable to the addresses of its version."""


class Aggregates(Protocol):
    def sum(self, number: str, *, is_exact: bool) -> str:
        """Of integers it is exact, and can't overflow."""

    def value_at(self, extreme: str, value: str, key: str) -> str:
        """The value at the least key or the greatest; `extreme` is `min` or `max`."""

    def first(self, value: str, order: str) -> str:
        """The value of the first row; empty where the engine has nothing that is cheap."""

    def quantile(self, number: str, share: str) -> str: ...

    def quartiles(self, number: str) -> str:
        """A list of the first quartile and the third."""

    def distinct(self, text: str, where: str) -> str:
        """A list of the different texts of the rows that meet `where`, in their order."""

    def some_distinct(self, value: str, other: str, where: str) -> str:
        """How many different texts the rows that meet `where` have, `other` for all others.

        Empty where the engine does no less work for that than for those of all rows.
        """

    def listed(self, value: str, order: str) -> str:
        """A list of all values."""


class Selects(Protocol):
    """Parts of a SELECT."""

    def union(self, selects: Sequence[str]) -> str:
        """The rows of all, with the columns of each; a column that one of them lacks is missing."""

    def all_of(self, alias: str, replaced: str, column: str) -> str:
        """All columns of `alias` in a select list, `replaced` in the place of one; it may be ""."""

    def first_of_each(self, relation: str, keys: Sequence[str], order: str) -> str:
        """A SELECT of the first row for each value of the keys."""

    def nearest(self, relation: str, alias: str, left: str, start: str) -> str:
        """A JOIN with the row whose `start` is the greatest up to `left`, or with none."""

    def last_present(self, value: str, window: str) -> str:
        """The last value in the window that is not missing."""

    def unfolded(self, rows: str, lists: Sequence[str], number: str) -> str:
        """A SELECT of the rows with an item of each of the columns `lists` in their place.

        The lists of a row are equally long; `number` is the new column that counts their items.
        """

    def computed_here(self, sql: str) -> str:
        """The value, which no optimizer may compute anywhere else, nor more than once."""

    def unnested(self, rows: str, items: str, name: str) -> str:
        """A SELECT of the items of a list, which is computed over all rows, as rows."""


class Engine(Protocol):
    """What only a running engine can tell."""

    def pattern_refusal(self, expression: str) -> str:
        """Why it does not take the regular expression; empty where it does."""

    def has_zone(self, name: str) -> bool: ...

    @property
    def lack_of_zones(self) -> str:
        """Why it knows no time zone at all; empty where it does."""


@frozen
class Dialect:
    """How one engine says it, by subject."""

    name: str
    constants: Constants
    conditions: Conditions
    numbers: Numbers
    texts: Texts
    patterns: Patterns
    times: Times
    json: Json
    lists: Lists
    records: Records
    addresses: Addresses
    aggregates: Aggregates
    selects: Selects

"""Names that the user has given: CSV files of addresses, CIDR blocks and ids of AWS."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

from flowtui.flowlogs.addresses import read_address
from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen
from flowtui.model.user_files import read_bytes

MOST_BYTES = 10 << 20

_ID = re.compile(r"[a-z]+(?:-[a-z]+)*-[0-9a-f]{6,17}", re.ASCII)
"""`eni-0435cbb62960f230e`, `vpce-svc-0123456789abcdef0`."""
_TITLES = frozenset({"address", "cidr", "ip", "network", "id", "key"})


@frozen
class Named:
    """What an address or a resource is called, and who says so."""

    text: str
    source: str
    since: datetime | None = None
    """When that was found out."""


@frozen
class NameTable:
    """The names of one file; of the blocks that hold an address the longest prefix wins."""

    ids: Mapping[str, Named] = field(default_factory=dict)
    blocks: Mapping[tuple[int, int], Mapping[int, Named]] = field(default_factory=dict)
    """By version and length of the prefix, then by its bits."""

    def find(self, value: str) -> Named | None:
        found = self.ids.get(value)
        return found if found is not None or not self.blocks else self._in_block(value)

    def _in_block(self, value: str) -> Named | None:
        address = read_address(value)
        if address is None:
            return None
        number, bits = int(address), address.max_prefixlen
        for (version, length), names in self.blocks.items():
            found = names.get(number >> (bits - length)) if version == address.version else None
            if found is not None:
                return found
        return None


def read_tables(files: Mapping[str, Path]) -> NameTable:
    """All files together, by label; the first that names something wins. Raises `UsageError`."""
    ids: dict[str, Named] = {}
    blocks: dict[tuple[int, int], dict[int, Named]] = {}
    for label, path in files.items():
        since, rows = _read(path)
        for line, (key, name) in rows:
            named = Named(name, label, since)
            if _ID.fullmatch(key):
                ids.setdefault(key, named)
                continue
            try:
                block = ip_network(key, strict=False) if "/" in key else ip_network(ip_address(key))
            except ValueError:
                raise UsageError(
                    f"can't read the names in {path}: line {line} begins with {key[:60]!r};"
                    " write an address, a block like 10.0.0.0/8 or an id, and then its name"
                ) from None
            bits = int(block.network_address) >> (block.max_prefixlen - block.prefixlen)
            blocks.setdefault((block.version, block.prefixlen), {}).setdefault(bits, named)
    longest_first = sorted(blocks.items(), key=lambda item: -item[0][1])
    return NameTable(ids, dict(longest_first))


def _read(path: Path) -> tuple[datetime, Iterator[tuple[int, tuple[str, str]]]]:
    """The day of a file, and its pairs of key and name with their lines; raises `UsageError`."""
    try:
        text = read_bytes(path, MOST_BYTES).decode("utf-8-sig")
        since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise UsageError(f"can't read the names in {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise UsageError(
            f"can't read the names in {path}: it is not UTF-8; save it as that"
        ) from None
    return since, _pairs(path, text)


def _pairs(path: Path, text: str) -> Iterator[tuple[int, tuple[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            is_title = reader.line_num == 1 and cells[:1] and cells[0].casefold() in _TITLES
            if not any(cells) or cells[0].startswith("#") or is_title:
                continue
            if len(cells) < 2 or not cells[1]:
                raise UsageError(
                    f"can't read the names in {path}: line {reader.line_num} has no name;"
                    " write two columns, such as 10.0.0.0/8,office"
                )
            yield reader.line_num, (cells[0], cells[1])
    except csv.Error as error:
        raise UsageError(
            f"can't read the names in {path}: line {reader.line_num}: {error}"
        ) from error

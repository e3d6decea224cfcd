"""JSON values out of a stream of text: many documents, or one that fits in no memory."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterator
from json import JSONDecodeError, JSONDecoder

from flowtui.backends.duckdb.ingest.wrapped.wrapping import Blocks

_WHOLE = 1 << 20
"""Characters: a longer value is not taken whole, but its parts one by one."""
_BETWEEN = re.compile(r"[\s,:\]}\x1e]*")


def values(blocks: Blocks, holders: Collection[str]) -> Iterator[tuple[object, int]]:
    """The values in the order of the text, each with the bytes on disk that were read for it.

    Of an array come its items. Of an object that is too long come its parts, as those of an array
    would: what stands around them, under other keys than the `holders`, is not kept. Text that is
    no JSON comes as `Broken`.
    """
    text = _Text(blocks, holders)
    while text.skip(_BETWEEN):
        if text.is_array_of_many():
            text.step_inside()
        elif (value := text.value()) is not None:
            yield value, text.position


class Broken(str):
    """Text in the place of a value."""

    __slots__ = ()


class Number(str):
    """A number as it is written."""

    __slots__ = ()


_DECODER = JSONDecoder(strict=False, parse_int=Number, parse_float=Number)


class _Text:
    """The part of the text that is being read."""

    def __init__(self, blocks: Blocks, holders: Collection[str]) -> None:
        self._blocks, self._holders = blocks, holders
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._buffer, self._at = "", 0
        self._is_ended = False
        self.position = 0
        """Bytes on disk that were read."""

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Pass over what matches; whether something is left."""
        while True:
            if found := pattern.match(self._buffer, self._at):
                self._at = found.end()
            if self._at < len(self._buffer):
                return True
            if not self._more():
                return False

    def is_array_of_many(self) -> bool:
        """Whether an array is here whose items come one by one.

        A row of query results is none: `[{"field": "srcAddr", "value": ...}, ...]`.
        """
        if not self._buffer.startswith("[", self._at):
            return False
        while not _ROW.match(self._buffer, self._at):
            if not _ROW_BEGUN.match(self._buffer, self._at) or not self._more():
                return True
        return False

    def step_inside(self) -> None:
        self._at += 1

    def value(self) -> object:
        """The value here; None for what is none, such as a key of an object that is too long."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._buffer) - self._at < _WHOLE and self._more():
                    continue
                return self._broken() if _is_malformed(error, self._buffer) else self._part()
            if end == len(self._buffer) and isinstance(value, Number) and self._more():
                continue  # there may be more of it
            self._at = end
            is_key = isinstance(value, str) and self._passed_pair(value)
            return None if is_key else value

    def _passed_pair(self, key: str) -> bool:
        """Whether the text before was a key; its value is passed over where it holds no records."""
        if not self.skip(_BLANKS) or not self._buffer.startswith(":", self._at):
            return False
        self._at += 1
        if self.skip(_BLANKS) and key not in self._holders:
            self.value()
        return True

    def _part(self) -> object:
        """Step into a value that is not whole here, or over what is none."""
        if self._buffer[self._at] not in "{[":
            return self._broken()
        self._at += 1
        return None

    def _broken(self) -> Broken:
        end = self._buffer.find("\n", self._at) + 1 or len(self._buffer)
        broken = self._buffer[self._at : end]
        self._at = end
        return Broken(broken.strip())

    def _more(self) -> bool:
        """Take one more block; whether there was one."""
        if self._is_ended:
            return False
        block, self.position = next(self._blocks, (b"", self.position))
        self._is_ended = not block
        self._buffer = self._buffer[self._at :] + self._decode(block, self._is_ended)
        self._at = 0
        return True


def _is_malformed(error: Exception, text: str) -> bool:
    """Whether the text is no JSON, and not only broken off."""
    if not isinstance(error, JSONDecodeError):
        return False
    return error.pos < len(text) and not error.msg.startswith("Unterminated string")


_BLANKS = re.compile(r"\s*")
_ROW = re.compile(r'\[\s*\{\s*"(field|value)"')
_ROW_BEGUN = re.compile(r"\[[\s{\"a-z]*$")

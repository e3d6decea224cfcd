"""The output on stdout, for people and for programs."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from flowtui.cli.streams import Unwritable
from flowtui.model.foreign import clean_lines, escaped_json

if TYPE_CHECKING:
    from flowtui.model.run import ResultSet


def print_results(results: ResultSet, output: str) -> None:
    """As `--output` has it; anything else is a table. Raises `Unwritable`."""
    try:
        _print(results, output)
    except Unwritable as error:
        raise Unwritable(error.reason, "the rows") from error


def _print(results: ResultSet, output: str) -> None:
    from flowtui.engine import export

    match output:
        case "csv":
            _print_exactly(export.to_csv(results), clean_lines)
        case "json":
            _print_exactly(_encodable(f"{export.to_json(results)}\n"), escaped_json)
        case "ndjson":
            for record in export.records(results):
                print_json(record, indent=None)
        case "markdown":
            print_text(export.to_markdown(results))
        case _:
            print_text(export.to_text(results))


def print_json(value: object, *, indent: int | None = 1) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    _print_exactly(_encodable(f"{text}\n"), escaped_json)


def print_lines(text: str) -> None:
    """A text with foreign words in it; the last line ends, too."""
    _print_exactly(f"{text.rstrip()}\n", clean_lines)


def print_text(text: str) -> None:
    """Put it on stdout to its last byte; raises `Unwritable`."""
    sys.stdout.write(text)
    sys.stdout.flush()


def _print_exactly(text: str, harmless: Callable[[str], str]) -> None:
    """The output for programs: to the byte, but on a terminal nothing may be a control sequence."""
    print_text(harmless(text) if sys.stdout.isatty() else text)


def _encodable(text: str) -> str:
    """The same JSON, with an escape for what is not the same in every encoding."""
    is_utf8 = codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8"
    encoding = "utf-8" if is_utf8 else "ascii"
    return text.encode(encoding, _JSON_ESCAPES).decode(encoding)


def _json_escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end].encode(errors="replace").decode()
    return json.dumps(characters)[1:-1], error.end


_JSON_ESCAPES = "flowtui.json"
codecs.register_error(_JSON_ESCAPES, _json_escaped)

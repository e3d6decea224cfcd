"""The output on stdout, for people and for programs."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from flowtui.cli.streams import Unwritable
from flowtui.model.errors import UsageError
from flowtui.model.foreign import clean_lines, encodable, escaped_json
from flowtui.model.frozen import frozen

if TYPE_CHECKING:
    from pathlib import Path

    from flowtui.model.run import ResultSet


@frozen
class Output:
    """In which form rows are printed."""

    form: str = "table"
    is_raw: bool = False
    """Whether cells of CSV stay as they are that a spreadsheet takes for formulas."""
    file: Path | None = None
    """The file that rows are saved to; then nothing is printed."""
    overwrites: bool = False
    """Whether there may be such a file already."""

    def check(self) -> None:
        """Before a query runs that may cost; raises `UsageError` for a file that can't be."""
        if self.file is not None:
            from flowtui.engine.saved_rows import FileExists, check_name

            try:
                check_name(self.file, overwrites=self.overwrites)
            except FileExists as error:
                raise UsageError(f"{error} with --overwrite") from error

    def notice(self, results: ResultSet) -> str:
        """What is to be known of the rows in this form."""
        from flowtui.engine.spreadsheets import formula_notice

        if self.form != "csv" or self.is_raw:
            return ""
        return formula_notice(results, "--raw keeps them as they are")


def give_results(results: ResultSet, output: Output) -> str:
    """Print them, or save them: then what was done is returned.

    Raises `Unwritable`, or `UsageError` for a file.
    """
    if output.file is None:
        print_results(results, output)
        return output.notice(results)
    from flowtui.engine.saved_rows import save_rows

    return save_rows(results, output.file, overwrites=output.overwrites, raw=output.is_raw)


def print_results(results: ResultSet, output: Output) -> None:
    """Raises `Unwritable`."""
    try:
        _print(results, output)
    except Unwritable as error:
        raise Unwritable(error.reason, "the rows") from error


def _print(results: ResultSet, output: Output) -> None:
    from flowtui.engine import export
    from flowtui.engine.spreadsheets import to_csv

    match output.form:
        case "csv":
            _print_exactly(to_csv(results, raw=output.is_raw), clean_lines)
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
    sys.stdout.write(encodable(text))
    sys.stdout.flush()


def _print_exactly(text: str, harmless: Callable[[str], str]) -> None:
    """The output for programs: to the byte, but on a terminal nothing may be a control sequence."""
    print_text(harmless(text) if sys.stdout.isatty() else text)


def _encodable(text: str) -> str:
    """The same JSON, with an escape for what is not the same in every encoding."""
    is_utf8 = codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8"
    encoding = "utf-8" if is_utf8 else "ascii"
    return encodable(text).encode(encoding, _JSON_ESCAPES).decode(encoding)


def _json_escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end].encode(errors="replace").decode()
    return json.dumps(characters)[1:-1], error.end


_JSON_ESCAPES = "flowtui.json"
codecs.register_error(_JSON_ESCAPES, _json_escaped)

"""Results as CSV, which most people open in a spreadsheet: there a cell may be a formula."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flowtui.model.run import Cell, ResultSet

_FORMULA = re.compile(r"[=+\-@\t\r]")
"""How a cell begins that Excel, LibreOffice or Google Sheets computes (OWASP, CSV injection)."""
_NUMBER = re.compile(r"[+-]?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_QUOTED = re.compile(r'[,"\r\n]')
_SAFE = "'"
"""A spreadsheet takes what follows for a text, and does not show this."""
_MISSING = "-"
_SYSTEM_FIELD = re.compile(r"@[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")


def to_csv(results: ResultSet, *, raw: bool = False) -> str:
    """With a header line; a cell that the row lacks is empty.

    A text that a spreadsheet would compute gets a `'` before it, unless `raw`.
    """
    shown = results.shown
    header = _line([results.columns[index] for index in shown], raw=raw)
    return header + "".join(_line([row[i] for i in shown], raw=raw) for row in results.rows)


def formulas(results: ResultSet) -> int:
    """How many cells begin as a formula does."""
    shown = results.shown
    return sum(_is_formula(row[index] or "") for row in results.rows for index in shown)


def formula_notice(results: ResultSet, way_out: str) -> str:
    """What was done to formulas in CSV; empty where there are none."""
    count = formulas(results)
    if not count:
        return ""
    cells = "a cell begins" if count == 1 else f"{count:,} cells begin"
    return f"{cells} with ' because a spreadsheet would take it for a formula; {way_out}"


def _line(cells: Sequence[Cell], *, raw: bool) -> str:
    line = ",".join(_cell(cell or "", raw=raw) for cell in cells)
    # A line with nothing on it is no row to many who read it.
    return f"{line}\n" if line else '""\n'


def _cell(text: str, *, raw: bool) -> str:
    if not raw and _is_formula(text):
        text = f"{_SAFE}{text}"
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _is_formula(text: str) -> bool:
    """A number is none, nor the dash for nothing in a record, nor a name such as `@message`."""
    if _FORMULA.match(text) is None or text == _MISSING:
        return False
    return _NUMBER.fullmatch(text) is None and _SYSTEM_FIELD.fullmatch(text) is None

"""Results and questions as text for other places: CSV, Markdown, JSON, a shell, the console."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from math import ceil, floor

from flowtui.model.run import Query, ResultSet
from flowtui.model.timerange import TimeRange, from_ms


def to_csv(results: ResultSet) -> str:
    """With a header line; a cell that the row lacks is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_names(results))
    writer.writerows(_shown(results))
    return text.getvalue()


def to_markdown(results: ResultSet) -> str:
    """A pipe table; pipes, backslashes and line breaks inside cells are escaped."""
    lines = [_names(results), ["---"] * len(results.shown), *_shown(results)]
    return "".join(f"| {' | '.join(map(_markdown_cell, line))} |\n" for line in lines)


def to_json(results: ResultSet) -> str:
    """A list of objects; what a row lacks is absent."""
    return json.dumps(list(records(results)), ensure_ascii=False, indent=1)


def records(results: ResultSet) -> Iterator[dict[str, str]]:
    """Each row by column name, as the service returned it."""
    return map(results.record, range(len(results.rows)))


def to_text(results: ResultSet) -> str:
    """Aligned columns for a terminal."""
    lines = [_names(results), *_shown(results)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return "".join(f"{line}\n" for line in padded)


def cli_command(query: Query, window: TimeRange) -> str:
    """The AWS CLI command that starts this query, quoted for a shell."""
    words = ["aws", "logs", "start-query"]
    is_arn = any(name.startswith("arn:") for name in query.log_groups)
    if query.log_groups:
        words += ["--log-group-identifiers" if is_arn else "--log-group-names", *query.log_groups]
    words += ["--start-time", str(floor(window.start_ms / 1000))]
    # The service includes the end second; our windows don't.
    words += ["--end-time", str(ceil(window.end_ms / 1000) - 1)]
    if query.limit is not None:
        words += ["--limit", str(query.limit)]
    return shlex.join([*words, "--query-string", query.text])


def console_link(query: Query, window: TimeRange, region: str) -> str:
    """The deep link that opens this query in the CloudWatch console (insights-ql.md 5.7)."""
    detail: dict[str, str | list[str]] = {
        "end": _iso(window.end_ms),
        "start": _iso(window.start_ms),
        "timeType": "ABSOLUTE",
        "tz": "UTC",
        "editorString": query.text,
        "source": list(query.log_groups),
        "lang": "CWLI",
    }
    base = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    return f"{base}#logsV2:logs-insights$3FqueryDetail$3D{_jsurl(detail)}"


def _jsurl(detail: Mapping[str, str | list[str]]) -> str:
    return f"~({'~'.join(key + _jsurl_value(value) for key, value in detail.items())})"


def _jsurl_value(value: str | list[str]) -> str:
    if isinstance(value, str):
        return "~'" + "".join(map(_jsurl_char, value))
    return f"~({''.join(map(_jsurl_value, value)) or '~'})"


def _jsurl_char(char: str) -> str:
    """Non-ASCII as one `*xx` per UTF-8 byte: the form that link builders in use agree on."""
    if re.fullmatch(r"[A-Za-z0-9_.\-]", char):
        return char
    return "".join(f"*{byte:02x}" for byte in char.encode("utf-8", "replace"))


def _iso(milliseconds: int) -> str:
    return from_ms(milliseconds).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _names(results: ResultSet) -> list[str]:
    return [results.columns[i] for i in results.shown]


def _shown(results: ResultSet) -> Iterator[list[str]]:
    return ([row[i] or "" for i in results.shown] for row in results.rows)


def _markdown_cell(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("|", "\\|")
    return re.sub(r"[\r\n]+", " ", escaped)

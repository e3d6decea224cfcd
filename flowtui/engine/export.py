"""Results and questions as text for other places: Markdown, JSON, a shell, Python."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor

from flowtui.model.command_words import option
from flowtui.model.errors import UsageError
from flowtui.model.foreign import clean
from flowtui.model.run import Query, ResultSet
from flowtui.model.timerange import TimeRange


def to_markdown(results: ResultSet) -> str:
    """A pipe table, in whose cells nothing is markup.

    Control characters have no place in Markdown: they are shown as `·`.
    """
    lines = [_names(results), ["---"] * len(results.shown), *_shown(results)]
    return "".join(f"| {' | '.join(map(_markdown_cell, line))} |\n" for line in lines)


def to_json(results: ResultSet) -> str:
    """A list of objects; what a row lacks is absent."""
    return json.dumps(list(records(results)), ensure_ascii=False, indent=1)


def records(results: ResultSet) -> Iterator[dict[str, str]]:
    """Each row by column name, as the service returned it."""
    return map(results.record, range(len(results.rows)))


def to_text(results: ResultSet) -> str:
    """Aligned columns for a terminal, with nothing in the cells that could steer it."""
    lines = [list(map(clean, line)) for line in (_names(results), *_shown(results))]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return "".join(f"{line}\n" for line in padded)


def aws_command(query: Query, window: TimeRange, options: Sequence[str] = ()) -> str:
    """The AWS CLI commands that start this query and get its results, quoted for a shell.

    `options` are those of the program that choose the account: `--profile`, `--region`.
    """
    _refuse_rows(query, "AWS CLI command")
    start = ["aws", *options, "logs", "start-query", *_groups(query)]
    first, last = _seconds(window)
    start += ["--start-time", str(first), "--end-time", str(last)]
    if query.limit is not None:
        start += ["--limit", str(query.limit)]
    start += [*option("--query-string", query.text), "--query", "queryId", "--output", "text"]
    get = shlex.join(["aws", *options, "logs", "get-query-results"])
    return f'id=$({shlex.join(start)}) &&\n{get} --query-id "$id"'


def boto3_snippet(query: Query, window: TimeRange, options: Mapping[str, str]) -> str:
    """Python that starts this query, waits for it and has its rows in `rows`.

    `options` are arguments of `boto3.Session`: `profile_name`, `region_name`.
    """
    _refuse_rows(query, "Python program")
    first, last = _seconds(window)
    session = ", ".join(f"{name}={value!r}" for name, value in options.items())
    name = "logGroupIdentifiers" if _has_arns(query) else "logGroupNames"
    groups = f"    {name}={list(query.log_groups)!r},\n" if query.log_groups else ""
    limit = "" if query.limit is None else f"\n    limit={query.limit},"
    return f"""\
import time

import boto3

logs = boto3.Session({session}).client("logs")
query_id = logs.start_query(
{groups}    startTime={first},
    endTime={last},{limit}
    queryString={query.text!r},
)["queryId"]
while (answer := logs.get_query_results(queryId=query_id))["status"] in ("Scheduled", "Running"):
    time.sleep(1)
results = answer["results"]
while token := answer.get("nextToken"):
    answer = logs.get_query_results(queryId=query_id, nextToken=token)
    results += answer["results"]
rows = [{{cell["field"]: cell["value"] for cell in row}} for row in results]
"""


def _refuse_rows(query: Query, what: str) -> None:
    if query.rows is not None:
        raise UsageError(
            f"no {what} asks rows at hand; copy the query, which says where they are from"
        )


def flowtui_command(query: Query, window: TimeRange, source: Sequence[str]) -> str:
    """The command that opens this very view again; `source` begins it: `flowtui demo`."""
    _refuse_rows(query, "flowtui command")
    words = [*source]
    for name in query.log_groups:
        words += option("--log-group", name)
    if query.time is not None:
        words += ["--start", window.start.isoformat(), "--end", window.end.isoformat()]
    return shlex.join([*words, *option("--query", query.body)])


def _groups(query: Query) -> list[str]:
    if not query.log_groups:
        return []
    name = "--log-group-identifiers" if _has_arns(query) else "--log-group-names"
    if any(group.startswith("-") for group in query.log_groups):
        # After a `=` there is room for one value, which may be a list.
        return [name, json.dumps(query.log_groups)]
    return [name, *query.log_groups]


def _has_arns(query: Query) -> bool:
    return any(name.startswith("arn:") for name in query.log_groups)


def _seconds(window: TimeRange) -> tuple[int, int]:
    """The service includes the end second; our windows don't."""
    return floor(window.start_ms / 1000), ceil(window.end_ms / 1000) - 1


def _names(results: ResultSet) -> list[str]:
    return [results.columns[i] for i in results.shown]


def _shown(results: ResultSet) -> Iterator[list[str]]:
    return ([row[i] or "" for i in results.shown] for row in results.rows)


def _markdown_cell(text: str) -> str:
    return clean(markdown_text(text))


_MARKUP = re.compile(
    r"[\\`*{}\[\]<>|!~&$#]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=\bwww)\.|@(?=[A-Za-z0-9])"
)
"""What begins HTML, a link, an image, emphasis, code, mathematics or a mention; an underscore
between two letters begins nothing."""


def markdown_text(text: str) -> str:
    """Foreign text on one line, with nothing in it that Markdown would read."""
    return _MARKUP.sub(r"\\\g<0>", re.sub(r"[\r\n]+", " ", text))

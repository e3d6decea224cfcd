"""An investigation as JSON and back.

What a later flowtui has added is left out; what it has changed raises the version. JSON escapes
lone surrogates, so that names of files which are not UTF-8 come back as they were.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, assert_never

from flowtui.engine.investigation import Investigation
from flowtui.engine.trail import Step, Trail
from flowtui.journal.values import as_count, as_figure, is_usual
from flowtui.model.errors import UsageError
from flowtui.model.run import (
    Query,
    QueryRun,
    ResultSet,
    RowsOf,
    RunId,
    RunState,
    Snapshot,
    Statistics,
)
from flowtui.model.source import (
    AthenaSource,
    CloudWatchSource,
    DataSource,
    DemoSource,
    FileSource,
    S3Source,
)
from flowtui.model.timerange import Last, Time, TimeRange

VERSION = 2
_VERSION_OF_ROWS = 3
"""Of one with queries over rows at hand, which an older flowtui would run over log groups."""
_VERSION_OF_FLAGS = 1
"""It wrote one record for all kinds of source, in which flags told them apart."""
_LONGEST_REASON = 120
_LONGEST_LAST = timedelta(days=20_000)
"""More than anybody can ask for; of much longer ones the start is before all times."""

T = TypeVar("T")
Json = Mapping[str, Any]
"""An object of JSON; the reader finds out whether it holds what it should."""

_MICROSECOND = timedelta(microseconds=1)


def written(investigation: Investigation) -> str:
    """The JSON of `investigation`, which is bare."""
    return json.dumps(
        {
            "version": _VERSION_OF_ROWS if _has_rows(investigation) else VERSION,
            "source": _source(investigation.source),
            "groups": investigation.groups,
            "time": _time(investigation.time),
            "text": investigation.text,
            "trail": _optional(investigation.trail, _trail),
            "coming": _optional(investigation.coming, _step),
            "replaces": investigation.replaces,
            "rows": _optional(investigation.rows, _rows),
        }
    )


def read(text: str) -> Investigation:
    """The investigation in `text`; raises `UsageError` with a clause that says why not."""
    try:
        told = json.loads(text)
        version = told["version"]
        if version not in (VERSION, _VERSION_OF_ROWS, _VERSION_OF_FLAGS):
            form = reprlib.repr(version)
            raise UsageError(f"it was written by another version of flowtui, as form {form}")
        return Investigation(
            _read_source(told["source"], has_flags=version == _VERSION_OF_FLAGS),
            tuple(map(str, told["groups"])),
            _read_time(told["time"]),
            str(told["text"]),
            _optional(told["trail"], _read_trail),
            _optional(told["coming"], _read_step),
            bool(told["replaces"]),
            _optional(told.get("rows"), _read_rows),
        )
    except (
        KeyError,
        TypeError,
        ValueError,
        OverflowError,
        AttributeError,
        RecursionError,
    ) as error:
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
        raise UsageError(f"it is damaged: {reason}") from error


def _optional(value: Any, of: Callable[[Any], T]) -> T | None:
    return None if value is None else of(value)


# Written

_OPTIONS = ("profile", "region", "endpoint_url", "format")
"""What is said of a source in AWS, as its class has it."""
_ATHENA_OPTIONS = ("profile", "region", "endpoint_url", "workgroup", "results")


def _source(source: DataSource) -> Json:
    match source:
        case FileSource(files, format_text, lookups, folder):
            return {
                "kind": "files",
                "files": list(map(str, files)),
                "format": format_text,
                "lookups": lookups,
                "folder": str(folder),
            }
        case DemoSource(lookups, folder, end):
            return {
                "kind": "demo",
                "lookups": lookups,
                "folder": str(folder),
                "sample_end": _optional(end, _moment),
            }
        case CloudWatchSource(profile, region, url, format_text):
            return {
                "kind": "cloudwatch",
                "profile": profile,
                "region": region,
                "endpoint_url": url,
                "format": format_text,
            }
        case S3Source(urls, lookups=lookups, folder=folder, is_payer=is_payer):
            return {
                "kind": "s3",
                "urls": urls,
                **{name: getattr(source, name) for name in _OPTIONS},
                "lookups": lookups,
                "folder": str(folder),
                "is_payer": is_payer,
            }
        case AthenaSource(tables):
            given = {name: getattr(source, name) for name in _ATHENA_OPTIONS}
            return {"kind": "athena", "tables": tables, **given}
        case _:
            assert_never(source)


def _trail(trail: Trail) -> Json:
    return {"steps": list(map(_step, trail.steps)), "at": trail.at, "ahead": trail.ahead}


def _step(step: Step) -> Json:
    return {
        "run": _run(step.run),
        "title": step.title,
        "cursor": step.cursor,
        "note": step.note,
        "parent": step.parent,
        "draft": step.draft,
        "rows": step.rows,
        "begins": step.begins,
        "is_pinned": step.is_pinned,
    }


def _run(run: QueryRun) -> Json:
    return {
        "id": run.id,
        **_query(run.query),
        "window": _time(run.window),
        "started": _moment(run.started),
        "updated": _optional(run.updated, _moment),
        "handle": run.handle,
        "latest": _snapshot(run.latest),
    }


def _query(query: Query) -> Json:
    return {
        "body": query.body,
        "time": _time(query.time),
        "groups": query.log_groups,
        "prelude": query.prelude,
        "limit": query.limit,
        "rows": _optional(query.rows, _rows),
    }


def _rows(rows: RowsOf) -> Json:
    return {
        "run": rows.run,
        "query": _query(rows.query),
        "window": _time(rows.window),
        "handle": rows.handle,
        "count": rows.count,
        "lack": rows.lack,
    }


def _has_rows(investigation: Investigation) -> bool:
    return investigation.rows is not None or any(
        run.query.rows is not None for run in investigation.runs
    )


def _snapshot(latest: Snapshot) -> Json:
    found = latest.statistics
    return {
        "state": latest.state,
        "columns": latest.results.columns,
        "keys": latest.results.keys,
        "matched": found.records_matched,
        "scanned": found.records_scanned,
        "bytes": found.bytes_scanned,
        "count": found.result_count,
        "progress": found.progress,
        "bytes_skipped": found.bytes_skipped,
        "records_skipped": found.records_skipped,
        "groups": found.groups_scanned,
        "has_slot": latest.has_slot,
        "error": latest.error,
        "notices": latest.notices,
    }


def _time(time: Time | None) -> Json | None:
    match time:
        case None:
            return None
        case Last(length):
            return {"last": length // _MICROSECOND}
        case TimeRange(start, end):
            return {"start": _moment(start), "end": _moment(end)}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


# Read


def _read_source(told: Json, *, has_flags: bool) -> DataSource:
    match _flagged_kind(told) if has_flags else told["kind"]:
        case "files":
            files, format_text = tuple(map(Path, told["files"])), _optional(told["format"], str)
            return FileSource(files, format_text, _read_lookups(told), Path(told["folder"]))
        case "demo":
            end = _optional(told["sample_end"], _read_moment)
            return DemoSource(_read_lookups(told), Path(told["folder"]), end)
        case "cloudwatch":
            return CloudWatchSource(*(_optional(told[name], str) for name in _OPTIONS))
        case "s3":
            urls, lookups = tuple(map(str, told["urls"])), _read_lookups(told)
            given = {name: _optional(told[name], str) for name in _OPTIONS}
            folder, is_payer = Path(told["folder"]), bool(told["is_payer"])
            return S3Source(urls, **given, lookups=lookups, folder=folder, is_payer=is_payer)
        case "athena":
            options = {name: _optional(told[name], str) for name in _ATHENA_OPTIONS}
            return AthenaSource(tuple(map(str, told["tables"])), **options)
        case kind:
            raise ValueError(f"there is no source of the kind {kind}")


def _flagged_kind(told: Json) -> str:
    if told["demo"]:
        return "demo"
    return "files" if told["files"] else "cloudwatch"


def _read_lookups(told: Json) -> tuple[str, ...]:
    return tuple(map(str, told["lookups"]))


def _read_trail(told: Json) -> Trail:
    ahead = tuple(map(_whole, told["ahead"]))
    trail = Trail(tuple(map(_read_step, told["steps"])), _whole(told["at"]), ahead)
    # A walk takes these for places in it, and each parent for a place before its step.
    for place in (trail.at, *trail.ahead):
        _check_place(place, len(trail.steps))
    for index, step in enumerate(trail.steps):
        if step.parent is not None:
            _check_place(step.parent, index)
    return trail


def _check_place(place: int, end: int) -> None:
    if not 0 <= place < end:
        raise ValueError(f"there is no step {place}")


def _read_step(told: Json) -> Step:
    return Step(
        _read_run(told["run"]),
        str(told["title"]),
        _optional(told["cursor"], lambda cells: tuple(_optional(cell, str) for cell in cells)),
        str(told["note"]),
        _optional(told["parent"], _whole),
        _optional(told["draft"], str),
        _whole(told["rows"]),
        bool(told.get("begins", False)),
        bool(told.get("is_pinned", False)),
    )


def _read_run(told: Json) -> QueryRun:
    return QueryRun(
        RunId(_whole(told["id"])),
        _read_query(told),
        _read_range(told["window"]),
        _read_moment(told["started"]),
        _read_snapshot(told["latest"]),
        _optional(told["updated"], _read_moment),
        str(told["handle"]),
    )


def _read_query(told: Json) -> Query:
    return Query(
        str(told["body"]),
        _read_time(told["time"]),
        tuple(map(str, told["groups"])),
        str(told["prelude"]),
        _optional(told["limit"], _whole),
        _optional(told.get("rows"), _read_rows),
    )


def _read_rows(told: Json) -> RowsOf:
    return RowsOf(
        RunId(_whole(told["run"])),
        _read_query(told["query"]),
        _read_range(told["window"]),
        str(told["handle"]),
        _whole(told["count"]),
        str(told["lack"]),
    )


def _read_snapshot(told: Json) -> Snapshot:
    # The words of the service may be anything; they are only shown.
    statistics = Statistics(
        as_figure(told["matched"]),
        as_figure(told["scanned"]),
        as_figure(told["bytes"]),
        as_count(told["count"]),
        as_figure(told["progress"]),
        as_figure(told["bytes_skipped"]),
        as_figure(told["records_skipped"]),
        as_figure(told["groups"]),
    )
    results = ResultSet(tuple(map(str, told["columns"])), (), tuple(map(str, told["keys"])))
    return Snapshot(
        RunState(told["state"]),
        results,
        statistics,
        str(told["error"]),
        tuple(map(str, told["notices"])),
        bool(told["has_slot"]),
    )


def _read_time(told: Json | None) -> Time | None:
    if told is None:
        return None
    if "last" not in told:
        return _read_range(told)
    length = told["last"] * _MICROSECOND
    if length > _LONGEST_LAST:
        raise ValueError(f"{length} is too long")
    return Last(length)


def _read_range(told: Json) -> TimeRange:
    return TimeRange(*(_read_moment(told[name]) for name in ("start", "end")))


def _read_moment(told: str) -> datetime:
    moment = datetime.fromisoformat(told)
    if moment.utcoffset() is None:
        raise ValueError(f"{told} is a time without a zone")
    if not is_usual(moment):
        raise ValueError(f"{told} is a time that not all zones have")
    return moment


def _whole(told: object) -> int:
    count = as_count(told)
    if count is None:
        raise ValueError(f"{reprlib.repr(told)} is no number")
    return count

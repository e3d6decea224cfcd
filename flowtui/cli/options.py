"""The options that commands share, and what they mean: a source, and what is asked of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowtui.backends.s3.location import Location, is_in_s3
from flowtui.cli.environment import now
from flowtui.cli.report import say
from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen
from flowtui.model.source import (
    STDIN,
    AthenaSource,
    CloudWatchSource,
    DataSource,
    DemoSource,
    FileSource,
    S3Source,
)

if TYPE_CHECKING:
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.model.timerange import Time, TimeRange


class PathType(click.Path):
    """A path that is not empty, as that one would mean the folder one is in; or a URL of S3."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        if value == "":
            self.fail("the path is empty; name a file or a folder", param, ctx)
        if isinstance(value, str) and is_in_s3(value):
            return value  # a Path would make one slash of two
        return super().convert(value, param, ctx)


class QueryCommand(click.Command):
    """A command that takes a query: a text of several words is none of its options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._query_last(args))

    def _query_last(self, args: list[str]) -> list[str]:
        """The words with a query that begins with `-` after `--`."""
        options = (each for each in self.params if isinstance(each, click.Option))
        valued = {name for each in options if not each.is_flag for name in each.opts}
        for index, word in enumerate(args):
            if word == "--":
                break
            is_value = index > 0 and args[index - 1] in valued
            # A value may have blanks: --format='${srcaddr} ${dstaddr}'.
            if not is_value and word.startswith("-") and len(word.partition("=")[0].split()) > 1:
                return [*args[:index], *args[index + 1 :], "--", word]
        return args


def together(
    *decorators: Callable[..., Callable[..., None]],
) -> Callable[..., Callable[..., None]]:
    """Options that several commands have."""

    def apply(function: Callable[..., None]) -> Callable[..., None]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


lookup_option = click.option(
    "--lookup", "lookups", multiple=True, metavar="NAME=FILE",
    help="A CSV file as a lookup table, for lookup and cidrlookup; may be repeated.",
)  # fmt: skip
format_option = click.option(
    "--format", help="The format of files without a header: '${srcaddr} ${dstaddr} ...'."
)
account_options = together(
    click.option("--profile", help="AWS profile."),
    click.option("--region", help="AWS region."),
    click.option("--endpoint-url", help="Another endpoint than AWS's."),
    click.option("--request-payer", type=click.Choice(["requester"]),
                 help="You pay for what is read of a bucket whose owner does not."),
)  # fmt: skip
athena_options = together(
    click.option("--athena", is_flag=True, help="Tables of flow logs, by Amazon Athena."),
    click.option("--table", "tables", multiple=True, metavar="DATABASE.TABLE",
                 help="A table of flow logs; may be repeated. Implies --athena."),
    click.option("--workgroup", help="The work group of Athena; primary where none is given."),
    click.option("--results", metavar="S3URL",
                 help="Where Athena writes results, if the work group does not say it."),
)  # fmt: skip
source_options = together(
    click.option("--file", "files", multiple=True, type=PathType(),
                 help="Flow logs: a file, a folder, `-` (stdin) or s3://bucket; may be repeated."),
    format_option,
    click.option("--demo", is_flag=True, help="The bundled sample."),
    athena_options,
    account_options,
    lookup_option,
)  # fmt: skip
log_group_option = click.option(
    "--log-group", "log_groups", multiple=True, help="Log group name or ARN; may be repeated."
)
asked_options = together(
    log_group_option,
    click.option("--since", metavar="SPAN",
                 help="15m, 3d, today, 'yesterday 17-18', 14:00-15:00, '-6h to -3h'; UTC."),
    click.option("--start", metavar="TIME",
                 help="ISO time, epoch, 14:00, '3h ago'; UTC unless it has an offset."),
    click.option("--end", metavar="TIME", help="Likewise; excluded."),
)  # fmt: skip
screen_options = together(
    click.option("--query", "body", help="The query to begin with; it is not run by itself."),
    click.option("--theme", help="The name of a theme."),
)

_OF_TIME = frozenset({"since", "start", "end"})


@frozen
class Selection:
    """The choice of log groups and time, as they were given."""

    log_groups: tuple[str, ...] = ()
    since: str | None = None
    start: str | None = None
    end: str | None = None

    def time(self, source: DataSource, default: str = "", zone: tzinfo = UTC) -> Time | None:
        """None is all the data there is, where the source has no limit. Raises `UsageError`.

        `default` is the span where none was given, and `zone` that of its days and clocks.
        """
        if self.since and (self.start or self.end):
            raise UsageError("--since says it all; leave out --start and --end, or it")
        if self.end and not self.start:
            raise UsageError("--end needs a --start too")
        if self.start:
            return self._between(self.start, zone)
        since = self.since or default or source.since
        if not since:
            return None
        from flowtui.model.time_entry import read_time

        return read_time(since, now(), zone)

    def _between(self, first: str, zone: tzinfo) -> TimeRange:
        from flowtui.model.time_entry import read_moment
        from flowtui.model.timerange import TimeRange

        start = read_moment(first, now(), zone)
        end = read_moment(self.end, now(), zone) if self.end else now()
        if start >= end:
            raise UsageError("--start must lie before --end; swap them")
        return TimeRange(start, end)


def read_options(options: Mapping[str, object]) -> tuple[DataSource, Selection]:
    """The meaning of the options that commands share. Raises `UsageError`."""
    from flowtui.model.foreign import shown

    of_time = {name: value for name, value in options.items() if name in _OF_TIME}
    given = options.get("log_groups")
    log_groups = tuple(shown(name) for name in given) if isinstance(given, tuple) else ()
    asked = Selection(log_groups, **of_time)  # type: ignore[arg-type]  # click made them of these types
    return _read_source(_SourceOptions.of(options)), asked


@frozen
class _SourceOptions:
    """The options that choose a source, as they were given."""

    files: tuple[Path | str, ...] = ()
    """Those of S3 are URLs."""
    format: str | None = None
    demo: bool = False
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    request_payer: str | None = None
    lookups: tuple[str, ...] = ()
    athena: bool = False
    tables: tuple[str, ...] = ()
    workgroup: str | None = None
    results: str | None = None

    @property
    def is_athena(self) -> bool:
        return self.athena or bool(self.tables)

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(each for each in self.files if isinstance(each, Path))

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(each for each in self.files if isinstance(each, str))

    @classmethod
    def of(cls, options: Mapping[str, object]) -> _SourceOptions:
        names = {each.name for each in fields(cls)}
        given = {name: value for name, value in options.items() if name in names}
        return cls(**given)  # type: ignore[arg-type]  # click made them of these types


def _read_source(given: _SourceOptions) -> DataSource:
    """Warns of slips; raises `UsageError` for what does not go together or can't be read."""
    _check_together(given)
    if given.is_athena:
        return _in_athena(given)
    lookup_files(given.lookups)
    warn_of_slips(given.format)
    if given.demo:
        return DemoSource(given.lookups)
    if given.urls:
        return _in_s3(given)
    if given.paths:
        return FileSource(given.paths, given.format, given.lookups)
    return CloudWatchSource(given.profile, given.region, given.endpoint_url, given.format)


def _check_together(given: _SourceOptions) -> None:
    """Raises `UsageError` for options of two sources, or of another one."""
    is_local = given.demo or bool(given.paths)
    slips = (
        (given.is_athena and (given.demo or given.files),
         "tables of Athena and files are two sources; choose one"),
        (given.demo and given.files, "--demo and --file are two sources; choose one"),
        (given.paths and given.urls,
         "files on disk and s3:// are two sources; open one of them"),
        (is_local and (given.profile or given.region or given.endpoint_url),
         "--profile, --region and --endpoint-url are for CloudWatch, not for files"),
        (given.request_payer and not given.urls,
         "--request-payer is for s3://bucket/prefix; leave it out"),
        (given.is_athena and (given.format or given.lookups),
         "--format and --lookup are for files; a table has columns"),
        (given.lookups and not (is_local or given.urls),
         "--lookup is for files; CloudWatch has lookup tables of its own"),
        ((given.workgroup or given.results) and not given.is_athena,
         "--workgroup and --results are for Athena; give --athena or --table too"),
    )  # fmt: skip
    for is_slip, sentence in slips:
        if is_slip:
            raise UsageError(sentence)


def _in_s3(given: _SourceOptions) -> S3Source:
    """Raises `UsageError` for what is no URL of S3."""
    urls = tuple(dict.fromkeys(str(Location.parse(each)) for each in given.urls))
    return S3Source(
        urls, given.profile, given.region, given.endpoint_url, given.format, given.lookups,
        is_payer=bool(given.request_payer),
    )  # fmt: skip


def _in_athena(given: _SourceOptions) -> AthenaSource:
    """Raises `UsageError` for what is no table, or no place in S3."""
    for table in given.tables:
        if not all(table.split(".")) or "." not in table:
            raise UsageError(f"{table!r} names no table; write it like flows.vpc_flow_logs")
    results = given.results
    if results and not is_in_s3(results):
        raise UsageError(f"--results is a place in S3, such as s3://bucket/folder/: {results!r}")
    if results:
        Location.parse(results)
    return AthenaSource(
        tuple(dict.fromkeys(given.tables)), given.profile, given.region, given.endpoint_url,
        given.workgroup, results,
    )  # fmt: skip


def lookup_files(lookups: tuple[str, ...]) -> dict[str, Path]:
    """The lookup tables of the command line, each given as NAME=FILE; raises `UsageError`."""
    from flowtui.settings import check_lookup_name

    found: dict[str, Path] = {}
    for given in lookups:
        name, _, file = given.partition("=")
        if not file:
            raise UsageError(f"--lookup needs a name and a file, as in hosts=hosts.csv: {given!r}")
        check_lookup_name(name)
        if name in found:
            raise UsageError(f"--lookup gives the table {name} twice; leave one out")
        found[name] = Path(file)
    return found


def parse_format(text: str | None) -> FlowFormat | None:
    """None if none is given. Raises `UsageError`."""
    if not text:
        return None
    # The first frame asks for no format.
    from flowtui.flowlogs.format import FlowFormat

    return FlowFormat.parse(text)


def warn_of_slips(format_text: str | None) -> None:
    """Say which fields are unknown: AWS adds fields, so none is refused. Raises `UsageError`."""
    flow_format = parse_format(format_text)
    if flow_format is None:
        return
    from flowtui.flowlogs.fields import FIELDS

    for field in flow_format.fields:
        if field.name not in FIELDS:
            from flowtui.query.checks.diagnostic import unknown

            say(f"--format: {unknown('field', field.name, FIELDS).sentence}")


def read_query(text: str, source: DataSource) -> str:
    """The query, from stdin for `-`; what is not UTF-8 in it becomes U+FFFD, as in log lines.

    Raises `UsageError` where the flow logs come by it.
    """
    if text == "-" and isinstance(source, FileSource) and STDIN in source.files:
        raise UsageError("both the query and the flow logs are to come by stdin; name one of them")
    if text != "-":
        # Not as file names are decoded: in another locale than UTF-8 it is text already.
        return text.encode(errors="surrogateescape").decode(errors="replace")
    binary = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read() if binary is None else binary.read().decode(errors="replace")


def follow_link(
    source: DataSource, asked: Selection, body: str
) -> tuple[DataSource, Selection, str]:
    """The question of a console link in the place of a query; options that are given win."""
    if not body.startswith("https://"):
        return source, asked, body  # Most queries need no reader of links.
    from flowtui.engine.link import is_link, read_link
    from flowtui.model.timerange import Last

    if not is_link(body):
        return source, asked, body
    link = read_link(body)
    if isinstance(source, CloudWatchSource):
        source = replace(source, region=source.region or link.region or None)
        asked = replace(asked, log_groups=asked.log_groups or link.log_groups)
    if not (asked.since or asked.start):
        match link.time:
            case Last():
                asked = replace(asked, since=str(link.time))
            case time:
                asked = replace(asked, start=time.start.isoformat(), end=time.end.isoformat())
    return source, asked, link.text

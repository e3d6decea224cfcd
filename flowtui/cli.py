"""The command line: the composition root, and the only place that picks classes.

Exit codes: 0 done, 1 the query is wrong, 2 bad usage, 3 the backend failed, 4 stopped or timed out.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from flowtui import __version__
from flowtui.model.errors import FlowtuiError, QueryError, UsageError
from flowtui.model.source import Source

if TYPE_CHECKING:
    from flowtui.backends.base import Profile, Service
    from flowtui.engine.cost import Estimate, Meter
    from flowtui.engine.headless import Question
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.journal.history import History
    from flowtui.journal.records import Records
    from flowtui.model.run import Query, Snapshot
    from flowtui.model.timerange import Time, TimeRange
    from flowtui.query.check import Diagnostic
    from flowtui.settings import Settings
    from flowtui.ui.accounts import Accounts
    from flowtui.ui.app import FlowtuiApp
    from flowtui.ui.workplace import Opening, Workplace

T = TypeVar("T")

WRONG_QUERY, BAD_USAGE, BACKEND_FAILED, STOPPED = 1, 2, 3, 4

FIRST_QUERY = """\
stats sum(bytes) as Data_Transferred by srcaddr, dstaddr, flow_direction
| sort Data_Transferred desc
| limit 20"""
CLOUDWATCH_WINDOW = "1h"
STATE_FILE = "state.db"
DEMO_GROUP = "/vpc/incident"


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look at: log groups and time."""

    log_groups: tuple[str, ...] = ()
    since: str | None = None
    start: str | None = None
    end: str | None = None

    def time(self, *, default: str | None) -> Time | None:
        """None is all the data there is. Raises `UsageError`."""
        from flowtui.model.timerange import Last, TimeRange, parse_duration, parse_moment

        if self.since and (self.start or self.end):
            raise UsageError("--since says it all; leave out --start and --end, or it")
        if self.start:
            start = parse_moment(self.start)
            end = parse_moment(self.end) if self.end else _now()
            if start >= end:
                raise UsageError("--start must lie before --end; swap them")
            return TimeRange(start, end)
        if self.end:
            raise UsageError("--end needs a --start too")
        since = self.since or default
        return Last(parse_duration(since)) if since else None


class _PathType(click.Path):
    """A path that is not empty: that one would mean the folder one is in."""

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
        return super().convert(value, param, ctx)


_FORMAT_HELP = "The format of files without a header: '${srcaddr} ${dstaddr} ...'."


def _options(*decorators: Callable[..., Callable[..., None]]) -> Callable[..., Callable[..., None]]:
    def apply(function: Callable[..., None]) -> Callable[..., None]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


_lookup_option = click.option(
    "--lookup", "lookups", multiple=True, metavar="NAME=FILE",
    help="A CSV file as a lookup table, for lookup and cidrlookup; may be repeated.",
)  # fmt: skip
_source_options = _options(
    click.option("--file", "files", multiple=True, type=_PathType(),
                 help="Flow logs on disk: a file or a folder; may be repeated."),
    click.option("--format", "format_", help=_FORMAT_HELP),
    click.option("--demo", is_flag=True, help="The bundled sample."),
    click.option("--profile", help="AWS profile."),
    click.option("--region", help="AWS region."),
    click.option("--endpoint-url", help="Another CloudWatch Logs endpoint."),
    _lookup_option,
)  # fmt: skip
_group_option = click.option(
    "--log-group", "log_groups", multiple=True, help="Log group name or ARN; may be repeated."
)
_time_options = _options(
    click.option("--since", help="The last 15m, 1h, 3d."),
    click.option("--start", help="ISO time or epoch seconds; UTC unless it has an offset."),
    click.option("--end", help="ISO time or epoch seconds; excluded."),
)


def main() -> None:
    """Run the program and exit with its code; errors are one sentence on stderr."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(BAD_USAGE)
    except click.Abort:
        _die("stopped", STOPPED)
    except FlowtuiError as error:
        _die(str(error), _exit_code(error))
    except KeyboardInterrupt:
        _die("stopped", STOPPED)
    except BrokenPipeError:
        # Who reads us has gone; the interpreter must not try to flush to nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


def _exit_code(error: FlowtuiError) -> int:
    match error:
        case QueryError():
            return WRONG_QUERY
        case UsageError():
            return BAD_USAGE
        case _:
            return BACKEND_FAILED


def _die(message: str, code: int) -> NoReturn:
    _say(message)
    sys.exit(code)


def _say(sentence: str) -> None:
    """One line on stderr; foreign text in it, such as a file name, must not steer the terminal."""
    from flowtui.model.foreign import clean

    click.echo(f"flowtui: {clean(sentence)}", err=True)


def _now() -> datetime:
    return datetime.now(UTC)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="flowtui", message="%(prog)s %(version)s")
@_source_options
@_group_option
@_time_options
@click.option("--query", "body", help="The query to begin with; it is not run by itself.")
@click.option("--theme", help="The name of a theme.")
@click.option(
    "--resume", is_flag=True,
    help="Go on with the latest investigation, of the source that is given or of any: "
    "its queries, its results and its running query come back without a new scan.",
)  # fmt: skip
@click.pass_context
def cli(context: click.Context, /, **options: object) -> None:
    """Triage incidents on VPC flow logs: in CloudWatch Logs Insights, or in files.

    Without a command: the terminal user interface.
    """
    body, theme = _text(options.pop("body")), _text(options.pop("theme"))
    resumes = options.pop("resume")
    if context.invoked_subcommand is None:
        source, asked = _split(options)
        if resumes:
            _resume_app(source, asked, body=body, theme=theme)
        else:
            _run_app(source, asked, body=body, theme=theme)
    elif resumes:
        raise UsageError("--resume stands without a command, as in flowtui --demo --resume")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _split(options: Mapping[str, object]) -> tuple[Source, Asked]:
    """The options that commands share, as the two values they mean. Raises `UsageError`."""
    from flowtui.model.foreign import shown

    of_source = {
        "format" if k == "format_" else k: v for k, v in options.items() if k in _OF_SOURCE
    }
    of_asked = {k: v for k, v in options.items() if k in ("since", "start", "end")}
    source = Source(**of_source)  # type: ignore[arg-type]  # click made them of these types
    if source.demo and source.files:
        raise UsageError("--demo and --file are two sources; choose one")
    if source.is_local and (source.profile or source.region or source.endpoint_url):
        raise UsageError("--profile, --region and --endpoint-url are for CloudWatch, not for files")
    if source.lookups and not source.is_local:
        raise UsageError("--lookup is for files; CloudWatch has lookup tables of its own")
    _lookup_files(source)
    _check_format(source.format)
    given = options.get("log_groups")
    log_groups = tuple(shown(name) for name in given) if isinstance(given, tuple) else ()
    return source, Asked(log_groups, **of_asked)  # type: ignore[arg-type]  # likewise


_OF_SOURCE = frozenset({"files", "format_", "demo", "profile", "region", "endpoint_url", "lookups"})


def _check_format(text: str | None) -> None:
    """Warn of names that may be slips: AWS adds fields, so none is refused. Raises `UsageError`."""
    if not text:
        return
    from flowtui.flowlogs.fields import FIELDS
    from flowtui.flowlogs.format import FlowFormat

    for name in (info.name for info in FlowFormat.parse(text).fields):
        if name not in FIELDS:
            from flowtui.query.checks.diagnostic import unknown

            _say(f"--format: {unknown('field', name, FIELDS)}")


def _lookup_files(source: Source) -> dict[str, Path]:
    """The lookup tables of the command line; raises `UsageError`."""
    from flowtui.settings import check_lookup_name

    found: dict[str, Path] = {}
    for given in source.lookups:
        name, _, file = given.partition("=")
        if not file:
            raise UsageError(f"--lookup needs a name and a file, as in hosts=hosts.csv: {given!r}")
        check_lookup_name(name)
        if name in found:
            raise UsageError(f"--lookup gives the table {name} twice; leave one out")
        found[name] = Path(file)
    return found


@cli.command()
@_group_option
@_time_options
@click.option("--query", "body", help="The query to begin with.")
@click.option("--theme", help="The name of a theme.")
@_lookup_option
def demo(body: str | None, theme: str | None, **options: object) -> None:
    """The TUI on the bundled sample: no AWS account, no files."""
    source, asked = _split({**options, "demo": True})
    _run_app(source, asked, body=body, theme=theme)


@cli.command("open")
@click.argument("paths", nargs=-1, required=True, type=_PathType())
@click.option("--format", "format_", help=_FORMAT_HELP)
@_group_option
@_time_options
@click.option("--query", "body", help="The query to begin with.")
@click.option("--theme", help="The name of a theme.")
@_lookup_option
def open_(
    paths: tuple[Path, ...],
    body: str | None,
    theme: str | None,
    **options: object,
) -> None:
    """The TUI on local flow logs; each PATH, a file or a folder, is a log group."""
    source, asked = _split({**options, "files": paths})
    _run_app(source, asked, body=body, theme=theme)


@cli.command()
@click.argument("query_text", metavar="QUERY")
@_source_options
@_group_option
@_time_options
@click.option(
    "--output", type=click.Choice(["table", "csv", "json", "ndjson", "markdown"]), default="table"
)
@click.option("--limit", type=click.IntRange(1, 100_000), help="At most this many rows.")
@click.option("--yes", is_flag=True, help="Run it, though it may scan more than confirm_above_gb.")
def query(query_text: str, output: str, limit: int | None, yes: bool, **options: object) -> None:
    """Run QUERY without a screen: rows to stdout, progress to stderr. `-` reads it from stdin."""
    from flowtui.engine.cost import Meter
    from flowtui.engine.headless import run_query

    source, asked, text = _read_link(*_split(options), _read(query_text))
    settings = _settings()
    loaded, meter = _limits(source, settings[0]), Meter()
    question = _question(text, source, asked, limit, loaded)
    left: list[str] = []
    running = run_query(
        _service(source, settings, one_shot=True), question, now=_now, progress=_progress(),
        warn=partial(_point, question.body), begin=partial(_allow, loaded, yes), meter=meter,
        left_running=left,
    )  # fmt: skip
    try:
        with _pointing_into(question.body):
            snapshot = _run(running)
        _write(snapshot, output)
    finally:
        if left:
            _tell_left(source, left)
        _say_scanned(meter, loaded.price_per_gb)
    _finish(snapshot)


def _limits(source: Source, loaded: Settings) -> Settings:
    """The settings, for this source: what is on disk costs nothing, and no limit holds for it."""
    if not source.is_local:
        return loaded
    return replace(loaded, price_per_gb=0.0, confirm_above_gb=0.0, stop_above_gb=0.0)


def _allow(
    loaded: Settings, is_agreed: bool, estimate: Estimate, query: Query, window: TimeRange
) -> None:
    """Say what the query may scan; raises `UsageError` if the user must agree to that first.

    Nobody may be there to be asked, so that a limit the user has set can only refuse.
    """
    from flowtui.ui.scanning import describe, is_above

    limit = loaded.confirm_above_gb
    if estimate.is_unknown or not (loaded.price_per_gb or limit):
        if limit:
            _say(f"nothing tells what this may scan; confirm_above_gb = {limit:g} is not checked")
        return
    said = describe(estimate, query, window, loaded.price_per_gb)
    if is_above(limit, estimate) and not is_agreed:
        raise UsageError(f"{said} That is above confirm_above_gb = {limit:g}; --yes runs it")
    _say(said)


def _say_scanned(meter: Meter, price_per_gb: float) -> None:
    from flowtui.ui.scanning import in_run

    if said := in_run(meter, price_per_gb):
        # Whoever reads stderr may be gone.
        with suppress(OSError):
            _say(said)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which SIGTERM and SIGHUP end as Ctrl+C does: nothing is left running.

    Where a signal is ignored, as nohup has it, it stays so.
    """
    import asyncio
    import signal

    async def stoppable() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGHUP):
            if task is not None and signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, task.cancel)
        return await work

    try:
        return asyncio.run(stoppable())
    except asyncio.CancelledError:
        _die("stopped", STOPPED)


@contextmanager
def _pointing_into(text: str) -> Iterator[None]:
    """Show where in the query an error is, if it says so, and exit."""
    try:
        yield
    except QueryError as error:
        if error.span == (0, 0):
            raise
        from flowtui.query.check import Diagnostic

        _point(text, Diagnostic.of(error))
        raise click.exceptions.Exit(WRONG_QUERY) from None


def _point(text: str, finding: Diagnostic) -> None:
    from flowtui.query.check import render

    click.echo(render(text, finding), err=True)


def _progress() -> Callable[[str], None]:
    """Progress on one line of stderr, rewritten in place on a terminal and silent elsewhere."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda text: click.echo(f"\r\x1b[K{text}", nl=False, err=True)


def _write(snapshot: Snapshot, output: str) -> None:
    from flowtui.engine import export
    from flowtui.model.foreign import clean_lines

    results = snapshot.results
    match output:
        case "csv":
            _print(export.to_csv(results), clean_lines)
        case "json":
            _print_json(export.to_json(results))
        case "ndjson":
            for record in export.records(results):
                _print_json(json.dumps(record, ensure_ascii=False))
        case "markdown":
            click.echo(export.to_markdown(results), nl=False)
        case _:
            click.echo(export.to_text(results), nl=False)


def _finish(snapshot: Snapshot) -> None:
    """Say what else is to be said, and exit with another code where the query is not complete."""
    from flowtui.model.run import RunState

    for notice in snapshot.notices:
        _say(notice)
    if snapshot.state is RunState.FAILED:
        _die(snapshot.error or "the query failed on the service; run it again", BACKEND_FAILED)
    if snapshot.state is not RunState.COMPLETE:
        ended = f"the query ended as {snapshot.state.lower()}; the rows so far are shown"
        _die(snapshot.error or ended, STOPPED)


def _print(text: str, harmless: Callable[[str], str]) -> None:
    """What programs read: to the byte, but on a terminal nothing may be a control sequence."""
    click.echo(harmless(text) if sys.stdout.isatty() else text, nl=False)


def _print_json(text: str) -> None:
    from flowtui.model.foreign import escaped_json

    _print(f"{text}\n", escaped_json)


@cli.command()
@click.argument("query_text", metavar="QUERY")
@click.option("--format", "format_", help="The flow log format, to check field names against.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text")
def check(query_text: str, format_: str | None, output: str) -> None:
    """Say what is wrong with QUERY, and where. `-` reads it from stdin. Exit 1 on an error."""
    from flowtui.flowlogs.format import FlowFormat
    from flowtui.query.check import Severity, render
    from flowtui.query.check import check as find

    _check_format(format_)
    text = _read(query_text)
    found = find(text, FlowFormat.parse(format_) if format_ else None)
    if output == "json":
        rows = [
            {"code": d.code, "severity": str(d.severity), "message": d.message,
             "start": d.span[0], "end": d.span[1]}
            for d in found
        ]  # fmt: skip
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    elif found:
        click.echo("\n\n".join(render(text, diagnostic) for diagnostic in found))
    if any(diagnostic.severity is Severity.ERROR for diagnostic in found):
        raise click.exceptions.Exit(WRONG_QUERY)


@cli.command()
@click.argument("query_text", metavar="QUERY")
@click.option("--row", required=True, help="The row as a JSON object: column name to text.")
@_source_options
@_group_option
@_time_options
def drill(query_text: str, row: str, **options: object) -> None:
    """Print the query and the time window behind one row of QUERY's result, as JSON."""
    from flowtui.engine.headless import drill_row

    source, asked, text = _read_link(*_split(options), _read(query_text))
    settings = _settings()
    question = _question(text, source, asked, None, _limits(source, settings[0]))
    # On CloudWatch nothing is looked up: it needs no credentials, and the format is the one given.
    service = _service(source, settings, one_shot=False) if source.is_local else None
    with _pointing_into(question.body):
        target = _run(drill_row(service, question, _row(row), now=_now))
    window = {"start": target.window.start.isoformat(), "end": target.window.end.isoformat()}
    answer = {
        "query": target.query.text, **window, "log_groups": list(target.query.log_groups),
        "title": target.title,
    }  # fmt: skip
    _print_json(json.dumps(answer, ensure_ascii=False, indent=1))


def _question(
    text: str, source: Source, asked: Asked, limit: int | None, loaded: Settings
) -> Question:
    from flowtui.engine.headless import Question

    time = asked.time(default=None if source.is_local else CLOUDWATCH_WINDOW)
    formats, needs_sizes = _given_formats(source, loaded), loaded.confirm_above_gb > 0
    return Question(text, asked.log_groups, time, formats, limit, loaded.stop_above_gb, needs_sizes)


def _row(text: str) -> dict[str, str]:
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"--row is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise UsageError('--row must be an object such as {"srcaddr": "10.0.0.1"}')
    return {str(name): str(value) for name, value in row.items() if value is not None}


@cli.command()
@_source_options
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 is any free port.")
@click.option(
    "--latency",
    type=click.FloatRange(0, 3600),
    default=0.0,
    help="Seconds that each query takes at least, so that partial results can be seen.",
)
def serve(port: int, latency: float, **options: object) -> None:
    """A local endpoint that speaks the CloudWatch Logs wire protocol, on 127.0.0.1 only."""
    from flowtui.serve.server import Endpoint

    source, _ = _split(options)
    if not source.is_local:
        raise UsageError("serve needs --demo or --file")
    service = _service(source, _settings(), one_shot=False)
    try:
        endpoint = Endpoint(service, service, port=port, latency=latency, now=_now)
    except OSError as error:
        raise UsageError(
            f"can't listen on port {port}: {error.strerror}; choose another"
        ) from error
    with endpoint:
        click.echo(endpoint.url)
        endpoint.wait()


def _read(text: str) -> str:
    """The query; what is not UTF-8 in it becomes U+FFFD, as in the log lines."""
    if text != "-":
        return os.fsencode(text).decode(errors="replace")
    binary = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read() if binary is None else binary.read().decode(errors="replace")


def _service(
    source: Source,
    settings: tuple[Settings, Path],
    *,
    one_shot: bool,
    ask: Callable[[str], str] | None = None,
) -> Service:
    """The backend that the source asks for; its libraries are imported when it first works.

    CloudWatch has lookup tables and saved queries of its own: ours are for files.
    """
    from flowtui.flowlogs.format import FlowFormat

    if source.is_local:
        from flowtui.backends.duckdb.backend import DuckDBBackend, Shelf

        flow_format = FlowFormat.parse(source.format) if source.format else None
        loaded, config = settings
        files = {name: config / Path(file).expanduser() for name, file in loaded.lookups.items()}
        shelf = Shelf(files | _lookup_files(source), loaded.queries)
        return DuckDBBackend(
            source.files, flow_format, demo=source.demo, now=_now, one_shot=one_shot, shelf=shelf,
            sample_end=source.sample_end,
        )  # fmt: skip
    from flowtui.backends.cloudwatch.backend import CloudWatchBackend
    from flowtui.query.parser import parse_tolerant
    from flowtui.query.scope import key_columns

    return CloudWatchBackend(
        profile=source.profile,
        region=source.region,
        endpoint_url=source.endpoint_url,
        keys_of=lambda text: key_columns(parse_tolerant(text).pipeline),
        ask=ask,
    )


def _read_link(source: Source, asked: Asked, body: str) -> tuple[Source, Asked, str]:
    """What a console link in the place of a query asks for; options that are given win."""
    from dataclasses import replace

    from flowtui.engine.link import is_link, read_link
    from flowtui.model.timerange import Last

    if not is_link(body):
        return source, asked, body
    link = read_link(body)
    if not (source.region or source.is_local):
        source = replace(source, region=link.region or None)
    if not asked.log_groups and not source.is_local:
        asked = replace(asked, log_groups=link.log_groups)
    if not (asked.since or asked.start):
        match link.time:
            case Last():
                asked = replace(asked, since=str(link.time))
            case time:
                asked = replace(asked, start=time.start.isoformat(), end=time.end.isoformat())
    return source, asked, link.text


def _run_app(source: Source, asked: Asked, *, body: str | None, theme: str | None) -> None:
    if body:
        source, asked, body = _read_link(source, asked, body)
    _check_terminal()
    time = asked.time(default=None if source.is_local else CLOUDWATCH_WINDOW)
    source = _of_today(source)
    _show_app(source, _opening(source, asked, time, body), _records(), theme)


def _resume_app(source: Source, asked: Asked, *, body: str | None, theme: str | None) -> None:
    from flowtui.ui.workplace import Opening

    if body is not None or asked != Asked():
        raise UsageError(
            "--resume brings back the query, the log groups and the time; "
            "leave out --query, --log-group, --since, --start and --end, or it"
        )
    _check_terminal()
    records = _records()
    resumed = records.take_up(replace(source, folder=Path.cwd()))
    past = resumed.investigation
    if past.source.is_local:
        _go_to(past.source.folder)
    _show_app(past.source, Opening(past.text, past.groups, past.time, resumed), records, theme)


def _check_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the screen needs a terminal; without one, use flowtui query")


def _of_today(source: Source) -> Source:
    """The source with what opens the very same one another day, in another shell."""
    if source.is_local:
        sample_end = _now() if source.demo else None
        return replace(source, folder=Path.cwd(), sample_end=sample_end)
    has_own_keys = "AWS_ACCESS_KEY_ID" in os.environ
    profile = None if has_own_keys else os.environ.get("AWS_PROFILE")
    return replace(source, profile=source.profile or profile or None)


def _go_to(folder: Path) -> None:
    """Relative paths of files begin where they were given first."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise UsageError(f"can't go to {folder}, where the files are: {error.strerror}") from error


def _show_app(source: Source, opening: Opening, records: Records, theme: str | None) -> None:
    """Run the TUI, and say what one should know when its screen is gone."""
    loaded, config = _settings()
    loaded = _limits(source, loaded)
    if theme:
        loaded = replace(loaded, theme=theme)
    _check_files(source)
    ended = _start_app(source, loaded, opening, records, config)
    # The terminal may be gone: a dropped link ends the program, too.
    with suppress(OSError):
        _say_cost(ended.scanned, loaded.price_per_gb)
        if ended.unsaved:
            _say(ended.unsaved)
    if left := ended.left_running:
        for where, ids in left.items():
            _tell_left(where, ids)
        sys.exit(STOPPED)
    if ended.return_code:
        with suppress(OSError):
            _say("that was a fault of flowtui; flowtui --resume brings the investigation back")
        sys.exit(ended.return_code)


def _say_cost(scanned: float, price_per_gb: float) -> None:
    from flowtui.ui.scanning import in_session

    if cost := in_session(scanned, price_per_gb):
        _say(cost)


def _tell_left(source: Source, ids: Sequence[str]) -> None:
    """Say and log which queries may still run, and what stops them."""
    from flowtui.journal.left import log_left, stop_command

    said = []
    for query_id in ids:
        what = f"may still be running on the service, no answer to the stop: {query_id}"
        command = stop_command(source, query_id)
        said.append(f"{what}; this stops it: {command}" if command else what)
    try:
        log_left(_state_folder() / "left-running.log", source, _place(source), ids, _now())
    except UsageError as error:
        said.append(str(error))
    with suppress(OSError):
        for sentence in said:
            _say(sentence)


def _state_folder() -> Path:
    from platformdirs import user_state_path

    return user_state_path("flowtui")


def _records() -> Records:
    from flowtui.journal.records import Records

    return Records(_state_folder() / STATE_FILE, _now)


def _place(source: Source) -> str:
    """What is known of it before anything has been looked up."""
    if source.is_local:
        return "demo" if source.demo else "files"
    return source.profile or os.environ.get("AWS_PROFILE") or "CloudWatch"


def _check_files(source: Source) -> None:
    """Raise `SourceError` for what is better said before the screen opens than on it."""
    if source.files:
        from flowtui.backends.duckdb.sniff import check_source
        from flowtui.flowlogs.format import FlowFormat

        given = FlowFormat.parse(source.format) if source.format else None
        for path in source.files:
            check_source(path, given)


def _opening(source: Source, asked: Asked, time: Time | None, body: str | None) -> Opening:
    from flowtui.model.foreign import shown
    from flowtui.ui.workplace import Opening

    groups = asked.log_groups or ((DEMO_GROUP,) if source.demo else tuple(map(shown, source.files)))
    return Opening(FIRST_QUERY if body is None else body, groups, time)


def _start_app(
    source: Source, loaded: Settings, opening: Opening, records: Records, config: Path
) -> FlowtuiApp:
    """Run the TUI to its end, and return it: it knows what it left running and what it scanned."""
    import gc

    # Importing makes no garbage; the app turns the collector on again behind its first frame.
    gc.disable()
    from flowtui.backends.late import LateService
    from flowtui.engine.pace import LOCAL, REMOTE
    from flowtui.memory import Memory
    from flowtui.ui.app import FlowtuiApp
    from flowtui.ui.clipboard import Clipboard
    from flowtui.ui.questions import Questions
    from flowtui.ui.workplace import Origin, Workplace

    questions = Questions()

    def workplace(write: Callable[[str], None]) -> Workplace:
        return at(source, write)

    def at(source: Source, write: Callable[[str], None]) -> Workplace:
        def move(profile: str | None, region: str | None) -> Workplace:
            return at(replace(source, profile=profile, region=region), write)

        return Workplace(
            LateService(
                lambda: _service(source, (loaded, config), one_shot=False, ask=questions.ask),
                _place(source),
            ),
            loaded,
            Clipboard(write, _state_folder(), os.environ),
            LOCAL if source.is_local else REMOTE,
            _now,
            _given_formats(source, loaded),
            Origin(source.command, source.account),
            Path.cwd(),
            None if source.is_local else Memory(_state_folder() / "memory.json"),
            None if source.is_local else _accounts(source, move),
            _history,
            source,
            records,
        )

    app = FlowtuiApp(workplace, opening, config / "themes")
    questions.attach(app)
    app.run()
    return app


def _history() -> History:
    """The runs of all sessions; SQLite is imported behind the first frame."""
    from flowtui.journal.history import History

    return History(_state_folder() / STATE_FILE)


def _accounts(source: Source, move: Callable[[str | None, str | None], Workplace]) -> Accounts:
    """The places in AWS; boto3 is imported when somebody wants to go to one."""
    from flowtui.ui.accounts import Accounts

    async def profiles() -> Sequence[Profile]:
        from flowtui.backends.cloudwatch import accounts

        return await accounts.profiles()

    async def regions(profile: str | None) -> Sequence[str]:
        from flowtui.backends.cloudwatch import accounts

        return await accounts.regions(profile)

    return Accounts(profiles, regions, move, source.profile, source.region)


def _given_formats(source: Source, loaded: Settings) -> Callable[[str], FlowFormat | None]:
    """The format of a log group that the command line or the settings give."""

    def given(log_group: str) -> FlowFormat | None:
        text = loaded.formats.get(log_group) or source.format
        if not text:
            return None
        # The first frame asks for no format.
        from flowtui.flowlogs.format import FlowFormat

        return FlowFormat.parse(text)

    return given


def _settings() -> tuple[Settings, Path]:
    """The user's settings, and the folder that they are in."""
    from platformdirs import user_config_path

    from flowtui import settings

    config = user_config_path("flowtui")
    return settings.load(config / "config.toml"), config


if __name__ == "__main__":
    main()

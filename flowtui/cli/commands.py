"""The commands and their options: what `--help` shows.

What a command does is imported when it runs: `--version` waits for no engine, and the first frame
for nothing that only a query needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowtui import __version__
from flowtui.cli.options import (
    PathType,
    QueryCommand,
    account_options,
    asked_options,
    format_option,
    log_group_option,
    lookup_option,
    read_options,
    screen_options,
    source_options,
    together,
)
from flowtui.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowtui.cli.headless import Write

ACCOUNT = ("profile", "region", "endpoint_url", "request_payer")


def _row_limit(context: click.Context, option: click.Parameter, value: int | None) -> int | None:
    from flowtui.query.catalogue.limits import MAX_ROWS

    return None if value is None else click.IntRange(1, MAX_ROWS).convert(value, option, context)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="flowtui", message="%(prog)s %(version)s")
@source_options
@asked_options
@screen_options
@click.option(
    "--resume", is_flag=True,
    help="Go on with the latest investigation, of the source that is given or of any: "
    "its queries, its results and its running query come back without a new scan.",
)  # fmt: skip
@click.pass_context
def cli(
    context: click.Context, /, body: str | None, theme: str | None, resume: bool, **options: object
) -> None:
    """Triage incidents on VPC flow logs: in CloudWatch Logs Insights, or in files.

    Without a command: the terminal user interface.
    """
    if context.invoked_subcommand is not None:
        if resume:
            raise UsageError("--resume stands without a command, as in flowtui --demo --resume")
        # Who asks as whom and where may be said before the command, as the AWS CLI has it.
        given = {name: options[name] for name in ACCOUNT if options[name]}
        _refuse_before_command(context)
        context.default_map = {context.invoked_subcommand: given}
        return
    from flowtui.cli import tui

    show = tui.resume if resume else tui.begin
    show(*read_options(options), body=body, theme=theme)


def _refuse_before_command(context: click.Context) -> None:
    """Raises `UsageError` for an option of the screen: the command would go without it."""
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.name not in ACCOUNT and source is click.core.ParameterSource.COMMANDLINE:
            name, command = option.opts[0], context.invoked_subcommand
            raise UsageError(f"{name} stands behind the command: flowtui {command} ... {name}")


@cli.command()
@asked_options
@screen_options
@lookup_option
def demo(body: str | None, theme: str | None, **options: object) -> None:
    """The TUI on the bundled sample: no AWS account, no files."""
    from flowtui.cli import tui

    tui.begin(*read_options({**options, "demo": True}), body=body, theme=theme)


@cli.command("open")
@click.argument("paths", nargs=-1, required=True, type=PathType())
@format_option
@account_options
@asked_options
@screen_options
@lookup_option
def open_(
    paths: tuple[Path | str, ...], body: str | None, theme: str | None, **options: object
) -> None:
    """The TUI on flow logs in files; each PATH is a log group.

    A PATH is a file, a folder, `-` for stdin, or s3://bucket/prefix.
    """
    from flowtui.cli import tui

    tui.begin(*read_options({**options, "files": paths}), body=body, theme=theme)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=PathType())
@format_option
def formats(paths: tuple[Path, ...], format: str | None) -> None:  # noqa: A002  (the option's name)
    """Print what each PATH is taken for: its kinds of files, their fields, and what is left out."""
    from flowtui.cli.formats import print_formats

    print_formats(paths, format)


@cli.command()
@click.argument("verb", required=False, type=click.Choice(["clear"]))
def cache(verb: str | None) -> None:
    """List what is kept of files and of S3 between sessions, with sizes; `clear` removes it.

    Large files and folders are kept as they were loaded, up to `loaded_cache_gb` of the settings,
    and objects of S3 as they were fetched, up to `s3_cache_gb`.
    """
    from flowtui.cli.cache import clear_cache, print_cache

    (clear_cache if verb else print_cache)()


_answer_options = together(
    click.option(
        "--output", type=click.Choice(["table", "csv", "json", "ndjson", "markdown"]),
        default="table",
    ),
    click.option("--limit", type=int, callback=_row_limit, help="At most this many rows."),
    click.option(
        "--yes", is_flag=True, help="Run it, though it may scan more than confirm_above_gb."
    ),
    click.option(
        "--explain", is_flag=True,
        help="Print what would run, the SQL over files or the text for CloudWatch, and run "
        "nothing.",
    ),
    click.option(
        "--save", type=click.Path(path_type=Path), metavar="FILE",
        help="Write all rows to FILE instead: .csv, .json, .ndjson, .md or .parquet.",
    ),
    click.option("--overwrite", is_flag=True, help="Let --save write over a file."),
    click.option(
        "--raw", is_flag=True,
        help="CSV with cells as they are, also those a spreadsheet would run.",
    ),
)  # fmt: skip


@cli.command(cls=QueryCommand)
@click.argument("query_text", metavar="QUERY")
@source_options
@asked_options
@_answer_options
def query(query_text: str, **options: object) -> None:
    """Run QUERY without a screen: rows to stdout, progress to stderr. `-` reads it from stdin."""
    _answer(query_text, options)


@cli.command(cls=QueryCommand)
@click.argument("query_text", metavar="[QUERY]", default="")
@source_options
@asked_options
@_answer_options
def conversations(query_text: str, **options: object) -> None:
    """Print the conversations of the flows that QUERY reads, each once, or of all flows.

    Who opened it, bytes each way, how it ended, and whether it or its replies were rejected.
    """
    from flowtui.engine.conversations import conversations_of

    _answer(query_text, options, lambda query, _, known: conversations_of(query, known))


@cli.command()
@source_options
@asked_options
@_answer_options
def findings(**options: object) -> None:
    """Print what to look at first: scans, theft, beacons and so on, ranked, each in a sentence.

    The rules are TOML files; your own lie in the folder `rules` beside the settings.
    """
    from flowtui.engine.findings.question import findings_of_records

    _answer("", options, lambda _query, _window, known: findings_of_records(known), one_shot=False)


@cli.command(cls=QueryCommand)
@click.argument("query_text", metavar="QUERY")
@click.option(
    "--with", "baseline", default="the window before", show_default=True, metavar="TIME",
    help="The earlier time: 'the window before', yesterday, 'a week ago', or 'START to END'.",
)  # fmt: skip
@source_options
@asked_options
@_answer_options
def compare(query_text: str, baseline: str, **options: object) -> None:
    """Print what has changed: the aggregate QUERY now, then, and the change, the largest first."""
    from flowtui.engine.baseline import Baseline
    from flowtui.engine.compare import compare_of

    earlier, is_free = Baseline.read(baseline), read_options(options)[0].is_at_hand
    _answer(
        query_text,
        options,
        lambda query, _, known: compare_of(query, earlier, known, is_free=is_free),
    )


@cli.command()
@click.argument("subject", metavar="NAME")
@source_options
@asked_options
@_answer_options
def about(subject: str, **options: object) -> None:
    """Print a page on NAME, an address, an interface or an instance: peers, ports, bytes, talks."""
    from flowtui.engine.about import about_of, kind_of_name

    kind = kind_of_name(subject)
    _answer(
        "", options, lambda query, window, known: about_of(query, window, (kind, subject), known)
    )


def _answer(
    query_text: str,
    options: Mapping[str, object],
    write: Write | None = None,
    *,
    one_shot: bool = True,
) -> None:
    """Run it, or what is asked about what it reads, as the options of an answer have it."""
    source, asked = read_options(options)
    limit = options["limit"] if isinstance(options["limit"], int) else None
    if options["explain"]:
        from flowtui.cli.explain import print_explanation

        print_explanation(query_text, source, asked, limit, write)
        return
    from flowtui.cli.output import Output
    from flowtui.cli.query import print_result

    save, overwrites = options["save"], bool(options["overwrite"])
    file = save if isinstance(save, Path) else None
    form = Output(str(options["output"]), bool(options["raw"]), file, overwrites)
    is_agreed = bool(options["yes"])
    print_result(
        query_text,
        source,
        asked,
        output=form,
        limit=limit,
        is_agreed=is_agreed,
        write=write,
        one_shot=one_shot,
    )


@cli.command(cls=QueryCommand)
@click.argument("query_text", metavar="QUERY")
@source_options
@log_group_option
@click.option("--output", type=click.Choice(["text", "json"]), default="text")
def check(query_text: str, output: str, **options: object) -> None:
    """Say what is wrong with QUERY, and where. `-` reads it from stdin. Exit 1 on an error.

    Field names are checked against the format that is given, chosen or set, or that of the files.
    """
    source, asked = read_options(options)
    from flowtui.cli.check import print_findings

    print_findings(query_text, source, asked.log_groups, output)


@cli.command(cls=QueryCommand)
@click.argument("query_text", metavar="QUERY")
@click.option("--row", required=True, help="The row as a JSON object: column name to text.")
@source_options
@asked_options
def drill(query_text: str, row: str, **options: object) -> None:
    """Print the query and the time window behind one row of QUERY's result, as JSON."""
    source, asked = read_options(options)
    from flowtui.cli.drill import print_target

    print_target(query_text, row, source, asked)


@cli.command()
@source_options
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 is any free port.")
@click.option(
    "--latency",
    type=click.FloatRange(0, 3600),
    default=0.0,
    help="Seconds that each query takes at least, so that partial results can be seen.",
)
def serve(port: int, latency: float, **options: object) -> None:
    """A local endpoint that speaks the CloudWatch Logs wire protocol, on 127.0.0.1 only.

    With --demo also that of S3: the sample lies in s3://flow-logs, and can be read. With
    flowtui[athena-serve] also that of Athena: each log group is a table, as flows.vpc_incident.
    """
    source, _ = read_options(options)
    if not source.is_at_hand:
        raise UsageError("serve needs --demo or --file")
    from flowtui.cli.serve import listen

    listen(source, port, latency)

"""The command line: the composition root, and the only place that picks classes.

Exit codes: 0 done, 1 the query is wrong, 2 bad usage, 3 the backend failed, 4 stopped or timed out.

The commands and their options are declared in `commands`; what a command does is in a module of
its own, which is imported when the command runs.
"""

from __future__ import annotations

import gc
import sys

from flowtui.cli.report import BACKEND_FAILED, BAD_USAGE, STOPPED, WRONG_QUERY, die
from flowtui.cli.streams import ReaderGone, Unwritable, drop_stdout, end_as_a_broken_pipe
from flowtui.model.errors import FlowtuiError, QueryError, UsageError


def main() -> None:
    """Run the program and exit with its code; errors are one sentence on stderr."""
    try:
        code = _print_version() if sys.argv[1:] == ["--version"] else _run_command()
    except Unwritable as error:
        drop_stdout()
        die(str(error), BACKEND_FAILED)
    except FlowtuiError as error:
        die(str(error), _exit_code(error))
    except KeyboardInterrupt:
        die("stopped", STOPPED)
    except ReaderGone:
        end_as_a_broken_pipe()
    except Exception as error:  # noqa: BLE001  (the net: no traceback reaches a user)
        from flowtui.cli.crash import recorded

        die(recorded(error), BACKEND_FAILED)
    sys.exit(code)


def _print_version() -> int:
    """As the option does, without the import of all options."""
    from flowtui import __version__

    sys.stdout.write(f"flowtui {__version__}\n")
    sys.stdout.flush()
    return 0


def _run_command() -> int:
    # Importing makes no garbage, so the collector need look for none: that is a tenth of its time.
    gc.disable()
    from flowtui.cli import crash

    crash.install()
    import click

    from flowtui.cli.commands import cli

    gc.freeze()
    gc.enable()
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return BAD_USAGE
    except click.Abort:
        die("stopped", STOPPED)
    return code if isinstance(code, int) else 0


def _exit_code(error: FlowtuiError) -> int:
    match error:
        case QueryError():
            return WRONG_QUERY
        case UsageError():
            return BAD_USAGE
        case _:
            return BACKEND_FAILED

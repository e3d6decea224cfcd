"""`flowtui serve`: the wire protocol of CloudWatch Logs over files or the sample."""

from __future__ import annotations

import signal

from flowtui.cli.environment import load_settings, now
from flowtui.cli.output import print_text
from flowtui.cli.services import service
from flowtui.model.errors import UsageError
from flowtui.model.source import DataSource
from flowtui.serve.server import Endpoint


def listen(source: DataSource, port: int, latency: float) -> None:
    """Print the URL, and answer until told to end. `latency` is in seconds."""
    backend = service(source, load_settings(source), one_shot=False)
    try:
        endpoint = Endpoint(backend, backend, port=port, latency=latency, now=now)
    except OSError as error:
        raise UsageError(
            f"can't listen on port {port}: {error.strerror}; choose another"
        ) from error
    _heed_signals()
    with endpoint:
        print_text(f"{endpoint.url}\n")
        endpoint.wait()


def _heed_signals() -> None:
    """SIGTERM and SIGHUP end it as Ctrl+C does: nothing is left running, and no temporary file.

    Where a signal is ignored, as nohup has it, it stays so.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)

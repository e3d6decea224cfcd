"""`flowtui serve`: the wire protocol of CloudWatch Logs over files or the sample."""

from __future__ import annotations

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
    with endpoint:
        print_text(f"{endpoint.url}\n")
        endpoint.wait()

"""`flowtui serve`: the wire protocol of CloudWatch Logs over files or the sample."""

from __future__ import annotations

import signal

from flowtui.backends.base import Service
from flowtui.cli.environment import load_settings, now
from flowtui.cli.output import print_text
from flowtui.cli.services import service
from flowtui.model.errors import UsageError
from flowtui.model.source import DataSource, DemoSource
from flowtui.sample.delivered import BUCKET
from flowtui.serve.athena.executions import Runner
from flowtui.serve.bucket import Bucket, Stored
from flowtui.serve.server import Endpoint


def _bucket(source: DataSource) -> Bucket | None:
    """The sample as it would be delivered to S3; files on disk may be of any shape."""
    if not isinstance(source, DemoSource):
        return None
    end = source.sample_end or now()

    def made() -> dict[str, Stored]:
        from flowtui.sample import article_lines, incident_lines
        from flowtui.sample.delivered import delivered

        files = (
            *delivered(article_lines(), "fl-0a47c1e0000000001"),
            *delivered(incident_lines(end), "fl-0b59d2f0000000002"),
        )
        return {key: Stored(body, end) for key, body in files}

    return Bucket(BUCKET, made)


def _runner(backend: Service) -> Runner | None:
    """What runs the SQL that is sent to Athena: only files can be read so."""
    from flowtui.backends.duckdb.backend import DuckDBBackend

    return backend.typed_tables() if isinstance(backend, DuckDBBackend) else None


def listen(source: DataSource, port: int, latency: float) -> None:
    """Print the URL, and answer until told to end. `latency` is in seconds."""
    backend = service(source, load_settings(source), one_shot=False)
    bucket = _bucket(source)
    try:
        endpoint = Endpoint(
            backend, backend, port=port, latency=latency, now=now, bucket=bucket,
            runner=_runner(backend), location=f"s3://{BUCKET}/" if bucket else "",
        )  # fmt: skip
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

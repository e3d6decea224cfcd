"""The work group of a query: where its result goes, and how much it may scan."""

from __future__ import annotations

from flowtui.backends.aws.decode import Entry
from flowtui.model.errors import UsageError
from flowtui.model.frozen import frozen


@frozen
class WorkGroup:
    name: str
    is_enabled: bool = True
    output: str = ""
    """Where results go; empty where whoever asks says it."""
    is_enforced: bool = False
    """Whether what a client says of that counts for nothing."""
    is_managed: bool = False
    """Whether Athena keeps the results itself, for a day."""
    cutoff: float = 0.0
    """Bytes at which a query is ended, and paid; 0 is no limit."""
    engine: str = ""

    @classmethod
    def read(cls, answer: Entry) -> WorkGroup:
        """A GetWorkGroup; raises `Misshapen`."""
        told = answer.member("WorkGroup")
        configuration = told.member("Configuration")
        managed = configuration.member("ManagedQueryResultsConfiguration")
        return cls(
            told.name("Name"),
            told.text("State") in ("", "ENABLED"),
            configuration.member("ResultConfiguration").text("OutputLocation"),
            configuration.raw("EnforceWorkGroupConfiguration") is True,
            managed.raw("Enabled") is True,
            configuration.number("BytesScannedCutoffPerQuery") or 0.0,
            configuration.member("EngineVersion").text("EffectiveEngineVersion"),
        )

    def output_for(self, given: str | None) -> str:
        """The location to send; empty where none is to be sent. Raises `UsageError`."""
        if not self.is_enabled:
            raise UsageError(f"the work group {self.name} is disabled: choose one by --workgroup")
        if self.engine.endswith("version 2"):
            raise UsageError(
                f"the work group {self.name} runs {self.engine}, and flowtui writes SQL for"
                " version 3: choose another one by --workgroup"
            )
        if self.is_managed or (self.is_enforced and self.output):
            return ""
        if given:
            return given if given.endswith("/") else f"{given}/"
        if self.output:
            return ""
        raise UsageError(
            f"the work group {self.name} does not say where results go, and Athena writes each to"
            " S3: say it once by --results s3://bucket/folder/"
        )

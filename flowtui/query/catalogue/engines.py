"""The engines that run queries: each takes the language, but for what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Engine(StrEnum):
    CLOUDWATCH = "CloudWatch"
    """Log groups of the Standard class."""
    INFREQUENT_ACCESS = "CloudWatch, Infrequent Access"
    """Log groups of the class that costs less and takes less of the language."""
    LOCAL = "the local engine"
    """Files and the sample."""


Refusals = Mapping[Engine, str]
"""Why an engine does not run something, by the engine; those that are not named run it."""

NOT_IN_CLASS = "the class does not have it"
NO_MASKED_DATA = "files hold no masked data"

"""How much of anything the service takes or gives (LANGUAGE.md 1 and 4).

Limits that are flowtui's own stand where they hold.
"""

from __future__ import annotations

from collections.abc import Mapping

from flowtui.query.catalogue.engines import Engine

QUERY_LENGTH = 10_000
"""Characters of a query, also of a saved one, and of one whose parameters are filled in."""
DEFAULT_ROWS = 10_000
"""Rows that a query gives which names no limit."""
MAX_ROWS = 100_000
"""Rows that any query gives, and that `appendcols` takes."""
PAGE_ROWS = 10_000
"""Rows of one answer of GetQueryResults."""
APPENDED_ROWS = 10_000
"""Rows that `appendcols` takes where it does not say how many."""
JOIN_KEYS = 50_000
"""Different keys on the right side of a `join`."""
STATS: Mapping[Engine, int] = {Engine.CLOUDWATCH: 10, Engine.INFREQUENT_ACCESS: 2}
"""How often `stats` may stand in a query."""
CASE_BRANCHES = 10
"""Conditions of a `case`."""
TOP_VALUES = 10_000
"""Values that `topk` lists."""

LOG_GROUPS = 50
"""Log groups that are named for a query, or with a saved one."""
SOURCE_PREFIXES = 5
SOURCE_ACCOUNTS = 20
SOURCE_DATA_SOURCES = 10
SOURCE_TAGS = 5
SOURCE_TAG_VALUES = 5

PARAMETERS = 20
"""Parameters of a saved query."""
PARAMETER_NAME_LENGTH = 128
"""Characters of a parameter's name."""

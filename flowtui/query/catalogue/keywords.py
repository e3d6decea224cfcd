"""The words that mean the same in all commands (LANGUAGE.md 1.1 and 1.2)."""

from __future__ import annotations

RESERVED = frozenset({"and", "or", "not", "in", "like", "as", "by", "asc", "desc", "true", "false"})
"""Words that an expression can use as a field only in backticks."""

BOOLEANS = ("true", "false")

TESTS = ("and", "or", "in", "not in", "like", "not like")
"""Words that go on with a condition after a value, beside signs such as `=`."""

BEFORE_NAME = frozenset({"as", "into"})
"""After these stands a new name, whatever it is."""

"""Options of a command line whose values are foreign words: one may begin with a dash."""

from __future__ import annotations

from collections.abc import Iterable


def option(name: str, value: str) -> tuple[str, ...]:
    """`--region eu-west-1`; a value that would be taken for an option itself follows a `=`."""
    return (f"{name}={value}",) if value.startswith("-") else (name, value)


def options(pairs: Iterable[tuple[str, str | None]]) -> tuple[str, ...]:
    """Those of the pairs that have a value; their names stand without dashes."""
    return tuple(word for name, value in pairs if value for word in option(f"--{name}", value))

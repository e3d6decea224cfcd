"""The two ways in which foreign words enter SQL: as a quoted name and as a parameter."""

from __future__ import annotations

Scalar = str | int | float


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class Parameters:
    """The values of a statement, by name."""

    def __init__(self) -> None:
        self.values: dict[str, Scalar] = {}

    def add(self, value: Scalar) -> str:
        """The SQL that stands for `value`."""
        name = f"v{len(self.values) + 1}"
        self.values[name] = value
        return f"${name}"

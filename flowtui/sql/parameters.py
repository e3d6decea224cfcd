"""The two ways in which foreign words enter SQL: as a quoted name and as a constant."""

from __future__ import annotations

from flowtui.sql.dialects.base import Constants, Scalar


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class Parameters:
    """The values of a statement, by name."""

    def __init__(self, constants: Constants) -> None:
        self.values: dict[str, Scalar] = {}
        self._constants = constants

    def add(self, value: Scalar) -> str:
        """The SQL that stands for `value`."""
        return self._constants.constant(value, self.values)

"""A dialect of no engine: each method writes its own name, so that what it did not write shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from typing import get_type_hints

from flowtui.sql.dialects.base import Dialect, Scalar

CALL = re.compile(r"\b([A-Za-z_][A-Za-z0-9_]*)\(")
OWN = re.compile(r"\bown_[a-z0-9_]+")
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_TELLING = ("refusal", "has_zone", "path", "rewrite")
"""Methods that write no SQL."""


class _Part:
    """One subject of SQL."""

    integers = "INTEGERS"
    directives = frozenset({"%Y", "%m", "%d", "%H", "%M", "%S", "%-d", "%-H", "%-I"})
    lack_of_zones = ""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, method: str) -> object:
        if method.startswith("_"):
            raise AttributeError(method)

        def write(*arguments: str | int | Sequence[str], **_: bool) -> str:
            flat = (a if isinstance(a, str | int) else ", ".join(a) for a in arguments)
            return f"own_{self._name}_{method}({', '.join(map(str, flat))})"

        return write

    def constant(self, value: Scalar, parameters: dict[str, Scalar]) -> str:
        parameters[f"c{len(parameters)}"] = value
        return f"own_{self._name}_constant()"

    def bound(self, address: object, _: dict[str, Scalar]) -> str:
        return f"own_{self._name}_bound('{address}')"

    def refusal(self, _: str) -> str:
        return ""

    def has_zone(self, _: str) -> bool:
        return True

    def path(self, keys: Sequence[str]) -> str:
        return ".".join(keys)

    def rewrite(self, written: str) -> str:
        return written


def foreign_dialect() -> Dialect:
    parts = {field.name: _Part(field.name) for field in fields(Dialect) if field.name != "name"}
    return Dialect("none", **parts)  # type: ignore[arg-type]  # it writes whatever it is asked for


def methods() -> set[str]:
    """What `own_...` can be: the methods of a dialect that write SQL."""
    return {
        f"own_{part}_{name}"
        for part, protocol in get_type_hints(Dialect).items()
        for name, method in vars(protocol).items()
        if part != "name" and callable(method) and not name.startswith("_")
        if name not in _TELLING
    }


def without_dialect(sql: str) -> str:
    """What the compiler has written itself: no quoted texts, no names, nothing of the dialect."""
    return OWN.sub("", _QUOTED.sub("''", sql))

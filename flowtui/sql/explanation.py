"""The statements of a compiled query as a text, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from flowtui.sql.compile import Compiled
from flowtui.sql.dialects.base import Scalar
from flowtui.sql.layout import laid_out, words


def explanation(compiled: Compiled, notes: Sequence[str] = ()) -> str:
    """SQL, with the notes and the values of its parameters in comments."""
    statements = [check.sql for check in compiled.checks]
    lines = [_comment(note) for note in notes]
    for check in compiled.checks:
        lines += [_comment(f"where this gives 1: {check.message}"), f"{laid_out(check.sql)};"]
    lines.append(f"{laid_out(compiled.sql)};")
    lines += _values(compiled.parameters, [*statements, compiled.sql])
    return "".join(f"{line}\n" for line in lines)


def _values(parameters: Mapping[str, Scalar], statements: Sequence[str]) -> Iterator[str]:
    named = {word for sql in statements for word in words(sql)}
    for name, value in parameters.items():
        if f"${name}" in named:
            yield _comment(f"${name} = {json.dumps(value, ensure_ascii=False)}")


def _comment(text: str) -> str:
    return f"-- {' '.join(text.split())}"

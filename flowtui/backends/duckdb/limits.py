"""How much of the machine the local engine may take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from flowtui.model.frozen import frozen

GB = 10**9
LEAST_MEMORY = GB // 4
"""With less, reading files in chunks has no room."""
_OF_MACHINE = 4
"""Nobody else has said how much: a quarter of the machine is ours."""
_PER_THREAD = 125_000_000
"""Bytes that a thread of DuckDB needs to get on (its documentation)."""
_BATCH = 2048
"""Rows that DuckDB computes at once (STANDARD_VECTOR_SIZE)."""
_COPIES = 12
"""Of a text that is looked at, five; of all the texts of a query, about twice that."""
_SPILL = 10
"""What does not fit into memory may take so many times as much on disk."""
_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@frozen
class EngineLimits:
    memory: int
    """Bytes that the engine and the rows of its queries may take. The process is kept under twice
    as many: what is computed of one batch of rows is not counted before it is there."""
    threads: int

    @classmethod
    def of_machine(cls, memory: int = 0) -> Self:
        """So many bytes, or a share of what there is; `LEAST_MEMORY` in any case."""
        memory = max(LEAST_MEMORY, memory or _machine_memory() // _OF_MACHINE)
        return cls(memory, max(1, min(os.cpu_count() or 1, memory // _PER_THREAD)))

    @property
    def engine_memory(self) -> int:
        """Bytes of what the engine itself keeps count of."""
        return self.memory * 3 // 5

    @property
    def process_memory(self) -> int:
        """Bytes of the whole process from which on a query is ended.

        A batch of rows more is below twice the memory.
        """
        return self.memory * 7 // 5

    @property
    def longest_text(self) -> int:
        """Bytes of a computed text: each thread makes a batch of them, and some copies."""
        return self.memory // (_BATCH * _COPIES * self.threads)

    @property
    def kept_rows(self) -> int:
        """Bytes of the rows of queries that have ended, which somebody may still ask for."""
        return self.memory // 4

    @property
    def spill(self) -> int:
        """Bytes on disk."""
        return self.memory * _SPILL


def _machine_memory() -> int:
    """Bytes of the machine, or of the container that this runs in."""
    return min((os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *_container_memory()))


def _container_memory() -> Iterator[int]:
    for path in _CGROUPS:
        try:
            text = Path(path).read_text("ascii").strip()
        except OSError:
            continue
        if text.isdecimal():
            yield int(text)

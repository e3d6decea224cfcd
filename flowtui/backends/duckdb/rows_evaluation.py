"""Several queries over the same rows, in a database of their own that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flowtui.backends.duckdb.dialect import compile_query
from flowtui.backends.duckdb.execution import fetch
from flowtui.backends.duckdb.failures import sentence
from flowtui.backends.duckdb.rows_table import make_table, store
from flowtui.model.errors import BackendError, FlowtuiError
from flowtui.model.run import ResultSet
from flowtui.model.timerange import TimeRange
from flowtui.query.catalogue.limits import MAX_ROWS
from flowtui.sql.pipelines import Library

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_RELATION = "rows_at_hand"


def evaluate(
    asked: Sequence[tuple[ResultSet, Sequence[str]]], window: TimeRange, now: datetime
) -> list[list[ResultSet | FlowtuiError]]:
    """For each result the answers to its queries, or what is wrong with them.

    Raises `BackendError`.
    """
    import duckdb

    from flowtui.backends.duckdb.database import lock, open_database
    from flowtui.backends.duckdb.macros import install

    with tempfile.TemporaryDirectory(prefix="flowtui-") as folder:
        try:
            with open_database(Path(folder)) as connection:
                install(connection)
                lock(connection, [Path(folder)])
                return [_answers(connection, Path(folder), *each, window, now) for each in asked]
        except duckdb.Error as error:
            raise BackendError(f"the local engine can't be opened: {sentence(error)}") from error


def _answers(
    connection: DuckDBPyConnection,
    folder: Path,
    results: ResultSet,
    texts: Sequence[str],
    window: TimeRange,
    now: datetime,
) -> list[ResultSet | FlowtuiError]:
    import duckdb

    columns = dict.fromkeys(results.columns)
    named = [name for name in columns if any(name in text for text in texts)]
    stored = store(connection, _RELATION, results, named, folder)
    table = make_table(connection, _RELATION, results, named, stored)
    found: list[ResultSet | FlowtuiError] = []
    for text in texts:
        try:
            compiled = compile_query(text, [table], window, MAX_ROWS, now, Library())
            found.append(fetch(connection, compiled))
        except FlowtuiError as error:
            found.append(error)
        except duckdb.Error as error:
            found.append(BackendError(sentence(error)))
    return found

"""The compiler for DuckDB: its dialect, with what only the engine itself can tell."""

from __future__ import annotations

from functools import lru_cache

from flowtui.sql.compile import Compiler
from flowtui.sql.dialects.duckdb import duckdb as duckdb_dialect

_WITHOUT_ICU = "this build of DuckDB lacks ICU, which knows time zones; write one like +02:00"


class _Engine:
    def pattern_refusal(self, expression: str) -> str:
        return _pattern_refusal(expression)

    def has_zone(self, name: str) -> bool:
        return not _zone_error(name)

    @property
    def lack_of_zones(self) -> str:
        return _WITHOUT_ICU if _zone_error("Europe/Berlin") == "CatalogException" else ""


@lru_cache(maxsize=256)
def _pattern_refusal(expression: str) -> str:
    import duckdb

    with duckdb.connect(":memory:") as connection:
        try:
            connection.execute("SELECT regexp_matches('', $1)", [expression])
        except duckdb.Error as error:
            # Its words are of its own syntax, and quote what nobody has written.
            is_size = any(words in str(error) for words in _SIZES)
            return _TOO_LARGE if is_size else "RE2 does not take it"
    return ""


_SIZES = ("repetition size", "too large", "too deep")
_TOO_LARGE = "it repeats too much, or is too long; repeat fewer times"


@lru_cache(maxsize=64)
def _zone_error(name: str) -> str:
    """The kind of error that a zone of this name makes; empty where there is none."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        try:
            connection.execute("SELECT epoch_ms(timezone($1, TIMESTAMP '2000-01-01'))", [name])
        except duckdb.Error as error:
            return type(error).__name__
    return ""


ENGINE = _Engine()
DIALECT = duckdb_dialect(ENGINE)

compile_query = Compiler(DIALECT).compile

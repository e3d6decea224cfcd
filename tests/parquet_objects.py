"""Parquet as flow logs are delivered to S3, large enough that no query needs all of it."""

from __future__ import annotations

from pathlib import Path

import duckdb

_SQL = """
SELECT 5 AS version, '123456789012' AS account_id,
    'eni-0' || substr(md5(CAST(i % 40 AS VARCHAR)), 1, 16) AS interface_id,
    '10.0.' || (hash(i) % 200) || '.' || (hash(i + 1) % 250) AS srcaddr,
    '10.1.' || (hash(i + 2) % 200) || '.' || (hash(i + 3) % 250) AS dstaddr,
    CAST(hash(i + 4) % 65536 AS INTEGER) AS srcport,
    CAST(hash(i + 5) % 65536 AS INTEGER) AS dstport,
    CAST([6, 17][1 + i % 2] AS INTEGER) AS protocol,
    CAST(hash(i + 6) % 1000 AS BIGINT) AS packets, CAST(hash(i + 7) % 1000000 AS BIGINT) AS bytes,
    CAST({begin} + i * 300 // {rows} AS BIGINT) AS start,
    CAST({begin} + 60 + i * 300 // {rows} AS BIGINT) AS "end",
    CASE WHEN i % 7 > 0 THEN ['ACCEPT', 'REJECT'][1 + i % 2] END AS action, 'OK' AS log_status
FROM range({rows}) AS r(i)
"""


def write(path: Path, begin: int, *, rows: int = 24_000, row_group: int = 8_192) -> Path:
    """Records of five minutes from that second on."""
    sql = _SQL.format(begin=begin, rows=rows)
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION snappy,"
            f" ROW_GROUP_SIZE {row_group})"
        )
    return path

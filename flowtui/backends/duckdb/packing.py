"""SQL that packs rows of flows by the pairs of ends that they are between, the largest first.

`engine/conversation` has the rules of conversations. What is here of them is what it needs to
leave out rows that would not be shown: which flows are between one pair, which of them a NAT
gateway has recorded besides, and how much a pair has sent where most of it was seen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowtui.flowlogs.flow_rows import (
    BYTES,
    CELL_END,
    FIRST,
    FLAGS,
    KEYS,
    LAST,
    MILLISECONDS,
    OPENINGS,
    PACKED,
    PACKETS,
    RECORDS,
    ROW_END,
)
from flowtui.sql.compile import Column
from flowtui.sql.value import ValueKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowtui.sql.compile import Compiled

_NEEDED = frozenset({"srcaddr", "dstaddr", RECORDS, FIRST, LAST})
_NUMBERS = frozenset({"degree_of_one", "degree_of_other", "pairs", "beyond_nat"})


def packed(flows: Compiled, most: int) -> Compiled | None:
    """The statement for the packed rows of so many pairs; None where these are no rows of flows.

    Where several are as large as the last one and as old, there are more.
    """
    kinds = {column.name: column.kind for column in flows.columns}
    are_texts = all(kinds[name] is ValueKind.TEXT for name in KEYS if name in kinds)
    if not kinds.keys() >= _NEEDED or len(kinds) < len(flows.columns) or not are_texts:
        return None
    places = {name: f"c{place}" for place, name in enumerate(kinds)}
    columns = tuple(
        Column(name, ValueKind.NUMBER if name in _NUMBERS else ValueKind.TEXT) for name in PACKED
    )
    sql = _SQL.format(
        flows=flows.sql, columns=", ".join(places.values()), read=_read(places), most=most,
        last=most - 1, cell_end=ord(CELL_END), row_end=ord(ROW_END),
        beyond=_BEYOND if {"pkt_srcaddr", "pkt_dstaddr"} & places.keys() else "false",
    )  # fmt: skip
    return replace(flows, sql=sql, columns=columns, keys=PACKED[:5])


def _read(places: Mapping[str, str]) -> str:
    """The columns of the flows by short names, without NULL."""

    def text(name: str) -> str:
        return f"coalesce({places[name]}, '')" if name in places else "''"

    def in_packet(name: str, at_interface: str) -> str:
        if name not in places:
            return text(at_interface)
        return f"coalesce(nullif({places[name]}, '-'), {text(at_interface)})"

    def number(name: str) -> str:
        if name not in places:
            return "CAST(0 AS BIGINT)"
        whole = f"TRY_CAST({places[name]} AS BIGINT)"
        other = f"TRY_CAST(trunc(TRY_CAST({places[name]} AS DOUBLE)) AS BIGINT)"
        is_whole = f"typeof({places[name]}) IN ('BIGINT', 'HUGEINT')"
        return f"coalesce(CASE WHEN {is_whole} THEN {whole} ELSE {other} END, 0)"

    def seconds(name: str) -> str:
        time = number(name)
        return f"CASE WHEN {time} >= {MILLISECONDS} THEN {time} // 1000 ELSE {time} END"

    interface = "interface_id" if "interface_id" in places else "tgw_attachment_id"
    read = {
        "src": text("srcaddr"), "dst": text("dstaddr"),
        "s": in_packet("pkt_srcaddr", "srcaddr"), "sp": text("srcport"),
        "d": in_packet("pkt_dstaddr", "dstaddr"), "dp": text("dstport"),
        "p": text("protocol"), "i": text(interface), "w": text("flow_direction"),
        "rejected": f"{text('action')} = 'REJECT'", "b": number(BYTES), "k": number(PACKETS),
        "n": number(RECORDS), "t1": seconds(FIRST), "t2": seconds(LAST), "g": number(FLAGS),
        "o": number(OPENINGS),
    }  # fmt: skip
    return ", ".join(f"{sql} AS {name}" for name, sql in read.items())


_BEYOND = """
CASE WHEN (i, s) IN (SELECT (i, address) FROM own)
    THEN (i, d, dp, p) IN (SELECT (i, address, port, p) FROM reached)
  WHEN (i, d) IN (SELECT (i, address) FROM own)
    THEN (i, s, sp, p) IN (SELECT (i, address, port, p) FROM reached)
  ELSE false END"""

_ROW = (
    "concat_ws(chr({cell_end}), b, k, n, t1, t2, g, o, CAST(rejected AS TINYINT),"
    " translate(w, chr({cell_end}) || chr({row_end}), ''),"
    " translate(i, chr({cell_end}) || chr({row_end}), ''))"
)
# Packets before bytes, in one number: of several recordings of a flow the one with most counts.
_MOST = "(k :: HUGEINT * 18446744073709551616 :: HUGEINT + b)"
_SENT = f"coalesce(max{_MOST} FILTER ({{0}}) % 18446744073709551616 :: HUGEINT, 0)"

_SQL = f"""
WITH read AS MATERIALIZED (SELECT {{read}} FROM ({{flows}}) AS flows({{columns}})),
changed AS (SELECT * FROM read WHERE (s = src) <> (d = dst)),
own AS MATERIALIZED (
  SELECT DISTINCT i, CASE WHEN s = src THEN dst ELSE src END AS address FROM changed),
reached AS MATERIALIZED (
  SELECT DISTINCT i, p, CASE WHEN s = src THEN d ELSE s END AS address,
    CASE WHEN s = src THEN dp ELSE sp END AS port FROM changed),
sided AS NOT MATERIALIZED (
  SELECT *, {{beyond}} AS is_beyond, s < d OR (s = d AND sp <= dp) AS is_there,
    CASE WHEN is_there THEN s ELSE d END AS x, CASE WHEN is_there THEN sp ELSE dp END AS xp,
    CASE WHEN is_there THEN d ELSE s END AS y, CASE WHEN is_there THEN dp ELSE sp END AS yp
  FROM read),
recorded AS (
  SELECT x, xp, y, yp, p, is_there, i, w, sum(b) AS b, sum(k) AS k, min(t1) AS t1
  FROM sided WHERE NOT is_beyond GROUP BY ALL),
pairs AS MATERIALIZED (
  SELECT x, xp, y, yp, p, {_SENT.format("is_there")} + {_SENT.format("NOT is_there")} AS size,
    min(t1) AS t1
  FROM recorded GROUP BY ALL),
least AS (SELECT (-size, t1) AS rank FROM pairs ORDER BY size DESC, t1 LIMIT 1 OFFSET {{last}}),
kept AS MATERIALIZED (
  SELECT x, xp, y, yp, p FROM pairs
  WHERE (SELECT count(*) FROM pairs) <= {{most}} OR (-size, t1) <= (SELECT rank FROM least)),
packed AS (
  SELECT x, xp, y, yp, p,
    string_agg({_ROW}, chr({{row_end}})) FILTER (is_there) AS there,
    string_agg({_ROW}, chr({{row_end}})) FILTER (NOT is_there) AS back
  FROM sided SEMI JOIN kept USING (x, xp, y, yp, p) WHERE NOT is_beyond GROUP BY ALL),
ends AS (
  SELECT a, ap, p, count(*) AS n
  FROM (SELECT x AS a, xp AS ap, p FROM pairs UNION ALL SELECT y, yp, p FROM pairs) GROUP BY ALL)
SELECT x, xp, y, yp, packed.p, there, back, one.n, other.n, (SELECT count(*) FROM pairs),
  (SELECT coalesce(sum(n) FILTER (is_beyond), 0) FROM sided)
FROM packed
JOIN ends AS one ON one.a = x AND one.ap = xp AND one.p = packed.p
JOIN ends AS other ON other.a = y AND other.ap = yp AND other.p = packed.p"""

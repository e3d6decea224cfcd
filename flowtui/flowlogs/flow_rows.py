"""The rows that conversations are folded of: flows by their 5-tuple, as columns are named.

What writes the query, what folds its rows where they lie and what reads them agree on it here.
"""

from __future__ import annotations

KEYS = (
    "srcaddr", "srcport", "dstaddr", "dstport", "protocol", "interface_id", "tgw_attachment_id",
    "flow_direction", "action", "pkt_srcaddr", "pkt_dstaddr",
)  # fmt: skip
"""The fields that flows are told apart by, as far as the format has them."""
BYTES, PACKETS, RECORDS, FIRST, LAST = "sum_bytes", "sum_packets", "records", "first", "last"
FLAGS, OPENINGS = "flags", "openings"
"""The flags of all records or-ed, and how many records have a SYN."""

MILLISECONDS = 100_000_000_000
"""From here on a time is in milliseconds: in seconds it would be past the year 5138."""

# Packed: a row for each pair of ends, with all its flows in two cells. A backend that can packs the
# rows of a query that asks for it (`model/run:Query.pairs`).

PACKED = (
    "one", "one_port", "other", "other_port", "protocol", "flows_of_one", "flows_of_other",
    "degree_of_one", "degree_of_other", "pairs", "beyond_nat",
)  # fmt: skip
"""The ends, of which `one` is the first in the order of texts; what each has sent, as rows of
`PACKED_FLOW`, or nothing; how many pairs each end has; and how many pairs there are at all, and
records of the far side of NAT gateways."""
PACKED_FLOW = (
    BYTES, PACKETS, RECORDS, FIRST, LAST, FLAGS, OPENINGS, "rejected", "flow_direction",
    "interface_id",
)  # fmt: skip
"""Numbers are whole, times in seconds; `rejected` is 1 or 0."""
CELL_END, ROW_END = "\x1f", "\x1e"
"""Stand between the cells of such a row, and between the rows."""

"""The names of the columns that commands add, where the query gives them no other (1.4)."""

from __future__ import annotations

SESSION = "session_id"
TOTAL = "Total"
APPROXIMATE_COUNT = "_approxcount"
OUTLIER_MARK = "_outlier"
"""The column of `outlier mark=true`; ours, as the docs name none."""
ESTIMATE = "estimatedBytes"
"""The column of `estimate`; ours, as the docs name none (1.4)."""
PATTERN_COLUMNS = ("@pattern", "@ratio", "@sampleCount", "@severityLabel")
RELEVANCE_COLUMNS = (
    "@fieldName", "@relevanceScore", "@topRelevanceContributors", "@conditionalMedian",
    "@baselineMedian",
)  # fmt: skip

"""What findings are told by: the rules, and what the user takes for harmless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from flowtui.flowlogs.rule import Rule, bundled_rules
from flowtui.model.frozen import frozen


@frozen
class Shelf:
    rules: tuple[Rule, ...] = field(default_factory=bundled_rules)
    benign: Mapping[str, str] = field(default_factory=dict)
    """Why, by the id of the finding."""

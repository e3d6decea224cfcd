"""The language declared once: what is true of each command, function, limit, unit and field.

Parser, checks, completion, colours, lineage, drill, prelude and compiler read it; what is said
here is said nowhere else (LANGUAGE.md 1 and 2).
"""

from flowtui.query.catalogue.commands import COMMANDS, CommandInfo, CommandRole, does, find_command
from flowtui.query.catalogue.engines import Engine
from flowtui.query.catalogue.functions import (
    FUNCTIONS,
    FunctionInfo,
    FunctionRole,
    Result,
    canonical,
    find_function,
    has_role,
    parameters,
)
from flowtui.query.catalogue.periods import PERIOD_CAPS, TIME_UNITS
from flowtui.query.catalogue.spelling import nearest

__all__ = [
    "COMMANDS", "FUNCTIONS", "PERIOD_CAPS", "TIME_UNITS", "CommandInfo", "CommandRole", "Engine",
    "FunctionInfo", "FunctionRole", "Result", "canonical", "does", "find_command",
    "find_function", "has_role", "nearest", "parameters",
]  # fmt: skip

"""The dialogues that keys begin, by the name in the key's binding: `flow('trail')`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module

from flowtui.ui.context import FlowContext, Later

Flow = Callable[[FlowContext], Awaitable[str | Later]]
"""Dialogues in a row; what comes of them is a sentence for the user, or nothing."""

FLOWS = {
    "about": "ask_on:ask_about",
    "benign": "findings:mark_benign",
    "charts": "over_time:show_charts",
    "compare": "ask_on:choose_baseline",
    "copy": "hand_over:copy_choice",
    "copy_query": "hand_over:copy_query",
    "export": "hand_over:export_trail",
    "findings": "findings:ask_findings",
    "flow_format": "choose_format:choose_format",
    "history": "open_query:open_run",
    "note": "trail:note_step",
    "playbook": "open_query:open_play",
    "save_query": "open_query:save_query",
    "save_rows": "save_rows:save_rows",
    "saved_queries": "open_query:open_saved",
    "split_time": "over_time:split_time",
    "trail": "trail:go_on_trail",
    "watch": "ask_on:watch",
    "whole_query": "hand_over:show_whole_query",
}
"""The module in this package, and its function. Those that need more than the context of a flow
are begun by actions of their own."""


def flow_named(name: str) -> Flow:
    """It is imported when somebody wants it: the first frame waits for no dialogue."""
    module, _, function = FLOWS[name].partition(":")
    flow: Flow = getattr(import_module(f"flowtui.ui.flows.{module}"), function)
    return flow

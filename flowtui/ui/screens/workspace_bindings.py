"""The keys of the workspace that hold in all of its panels; the panels have keys of their own."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from flowtui.ui.widgets.key_bar import MORE

WORKSPACE_BINDINGS: list[BindingType] = [
    Binding(
        "f5,ctrl+r", "run", "Run", id="run", priority=True, key_display="F5",
        tooltip="Run the query",
    ),
    Binding(
        "escape", "cancel", "Stop", id="cancel", priority=True, show=False,
        tooltip="Close the choices; else stop the running query; else leave the editor",
    ),
    Binding(
        "ctrl+g", "groups", "Groups", id="groups", priority=True, group=MORE, tooltip="Log groups"
    ),
    Binding("ctrl+t", "time", "Time", id="time", priority=True, group=MORE, tooltip="Time range"),
    Binding(
        "ctrl+e", "focus_editor", "Editor", id="editor", priority=True, show=False,
        tooltip="To the query",
    ),
    Binding(
        "ctrl+o", "focus_results", "Results", id="results", priority=True, show=False,
        tooltip="To the results",
    ),
    Binding(
        "ctrl+y", "flow('copy_query')", "Copy query", id="copy_query", priority=True, show=False,
        tooltip="Copy the whole query",
    ),
    Binding(
        "alt+r", "rows_at_hand", "Ask rows", id="rows_at_hand", priority=True,
        show=False, tooltip="Ask the rows that are shown, without a scan; again: the log groups",
    ),
    Binding(
        "alt+a", "take_offer", "Free", id="take_offer", priority=True, show=False,
        tooltip="From rows of the trail that surely answer the query, without a scan",
    ),
    Binding(
        "f3", "flow('whole_query')", "Whole query", id="whole_query", priority=True, show=False,
        tooltip="The query as it runs, with its parse command",
    ),
    Binding(
        "f4", "flow('playbook')", "Playbook", id="playbook", priority=True, key_display="F4",
        group=MORE, tooltip="Questions to begin with: scans, rejects, exfiltration and so on",
    ),
    Binding(
        "f6", "account('profile')", "Profile", id="profile", priority=True, show=False,
        key_display="F6", tooltip="Another AWS profile; the query stays",
    ),
    Binding(
        "f7", "account('region')", "Region", id="region", priority=True, show=False,
        key_display="F7", tooltip="Another AWS region; the query stays",
    ),
    Binding(
        "f8", "flow('saved_queries')", "Saved", id="saved_queries", priority=True,
        key_display="F8", group=MORE,
        tooltip="The saved queries as folders; Enter opens one, nothing is run by itself",
    ),
    Binding(
        "ctrl+s", "flow('save_query')", "Save query", id="save_query", priority=True, show=False,
        tooltip="Save the query under a name, with its log groups; asks before overwriting",
    ),
    Binding(
        "f12", "flow('history')", "History", id="history", priority=True, show=False,
        key_display="F12", tooltip="All runs of all sessions; type to search",
    ),
    Binding(
        "f9", "flow('flow_format')", "Flow format", id="flow_format", priority=True, show=False,
        key_display="F9", tooltip="The format of the log group's records",
    ),
    # In the editor a question mark is a question mark.
    Binding(
        "f1,question_mark", "help", "Help", id="help", key_display="F1", tooltip="The keys"
    ),
]  # fmt: skip

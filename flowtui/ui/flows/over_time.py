"""The records behind the rows over time: by which column they are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowtui.flowlogs.fields import SPELLINGS, FieldType
from flowtui.ui.context import FlowContext

if TYPE_CHECKING:
    from flowtui.engine.session_state import SessionState

NOT_SPLIT = "(nothing: one bar for all)"
FIRST = ("action", "flow_direction", "protocol", "dstport", "srcaddr", "dstaddr", "interface_id")
_AMOUNTS = frozenset({"bytes", "packets", "start", "end", "version"})


async def split_time(flow: FlowContext) -> str:
    """Have the user choose. To be called by a worker."""
    from flowtui.ui.screens.pick import PickScreen

    state = flow.session.state
    if state.shown is None:
        return "there are no rows yet to see over time"
    columns = columns_to_split_by(state, flow.grid.cursor_column_name)
    choices = [("", NOT_SPLIT), *((name, name) for name in columns)]
    current = state.over_time.split
    screen = PickScreen("Over time, tell apart by", [*choices[1:], choices[0]], current)
    column = await flow.app.push_screen_wait(screen)
    if column is None:
        return ""
    flow.session.split_time(column)
    if not state.source.is_at_hand and state.over_time.series is not None:
        flow.session.ask_over_time()
    return f"over time: by {column}" if column else "over time: all in one"


def columns_to_split_by(state: SessionState, here: str) -> list[str]:
    """The columns whose values can be told apart, that of the cursor first."""
    known = () if state.flow_format is None else state.flow_format.columns
    shown = () if state.shown is None else state.shown.latest.results.columns
    fields = [SPELLINGS[name].column for name in (here, *shown) if name in SPELLINGS]
    usual = [name for name in FIRST if not known or name in known]
    found = dict.fromkeys([*fields[:1], *usual, *fields, *known])
    return [name for name in found if not _is_amount(name)]


def _is_amount(name: str) -> bool:
    info = SPELLINGS.get(name)
    is_time = info is not None and info.type is FieldType.SECONDS
    return is_time or name in _AMOUNTS

"""The trail of the investigation: where to go on it, and what to note."""

from __future__ import annotations

from flowtui.ui.context import FlowContext


async def go_on_trail(flow: FlowContext) -> str:
    """Pin steps, and go to the one that the user chooses. To be called by a worker."""
    from flowtui.engine.cost_words import in_session
    from flowtui.ui.screens.trail import TrailScreen

    session = flow.session
    if session.state.trail is None:
        return "there is no step yet; F5 runs the query"
    cost = in_session(session.meter, flow.context.settings.price_per_gb)
    wish = await flow.app.push_screen_wait(TrailScreen(session.state.trail, cost, flow.zone))
    session.pin(wish.pinned)
    if wish.step is not None:
        session.jump(wish.step)
    return session.state.message.text


async def note_step(flow: FlowContext) -> str:
    """Note what the user says of the current step. To be called by a worker."""
    from flowtui.ui.screens.dialogs import AskScreen

    session = flow.session
    if session.state.trail is None:
        return "there is no step to note anything on yet; F5 runs the query"
    before = session.state.trail.current.note
    screen = AskScreen("Note on this step", "It goes into the export.", before)
    note = await flow.app.push_screen_wait(screen)
    if note is not None:
        session.note(note.strip())
    return (note or before).strip()

"""The decisions that the session asks of the user: a dialogue for each of its requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from flowtui.engine.session_state import ChooseGroups, Consent, Login
from flowtui.ui.context import FlowContext

if TYPE_CHECKING:
    from flowtui.engine.session_state import Request


async def decide(flow: FlowContext, request: Request) -> str:
    """Have the user answer it. Raises `FlowtuiError`; to be called by a worker."""
    match request:
        case Consent():
            flow.session.answer_consent(request, is_agreed=await _agrees(flow, request))
        case Login(command):
            from flowtui.ui.flows.login import offer_login

            flow.session.answer_login(request, await offer_login(flow.app, command))
        case ChooseGroups():
            from flowtui.ui.flows.choose_groups import pick_groups, remember

            groups = await pick_groups(flow)
            flow.session.answer_groups(request, groups)
            remember(flow, groups or ())
        case _:
            assert_never(request)
    return ""


async def _agrees(flow: FlowContext, consent: Consent) -> bool:
    """Whether a run may cost what it may."""
    from flowtui.engine.cost_words import ROUGH, describe, too_much
    from flowtui.ui.screens.dialogs import ConfirmScreen

    limits = flow.context.account.limits
    text = describe(consent.estimate, consent.query, consent.window, limits.price_per_gb)
    limit, setting = limits.confirm_above_gb, limits.confirm_setting
    if consent.estimate.listed is not None:
        text = f"{text}\n{too_much(consent.estimate, consent.window, limit)}"
    elif not consent.estimate.is_unknown:
        text = f"{text}\n{ROUGH}"
    if consent.is_beside:
        title = "The records behind these rows over time"
        text = f"{text}\n\n{consent.query.text}"
        hint = "It is a query of its own, beside the trail. Enter runs it, Escape does not."
        screen = ConfirmScreen(title, text, hint, must_be_seen=True)
        return await flow.app.push_screen_wait(screen) is True
    hint = f"Enter runs it, Escape does not. It is asked above {setting} = {limit:g}."
    if consent.leaves_rows:
        hint = "Enter runs it, Escape does not. The rows at hand are free, their records are not."
    # It comes when a service has answered, amidst what is typed meanwhile.
    screen = ConfirmScreen("Run this?", text, hint, must_be_seen=True)
    return await flow.app.push_screen_wait(screen) is True

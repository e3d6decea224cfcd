"""Queries without a screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flowtui.backends.base import LogGroup
from flowtui.engine.headless import Question, run_query
from flowtui.flowlogs.format import DEFAULT_FORMAT, FlowFormat
from flowtui.model.errors import UsageError
from flowtui.model.run import RunState
from flowtui.model.timerange import TimeRange
from flowtui.query.check import Diagnostic
from tests.pilot.service import PAIRS_DONE, ScriptedService

NOON = datetime(2022, 4, 1, 12, tzinfo=UTC)
EDGE = LogGroup("/vpc/edge", format=DEFAULT_FORMAT, format_notice="inferred from 9 records")


@pytest.mark.parametrize(
    ("given", "notices"), [(None, ("inferred from 9 records",)), (DEFAULT_FORMAT, ())]
)
async def test_a_format_that_is_only_inferred_is_said(
    given: FlowFormat | None, notices: tuple[str, ...]
) -> None:
    service = ScriptedService([PAIRS_DONE], groups=((EDGE,),))
    window = TimeRange(NOON - timedelta(hours=1), NOON)
    question = Question("fields srcaddr", ("/vpc/edge",), window, lambda _: given)
    warned: list[Diagnostic] = []
    found = await run_query(
        service,
        question,
        now=lambda: NOON,
        progress=lambda _: None,
        warn=warned.append,
        left_running=[],
    )
    assert not warned
    assert found.state is RunState.COMPLETE
    assert found.notices == notices
    assert service.started[0][0].prelude.startswith("parse @message")


@pytest.mark.parametrize(
    ("count", "named"), [(2, "/g/0, /g/1"), (6, "/g/0, /g/1, /g/2, /g/3, /g/4, ...")]
)
async def test_the_groups_to_choose_from_are_named_once(count: int, named: str) -> None:
    groups = tuple(LogGroup(f"/g/{n}") for n in range(count))
    described = tuple(replace(group, format=DEFAULT_FORMAT) for group in groups)
    asking = run_query(
        ScriptedService(groups=(groups, described)),
        Question("fields srcaddr", (), None, lambda _: None),
        now=lambda: NOON,
        progress=lambda _: None,
        warn=lambda _: None,
        left_running=[],
    )
    with pytest.raises(UsageError) as raised:
        await asking
    assert str(raised.value) == f"which log group? give --log-group: {named}"

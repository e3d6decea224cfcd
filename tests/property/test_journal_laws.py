"""Laws of what outlives a session."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flowtui.engine.investigation import Investigation
from flowtui.journal.serialization import read, written
from flowtui.model.errors import UsageError
from flowtui.model.run import RunState
from tests.property.investigations import MOMENTS, investigations


@given(investigations())
def test_what_is_written_is_read_again(investigation: Investigation) -> None:
    bare = investigation.bare()
    text = written(bare)
    assert text.isascii()
    assert read(text) == bare
    assert bare.bare() == bare


_FLAGS: dict[str, Any] = {
    "files": [], "format": None, "demo": False, "profile": None, "region": None,
    "endpoint_url": None, "lookups": [], "folder": ".", "sample_end": None,
}  # fmt: skip


@given(investigations())
def test_the_form_of_flags_is_read_still(investigation: Investigation) -> None:
    """The first version wrote one record for all kinds of source."""
    bare = investigation.bare()
    told = json.loads(written(bare))
    kind = told["source"].pop("kind")
    assume(kind != "s3" and (kind != "files" or told["source"]["files"]))
    told["version"] = 1
    told["source"] = _FLAGS | told["source"] | {"demo": kind == "demo"}
    assert read(json.dumps(told)) == bare


def damage(told: Any, data: st.DataObject) -> Any:
    """With a part of it missing, or of another kind."""
    if not isinstance(told, dict | list) or not told or data.draw(st.integers(0, 9)) == 0:
        return data.draw(st.sampled_from([None, -7, "x", [], {}, 1e400]))
    parts = dict(told) if isinstance(told, dict) else list(told)
    key = data.draw(st.sampled_from(sorted(told) if isinstance(told, dict) else range(len(told))))
    if data.draw(st.integers(0, 4)) == 0:
        del parts[key]
    else:
        parts[key] = damage(told[key], data)
    return parts


@given(investigations(), st.data())
def test_a_damaged_record_is_read_or_refused(
    investigation: Investigation, data: st.DataObject
) -> None:
    told = damage(json.loads(written(investigation.bare())), data)
    with suppress(UsageError):
        read(json.dumps(told))


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"version": 1}', '{"version": 2}'])
def test_what_is_no_record_is_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="it is damaged: "):
        read(text)


@given(investigations(), MOMENTS)
def test_a_new_session_follows_one_run_at_most(investigation: Investigation, now: datetime) -> None:
    followed, reopened = investigation.followed, investigation.reopened(now)
    steps = (*(reopened.trail.steps if reopened.trail else ()), reopened.coming)
    on_their_way = {step.run.id for step in steps if step and not step.run.is_final}
    assert on_their_way == ({followed.id} if followed else set())
    strays = {run.id for run in investigation.strays}
    assert strays.isdisjoint(on_their_way)
    assert all(run.handle for run in investigation.strays)


@given(investigations(), MOMENTS, st.data())
def test_only_what_may_still_run_is_on_its_way_when_the_program_has_ended(
    investigation: Investigation, now: datetime, data: st.DataObject
) -> None:
    handles = sorted({run.handle for run in investigation.runs})
    still_running = data.draw(st.lists(st.sampled_from(handles))) if handles else []
    left = investigation.left(still_running, now)
    for before, after in zip(investigation.runs, left.runs, strict=True):
        assert after.is_final or after.handle in still_running
        assert after.latest.results == before.latest.results
        if before.latest.state is RunState.COMPLETE:
            assert after == before

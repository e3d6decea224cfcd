"""The drill law through boto3, a socket and the loader of files: what may get lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st

from flowtui.backends.base import Handle
from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.watch import follow
from flowtui.flowlogs.fields import FieldInfo
from flowtui.model.errors import UnsupportedQuery
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange
from flowtui.query.prelude import prelude
from flowtui.serve.server import Endpoint
from tests.contract.sdk import client
from tests.property.drill_cases import FORMAT, QUERIES, START, every_text, respelled
from tests.property.drilling import Records, check_law
from tests.property.laws import law

WINDOWS = st.sampled_from([
    TimeRange(START, START + timedelta(hours=2)),
    TimeRange(START + timedelta(seconds=59), START + timedelta(minutes=57, seconds=1)),
    TimeRange(START - timedelta(days=1), START + timedelta(days=3)),
])  # fmt: skip
"""StartQuery takes whole seconds."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A log group behind an endpoint, asked through boto3."""

    logs: Any
    group: str
    respelled: frozenset[FieldInfo]

    def records(self, query: Query, window: TimeRange) -> Records:
        """Raises `UnsupportedQuery` where the engine behind the endpoint says that."""
        try:
            answer = self._answer(query.text, window)
        except ClientError as error:
            if "local engine" in str(error):
                raise UnsupportedQuery(str(error)) from error
            raise
        assert answer["status"] == "Complete", answer
        return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]

    def _answer(self, text: str, window: TimeRange) -> dict[str, Any]:
        started = self.logs.start_query(
            logGroupName=self.group,
            queryString=text,
            startTime=window.start_ms // 1000,
            endTime=window.end_ms // 1000 - 1,  # inclusive
        )
        while True:
            answer: dict[str, Any] = self.logs.get_query_results(queryId=started["queryId"])
            if answer["status"] not in ("Scheduled", "Running"):
                return answer


class PromptBackend(DuckDBBackend):
    """Says that a query is started when it has ended, so that hardly anybody polls for it."""

    async def start(self, query: Query, window: TimeRange) -> Handle:
        handle = await super().start(query, window)
        async with aclosing(follow(self, handle, delays=lambda *_: 0.001)) as snapshots:
            async for _ in snapshots:
                pass
        return handle


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    path = tmp_path_factory.mktemp("logs") / "flows.log"
    path.write_text("\n".join(every_text()) + "\n", encoding="utf-8")
    local = PromptBackend((path,), FORMAT, now=lambda: datetime(2022, 4, 1, 17, tzinfo=UTC))
    with Endpoint(local, local) as endpoint:
        yield Wire(client("logs", endpoint.url), str(path), respelled(every_text()))


# An example takes a dozen requests, so a failing one is shown as it is found.
@settings(law, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(QUERIES, WINDOWS)
def test_the_drill_law_over_the_wire(wire: Wire, text: str, window: TimeRange) -> None:
    query = Query(text, window, (), prelude(text, FORMAT))
    try:
        rows = wire.records(query, window)
    except UnsupportedQuery:
        reject()
    check_law(wire, query, window, rows)

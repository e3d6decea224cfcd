"""Findings asked of the records of a made-up day, as the front ends ask."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from flowtui.backends.duckdb.backend import DuckDBBackend
from flowtui.engine.findings.question import findings_text
from flowtui.engine.findings.shelf import Shelf
from flowtui.engine.formats import Formats
from flowtui.engine.pace import LOCAL
from flowtui.engine.pivot import ShownQuestion, Spot, derive
from flowtui.engine.runner import QueryRunner
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.run import Query, QueryRun, RunState

NOW = datetime(2026, 11, 30, tzinfo=UTC)
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks the records of a file."""

    runner: QueryRunner
    format: FlowFormat
    group: str

    async def run(self, text: str) -> QueryRun:
        return await self.answered(Query(text, None, (self.group,)))

    async def answered(self, query: Query) -> QueryRun:
        prepared = await self.runner.prepare(query, is_sure=True)
        async with aclosing(self.runner.runs(prepared)) as runs:
            *_, ended = [run async for run in runs]
        assert ended.latest.state is RunState.COMPLETE, ended.latest.error
        return ended

    async def findings(self) -> QueryRun:
        return await self.run(findings_text(self.format))

    async def figures(self, findings: QueryRun, row: Row, wanted: dict[str, str]) -> Row:
        """The same figures, of the flows behind the finding."""
        asked = ShownQuestion(findings.query, findings.window, self.format)
        target = derive("drill", asked, Spot(row, "who", row["who"]))
        measures = ", ".join(f"{measure} as {name}" for name, measure in wanted.items())
        body = target.query.body.partition("\n| display ")[0]
        query = replace(target.query, body=f"{body}\n| stats {measures}")
        return rows_of(await self.answered(query))[0]


def rows_of(run: QueryRun) -> list[Row]:
    results = run.latest.results
    return [results.record(index) for index in range(len(results.rows))]


@asynccontextmanager
async def asking(
    folder: Path,
    lines: Sequence[str],
    flow_format: FlowFormat,
    shelf: Shelf | None = None,
    *,
    one_shot: bool = False,
) -> AsyncIterator[Asker]:
    path = folder / "day.log"
    path.write_text("\n".join(lines) + "\n")
    service = DuckDBBackend([path], flow_format, now=lambda: NOW, one_shot=one_shot)
    told = None if shelf is None else lambda: shelf
    runner = QueryRunner(
        service, Formats(), now=lambda: NOW, delays=LOCAL, keeps_rows=False, shelf=told
    )
    try:
        yield Asker(runner, flow_format, str(path))
    finally:
        await service.close()


def told_figures(row: Row) -> Row:
    """The figures of a finding's sentence, as it has them."""
    told = json.loads(row["figures"])
    assert isinstance(told, dict)
    return {str(name): str(value) for name, value in told.items()}

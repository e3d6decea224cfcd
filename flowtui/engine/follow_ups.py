"""The questions that follow from the step that is shown. Pure; each raises `QueryError`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flowtui.engine import around_flow, overviews, pivot
from flowtui.engine.around_flow import Offer
from flowtui.engine.baseline import Baseline
from flowtui.engine.breakdown import breakdown
from flowtui.engine.composition import composed
from flowtui.engine.drill import Target
from flowtui.engine.narrow import filtered, terms_of
from flowtui.engine.pivot import ShownQuestion, Spot
from flowtui.engine.rows_at_hand import asked_step
from flowtui.engine.trail import Step
from flowtui.flowlogs.fields import FieldInfo
from flowtui.flowlogs.format import FlowFormat
from flowtui.model.frozen import frozen
from flowtui.model.run import Query
from flowtui.model.timerange import TimeRange
from flowtui.query.predicates import NONE


@frozen
class FollowUps:
    step: Step
    format: FlowFormat | None
    is_at_hand: bool
    """Whether the records themselves can be read for nothing."""

    def derived(self, kind: str, spot: Spot, respelled: frozenset[FieldInfo]) -> Target:
        """What follows from a row: drill, include, exclude, conversation, or a pivot."""
        query = self.step.run.query
        stays = kind in ("include", "exclude")
        return pivot.derive(kind, self._on(query if stays else composed(query), respelled), spot)

    def compared(self, baseline: Baseline) -> Target:
        """The same against an earlier time."""
        on = self._on(composed(self.step.run.query))
        return overviews.compared(on, baseline, is_free=self.is_at_hand)

    def zoomed(self, span: TimeRange) -> Target:
        """The same over a part of the time."""
        return pivot.zoom(self._on(self.step.run.query), span)

    def filtered(self, text: str) -> Target:
        """The same for what the rows are narrowed to by a text."""
        run = self.step.run
        return filtered(self._on(run.query), terms_of(text, run.latest.results.columns))

    def broken_down(self, column: str, narrowed: str) -> Target:
        """How often each value of a column comes in the rows, as they are `narrowed`."""
        run = asked_step(self.step).run
        query, title = breakdown(
            run, column, is_at_hand=self.is_at_hand, count=self.step.rows, narrowed=narrowed
        )
        return Target(query, run.window, title)

    def pivots(self, row: Mapping[str, str]) -> tuple[Offer, ...]:
        """What can be asked around the flow of a row."""
        return around_flow.pivots_of(self._on(self.step.run.query), row)

    def span_of(self, row: Mapping[str, str]) -> tuple[datetime, datetime] | None:
        """From when to when the flow of a row was; None if the row does not say."""
        return around_flow.span_of(self._on(self.step.run.query), row)

    def _on(self, query: Query, respelled: frozenset[FieldInfo] = NONE) -> ShownQuestion:
        return ShownQuestion(query, self.step.run.window, self.format, respelled)

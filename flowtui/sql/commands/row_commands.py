"""The commands that make rows of rows, each compiled where its noun is."""

from __future__ import annotations

from typing import assert_never

from flowtui.query import ast
from flowtui.sql.commands import filling, outliers, totals, unfolding, windows
from flowtui.sql.commands.rows import Rows, RowStep

RowCommand = (
    ast.Accum
    | ast.AddTotals
    | ast.Autoregress
    | ast.Expand
    | ast.Filldown
    | ast.FillMissing
    | ast.Outlier
    | ast.Parse
    | ast.Sessionize
    | ast.Unnest
)


def compile_step(command: RowCommand, rows: Rows) -> RowStep:  # noqa: C901, PLR0911, PLR0912  (one case a node)
    match command:
        case ast.Accum():
            return windows.accum(command, rows)
        case ast.AddTotals():
            return totals.add_totals(command, rows)
        case ast.Autoregress():
            return windows.autoregress(command, rows)
        case ast.Expand():
            return unfolding.expand(command, rows)
        case ast.Filldown():
            return windows.filldown(command, rows)
        case ast.FillMissing():
            return filling.fill_missing(command, rows)
        case ast.Outlier():
            return outliers.outlier(command, rows)
        case ast.Parse():
            return unfolding.matches(command, rows)
        case ast.Sessionize():
            return windows.sessionize(command, rows)
        case ast.Unnest():
            return unfolding.unnest(command, rows)
        case _:
            assert_never(command)

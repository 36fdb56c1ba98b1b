"""Raw and pooled rates: a hollow and a filled mark for each group, and the way between them."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

from .._html import percent
from ..disparities._pool import PooledFamily, PooledRow, PooledTable
from ..metrics._sentence import label_of
from ._groups import MOST_ROWS, group_row, share_of
from ._picture import Picture
from ._rows import Block, Chart, Row, Scale, draw_chart, draw_dots, percent_tick, placed, rest_row
from ._theme import INK, SOFT

_LOWER = 0.13
"""Inches by which the pooled mark stands under the raw one."""


def draw_pooled(result: PooledTable, ax: Axes | None = None) -> Picture:
    """Draw raw and pooled rates side by side."""
    drawn = _most_moved(result)
    blocks = tuple(Block(f"{family.metric.label} by {' and '.join(family.by)}{_prior(family)}", tuple(map(_row, rows))) for family, rows in drawn)
    left = sum(len(family.rows) for family in result.families) - sum(len(rows) for _, rows in drawn)
    if left:
        more = rest_row(f"and {left:,} more groups")
        blocks = (*blocks[:-1], Block(blocks[-1].header, (*blocks[-1].rows, more)))
    subject = blocks[0].header if len(blocks) == 1 else "Rates"
    setting = f", {result.setting}" if result.setting else ""
    axis = (
        f"{subject}{setting}. Hollow dot and upper line: the raw rate; filled square and lower line: pooled with the other groups."
        f" Lines are {share_of(result.confidence)} intervals; n is the number of people in the denominator"
    )
    pooled = iter([one for _, rows in drawn for one in rows])

    def marks(target: Axes, part: Chart) -> None:
        draw_dots(target, part)
        for _, row, y in placed(part):
            one = next(pooled, None) if row is not None else None
            if one is not None:
                _second(target, one, y)

    return draw_chart(Chart(_title(result), axis, blocks, Scale(percent_tick, (0.0, 1.0)), len(blocks) > 1), ax, marks)


def _most_moved(result: PooledTable) -> list[tuple[PooledFamily, list[PooledRow]]]:
    """As many rows as a picture can hold, those that move most, in the order of the table."""
    every = [(i, j) for i, family in enumerate(result.families) for j in range(len(family.rows))]
    ranked = sorted(every, key=lambda at: -_move(result.families[at[0]].rows[at[1]]))
    kept = set(ranked[:MOST_ROWS])
    parts = [(family, [one for j, one in enumerate(family.rows) if (i, j) in kept]) for i, family in enumerate(result.families)]
    return [(family, rows) for family, rows in parts if rows]


def _move(one: PooledRow) -> float:
    return 0.0 if math.isnan(one.value) else abs(one.value - one.row.value)


def _title(result: PooledTable) -> str:
    learned = [family for family in result.families if family.learned]
    if not learned:
        return f"{result.within}Nothing is pooled: too few groups to learn from. Look at the raw rates."
    family, one = max(((family, one) for family in learned for one in family.rows), key=lambda found: _move(found[1]))
    name = label_of(one.row.group)
    return (
        f"{result.within}{family.metric.label}: pooled with the other groups, {name} moves from {percent(one.row.value)} to {percent(one.value)},"
        f" n={one.row.n:,}. The raw rates stay beside the pooled ones."
    )


def _prior(family: PooledFamily) -> str:
    if not family.learned:
        return " (not pooled: too few groups)"
    return f" (drawn towards {percent(family.mean)} as by {family.strength:.1f} people)"


def _row(one: PooledRow) -> Row:
    raw = group_row(one.row)
    if math.isnan(one.value):
        return raw
    few = f", {raw.remark}" if raw.remark else ""
    remark = f"pooled {percent(one.value, one.lower, one.upper)}"
    return Row(raw.name, raw.count, raw.value, raw.lower, raw.upper, f"raw {raw.shown}{few}", "small", remark)


def _second(ax: Axes, one: PooledRow, y: float) -> None:
    """The pooled mark, its interval, and the line that leads to it."""
    if math.isnan(one.value):
        return
    under = y + _LOWER
    ax.hlines([under], [one.lower], [one.upper], colors=INK, linewidths=2.0, zorder=3, gid="posterior")
    ax.plot([one.row.value, one.value], [y, under], color=SOFT, linewidth=1.0, linestyle=(0, (2, 1.5)), zorder=3, gid="way")
    ax.plot([one.value], [under], "s", markersize=6.5, color=INK, zorder=5, clip_on=False, gid="pooled")

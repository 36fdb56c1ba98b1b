"""Bounds: what is measured, between which ends it lies whatever is unknown, and chance around that."""

from __future__ import annotations

import math
from dataclasses import dataclass

from matplotlib.axes import Axes

from .._html import percent
from ..disparities import BoundsTable
from ..disparities._bounded import NOTHING, BoundRow, Source, ends_text
from ..metrics._sentence import label_of
from ._groups import FEW, MOST_ROWS, count_of, share_of
from ._picture import Picture
from ._rows import Block, Chart, Row, Scale, draw_chart, draw_words, percent_tick, placed, rest_row
from ._theme import BLUE, FAINT, INK, PAPER, SKY

_HEADS: dict[Source, str] = {"label": "missing labels", "group": "missing groups", "membership": "groups known as probabilities"}
_NAN = math.nan


@dataclass(frozen=True, slots=True)
class _Barred(Row):
    """A row with a bar inside of its interval."""

    low: float = _NAN
    high: float = _NAN


def draw_bounds(result: BoundsTable, ax: Axes | None = None) -> Picture:
    """Draw each rate as a dot, its bounds as a thick bar, and chance beside them as a thin line."""
    parts: dict[tuple[str, Source, tuple[str, ...]], list[BoundRow]] = {}
    for row in result.rows:
        used = tuple(name for name, level in zip(result.attributes, row.group, strict=True) if level != "(all)")
        parts.setdefault((row.metric.label, row.source, used), []).append(row)
    kept = set(sorted(range(len(result.rows)), key=lambda i: -(result.rows[i].n or 0))[:MOST_ROWS])
    drawn = {id(result.rows[i]) for i in kept}
    blocks = tuple(
        Block(f"{label} by {' and '.join(used)}, {_HEADS[source]}", tuple(_row(row) for row in rows if id(row) in drawn))
        for (label, source, used), rows in parts.items()
        if any(id(row) in drawn for row in rows)
    )
    left = len(result.rows) - len(kept)
    if left:
        more = rest_row(f"and {left:,} more row{'s' if left > 1 else ''}")
        blocks = (*blocks[:-1], Block(blocks[-1].header, (*blocks[-1].rows, more)))
    subject = blocks[0].header if len(blocks) == 1 else "Rates"
    who = f"{subject}, {result.setting}" if result.setting else subject
    axis = (
        f"{who}. The thick bar is what the rate could be, whatever is unknown; the thin line adds {share_of(result.confidence)}"
        " intervals; n is the number of people in the denominator"
    )
    if any(row.source == "membership" for row in result.rows):
        axis += ", an expected one where groups are known as probabilities"
    return draw_chart(Chart(result.headline, axis, blocks, Scale(percent_tick, (0.0, 1.0)), len(blocks) > 1), ax, _draw)


def _row(row: BoundRow) -> Row:
    name = label_of(row.group)
    if math.isnan(row.bounds.lower):
        return Row(name, count_of(row.n), _NAN, _NAN, _NAN, f"{row.status}: {row.reason}", "missing")
    counted = f"{count_of(row.n)}, {row.n_unknown:,} {'not certain' if row.source == 'membership' else 'unknown'}"
    measured = "no rate measured" if math.isnan(row.value) else f"{percent(row.value)}"
    few = f", {FEW}" if row.status == "small" else ""
    shown = f"{measured}{few}, {f'could be {ends_text(row.bounds)}' if row.n_unknown else NOTHING}"
    value = (row.bounds.lower + row.bounds.upper) / 2 if math.isnan(row.value) else row.value
    return _Barred(
        name, counted, value, row.limits.lower, row.limits.upper, shown, "small" if row.status == "small" else "ok",
        f"with chance {ends_text(row.limits)}", low=row.bounds.lower, high=row.bounds.upper,
    )  # fmt: skip


def _draw(ax: Axes, chart: Chart) -> None:
    places = [(row, y) for _, row, y in placed(chart) if row is not None]
    ax.hlines([y for _, y in places], 0, 1, transform=ax.get_yaxis_transform(), colors=FAINT, linewidths=0.8, zorder=0)
    barred = [(row, y) for row, y in places if isinstance(row, _Barred)]
    heights = [y for _, y in barred]
    ax.hlines(
        heights, [row.lower for row, _ in barred], [row.upper for row, _ in barred], colors=INK, linewidths=1.2, zorder=2, gid="intervals"
    )
    ax.hlines(heights, [row.low for row, _ in barred], [row.high for row, _ in barred], colors=SKY, linewidths=8, zorder=2.5, gid="bounds")
    for row, y in barred:
        if row.shown.startswith("no rate"):
            continue
        face = PAPER if row.state == "small" else BLUE
        ax.plot([row.value], [y], "o", markersize=7, color=BLUE, markerfacecolor=face, markeredgewidth=1.4, zorder=3, clip_on=False, gid="dots")
    draw_words(ax, chart)

"""A verdict as a forest: each change with its two intervals, and the margin as a band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from .._levels import ALL
from ..disparities import Verdict
from ..disparities._judging import ORDER, State
from ..disparities._plan_words import assumed
from ..disparities._sizes import POWER
from ..disparities._verdict import Ruling
from ..disparities._verdict_words import headline, shown_change
from ..metrics._sentence import label_of
from ._groups import MOST_ROWS, count_of, share_of
from ._picture import Picture
from ._rows import Block, Chart, Row, Scale, draw_chart, draw_words, placed, points_tick, rest_row
from ._theme import BLUE, FAINT, INK, PAPER, SOFT, VERMILION

MARKERS: dict[State, tuple[str, str, str]] = {
    "exceeds": ("s", VERMILION, VERMILION),
    "within": ("o", BLUE, BLUE),
    "inconclusive": ("D", INK, PAPER),
}
"""Shape, edge and face: told apart without colour. What is undefined is a cross in words."""
_BAND, _SIZE, _MOST_MARGINS = "#EEF2F5", 8.0, 12.0


@dataclass(frozen=True, slots=True)
class _Ruled(Row):
    """A row with its state, and the shorter of its two intervals."""

    verdict: State = "undefined"
    inner: tuple[float, float] = (math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class _Banded(Block):
    """Rows of one criterion, and what it calls within."""

    band: tuple[float, float] = (-math.inf, math.inf)


def draw_verdict(result: Verdict, ax: Axes | None = None) -> Picture:
    """Draw each group's change under each criterion; where criteria have different margins, in units of the margin."""
    kinds = {(one.is_ratio, one.margin, one.is_rate) for one in result.criteria}
    in_margins = len(kinds) > 1
    kept = set(sorted(range(len(result.rows)), key=lambda i: (ORDER.index(result.rows[i].state), i))[:MOST_ROWS])
    rows = [row for i, row in enumerate(result.rows) if i in kept]
    blocks = [_block(part, in_margins, result.attributes) for part in _parts(rows)]
    left = len(result.rows) - len(rows)
    if left:
        line = rest_row(f"and {left:,} more")
        blocks[-1] = replace(blocks[-1], rows=(*blocks[-1].rows, line))
    scale = _scale(result, in_margins, blocks)
    bands = {end for block in blocks for end in block.band if math.isfinite(end)}
    chart = Chart(headline(result), _axis_text(result, in_margins), tuple(blocks), scale, len(blocks) > 1, tuple(bands))
    return draw_chart(chart, ax, _marks)


def _parts(rows: Sequence[Ruling]) -> list[list[Ruling]]:
    """One list per criterion and per set of attributes in use."""
    found: dict[tuple[str, tuple[bool, ...]], list[Ruling]] = {}
    for row in rows:
        found.setdefault((row.criterion.label, tuple(level == ALL for level in row.group)), []).append(row)
    return list(found.values())


def _block(rows: Sequence[Ruling], in_margins: bool, attributes: Sequence[str]) -> _Banded:
    criterion = rows[0].criterion
    used = [name for name, level in zip(attributes, rows[0].group, strict=True) if level != ALL]
    about = f" ({' and '.join(used)})" if criterion.by is None and used else ""
    bounds = criterion.both_bounds if any(row.harms_reference for row in rows) else criterion.bounds
    low, high = (_place(rows[0], bound, in_margins) for bound in bounds)
    return _Banded(f"{criterion.label}{about}", tuple(_row(row, in_margins) for row in rows), (low, high))


def _row(row: Ruling, in_margins: bool) -> _Ruled:
    if row.state == "undefined":
        nan = math.nan
        return _Ruled(label_of(row.group), count_of(row.n), nan, nan, nan, f"× undefined ({row.reason})", "missing")
    places = [_place(row, value, in_margins) for value in (row.change, row.lower, row.upper)]
    count = count_of(row.n) if row.n_reference is None else f"{count_of(row.n)} against {row.n_reference:,}"
    need = f", {row.more_needed:,} more needed" if row.more_needed is not None else ""
    harm = ": the reference is worse off" if row.harms_reference else ""
    inner = (_place(row, row.lower_within, in_margins), _place(row, row.upper_within, in_margins))
    text = shown_change(row.criterion, row.change, row.lower, row.upper)
    return _Ruled(label_of(row.group), count, places[0], places[1], places[2], text, "ok", f"{row.state}{harm}{need}", verdict=row.state, inner=inner)


def _place(row: Ruling, value: float, in_margins: bool) -> float:
    """Where a change stands on the axis; bounds that are infinite stay so."""
    if not in_margins or not math.isfinite(value):
        return value
    if not row.criterion.is_ratio:
        margins = value / row.criterion.margin
    else:
        margins = -math.log(value) / math.log(row.criterion.margin) if value > 0 else -_MOST_MARGINS
    return round(min(max(margins, -_MOST_MARGINS), _MOST_MARGINS), 12)


def _scale(result: Verdict, in_margins: bool, blocks: Sequence[_Banded]) -> Scale:
    first = result.criteria[0]
    if in_margins:
        return Scale(lambda value: f"{round(value, 6) + 0:g}", neutral=0.0, least=2.0)
    if first.is_ratio:
        ends = [end for block in blocks for row in block.rows if row.state != "missing" for end in (row.lower, row.upper)]
        return Scale(lambda value: f"{value:g}", (0.0, math.inf), 1.0, 0.5, all(0 < end < math.inf for end in ends))
    if not first.is_rate:
        return Scale(lambda value: f"{round(value, 9) + 0:g}", neutral=0.0)
    return Scale(points_tick, neutral=0.0)


def _axis_text(result: Verdict, in_margins: bool) -> str:
    first = result.criteria[0]
    if in_margins:
        what = f"Change in margins of its criterion (0: no difference), cut at {_MOST_MARGINS:g}"
    elif first.is_ratio:
        what = "Ratio (1: no difference)"
    else:
        what = f"Difference{' in points' if first.is_rate else ''} (0: no difference)"
    about = f"{first.label}. {what}" if len(result.criteria) == 1 else what
    setting = f", {result.setting}" if result.setting else ""
    strict, inner = share_of(first.confidence), share_of(1 - 2 * (1 - first.confidence))
    count = max((row.comparisons for row in result.rows), default=1)
    allowing = f", allowing for {count} comparisons" if count > 1 else ""
    needed = f". People needed are planned {assumed(POWER)}" if any(row.more_needed is not None for row in result.rows) else ""
    return (
        f"{about}{setting}. The band is what the margin calls within. A square exceeds: its thin line ({strict}{allowing}) lies beyond"
        f" the band. A circle is within: its thick line ({inner}) lies inside. A diamond is inconclusive; n is the number of people"
        f" in the denominator{needed}"
    )


def _marks(ax: Axes, chart: Chart) -> None:
    _bands(ax, chart)
    for _, row, y in placed(chart):
        if row is None:
            continue
        ax.hlines(y, 0, 1, transform=ax.get_yaxis_transform(), colors=FAINT, linewidths=0.8, zorder=0.6)
        if not isinstance(row, _Ruled) or row.state == "missing":
            continue
        marker, edge, face = MARKERS[row.verdict]
        ax.hlines(y, row.lower, row.upper, colors=edge, linewidths=1.1, zorder=2, gid="intervals")
        ax.hlines(y, *row.inner, colors=edge, linewidths=3.6, zorder=2, gid="inner")
        ax.plot(
            [row.value], [y], marker, gid=f"dots-{row.verdict}", zorder=3, markersize=_SIZE, color=edge, markerfacecolor=face,
            markeredgewidth=1.6, clip_on=False, linestyle="none",
        )  # fmt: skip
    draw_words(ax, chart)


def _bands(ax: Axes, chart: Chart) -> None:
    """The band of each block, over the rows of that block."""
    y = {id(row): place for _, row, place in placed(chart) if row is not None}
    for block in chart.blocks:
        if not isinstance(block, _Banded) or not block.rows:
            continue
        top = y[id(block.rows[0])] - block.rows[0].height / 2
        foot = y[id(block.rows[-1])] + block.rows[-1].height / 2
        low, high = block.band
        ends = (low if math.isfinite(low) else -1e9, high if math.isfinite(high) else 1e9)
        if chart.scale.log:
            ends = (max(ends[0], 1e-9), ends[1])
        ax.add_patch(Rectangle((ends[0], top), ends[1] - ends[0], foot - top, facecolor=_BAND, edgecolor="none", zorder=0.3, gid="band"))
        edges = [end for end in block.band if math.isfinite(end)]
        ax.vlines(edges, top, foot, colors=SOFT, linewidths=1.2, linestyles=(0, (4, 2)), zorder=1.2, gid="margin")

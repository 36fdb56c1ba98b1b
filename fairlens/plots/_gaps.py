"""What carries the gaps of several groups: a block of inputs per group, with limits that hold for all of them together."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

from .._levels import ALL
from ..explanations import GapDecomposition, GapTable
from ..explanations._words import reference_of, unit_of
from ..metrics._sentence import label_of
from ._groups import UNSURE, number_tick, share_of
from ._picture import Picture
from ._rows import Block, Chart, Row, Scale, draw_chart, points_tick

_MOST_ROWS, _MOST_INPUTS = 60, 7


def draw_gaps(result: GapTable, ax: Axes | None = None) -> Picture:
    """Draw each input's contribution as a dot on its simultaneous interval, group by group; bridges show one gap each."""
    most = max(1, _MOST_ROWS // _MOST_INPUTS)
    ranked = sorted(result.gaps, key=lambda gap: -(gap.group_rate.people or 0))[:most]
    shown = [gap for gap in result.gaps if gap in ranked]
    blocks = [Block(_header(gap), _rows(gap)) for gap in shown]
    if len(shown) < len(result.gaps):
        nan = math.nan
        left = len(result.gaps) - len(shown)
        blocks.append(Block("", (Row(f"and {left} more {'group' if left == 1 else 'groups'}", "", nan, nan, nan, "in the table", "missing"),)))
    first = result.gaps[0]
    unit = unit_of(first.pair.row.metric)
    counted = f", in {unit.word}" if unit.word else ""
    axis = (
        f"What each input carries of the gap in {first.pair.row.metric.label.lower()}{counted} (0: nothing). Lines are {share_of(first.confidence)}"
        f" intervals that hold together for {len(result.gaps)} {'gap' if len(result.gaps) == 1 else 'gaps'} and all inputs. {result.caution.rstrip('.')}"
    )
    scale = Scale(points_tick if unit.word else number_tick, neutral=0.0)
    return draw_chart(Chart(result.sentence, axis, tuple(blocks), scale, True), ax)


def _header(gap: GapDecomposition) -> str:
    used = [name for name, level in zip(gap.attributes, gap.pair.row.group, strict=True) if level != ALL]
    named = f"{' and '.join(used)}: {label_of(gap.pair.row.group)} less {reference_of(gap.pair)}"
    if math.isnan(gap.gap):
        return named
    unit = unit_of(gap.pair.row.metric)
    return f"{named}, {unit.interval(gap.gap, gap.gap_lower, gap.gap_upper)}{unit.short}"


def _rows(gap: GapDecomposition) -> tuple[Row, ...]:
    nan = math.nan
    if not gap.has_parts:
        return (Row("all inputs", "", nan, nan, nan, f"{gap.status}: {gap.reason}", "missing"),)
    unit = unit_of(gap.pair.row.metric)
    inputs = [part for part in gap.parts if part.kind == "input"]
    rows = [
        Row(
            part.feature, f"n={part.n:,}", part.contribution, part.simultaneous_lower, part.simultaneous_upper,
            unit.interval(part.contribution, part.simultaneous_lower, part.simultaneous_upper),
            "ok" if part.is_clear else "unsure", "" if part.is_clear else UNSURE,
        )
        for part in (*inputs[:_MOST_INPUTS], *(part for part in gap.parts if part.kind != "input"))
    ]  # fmt: skip
    left = len(inputs) - _MOST_INPUTS
    if left > 0:
        rows.append(Row(f"and {left} more {'input' if left == 1 else 'inputs'}", "", nan, nan, nan, "in the table", "missing"))
    return tuple(rows)

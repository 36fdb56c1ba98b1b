"""What carries the gaps of several groups: a block of inputs per group."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

from .._levels import ALL
from ..explanations import GapDecomposition, GapTable
from ..explanations._parts import Part
from ..explanations._words import reference_of, unit_of
from ..metrics._sentence import label_of, lowered
from ._groups import FEW, UNSURE, count_of, number_tick, share_of
from ._picture import Picture
from ._rows import Block, Chart, Row, Scale, State, draw_chart, points_tick, rest_row
from ._steps import UNUSED

_MOST_ROWS, _MOST_INPUTS = 60, 7


def draw_gaps(result: GapTable, ax: Axes | None = None) -> Picture:
    """Draw each input's contribution as a dot on its interval, group by group; bridges show one gap each."""
    shown = _shown(result)
    blocks = [Block(_header(gap), _rows(gap)) for gap in shown]
    if len(shown) < len(result.gaps):
        left = len(result.gaps) - len(shown)
        blocks.append(Block("", (rest_row(f"and {left} more {'group' if left == 1 else 'groups'}"),)))
    first, able = result.gaps[0], sum(gap.has_parts for gap in result.gaps)
    unit = unit_of(first.pair.row.metric)
    counted = f", in {unit.word}" if unit.word else ""
    axis = (
        f"What each input carries of the gap in {lowered(first.pair.row.metric.label)}{counted} (0: nothing). Lines are {share_of(first.confidence)}"
        f" intervals, each by itself. A full circle: also clear of 0 where one allows for all inputs{f' and {able} gaps' if able > 1 else ''}{_alone(result)}; a diamond:"
        f" cannot tell; hollow: few people. {result.caution.rstrip('.')}"
    )
    scale = Scale(points_tick if unit.word else number_tick, neutral=0.0)
    return draw_chart(Chart(result.sentence, axis, tuple(blocks), scale, True), ax)


def _alone(result: GapTable) -> str:
    """Say that one threshold is spoken of, where there are several."""
    decided = max(gap.decided for gap in result.gaps)
    return f", at this threshold alone: the {decided} thresholds are not allowed for" if decided > 1 else ""


def _shown(result: GapTable) -> list[GapDecomposition]:
    """The gap of the title and those of the groups with most people, as many as can be read, in the order of the table."""
    title = result.largest
    ranked = sorted(result.gaps, key=lambda gap: (gap is not title, -(gap.group_rate.people or 0)))[: max(1, _MOST_ROWS // _MOST_INPUTS)]
    return [gap for gap in result.gaps if any(gap is one for one in ranked)]


def _header(gap: GapDecomposition) -> str:
    used = [name for name, level in zip(gap.attributes, gap.pair.row.group, strict=True) if level != ALL]
    named = f"{' and '.join(used)}: {label_of(gap.pair.row.group)} less {reference_of(gap.pair)}"
    if math.isnan(gap.gap):
        return named
    unit, base = unit_of(gap.pair.row.metric), gap.reference_rate
    few = "" if gap.status == "ok" else f", {FEW}"
    people = f"{count_of(gap.group_rate.n)} against {'n not shown' if base.n is None else f'{base.n:,}'}"
    return f"{named}, {unit.interval(gap.gap, gap.gap_lower, gap.gap_upper)}{unit.short}, {people}{few}"


def _rows(gap: GapDecomposition) -> tuple[Row, ...]:
    nan = math.nan
    if not gap.has_parts:
        return (Row("all inputs", "", nan, nan, nan, f"{gap.status}: {gap.reason}", "missing"),)
    inputs = [part for part in gap.parts if part.kind == "input"]
    rows = [_row(gap, part) for part in (*inputs[:_MOST_INPUTS], *(part for part in gap.parts if part.kind != "input"))]
    left = len(inputs) - _MOST_INPUTS
    if left > 0:
        rows.append(rest_row(f"and {left} more {'input' if left == 1 else 'inputs'}"))
    return tuple(rows)


def _row(gap: GapDecomposition, part: Part) -> Row:
    counted, nan = f"n={part.n:,}", math.nan
    if part.kind == "input" and part.contribution == part.lower == part.upper == 0:
        return Row(part.feature, counted, nan, nan, nan, UNUSED, "missing")
    state: State = "small" if gap.status != "ok" else "ok" if part.is_clear else "unsure"
    remark = {"small": FEW, "unsure": f"{UNSURE}, allowing for all"}.get(state, "")
    shown = unit_of(gap.pair.row.metric).interval(part.contribution, part.lower, part.upper)
    return Row(part.feature, counted, part.contribution, part.lower, part.upper, shown, state, remark)

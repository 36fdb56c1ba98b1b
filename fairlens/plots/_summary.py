"""The gaps of several rates as rows, each beside the gap that chance alone makes."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

from .._html import fixed
from ..disparities._statistics import LABELS, SummaryRow
from ..disparities._summary import DisparitySummary, gap_words, largest_gap, shown
from ..disparities._words import seen_briefly, seen_sentence
from ..metrics._sentence import label_of
from ._groups import MOST_ROWS, UNSURE, count_of, share_of
from ._picture import Picture
from ._rows import Block, Chart, Row, Scale, draw_chart, draw_dots, placed, rest_row
from ._theme import INK, PAPER

_ALLOWING = f'; "{UNSURE}" allows for all rates compared, each line is for one rate alone'
_DRAWN = ("max_min_difference", "equalized_odds_difference")


def draw_summary(result: DisparitySummary, ax: Axes | None = None) -> Picture:
    """Draw the largest rate less the smallest, for each rate and set of group columns, with what chance alone makes."""
    rows = [one for one in result.rows if one.statistic in _DRAWN and not one.part]
    drawn, several = rows[:MOST_ROWS], len(rows) > 1
    blocks = tuple(
        Block(f"Gaps by {' and '.join(by)}", tuple(_row(one, several) for one in drawn if one.by == by)) for by in dict.fromkeys(one.by for one in drawn)
    )
    if len(rows) > len(drawn):
        more = rest_row(f"and {len(rows) - len(drawn)} more")
        blocks = (*blocks[:-1], Block(blocks[-1].header, (*blocks[-1].rows, more)))
    subject = blocks[0].header if len(blocks) == 1 else "Gaps between groups"
    setting = f", {result.setting}" if result.setting else ""
    axis = (
        f"{subject}{setting}: the largest rate less the smallest, in points. Lines are {share_of(result.confidence)} intervals; the hollow tick is the gap"
        ' that chance alone would make; "could see" is the gap that 8 of 10 audits of so many people would see: between the two'
        f" largest groups, and between the two smallest{_ALLOWING if several else ''}; n is the number of people in the denominators"
    )
    return draw_chart(Chart(_title(result), axis, blocks, Scale(_points, (0.0, 1.0)), len(blocks) > 1), ax, _marks)


def _title(result: DisparitySummary) -> str:
    top, sure, _ = largest_gap(result.rows)
    if top is None:
        return f"{result.within}Cannot tell: there are no two groups that can be compared."
    told = f"{gap_words(top)}; chance alone would make about {fixed(100 * top.chance.mean, 1)}. {seen_sentence(top.seen, top.groups)}"
    return f"{result.within}{told}" if sure else f"{result.within}Cannot tell whether any rate differs. {told}"


def _marks(ax: Axes, chart: Chart) -> None:
    """Dots and intervals, and a hollow tick where chance alone would put the gap."""
    draw_dots(ax, chart)
    ticks = [(row.mark, y) for _, row, y in placed(chart) if row is not None and not math.isnan(row.mark)]
    ax.plot(
        [x for x, _ in ticks], [y for _, y in ticks], linestyle="none", gid="chance", zorder=4, clip_on=False, color=INK, markerfacecolor=PAPER,
        marker=[(-0.25, -1), (0.25, -1), (0.25, 1), (-0.25, 1), (-0.25, -1)], markersize=16.0,
    )  # fmt: skip


def _row(one: SummaryRow, several: bool) -> Row:
    name = one.label if one.statistic == "max_min_difference" else LABELS[one.statistic].capitalize()
    value, lower, upper = one.limits
    count = f"{count_of(one.n)} in {one.groups} groups"
    if math.isnan(value):
        return Row(name, count, value, lower, upper, f"undefined: {one.reason}", "missing")
    beside = f"by chance {fixed(100 * one.chance.mean, 1)}, could see {seen_briefly(one.seen, one.groups)}"
    unsure = one.strict <= 0
    ends = f"{label_of(one.highest)} highest, {label_of(one.lowest)} lowest" if one.highest and one.lowest else ""
    verdict = f"\n{UNSURE}{', allowing for all rates' if several else ''}" if unsure else ""
    words = f"{shown(one)}\n{beside}{verdict}"
    return Row(name, count, value, lower, upper, words, "unsure" if unsure else "ok", ends, one.chance.mean)


def _points(value: float) -> str:
    return f"{round(100 * value, 6) + 0:g}"

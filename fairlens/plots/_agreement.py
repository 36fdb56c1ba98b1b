"""Two methods against each other: a point per group and input, and the line on which they agree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .._html import ROUNDING
from ..explanations._comparison import ComparedExplanations, ComparedPair, told
from ..explanations._values import Group
from ..metrics._sentence import label_of
from ._beside import WIDTH as _RATE
from ._beside import Beside, beside, draw_rates, head, note_on
from ._groups import number_tick, share_of
from ._matrix import MOST_GROUPS
from ._picture import Picture
from ._rows import MARGIN, inches_of, nice_ticks, points_tick, title_on, write_title
from ._text import clean, extent, fit, height_of, short, width_of
from ._theme import BLUE, BODY, FAINT, GREY_BLUE, INK, PAPER, SMALL, SOFT, TITLE, new_figure, quiet, theme

_SIZE, _LEFT, _LISTED, _MOST_NAMED, _BETWEEN = 4.6, 0.85, 3.6, 6, 0.4
_RINGS, _TURNS = (16.0, 21.0, 28.0, 38.0, 50.0, 64.0), 16
"""Points from a dot at which its number is tried, and directions."""
_DOT = 6.5
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The whole picture in data: the pairs, those that are named and why, and the rates of their groups."""

    result: ComparedExplanations
    pairs: tuple[ComparedPair, ...]
    named: tuple[ComparedPair, ...]
    why: str
    axis: str
    rates: Beside
    groups: tuple[Group, ...]
    left: int

    @property
    def alt(self) -> str:
        """The comparison in words: every number with its interval and n."""
        result = self.result
        lines = [clean(result.sentence), self.axis, *self.rates.lines(result.one.groups), f"{self.why}:" if self.named else f"{self.why}."]
        lines += [f"{clean(told(row))}." for row in self.named]
        lines += [f"{clean(told(row))}: {result.names[0]} {result.write(row.one)}; {result.names[1]} {result.write(row.two)}." for row in result.rows]
        return "\n".join(lines)


def draw_agreement(result: ComparedExplanations, ax: Axes | None = None) -> Picture:
    """Draw the means of one method against those of the other; into a figure of its own with some listed, and the rates of the groups."""
    shown = read_agreement(result)
    with theme(), quiet():
        if ax is None:
            target = _own_axes(shown)
        else:
            target = ax
            title_on(ax, result.sentence)
        _draw(target, shown)
        names = result.names
        rates = "" if ax is None else " ".join(shown.rates.lines(shown.groups))
        across = names[0] if ax is None else f"{names[0]}\n{fit(f'{shown.axis} {rates}', inches_of(target), SMALL)}"
        target.set_xlabel(across, fontsize=SMALL, color=SOFT, loc="left", linespacing=1.3, parse_math=False)
        target.set_ylabel(names[1], fontsize=SMALL, color=SOFT, parse_math=False)
        _number(target, shown)
    return Picture(target.figure.figure, target, shown.alt, ax is None)


def read_agreement(result: ComparedExplanations) -> Agreement:
    """Choose which pairs are named: those that differ beyond an interval, the furthest first; else the largest."""
    pairs = sorted(result.known, key=lambda row: -abs(row.one.mean - row.two.mean))
    apart = [row for row in pairs if _is_apart(row)]
    if apart:
        named, more = apart[:_MOST_NAMED], len(apart) - _MOST_NAMED
        why = "Furthest apart: a mean is outside the other's interval" + (f" (and {more} more in the table)" if more > 0 else "")
    else:
        named = sorted(pairs, key=lambda row: -max(abs(row.one.mean), abs(row.two.mean)))[:_MOST_NAMED]
        why = f"Every mean is within the other's interval. {'The largest' if len(pairs) > len(named) else 'All of them'}" if named else "There is no mean to compare"
    rates = beside(result.one.rates, result.one.output)
    people = {group: total or 0 for group, _, total in result.one.sampled}
    kept = sorted(result.one.groups, key=lambda group: -people.get(group, 0))[:MOST_GROUPS]
    groups = tuple(group for group in result.one.groups if group in kept and group in rates.rates)
    axis = (
        f"A point per group and input: the mean contribution in {result.one.unit}, by {result.names[0]} across and by {result.names[1]} upwards, with"
        f" {share_of(result.one.confidence)} intervals, each by itself. On the dashed line both say the same. Filled: both support the sign, allowing"
        f" for all means; hollow: not both. {' '.join(text for text in (note_on(rates), result.caution) if text)}"
    )
    return Agreement(result, tuple(pairs), tuple(named), why, axis, rates, groups, len(rates.rates) - len(groups))


def _is_apart(row: ComparedPair) -> bool:
    """Whether one mean lies outside the interval of the other; a mean without one is not."""
    sides = ((row.one, row.two), (row.two, row.one))
    return any(not math.isnan(one.lower) and not one.lower - ROUNDING <= two.mean <= one.upper + ROUNDING for one, two in sides)


def _own_axes(shown: Agreement) -> Axes:
    """Make the figure: rates, points, and some of them named."""
    names = [short(label_of(group)) for group in shown.groups]
    rate = width_of(names) + 0.2 + _RATE + _BETWEEN if shown.groups else 0.0
    width = 2 * MARGIN + rate + _LEFT + _SIZE + 0.3 + _LISTED
    inner = width - 2 * MARGIN
    title, foot = fit(shown.result.sentence, inner, TITLE, "bold"), fit(shown.axis, inner, SMALL)
    listed = _listed(shown)
    tall = max(_SIZE, height_of(listed, SMALL), 0.44 * len(shown.groups))
    bottom = MARGIN + height_of(foot, SMALL) + 0.65
    above = MARGIN + height_of(title, TITLE) + (0.5 if shown.groups else 0.2)
    height = above + tall + bottom
    figure = new_figure(width, height)
    write_title(figure, title)
    figure.text(MARGIN / width, MARGIN / height, foot, va="bottom", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    if shown.groups:
        _rates(figure, shown, names, (width, height, above))
    left = MARGIN + rate + _LEFT
    target = figure.add_axes((left / width, 1 - (above + _SIZE) / height, _SIZE / width, _SIZE / height))
    figure.text(
        (left + _SIZE + 0.3) / width, 1 - above / height, listed, va="top", fontsize=SMALL, color=INK, linespacing=1.3, parse_math=False, gid="listed"
    )  # fmt: skip
    return target


def _rates(figure: Figure, shown: Agreement, names: Sequence[str], size: tuple[float, float, float]) -> None:
    """The rates in a column on the left, no further apart than they can be read together."""
    width, height, above = size
    step = min(max(_SIZE / len(names), 0.44), 0.7)
    tall = step * len(names)
    ax = figure.add_axes(((MARGIN + width_of(names) + 0.2) / width, 1 - (above + tall) / height, _RATE / width, tall / height))
    middles = [step * (k + 0.5) for k in range(len(names))]
    draw_rates(ax, [("", row) for _, row in shown.rates.of(shown.groups)], middles, tall)
    ax.set_yticks(middles, names, fontsize=BODY, linespacing=1.2, parse_math=False)
    ax.tick_params(axis="y", length=0, pad=8)
    head(ax, shown.rates.heading, _RATE)
    if shown.left:
        more = f"and {shown.left} more {'group' if shown.left == 1 else 'groups'} in the table"
        ax.set_xlabel(more, fontsize=SMALL, color=SOFT, loc="left", parse_math=False)


def _listed(shown: Agreement) -> str:
    """The named pairs with their numbers, broken to the column."""
    one, two = shown.result.names
    lines = [f"{shown.why}:" if shown.named else f"{shown.why}."]
    for k, row in enumerate(shown.named, start=1):
        lines += [f"{k}: {told(row)}", f"{one} {shown.result.write(row.one)}", f"{two} {shown.result.write(row.two)}"]
    return "\n".join(fit(line, _LISTED, SMALL) for line in lines)


def _draw(ax: Axes, shown: Agreement) -> None:
    result, pairs = shown.result, shown.pairs
    ends = [0.0, *(end for row in pairs for side in (row.one, row.two) for end in (side.lower, side.upper, side.mean) if end == end)]
    air = 0.06 * max(max(ends) - min(ends), ROUNDING)
    low, high = min(ends) - air, max(ends) + air
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    ax.plot([low, high], [low, high], color=SOFT, linewidth=1.1, linestyle=(0, (3, 2)), zorder=1, gid="diagonal")
    for draw in (ax.axhline, ax.axvline):
        draw(0, color=SOFT, linewidth=0.8, zorder=0.8)
    ax.hlines([row.two.mean for row in pairs], [row.one.lower for row in pairs], [row.one.upper for row in pairs], colors=GREY_BLUE, linewidths=1.0, zorder=2)
    ax.vlines([row.one.mean for row in pairs], [row.two.lower for row in pairs], [row.two.upper for row in pairs], colors=GREY_BLUE, linewidths=1.0, zorder=2)
    supported = [{(row.group, row.feature) for row in each.supported} for each in (result.one, result.two)]
    for row in pairs:
        face = BLUE if all((row.group, row.feature) in some for some in supported) else PAPER
        ax.plot([row.one.mean], [row.two.mean], "o", color=BLUE, markerfacecolor=face, markersize=_DOT, zorder=3, clip_on=False, gid="dots")
    write: Any = points_tick if result.one.is_in_points else number_tick
    ticks = nice_ticks(low, high, inches_of(ax))
    for one in (ax.set_xticks, ax.set_yticks):
        one(ticks, [write(tick) for tick in ticks], fontsize=SMALL, color=SOFT)
    ax.tick_params(axis="both", colors=SOFT, length=3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["bottom", "left"]].set_visible(True)
    ax.grid(visible=True, color=FAINT, linewidth=0.8)
    ax.set_axisbelow(True)


def _number(ax: Axes, shown: Agreement) -> None:
    """Number the named pairs, each number apart from every dot and from the others, led to its dot."""
    figure: Any = ax.figure
    scale = 72 / figure.dpi
    at = [tuple(float(part) * scale for part in ax.transData.transform((row.one.mean, row.two.mean))) for row in shown.pairs]
    page = ax.get_window_extent()
    frame = tuple(float(end) * scale for end in (page.x0, page.y0, page.x1, page.y1))
    half = _DOT / 2 + 1
    taken: list[Box] = [(x - half, y - half, x + half, y + half) for x, y in at]
    for k, row in enumerate(shown.named, start=1):
        x, y = at[shown.pairs.index(row)]
        wide, tall = (72 * part for part in extent(str(k), SMALL, "bold"))
        dx, dy = _free((x, y), (wide / 2 + 1.5, tall / 2 + 1.5), taken, (frame[0], frame[1], frame[2], frame[3]))
        taken.append(_around(x + dx, y + dy, wide / 2 + 1.5, tall / 2 + 1.5))
        leader = {"arrowstyle": "-", "color": INK, "linewidth": 0.8, "patchA": None, "shrinkA": tall / 2, "shrinkB": _DOT / 2 + 0.5}
        ax.annotate(
            str(k), (row.one.mean, row.two.mean), xytext=(dx, dy), textcoords="offset points", ha="center", va="center", fontsize=SMALL, fontweight="bold",
            zorder=4, annotation_clip=False, gid="number", arrowprops=leader, bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip


def _around(x: float, y: float, wide: float, tall: float) -> Box:
    return x - wide, y - tall, x + wide, y + tall


def _free(at: tuple[float, float], half: tuple[float, float], taken: Sequence[Box], frame: Box) -> tuple[float, float]:
    """The nearest place around a dot that covers nothing; the one that covers least where there is none."""
    best, least = (0.0, _RINGS[0]), math.inf
    for ring in _RINGS:
        for k in range(_TURNS):
            angle = 3 * math.pi / 4 - 2 * math.pi * k / _TURNS  # away from the diagonal first
            dx, dy = ring * math.cos(angle), ring * math.sin(angle)
            box = _around(at[0] + dx, at[1] + dy, *half)
            inside = frame[0] <= box[0] and frame[1] <= box[1] and box[2] <= frame[2] and box[3] <= frame[3]
            covered = sum(_shared(box, other) for other in taken) + (0 if inside else 1e6)
            if covered < least:
                best, least = (dx, dy), covered
            if not covered:
                return best
    return best


def _shared(one: Box, two: Box) -> float:
    """Square points that two boxes share."""
    return max(min(one[2], two[2]) - max(one[0], two[0]), 0.0) * max(min(one[3], two[3]) - max(one[1], two[1]), 0.0)

"""Two methods against each other: a point per group and input, and the line on which they agree."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from .._html import ROUNDING
from ..explanations._comparison import ComparedExplanations, ComparedPair, told
from ._groups import number_tick, share_of
from ._picture import Picture
from ._rows import MARGIN, inches_of, nice_ticks, points_tick, title_on, write_title
from ._text import clean, fit, height_of
from ._theme import BLUE, FAINT, GREY_BLUE, INK, PAPER, SMALL, SOFT, TITLE, new_figure, quiet, theme

_SIZE, _LEFT, _WIDTH, _MOST_NAMED = 4.6, 0.85, 7.6, 6


def draw_agreement(result: ComparedExplanations, ax: Axes | None = None) -> Picture:
    """Draw the means of one method against those of the other; into a figure of its own with the furthest ones listed beside."""
    pairs = sorted(result.known, key=lambda row: -abs(row.one.mean - row.two.mean))
    axis = (
        f"A point per group and input: the mean contribution in {result.one.unit}, by {result.names[0]} across and by {result.names[1]} upwards, with"
        f" {share_of(result.one.confidence)} intervals, each by itself. On the dashed line both say the same. Filled: both support the sign, allowing"
        f" for all means; hollow: not both. {result.caution}"
    )
    lines = [clean(result.sentence), axis]
    lines += [
        f"{clean(told(row))}: {result.names[0]} {result.write(row.one)}; {result.names[1]} {result.write(row.two)}." for row in result.rows
    ]
    with theme(), quiet():
        if ax is None:
            target = _own_axes(result, axis, pairs)
        else:
            target = ax
            title_on(ax, result.sentence)
        _draw(target, result, pairs)
        names = result.names
        across = names[0] if ax is None else f"{names[0]}\n{fit(axis, inches_of(target), SMALL)}"
        target.set_xlabel(across, fontsize=SMALL, color=SOFT, loc="left", linespacing=1.3, parse_math=False)
        target.set_ylabel(names[1], fontsize=SMALL, color=SOFT, parse_math=False)
    return Picture(target.figure.figure, target, "\n".join(lines), ax is None)


def _own_axes(result: ComparedExplanations, axis: str, pairs: list[ComparedPair]) -> Axes:
    width = 2 * MARGIN + _WIDTH + 1.6
    inner = width - 2 * MARGIN
    title, foot = fit(result.sentence, inner, TITLE, "bold"), fit(axis, inner, SMALL)
    bottom = MARGIN + height_of(foot, SMALL) + 0.65
    height = MARGIN + height_of(title, TITLE) + 0.2 + _SIZE + bottom
    figure = new_figure(width, height)
    write_title(figure, title)
    figure.text(MARGIN / width, MARGIN / height, foot, va="bottom", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    left = MARGIN + _LEFT
    target = figure.add_axes((left / width, bottom / height, _SIZE / width, _SIZE / height))
    beside = left + _SIZE + 0.3
    room = width - MARGIN - beside
    one, two = result.names
    listed = [f"{k}: {told(row)}\n{one} {result.write(row.one)}\n{two} {result.write(row.two)}" for k, row in enumerate(pairs[:_MOST_NAMED], start=1)]
    if listed:
        text = "\n".join(["Furthest apart", *("\n".join(fit(line, room, SMALL) for line in text.split("\n")) for text in listed)])
        figure.text(
            beside / width, (bottom + _SIZE) / height, text, va="top", fontsize=SMALL, color=INK, linespacing=1.3, parse_math=False, gid="listed"
        )  # fmt: skip
    return target


def _draw(ax: Axes, result: ComparedExplanations, pairs: list[ComparedPair]) -> None:
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
    for k, row in enumerate(pairs, start=1):
        face = BLUE if all((row.group, row.feature) in some for some in supported) else PAPER
        ax.plot([row.one.mean], [row.two.mean], "o", color=BLUE, markerfacecolor=face, markersize=6.5, zorder=3, clip_on=False, gid="dots")
        if k <= _MOST_NAMED:
            ax.annotate(str(k), (row.one.mean, row.two.mean), xytext=(6, 5), textcoords="offset points", fontsize=SMALL, zorder=4, gid="number")
    write: Any = points_tick if result.one.is_in_points else number_tick
    ticks = nice_ticks(low, high, inches_of(ax))
    for one in (ax.set_xticks, ax.set_yticks):
        one(ticks, [write(tick) for tick in ticks], fontsize=SMALL, color=SOFT)
    ax.tick_params(axis="both", colors=SOFT, length=3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["bottom", "left"]].set_visible(True)
    ax.grid(visible=True, color=FAINT, linewidth=0.8)
    ax.set_axisbelow(True)

"""Contributions of people as dots beside each other, by input and group, next to how the groups are decided about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..explanations._swarm import Numbers, Swarm
from ..metrics._sentence import label_of
from ._groups import group_row, number_tick
from ._picture import Picture
from ._rows import (
    MARGIN,
    Block,
    Chart,
    Row,
    Scale,
    draw_chart,
    draw_dots,
    dress,
    inches_of,
    nice_ticks,
    percent_tick,
    points_tick,
    title_on,
    write_title,
)
from ._swarms import Band, Beeswarm, Section, read_swarm, shade
from ._text import extent, fit, height_of, width_of
from ._theme import BODY, FAINT, INK, PAPER, SMALL, SOFT, TITLE, new_figure, quiet, theme

_PLOT, _RATE, _BETWEEN, _HIGH = 5.2, 1.7, 0.35, 8.0
_DOT, _SHRINK, _APART, _TINY = 0.09, 0.85, 1.1, 1e-9
_DEEP, _LEAST = 0.8, 0.4
"""Inches that the dots of one group may pile up to in a figure of our own, and the least share of given axes that all dots have."""
_FOOT, _AIR, _KEY, _HEADER = 0.17, 0.08, 0.2, 0.32
_BELOW = 0.62


@dataclass(frozen=True, slots=True)
class Placed:
    """A band with its middle of dots and its mean, in inches from the top, and how far each dot is from that middle."""

    band: Band
    middle: float
    mean: float
    top: float
    bottom: float
    offsets: Numbers


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands: sections with their top, the diameter of their dots and their bands.

    `squeeze` below 1 is how much room headings have of what they need, in axes that are too low.
    """

    sections: tuple[tuple[Section, float, float, tuple[Placed, ...]], ...]
    height: float
    low: float
    high: float
    squeeze: float


def draw_beeswarm(result: Swarm, ax: Axes | None = None) -> Picture:
    """Draw dots by input and group; into a figure of its own with the rates of the groups beside them."""
    picture = read_swarm(result)
    if not picture.sections:
        return _nobody(result, picture, ax)
    with theme(), quiet():
        if ax is None:
            target, layout = _own_axes(picture)
        else:
            target, layout = ax, _layout(picture, inches_of(ax), _tall(ax))
            title_on(ax, f"{picture.banner} {picture.title}".strip())
        _draw(target, picture, layout, own=ax is None)
        if ax is not None:
            rates = f" {picture.rate}: {' '.join(picture.rates_told)}" if picture.rates else ""
            text = fit(f"{picture.axis}{rates} {picture.caution}", inches_of(ax), SMALL)
            target.set_xlabel(text, loc="left", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    return Picture(target.figure.figure, target, picture.alt, ax is None)


def _nobody(result: Swarm, picture: Beeswarm, ax: Axes | None) -> Picture:
    """The groups that are left out, with the reasons."""
    nan = math.nan
    rows = tuple(Row(label_of(group), "", nan, nan, nan, reason, "missing") for group, reason in result.left_out)
    title = f"{picture.banner} There is no group whose contributions can be shown.".strip()
    return draw_chart(Chart(title, picture.caution.rstrip("."), (Block("", rows),), Scale(points_tick), False), ax)


def _tall(ax: Axes) -> float:
    figure: Figure = ax.figure.figure
    return float(ax.get_window_extent().height / figure.dpi)


def dodge(places: Numbers, diameter: float) -> Numbers:
    """How far to move dots of one size up or down so that none covers another: each as little as it can, from left to right."""
    order = np.argsort(places, kind="stable")
    x, found = places[order], np.zeros(len(places))
    start = 0
    for i in range(len(x)):
        while x[i] - x[start] >= diameter:
            start += 1
        away = np.sqrt(np.maximum(diameter**2 - (x[i] - x[start:i]) ** 2, 0.0))
        found[i] = _nearest(found[start:i] - away, found[start:i] + away)
    moved = np.empty(len(places))
    moved[order] = found
    return moved


def _nearest(lows: Numbers, highs: Numbers) -> float:
    """The number nearest to 0 that is inside none of some open intervals."""
    if not ((lows < -_TINY) & (highs > _TINY)).any():
        return 0.0
    order = np.argsort(lows, kind="stable")
    starts, reach = lows[order], np.maximum.accumulate(highs[order])
    first = np.flatnonzero(np.append(True, starts[1:] >= reach[:-1] - _TINY))
    for one, last in zip(first, np.append(first[1:] - 1, len(starts) - 1), strict=False):
        if starts[one] < -_TINY and reach[last] > _TINY:
            return float(reach[last] if reach[last] <= -starts[one] else starts[one])
    return 0.0


def _layout(picture: Beeswarm, inches: float, tall: float | None) -> Layout:
    """Place sections and bands under each other; dots of a section shrink until its bands are not too deep."""
    low, high = _range(picture)
    bands = [band for section in picture.sections for band in section.bands]
    deep, squeeze = _DEEP, 1.0
    if tall is not None:
        fixed = sum(_header(section, inches) for section in picture.sections) + len(bands) * (_FOOT + _AIR)
        room = max(tall, _KEY)
        deep = max(room - fixed, _LEAST * room) / len(bands)
        squeeze = min(1.0, (room - deep * len(bands)) / fixed)
    foot, air = squeeze * _FOOT, squeeze * _AIR
    y, made = 0.0, []
    for section in picture.sections:
        at = [(band.dots.contributions - low) / (high - low) * inches for band in section.bands]
        diameter, offsets = _packed(at, deep)
        top, placed = y, []
        y += squeeze * _header(section, inches)
        for band, moved in zip(section.bands, offsets, strict=True):
            above, below = diameter / 2 - float(moved.min()), diameter / 2 + float(moved.max())
            least = max(height_of(band.label, BODY), height_of(band.shown, SMALL)) + _AIR if tall is None else 0.0
            height = max(above + below + foot, least) + air
            spare = height - air - above - below - foot
            middle = y + air / 2 + spare / 2 + above
            placed.append(Placed(band, middle, middle + below + foot / 2, y, y + height, moved))
            y += height
        made.append((section, top, diameter, tuple(placed)))
    return Layout(tuple(made), max(y, tall or 0.0), low, high, squeeze)


def _packed(places: Sequence[Numbers], deep: float) -> tuple[float, list[Numbers]]:
    """The largest dots, all of one size, that pile up to no more than `deep`, and how far each is moved."""
    diameter = _DOT
    while True:
        wide = diameter * _APART
        if max(_least_depth(some, wide) for some in places) <= deep:
            offsets = [dodge(some, wide) for some in places]
            if max(float(np.ptp(moved)) for moved in offsets) + diameter <= deep:
                return diameter, offsets
        diameter *= _SHRINK


def _least_depth(places: Numbers, diameter: float) -> float:
    """How deep dots pile up at least: those within half a diameter of each other must be moved apart by most of one."""
    x = np.sort(places)
    most = int((np.searchsorted(x, x + diameter / 2) - np.arange(len(x))).max())
    return (most - 1) * math.sqrt(0.75) * diameter


def _range(picture: Beeswarm) -> tuple[float, float]:
    low, high = picture.ends
    span = max(high - low, 0.02)
    return low - 0.05 * span, high + 0.05 * span


def _flow(section: Section, inches: float) -> list[tuple[int, float]]:
    """Line and place, in inches, of each item of the key; beside the name where there is room, else under it."""
    x, line, found = extent(_name(section), BODY, "bold")[0] + 0.3, 0, []
    for look, _ in section.key:
        wide = extent(look.told, SMALL)[0] + 0.38
        if x + wide > inches and x > 0.1:
            x, line = 0.05, line + 1
        found.append((line, x))
        x += wide
    return found


def _name(section: Section) -> str:
    return fit(section.name, _PLOT - 0.2, BODY, "bold").split("\n")[0]


def _header(section: Section, inches: float) -> float:
    return _HEADER + _KEY * max((line for line, _ in _flow(section, inches)), default=0)


def _own_axes(picture: Beeswarm) -> tuple[Axes, Layout]:
    """Make the figure: the rates on the left, the dots, and what they mean."""
    layout = _layout(picture, _PLOT, None)
    bands = [band for section in picture.sections for band in section.bands]
    labels, values = width_of([band.label for band in bands]) + 0.2, max(width_of([band.shown for band in bands], SMALL), extent(picture.mean, SMALL, "bold")[0]) + 0.25
    rows = tuple(map(group_row, picture.rates))
    chart = Chart("", "", (Block("", rows),), Scale(percent_tick, (0.0, 1.0)), False)
    beside = width_of([row.label for row in rows]) + _RATE + width_of([row.words for row in rows], SMALL) + 0.4 + _BETWEEN if rows else 0.0
    width = 2 * MARGIN + beside + labels + _PLOT + values
    inner = width - 2 * MARGIN
    title = "\n".join(fit(text, inner, TITLE, "bold") for text in (picture.banner, picture.title) if text)
    caution, axis = fit(picture.caution, inner, SMALL), fit(picture.axis, inner, SMALL)
    tall = max(layout.height, chart.height if rows else 0.0)
    above = MARGIN + height_of(title, TITLE) + 0.06 + height_of(caution, SMALL) + 0.5
    bottom = MARGIN + height_of(axis, SMALL) + _BELOW
    height = above + tall + bottom
    figure = new_figure(width, height)
    write_title(figure, title)
    for y, text, va in ((1 - (MARGIN + height_of(title, TITLE) + 0.06) / height, caution, "top"), (MARGIN / height, axis, "bottom")):
        figure.text(MARGIN / width, y, text, va=va, fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    if rows:
        left = MARGIN + width_of([row.label for row in rows]) + 0.2
        _draw_rates(figure.add_axes((left / width, 1 - (above + chart.height) / height, _RATE / width, chart.height / height)), picture, chart)
    left = MARGIN + beside + labels
    target = figure.add_axes((left / width, 1 - (above + layout.height) / height, _PLOT / width, layout.height / height))
    target.set_xlabel(picture.unit, loc="left", fontsize=SMALL, color=SOFT, parse_math=False)
    return target, layout


def _draw_rates(ax: Axes, picture: Beeswarm, chart: Chart) -> None:
    """A dot and its interval for each group, with the number beside it."""
    draw_dots(ax, chart)
    ends = [end for row in chart.rows if row.state != "missing" for end in (row.lower, row.upper)] or [0.0, 1.0]
    span = max(max(ends) - min(ends), 0.1)
    low, high = max(min(ends) - 0.1 * span, -0.02), min(max(ends) + 0.1 * span, 1.02)
    ax.set_xlim(low, high)
    ax.set_ylim(chart.height, 0)
    places, y = [], 0.0
    for row in chart.rows:
        places.append(y + row.height / 2)
        y += row.height
    ax.set_yticks(places, [row.label for row in chart.rows], fontsize=BODY, linespacing=1.2, parse_math=False)
    dress(ax, [tick for tick in nice_ticks(low, high, _RATE) if 0 <= tick <= 1], percent_tick)
    wide = width_of([row.label for row in chart.rows])
    _heading(ax, picture.rate, -72 * (wide + 0.1))


def _heading(ax: Axes, text: str, points: float) -> None:
    ax.annotate(
        text, (0, 1), xycoords="axes fraction", xytext=(points, 8), textcoords="offset points", va="bottom", fontsize=SMALL, fontweight="bold",
        annotation_clip=False, parse_math=False, gid="heading",
    )  # fmt: skip


def _draw(ax: Axes, picture: Beeswarm, layout: Layout, *, own: bool) -> None:
    ax.set_xlim(layout.low, layout.high)
    ax.set_ylim(layout.height, 0)
    ax.axvline(0, color=SOFT, linewidth=1.0, zorder=1)
    inches = inches_of(ax)
    unit = (layout.high - layout.low) / inches
    for section, top, diameter, placed in layout.sections:
        y, line_high = top + layout.squeeze * _HEADER * 0.55, layout.squeeze * _KEY
        ax.text(
            layout.low, y, _name(section), va="center", fontsize=BODY, fontweight="bold", parse_math=False, gid="input",
            bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1.5}, zorder=5,
        )  # fmt: skip
        for (look, colour), (line, x) in zip(section.key, _flow(section, inches), strict=True):
            ax.text(
                layout.low + (x + 0.16) * unit, y + line * line_high, look.told, va="center", fontsize=SMALL, color=SOFT, parse_math=False, gid="key",
                bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1.0}, zorder=5,
            )  # fmt: skip
            size = (72 * _DOT * look.size) ** 2
            ax.scatter([layout.low + (x + 0.06) * unit], [y + line * line_high], s=size, marker=look.marker, c=[colour], edgecolors=INK, linewidths=0.4, zorder=6, gid="key")
        for one in placed:
            ax.hlines([one.bottom], 0, 1, transform=ax.get_yaxis_transform(), colors=FAINT, linewidths=0.8, zorder=0)
            _draw_band(ax, section, one, diameter)
    bands = [one for _, _, _, placed in layout.sections for one in placed]
    ax.set_yticks([(one.top + one.bottom) / 2 for one in bands], [one.band.label if own else one.band.line for one in bands], fontsize=BODY, linespacing=1.2, parse_math=False)
    write = points_tick if picture.is_in_points else number_tick
    dress(ax, nice_ticks(layout.low, layout.high, inches), write)
    if layout.height > _HIGH:
        ax.tick_params(axis="x", top=True, labeltop=True)
    ax.annotate(
        picture.mean, (1, 1), xycoords="axes fraction", xytext=(10, 8), textcoords="offset points", va="bottom", fontsize=SMALL, fontweight="bold",
        annotation_clip=False, parse_math=False, gid="heading",
    )  # fmt: skip


def _draw_band(ax: Axes, section: Section, one: Placed, diameter: float) -> None:
    """The dots by look, and under them the mean with its interval; the number on the right."""
    band, looks = one.band, np.asarray(one.band.looks)
    edge = min(0.5, 72 * diameter * 0.06)
    for k, look in enumerate(section.looks):
        some = looks == k
        if not some.any():
            continue
        faces = [shade(rank) for rank in band.dots.ranks[some]] if look.face is None else [look.face] * int(some.sum())
        ax.scatter(
            band.dots.contributions[some], one.middle + one.offsets[some], s=(72 * diameter * look.size) ** 2, marker=look.marker, c=faces,
            edgecolors=SOFT if look.face == PAPER else INK, linewidths=edge, zorder=3, clip_on=False, gid="dots",
        )  # fmt: skip
    row = band.row
    if not math.isnan(row.lower):
        ax.hlines([one.mean], [row.lower], [row.upper], colors=INK, linewidths=1.6, zorder=4, gid="intervals")
    face = PAPER if row.status == "small" else INK
    ax.plot([row.mean], [one.mean], "D", markersize=4.6, color=INK, markerfacecolor=face, markeredgewidth=1.1, linestyle="none", zorder=5, clip_on=False, gid="means")
    ax.annotate(
        band.shown, (1.0, (one.top + one.bottom) / 2), xycoords=ax.get_yaxis_transform(), xytext=(10, 0), textcoords="offset points", va="center",
        fontsize=SMALL, color=INK, linespacing=1.25, annotation_clip=False, parse_math=False, gid="value",
    )  # fmt: skip

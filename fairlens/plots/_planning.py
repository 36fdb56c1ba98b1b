"""Plans as pictures: people against the difference they tell, what a number of people tells, and how many more to collect."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ..disparities import CollectionPlan, MinimumDetectable, SampleSize
from ..disparities._collection import PlanRow
from ..disparities._plan_words import points, share, shown_plan
from ..disparities._planning import minimum_detectable, sample_size
from ..metrics._sentence import label_of
from ._groups import MOST_ROWS, count_of
from ._picture import Picture
from ._rows import (
    MARGIN,
    Block,
    Chart,
    Row,
    Scale,
    draw_chart,
    draw_words,
    inches_of,
    nice_ticks,
    placed,
    rest_row,
    title_on,
    write_title,
)
from ._text import clean, extent, fit, height_of, short, width_of
from ._theme import BLUE, FAINT, INK, PAPER, SMALL, SOFT, TITLE, new_figure, quiet, theme

_WIDTH, _HEIGHT, _LEFT, _LABELLED = 8.0, 3.6, 0.85, 10
_STYLES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (2, 2)), (0, (6, 2, 1, 2)))
_GRID = 60


@dataclass(frozen=True, slots=True)
class _Dot:
    """A plan on the plane, and what is written about it."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class _Curves:
    """Everything that is drawn, and nothing about how."""

    title: str
    foot: str
    dots: tuple[_Dot, ...]
    lines: tuple[tuple[Sequence[float], Sequence[float]], ...]
    write_x: Callable[[float], str]
    write_y: Callable[[float], str]
    log_x: bool
    log_y: bool
    name_y: str
    missing: tuple[str, ...]

    @property
    def alt(self) -> str:
        """The picture in words."""
        told = [f"{clean(dot.text)}." for dot in self.dots] + [f"{clean(text)}." for text in self.missing]
        return "\n".join([clean(self.title), f"{clean(self.foot)}.", *told])


def draw_sizes(result: SampleSize, ax: Axes | None = None) -> Picture:
    """Draw people per group against the difference, the ratio or the margin; each plan is a dot on the curve of its rate."""
    ratio = result.comparison == "ratio"

    def place(rate: float, other: float, margin: float) -> float:
        if result.is_within:
            return margin
        return other / rate if ratio else abs(other - rate)

    dots, missing = [], []
    for row in result.rows:
        what = _what(result, row.rate, row.other, row.margin)
        if row.n is None:
            missing.append(f"{what}: no number of people is known")
        else:
            dots.append(_Dot(place(row.rate, row.other, row.margin), float(row.n), f"{what}: {row.n:,} people"))
    lines = [_size_curve(result, rate, [dot.x for dot in dots]) for rate in dict.fromkeys(row.rate for row in result.rows)]
    axis = {True: "Lowest ratio that is within", False: "Margin, in points"} if result.is_within else {True: "Ratio of the group's rate to the reference's", False: "Difference of the two rates, in points"}
    reference = "as many" if result.reference_size == 1 else f"{result.reference_size:g} times as many"
    foot = f"{axis[ratio]}. Power {share(result.power)}, confidence {share(result.confidence)}, {reference} people in the reference"
    curves = _Curves(
        result.sentence, foot, tuple(dots), tuple(line for line in lines if len(line[0])), _ratio if ratio else points, _people, False, True, "people of the group", tuple(missing)
    )  # fmt: skip
    return _draw(curves, ax)


def _what(result: SampleSize, rate: float, other: float, margin: float) -> str:
    if result.is_within:
        return f"two of {share(rate)} within {result.told_margin(margin)}"
    return f"{share(other)} against {share(rate)}"


def _size_curve(result: SampleSize, rate: float, xs: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """People against what is asked, around the plans."""
    if not xs:
        return [], []
    if result.comparison == "ratio":
        low, high = min(xs) * 0.9, max(xs) * 1.05
        grid = np.linspace(low, min(high, 0.97) if max(xs) < 1 else high, _GRID)
    else:
        grid = np.geomspace(min(xs) * 0.6, max(xs) * 1.4, _GRID)
    options = {"power": result.power, "confidence": result.confidence, "reference_size": result.reference_size}
    if result.is_within:
        grid = grid[(grid > 0) & (grid < 1)]
        rows = sample_size(rate, margin=grid, comparison=result.comparison, direction=result.direction, **options).rows  # type: ignore[arg-type]
    else:
        sign = -1.0 if all(row.other <= row.rate for row in result.rows if row.rate == rate) else 1.0
        others = rate * grid if result.comparison == "ratio" else rate + sign * grid
        able = (others >= 0) & (others <= 1)
        grid, others = grid[able], others[able]
        rows = sample_size(rate, others, **options).rows if len(grid) else ()  # type: ignore[arg-type]
    kept = [(float(x), float(row.n)) for x, row in zip(grid, rows, strict=True) if row.n is not None]
    return [x for x, _ in kept], [n for _, n in kept]


def draw_detectable(result: MinimumDetectable, ax: Axes | None = None) -> Picture:
    """Draw what can be told against the number of people; each row is a dot on the curve of its reference."""
    dots, missing = [], []
    for row in result.rows:
        who = f"{row.name + ', ' if row.name else ''}n={row.n:,.10g} against {row.n_reference:,.10g}"
        if math.isnan(row.detectable):
            missing.append(f"{who}: none that is possible")
        else:
            dots.append(_Dot(row.n, row.detectable, f"{who}: {result.told(row.detectable)}"))
    lines = []
    ns = [row.n for row in result.rows if row.n > 0]
    for rate, reference in dict.fromkeys((row.rate, row.n_reference) for row in result.rows):
        grid = np.geomspace(min(ns, default=1) / 2, max(ns, default=1) * 2, _GRID)
        found = minimum_detectable(rate, grid, reference, power=result.power, confidence=result.confidence, comparison=result.comparison)
        kept = [(row.n, row.detectable) for row in found.rows if not math.isnan(row.detectable)]
        if kept:
            lines.append(([n for n, _ in kept], [least for _, least in kept]))
    ratio = result.comparison == "ratio"
    rates = ", ".join(dict.fromkeys(share(row.rate) for row in result.rows[:4]))
    foot = f"People of the group. Rate of the reference {rates}; power {share(result.power)}, confidence {share(result.confidence)}"
    name = "highest ratio that would be told" if ratio else "smallest difference that would be told, points"
    curves = _Curves(result.sentence, foot, tuple(dots), tuple(lines), _people, _ratio if ratio else points, True, False, name, tuple(missing))
    return _draw(curves, ax)


def draw_collection(result: CollectionPlan, ax: Axes | None = None) -> Picture:
    """Draw for each group the people there are, and the people that there should be."""
    shown = result.rows[:MOST_ROWS]
    rows = [_collection_row(row) for row in shown]
    left = len(result.rows) - len(shown)
    if left:
        rows.append(rest_row(f"and {left:,} more groups"))
    axis = f"People in the denominator, now and planned. {result.criterion.label}; power {share(result.power)}"
    chart = Chart(result.sentence, axis, (Block("", tuple(rows)),), Scale(_people, (1.0, math.inf), log=True), False)
    return draw_chart(chart, ax, _dumbbells)


def _collection_row(row: PlanRow) -> Row:
    text, nan = shown_plan(row), math.nan
    if row.more is None or not row.n or row.n_planned is None:
        return Row(label_of(row.group), count_of(row.n), nan, nan, nan, text, "missing")
    return Row(label_of(row.group), count_of(row.n), float(row.n), float(row.n), float(row.n_planned), text, "ok")


def _dumbbells(ax: Axes, chart: Chart) -> None:
    for _, row, y in placed(chart):
        if row is None:
            continue
        ax.hlines(y, 0, 1, transform=ax.get_yaxis_transform(), colors=FAINT, linewidths=0.8, zorder=0)
        if row.state == "missing":
            continue
        ax.hlines(y, row.lower, row.upper, colors=INK, linewidths=1.6, zorder=2, gid="more")
        for x, face, kind in ((row.lower, PAPER, "now"), (row.upper, BLUE, "planned")):
            if kind == "now" or row.upper > row.lower:
                ax.plot([x], [y], "o", markersize=8.0, color=INK, markerfacecolor=face, markeredgewidth=1.4, zorder=3, clip_on=False, gid=f"dots-{kind}")
    draw_words(ax, chart)


def _people(value: float) -> str:
    return f"{value:,.10g}"


def _ratio(value: float) -> str:
    return f"{round(value, 6) + 0:g}"


def _draw(curves: _Curves, ax: Axes | None) -> Picture:
    with theme(), quiet():
        target = _own_axes(curves) if ax is None else ax
        _lines(target, curves)
        right = target.get_xlim()[1]
        if ax is not None:
            _make_room(ax, curves)
        _axes(target, curves, right)
        _labels(target, curves, own=ax is None)
        if ax is not None:
            title_on(ax, curves.title)
            foot = fit(f"{curves.foot}. Upwards: {curves.name_y}", inches_of(ax), SMALL)
            ax.set_xlabel(foot, loc="left", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    return Picture(target.figure.figure, target, curves.alt, ax is None)


def _own_axes(curves: _Curves) -> Axes:
    room = width_of([short(dot.text) for dot in curves.dots[:_LABELLED]], SMALL) + 0.35
    width = max(_WIDTH, _LEFT + 4.0 + room + MARGIN)
    title = fit(curves.title, width - 2 * MARGIN, TITLE, "bold")
    foot = fit(_foot(curves), width - 2 * MARGIN, SMALL)
    bottom, top = 0.55 + height_of(foot, SMALL), MARGIN + height_of(title, TITLE) + 0.4
    height = top + _HEIGHT + bottom
    figure = new_figure(width, height)
    write_title(figure, title)
    for x, y, text, va in ((MARGIN, MARGIN, foot, "bottom"), (MARGIN, height - top + 0.1, curves.name_y, "bottom")):
        figure.text(x / width, y / height, text, va=va, fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    return figure.add_axes((_LEFT / width, bottom / height, (width - _LEFT - room - MARGIN) / width, _HEIGHT / height))


def _foot(curves: _Curves) -> str:
    more = len(curves.dots) - _LABELLED
    told = f". {more} more in the table" if more > 0 else ""
    gone = f". {'; '.join(curves.missing[:3])}" if curves.missing else ""
    return f"{curves.foot}{told}{gone}"


def _lines(ax: Axes, curves: _Curves) -> None:
    if curves.log_x:
        ax.set_xscale("log")
    if curves.log_y:
        ax.set_yscale("log")
    for i, (xs, ys) in enumerate(curves.lines):
        ax.plot(xs, ys, color=BLUE, linewidth=1.8, linestyle=_STYLES[i % len(_STYLES)], zorder=2, gid="curve")
    ax.plot(
        [dot.x for dot in curves.dots], [dot.y for dot in curves.dots], "o", color=INK, markersize=7, markerfacecolor=PAPER,
        markeredgewidth=1.6, zorder=3, clip_on=False, gid="dots",
    )  # fmt: skip


def _axes(ax: Axes, curves: _Curves, right: float) -> None:
    """Ticks as far as the curves go; the rest of the caller's axis is for labels."""
    figure: Any = ax.figure
    box = ax.get_window_extent()
    for axis, log, write, pixels, end in (
        (ax.xaxis, curves.log_x, curves.write_x, box.width, right),
        (ax.yaxis, curves.log_y, curves.write_y, box.height, math.inf),
    ):
        low, high = sorted(axis.get_view_interval())
        ticks = (_decades if log else nice_ticks)(low, high, pixels / figure.dpi)
        axis.set_major_locator(FixedLocator([tick for tick in ticks if tick <= end]))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _, write=write: write(value)))
    ax.tick_params(colors=SOFT, labelsize=SMALL, labelcolor=SOFT, length=3)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.spines["bottom"].set_color(SOFT)
    ax.grid(visible=True, color=FAINT, linewidth=0.8, zorder=0)
    ax.set_axisbelow(True)


def _make_room(ax: Axes, curves: _Curves) -> None:
    """Lengthen the caller's axis to the right, so that labels stand beside the curves."""
    room = min(width_of([short(dot.text) for dot in curves.dots[:_LABELLED]], SMALL) + 0.2, 0.6 * inches_of(ax)) / inches_of(ax)
    low, high = ax.get_xlim()
    ax.set_xlim(low, low * (high / low) ** (1 / (1 - room)) if curves.log_x else low + (high - low) / (1 - room))


def _decades(low: float, high: float, inches: float) -> list[float]:
    """Round numbers of a logarithmic axis, fewer where a decade is short."""
    decade = inches / math.log10(high / low)
    digits = (1, 2, 5) if decade >= 1.5 else (1, 3) if decade >= 0.8 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [tick for tick in (digit * 10.0**power for power in powers for digit in digits) if low <= tick <= high]


def _labels(ax: Axes, curves: _Curves, *, own: bool) -> None:
    """Name each dot at the right side, with a thin line to it; moved apart where they would touch."""
    figure: Any = ax.figure
    box = ax.get_window_extent()
    dots = sorted(curves.dots[:_LABELLED], key=lambda dot: -dot.y)
    texts = [short(dot.text) for dot in dots]
    places = [float(ax.transData.transform((dot.x, dot.y))[1] - box.y0) / figure.dpi for dot in dots]
    sizes = [extent(text, SMALL)[1] + 0.08 for text in texts]
    apart = _apart(places, sizes, box.height / figure.dpi)
    for dot, text, y in zip(dots, texts, apart, strict=True):
        ax.annotate(
            text, (dot.x, dot.y), xytext=(1.0 if own else 0.98, y * figure.dpi / box.height), textcoords="axes fraction", va="center",
            ha="left" if own else "right", fontsize=SMALL, color=INK, annotation_clip=False, parse_math=False, gid="value", linespacing=1.2,
            arrowprops={"arrowstyle": "-", "color": SOFT, "linewidth": 0.6, "shrinkA": 2, "shrinkB": 4},
            bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip


def _apart(places: Sequence[float], sizes: Sequence[float], height: float) -> list[float]:
    """Move places, given from the top down, so that labels of these heights do not touch."""
    moved: list[float] = []
    for place, size in zip(places, sizes, strict=True):
        most = moved[-1] - (sizes[len(moved) - 1] + size) / 2 if moved else height
        moved.append(min(place, most))
    for i in range(len(moved) - 1, -1, -1):
        least = moved[i + 1] + (sizes[i + 1] + sizes[i]) / 2 if i + 1 < len(moved) else 0.0
        moved[i] = max(moved[i], least)
    return moved

"""The funnel: each group's rate over its number of people, between the limits that chance alone would keep it in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from .._html import percent, points
from ..disparities._screen import ScreenFamily, Screening, ScreenRow
from ..disparities._words import p_words
from ..metrics import GroupRow
from ..metrics._sentence import label_of
from ..stats import normal_quantile
from ._groups import FEW, UNSURE, count_of, share_of
from ._picture import Picture
from ._rows import MARGIN, inches_of, nice_ticks, percent_tick, title_on, write_title
from ._text import clean, fit, height_of, short, width_of
from ._theme import BLUE, FAINT, GREY_BLUE, INK, PAPER, SMALL, SOFT, TITLE, new_figure, quiet, theme

_WIDTH, _PLOT, _BELOW = 9.0, 3.9, 0.5
_ALL_NAMED, _SIZE = 10, 8.0
_POINTS = 240


@dataclass(frozen=True, slots=True)
class Dot:
    """One group in the picture."""

    name: str
    n: float
    row: GroupRow
    differs: bool
    small: bool
    words: str
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Funnel:
    """Everything that is drawn for one family."""

    family: ScreenFamily
    dots: tuple[Dot, ...]
    confidence: float
    heading: str

    @property
    def named(self) -> tuple[Dot, ...]:
        """The groups whose names are written: all where there are few, else those that differ."""
        return self.dots if len(self.dots) <= _ALL_NAMED else tuple(dot for dot in self.dots if dot.differs or dot.reference)

    @property
    def alt(self) -> list[str]:
        """The family in words."""
        missing = [
            f"{clean(label_of(row.group))}: {row.status}, {clean(row.reason)}."
            for row in self.family.left_out
            if math.isnan(row.value)
        ]
        family = self.family
        lines = [f"{clean(self.heading)}. All groups together: {percent(family.rate)}, n={family.n:,.0f}."] if family.size else [f"{clean(self.heading)}."]
        return [*lines, *(f"{clean(dot.name)}: {dot.words}." for dot in self.dots), *missing]


def draw_funnel(result: Screening, ax: Axes | None = None) -> Picture:
    """Draw a funnel per family under each other; into given axes the first one."""
    shown = result.families if ax is None else result.families[:1]
    funnels = [_funnel(family, result.confidence) for family in shown]
    headline = result.within + "; ".join(_headline(family, result.confidence) for family in shown) + "."
    left = len(result.families) - len(shown)
    with theme(), quiet():
        if ax is not None:
            targets = [ax]
            _draw(ax, funnels[0], f"{funnels[0].heading}{f' ({left} more in the table)' if left else ''}", inside=True)
            title_on(ax, headline)
        else:
            targets = _own_axes(funnels, headline)
            for target, funnel in zip(targets, funnels, strict=True):
                _draw(target, funnel, funnel.heading)
    lines = [clean(result.sentence), *(line for funnel in funnels for line in funnel.alt)]
    if left:
        lines.append(f"{left} more in the table.")
    return Picture(targets[0].figure.figure, targets[0], "\n".join(lines), ax is None)


def _headline(family: ScreenFamily, confidence: float) -> str:
    """The groups that differ, or that the data cannot tell."""
    differing = sorted((one for one in family.rows if one.differs(confidence)), key=lambda one: -abs(one.z))
    names = ", ".join(label_of(one.row.group) for one in differing[:4])
    more = f" and {len(differing) - 4} more" if len(differing) > 4 else ""
    subject = f"{family.metric.label} by {' and '.join(family.by)}"
    against = "the others" if family.reference == "rest" else label_of(family.reference)
    if differing:
        verb = "differs" if len(differing) == 1 else "differ"
        return f"{subject}: {len(differing)} of {family.size} groups {verb} from {against} ({names}{more})"
    return f"{subject}: cannot tell of any group whether it differs from {against}"


def _funnel(family: ScreenFamily, confidence: float) -> Funnel:
    dots = [_dot(one, confidence) for one in family.rows if not math.isnan(one.row.value)]
    base = family.base
    if base is not None and not math.isnan(base.value):
        words = f"{percent(base.value, base.lower, base.upper)}, {count_of(base.n)}, the reference"
        dots.append(Dot(label_of(base.group), base.effective, base, False, base.status == "small", words, True))
    against = "" if family.reference == "rest" else f", against {label_of(family.reference)}"
    heading = f"{family.metric.label} by {' and '.join(family.by)}{against}"
    return Funnel(family, tuple(sorted(dots, key=lambda dot: -dot.row.value)), confidence, heading)


def _dot(one: ScreenRow, confidence: float) -> Dot:
    row = one.row
    words = f"{percent(row.value, row.lower, row.upper)}, {count_of(row.n)}"
    if one.status == "ok":
        differs = one.differs(confidence)
        words += (
            f", {points(one.difference)} points ({points(one.lower)} to {points(one.upper)}) against {percent(one.base_value)},"
            f" n={one.base_n:,}, p adjusted {p_words(one.p_adjusted)}{'' if differs else f', {UNSURE}'}"
        )
        return Dot(label_of(row.group), row.effective, row, differs, False, words)
    told = f"{FEW}, not tested" if row.status == "small" else f"not tested: {one.reason}"
    return Dot(label_of(row.group), row.effective, row, False, True, f"{words}, {told}")


def _own_axes(funnels: Sequence[Funnel], headline: str) -> list[Axes]:
    labels = [_width(funnel) for funnel in funnels]
    right = max([*labels, 0.3]) + 0.45
    left = width_of(["100 %"], SMALL) + 0.25
    width = max(_WIDTH, left + right + 4.0 + 2 * MARGIN)
    plot = width - left - right - 2 * MARGIN
    title = fit(headline, width - 2 * MARGIN, TITLE, "bold")
    heights = [max(_PLOT, (len(funnel.named) + 1) * _room(funnel)) for funnel in funnels]
    feet = [_BELOW + height_of(fit(_axis(funnel, funnel.heading), plot, SMALL), SMALL) + 0.62 for funnel in funnels]
    top = MARGIN + height_of(title, TITLE) + 0.18
    height = top + sum(heights) + sum(feet) + (len(funnels) - 1) * 0.2 + MARGIN
    figure = new_figure(width, height)
    write_title(figure, title)
    made, y = [], height - top
    for inches, foot in zip(heights, feet, strict=True):
        y -= inches
        made.append(figure.add_axes(((MARGIN + left) / width, y / height, plot / width, inches / height)))
        y -= foot + 0.2
    return made


def _axis(funnel: Funnel, heading: str) -> str:
    family = funnel.family
    kind = "people in the denominator" if family.method == "permutation" else "independent people in the denominator"
    line = "line: all groups together" if family.base is None else f"line: {label_of(family.base.group)}"
    hollow = "; hollow: few people, not tested" if any(dot.small for dot in funnel.dots) else ""
    return f"{heading}, over the number of {kind} (logarithmic). Dotted {line}{hollow}"


def _label(dot: Dot) -> str:
    told = ", the reference" if dot.reference else ""
    return f"{short(dot.name)}\n{percent(dot.row.value)}, {count_of(dot.row.n)}{told}"


def _width(funnel: Funnel) -> float:
    """Inches that the names need."""
    return max((width_of([_label(dot)], SMALL, "bold" if dot.differs else "normal") for dot in funnel.named), default=0.0)


def _room(funnel: Funnel) -> float:
    """Inches from one name to the next."""
    lines = max((_label(dot).count("\n") + 1 for dot in funnel.named), default=2)
    return lines * SMALL * 1.3 / 72 + 0.05


def _draw(ax: Axes, funnel: Funnel, heading: str, *, inside: bool = False) -> None:
    """Draw one family; names stand beside the axes, or inside at the right, where the axes are the caller's."""
    dots = funnel.dots
    sizes = [dot.n for dot in dots]
    low, high = (max(min(sizes) / 1.5, 0.7), max(sizes) * 1.5) if sizes else (1.0, 10.0)
    names = min((_width(funnel) + 0.25) / inches_of(ax), 0.6) if inside else 0.0
    ax.set_xscale("log")
    ax.set_xlim(low, low * (high / low) ** (1 / (1 - names)))
    ax.set_ylim(*_heights(dots, funnel))
    if funnel.family.size:
        _limits(ax, funnel, low, high)
    for state, marker in (("differs", "D"), ("unsure", "o"), ("small", "o")):
        some = [dot for dot in dots if _state(dot) == state]
        if some:
            ax.plot(
                [dot.n for dot in some], [dot.row.value for dot in some], marker, gid=f"dots-{state}", zorder=4, markersize=_SIZE, linestyle="none",
                color=BLUE if state != "unsure" else GREY_BLUE, markeredgewidth=1.5, markeredgecolor=INK if state == "differs" else BLUE,
                markerfacecolor=PAPER if state == "small" else BLUE if state == "differs" else GREY_BLUE, clip_on=False,
            )  # fmt: skip
    _names(ax, funnel, 1 - names + 0.2 / inches_of(ax) if inside else 1.04)
    _dress(ax, low, high)
    _foot(ax, funnel, heading)


def _state(dot: Dot) -> str:
    return "differs" if dot.differs else "small" if dot.small else "unsure"


def _heights(dots: Sequence[Dot], funnel: Funnel) -> tuple[float, float]:
    values = [dot.row.value for dot in dots]
    if not math.isnan(funnel.family.rate):
        values.append(funnel.family.rate)
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    span = max(high - low, 0.1)
    return max(-0.04 * span, low - 0.35 * span), min(1 + 0.04 * span, high + 0.35 * span)


def _limits(ax: Axes, funnel: Funnel, low: float, high: float) -> None:
    """The line of what is compared with, and the limits for one group and for all groups together."""
    family = funnel.family
    n = np.geomspace(low, high, _POINTS)
    total = sum(dot.n for dot in funnel.dots if not dot.small)
    base = family.base
    centre = family.rate if base is None else base.value
    spread = family.rate * (1 - family.rate)
    with np.errstate(invalid="ignore"):
        noise = np.sqrt(spread * np.maximum(1 / n - 1 / total, 0.0)) if base is None else np.sqrt(spread * (1 / n + 1 / base.effective))
    for z, style, gid in ((normal_quantile(funnel.confidence), (0, (4, 3)), "limits-one"), (family.critical, "-", "limits-all")):
        for sign in (-1, 1):
            ends = centre + sign * z * noise
            ax.plot(n, np.where((ends >= 0) & (ends <= 1), ends, np.nan), color=INK, linewidth=1.1, linestyle=style, zorder=2, gid=gid)
    ax.plot([low, high], [centre, centre], color=SOFT, linewidth=1.2, linestyle=(0, (1, 2)), zorder=1, gid="centre")


def _names(ax: Axes, funnel: Funnel, x: float) -> None:
    """Write names beside the axes, each with a thin line to its dot, in the order of the rates, so that none covers another."""
    figure: Any = ax.figure
    inches = ax.get_window_extent().height / figure.dpi
    low, high = ax.get_ylim()
    room = _room(funnel) / inches * (high - low)
    most = max(int((high - low) / room), 1)
    ranked = sorted(funnel.named, key=lambda dot: (not dot.reference, not dot.differs, -abs(dot.row.value - funnel.family.rate)))
    kept = [dot for dot in funnel.dots if dot in ranked[: most if len(ranked) <= most else most - 1]]
    places = spread_out([dot.row.value for dot in kept], low, high, room, spare=len(kept) < len(ranked))
    for dot, y in zip(kept, places, strict=True):
        ax.annotate(
            _label(dot), (dot.n, dot.row.value), xytext=(x, (y - low) / (high - low)), textcoords="axes fraction", va="center", ha="left",
            fontsize=SMALL, fontweight="bold" if dot.differs else "normal", linespacing=1.2, annotation_clip=False, parse_math=False, gid="name",
            arrowprops={"arrowstyle": "-", "color": SOFT, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 4, "relpos": (0, 0.5)}, zorder=3,
        )  # fmt: skip
    left = len(funnel.dots) - len(kept)
    if left and len(kept) < len(ranked):
        ax.annotate(
            f"and {left} more in the table", (x, 0), xycoords="axes fraction", va="bottom", fontsize=SMALL, color=SOFT, annotation_clip=False,
            parse_math=False, gid="name",
        )  # fmt: skip


def spread_out(values: Sequence[float], low: float, high: float, room: float, *, spare: bool = False) -> list[float]:
    """Move places, given from high to low, as little as it takes to lie `room` apart inside a range."""
    bottom = low + room * (1.5 if spare else 0.5)
    top = high - room / 2
    places: list[float] = []
    for value in values:
        places.append(min(value, top, places[-1] - room if places else math.inf))
    floor = bottom
    for i in range(len(places) - 1, -1, -1):
        places[i] = max(places[i], floor)
        floor = places[i] + room
    return places


def _dress(ax: Axes, left: float, right: float) -> None:
    figure: Any = ax.figure
    tall = ax.get_window_extent().height / figure.dpi
    ticks = nice_ticks(*ax.get_ylim(), tall * 1.4)
    ax.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if 0 <= tick <= 1]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent_tick(value)))
    ax.yaxis.set_minor_locator(NullLocator())
    start, end = ax.get_xlim()
    ax.xaxis.set_major_locator(FixedLocator(_steps(left, right, inches_of(ax) * math.log(right / left) / math.log(end / start))))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.tick_params(axis="both", colors=SOFT, labelsize=SMALL, length=3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_visible(True)
    ax.spines[["left", "bottom"]].set_color(SOFT)
    ax.grid(visible=True, axis="y", color=FAINT, linewidth=0.8, zorder=0)
    ax.set_axisbelow(True)


def _steps(low: float, high: float, inches: float) -> list[float]:
    """1, 2, 5, 10, ... as many as have room."""
    for digits in ((1, 2, 5), (1, 3), (1,)):
        steps = [digit * 10.0**power for power in range(10) for digit in digits if low <= digit * 10.0**power <= high]
        apart = math.log10(high / low) / inches * (0.55 + 0.07 * math.log10(high))
        if all(math.log10(b / a) >= apart for a, b in pairwise(steps)):
            break
    return steps if len(steps) > 1 else nice_ticks(low, high, inches)


def _foot(ax: Axes, funnel: Funnel, heading: str) -> None:
    """What the axes mean, and under it the legend in words."""
    figure: Any = ax.figure
    height = ax.get_window_extent().height / figure.dpi
    text = fit(_axis(funnel, heading), inches_of(ax), SMALL)
    ax.set_xlabel(text, loc="left", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    if not funnel.family.size:
        return
    share = share_of(funnel.confidence)
    handles = [
        Line2D([], [], color=INK, linewidth=1.1, linestyle=(0, (4, 3)), label=f"{share} limits of one group"),
        Line2D([], [], color=INK, linewidth=1.1, label=f"{share} limits of all {funnel.family.size} groups together"),
        Line2D([], [], color=INK, marker="D", linestyle="none", markerfacecolor=BLUE, label="differs"),
    ]
    wide = sum(width_of([str(handle.get_label())], SMALL) + 0.6 for handle in handles) <= inches_of(ax)
    ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0, -(_BELOW + height_of(text, SMALL)) / height), ncols=3 if wide else 1, frameon=False,
        borderaxespad=0, fontsize=SMALL, handlelength=2.2, columnspacing=1.6,
    )  # fmt: skip

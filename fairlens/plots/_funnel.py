"""The funnel: each group's rate over its number of people, between the limits that chance alone would keep it in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from .._html import percent, points
from ..disparities._screen import ScreenFamily, Screening, ScreenRow
from ..disparities._words import p_words
from ..metrics import GroupRow
from ..metrics._sentence import TEXTS, label_of
from ..stats import normal_quantile
from ._groups import FEW, UNSURE, count_of, share_of
from ._picture import Picture
from ._rows import LINE, MARGIN, inches_of, nice_ticks, percent_tick, title_on, write_title
from ._text import clean, fit, height_of, short, width_of
from ._theme import BLUE, BODY, FAINT, GREY_BLUE, INK, PAPER, SMALL, SOFT, TITLE, new_figure, quiet, theme

_WIDTH, _PLOT, _BELOW, _BETWEEN, _GAP = 9.0, 3.9, 0.5, 0.75, 0.12
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

    @property
    def outside(self) -> bool:
        """Whether its name is always written."""
        return self.differs


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
        return self.dots if len(self.dots) <= _ALL_NAMED else tuple(dot for dot in self.dots if dot.outside)

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
    funnels = [_funnel(family, result.confidence) for family in result.families]
    title = result.sentence
    with theme(), quiet():
        if ax is not None:
            more = len(funnels) - 1
            told = f"{funnels[0].heading}; {more} more in the table" if more else funnels[0].heading
            targets = [ax]
            _draw(ax, funnels[0], told)
            title_on(ax, _headline(result))
            shown = funnels[:1]
        else:
            targets = _own_axes(funnels, _headline(result))
            for target, funnel in zip(targets, funnels, strict=True):
                _draw(target, funnel, funnel.heading)
            shown = funnels
    lines = [clean(title), *(line for funnel in shown for line in funnel.alt)]
    if len(shown) < len(funnels):
        lines.append(f"{len(funnels) - len(shown)} more in the table.")
    return Picture(targets[0].figure.figure, targets[0], "\n".join(lines), ax is None)


def _headline(result: Screening) -> str:
    """The groups that differ, of all families; or that the data cannot tell."""
    told = []
    for family in result.families:
        differing = sorted((one for one in family.rows if one.differs(result.confidence)), key=lambda one: -abs(one.z))
        names = ", ".join(label_of(one.row.group) for one in differing[:4])
        more = f" and {len(differing) - 4} more" if len(differing) > 4 else ""
        subject = f"{family.metric.label} by {' and '.join(family.by)}"
        against = TEXTS["rest"] if family.reference == "rest" else label_of(family.reference)
        if differing:
            told.append(f"{subject}: {len(differing)} of {family.size} groups differ from {against} ({names}{more})")
        else:
            told.append(f"{subject}: cannot tell of any group whether it differs from {against}")
    return result.within + "; ".join(told) + "."


def _funnel(family: ScreenFamily, confidence: float) -> Funnel:
    dots = [_dot(one, confidence) for one in family.rows if not math.isnan(one.row.value)]
    base = family.base
    if base is not None and not math.isnan(base.value):
        words = f"{percent(base.value, base.lower, base.upper)}, {count_of(base.n)}, the reference"
        dots.append(Dot(label_of(base.group), base.effective, base, False, base.status == "small", words))
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
    labels = [width_of([_label(dot) for dot in funnel.named], SMALL) for funnel in funnels]
    right = max([*labels, 0.3]) + 0.45
    left = width_of(["100 %"], SMALL) + 0.25
    width = max(_WIDTH, left + right + 4.0 + 2 * MARGIN)
    plot = width - left - right - 2 * MARGIN
    title = fit(headline, width - 2 * MARGIN, TITLE, "bold")
    heights = [max(_PLOT, (len(funnel.named) + 1) * (2 * LINE + 0.04)) for funnel in funnels]
    feet = [_BELOW + height_of(fit(_axis(funnel, funnel.heading), plot, SMALL), SMALL) + 0.5 for funnel in funnels]
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
    return f"{heading}, over the number of {kind} (each step of the axis is a factor). {line[0].upper()}{line[1:]}{hollow}"


def _label(dot: Dot) -> str:
    return f"{short(dot.name)}\n{percent(dot.row.value)}, {count_of(dot.row.n)}"


def _draw(ax: Axes, funnel: Funnel, heading: str) -> None:
    family, dots = funnel.family, funnel.dots
    sizes = [dot.n for dot in dots]
    low, high = (min(sizes) / 1.5, max(sizes) * 1.5) if sizes else (1.0, 10.0)
    ax.set_xscale("log")
    ax.set_xlim(max(low, 0.7), high)
    ax.set_ylim(*_heights(dots, funnel))
    if family.size:
        _limits(ax, funnel)
    for state, marker in (("differs", "D"), ("unsure", "o"), ("small", "o")):
        some = [dot for dot in dots if _state(dot) == state]
        if some:
            ax.plot(
                [dot.n for dot in some], [dot.row.value for dot in some], marker, gid=f"dots-{state}", zorder=4, markersize=_SIZE, linestyle="none",
                color=BLUE if state != "unsure" else GREY_BLUE, markeredgewidth=1.5, markeredgecolor=INK if state == "differs" else BLUE,
                markerfacecolor=PAPER if state == "small" else BLUE if state == "differs" else GREY_BLUE, clip_on=False,
            )  # fmt: skip
    _names(ax, funnel)
    _dress(ax)
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


def _limits(ax: Axes, funnel: Funnel) -> None:
    """The line of what is compared with, and the limits for one group and for all groups together."""
    family = funnel.family
    n = np.geomspace(*ax.get_xlim(), _POINTS)
    total = sum(dot.n for dot in funnel.dots if not dot.small)
    base = family.base
    centre = family.rate if base is None else base.value
    spread = family.rate * (1 - family.rate)
    with np.errstate(invalid="ignore"):
        noise = np.sqrt(spread * np.maximum(1 / n - 1 / total, 0.0)) if base is None else np.sqrt(spread * (1 / n + 1 / base.effective))
    for z, style, gid in ((normal_quantile(funnel.confidence), (0, (4, 3)), "limits-one"), (family.critical, "-", "limits-all")):
        for sign in (-1, 1):
            ends = np.clip(centre + sign * z * noise, 0.0, 1.0)
            ax.plot(n, ends, color=INK, linewidth=1.1, linestyle=style, zorder=2, gid=gid)
    ax.axhline(centre, color=SOFT, linewidth=1.2, linestyle=(0, (1, 2)), zorder=1, gid="centre")


def _names(ax: Axes, funnel: Funnel) -> None:
    """Write names beside the axes, each with a thin line to its dot, in the order of the rates, so that none covers another."""
    figure: Any = ax.figure
    inches = ax.get_window_extent().height / figure.dpi
    low, high = ax.get_ylim()
    room = (2 * LINE + 0.04) / inches * (high - low)
    most = max(int((high - low) / room), 1)
    ranked = sorted(funnel.named, key=lambda dot: (not dot.differs, -abs(dot.row.value - funnel.family.rate)))
    kept = [dot for dot in funnel.dots if dot in ranked[: most if len(ranked) <= most else most - 1]]
    places = spread_out([dot.row.value for dot in kept], low, high, room, spare=len(kept) < len(ranked))
    for dot, y in zip(kept, places, strict=True):
        ax.annotate(
            _label(dot), (dot.n, dot.row.value), xytext=(1.04, (y - low) / (high - low)), textcoords="axes fraction", va="center", ha="left",
            fontsize=SMALL, fontweight="bold" if dot.differs else "normal", linespacing=1.2, annotation_clip=False, parse_math=False, gid="name",
            arrowprops={"arrowstyle": "-", "color": SOFT, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 4, "relpos": (0, 0.5)}, zorder=3,
        )  # fmt: skip
    left = len(funnel.dots) - len(kept)
    if left and len(kept) < len(ranked):
        ax.annotate(
            f"and {left} more in the table", (1.04, 0), xycoords="axes fraction", va="bottom", fontsize=SMALL, color=SOFT, annotation_clip=False,
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


def _dress(ax: Axes) -> None:
    low, high = ax.get_ylim()
    figure: Any = ax.figure
    tall = ax.get_window_extent().height / figure.dpi
    ax.yaxis.set_major_locator(FixedLocator([tick for tick in nice_ticks(low, high, tall * 1.4) if 0 <= tick <= 1]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent_tick(value)))
    ax.yaxis.set_minor_locator(NullLocator())
    left, right = ax.get_xlim()
    ax.xaxis.set_major_locator(FixedLocator(_steps(left, right, inches_of(ax))))
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
        if all(math.log10(b / a) >= apart for a, b in zip(steps, steps[1:], strict=False)):
            break
    return steps


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
    ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0, -(_BELOW + height_of(text, SMALL)) / height), ncols=3, frameon=False, borderaxespad=0,
        fontsize=SMALL, handlelength=2.2, columnspacing=1.6,
    )  # fmt: skip

"""Lines of several groups in small panels, with a key in words: the one drawing behind curves and costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ._picture import Picture
from ._rows import LINE, MARGIN, inches_of, title_on, write_title
from ._text import clean, fit, height_of, short, width_of
from ._theme import (
    BLUE,
    BODY,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    PAPER,
    PURPLE,
    SMALL,
    SOFT,
    TITLE,
    VERMILION,
    new_figure,
    quiet,
    theme,
)

MOST_LINES = 6
"""Groups in one panel: more could not be told apart."""
_COLOURS = (INK, VERMILION, BLUE, GREEN, PURPLE, ORANGE)
_DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (1.2, 1.6)), (0, (7, 2, 1.2, 2)), (0, (3, 1.5)), (0, (9, 2, 1.2, 2, 1.2, 2)))
_MARKERS = ("o", "s", "^", "D", "v", "P")
_SAMPLE, _GAP, _KEY_GAP, _TALL = 0.5, 0.14, 0.35, 0.62
_LEFT, _BELOW, _ABOVE = 0.78, 0.62, 0.34
_LARGEST_DOT = 130.0


Corner = Literal["best", "upper left", "upper right", "lower right"]


@dataclass(frozen=True, slots=True)
class Line:
    """One group: its points, its band, marked points, and what the key says under its name. `place` decides how it is drawn.

    `uprights` are places of points whose intervals are drawn as upright lines, in place of a band.
    """

    name: str
    told: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    place: int
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    sizes: tuple[float, ...] = ()
    marks: tuple[tuple[float, float], ...] = ()
    uprights: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis: its name, its range, its ticks, and how they are written."""

    name: str
    low: float
    high: float
    ticks: tuple[float, ...]
    write: Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture of lines. `diagonal` is the line of no information, or of agreement; `upright` a marked place on the x axis."""

    header: str
    x: Scale
    y: Scale
    lines: tuple[Line, ...]
    diagonal: bool = False
    upright: float | None = None
    upright_text: str = ""
    steps: bool = False
    point_text: str = ""
    corner: Corner = "best"


@dataclass(frozen=True, slots=True)
class Part:
    """The panels of one attribute, side by side in rows of `across`, with one key. `single` is what goes into axes of the caller's."""

    panels: tuple[Panel, ...]
    single: Panel
    notes: tuple[str, ...] = ()
    across: int = 1
    width: float = 4.2
    height: float = 4.2

    @property
    def key(self) -> tuple[Line, ...]:
        """The lines that the key explains."""
        return self.single.lines

    @property
    def grid(self) -> tuple[float, float]:
        """Inches of all panels with what is around them."""
        down = -(-len(self.panels) // self.across)
        return self.across * (self.width + _LEFT), down * (self.height + _BELOW + _ABOVE)

    @property
    def key_size(self) -> tuple[float, float]:
        """Inches of the key."""
        texts = ["\n".join((short(line.name), *line.told)) for line in self.key] + list(self.notes)
        wide = max(width_of([text for text in texts], SMALL) + _SAMPLE + 0.1, 1.6)
        return wide, sum((text.count("\n") + 1) * LINE + _GAP for text in texts)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that is drawn, and nothing about how. `told` are the lines of the text for those who cannot see it."""

    title: str
    axis: str
    parts: tuple[Part, ...]
    told: tuple[str, ...]

    @property
    def alt(self) -> str:
        """The picture in words."""
        return "\n".join([clean(self.title), f"{clean(self.axis)}.", *map(clean, self.told)])


def draw_sheet(sheet: Sheet, ax: Axes | None) -> Picture:
    """Draw every panel into a figure of its own; into the axes given, the first panel."""
    with theme(), quiet():
        if ax is None:
            figure, first = _own_figure(sheet)
            return Picture(figure, first, sheet.alt, True)
        _into(ax, sheet)
    return Picture(ax.figure.figure, ax, sheet.alt, False)


def _into(ax: Axes, sheet: Sheet) -> None:
    title_on(ax, sheet.title)
    if not sheet.parts:
        _nothing(ax)
        return
    panel = sheet.parts[0].single
    _draw(ax, panel, header=False)
    handles = [_handle(line, f"{clean(line.name)}: {', '.join(line.told)}") for line in panel.lines]
    legend = ax.legend(
        handles=handles, loc=panel.corner, fontsize=SMALL, handlelength=2.6, framealpha=0.85, edgecolor=FAINT, facecolor=PAPER
    )  # fmt: skip
    for label in legend.get_texts():
        label.set_parse_math(False)
    more = ["more in a picture of its own"] if len(sheet.parts) > 1 or len(sheet.parts[0].panels) > 1 else []
    text = f"{panel.header}. {panel.x.name}. {'; '.join([sheet.axis, *sheet.parts[0].notes, *more])}"
    ax.set_xlabel(fit(text, inches_of(ax), SMALL), loc="left", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)


def _own_figure(sheet: Sheet) -> tuple[Figure, Axes]:
    sizes = [(part.grid, part.key_size) for part in sheet.parts] or [((4.0, 1.0), (0.0, 0.0))]
    width = 2 * MARGIN + max(grid[0] + _KEY_GAP + key[0] for grid, key in sizes)
    title, axis = fit(sheet.title, width - 2 * MARGIN, TITLE, "bold"), fit(sheet.axis, 0.97 * (width - 2 * MARGIN), SMALL)
    heights = [max(grid[1], key[1] + _ABOVE) for grid, key in sizes]
    height = MARGIN + height_of(title, TITLE) + sum(heights) + height_of(axis, SMALL) + 0.15 + MARGIN
    figure = new_figure(width, height)
    write_title(figure, title)
    figure.text(
        MARGIN / width, MARGIN / height, axis, va="bottom", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False
    )  # fmt: skip
    top, made = height - MARGIN - height_of(title, TITLE), []
    for part, tall in zip(sheet.parts, heights, strict=bool(sheet.parts)):
        made += _place(figure, part, top)
        top -= tall
    if not made:
        made.append(figure.add_axes((0.1, 0.3, 0.8, 0.3)))
        _nothing(made[0])
    return figure, made[0]


def _place(figure: Figure, part: Part, top: float) -> list[Axes]:
    """Put the panels of one part under `top` (inches from below), and the key to their right."""
    width, height = figure.get_size_inches()
    made = []
    for k, panel in enumerate(part.panels):
        left = MARGIN + (k % part.across) * (part.width + _LEFT) + _LEFT
        low = top - (k // part.across) * (part.height + _BELOW + _ABOVE) - _ABOVE - part.height
        made.append(figure.add_axes((left / width, low / height, part.width / width, part.height / height)))
        _draw(made[-1], panel, header=True)
    wide, tall = part.key_size
    left = MARGIN + part.grid[0] + _KEY_GAP
    low = top - _ABOVE - tall
    key = figure.add_axes((left / width, low / height, wide / width, max(tall, 0.01) / height))
    _draw_key(key, part, wide, tall)
    return made


def _draw_key(ax: Axes, part: Part, wide: float, tall: float) -> None:
    ax.set_xlim(0, wide)
    ax.set_ylim(max(tall, 0.01), 0)
    ax.set_axis_off()
    y = 0.0
    for line in part.key:
        look = _look(line.place)
        ax.plot([0.02, _SAMPLE - 0.1], [y + LINE / 2] * 2, **look, solid_capstyle="butt", gid="key-line")
        ax.plot([(_SAMPLE - 0.08) / 2], [y + LINE / 2], _MARKERS[line.place], color=look["color"], markersize=6, markeredgecolor=PAPER)
        name = short(line.name)
        ax.text(_SAMPLE, y, name, va="top", fontsize=SMALL, fontweight="bold", linespacing=1.3, parse_math=False, gid="key")
        y += (name.count("\n") + 1) * LINE
        if line.told:
            ax.text(_SAMPLE, y, "\n".join(line.told), va="top", fontsize=SMALL, linespacing=1.42, parse_math=False, gid="key")
        y += len(line.told) * LINE + _GAP
    for text in part.notes:
        ax.text(0, y, text, va="top", fontsize=SMALL, color=SOFT, fontstyle="italic", linespacing=1.3, parse_math=False, gid="note")
        y += (text.count("\n") + 1) * LINE + _GAP


def _look(place: int) -> dict[str, Any]:
    return {"color": _COLOURS[place], "linestyle": _DASHES[place], "linewidth": 1.8}


def _handle(line: Line, label: str) -> Any:
    from matplotlib.lines import Line2D

    look = _look(line.place)
    return Line2D([], [], **look, marker=_MARKERS[line.place], markersize=5, label=fit(label, 3.4, SMALL))


def _draw(ax: Axes, panel: Panel, *, header: bool) -> None:
    ax.set_xlim(panel.x.low, panel.x.high)
    ax.set_ylim(panel.y.low, panel.y.high)
    if panel.diagonal:
        ends = (max(panel.x.low, panel.y.low), min(panel.x.high, panel.y.high))
        ax.plot(ends, ends, color=SOFT, linewidth=1.0, linestyle=(0, (2, 2)), zorder=1, gid="diagonal")
    for line in panel.lines:
        _line(ax, panel, line)
    _name_marks(ax, panel)
    if panel.upright is not None:
        ax.axvline(panel.upright, color=SOFT, linewidth=1.1, zorder=1.5, gid="upright")
        right = panel.upright > (panel.x.low + panel.x.high) / 2
        ax.annotate(
            panel.upright_text, (panel.upright, 1), xycoords=("data", "axes fraction"), xytext=(-3 if right else 3, -2),
            textcoords="offset points", ha="right" if right else "left", va="top", fontsize=SMALL, color=SOFT, parse_math=False, gid="upright-text",
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8, "alpha": 0.8},
        )  # fmt: skip
    _dress(ax, panel, header=header)


def _line(ax: Axes, panel: Panel, line: Line) -> None:
    look = _look(line.place)
    draw: dict[str, Any] = {"drawstyle": "steps-pre"} if panel.steps else {}
    if line.uprights is not None:
        _uprights(ax, line, halfway=panel.steps)
    elif line.lower:
        ax.fill_between(
            line.x, line.lower, line.upper, step="pre" if panel.steps else None, color=look["color"], alpha=0.13, linewidth=0, zorder=1.2,
            gid="band",
        )  # fmt: skip
    ax.plot(line.x, line.y, **look, **draw, zorder=2, gid="line", clip_on=False)
    if line.sizes:
        ax.vlines(line.x, line.lower, line.upper, colors=look["color"], linewidths=0.8, alpha=0.6, zorder=1.4, gid="intervals")
        top = max(size for size in line.sizes if size == size)
        area = [_LARGEST_DOT * size / top if size == size else 0.0 for size in line.sizes]
        ax.scatter(
            line.x, line.y, s=area, marker=_MARKERS[line.place], color=look["color"], edgecolors=PAPER, linewidths=0.8, zorder=3, clip_on=False,
            gid="points",
        )  # fmt: skip
    for x, y in line.marks:
        ax.plot(
            [x], [y], _MARKERS[line.place], color=look["color"], markersize=8.5, markeredgecolor=PAPER, markeredgewidth=1.2, zorder=4,
            clip_on=False, gid="mark",
        )  # fmt: skip


def _uprights(ax: Axes, line: Line, *, halfway: bool) -> None:
    """Draw the intervals of some points, each with the marker of its group; halfway along a step, where no line goes up or down."""
    colour = _COLOURS[line.place]
    kept = [i for i in line.uprights or () if line.y[i] == line.y[i]]
    y, lower, upper = ([values[i] for i in kept] for values in (line.y, line.lower, line.upper))
    x = [(line.x[i] + line.x[i - 1]) / 2 if halfway else line.x[i] for i in kept]
    ax.vlines(x, lower, upper, colors=colour, linewidths=1.3, zorder=2.4, gid="uprights")
    ax.plot(x, y, _MARKERS[line.place], color=colour, markersize=5.0, markeredgecolor=PAPER, markeredgewidth=0.7, zorder=2.6, clip_on=False, gid="upright-points")


def _name_marks(ax: Axes, panel: Panel) -> None:
    """Name the marked points once, at the one that is furthest out, on its outer side."""
    marks = [mark for line in panel.lines for mark in line.marks]
    if not marks or not panel.point_text:
        return
    right = panel.corner == "upper right"
    x, y = max(marks, key=lambda mark: mark[1] + mark[0] if right else mark[1] - mark[0])
    ax.annotate(
        panel.point_text, (x, y), xytext=(9 if right else -9, 9), textcoords="offset points", ha="left" if right else "right", va="bottom",
        fontsize=SMALL, color=SOFT, parse_math=False, gid="mark-text", zorder=3.5,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8, "alpha": 0.8},
    )  # fmt: skip


def _dress(ax: Axes, panel: Panel, *, header: bool) -> None:
    for axis, scale in ((ax.xaxis, panel.x), (ax.yaxis, panel.y)):
        axis.set_major_locator(FixedLocator([tick for tick in scale.ticks if scale.low <= tick <= scale.high]))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _, write=scale.write: write(value)))
    ax.tick_params(axis="both", colors=SOFT, labelsize=SMALL, length=3, labelcolor=SOFT)
    ax.grid(visible=True, color=FAINT, linewidth=0.8, zorder=0)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["bottom", "left"]].set_visible(True)
    ax.spines[["bottom", "left"]].set_color(SOFT)
    ax.set_ylabel(panel.y.name, fontsize=SMALL, color=SOFT, parse_math=False)
    if header:
        ax.set_xlabel(panel.x.name, fontsize=SMALL, color=SOFT, parse_math=False)
        ax.set_title(fit(panel.header, inches_of(ax) + 0.4, BODY, "bold"), loc="left", fontsize=BODY, fontweight="bold", color=INK, parse_math=False)


def _nothing(ax: Axes) -> None:
    ax.set_axis_off()
    ax.text(0.5, 0.5, "There is no group to draw.", ha="center", va="center", fontsize=BODY, color=SOFT, transform=ax.transAxes)


def share_ticks(count: int = 6) -> tuple[float, ...]:
    """Ticks from 0 to 1."""
    return tuple(round(float(tick), 6) for tick in np.linspace(0, 1, count))

"""Rows of dots with intervals: the one drawing behind rates, differences and ratios."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from ._picture import Picture
from ._text import clean, fit, height_of, short, width_of
from ._theme import BLUE, BODY, FAINT, GREY_BLUE, INK, PAPER, SMALL, SOFT, TITLE, new_figure, quiet, theme

WIDTH, MARGIN, MIN_PLOT = 8.0, 0.25, 3.2
LINE = BODY * 1.3 / 72
_GAP, _HEADER, _BELOW, _BETWEEN = 0.14, 0.44, 0.62, 0.35
HIGH = 8.0
"""Inches from which the numbers of the axis are written at the top too."""
_DOT = 8.0
State = Literal["ok", "small", "unsure", "missing"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: who, how many, the number, what is printed beside it. `missing` rows have words and no number."""

    name: str
    count: str
    value: float
    lower: float
    upper: float
    shown: str
    state: State = "ok"
    remark: str = ""
    mark: float = math.nan
    """Another number of the same row, drawn as a hollow tick, such as what chance alone would make."""

    @property
    def label(self) -> str:
        """The name, broken to fit, and n under it."""
        return f"{short(self.name)}\n{self.count}" if self.count else short(self.name)

    @property
    def words(self) -> str:
        """What stands beside the dot."""
        return f"{self.shown}\n{self.remark}" if self.remark else self.shown

    @property
    def height(self) -> float:
        """Inches that the row needs."""
        return max(self.label.count("\n"), self.words.count("\n")) * LINE + LINE + _GAP


def rest_row(name: str, shown: str = "in the table") -> Row:
    """The last row, of what is not drawn."""
    return Row(name, "", math.nan, math.nan, math.nan, shown, "missing")


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under one heading: one metric by one attribute."""

    header: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """The axis: how its numbers are written, which range is possible, where nothing differs, and whether ratios are spaced evenly."""

    write: Callable[[float], str]
    possible: tuple[float, float] = (-math.inf, math.inf)
    neutral: float | None = None
    least: float = 0.1
    log: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is drawn, and nothing about how."""

    title: str
    axis: str
    blocks: tuple[Block, ...]
    scale: Scale
    headed: bool
    include: tuple[float, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, from top to bottom."""
        return tuple(row for block in self.blocks for row in block.rows)

    @property
    def height(self) -> float:
        """Inches that headings and rows need."""
        heads = _HEADER * len(self.blocks) if self.headed else 0.0
        return max(heads + sum(row.height for row in self.rows), LINE + _GAP)

    @property
    def alt(self) -> str:
        """The chart in words."""
        lines = [clean(self.title), f"{clean(self.axis)}."]
        for block in self.blocks:
            if self.headed and clean(block.header):
                lines.append(f"{clean(block.header)}:")
            lines += [
                f"{clean(row.name)}: {', '.join(row.words.splitlines())}{_counted(row)}."
                for row in block.rows
            ]
        return "\n".join(lines)


def _counted(row: Row) -> str:
    return f", {row.count}" if row.count else ""


def draw_chart(chart: Chart, ax: Axes | None, marks: Callable[[Axes, Chart], None] | None = None) -> Picture:
    """Draw into the axes given, or into a figure that is as high as its rows need; `marks` draws other marks than one dot a row."""
    limits = _range(chart)
    with theme(), quiet():
        places = [(ax, chart)] if ax is not None else _own_axes(chart)
        for target, part in places:
            (marks or draw_dots)(target, part)
            _axis(target, part, limits)
        if ax is not None:
            title_on(ax, chart.title)
            ax.set_xlabel(
                fit(chart.axis, inches_of(ax), SMALL),
                loc="left",
                fontsize=SMALL,
                color=SOFT,
                linespacing=1.3,
                parse_math=False,
            )
    first = places[0][0]
    return Picture(first.figure.figure, first, chart.alt, ax is None)


def title_on(ax: Axes, title: str) -> None:
    """Write a title above the caller's axes, as wide as they are."""
    text = fit(title, inches_of(ax), BODY, "bold")
    ax.set_title(text, loc="left", fontsize=BODY, fontweight="bold", color=INK, parse_math=False)


def inches_of(ax: Axes) -> float:
    """Give the width of axes."""
    figure: Any = ax.figure
    return float(ax.get_window_extent().width / figure.dpi)


def _own_axes(chart: Chart) -> list[tuple[Axes, Chart]]:
    """Make a figure, and in it axes side by side where one column would be very high."""
    labels = width_of([row.label for row in chart.rows]) + 0.2
    values = width_of([row.words for row in chart.rows if row.state != "missing"], SMALL) + 0.2
    plot = max(MIN_PLOT, WIDTH - 2 * MARGIN - labels - values)
    parts = _columns(chart)
    column = labels + plot + values
    width = 2 * MARGIN + len(parts) * column + (len(parts) - 1) * _BETWEEN
    title = fit(chart.title, width - 2 * MARGIN, TITLE, "bold")
    axis = fit(chart.axis, width - 2 * MARGIN, SMALL)
    rows = max(part.height for part in parts)
    bottom = _BELOW + height_of(axis, SMALL)
    above = MARGIN + height_of(title, TITLE) + (0.4 if rows > HIGH else 0.12)
    height = above + rows + bottom
    figure = new_figure(width, height)
    write_title(figure, title)
    figure.text(
        MARGIN / width,
        MARGIN / height,
        axis,
        va="bottom",
        fontsize=SMALL,
        color=SOFT,
        linespacing=1.3,
        parse_math=False,
    )
    made = []
    for i, part in enumerate(parts):
        left = MARGIN + i * (column + _BETWEEN) + labels
        low = bottom + rows - part.height
        made.append((figure.add_axes((left / width, low / height, plot / width, part.height / height)), part))
    return made


def write_title(figure: Figure, title: str) -> None:
    """Write the title at the top left of a figure."""
    width, height = figure.get_size_inches()
    figure.text(
        MARGIN / width, 1 - MARGIN / height, title, va="top", fontsize=TITLE, fontweight="bold", linespacing=1.3, parse_math=False
    )  # fmt: skip


def _columns(chart: Chart) -> list[Chart]:
    """Deal the blocks to one, two or three columns of about equal height."""
    count = min(1 + (chart.height > 12.0) + (chart.height > 30.0), len(chart.blocks))
    if count < 2:
        return [chart]
    heights = [replace(chart, blocks=(block,)).height for block in chart.blocks]
    sums = sorted({sum(heights[start:end]) for start in range(len(heights)) for end in range(start + 1, len(heights) + 1)})
    starts = next(found for found in (_filled(heights, most) for most in sums if most >= max(heights)) if len(found) <= count)
    ends = [*starts[1:], len(heights)]
    return [replace(chart, blocks=chart.blocks[start:end]) for start, end in zip(starts, ends, strict=True)]


def _filled(heights: Sequence[float], most: float) -> list[int]:
    """Where columns of at most that height start, filled one after the other."""
    starts, height = [0], 0.0
    for k, one in enumerate(heights):
        if k and height + one > most + 1e-9:
            starts.append(k)
            height = 0.0
        height += one
    return starts


def placed(chart: Chart) -> Iterator[tuple[Block | None, Row | None, float]]:
    """Headings and rows with their middle, in inches from the top."""
    y = 0.0
    for block in chart.blocks:
        if chart.headed:
            yield block, None, y + _HEADER * 0.6
            y += _HEADER
        for row in block.rows:
            yield None, row, y + row.height / 2
            y += row.height


def draw_dots(ax: Axes, chart: Chart) -> None:
    """Draw every row as a dot on its interval, with its words beside it."""
    places = [(row, y) for _, row, y in placed(chart) if row is not None]
    with_numbers = [(row, y) for row, y in places if row.state != "missing"]
    ax.hlines(
        [y for _, y in places],
        0,
        1,
        transform=ax.get_yaxis_transform(),
        colors=FAINT,
        linewidths=0.8,
        zorder=0,
    )
    ax.hlines(
        [y for _, y in with_numbers],
        [row.lower for row, _ in with_numbers],
        [row.upper for row, _ in with_numbers],
        colors=[_colour(row) for row, _ in with_numbers],
        linewidths=2.4,
        zorder=2,
        gid="intervals",
    )
    for state in ("ok", "unsure", "small"):
        some = [(row, y) for row, y in with_numbers if row.state == state]
        if some:
            ax.plot(
                [row.value for row, _ in some], [y for _, y in some], "D" if state == "unsure" else "o", gid=f"dots-{state}", zorder=3,
                markersize=_DOT - 1 if state == "unsure" else _DOT, color=_colour(some[0][0]), markeredgewidth=1.6, clip_on=False,
                markerfacecolor=PAPER if state == "small" else _colour(some[0][0]), linestyle="none",
            )  # fmt: skip
    draw_words(ax, chart)


def draw_words(ax: Axes, chart: Chart) -> None:
    """Write what stands beside each row, and the headings of blocks."""
    _words(ax, [(row, y) for _, row, y in placed(chart) if row is not None])
    for block, _, y in placed(chart):
        if block is not None:
            ax.text(
                0, y, fit(block.header, 6.0, BODY, "bold"), transform=ax.get_yaxis_transform(), va="center", fontsize=BODY,
                fontweight="bold", parse_math=False, gid="heading", bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 2},
            )  # fmt: skip


def _colour(row: Row) -> str:
    return GREY_BLUE if row.state == "unsure" else BLUE


def _words(ax: Axes, places: list[tuple[Row, float]]) -> None:
    for row, y in places:
        missing = row.state == "missing"
        ax.annotate(
            row.words, (0.0 if missing else 1.0, y), xycoords=ax.get_yaxis_transform(), xytext=(6 if missing else 10, 0),
            textcoords="offset points", va="center", fontsize=SMALL, color=SOFT if missing else INK, annotation_clip=False,
            fontstyle="italic" if missing else "normal", linespacing=1.25, parse_math=False, gid="missing" if missing else "value",
            bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1.5} if missing else None,
        )  # fmt: skip


def _axis(ax: Axes, chart: Chart, limits: tuple[float, float]) -> None:
    places = [(row, y) for _, row, y in placed(chart) if row is not None]
    ax.set_ylim(chart.height, 0)
    ax.set_yticks(
        [y for _, y in places],
        [row.label for row, _ in places],
        fontsize=BODY,
        linespacing=1.2,
        parse_math=False,
    )
    low, high = limits
    if chart.scale.log:
        ax.set_xscale("log")
    ax.set_xlim(low, high)
    dress(ax, _ticks(chart.scale, low, high, inches_of(ax)), chart.scale.write)
    if chart.height > HIGH:
        ax.tick_params(axis="x", top=True, labeltop=True)
    if chart.scale.neutral is not None:
        ax.axvline(chart.scale.neutral, color=SOFT, linewidth=1.2, zorder=1)


def dress(ax: Axes, ticks: list[float], write: Callable[[float], str]) -> None:
    """Set ticks, faint upright lines and one line at the foot; the names on the left need no line."""
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
    ax.tick_params(axis="x", colors=SOFT, labelsize=SMALL, length=3)
    ax.tick_params(axis="y", length=0, pad=8, labelcolor=INK)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.spines["bottom"].set_color(SOFT)
    ax.grid(visible=False)
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8, zorder=0)
    ax.set_axisbelow(True)


def _range(chart: Chart) -> tuple[float, float]:
    """The numbers to show, with some air; the end of what is possible where that is near."""
    scale = chart.scale
    ends = [end for row in chart.rows if row.state != "missing" for end in (row.lower, row.upper, row.value)]
    ends += chart.include
    ends += [row.mark for row in chart.rows if row.state != "missing" and not math.isnan(row.mark)]
    if scale.neutral is not None:
        ends.append(scale.neutral)
    if not ends:
        return (0.5, 2.0) if scale.log else (0.0, 1.0)
    low, high = min(ends), max(ends)
    if scale.log:
        factor = max((high / low) ** 0.06, 1.05)
        return low / factor, high * factor
    span = max(high - low, scale.least)
    least, most = scale.possible
    low = max(low - 0.08 * span, least - 0.03 * span)
    high = min(high + 0.08 * span, most + 0.03 * span)
    if low - least < 0.3 * span:
        low = least - 0.03 * span
    return (low, high) if high - low >= scale.least else _widened(low, scale)


def _widened(low: float, scale: Scale) -> tuple[float, float]:
    low = min(low, scale.possible[1] - scale.least)
    return low, low + scale.least


def _ticks(scale: Scale, low: float, high: float, inches: float) -> list[float]:
    if scale.log:
        near = tuple(float(f"{digit}e{power}") for power in range(-2, 7) for digit in (1, 2, 5))
        fine = (
            (*near, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 1.1, 1.25, 1.5, 3.0)
            if high / low < 3
            else (*near, 0.8, 1.25)
        )
        return spaced([tick for tick in sorted(fine) if low <= tick <= high], low, high, inches)
    found = nice_ticks(low, high, inches)
    return [tick for tick in found if scale.possible[0] <= tick <= scale.possible[1]]


def spaced(ticks: list[float], low: float, high: float, inches: float, apart: float = 0.4) -> list[float]:
    """Drop ticks of a logarithmic axis that would touch; 1 is always kept."""
    kept: list[float] = []
    for tick in sorted(ticks, key=lambda value: (value != 1.0, abs(math.log(value)))):
        if all(abs(math.log(tick / other)) / math.log(high / low) * inches >= apart for other in kept):
            kept.append(tick)
    return sorted(kept)


def nice_ticks(low: float, high: float, inches: float) -> list[float]:
    """Give round numbers inside a range, few enough for the width."""
    count = min(max(int(inches / 0.62), 2), 8)
    values = MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [tick for tick in (round(float(value), 9) for value in values) if low <= tick <= high]


def percent_tick(value: float) -> str:
    """Write a tick in per cent."""
    return f"{round(100 * value, 6) + 0:g} %"


def points_tick(value: float) -> str:
    """Write a tick in points, with its sign."""
    shown = round(100 * value, 6) + 0
    return "0" if shown == 0 else f"{shown:+g}"

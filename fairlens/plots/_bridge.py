"""The headline picture: from one group's rate to the other's, input by input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ..explanations import GapDecomposition
from ._picture import Picture
from ._rows import (
    LINE,
    MARGIN,
    Block,
    Chart,
    Scale,
    draw_chart,
    dress,
    inches_of,
    nice_ticks,
    title_on,
    write_title,
)
from ._steps import Bridge, Kind, ends_of, rate_of, read_bridge, scale_of
from ._text import extent, fit, height_of, width_of
from ._theme import (
    BODY,
    FAINT,
    GREY_BLUE,
    INK,
    PAPER,
    SMALL,
    SOFT,
    TITLE,
    VERMILION,
    new_figure,
    quiet,
    theme,
)

_WIDTH, _LEFT_PLOT, _MIN_PLOT, _BETWEEN = 12.0, 2.5, 5.0, 0.45
_ROW, _LEAST, _BAR, _HEADING, _PAD = 0.46, 3.0, 0.26, 0.36, 8.0
_TICKS = 0.42
_LOOKS: dict[Kind, dict[str, Any]] = {
    "widens": {"facecolor": VERMILION, "edgecolor": VERMILION},
    "narrows": {"facecolor": GREY_BLUE, "edgecolor": INK, "hatch": "...."},
    "raises": {"facecolor": VERMILION, "edgecolor": VERMILION},
    "lowers": {"facecolor": GREY_BLUE, "edgecolor": INK, "hatch": "...."},
    "unsure": {"facecolor": PAPER, "edgecolor": SOFT, "hatch": "////"},
}


def draw_gap(result: GapDecomposition, ax: Axes | None = None) -> Picture:
    """Draw what carries a gap; into given axes the bridge alone, into a figure of its own the two groups beside it."""
    if not result.has_parts:
        return _without_parts(result, ax)
    bridge = read_bridge(result)
    with theme(), quiet():
        if ax is None:
            pair, target = _own_axes(bridge)
            _draw_pair(pair, bridge)
        else:
            target = ax
            title_on(ax, bridge.title)
        _draw_bridge(target, bridge)
        _foot(target, bridge, "" if ax is None else bridge.caution)
    return Picture(target.figure.figure, target, bridge.alt, ax is None)


def _without_parts(result: GapDecomposition, ax: Axes | None) -> Picture:
    """The two rates alone, with the reason why there is nothing beside them."""
    why = (
        f". Contributions are not shown: {result.status}, {result.reason}"
        if result.reason
        else ". Contributions are not shown"
    )
    axis = f"{rate_of(result)}{why}. {result.caution.rstrip('.')}"
    return draw_chart(
        Chart(result.sentence, axis, (Block("", ends_of(result)),), scale_of(result), False),
        ax,
    )


def _height(bridge: Bridge) -> float:
    return sum(_heights(bridge))


def _heights(bridge: Bridge) -> list[float]:
    """Inches of each row; more where there are so few rows that the texts of the left panel would touch."""
    names = [bridge.group.label, *(step.label for step in bridge.steps), bridge.reference.label]
    heights = [_ROW + max(name.count("\n") - 1, 0) * LINE for name in names]
    return [height * max(1.0, _LEAST / sum(heights)) for height in heights]


def _middles(bridge: Bridge) -> list[float]:
    """The middle of each row, in inches from the top."""
    middles, y = [], 0.0
    for height in _heights(bridge):
        middles.append(y + height / 2)
        y += height
    return middles


def _own_axes(bridge: Bridge) -> tuple[Axes, Axes]:
    ends = width_of([bridge.group.label, bridge.reference.label]) + 0.2
    names = max(ends, width_of([step.label for step in bridge.steps]) + 0.2)
    fixed = 2 * MARGIN + ends + _LEFT_PLOT + _BETWEEN + names
    plot = max(_WIDTH - fixed, _MIN_PLOT)
    width = fixed + plot
    title = fit(bridge.title, width - 2 * MARGIN, TITLE, "bold")
    caution = fit(bridge.caution, width - 2 * MARGIN, SMALL)
    method = fit(bridge.method, width - 2 * MARGIN, SMALL)
    below = _TICKS + height_of(_axis_text(bridge, plot, ""), SMALL) + 0.42
    bottom = MARGIN + height_of(method, SMALL) + below
    heading = fit(bridge.heading, plot + names, BODY + 1, "bold")
    rows = _height(bridge)
    above = MARGIN + height_of(title, TITLE) + 0.06
    height = above + height_of(caution, SMALL) + 0.18 + _HEADING + height_of(heading, BODY + 1) - height_of("", BODY + 1) + rows + bottom
    figure = new_figure(width, height)
    write_title(figure, title)
    _small(figure, 1 - above / height, caution, "top")
    _small(figure, MARGIN / height, method, "bottom")
    left, right = (MARGIN + ends) / width, (width - MARGIN - plot) / width
    axes = [
        figure.add_axes((x, bottom / height, wide / width, rows / height))
        for x, wide in ((left, _LEFT_PLOT), (right, plot))
    ]
    for one, x, text in zip(axes, (ends, names), ("The two groups", heading), strict=True):
        one.annotate(
            text, (0, 1), xycoords="axes fraction", xytext=(-72 * x, 8), textcoords="offset points", fontsize=BODY + 1,
            linespacing=1.3, fontweight="bold", annotation_clip=False, parse_math=False, gid="heading",
        )  # fmt: skip
    return axes[0], axes[1]


def _small(figure: Figure, y: float, text: str, va: str) -> None:
    figure.text(
        MARGIN / figure.get_figwidth(), y, text, va=va, fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False
    )  # fmt: skip


def _end_dots(ax: Axes, bridge: Bridge) -> None:
    """The two rates: a circle for the group, a diamond for the reference, hollow where there are few people."""
    middles = _middles(bridge)
    ends = ((bridge.group, middles[0], "o", 9.0), (bridge.reference, middles[-1], "D", 8.0))
    ax.hlines(
        [y for _, y, _, _ in ends], [row.lower for row, _, _, _ in ends], [row.upper for row, _, _, _ in ends], colors=INK, linewidths=2.2,
        zorder=3, gid="intervals",
    )  # fmt: skip
    for row, y, marker, size in ends:
        face = PAPER if row.state == "small" else INK
        ax.plot(
            [row.value], [y], marker, markersize=size, color=INK, markerfacecolor=face, markeredgewidth=1.6, zorder=4, clip_on=False,
            linestyle="none", gid="dots",
        )  # fmt: skip


def _draw_pair(ax: Axes, bridge: Bridge) -> None:
    """The two rates under each other, and the gap between them."""
    middles, rows = _middles(bridge), (bridge.group, bridge.reference)
    ends = [end for row in rows for end in (row.lower, row.upper)]
    span, (least, most) = max(max(ends) - min(ends), 0.02), bridge.scale.possible
    low, high = max(min(ends) - 0.12 * span, least - 0.02), min(max(ends) + 0.12 * span, most + 0.02)
    ax.set_xlim(low, high)
    ax.set_ylim(_height(bridge), 0)
    _end_dots(ax, bridge)
    middle = (middles[0] + middles[-1]) / 2
    for row, y in zip(rows, (middles[0], middles[-1]), strict=True):
        ax.plot([row.value] * 2, [y, middle], color=SOFT, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
        inward = 1 if y < middle else -1
        _clamped(ax, row.words, row.value, y + inward * (0.2 + LINE * 0.5 * (1 + row.words.count("\n"))), INK)
    if abs(bridge.reference.value - bridge.group.value) / (high - low) * _LEFT_PLOT > 0.15:
        ax.annotate(
            "", (bridge.reference.value, middle), (bridge.group.value, middle),
            arrowprops={"arrowstyle": "<->", "color": INK, "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip
    gap = bridge.gap.rsplit(": ", 1)[1].replace(" (", "\n(")
    _clamped(ax, f"gap {gap}", (bridge.group.value + bridge.reference.value) / 2, middle + 0.07 + LINE, INK)
    ax.set_yticks([middles[0], middles[-1]], [row.label for row in rows], linespacing=1.2, parse_math=False)
    _ticks(ax, bridge.scale, low, high, low, high)
    ax.set_xlabel(bridge.rate.split(" by ")[0], loc="left", fontsize=SMALL, color=SOFT, parse_math=False)


def _clamped(ax: Axes, text: str, x: float, y: float, colour: str) -> None:
    """Write text around a place, kept inside the axes from side to side."""
    low, high = ax.get_xlim()
    half = extent(text, SMALL)[0] / 2 / inches_of(ax) * (high - low)
    place = min(max(x, low + half), high - half) if 2 * half < high - low else (low + high) / 2
    ax.text(
        place, y, text, ha="center", va="center", fontsize=SMALL, color=colour, linespacing=1.3, zorder=5, parse_math=False, gid="value",
        bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip


def _draw_bridge(ax: Axes, bridge: Bridge) -> None:
    middles = _middles(bridge)
    low, high, end = _limits(bridge, inches_of(ax))
    ax.set_xlim(low, end)
    ax.set_ylim(_height(bridge), 0)
    places = list(zip(bridge.steps, middles[1:-1], strict=True))
    drawn = [(step, y) for step, y in places if step.is_drawn]
    for step, y in drawn:
        ax.barh(
            y,
            step.end - step.start,
            _BAR,
            left=step.start,
            linewidth=0.8,
            zorder=2,
            gid="part",
            **_LOOKS[step.kind],
        )
    _connect(ax, bridge, middles)
    ax.errorbar(
        [step.end for step, _ in drawn], [y for _, y in drawn],
        xerr=[[step.end - step.lower for step, _ in drawn], [step.upper - step.end for step, _ in drawn]],
        fmt="none", ecolor=INK, elinewidth=1.2, capsize=3.5, capthick=1.2, zorder=4,
    )  # fmt: skip
    _end_dots(ax, bridge)
    for row, y in ((bridge.group, middles[0]), (bridge.reference, middles[-1])):
        _beside(ax, ", ".join(row.words.splitlines()), row.upper, y, "bold")
    for step, y in places:
        _beside(ax, step.shown, step.right, y)
    names = [bridge.group.label, *(step.label for step in bridge.steps), bridge.reference.label]
    ax.set_yticks(middles, names, fontsize=BODY, linespacing=1.2, parse_math=False)
    _ticks(ax, bridge.scale, low, high, low, end)


def _connect(ax: Axes, bridge: Bridge, middles: Sequence[float]) -> None:
    """Thin lines from the end of each step to the start of the next."""
    at = [bridge.group.value, *(step.end for step in bridge.steps)]
    half = [0.0, *(_BAR / 2 if step.is_drawn else 0.0 for step in bridge.steps), 0.0]
    tops = [y + gap for y, gap in zip(middles[:-1], half[:-1], strict=True)]
    feet = [y - gap for y, gap in zip(middles[1:], half[1:], strict=True)]
    ax.vlines(at, tops, feet, colors=SOFT, linewidths=0.9, zorder=1, gid="connectors")


def _beside(ax: Axes, text: str, x: float, y: float, weight: str = "normal") -> None:
    ax.annotate(
        text, (x, y), xytext=(_PAD, 0), textcoords="offset points", va="center", fontsize=SMALL, fontweight=weight, color=INK, zorder=5,
        linespacing=1.25, annotation_clip=False, parse_math=False, gid="value",
    )  # fmt: skip


def _limits(bridge: Bridge, inches: float) -> tuple[float, float, float]:
    """Where the axis starts, where its numbers end, and where it ends so that every text beside a bar has room."""
    rows = (bridge.group, bridge.reference)
    low = min([*(step.left for step in bridge.steps), *(row.lower for row in rows)])
    high = max([*(step.right for step in bridge.steps), *(row.upper for row in rows)])
    span = max(high - low, 0.02)
    low -= 0.05 * span
    texts = [(row.upper, ", ".join(row.words.splitlines()), "bold") for row in rows]
    texts += [(step.right, step.shown, "normal") for step in bridge.steps]
    end = high + 0.05 * span
    for x, text, weight in texts:
        room = inches - extent(text, SMALL, weight)[0] - (_PAD + 4) / 72
        end = max(end, low + (x - low) * inches / max(room, 0.2 * inches))
    return low, high, end


def _ticks(ax: Axes, scale: Scale, low: float, high: float, start: float, end: float) -> None:
    shown, (least, most) = inches_of(ax) * (high - low) / (end - start), scale.possible
    dress(ax, [tick for tick in nice_ticks(low, high, shown) if least <= tick <= most], scale.write)
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)


def _axis_text(bridge: Bridge, inches: float, caution: str) -> str:
    lines = [fit(f"{bridge.axis}.", inches, SMALL)]
    return "\n".join([*lines, fit(caution, inches, SMALL)] if caution else lines)


def _foot(ax: Axes, bridge: Bridge, caution: str) -> None:
    """What the axis means, and under it the legend in words."""
    figure: Any = ax.figure
    height = ax.get_window_extent().height / figure.dpi
    text = _axis_text(bridge, inches_of(ax), caution)
    ax.set_xlabel(text, loc="left", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    handles = [Patch(label=bridge.means(kind), linewidth=0.8, **_LOOKS[kind]) for kind in bridge.kinds]
    low = _TICKS + height_of(text, SMALL)
    ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0, -low / height), ncols=len(handles), frameon=False, borderaxespad=0,
        fontsize=SMALL, handlelength=1.8, columnspacing=1.8,
    )  # fmt: skip

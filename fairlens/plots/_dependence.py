"""What the model answers as one input is set: a line per group over numbers, dots over levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D, ScaledTranslation, blended_transform_factory

from .._levels import ALL
from ..explanations import Dependence
from ..explanations._dependence import DependencePoint
from ..explanations._values import Group
from ..metrics import GroupRow
from ..metrics._sentence import label_of
from ._beside import Beside, beside, draw_rates, head, note_on, row_height
from ._groups import FEW, MOST_ROWS, count_of, group_row, number_tick, share_of
from ._panels import MOST_LINES, _look
from ._picture import Picture
from ._rows import (
    LINE,
    MARGIN,
    Block,
    Chart,
    Row,
    Scale,
    draw_chart,
    inches_of,
    nice_ticks,
    percent_tick,
    rest_row,
    title_on,
    write_title,
)
from ._text import NAME_WIDTH, clean, fit, height_of, short, width_of
from ._theme import BODY, FAINT, INK, SMALL, SOFT, TITLE, new_figure, quiet, theme

_RUG, _RUG_TEXT, _MOST_PANELS = 0.16, 7.5, 3
_ABOVE_RATES, _BELOW_RATES = 0.36, 0.42
_PLOT, _TALL, _LEFT, _PAD = 4.0, 3.4, 0.75, 0.3
_NOBODY = "few or none of the group are like this"


@dataclass(frozen=True, slots=True)
class Panel:
    """The lines of one attribute, in the order of the table; notes say who has none."""

    header: str
    lines: tuple[tuple[DependencePoint, ...], ...]
    notes: tuple[str, ...]

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups that are drawn."""
        return tuple(line[0].group for line in self.lines)


def draw_dependence(result: Dependence, ax: Axes | None = None) -> Picture:
    """Draw mean answers by group: lines with a rug for numbers, dots with their numbers for levels."""
    if not result.is_number:
        return draw_chart(_chart(result), ax)
    panels, rates = _drawn(result, _MOST_PANELS if ax is None else 1), _rates(result)
    alt = _alt(result, panels, rates)
    with theme(), quiet():
        if ax is None:
            first = _own_figure(result, panels, rates)
        else:
            first = ax
            title_on(ax, result.sentence)
            _draw(ax, result, panels[0], ends=_ends(result))
            notes = "".join(f" {note}." for note in panels[0].notes)
            told = " ".join(["", *rates.lines(panels[0].groups)])
            text = fit(f"{_axis(result)} {result.caution}{notes}{told}", inches_of(ax), SMALL)
            ax.set_xlabel(f"{clean(result.feature)}\n{text}", loc="left", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    return Picture(first.figure.figure, first, alt, ax is None)


def _axis(result: Dependence) -> str:
    setting = f", {result.setting}" if result.setting else ""
    return (
        f"{result.what.capitalize()}{setting}, if {clean(result.feature)} is set to a value and the other inputs stay as they are. Bands are pointwise"
        f" {share_of(result.confidence)} intervals. The bars at the foot show where at least {result.spec.suppress_below} people of a group are; beyond"
        " them its line is thin, and the model answers about people like nobody."
        + (f" {note}" if (note := note_on(_rates(result), "shown with it is")) else "")
    )


def _rates(result: Dependence) -> Beside:
    """The rates of the same people as they are."""
    found = beside(result.rates, result.output, "averaged")
    return replace(found, heading=found.heading.replace(",", " of these people as they are,", 1))


def _drawn(result: Dependence, most: int) -> list[Panel]:
    """As many panels as there is room for; the last says which attributes are in the table alone."""
    panels = _panels(result)
    left = [f"By {clean(panel.header)}: in the table" for panel in panels[most:]]
    return [*panels[: most - 1], replace(panels[most - 1], notes=(*panels[most - 1].notes, *left))] if left else panels


def _panels(result: Dependence) -> list[Panel]:
    found: dict[tuple[str, ...], list[Group]] = {}
    for group in result.groups:
        names = tuple(name for name, level in zip(result.attributes, group, strict=True) if level != ALL)
        found.setdefault(names or result.attributes, []).append(group)
    return [_panel(result, " and ".join(names), groups) for names, groups in found.items()]


def _panel(result: Dependence, header: str, groups: Sequence[Group]) -> Panel:
    lines = [result.of(group) for group in groups]
    able = [line for line in lines if not math.isnan(line[0].mean)]
    kept = sorted(able, key=lambda line: -(line[0].n or 0))[:MOST_LINES]
    notes = [f"{label_of(line[0].group)}: {line[0].status}, {line[0].reason}" for line in lines if line not in able]
    left = len(able) - len(kept)
    if left:
        notes.append(f"and {left} more {'group' if left == 1 else 'groups'} in the table")
    return Panel(header, tuple(line for line in able if line in kept), tuple(notes))


def _alt(result: Dependence, panels: Sequence[Panel], rates: Beside) -> str:
    told = [clean(result.sentence), _axis(result), result.caution, *rates.lines([group for panel in panels for group in panel.groups])]
    for panel in panels:
        told.append(f"By {clean(panel.header)}:")
        for line in panel.lines:
            few = f", {FEW}" if line[0].status == "small" else ""
            points = "; ".join(f"at {result.name_of(one.value)} {result.write(one.mean, one.lower, one.upper)}{'' if one.held else ' (few such people)'}" for one in line)
            told.append(f"{clean(label_of(line[0].group))}, {count_of(line[0].n)}{few}: {points}.")
        told += [f"{note}." for note in map(clean, panel.notes)]
    return "\n".join(told)


def _ends(result: Dependence) -> tuple[float, float]:
    """The range of the answers, with some air; one for all panels."""
    known = [end for row in result.rows for end in (row.lower, row.upper, row.mean) if not math.isnan(end)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    air = 0.06 * max(high - low, 1e-9) or 0.05
    return low - air, high + air


def _name(line: Sequence[DependencePoint]) -> str:
    few = f", {FEW}" if line[0].status == "small" else ""
    return f"{short(label_of(line[0].group))}\n{count_of(line[0].n)}{few}"


def _rug_name(line: Sequence[DependencePoint]) -> str:
    """The name on one line; of a long one the start and the end."""
    name = clean(label_of(line[0].group))
    return name if len(name) <= NAME_WIDTH else f"{name[: NAME_WIDTH // 2 - 1]}…{name[-(NAME_WIDTH // 2) :]}"


def _own_figure(result: Dependence, panels: Sequence[Panel], rates: Beside) -> Axes:
    labels = [
        max(width_of([_name(line) for line in panel.lines], SMALL) + _PAD, width_of([_rug_name(line) for line in panel.lines], _RUG_TEXT), 0.7) + 0.15
        for panel in panels
    ]  # fmt: skip
    plot = _PLOT if len(panels) > 1 else 1.5 * _PLOT
    width = 2 * MARGIN + sum(_LEFT + plot + label for label in labels)
    inner = width - 2 * MARGIN
    title, axis, caution = fit(result.sentence, inner, TITLE, "bold"), fit(_axis(result), inner, SMALL), fit(result.caution, inner, SMALL)
    notes = fit("; ".join(note for panel in panels for note in panel.notes), inner, SMALL) if any(panel.notes for panel in panels) else ""
    foot = "\n".join(text for text in (axis, notes) if text)
    rug = _RUG * max((len(panel.lines) for panel in panels), default=0)
    under = max(_rates_height(panel, rates, plot) for panel in panels)
    bottom = MARGIN + height_of(foot, SMALL) + 0.62 + under
    above = MARGIN + height_of(title, TITLE) + 0.06 + height_of(caution, SMALL) + 0.5
    height = above + _TALL + rug + bottom
    figure = new_figure(width, height)
    write_title(figure, title)
    for y, text, va in ((1 - (MARGIN + height_of(title, TITLE) + 0.06) / height, caution, "top"), (MARGIN / height, foot, "bottom")):
        figure.text(MARGIN / width, y, text, va=va, fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    made, left = [], MARGIN
    for panel, label in zip(panels, labels, strict=True):
        left += _LEFT
        target = figure.add_axes((left / width, bottom / height, plot / width, (_TALL + rug) / height))
        _draw(target, result, panel, ends=_ends(result))
        target.set_title(f"By {clean(panel.header)}", loc="left", fontsize=BODY, fontweight="bold", color=INK, parse_math=False)
        target.set_xlabel(clean(result.feature), fontsize=SMALL, color=SOFT, parse_math=False)
        made.append(target)
        _draw_rates(figure, panel, rates, (left, MARGIN + height_of(foot, SMALL) + 0.1 + under, plot))
        left += plot + label
    return made[0]


def _named(panel: Panel, rates: Beside) -> list[tuple[str, GroupRow]]:
    return [(label_of(group), row) for group, row in rates.of(panel.groups)]


def _rates_height(panel: Panel, rates: Beside, plot: float) -> float:
    """Inches under a panel for the rates of its groups, with their heading and their axis; none where there are no rates."""
    rows = _named(panel, rates)
    return sum(row_height(row, name, plot) for name, row in rows) + _ABOVE_RATES + _BELOW_RATES if rows else 0.0


def _draw_rates(figure: Figure, panel: Panel, rates: Beside, place: tuple[float, float, float]) -> None:
    """How the groups of a panel are decided about, under it; `place` is left, top and width in inches."""
    rows, (left, top, plot) = _named(panel, rates), place
    if not rows:
        return
    width, height = figure.get_size_inches()
    sizes = [row_height(row, name, plot) for name, row in rows]
    tall = sum(sizes)
    ax = figure.add_axes((left / width, (top - _ABOVE_RATES - tall) / height, plot / width, tall / height))
    middles = [sum(sizes[:k]) + size / 2 for k, size in enumerate(sizes)]
    draw_rates(ax, rows, middles, tall)
    head(ax, rates.heading, plot)


def _draw(ax: Axes, result: Dependence, panel: Panel, *, ends: tuple[float, float]) -> None:
    if not panel.lines:
        ax.set_axis_off()
        ax.text(0.5, 0.5, "There is no group to draw.", ha="center", va="center", fontsize=BODY, color=SOFT, transform=ax.transAxes)
        return
    figure: Any = ax.figure
    tall = ax.get_window_extent().height / figure.dpi
    low, high = ends
    rug = min(_RUG * len(panel.lines), tall / 3)
    floor = low - (high - low) * rug / (tall - rug)
    values = [float(value) for value in result.values]
    span = values[-1] - values[0] or max(abs(values[0]), 1.0)
    left, right = values[0] - 0.03 * span, values[-1] + 0.03 * span
    ax.set_xlim(left, right)
    ax.set_ylim(floor, high)
    for k, line in enumerate(panel.lines):
        _line(ax, line, k)
        y = low - (k + 0.5) / len(panel.lines) * (low - floor)
        _rug(ax, line, k, y, (left, right))
        ax.annotate(
            _rug_name(line), (right, y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=_RUG_TEXT, color=_look(k)["color"],
            annotation_clip=False, parse_math=False, gid="rug-name",
        )  # fmt: skip
    ax.axhline(low, color=SOFT, linewidth=0.6, zorder=0.5)
    _name_lines(ax, panel, tall, low)
    xticks = nice_ticks(left, right, inches_of(ax))
    ax.set_xticks(xticks, [number_tick(tick) for tick in xticks], fontsize=SMALL, color=SOFT)
    yticks = [tick for tick in nice_ticks(low, high, tall) if low <= tick <= high and (not _is_share(result) or 0 <= tick <= 1)]
    write = percent_tick if _is_share(result) else number_tick
    ax.set_yticks(yticks, [write(tick) for tick in yticks], fontsize=SMALL, color=SOFT)
    ax.tick_params(axis="both", colors=SOFT, length=3)
    ax.set_ylabel(result.what.capitalize(), fontsize=SMALL, color=SOFT, parse_math=False)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["bottom", "left"]].set_visible(True)
    ax.grid(visible=True, color=FAINT, linewidth=0.8)
    ax.set_axisbelow(True)


def _is_share(result: Dependence) -> bool:
    return result.write(1.0).endswith("%")


def _line(ax: Axes, line: Sequence[DependencePoint], place: int) -> None:
    """The whole line thin, and over it the parts where the group has people."""
    x, y = [float(one.value) for one in line], [one.mean for one in line]
    look = _look(place)
    if len(line) == 1:
        ax.errorbar(x, y, yerr=[[y[0] - line[0].lower], [line[0].upper - y[0]]], fmt="o", color=look["color"], gid="line")
        return
    ax.fill_between(x, [one.lower for one in line], [one.upper for one in line], color=look["color"], alpha=0.13, linewidth=0, zorder=1.2, gid="band")
    ax.plot(x, y, color=look["color"], linestyle=look["linestyle"], linewidth=0.8, zorder=2, gid="line")
    held = [mean if one.held else math.nan for one, mean in zip(line, y, strict=True)]
    ax.plot(x, held, color=look["color"], linestyle=look["linestyle"], linewidth=2.2, zorder=2.5, gid="held")


def _rug(ax: Axes, line: Sequence[DependencePoint], place: int, y: float, limits: tuple[float, float]) -> None:
    """A bar under each value where the group has people, as wide as the values are apart."""
    x = [float(one.value) for one in line]
    middles = [(one + two) / 2 for one, two in pairwise(x)]
    edges = [limits[0], *middles, limits[1]]
    held: list[tuple[float, float]] = []
    for i, one in enumerate(line):
        if one.held and held and held[-1][1] == edges[i]:
            held[-1] = (held[-1][0], edges[i + 1])
        elif one.held:
            held.append((edges[i], edges[i + 1]))
    ax.hlines([y] * len(held), [start for start, _ in held], [end for _, end in held], colors=_look(place)["color"], linewidths=4.0, zorder=3, gid="rug")


def _name_lines(ax: Axes, panel: Panel, tall: float, floor: float) -> None:
    """Names at the ends of the lines, moved apart where they would touch, and led to their lines; above the rug, which has names of its own."""
    low, high = ax.get_ylim()
    unit = (high - low) / tall
    low = floor
    order = sorted(range(len(panel.lines)), key=lambda k: -panel.lines[k][-1].mean)
    heights = [(_name(panel.lines[k]).count("\n") + 1) * LINE * 0.95 * unit for k in order]
    wanted = [panel.lines[k][-1].mean for k in order]
    places = [min(wanted[0], high - heights[0] / 2)]
    for i in range(1, len(order)):
        places.append(min(wanted[i], places[-1] - (heights[i - 1] + heights[i]) / 2))
    under = low + heights[-1] / 2 - places[-1]
    if under > 0:
        places = [place + under for place in places]
    right = ax.get_xlim()[1]
    for k, y in zip(order, places, strict=True):
        line, look = panel.lines[k], _look(k)
        ax.annotate(
            _name(line), (float(line[-1].value), line[-1].mean), xytext=(72 * _PAD, y), textcoords=_beside(ax, right), va="center", fontsize=SMALL,
            color=look["color"], linespacing=1.2, annotation_clip=False, parse_math=False, gid="name",
            arrowprops={"arrowstyle": "-", "color": look["color"], "linewidth": 0.8, "shrinkA": 1, "shrinkB": 0, "relpos": (0, 0.5)},
        )  # fmt: skip


def _beside(ax: Axes, right: float) -> Any:
    """Points to the right of the axes across, data up and down."""
    figure: Any = ax.figure
    edge: Any = ax.transData
    across = Affine2D().scale(figure.dpi / 72) + ScaledTranslation(right, 0, edge)
    return blended_transform_factory(across, ax.transData)


def _chart(result: Dependence) -> Chart:
    """Levels as blocks, groups as rows."""
    nan = math.nan
    blocks: list[Block] = []
    shown = 0
    for value in result.values:
        points = [row for row in result.rows if row.value == value]
        if blocks and shown + len(points) > MOST_ROWS:
            break
        shown += len(points)
        blocks.append(Block(f"{result.feature}: {result.name_of(value)}", tuple(_row(result, one) for one in points)))
    left = len(result.values) - len(blocks)
    if left:
        blocks.append(Block("", (rest_row(f"and {left} more {'level' if left == 1 else 'levels'}"),)))
    rates, is_share = _rates(result), _is_share(result)
    if rates.rates:
        known = [row if is_share else replace(row, value=nan, state="missing") for row in map(group_row, rates.rates.values())]
        blocks.insert(0, Block(f"{rates.heading}{f' ({rates.note})' if rates.note else ''}", tuple(known)))
    setting = f", {result.setting}" if result.setting else ""
    axis = (
        f"{result.what.capitalize()}{setting}, if {result.feature} is set to a level and the other inputs stay as they are. Lines are pointwise"
        f" {share_of(result.confidence)} intervals; hollow dots: fewer than {result.spec.suppress_below} people of the group are like this, or few were"
        f" asked about. {result.caution.rstrip('.')}"
    )
    scale = Scale(percent_tick, (0.0, 1.0)) if is_share else Scale(number_tick)
    return Chart(result.sentence, axis, tuple(blocks), scale, True)


def _row(result: Dependence, one: DependencePoint) -> Row:
    name = label_of(one.group)
    if math.isnan(one.mean):
        return Row(name, "", math.nan, math.nan, math.nan, f"{one.status}: {one.reason}", "missing")
    remark = FEW if one.status == "small" else "" if one.held else _NOBODY
    return Row(name, count_of(one.n), one.mean, one.lower, one.upper, result.write(one.mean, one.lower, one.upper), "small" if remark else "ok", remark)

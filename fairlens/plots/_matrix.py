"""Groups by inputs: what each input adds, beside how the groups are decided about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from .._html import ROUNDING
from ..explanations import Contribution, Explanation
from ..explanations._explained_words import written
from ..explanations._values import Group
from ..metrics import GroupRow
from ..metrics._sentence import label_of
from ..metrics._write import written as rate_written
from ..stats import student_quantile
from ._groups import FEW, count_of, share_of
from ._picture import Picture
from ._rows import MARGIN, inches_of, nice_ticks, percent_tick, title_on, write_title
from ._text import clean, fit, height_of, short, width_of
from ._theme import BLUE, BODY, FAINT, INK, ORANGE, PAPER, SMALL, SOFT, TITLE, new_figure, quiet, theme

MOST_GROUPS, MOST_INPUTS = 12, 10
_CELL, _LOW, _RATE, _BETWEEN, _TINT = 1.16, 0.56, 2.3, 0.3, 0.55
_CELL_TEXT = 8.0
_LEAST_WIDTH = 8.0
State = Literal["clear", "unsure", "small", "missing"]


@dataclass(frozen=True, slots=True)
class Tile:
    """One cell: the mean, its limits, what is printed, and whether the data support its sign."""

    name: str
    mean: float
    lower: float
    upper: float
    shown: str
    limits: str
    state: State


@dataclass(frozen=True, slots=True)
class Line:
    """One group: its name, how many people were explained, its rate, and its cells; words where there are none."""

    name: str
    count: str
    rate: GroupRow | None
    tiles: tuple[Tile, ...]
    words: str = ""

    @property
    def label(self) -> str:
        """What stands on the left."""
        return f"{short(self.name)}\n{self.count}" if self.count else short(self.name)


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole picture in data."""

    title: str
    axis: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    rate: str
    caution: str

    @property
    def largest(self) -> float:
        """The size that has the darkest shade."""
        return max((abs(tile.mean) for line in self.lines for tile in line.tiles), default=0.0)

    @property
    def alt(self) -> str:
        """The matrix in words: every number with its interval and n."""
        told = [clean(self.title), f"{clean(self.axis)}."]
        for line in self.lines:
            counted = f", {line.count}" if line.count else ""
            told.append(f"{clean(line.name)}{counted}{_rate_told(line.rate)}{': ' + line.words if line.words else ''}.")
            told += [f"  {clean(tile.name)}: {tile.shown} {tile.limits}{_SAYS[tile.state]}." for tile in line.tiles]
        return "\n".join([*told, self.caution])


_SAYS: dict[State, str] = {"clear": "", "unsure": ", its interval includes 0", "small": f", {FEW}", "missing": ""}


def _rate_told(row: GroupRow | None) -> str:
    if row is None:
        return ""
    if math.isnan(row.value):
        return f"; {row.metric.label.lower()} {row.status}"
    return f"; {row.metric.label.lower()} {rate_written(row.metric, row.value, row.lower, row.upper)}, {count_of(row.n)}"


def draw_matrix(result: Explanation, ax: Axes | None = None) -> Picture:
    """Draw groups by inputs; into a figure of its own with the rates beside them."""
    matrix = read_matrix(result)
    with theme(), quiet():
        if ax is None:
            target = _own_axes(matrix)
        else:
            target = ax
            title_on(ax, matrix.title)
        _draw_tiles(target, matrix, named=ax is not None)
        if ax is not None:
            text = fit(f"{matrix.axis}. {matrix.caution}", inches_of(ax), SMALL)
            target.set_xlabel(text, loc="left", fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    return Picture(target.figure.figure, target, matrix.alt, ax is None)


def read_matrix(result: Explanation) -> Matrix:
    """Bring published contributions to the cells of a matrix."""
    known = result.by_feature()
    inputs, others = _inputs(result)
    groups = _groups(result)
    able = [row for row in result.rows if row.status == "ok"]
    alpha = (1 - result.confidence) / max(len(able), 1)
    rates = {} if result.rates is None else {row.group: row for row in result.rates.rows}
    lines = [_line(result, group, known[group], rates.get(group), inputs, others, alpha) for group in groups]
    left = len(result.groups) - len(groups)
    if left:
        lines.append(Line(f"and {left} more {'group' if left == 1 else 'groups'}", "", None, (), "in the table"))
    columns = (*inputs, *([f"other ({len(others)} inputs)"] if others else []))
    what = {"score": "score", "decision": "decision", "log_odds": "log-odds"}[result.output]
    setting = f", {result.setting}" if result.setting else ""
    cells = f"{len(able):,} {'cell' if len(able) == 1 else 'cells'}"
    axis = (
        f"Mean contribution to the {what} in {result.unit}{setting}, by {result.method_name}: + raises it and - lowers it, against a mean answer of"
        f" {written(result.base, result.output, result.spec)} for {_background(result)}; darker is larger. In brackets {share_of(result.confidence)} intervals"
        f" that hold together for {cells}; · and a pale number: the interval includes 0;"
        " those of the title hold each by itself"
        + ("; other: limits of the sum, never too narrow" if others else "")
    )
    rate = next((f"{row.metric.label}, {share_of(result.rates.confidence)} intervals" for row in rates.values()), "") if result.rates else ""
    return Matrix(result.sentence, axis, columns, tuple(lines), rate, result.caution)


def _background(result: Explanation) -> str:
    return "the background" if result.background_n is None else f"{result.background_n:,} background rows"


def _inputs(result: Explanation) -> tuple[list[str], list[str]]:
    """The inputs with the largest means in any group, and those that share a column."""
    size = {name: 0.0 for name in result.features}
    for row in result.rows:
        if row.status == "ok":
            size[row.feature] = max(size[row.feature], abs(row.mean))
    ranked = sorted(size, key=lambda name: -size[name])
    kept = MOST_INPUTS if len(ranked) > MOST_INPUTS + 1 else len(ranked)
    return ranked[:kept], ranked[kept:]


def _groups(result: Explanation) -> list[Group]:
    """As many groups as can be read, those with most people, in the order of the table."""
    people = {group: total or 0 for group, _, total in result.sampled}
    kept = sorted(result.groups, key=lambda group: -people.get(group, 0))[:MOST_GROUPS]
    return [group for group in result.groups if group in kept]


def _line(
    result: Explanation, group: Group, known: object, rate: GroupRow | None, inputs: Sequence[str], others: Sequence[str], alpha: float
) -> Line:
    rows: dict[str, Contribution] = dict(known)  # type: ignore[call-overload]
    first = next(iter(rows.values()))
    name = label_of(group)
    if math.isnan(first.mean):
        return Line(name, "", None, (), f"{first.status}: {first.reason}")
    tiles = [_tile(result, one, [rows[one]], alpha) for one in inputs]
    if others:
        tiles.append(_tile(result, f"other ({len(others)} inputs)", [rows[one] for one in others], alpha))
    return Line(name, f"{count_of(first.n)} explained", rate, tuple(tiles))


def _tile(result: Explanation, name: str, rows: Sequence[Contribution], alpha: float) -> Tile:
    """The sum of some contributions; its limits are the sums of theirs, since their intervals hold together."""
    mean, small = sum(row.mean for row in rows), rows[0].status != "ok"
    half = sum(0.0 if row.se == 0 else student_quantile(1 - alpha, row.df) * row.se for row in rows)
    lower, upper = mean - half, mean + half
    clear = abs(mean) > max(half, ROUNDING * max(1.0, abs(result.base)))
    state: State = "small" if small else "clear" if clear else "unsure"
    ends = [_signed(end, result) for end in (lower, upper)]
    limits = f"({ends[0]} to {ends[1]})" if math.isfinite(half) else "(no interval)"
    return Tile(name, mean, lower, upper, _signed(mean, result), limits, state)


def _signed(value: float, result: Explanation) -> str:
    shown = written(value, result.output, result.spec, bare=True)
    return shown if shown.startswith(("-", "–")) or not shown.strip("0.") else f"+{shown}"


def _heights(matrix: Matrix) -> list[float]:
    return [max(_LOW, height_of(line.label, BODY) + 0.16) for line in matrix.lines]


def _own_axes(matrix: Matrix) -> Axes:
    """Make the figure: names, rates, cells, and what they mean."""
    labels = width_of([line.label for line in matrix.lines]) + 0.2
    rate = _RATE if matrix.rate else 0.0
    cells = max(_CELL * len(matrix.columns), 2.6)
    width = max(2 * MARGIN + labels + (rate + _BETWEEN if rate else 0.0) + cells, _LEAST_WIDTH)
    inner = width - 2 * MARGIN
    title, caution = fit(matrix.title, inner, TITLE, "bold"), fit(matrix.caution, inner, SMALL)
    axis = fit(f"{matrix.axis}.", inner, SMALL)
    names = max((height_of(fit(name, _CELL - 0.08, SMALL), SMALL) for name in matrix.columns), default=0.2)
    rows = sum(_heights(matrix))
    bottom = MARGIN + height_of(axis, SMALL) + (0.5 if rate else 0.16)
    above = MARGIN + height_of(title, TITLE) + 0.06 + height_of(caution, SMALL) + 0.2 + names + 0.1
    height = above + rows + bottom
    figure = new_figure(width, height)
    write_title(figure, title)
    for y, text, va in ((1 - (MARGIN + height_of(title, TITLE) + 0.06) / height, caution, "top"), (MARGIN / height, axis, "bottom")):
        figure.text(MARGIN / width, y, text, va=va, fontsize=SMALL, color=SOFT, linespacing=1.3, parse_math=False)
    left = MARGIN + labels
    if rate:
        beside = figure.add_axes((left / width, bottom / height, rate / width, rows / height))
        _draw_rates(beside, matrix, names)
        left += rate + _BETWEEN
    target = figure.add_axes((left / width, bottom / height, cells / width, rows / height))
    if rate:
        target.set_yticks([])
    return target


def _middles(matrix: Matrix) -> list[float]:
    middles, y = [], 0.0
    for height in _heights(matrix):
        middles.append(y + height / 2)
        y += height
    return middles


def _draw_rates(ax: Axes, matrix: Matrix, above: float) -> None:
    """A dot and its interval for each group, with the number over it."""
    middles = _middles(matrix)
    shown = [(line.rate, y) for line, y in zip(matrix.lines, middles, strict=True) if line.rate is not None]
    able = [(row, y) for row, y in shown if not math.isnan(row.value)]
    low, high = min((row.lower for row, _ in able), default=0.0), max((row.upper for row, _ in able), default=1.0)
    span = max(high - low, 0.1)
    low, high = max(low - 0.1 * span, -0.02), min(high + 0.1 * span, 1.02)
    ax.set_xlim(low, high)
    ax.set_ylim(sum(_heights(matrix)), 0)
    ax.hlines([y + 0.1 for _, y in able], [row.lower for row, _ in able], [row.upper for row, _ in able], colors=BLUE, linewidths=2.2, gid="intervals")
    for row, y in able:
        face = PAPER if row.status == "small" else BLUE
        ax.plot([row.value], [y + 0.1], "o", color=BLUE, markerfacecolor=face, markeredgewidth=1.5, markersize=7, clip_on=False, gid="dots")
    for row, y in shown:
        told = row.status if math.isnan(row.value) else f"{rate_written(row.metric, row.value, row.lower, row.upper)}, {count_of(row.n)}"
        ax.text(
            0.0, y - 0.12, told, transform=ax.get_yaxis_transform(), fontsize=_CELL_TEXT, va="center", parse_math=False, gid="rate",
            color=SOFT if math.isnan(row.value) else INK, bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
    ax.set_yticks(middles, [line.label for line in matrix.lines], fontsize=BODY, linespacing=1.2, parse_math=False)
    ax.tick_params(axis="y", length=0, pad=8)
    ticks = [tick for tick in nice_ticks(low, high, _RATE) if 0 <= tick <= 1]
    ax.set_xticks(ticks, [percent_tick(tick) for tick in ticks], fontsize=SMALL, color=SOFT)
    ax.grid(visible=True, axis="x", color=FAINT, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.annotate(
        fit(matrix.rate, _RATE, SMALL), (0, 1), xycoords="axes fraction", xytext=(0, 7), textcoords="offset points", va="bottom", fontsize=SMALL,
        fontweight="bold", annotation_clip=False, parse_math=False, gid="heading",
    )  # fmt: skip


def _tint(tile: Tile, largest: float) -> tuple[float, float, float]:
    """Bluer where an input raises the answer, more orange where it lowers it; as dark as it is large, in grey too."""
    if tile.state != "clear" or not largest:
        return to_rgb(PAPER)
    share = (0.2 + 0.8 * abs(tile.mean) / largest) * _TINT
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(BLUE if tile.mean > 0 else ORANGE))
    return red, green, blue


def _draw_tiles(ax: Axes, matrix: Matrix, *, named: bool) -> None:
    heights, middles = _heights(matrix), _middles(matrix)
    ax.set_xlim(0, max(len(matrix.columns), 1))
    ax.set_ylim(sum(heights), 0)
    for line, height, y in zip(matrix.lines, heights, middles, strict=True):
        for k, tile in enumerate(line.tiles):
            ax.add_patch(Rectangle((k, y - height / 2), 1, height, facecolor=_tint(tile, matrix.largest), edgecolor=FAINT, linewidth=1.0, gid="tile"))
            pale = tile.state != "clear"
            mark = " ·" if tile.state == "unsure" else ""
            ax.text(
                k + 0.5, y - 0.09, tile.shown + mark, ha="center", va="center", fontsize=BODY, fontweight="normal" if pale else "bold",
                color=SOFT if pale else INK, parse_math=False, gid="value",
            )  # fmt: skip
            under = FEW if tile.state == "small" else tile.limits
            ax.text(k + 0.5, y + 0.12, under, ha="center", va="center", fontsize=_CELL_TEXT - 0.5, color=SOFT if pale else INK, parse_math=False, gid="limits")
        if line.words:
            ax.text(0.08, y, line.words, va="center", fontsize=SMALL, color=SOFT, fontstyle="italic", parse_math=False, gid="missing")
    across = [k + 0.5 for k in range(len(matrix.columns))]
    wide = inches_of(ax) / max(len(matrix.columns), 1) - 0.08
    ax.set_xticks(across, [fit(name, wide, SMALL) for name in matrix.columns], fontsize=SMALL, color=INK, linespacing=1.2, parse_math=False)
    ax.xaxis.tick_top()
    ax.tick_params(axis="both", length=0, pad=4)
    if named or not matrix.rate:
        labels = [f"{line.label}{_under(line.rate)}" for line in matrix.lines]
        ax.set_yticks(middles, labels, fontsize=BODY, linespacing=1.2, parse_math=False)
    ax.spines[:].set_visible(False)


def _under(row: GroupRow | None) -> str:
    """The rate under a name, where there are no axes for it."""
    return "" if row is None or math.isnan(row.value) else f"\n{rate_written(row.metric, row.value, row.lower, row.upper)}"
